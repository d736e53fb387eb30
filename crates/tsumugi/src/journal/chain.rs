//! The chain of the journal. Pure: what an entry is in bytes, how one hash follows another, and what is wrong with a chain.

use platform::{Timestamp, Uuid, row, serde_json};
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};

/// SHA-256, 32 bytes.
pub type Hash = [u8; 32];

row! {
    /// An entry with its place in the chain, as it is stored. An entry that was deleted has no `id`.
    pub struct Sealed {
        pub seq: i64, pub hash: Vec<u8>, pub id: Option<Uuid>, pub at: Option<Timestamp>, pub person_id: Option<Uuid>, pub seat_id: Option<Uuid>,
        pub session_id: Option<Uuid>, pub kind: Option<String>, pub act: Option<String>, pub basis: Option<String>, pub purpose: Option<String>, pub classes: Option<String>, pub policy: Option<String>, pub object_kind: Option<String>, pub object_id: Option<Uuid>, pub case_id: Option<Uuid>,
        pub detail: Option<String>,
    }
}

/// What is hashed of an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    pub id: Uuid,
    pub at: Timestamp,
    pub person_id: Option<Uuid>,
    pub seat_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub kind: &'a str,
    pub act: &'a str,
    pub basis: &'a str,
    pub purpose: &'a str,
    pub classes: &'a str,
    pub policy: &'a str,
    pub object_kind: &'a str,
    pub object_id: Option<Uuid>,
    pub case_id: Option<Uuid>,
    pub detail: &'a str,
}

impl Entry<'_> {
    /// Canonical JSON (RFC 8785: names in order, no space); the time in microseconds, as both databases keep it.
    fn canonical(&self, seq: i64, out: &mut String) {
        let id = |out: &mut String, name: &str, value: Option<Uuid>| {
            let _ = match value {
                Some(id) => write!(out, ",\"{name}\":\"{id}\""),
                None => write!(out, ",\"{name}\":null"),
            };
        };
        let text = |text: &str| serde_json::to_string(text).unwrap_or_default();
        out.clear();
        let _ = write!(out, "{{\"act\":{},\"at\":{}", text(self.act), self.at.as_microsecond());
        let _ = write!(out, ",\"basis\":{}", text(self.basis));
        id(out, "case_id", self.case_id);
        let _ = write!(out, ",\"classes\":{},\"detail\":{}", text(self.classes), text(self.detail));
        id(out, "id", Some(self.id));
        let _ = write!(out, ",\"kind\":{}", text(self.kind));
        id(out, "object_id", self.object_id);
        let _ = write!(out, ",\"object_kind\":{}", text(self.object_kind));
        id(out, "person_id", self.person_id);
        let _ = write!(out, ",\"policy\":{},\"purpose\":{}", text(self.policy), text(self.purpose));
        id(out, "seat_id", self.seat_id);
        let _ = write!(out, ",\"seq\":{seq}");
        id(out, "session_id", self.session_id);
        out.push('}');
    }
}

/// The hash before the first entry.
pub fn genesis(installation: Uuid) -> Hash {
    Sha256::new().chain_update(b"tsumugi journal").chain_update(installation.as_bytes()).finalize().into()
}

/// The hash of an entry at a place: SHA-256(0x01 ‖ the hash before ‖ the canonical entry).
pub fn next(before: &Hash, seq: i64, entry: &Entry<'_>) -> Hash {
    let mut text = String::with_capacity(512);
    entry.canonical(seq, &mut text);
    Sha256::new().chain_update([1]).chain_update(before).chain_update(text.as_bytes()).finalize().into()
}

/// What is wrong, and at which place of the chain it is first seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub seq: i64,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A number is missing in the row of places.
    Gap,
    /// The place is there, the entry is not.
    Deleted,
    /// The entry, its place or the one before was changed.
    Altered,
    /// Entries that the head or a checkpoint knows are not there.
    Truncated,
    /// The chain is not the one that the checkpoint saw.
    Other,
    /// An entry that stands in no chain.
    Inserted,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Gap => "番号が抜けています",
            What::Deleted => "記録が消されています",
            What::Altered => "記録が変えられています",
            What::Truncated => "ここより後の記録が失われています",
            What::Other => "控えと違う記録になっています",
            What::Inserted => "鎖につながっていない記録があります",
        };
        write!(f, "{}番：{what}", self.seq)
    }
}

