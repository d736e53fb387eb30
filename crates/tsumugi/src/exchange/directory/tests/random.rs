//! Whatever the bytes, the reader neither panics nor lets broken text through.

use std::io::Cursor;
use std::ops::ControlFlow;

use proptest::prelude::*;

use super::super::{Row, read};
use super::{OPEN_CHILDCARE, OPEN_MEDICAL, cp932, utf16};

/// Reads to the end and checks what holds for every row of every file.
fn survives(bytes: &[u8]) {
    let lines = bytes.iter().filter(|&&byte| byte == b'\n' || byte == b'\r').count() as u64 + 1;
    let mut last = 0;
    let result = read(Cursor::new(bytes), &mut |row| {
        let line = match row {
            Row::Entry(entry) => {
                let texts = [&entry.key, &entry.name, &entry.kana, &entry.address, &entry.hours, &entry.note];
                assert!(texts.iter().all(|text| !text.contains(['\u{FFFD}', '\0', '\u{202E}'])), "{entry:?}");
                assert!(!entry.name.is_empty() && !entry.key.is_empty() && !entry.kinds.is_empty());
                assert!(entry.url.is_empty() || entry.url.to_ascii_lowercase().starts_with("http"));
                assert!(entry.latitude.is_some() == entry.longitude.is_some());
                entry.line
            }
            Row::Elsewhere { line } | Row::Repeated { line, .. } => line,
            Row::Error(error) => {
                assert!(!error.message.is_empty());
                error.line
            }
        };
        assert!(last < line && line <= lines, "line {line} after {last} of {lines}");
        last = line;
        ControlFlow::Continue(())
    });
    if let Err(error) = result {
        assert!(error.sentence().ends_with('。') || error.sentence().contains('：'), "{error:?}");
    }
}

fn valid_files() -> impl Strategy<Value = Vec<u8>> {
    let files = [OPEN_MEDICAL, OPEN_CHILDCARE].into_iter().flatten();
    let encoded = files.flat_map(|text| {
        let little = utf16(text, u16::to_le_bytes);
        [text.as_bytes().to_vec(), cp932(text), [b"\xFF\xFE".to_vec(), little].concat()]
    });
    prop::sample::select(encoded.collect::<Vec<_>>())
}

/// One change of a file: a place (as a share of its length) and what happens there.
#[derive(Clone, Debug)]
enum Change {
    Replace(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Cut,
}

fn change() -> impl Strategy<Value = Change> {
    let special = prop::sample::select(b"\",\n\r\t\0\x1e\x80\x82\xff;".to_vec());
    let byte = prop_oneof![special, any::<u8>()];
    prop_oneof![
        4 => byte.clone().prop_map(Change::Replace),
        3 => prop::collection::vec(byte, 1..5).prop_map(Change::Insert),
        2 => (1_usize..200).prop_map(Change::Remove),
        1 => Just(Change::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, at: prop::sample::Index, change: Change) {
    if bytes.is_empty() {
        return;
    }
    let at = at.index(bytes.len());
    match change {
        Change::Replace(byte) => bytes[at] = byte,
        Change::Insert(new) => drop(bytes.splice(at..at, new)),
        Change::Remove(count) => drop(bytes.drain(at..bytes.len().min(at + count))),
        Change::Cut => bytes.truncate(at),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        survives(&bytes);
    }

    #[test]
    fn any_rows_under_a_valid_heading_are_survived(rows in prop::collection::vec(any::<u8>(), 0..1_000)) {
        survives(&[super::WAM.as_bytes(), &rows].concat());
    }

    #[test]
    fn any_changes_of_a_valid_file_are_survived(
        mut bytes in valid_files(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..12),
    ) {
        for (at, change) in changes {
            apply(&mut bytes, at, change);
        }
        survives(&bytes);
    }
}
