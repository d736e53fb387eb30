//! A single value, sealed to its place: whoever copies it to another row or column, or changes a bit of it, gets nothing.
//!
//! XChaCha20-Poly1305 with a nonce that is a keyed hash of the place and the value (as in SIV): no random number is needed, and
//! nothing is ever sealed twice under one nonce. The same value at the same place looks the same, which tells no more than that
//! it was not changed.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// The first byte of what was sealed this way.
const FORM: u8 = 1;
const NONCE: usize = 24;

/// 32 secret bytes, wiped when they are no longer needed and never shown.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Why a value does not open. It does not say which part was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shut;

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sealed value does not open: another key, another place, or changed")
    }
}
impl std::error::Error for Shut {}

fn keyed_hash(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl Key {
    pub fn new(bytes: [u8; 32]) -> Self {
        Key(Zeroizing::new(bytes))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let own = Zeroizing::new(keyed_hash(&*self.0, &[b"tsumugi cipher"]));
        XChaCha20Poly1305::new((&*own).into())
    }

    /// Seals bytes to a place; 41 bytes longer than they were.
    pub fn seal(&self, place: &[u8], clear: &[u8]) -> Vec<u8> {
        let hash = keyed_hash(&*self.0, &[b"tsumugi nonce", place, clear]);
        let nonce = hash.get(..NONCE).unwrap_or(&hash);
        let sealed = self.cipher().encrypt(XNonce::from_slice(nonce), Payload { msg: clear, aad: place });
        let mut out = Vec::with_capacity(1 + NONCE + clear.len() + 16);
        out.push(FORM);
        out.extend_from_slice(nonce);
        out.extend_from_slice(&sealed.unwrap_or_else(|_| unreachable!("values are shorter than 256 GiB")));
        out
    }

    /// The bytes that were sealed to this place under this key.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Shut> {
        let (form, rest) = sealed.split_first().ok_or(Shut)?;
        if *form != FORM || rest.len() < NONCE {
            return Err(Shut);
        }
        let (nonce, body) = rest.split_at(NONCE);
        self.cipher().decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: place }).map_err(|_| Shut)
    }

    /// Seals another key to a place.
    pub fn wrap(&self, place: &[u8], key: &Key) -> Vec<u8> {
        self.seal(place, &*key.0)
    }

    pub fn unwrap(&self, place: &[u8], wrapped: &[u8]) -> Result<Key, Shut> {
        let bytes = Zeroizing::new(self.open(place, wrapped)?);
        Ok(Key::new(bytes.as_slice().try_into().map_err(|_| Shut)?))
    }
}

/// The root keys of an installation: what it seals with, and those that still open what was sealed before.
#[derive(Clone, Debug, Default)]
pub struct Roots(Vec<Key>);

impl Roots {
    /// The first key seals; every one opens.
    pub fn new(keys: Vec<Key>) -> Self {
        Roots(keys)
    }

    /// None where the installation was started without a root key.
    pub fn sealing(&self) -> Option<&Key> {
        self.0.first()
    }

    /// Whether one key stands there twice, so that a rotation from one to the other would change nothing.
    pub fn repeats(&self) -> bool {
        self.0.iter().enumerate().any(|(i, a)| self.0.iter().skip(i + 1).any(|b| *a.0 == *b.0))
    }

    pub fn unwrap(&self, place: &[u8], wrapped: &[u8]) -> Result<Key, Shut> {
        self.0.iter().find_map(|root| root.unwrap(place, wrapped).ok()).ok_or(Shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_never_shown() {
        assert_eq!(format!("{:?}", Key::new([7; 32])), "Key");
    }

    #[test]
    fn a_wrapped_key_opens_what_the_key_sealed_and_an_old_root_still_unwraps() {
        let (old, new, data) = (Key::new([1; 32]), Key::new([2; 32]), Key::new([3; 32]));
        let wrapped = old.wrap(b"master", &data);
        let sealed = data.seal(b"phone", "046-822-0000".as_bytes());
        let roots = Roots::new(vec![new.clone(), old]);
        let back = roots.unwrap(b"master", &wrapped).expect("an old root");
        assert_eq!(back.open(b"phone", &sealed).as_deref(), Ok("046-822-0000".as_bytes()));
        assert!(Roots::new(vec![new]).unwrap(b"master", &wrapped).is_err());
        assert!(roots.unwrap(b"another", &wrapped).is_err());
        assert!(!roots.repeats() && Roots::new(vec![Key::new([1; 32]), Key::new([1; 32])]).repeats());
    }

    proptest! {
        #[test]
        fn a_value_opens_at_its_place_under_its_key_and_nowhere_else(
            clear in proptest::collection::vec(any::<u8>(), 0..300), place in ".{0,40}", other in ".{0,40}", key in any::<[u8; 32]>(), wrong in any::<[u8; 32]>(),
        ) {
            let key = Key::new(key);
            let sealed = key.seal(place.as_bytes(), &clear);
            prop_assert_eq!(sealed.len(), clear.len() + 41);
            prop_assert_eq!(key.open(place.as_bytes(), &sealed), Ok(clear));
            if other != place {
                prop_assert_eq!(key.open(other.as_bytes(), &sealed), Err(Shut));
            }
            prop_assert_eq!(Key::new(wrong).open(place.as_bytes(), &sealed), Err(Shut));
        }

        #[test]
        fn no_bit_can_be_changed_and_no_byte_cut_off(clear in proptest::collection::vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let key = Key::new([9; 32]);
            let sealed = key.seal(b"place", &clear);
            let mut changed = sealed.clone();
            changed[at.index(sealed.len())] ^= 1 << bit;
            prop_assert_eq!(key.open(b"place", &changed), Err(Shut));
            prop_assert_eq!(key.open(b"place", &sealed[..at.index(sealed.len())]), Err(Shut));
        }

        #[test]
        fn two_values_never_share_a_nonce(a in ".{0,40}", b in ".{0,40}") {
            let key = Key::new([9; 32]);
            let (one, two) = (key.seal(b"place", a.as_bytes()), key.seal(b"place", b.as_bytes()));
            prop_assert_eq!(one[1..25] == two[1..25], a == b);
            prop_assert!(key.seal(b"other", a.as_bytes())[1..25] != one[1..25]);
        }
    }
}