/// Walks along a chain and stops at the first place that does not fit.
pub struct Walk {
    seq: i64,
    hash: Hash,
}

impl Walk {
    pub fn begin(installation: Uuid) -> Self {
        Walk { seq: 0, hash: genesis(installation) }
    }

    /// Goes on after a place whose hash is taken as it stands.
    pub fn resume(seq: i64, hash: Hash) -> Self {
        Walk { seq, hash }
    }

    /// The last place that was walked, and its hash.
    pub fn place(&self) -> (i64, Hash) {
        (self.seq, self.hash)
    }

    pub fn step(&mut self, s: &Sealed) -> Result<(), Fault> {
        let seq = self.seq + 1;
        let fault = |what| Err(Fault { seq, what });
        if s.seq != seq {
            return fault(What::Gap);
        }
        let (Some(id), Some(at), Some(kind), Some(act), Some(basis), Some(object_kind), Some(detail)) =
            (s.id, s.at, &s.kind, &s.act, &s.basis, &s.object_kind, &s.detail)
        else {
            return fault(What::Deleted);
        };
        let (Some(purpose), Some(classes), Some(policy)) = (&s.purpose, &s.classes, &s.policy) else {
            return fault(What::Deleted);
        };
        let entry = Entry {
            id,
            at,
            person_id: s.person_id,
            seat_id: s.seat_id,
            session_id: s.session_id,
            kind,
            act,
            basis,
            purpose,
            classes,
            policy,
            object_kind,
            object_id: s.object_id,
            case_id: s.case_id,
            detail,
        };
        let hash = next(&self.hash, seq, &entry);
        if s.hash != hash {
            return fault(What::Altered);
        }
        (self.seq, self.hash) = (seq, hash);
        Ok(())
    }

