//! HEIC: boxes are walked; the bytes of Exif, XMP and free items are written over with zeros, so that nothing moves.

use crate::{Kind, Refused, be16, be32, within};
use std::collections::HashSet;

const BAD: Refused = Refused::Damaged(Kind::Heic);
/// Boxes of the file, items and places of items: a photograph in tiles has a few dozen.
const PARTS: usize = 2_000;
const BRANDS: [&[u8; 4]; 6] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"];

pub fn is(bytes: &[u8]) -> bool {
    let Some(Ok(first)) = Boxes(bytes, 0).next() else { return false };
    &first.name == b"ftyp"
        && first.body(bytes).chunks_exact(4).enumerate().any(|(n, b)| n != 1 && BRANDS.iter().any(|brand| b == *brand))
}

/// The picture without place, time and device.
pub fn clean(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut gone: Vec<(usize, usize)> = Vec::new();
    let (mut meta, mut data) = (None, Vec::new());
    for (n, found) in Boxes(bytes, 0).enumerate() {
        let found = found?;
        if n >= PARTS {
            return Err(BAD);
        }
        match &found.name {
            b"ftyp" => {}
            b"mdat" => data.push((found.start, found.end)),
            b"meta" if meta.is_none() => meta = Some(found),
            b"free" | b"skip" | b"uuid" => gone.push((found.start, found.end)),
            _ => return Err(Refused::Polyglot(Kind::Heic)),
        }
    }
    let meta = meta.ok_or(BAD)?;
    let items = Items::of(bytes, &meta)?;
    data.extend(items.data);
    let told = items.names.iter().filter(|(_, name)| matches!(name, b"Exif" | b"mime" | b"uri "));
    let told: HashSet<u32> = told.map(|(id, _)| *id).collect();
    for place in items.places.iter().filter(|p| told.contains(&p.id)) {
        let (start, end) = place.extent(items.data)?;
        // Bytes of an item lie among data, never in what describes the file.
        if !data.iter().any(|(from, to)| *from <= start && start <= end && end <= *to) {
            return Err(BAD);
        }
        gone.push((start, end));
    }
    let mut out = bytes.to_vec();
    for (start, end) in gone {
        out.get_mut(start..end).ok_or(BAD)?.fill(0);
    }
    Ok(out)
}

struct Found {
    name: [u8; 4],
    start: usize,
    end: usize,
}

impl Found {
    fn body<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// The boxes from a place to the end of the bytes; an error ends them.
struct Boxes<'a>(&'a [u8], usize);

impl Iterator for Boxes<'_> {
    type Item = Result<Found, Refused>;
    fn next(&mut self) -> Option<Self::Item> {
        let Boxes(bytes, at) = *self;
        if at >= bytes.len() {
            return None;
        }
        let read = || {
            let name: [u8; 4] = bytes.get(at + 4..at + 8)?.try_into().ok()?;
            let (head, size) = match be32(bytes, at)? {
                0 => (8, bytes.len() - at),
                1 if be32(bytes, at + 8)? == 0 => (16, usize::try_from(be32(bytes, at + 12)?).ok()?),
                1 => return None,
                size => (8, usize::try_from(size).ok()?),
            };
            let end = at.checked_add(size).filter(|end| *end <= bytes.len())?;
            (size >= head).then_some(Found { name, start: at + head, end })
        };
        let found = read().ok_or(BAD);
        self.1 = found.as_ref().map_or(bytes.len(), |f| f.end);
        Some(found)
    }
}

struct Place {
    id: u32,
    in_data: bool,
    start: u64,
    length: u64,
}

impl Place {
    fn extent(&self, data: Option<(usize, usize)>) -> Result<(usize, usize), Refused> {
        let base = if self.in_data { data.ok_or(BAD)?.0 } else { 0 };
        let start = usize::try_from(self.start).ok().and_then(|s| s.checked_add(base)).ok_or(BAD)?;
        let end = usize::try_from(self.length).ok().and_then(|l| start.checked_add(l)).ok_or(BAD)?;
        Ok((start, end))
    }
}

