//! JPEG: segments are walked; remarks and all application data but colour stay behind, the way up is kept.

use crate::{Kind, Refused, be16, be32, le16, le32, within};

const BAD: Refused = Refused::Damaged(Kind::Jpeg);

/// The picture without place, time, device and remarks, and without what follows its end.
pub fn clean(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&[0xFF, 0xD8]);
    let (mut at, mut way_up, mut sized) = (2, None, false);
    loop {
        let start = at;
        if bytes.get(at) != Some(&0xFF) {
            return Err(BAD);
        }
        // A marker may be preceded by any number of fill bytes.
        while bytes.get(at) == Some(&0xFF) {
            at += 1;
        }
        let marker = *bytes.get(at).ok_or(BAD)?;
        at += 1;
        match marker {
            0xD9 => {
                out.extend_from_slice(&[0xFF, 0xD9]);
                return if sized { Ok(with_way_up(out, way_up)) } else { Err(BAD) };
            }
            0x01 | 0xD0..=0xD7 => continue,
            0x00 | 0xD8 => return Err(BAD),
            _ => {}
        }
        let length = usize::from(be16(bytes, at).ok_or(BAD)?);
        let end = at.checked_add(length).ok_or(BAD)?;
        let body = bytes.get(at + 2..end).filter(|_| length >= 2).ok_or(BAD)?;
        let keep = match marker {
            0xE1 => {
                way_up = way_up.or_else(|| orientation(body));
                false
            }
            // JFIF, colour profile, Adobe's colour transform
            0xE0 => body.starts_with(b"JFIF\0"),
            0xE2 => body.starts_with(b"ICC_PROFILE\0"),
            0xEE => body.starts_with(b"Adobe"),
            0xE3..=0xED | 0xEF | 0xFE => false,
            _ => true,
        };
        if is_frame(marker) {
            within(u64::from(be16(body, 3).ok_or(BAD)?), u64::from(be16(body, 1).ok_or(BAD)?), Kind::Jpeg)?;
            sized = true;
        }
        if keep {
            out.extend_from_slice(&[0xFF, marker]);
            out.extend_from_slice(bytes.get(at..end).ok_or(BAD)?);
        }
        at = end;
        if marker == 0xDA {
            let scan = scan_end(bytes, at).ok_or(BAD)?;
            out.extend_from_slice(bytes.get(at..scan).ok_or(BAD)?);
            at = scan;
        }
        debug_assert!(at > start, "every turn goes on");
    }
}

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF)
}

/// Where the coded data after a scan's header end: at the first marker that is no restart and no stuffed byte.
fn scan_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        if *bytes.get(at)? != 0xFF {
            at += 1;
            continue;
        }
        match *bytes.get(at + 1)? {
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => return Some(at),
        }
    }
}

/// The way up, 2 to 8, of an Exif segment; 1 is how every picture is shown anyway.
fn orientation(body: &[u8]) -> Option<u8> {
    let tiff = body.strip_prefix(b"Exif\0\0")?;
    let little = tiff.starts_with(b"II");
    let two = |at| if little { le16(tiff, at) } else { be16(tiff, at) };
    let four = |at| if little { le32(tiff, at) } else { be32(tiff, at) };
    let first = usize::try_from(four(4)?).ok()?;
    for n in 0..usize::from(two(first)?).min(200) {
        let entry = first.checked_add(2 + n * 12)?;
        if two(entry)? == 0x0112 {
            return u8::try_from(two(entry.checked_add(8)?)?).ok().filter(|way| (2..=8).contains(way));
        }
    }
    None
}

/// Puts a way up behind the beginning: an Exif segment with that one value.
fn with_way_up(picture: Vec<u8>, way: Option<u8>) -> Vec<u8> {
    let Some(way) = way else { return picture };
    let mut out = Vec::with_capacity(picture.len() + 40);
    out.extend_from_slice(&picture[..2]);
    let tiff = [b'M', b'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, way, 0, 0, 0, 0, 0, 0];
    out.extend_from_slice(&[0xFF, 0xE1, 0, 34]);
    out.extend_from_slice(b"Exif\0\0");
    out.extend_from_slice(&tiff);
    out.extend_from_slice(&picture[2..]);
    out
}
