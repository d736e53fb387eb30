//! The bytes of a file with one kind of line end, ready to be split into cells.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding};

use super::MAX_BYTES;
use super::quotes::Quotes;

/// Stands alone on a line of its own after the last line of every file.
///
/// A quotation mark that is never closed swallows everything behind it without complaint, this line too; so a file
/// whose last record is not this one has an open quotation mark.
pub(super) const LAST: &[u8] = b"\x1e";

/// The longest record, in bytes; longer ones mean that a quotation mark was left open far from the end.
const MAX_RECORD: usize = 1024 * 1024;

const CHUNK: usize = 16 * 1024;

/// Why the bytes stopped before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    TooLarge,
    RunawayRecord,
}

/// Reads a source so that every line ends in one `\n`, UTF-16 becomes UTF-8, and [`LAST`] follows the last line.
///
/// Half a UTF-16 pair becomes the byte 0xFF, which no UTF-8 text has: the cell around it then cannot be decoded, and
/// its row is reported instead of showing a replacement character.
pub(super) struct Lines<R> {
    source: R,
    utf16: Option<Decoder>,
    chunk: Vec<u8>,
    decoded: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
    after_return: bool,
    ended: bool,
    taken: u64,
    given: u64,
    since_record: usize,
    quotes: Quotes,
    stopped: Option<Stop>,
}

impl<R: Read> Lines<R> {
    /// Begins where `source` stands, which is behind a byte order mark if there is one.
    pub(super) fn new(source: R, utf16: Option<&'static Encoding>, delimiter: u8) -> Self {
        Self {
            source,
            utf16: utf16.map(Encoding::new_decoder_without_bom_handling),
            chunk: vec![0; CHUNK],
            decoded: Vec::new(),
            ready: Vec::with_capacity(2 * CHUNK),
            at: 0,
            after_return: false,
            ended: false,
            taken: 0,
            given: 0,
            since_record: 0,
            quotes: Quotes::new(delimiter),
            stopped: None,
        }
    }

    /// Tells that a record is complete, so that only a single record can be too long.
    pub(super) fn record_is_complete(&mut self) {
        self.since_record = 0;
    }

    /// Whether everything has been handed out and that was this many bytes.
    pub(super) fn ended_at(&self, byte: u64) -> bool {
        self.ended && self.at == self.ready.len() && self.given == byte
    }

    /// Whether a quotation mark went wrong in the record that ends before this byte.
    pub(super) fn slipped_before(&mut self, byte: u64) -> bool {
        self.quotes.slipped_before(byte)
    }

    /// Why reading failed, if it was not the source's fault.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.stopped
    }

    fn stop(&mut self, why: Stop) -> io::Error {
        self.stopped = Some(why);
        io::Error::other("a limit of the directory reader")
    }

    fn refill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let read = self.source.read(&mut self.chunk)?;
        self.taken += read as u64;
        if self.taken > MAX_BYTES {
            return Err(self.stop(Stop::TooLarge));
        }
        if let Some(decoder) = &mut self.utf16 {
            self.decoded.clear();
            decode(decoder, &self.chunk[..read], read == 0, &mut self.decoded);
            unify_line_ends(&self.decoded, &mut self.after_return, &mut self.ready);
        } else {
            unify_line_ends(&self.chunk[..read], &mut self.after_return, &mut self.ready);
        }
        if read == 0 {
            self.ended = true;
            self.ready.push(b'\n');
            self.ready.extend_from_slice(LAST);
        }
        Ok(())
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.ended {
            self.refill()?;
        }
        let count = buffer.len().min(self.ready.len() - self.at);
        buffer[..count].copy_from_slice(&self.ready[self.at..self.at + count]);
        self.quotes.watch(&buffer[..count]);
        self.at += count;
        self.given += count as u64;
        self.since_record += count;
        if self.since_record > MAX_RECORD {
            return Err(self.stop(Stop::RunawayRecord));
        }
        Ok(count)
    }
}

fn decode(decoder: &mut Decoder, mut bytes: &[u8], last: bool, text: &mut Vec<u8>) {
    let mut buffer = [0; 4096];
    loop {
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(bytes, &mut buffer, last);
        text.extend_from_slice(&buffer[..written]);
        bytes = &bytes[read..];
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => text.push(0xFF),
        }
    }
}

/// `\r\n`, `\n` and the lone `\r` of old spreadsheets all become `\n`, also where a chunk ends between the two.
fn unify_line_ends(bytes: &[u8], after_return: &mut bool, ready: &mut Vec<u8>) {
    for &byte in bytes {
        match byte {
            b'\n' if *after_return => {}
            b'\r' => ready.push(b'\n'),
            _ => ready.push(byte),
        }
        *after_return = byte == b'\r';
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use encoding_rs::{UTF_16BE, UTF_16LE};

    use super::{Lines, Stop};

    /// Hands out one byte at a time, so that every pair is cut in the middle.
    struct Slowly<'a>(&'a [u8]);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(buffer.len()).min(1);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn all(mut lines: Lines<impl Read>) -> Vec<u8> {
        let mut text = Vec::new();
        lines.read_to_end(&mut text).expect("a slice can be read");
        text
    }

    #[test]
    fn every_kind_of_line_end_becomes_one_line_feed_and_the_last_mark_follows() {
        let bytes = b"a\r\nb\nc\rd\r\r\ne";
        assert_eq!(all(Lines::new(&bytes[..], None, b',')), b"a\nb\nc\nd\n\ne\n\x1e");
        assert_eq!(all(Lines::new(Slowly(bytes), None, b',')), b"a\nb\nc\nd\n\ne\n\x1e");
    }

    #[test]
    fn utf_16_becomes_utf_8_wherever_the_chunks_end() {
        let text = "名称,𠮷野家\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let expected = "名称,𠮷野家\n\n\x1e".as_bytes();
        assert_eq!(all(Lines::new(Slowly(&little), Some(UTF_16LE), b',')), expected);
        assert_eq!(all(Lines::new(Slowly(&big), Some(UTF_16BE), b',')), expected);
    }

    #[test]
    fn half_a_utf_16_pair_becomes_a_byte_that_no_text_has() {
        let units = [u16::from(b'a'), 0xD842, u16::from(b'b')];
        let mut bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        bytes.push(b'c');
        assert_eq!(all(Lines::new(&bytes[..], Some(UTF_16LE), b',')), b"a\xFFb\xFF\n\x1e");
    }

    #[test]
    fn a_record_of_more_than_a_mebibyte_stops_the_reading() {
        let mut lines = Lines::new(io::repeat(b'x'), None, b',');
        let mut read = Vec::new();
        lines.read_to_end(&mut read).expect_err("it never ends by itself");
        assert_eq!(lines.stopped(), Some(Stop::RunawayRecord));
        assert!(read.len() < 2 * 1024 * 1024);
    }

    #[test]
    fn more_than_fifty_mebibytes_stop_the_reading_even_in_short_records() {
        let mut lines = Lines::new(io::repeat(b'\n'), None, b',');
        let mut buffer = [0; 8192];
        let mut taken = 0;
        loop {
            lines.record_is_complete();
            match lines.read(&mut buffer) {
                Ok(count) => taken += count as u64,
                Err(_) => break,
            }
        }
        assert_eq!(lines.stopped(), Some(Stop::TooLarge));
        assert!(taken <= super::MAX_BYTES);
    }
}
