//! PNG: chunks are walked; only what is needed to show the picture stays.

use crate::{Kind, Refused, be32, within};

pub const SIGNATURE: &[u8] = &[0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];
const BAD: Refused = Refused::Damaged(Kind::Png);
const KEPT: [&[u8; 4]; 13] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"cICP",
];

/// The picture without texts, times and Exif data, and without what follows its end.
pub fn clean(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(SIGNATURE);
    let (mut at, mut first, mut data) = (SIGNATURE.len(), true, false);
    loop {
        let length = usize::try_from(be32(bytes, at).ok_or(BAD)?).map_err(|_| BAD)?;
        let end = at.checked_add(12).and_then(|n| n.checked_add(length)).ok_or(BAD)?;
        let chunk = bytes.get(at..end).ok_or(BAD)?;
        let name: &[u8; 4] = chunk[4..8].try_into().map_err(|_| BAD)?;
        if be32(chunk, 8 + length) != Some(crc(&chunk[4..8 + length])) || (first != (name == b"IHDR")) {
            return Err(BAD);
        }
        if first {
            within(u64::from(be32(chunk, 8).ok_or(BAD)?), u64::from(be32(chunk, 12).ok_or(BAD)?), Kind::Png)?;
            first = false;
        }
        data |= name == b"IDAT";
        if KEPT.contains(&name) {
            out.extend_from_slice(chunk);
        } else if name[0].is_ascii_uppercase() {
            // A part that is needed and that nobody knows.
            return Err(BAD);
        }
        if name == b"IEND" {
            return if data { Ok(out) } else { Err(BAD) };
        }
        at = end;
    }
}

/// The check sum of a chunk's name and data.
pub fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
