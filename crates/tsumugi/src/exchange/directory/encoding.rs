//! How a file is written, found out without guessing.
//!
//! A byte order mark decides. Without one, zero bytes on one side of every comma and digit mean UTF-16.
//!
//! Between UTF-8 and CP932 **the heading decides, not the whole file**. The headings that we read are Japanese words
//! in fixed wording, and none of them in CP932 is valid UTF-8; so if the heading is valid UTF-8 the file is UTF-8,
//! otherwise, if it can be decoded as CP932, the file is CP932. One broken byte far below, in a row that somebody
//! pasted in from elsewhere, can then not turn the whole file into the other encoding, however short the file is: it
//! is one error row. Counting valid sequences would need a threshold, and a file of ten rows would fail it.
//!
//! The two directions of a mixture are both refused cell by cell: CP932 bytes are not valid UTF-8, and
//! [`Script::decode`] refuses UTF-8 bytes in a CP932 file although they could be read as (wrong) kanji.

use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom};

use csv::ByteRecord;
use encoding_rs::{SHIFT_JIS, UTF_16BE, UTF_16LE};

use super::lines::Lines;
use super::{Encoding, FileError};

/// How much of the beginning is looked at.
const OPENING: usize = 8 * 1024;

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    carrier: Carrier,
    text_begins: u64,
    delimiter: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    /// UTF-8 or CP932, which only the heading can tell.
    Bytes,
    Utf8Bom,
    Utf16Le,
    Utf16Be,
}

/// How the bytes of a cell become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Utf8,
    Cp932,
}

impl Opening {
    /// Looks at the first bytes of the source, wherever it stands.
    pub(super) fn look<R: Read + Seek>(source: &mut R) -> Result<Self, FileError> {
        source.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::with_capacity(OPENING);
        source.by_ref().take(OPENING as u64).read_to_end(&mut bytes)?;
        let (carrier, text_begins) = carrier(&bytes)?;
        let mut opening = Self { carrier, text_begins, delimiter: b',' };

        source.seek(SeekFrom::Start(text_begins))?;
        let mut text = Vec::with_capacity(OPENING);
        Lines::new(&mut *source, opening.utf16(), opening.delimiter).take(OPENING as u64).read_to_end(&mut text)?;
        let first = text.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or(&[]);
        if first.trim_ascii_start().starts_with(b"<") {
            return Err(FileError::WebPage);
        }
        // Excel's 「Unicode テキスト」 is UTF-16 with tabs. No heading of ours has a comma or a tab inside a name.
        if !first.contains(&b',') && first.contains(&b'\t') {
            opening.delimiter = b'\t';
        }
        Ok(opening)
    }

    pub(super) fn text_begins(&self) -> u64 {
        self.text_begins
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    pub(super) fn utf16(&self) -> Option<&'static encoding_rs::Encoding> {
        match self.carrier {
            Carrier::Utf16Le => Some(UTF_16LE),
            Carrier::Utf16Be => Some(UTF_16BE),
            Carrier::Bytes | Carrier::Utf8Bom => None,
        }
    }

    /// The name of the encoding once the heading has told the script.
    pub(super) fn encoding(&self, script: Script) -> Encoding {
        match (self.carrier, script) {
            (Carrier::Utf8Bom, _) => Encoding::Utf8Bom,
            (Carrier::Utf16Le, _) => Encoding::Utf16Le,
            (Carrier::Utf16Be, _) => Encoding::Utf16Be,
            (Carrier::Bytes, Script::Utf8) => Encoding::Utf8,
            (Carrier::Bytes, Script::Cp932) => Encoding::Cp932,
        }
    }
}

fn carrier(bytes: &[u8]) -> Result<(Carrier, u64), FileError> {
    let begins = |mark: &[u8]| bytes.starts_with(mark);
    if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") {
        return Err(FileError::ZipCalledCsv);
    }
    // An old Excel workbook, a PDF, gzip, PNG and JPEG: what people choose by mistake.
    let others: [&[u8]; 5] = [b"\xD0\xCF\x11\xE0", b"%PDF", b"\x1F\x8B", b"\x89PNG", b"\xFF\xD8\xFF"];
    if others.into_iter().any(begins) {
        return Err(FileError::NotText);
    }
    if begins(b"\xEF\xBB\xBF") {
        return Ok((Carrier::Utf8Bom, 3));
    }
    if begins(b"\xFF\xFE") {
        return Ok((Carrier::Utf16Le, 2));
    }
    if begins(b"\xFE\xFF") {
        return Ok((Carrier::Utf16Be, 2));
    }
    // The other side has zeros too, though few: the full-width space is U+3000 and 一 is U+4E00.
    let zeros = |side| bytes.iter().skip(side).step_by(2).filter(|&&byte| byte == 0).count();
    match (zeros(0), zeros(1)) {
        (0, 0) => Ok((Carrier::Bytes, 0)),
        (even, odd) if odd > 2 * even => Ok((Carrier::Utf16Le, 0)),
        (even, odd) if even > 2 * odd => Ok((Carrier::Utf16Be, 0)),
        _ => Err(FileError::NotText),
    }
}

