//! Plain text: any of the encodings that Japanese offices use, without control characters.

use crate::Refused;
use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

/// Whether this could be text at all.
pub fn looks(bytes: &[u8]) -> bool {
    decoded(bytes).is_some()
}

pub fn check(bytes: Vec<u8>) -> Result<Vec<u8>, Refused> {
    if looks(&bytes) { Ok(bytes) } else { Err(Refused::Encoding) }
}

fn decoded(bytes: &[u8]) -> Option<String> {
    let tries: &[&'static Encoding] = match bytes {
        [0xEF, 0xBB, 0xBF, ..] => &[UTF_8],
        [0xFF, 0xFE, ..] => &[UTF_16LE],
        [0xFE, 0xFF, ..] => &[UTF_16BE],
        _ => &[UTF_8, SHIFT_JIS],
    };
    tries.iter().find_map(|encoding| {
        let (text, wrong) = encoding.decode_with_bom_removal(bytes);
        let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{0C}');
        (!wrong && text.chars().all(plain)).then(|| text.into_owned())
    })
}
