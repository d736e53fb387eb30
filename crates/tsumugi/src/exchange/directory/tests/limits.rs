//! Files that are too large, or as large as may be.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use super::super::{FileError, MAX_BYTES, MAX_ROWS, Row, read};
use super::WAM;

/// A WAM NET file that is made while it is read, so that a test of a large file needs no memory and no disk.
struct Generated {
    row: fn(u64) -> String,
    rows: u64,
    /// What `seek` says the size is.
    claimed: u64,
    next: u64,
    rest: Vec<u8>,
    taken: u64,
}

impl Generated {
    fn new(rows: u64, claimed: u64, row: fn(u64) -> String) -> Self {
        Self { row, rows, claimed, next: 0, rest: Vec::new(), taken: 0 }
    }
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && self.next <= self.rows {
            self.rest = if self.next == 0 { WAM.to_owned() } else { (self.row)(self.next) }.into_bytes();
            self.next += 1;
        }
        let count = buffer.len().min(self.rest.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        self.taken += count as u64;
        Ok(count)
    }
}

impl Seek for Generated {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(0) => {
                self.next = 0;
                self.rest.clear();
                Ok(0)
            }
            SeekFrom::End(0) => Ok(self.claimed),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

fn elsewhere(number: u64) -> String {
    format!("E{number},,短期入所,遠くの園,東京都千代田区,架空町{number},\n")
}

fn long(number: u64) -> String {
    format!("E{number},{},短期入所,遠くの園,東京都千代田区,架空町,\n", "長".repeat(20_000))
}

fn refusal(source: &mut Generated) -> FileError {
    read(source, &mut |_| unreachable!("a refused file gives no row")).expect_err("refused")
}

#[test]
fn a_file_of_sixty_megabytes_is_refused_before_a_byte_is_read() {
    let mut source = Generated::new(1_000, 60 * 1024 * 1024, long);
    assert_eq!(refusal(&mut source), FileError::TooLarge);
    assert_eq!(source.taken, 0);
}

#[test]
fn a_source_that_says_it_is_small_is_refused_where_the_limit_is_passed() {
    let mut source = Generated::new(1_000, 1_000, long);
    assert_eq!(refusal(&mut source), FileError::TooLarge);
    // The opening is read twice, and a little is read ahead.
    assert!(source.taken < MAX_BYTES + 256 * 1024, "{}", source.taken);
}

#[test]
fn exactly_as_many_rows_as_allowed_are_read_and_one_more_is_refused() {
    let mut count = 0;
    read(Generated::new(MAX_ROWS, 1_000, elsewhere), &mut |row| {
        assert!(matches!(row, Row::Elsewhere { .. }));
        count += 1;
        ControlFlow::Continue(())
    })
    .expect("accepted");
    assert_eq!(count, MAX_ROWS);
    assert_eq!(refusal(&mut Generated::new(MAX_ROWS + 1, 1_000, elsewhere)), FileError::TooManyRows);
}
