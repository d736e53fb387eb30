//! xlsx and docx: the list of parts is read, each part is unpacked piece by piece and only counted.

use crate::{Kind, MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED, RATIO_FROM, Refused, has, le16, le32};
use flate2::{Decompress, FlushDecompress, Status};

const BAD: Refused = Refused::Office;

struct Part<'a> {
    name: &'a [u8],
    packed: &'a [u8],
    deflated: bool,
}

/// Which of the two it is, by its parts.
pub fn kind(bytes: &[u8]) -> Result<Kind, Refused> {
    let mut kind = Err(Refused::Unknown);
    let mut typed = false;
    each(bytes, |part| {
        typed |= part.name == b"[Content_Types].xml";
        if part.name == b"xl/workbook.xml" {
            kind = Ok(Kind::Xlsx);
        }
        if part.name == b"word/document.xml" {
            kind = Ok(Kind::Docx);
        }
        Ok(())
    })?;
    if typed { kind } else { Err(Refused::Unknown) }
}

pub fn check(kind: Kind, bytes: Vec<u8>) -> Result<Vec<u8>, Refused> {
    let mut left = MAX_UNPACKED;
    each(&bytes, |part| {
        let name = part.name.to_ascii_lowercase();
        let embeds = has(&name, b"vbaproject") || has(&name, b"/embeddings/") || has(&name, b"activex");
        if embeds {
            return Err(Refused::Macros);
        }
        let unpacked = if part.deflated { unpacked(part.packed, left, kind)? } else { part.packed.len() as u64 };
        left = left.checked_sub(unpacked).ok_or(Refused::Unpacks)?;
        Ok(())
    })?;
    Ok(bytes)
}

/// How many bytes a part unpacks to, without keeping them.
fn unpacked(packed: &[u8], left: u64, kind: Kind) -> Result<u64, Refused> {
    let mut inflate = Decompress::new(false);
    let mut piece = [0; 16 * 1024];
    let mut rest = packed;
    loop {
        let (before, read) = (inflate.total_out(), inflate.total_in());
        let status = inflate.decompress(rest, &mut piece, FlushDecompress::None);
        let status = status.map_err(|_| Refused::Damaged(kind))?;
        let taken = usize::try_from(inflate.total_in() - read).map_err(|_| Refused::Damaged(kind))?;
        rest = &rest[taken..];
        let all = inflate.total_out();
        if all > left || (all > RATIO_FROM && all / (packed.len() as u64).max(1) > MAX_RATIO) {
            return Err(Refused::Unpacks);
        }
        match status {
            Status::StreamEnd => return Ok(all),
            _ if all == before && taken == 0 => return Err(Refused::Damaged(kind)),
            _ => {}
        }
    }
}

/// Gives each part of the list at the end. The numbers of the list are looked at before the list itself.
fn each<'a>(bytes: &'a [u8], mut part: impl FnMut(Part<'a>) -> Result<(), Refused>) -> Result<(), Refused> {
    // The end has a remark of at most 65,535 bytes; ours must have none, or other things could stand there.
    let end = bytes.len().checked_sub(22).ok_or(BAD)?;
    if bytes.get(end..end + 4) != Some(b"PK\x05\x06") {
        let from = bytes.len().saturating_sub(22 + 65_535);
        return Err(if has(&bytes[from..], b"PK\x05\x06") { Refused::Polyglot(Kind::Docx) } else { BAD });
    }
    let (disk, count, all) = (le16(bytes, end + 4), le16(bytes, end + 8), le16(bytes, end + 10));
    let (size, start) = (le32(bytes, end + 12).ok_or(BAD)?, le32(bytes, end + 16).ok_or(BAD)?);
    let count = u32::from(count.ok_or(BAD)?);
    if count > MAX_ENTRIES {
        return Err(Refused::Entries);
    }
    let mut at = usize::try_from(start).map_err(|_| BAD)?;
    let list_ends = at.checked_add(usize::try_from(size).map_err(|_| BAD)?);
    if disk != Some(0) || all.map(u32::from) != Some(count) || list_ends != Some(end) {
        return Err(BAD);
    }
    let mut used = 0;
    for _ in 0..count {
        if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
            return Err(BAD);
        }
        let two = |n| le16(bytes, at + n).map(usize::from).ok_or(BAD);
        let four = |n| le32(bytes, at + n).and_then(|v| usize::try_from(v).ok()).ok_or(BAD);
        let (flags, method, packed, local) = (two(8)?, two(10)?, four(20)?, four(42)?);
        let (name, extra, remark) = (two(28)?, two(30)?, two(32)?);
        if flags & 1 != 0 {
            return Err(Refused::Locked(Kind::Docx));
        }
        let name = bytes.get(at + 46..at + 46 + name).ok_or(BAD)?;
        if bytes.get(local..local.checked_add(4).ok_or(BAD)?) != Some(b"PK\x03\x04") || !is_plain(name) {
            return Err(BAD);
        }
        let skip = |n| le16(bytes, local + n).map(usize::from).ok_or(BAD);
        // Two names for one part, or parts that share their bytes, would be work without end.
        if bytes.get(local + 30..local + 30 + skip(26)?) != Some(name) {
            return Err(BAD);
        }
        let data = local + 30 + skip(26)? + skip(28)?;
        let packed = data.checked_add(packed).filter(|e| *e <= end).and_then(|e| bytes.get(data..e)).ok_or(BAD)?;
        used += 30 + packed.len();
        if (method != 0 && method != 8) || used > bytes.len() {
            return Err(BAD);
        }
        part(Part { name, packed, deflated: method == 8 })?;
        at += 46 + name.len() + extra + remark;
    }
    if at == end { Ok(()) } else { Err(BAD) }
}

/// A name inside the file that could not lead anywhere else.
fn is_plain(name: &[u8]) -> bool {
    !name.is_empty() && !name.starts_with(b"/") && !has(name, b"..") && !name.contains(&b'\\') && !name.contains(&0)
}