/// Decides between UTF-8 and CP932 by the heading, and decodes it.
pub(super) fn settle(opening: &Opening, heading: &ByteRecord) -> Result<(Script, Vec<String>), FileError> {
    let scripts: &[Script] = match opening.carrier {
        Carrier::Bytes => &[Script::Utf8, Script::Cp932],
        Carrier::Utf8Bom | Carrier::Utf16Le | Carrier::Utf16Be => &[Script::Utf8],
    };
    for &script in scripts {
        let cells: Option<Vec<_>> = heading.iter().map(|cell| script.decode(cell)).collect();
        if let Some(cells) = cells {
            let control = |c: char| c.is_control() && c != '\n' && c != '\t';
            if cells.iter().any(|cell| cell.contains(control)) {
                return Err(FileError::NotText);
            }
            return Ok((script, cells.iter().map(|cell| cell.trim().to_owned()).collect()));
        }
    }
    Err(FileError::NotText)
}

impl Script {
    /// The text of a cell, or nothing where a byte does not belong to it; never a replacement character.
    pub(super) fn decode(self, cell: &[u8]) -> Option<Cow<'_, str>> {
        let utf8 = str::from_utf8(cell).ok();
        match (self, utf8) {
            (Self::Utf8, utf8) => utf8.map(Cow::Borrowed),
            (Self::Cp932, Some(text)) if text.is_ascii() => Some(Cow::Borrowed(text)),
            // Japanese in UTF-8 takes three bytes a character. Read as CP932 these would be rare kanji and half-width
            // kana in turn, which nobody writes; so this cell was pasted in from a UTF-8 file.
            (Self::Cp932, Some(text)) if text.chars().any(|c| c >= '\u{800}') => None,
            (Self::Cp932, _) => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(cell),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use encoding_rs::SHIFT_JIS;

    use super::super::FileError;
    use super::{Carrier, Opening, Script};

    fn look(bytes: &[u8]) -> Result<Opening, FileError> {
        Opening::look(&mut Cursor::new(bytes))
    }

    #[test]
    fn what_is_no_csv_file_is_told_by_its_first_bytes() {
        assert_eq!(look(b"PK\x03\x04\x14\0"), Err(FileError::ZipCalledCsv));
        assert_eq!(look(b"%PDF-1.7"), Err(FileError::NotText));
        assert_eq!(look(b"\xD0\xCF\x11\xE0\xA1\xB1"), Err(FileError::NotText));
        assert_eq!(look(b"a\0\0b\0\0c\0\0"), Err(FileError::NotText));
        assert_eq!(look(b"\n <!DOCTYPE html>\n<html>"), Err(FileError::WebPage));
    }

    #[test]
    fn utf_16_is_found_without_a_mark_although_some_characters_end_in_zero() {
        let text = "NO,名称\u{3000},住所\n1,一一,2\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(look(&little).map(|o| o.carrier), Ok(Carrier::Utf16Le));
        assert_eq!(look(&big).map(|o| o.carrier), Ok(Carrier::Utf16Be));
    }

    #[test]
    fn a_heading_with_tabs_and_no_comma_is_split_at_tabs() {
        assert_eq!(look("NO\t名称\n1,2\t3\n".as_bytes()).map(|o| o.delimiter), Ok(b'\t'));
        assert_eq!(look("NO,名\t称\n".as_bytes()).map(|o| o.delimiter), Ok(b','));
    }

    #[test]
    fn cp932_keeps_the_characters_that_only_windows_has() {
        let (bytes, _, unmappable) = SHIFT_JIS.encode("髙﨑①㈱神﨑～－ｶﾅ");
        assert!(!unmappable);
        assert_eq!(Script::Cp932.decode(&bytes).as_deref(), Some("髙﨑①㈱神﨑～－ｶﾅ"));
    }

    #[test]
    fn half_a_character_is_refused_and_never_replaced() {
        assert_eq!(Script::Cp932.decode(b"\x89\xA1\x94"), None);
        assert_eq!(Script::Cp932.decode(b"\xFF"), None);
        assert_eq!(Script::Utf8.decode(b"\xE6\xA8"), None);
    }

    #[test]
    fn utf_8_pasted_into_a_cp932_file_is_refused_although_it_could_be_read_as_kanji() {
        let pasted = "ああ".as_bytes();
        assert!(SHIFT_JIS.decode_without_bom_handling_and_without_replacement(pasted).is_some());
        assert_eq!(Script::Cp932.decode(pasted), None);
    }

    #[test]
    fn half_width_kana_in_a_cp932_file_are_not_taken_for_utf_8() {
        let (bytes, ..) = SHIFT_JIS.encode("ﾐｱ");
        assert!(str::from_utf8(&bytes).is_ok());
        assert_eq!(Script::Cp932.decode(&bytes).as_deref(), Some("ﾐｱ"));
    }
}
