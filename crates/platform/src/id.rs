//! New ids and random tokens, and the one alphabetical list of id types.

use jiff::Timestamp;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The smallest id of a moment: those that were made then or later are not smaller.
pub fn first_of(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    let mut bytes = [0_u8; 16];
    for (byte, from) in bytes.iter_mut().zip(millis.to_be_bytes().iter().skip(2)) {
        *byte = *from;
    }
    Uuid::from_bytes(bytes)
}

/// Makes ids and secrets. Seeded ones give the same bytes again, for demo data and tests.
#[derive(Clone, Debug)]
pub struct Mint(Arc<Mutex<ChaCha20Rng>>);

impl Mint {
    /// Seeded by the operating system's random numbers.
    pub fn random() -> Self {
        Mint(Arc::new(Mutex::new(rand::make_rng())))
    }

    pub fn seeded(seed: u64) -> Self {
        Mint(Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed))))
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }

    /// A UUIDv7: 48 bits of milliseconds, then 74 random bits, so that new rows land together in an index.
    pub fn uuid(&self, at: Timestamp) -> Uuid {
        let mut random = [0_u8; 10];
        self.fill(&mut random);
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    pub fn id<T: From<Uuid>>(&self, at: Timestamp) -> T {
        T::from(self.uuid(at))
    }

    /// `N` random bytes for a session or a one-time link.
    pub fn secret<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0_u8; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A secret for a cookie or a link: 192 bits in 48 hexadecimal digits.
    pub fn token(&self) -> String {
        hex(&self.secret::<24>())
    }

    /// A code of six digits that is read out on the telephone. About 20 bits: only together with a link, and throttled.
    pub fn six_digits(&self) -> String {
        let n = u64::from_le_bytes(self.secret::<8>()) % 1_000_000;
        format!("{n:06}")
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Declares id newtypes over [`Uuid`].
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { $name(id) }
        }
        impl From<$name> for $crate::db::Arg {
            fn from(id: $name) -> Self { $crate::db::Arg::Uuid(id.0) }
        }
        impl $crate::db::Cell for $name {
            fn from_lite(v: rusqlite::types::ValueRef<'_>) -> ::std::result::Result<Option<Self>, $crate::db::DbError> {
                Ok(<Uuid as $crate::db::Cell>::from_lite(v)?.map($name))
            }
            fn from_pg(row: &tokio_postgres::Row, i: usize) -> ::std::result::Result<Option<Self>, $crate::db::DbError> {
                Ok(<Uuid as $crate::db::Cell>::from_pg(row, i)?.map($name))
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, uuid::Error> { s.parse().map($name) }
        }
    )* };
}

ids! {
    AnswerCardId,
    CaseId,
    CoverId,
    ConsentId,
    ConsultationId,
    DocumentId,
    DraftId,
    EntryId,
    HandoverId,
    ImportId,
    InquiryId,
    InvitationId,
    LinkId,
    MemberId,
    OrganisationId,
    PasskeyId,
    PersonId,
    ReferralId,
    ResourceId,
    SearchId,
    SeatId,
    SessionId,
    /// A person or a seat: whatever a row of `case_access` or a waiting item names.
    SubjectId,
    TransferId,
    WaitingId,
}

impl From<PersonId> for SubjectId {
    fn from(id: PersonId) -> Self {
        SubjectId(id.0)
    }
}
impl From<SeatId> for SubjectId {
    fn from(id: SeatId) -> Self {
        SubjectId(id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_ids() {
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(Mint::seeded(7).uuid(at), Mint::seeded(7).uuid(at));
        assert_ne!(Mint::seeded(7).uuid(at), Mint::seeded(8).uuid(at));
    }

    #[test]
    fn a_new_id_is_a_version_seven_uuid_that_carries_its_time() {
        let at = Timestamp::from_millisecond(1_800_000_000_123).expect("in range");
        let id = Mint::random().uuid(at);
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(&id.as_bytes()[..6], &1_800_000_000_123_u64.to_be_bytes()[2..]);
    }
}
