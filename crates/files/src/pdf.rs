//! PDF: begins and ends as one, is not locked, and carries neither programs nor other files, as far as its open text says.
//!
//! What stands in streams is not looked at: downloads go out as attachments, never shown by the product.

use crate::{Kind, Refused, has};

/// Names that stand for programs and other files.
const ACTIVE: [&[u8]; 5] = [b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/RichMedia"];

pub fn check(bytes: Vec<u8>) -> Result<Vec<u8>, Refused> {
    let bad = Refused::Damaged(Kind::Pdf);
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    let end = tail.windows(5).rposition(|w| w == b"%%EOF").ok_or(bad)?;
    if !tail[end + 5..].iter().all(|b| b.is_ascii_whitespace() || *b == 0) {
        return Err(Refused::Polyglot(Kind::Pdf));
    }
    if !has(tail, b"startxref") {
        return Err(bad);
    }
    let text = open_text(&bytes);
    if text.iter().any(|part| named(part, b"/Encrypt")) {
        return Err(Refused::Locked(Kind::Pdf));
    }
    let active = text.iter().any(|part| ACTIVE.iter().any(|name| named(part, name)));
    if active { Err(Refused::Active) } else { Ok(bytes) }
}

/// What stands outside of streams, which are pictures, letters and packed text, and hold any bytes by chance.
fn open_text(bytes: &[u8]) -> Vec<&[u8]> {
    let find =
        |from: usize, word: &[u8]| bytes.get(from..)?.windows(word.len()).position(|w| w == word).map(|at| from + at);
    let (mut out, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(word) = find(at, b"stream") {
        at = word + 6;
        let begins = matches!(bytes.get(at), Some(b'\n' | b'\r')) && bytes[..word].trim_ascii_end().ends_with(b">>");
        if begins {
            let Some(end) = find(at, b"endstream") else { break };
            out.push(&bytes[from..at]);
            (from, at) = (end, end + 9);
        }
    }
    out.push(&bytes[from..]);
    out
}

/// Whether a name stands in the text as a whole; names may be written with `#xx` for any character.
fn named(bytes: &[u8], name: &[u8]) -> bool {
    let mut at = 0;
    while let Some(slash) = bytes[at..].iter().position(|b| *b == b'/') {
        at += slash;
        let mut n = 0;
        let mut place = at;
        while n < name.len() {
            let Some((byte, length)) = letter(&bytes[place..]) else { break };
            if byte != name[n] {
                break;
            }
            (n, place) = (n + 1, place + length);
        }
        if n == name.len() && bytes.get(place).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'#') {
            return true;
        }
        at += 1;
    }
    false
}

fn letter(bytes: &[u8]) -> Option<(u8, usize)> {
    let hex = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    match bytes {
        [b'#', a, b, ..] => match (hex(*a), hex(*b)) {
            (Some(a), Some(b)) => Some((a * 16 + b, 3)),
            _ => Some((b'#', 1)),
        },
        [one, ..] => Some((*one, 1)),
        [] => None,
    }
}