    /// At the end: the head of the database must be the last place.
    pub fn end(&self, head: (i64, &[u8])) -> Result<(), Fault> {
        match head {
            (seq, hash) if seq == self.seq && hash == self.hash => Ok(()),
            (seq, _) if seq > self.seq => Err(Fault { seq: self.seq + 1, what: What::Truncated }),
            _ => Err(Fault { seq: self.seq, what: What::Other }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha20Rng;

    const INSTALLATION: Uuid = Uuid::from_u128(7);

    fn entries(n: i64) -> Vec<Sealed> {
        let mut hash = genesis(INSTALLATION);
        (1..=n)
            .map(|seq| {
                let id = Uuid::from_u128(u128::try_from(seq).unwrap_or(0) << 64);
                let at = Timestamp::from_microsecond(1_700_000_000_000_000 + seq).expect("a time");
                let case_id = (seq % 3 == 0).then_some(Uuid::from_u128(99));
                let entry = Entry {
                    id,
                    at,
                    person_id: Some(Uuid::from_u128(5)),
                    seat_id: None,
                    session_id: None,
                    kind: "read",
                    act: "case.read",
                    basis: "lead",
                    purpose: "support",
                    classes: "F1 F2",
                    policy: "0123",
                    object_kind: "case",
                    object_id: Some(id),
                    case_id,
                    detail: "",
                };
                hash = next(&hash, seq, &entry);
                Sealed {
                    seq,
                    hash: hash.to_vec(),
                    id: Some(id),
                    at: Some(at),
                    person_id: entry.person_id,
                    seat_id: None,
                    session_id: None,
                    kind: Some("read".to_owned()),
                    act: Some("case.read".to_owned()),
                    basis: Some("lead".to_owned()),
                    purpose: Some("support".to_owned()),
                    classes: Some("F1 F2".to_owned()),
                    policy: Some("0123".to_owned()),
                    object_kind: Some("case".to_owned()),
                    object_id: Some(id),
                    case_id,
                    detail: Some(String::new()),
                }
            })
            .collect()
    }

    fn verify(chain: &[Sealed], head: (i64, &[u8])) -> Result<(), Fault> {
        let mut walk = Walk::begin(INSTALLATION);
        for s in chain {
            walk.step(s)?;
        }
        walk.end(head)
    }

    #[test]
    fn an_entry_is_the_same_bytes_on_every_machine() {
        let mut text = String::new();
        let entry = Entry {
            id: Uuid::from_u128(1),
            at: Timestamp::from_microsecond(1_700_000_000_000_001).expect("a time"),
            person_id: None,
            seat_id: Some(Uuid::from_u128(2)),
            session_id: Some(Uuid::from_u128(3)),
            kind: "act",
            act: "a",
            basis: "b\"",
            purpose: "p",
            classes: "F1",
            policy: "0",
            object_kind: "c",
            object_id: None,
            case_id: None,
            detail: "",
        };
        entry.canonical(3, &mut text);
        assert_eq!(
            text,
            "{\"act\":\"a\",\"at\":1700000000000001,\"basis\":\"b\\\"\",\"case_id\":null,\"classes\":\"F1\",\"detail\":\"\",\"id\":\"00000000-0000-0000-0000-000000000001\",\"kind\":\"act\",\"object_id\":null,\"object_kind\":\"c\",\"person_id\":null,\"policy\":\"0\",\"purpose\":\"p\",\"seat_id\":\"00000000-0000-0000-0000-000000000002\",\"seq\":3,\"session_id\":\"00000000-0000-0000-0000-000000000003\"}"
        );
    }

    #[test]
    fn a_whole_chain_is_accepted_and_another_installations_is_not() {
        let chain = entries(100);
        let last = chain.last().map(|s| (s.seq, s.hash.clone())).expect("entries");
        assert_eq!(verify(&chain, (last.0, &last.1)), Ok(()));
        let mut walk = Walk::begin(Uuid::from_u128(8));
        assert_eq!(walk.step(&chain[0]), Err(Fault { seq: 1, what: What::Altered }));
    }

    /// Alter, delete, insert, reorder, truncate, put an older chain in its place: the head knows better every time.
    #[test]
    fn ten_thousand_random_changes_are_all_found() {
        let chain = entries(60);
        let head = chain.last().map(|s| (s.seq, s.hash.clone())).expect("entries");
        let mut dice = ChaCha20Rng::seed_from_u64(20_261_122);
        let mut found = 0;
        let whole = format!("{chain:?}");
        for _ in 0..10_000 {
            let mut forged = chain.clone();
            let at = dice.random_range(0..forged.len());
            let other = Uuid::from_u128(u128::from(dice.next_u64()) << 3);
            match dice.random_range(0..19) {
                0 => forged[at].person_id = Some(other),
                1 => forged[at].seat_id = Some(other),
                2 => forged[at].case_id = Some(other),
                3 => forged[at].object_id = None,
                4 => forged[at].act = Some("case.edit".to_owned()),
                5 => forged[at].basis = Some("area".to_owned()),
                6 => forged[at].detail = Some("x".to_owned()),
                7 => forged[at].at = Timestamp::from_microsecond(i64::from(dice.next_u32())).ok(),
                8 => forged[at].hash[usize::from(dice.next_u32() as u8 % 32)] ^= 1 << (dice.next_u32() % 8),
                9 => drop(forged.remove(at)),
                10 => forged[at].id = None,
                11 => {
                    let twin = forged[at].clone();
                    forged.insert(at, twin);
                }
                12 => forged[at].kind = Some("act".to_owned()),
                13 => forged[at].session_id = Some(other),
                16 => forged[at].purpose = Some("office".to_owned()),
                17 => forged[at].classes = Some("F1".to_owned()),
                18 => forged[at].policy = Some("4567".to_owned()),
                14 => {
                    let with = (at + 1 + dice.random_range(0..forged.len() - 1)) % forged.len();
                    let (a, b) = (forged[at].seq, forged[with].seq);
                    forged.swap(at, with);
                    if dice.random_bool(0.5) {
                        (forged[at].seq, forged[with].seq) = (a, b);
                    }
                }
                _ => forged.truncate(at),
            }
            assert_ne!(format!("{forged:?}"), whole, "something was changed");
            found += usize::from(verify(&forged, (head.0, &head.1)).is_err());
        }
        assert_eq!(found, 10_000);
    }

    #[test]
    fn the_first_bad_place_is_named() {
        let chain = entries(10);
        let head = (10, chain[9].hash.clone());
        let mut forged = chain.clone();
        forged[6].detail = Some("x".to_owned());
        assert_eq!(verify(&forged, (head.0, &head.1)), Err(Fault { seq: 7, what: What::Altered }));
        forged = chain.clone();
        forged.remove(3);
        assert_eq!(verify(&forged, (head.0, &head.1)), Err(Fault { seq: 4, what: What::Gap }));
        assert_eq!(verify(&chain[..8], (head.0, &head.1)), Err(Fault { seq: 9, what: What::Truncated }));
    }
}
