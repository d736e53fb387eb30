//! What keeps data shut: archives for recipients who have a key, signatures, and single values that are sealed to their place.
//!
//! No database and no network here; keys come in as bytes and are wiped when they are dropped.

pub mod archive;
pub mod field;
pub mod keyfile;
pub mod signed;

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of hexadecimal digits, as many as are wanted.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(out)
}
