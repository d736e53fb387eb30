//! The whole reader on whole files.

mod broken;
mod encodings;
mod limits;
mod open_data;
mod random;
mod real_files;

use std::io::Cursor;
use std::ops::ControlFlow;

use encoding_rs::SHIFT_JIS;

use super::{Entry, FileError, Head, Row, RowError};

/// A small WAM NET heading: the columns that are needed, one that is used, one that is not.
const WAM: &str = "NO（※システム内の固有の番号、連番）,指定機関名,サービス種別,事業所の名称,事業所住所（市区町村）,事業所住所（番地以降）,定員\n";

const OPEN_MEDICAL: [&str; 2] = [
    include_str!("../../../../testdata/directory/open-medical-old.csv"),
    include_str!("../../../../testdata/directory/open-medical-new.csv"),
];
const OPEN_CARE: [&str; 2] = [
    include_str!("../../../../testdata/directory/open-care-old.csv"),
    include_str!("../../../../testdata/directory/open-care-new.csv"),
];
const OPEN_CHILDCARE: [&str; 2] = [
    include_str!("../../../../testdata/directory/open-childcare-old.csv"),
    include_str!("../../../../testdata/directory/open-childcare-new.csv"),
];

/// Everything that a file gives.
fn read(bytes: impl AsRef<[u8]>) -> Result<(Head, Vec<Row>), FileError> {
    let mut rows = Vec::new();
    let head = super::read(Cursor::new(bytes), &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok((head, rows))
}

fn rows(bytes: impl AsRef<[u8]>) -> Vec<Row> {
    read(bytes).expect("the file is accepted").1
}

fn entries(bytes: impl AsRef<[u8]>) -> Vec<Entry> {
    let entry = |row| match row {
        Row::Entry(entry) => Some(*entry),
        _ => None,
    };
    rows(bytes).into_iter().filter_map(entry).collect()
}

fn errors(bytes: impl AsRef<[u8]>) -> Vec<RowError> {
    let error = |row| match row {
        Row::Error(error) => Some(error),
        _ => None,
    };
    rows(bytes).into_iter().filter_map(error).collect()
}

fn cp932(text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = SHIFT_JIS.encode(text);
    assert!(!unmappable, "the test text has a character that CP932 has not");
    bytes.into_owned()
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}
