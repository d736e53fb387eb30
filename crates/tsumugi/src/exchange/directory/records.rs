//! The records of a file with the lines on which they begin.

use std::io::{Read, Seek, SeekFrom};

use csv::ByteRecord;

use super::FileError;
use super::encoding::Opening;
use super::lines::{LAST, Lines, Stop};

/// Splits a file into records of bytes.
///
/// Cells are split before they are decoded: in CP932 the second byte of a character is never a comma, a quotation
/// mark, a tab or a line end, so the split is right, and a broken character spoils its own cell only.
pub(super) struct Records<R> {
    reader: csv::Reader<Lines<R>>,
    record: ByteRecord,
    line: u64,
    last_line: u64,
    slipped: bool,
}

impl<R: Read + Seek> Records<R> {
    /// Goes to the beginning of the text.
    pub(super) fn open(mut source: R, opening: &Opening) -> Result<Self, FileError> {
        source.seek(SeekFrom::Start(opening.text_begins()))?;
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(opening.delimiter())
            .from_reader(Lines::new(source, opening.utf16(), opening.delimiter()));
        Ok(Self { reader, record: ByteRecord::new(), line: 0, last_line: 0, slipped: false })
    }

    /// The first record that has anything in it.
    pub(super) fn heading(&mut self) -> Result<ByteRecord, FileError> {
        while self.advance()? {
            if !self.is_blank() {
                return Ok(self.record.clone());
            }
        }
        Err(FileError::Empty)
    }

    /// Goes to the next record; false behind the last one.
    pub(super) fn advance(&mut self) -> Result<bool, FileError> {
        self.reader.get_mut().record_is_complete();
        let begun = self.reader.position().line();
        if let Err(error) = self.reader.read_byte_record(&mut self.record) {
            return Err(match self.reader.get_ref().stopped() {
                Some(Stop::TooLarge) => FileError::TooLarge,
                Some(Stop::RunawayRecord) => FileError::UnclosedQuote { line: begun },
                None => match error.into_kind() {
                    csv::ErrorKind::Io(error) => error.into(),
                    _ => FileError::NotText,
                },
            });
        }
        // The splitter's own position of a record is that of the empty lines before it, so the line is counted back
        // from its end: the line feeds inside its cells, and the one that closed it.
        let inside = self.record.as_slice().iter().filter(|&&byte| byte == b'\n').count() as u64;
        let (end, line) = (self.reader.position().byte(), self.reader.position().line());
        if !self.reader.get_ref().ended_at(end) {
            self.last_line = line.saturating_sub(1);
            self.line = self.last_line.saturating_sub(inside);
            self.slipped = self.reader.get_mut().slipped_before(end);
            return Ok(true);
        }
        if self.record.as_slice() == LAST {
            return Ok(false);
        }
        Err(FileError::UnclosedQuote { line: line.saturating_sub(inside) })
    }

    /// The record that [`advance`](Self::advance) went to.
    pub(super) fn record(&self) -> &ByteRecord {
        &self.record
    }

    /// The line on which that record begins, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The lines on which that record stands if a cell of it goes on behind its closing quotation mark: then nobody
    /// knows where the cell was meant to end, and whether other rows are inside.
    pub(super) fn slip(&self) -> Option<(u64, u64)> {
        self.slipped.then_some((self.line, self.last_line))
    }

    /// Whether that record has nothing but spaces in it.
    pub(super) fn is_blank(&self) -> bool {
        self.record.as_slice().iter().all(u8::is_ascii_whitespace)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::FileError;
    use super::super::encoding::Opening;
    use super::Records;

    fn records(text: &str) -> Result<Vec<(u64, Vec<String>)>, FileError> {
        let mut source = Cursor::new(text.as_bytes());
        let opening = Opening::look(&mut source)?;
        let mut records = Records::open(source, &opening)?;
        let mut all = Vec::new();
        while records.advance()? {
            let cells = records.record().iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
            all.push((records.line(), cells.collect()));
        }
        Ok(all)
    }

    fn lines(text: &str) -> Vec<u64> {
        records(text).expect("well-formed").into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_line_is_the_one_on_which_the_record_begins() {
        assert_eq!(lines("a,b\nc,d\ne,f"), [1, 2, 3]);
        assert_eq!(lines("a,b\r\nc,d\r\ne,f\r\n"), [1, 2, 3]);
        assert_eq!(lines("a,b\rc,d\r"), [1, 2]);
    }

    #[test]
    fn empty_lines_and_line_ends_inside_quotation_marks_count() {
        assert_eq!(lines("\n\na,b\n\n\nc,\"d\n\ne\"\nf,g\n\n"), [3, 6, 9]);
        assert_eq!(lines("\r\n\r\na,b\r\n\r\n\r\nc,\"d\r\n\r\ne\"\r\nf,g\r\n\r\n"), [3, 6, 9]);
    }

    #[test]
    fn quotation_marks_commas_and_tabs_are_read_as_spreadsheets_write_them() {
        let read = records("a,b\n\"x,\"\"y\"\"\",5\" pipe\n").expect("well-formed");
        assert_eq!(read[1].1, ["x,\"y\"", "5\" pipe"]);
        let read = records("a\tb\nx,y\tz\n").expect("well-formed");
        assert_eq!(read[1].1, ["x,y", "z"]);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_told_with_its_line() {
        for text in ["a,b\nc,d\n\ne,\"f\ng,h\n", "a,b\nc,d\n\ne,\"f\ng,h", "a,b\r\nc,d\r\n\r\ne,\"f\r\ng,h\r\n"] {
            assert_eq!(records(text), Err(FileError::UnclosedQuote { line: 4 }), "{text:?}");
        }
        assert_eq!(records("a,b\n\""), Err(FileError::UnclosedQuote { line: 2 }));
    }

    #[test]
    fn the_last_mark_inside_a_file_is_a_record_like_any_other() {
        assert_eq!(lines("a,b\n\u{1e}\nc,d\n\u{1e}"), [1, 2, 3, 4]);
    }

    #[test]
    fn a_quotation_mark_left_open_far_from_the_end_is_told_before_it_fills_the_memory() {
        let text = format!("a,b\n\"c,d\n{}", "e,f\n".repeat(600_000));
        assert_eq!(records(&text), Err(FileError::UnclosedQuote { line: 2 }));
    }
}
