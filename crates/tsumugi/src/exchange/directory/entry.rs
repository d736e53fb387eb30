//! What a row of a directory file becomes.

use super::{Kind, RowError};

/// One institution or office, or one service of an office where the file has a row per service.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What tells this entry from every other of the same [`Format`](super::Format), in the next edition as well.
    ///
    /// WAM NET: its own `NO`, because the number of an office (事業所番号) is shared by its services.
    /// Bureau: the nine-digit code of the institution.
    /// Open data: the six-digit code of the body that publishes, `-`, and its `ID` or `NO`.
    pub key: String,
    /// The line of the file on which the row begins, from 1.
    pub line: u64,
    /// The name as it is written in the file.
    pub name: String,
    /// The reading, hiragana or katakana as in the file, in full width; often empty.
    pub kana: String,
    /// The name of the corporation that runs it.
    pub corporation: String,
    /// 事業所番号 or 医療機関コード; not unique.
    pub office_number: String,
    /// What it does, without repetition, never empty.
    pub kinds: Vec<Kind>,
    /// What the file says that it does; empty where `kinds` were derived from the name.
    pub kind_text: String,
    /// The six-digit code of the municipality in which it *stands*, from its address.
    pub municipality: &'static str,
    /// `238-0013`, or empty.
    pub postal: String,
    /// The whole address as in the file, the building after a full-width space.
    pub address: String,
    /// The telephone number in the file's own grouping, in ASCII digits.
    pub phone: String,
    /// The fax number, likewise.
    pub fax: String,
    /// An `http(s)` address with a plausible host, or empty.
    pub url: String,
    /// Degrees north; only together with the longitude and only in Japan.
    pub latitude: Option<f64>,
    /// Degrees east, likewise.
    pub longitude: Option<f64>,
    /// When it can be used, one line.
    pub hours: String,
    /// When it is closed, one line.
    pub closed: String,
    /// Remarks; several are on lines of their own.
    pub note: String,
    /// 定員 in persons.
    pub capacity: Option<i64>,
    /// 診療科目 as in the file.
    pub departments: Vec<String>,
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// An institution in the five municipalities.
    Entry(Box<Entry>),
    /// An institution elsewhere; the rest of its row has not been looked at.
    Elsewhere {
        /// The line on which the row begins.
        line: u64,
    },
    /// The same row once more, byte for byte; nothing is lost by leaving it out.
    ///
    /// The list of the bureau repeats at its end the medical institutions that have a dental department.
    Repeated {
        /// The line on which the row begins.
        line: u64,
        /// The line on which it stood first.
        first: u64,
    },
    /// A row that cannot be used.
    Error(RowError),
}
