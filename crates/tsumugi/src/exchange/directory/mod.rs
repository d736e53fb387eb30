//! 社会資源の公開名簿: reads the files that public bodies publish about institutions and offices.
//!
//! Five layouts are known (see [`Format`]).
//! A file is recognised by the names of its columns, never by its name or by the position of a column, because the
//! published files move columns about, leave some out and add their own.
//!
//! [`read`] goes through the file twice.
//! The first time it only checks: the encoding, the heading, the size, the number of rows, open quotes.
//! The second time it hands out rows.
//! So an `Err` of the file itself always comes before the first row, and who imports has nothing to take back; only a
//! disk that fails between the two passes can break this.
//! Memory does not grow with the file: a chunk of it, one row of at most a mebibyte, and the numbers of the
//! institutions already handed out (22 MB in all for 200,000 of them, 3 MB for a nationwide file).

mod address;
mod cells;
mod columns;
mod encoding;
mod entry;
mod error;
mod field;
mod format;
mod heading;
mod kind;
mod kind_text;
mod lines;
mod open_columns;
mod place;
mod quotes;
mod records;
mod row;
#[cfg(test)]
mod tests;
mod text;
mod web_address;

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;

pub use self::entry::{Entry, Row};
pub use self::error::{FileError, RowError};
pub use self::field::Field;
pub use self::format::{Encoding, Format};
pub use self::kind::Kind;

use self::encoding::Opening;
use self::heading::Heading;
use self::records::Records;
use self::row::RowReader;

/// The largest file that is read, in bytes (50 MiB).
///
/// A row of WAM NET has about 590 bytes, so this is 89,000 offices; no nationwide file of one service has that many.
pub const MAX_BYTES: u64 = 50 * 1024 * 1024;

/// The most rows below the heading that are read.
///
/// All medical institutions of the country are 206,000 rows in several files, so no single file comes near this.
pub const MAX_ROWS: u64 = 200_000;

/// What the heading of a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which layout the file has.
    pub format: Format,
    /// How its text is written.
    pub encoding: Encoding,
    /// The headings as they stand in the file, without surrounding space.
    pub columns: Vec<String>,
    /// Headings that belong to no generation of this layout, as they stand in the file.
    pub unknown: Vec<String>,
    /// Columns that we would use and the file does not have, by their official name.
    pub missing_optional: Vec<&'static str>,
}

/// Reads a directory file from its first byte and hands every row below the heading to `each`, in order.
///
/// Rows whose cells are all empty are left out without a word, as spreadsheets add them at the end.
/// When `each` breaks, the rest is not read and the heading is returned as if the file ended there.
///
/// # Errors
/// What is wrong with the file as a whole; `each` has not been called then, unless the source itself failed to be
/// read a second time.
pub fn read<R: Read + Seek>(mut source: R, each: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<Head, FileError> {
    // The size is asked before a byte is read; what is really read is counted as well, as a source may be wrong.
    if source.seek(SeekFrom::End(0))? > MAX_BYTES {
        return Err(FileError::TooLarge);
    }
    let opening = Opening::look(&mut source)?;

    let mut records = Records::open(&mut source, &opening)?;
    let columns = records.heading()?;
    let (script, columns) = encoding::settle(&opening, &columns)?;
    let heading = Heading::recognise(columns)?;
    let mut rows = 0;
    while records.advance()? {
        rows += 1;
        if rows > MAX_ROWS {
            return Err(FileError::TooManyRows);
        }
    }

    let mut records = Records::open(&mut source, &opening)?;
    records.heading()?;
    let reader = RowReader::new(&heading, script);
    let mut seen = HashMap::new();
    while records.advance()? {
        if records.is_blank() {
            continue;
        }
        let row = match records.slip() {
            Some(lines) => row::slipped(lines),
            None => row::once(reader.row(records.line(), records.record()), records.record(), &mut seen),
        };
        if each(row).is_break() {
            break;
        }
    }
    Ok(heading.into_head(opening.encoding(script)))
}