struct Items {
    names: Vec<(u32, [u8; 4])>,
    places: Vec<Place>,
    /// Where the data within the meta box lie.
    data: Option<(usize, usize)>,
}

impl Items {
    fn of(bytes: &[u8], meta: &Found) -> Result<Items, Refused> {
        let mut items = Items { names: Vec::new(), places: Vec::new(), data: None };
        let (whole, mut sized) = (bytes.get(..meta.end).ok_or(BAD)?, false);
        for found in Boxes(whole, meta.start + 4) {
            let found = found?;
            match &found.name {
                b"iinf" => items.names = names(whole, &found)?,
                b"iloc" => items.places = places(found.body(whole)).ok_or(BAD)?,
                b"idat" => items.data = Some((found.start, found.end)),
                b"iprp" => sized = sizes(whole, &found)?,
                _ => {}
            }
        }
        if sized { Ok(items) } else { Err(BAD) }
    }
}

fn names(bytes: &[u8], found: &Found) -> Result<Vec<(u32, [u8; 4])>, Refused> {
    let long = *bytes.get(found.start).ok_or(BAD)? > 0;
    let mut out = Vec::new();
    for entry in Boxes(bytes.get(..found.end).ok_or(BAD)?, found.start + if long { 8 } else { 6 }) {
        let entry = entry?;
        let body = entry.body(bytes);
        let (id, at) = match body.first() {
            Some(2) => (be16(body, 4).map(u32::from), 8),
            Some(3) => (be32(body, 4), 10),
            _ => continue,
        };
        let name = body.get(at..at + 4).and_then(|n| n.try_into().ok()).ok_or(BAD)?;
        out.push((id.ok_or(BAD)?, name));
        if out.len() > PARTS {
            return Err(BAD);
        }
    }
    Ok(out)
}

/// Where each item's bytes lie: version 0 to 2 of the box.
fn places(body: &[u8]) -> Option<Vec<Place>> {
    let version = *body.first()?;
    let sizes = be16(body, 4)?;
    let nibble = |n: u16| usize::from(sizes >> (12 - 4 * n) & 0xF);
    let (offset, length, base, index) = (nibble(0), nibble(1), nibble(2), if version == 0 { 0 } else { nibble(3) });
    let mut at = 6;
    let mut number = |width: usize| -> Option<u64> {
        let bytes = body.get(at..at + width)?;
        at += width;
        (width <= 8).then(|| bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    };
    let wide = if version < 2 { 2 } else { 4 };
    let count = number(wide)?;
    let mut out = Vec::new();
    if count > PARTS as u64 {
        return None;
    }
    for _ in 0..count {
        let id = u32::try_from(number(wide)?).ok()?;
        let method = if version == 0 { 0 } else { number(2)? & 0xF };
        number(2)?;
        let from = number(base)?;
        for _ in 0..number(2)? {
            number(index)?;
            let start = from.checked_add(number(offset)?)?;
            let length = number(length)?;
            if method > 1 || out.len() >= PARTS {
                return None;
            }
            out.push(Place { id, in_data: method == 1, start, length });
        }
    }
    Some(out)
}

/// Looks at the sizes of all pictures; whether there was one.
fn sizes(bytes: &[u8], found: &Found) -> Result<bool, Refused> {
    let mut any = false;
    for inner in Boxes(bytes.get(..found.end).ok_or(BAD)?, found.start) {
        let inner = inner?;
        if &inner.name != b"ipco" {
            continue;
        }
        for property in Boxes(bytes.get(..inner.end).ok_or(BAD)?, inner.start) {
            let property = property?;
            if &property.name == b"ispe" {
                let body = property.body(bytes);
                within(u64::from(be32(body, 4).ok_or(BAD)?), u64::from(be32(body, 8).ok_or(BAD)?), Kind::Heic)?;
                any = true;
            }
        }
    }
    Ok(any)
}
