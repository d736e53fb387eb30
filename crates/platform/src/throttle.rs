//! How often somebody may knock: a bucket of tokens for each address, filled again as time goes by.

use jiff::Timestamp;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

/// More addresses than this are not kept in mind; those that have been quiet go first.
const KEPT: usize = 20_000;

/// `burst` at once, and one more for every `refill` milliseconds that pass.
#[derive(Debug)]
pub struct Throttle {
    burst: i64,
    refill: i64,
    /// When the bucket of an address would be full again.
    full_at: Mutex<HashMap<IpAddr, i64>>,
}

impl Throttle {
    pub fn new(burst: u32, refill_millis: u32) -> Self {
        Throttle { burst: i64::from(burst), refill: i64::from(refill_millis.max(1)), full_at: Mutex::default() }
    }

    /// Whether this knock is still within the bounds; one that is not costs nothing more.
    pub fn admits(&self, who: IpAddr, now: Timestamp) -> bool {
        let (who, now) = (network(who), now.as_millisecond());
        let mut all = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT && !all.contains_key(&who) {
            all.retain(|_, full| *full > now);
            if all.len() >= KEPT {
                // So many at once are no longer a matter of one address; what they may do is bounded elsewhere.
                return true;
            }
        }
        let full = all.get(&who).copied().unwrap_or(now).max(now);
        let after = full + self.refill;
        let admitted = after - now <= self.burst * self.refill;
        if admitted {
            all.insert(who, after);
        }
        admitted
    }
}

/// Whoever has one address of IPv6 has the whole network of 64 bits.
fn network(who: IpAddr) -> IpAddr {
    match who {
        IpAddr::V4(_) => who,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + millis).expect("a time")
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_burst_is_admitted_and_then_one_for_each_pause() {
        let t = Throttle::new(3, 1_000);
        let knocks: Vec<bool> =
            [0, 0, 0, 0, 999, 1_000, 1_000, 2_500].map(|ms| t.admits(ip("192.0.2.1"), at(ms))).to_vec();
        assert_eq!(knocks, [true, true, true, false, false, true, false, true]);
        assert!(t.admits(ip("192.0.2.2"), at(0)), "another address has its own bucket");
    }

    #[test]
    fn neighbours_of_one_network_share_a_bucket_and_an_old_address_is_the_same_in_both_forms() {
        let t = Throttle::new(1, 60_000);
        assert!(t.admits(ip("2001:db8::1"), at(0)) && !t.admits(ip("2001:db8::2"), at(0)));
        assert!(t.admits(ip("2001:db8:0:1::1"), at(0)));
        assert!(t.admits(ip("::ffff:192.0.2.1"), at(0)) && !t.admits(ip("192.0.2.1"), at(0)));
    }

    #[test]
    fn memory_is_bounded() {
        let t = Throttle::new(1, 60_000);
        for n in 0..u32::try_from(KEPT).expect("small") + 500 {
            t.admits(IpAddr::V4(n.into()), at(0));
        }
        assert!(t.full_at.lock().expect("unpoisoned").len() <= KEPT);
    }

    proptest! {
        #[test]
        fn no_more_than_the_burst_and_the_refill_get_through(pauses in proptest::collection::vec(0i64..3_000, 1..200), burst in 1u32..20, refill in 1u32..2_000) {
            let (t, mut now, mut through) = (Throttle::new(burst, refill), 0, 0i64);
            for pause in &pauses {
                now += pause;
                through += i64::from(t.admits(ip("192.0.2.1"), at(now)));
                prop_assert!(through <= i64::from(burst) + now / i64::from(refill));
            }
            prop_assert!(t.admits(ip("192.0.2.1"), at(now + i64::from(refill))), "whoever waits gets in");
        }
    }
}
