//! The same file in every encoding.

use super::super::Encoding;
use super::{OPEN_CARE, OPEN_CHILDCARE, OPEN_MEDICAL, WAM, cp932, entries, errors, read, utf16};

fn with_mark(mark: &[u8], bytes: impl AsRef<[u8]>) -> Vec<u8> {
    [mark, bytes.as_ref()].concat()
}

fn in_every_encoding(text: &str) -> Vec<(Encoding, Vec<u8>)> {
    let little = utf16(text, u16::to_le_bytes);
    let big = utf16(text, u16::to_be_bytes);
    vec![
        (Encoding::Utf8, text.into()),
        (Encoding::Utf8Bom, with_mark(b"\xEF\xBB\xBF", text)),
        (Encoding::Cp932, cp932(text)),
        (Encoding::Utf16Le, with_mark(b"\xFF\xFE", &little)),
        (Encoding::Utf16Be, with_mark(b"\xFE\xFF", &big)),
        (Encoding::Utf16Le, little),
        (Encoding::Utf16Be, big),
    ]
}

#[test]
fn abuse_14_a_file_gives_the_same_rows_in_every_encoding() {
    for file in [OPEN_MEDICAL, OPEN_CARE, OPEN_CHILDCARE].into_iter().flatten() {
        let (expected_head, expected) = read(file).expect("the file is accepted");
        for (encoding, bytes) in in_every_encoding(file) {
            let (head, rows) = read(bytes).expect("the file is accepted");
            assert_eq!(head.encoding, encoding);
            assert_eq!(head.columns, expected_head.columns, "{encoding:?}");
            assert_eq!(rows, expected, "{encoding:?}");
        }
    }
}

#[test]
fn line_ends_make_no_difference() {
    let (_, expected) = read(OPEN_CARE[1]).expect("the file is accepted");
    for end in ["\n", "\r"] {
        assert_eq!(read(OPEN_CARE[1].replace("\r\n", end)).expect("the file is accepted").1, expected, "{end:?}");
    }
    let unended = OPEN_CARE[1].trim_end();
    assert_eq!(read(unended).expect("the file is accepted").1, expected);
}

#[test]
fn the_unicode_text_of_excel_is_utf_16_with_tabs() {
    let (_, expected) = read(OPEN_CARE[1]).expect("the file is accepted");
    let text = OPEN_CARE[1].replace(',', "\t");
    let (head, rows) = read(with_mark(b"\xFF\xFE", utf16(&text, u16::to_le_bytes))).expect("the file is accepted");
    assert_eq!(head.encoding, Encoding::Utf16Le);
    assert_eq!(rows, expected);
}

#[test]
fn the_characters_that_only_windows_has_survive_cp932() {
    let file = format!("{WAM}E1,横須賀市,短期入所,髙﨑①㈱ホーム纊,横須賀市,架空町１－１,\n");
    let entries = entries(cp932(&file));
    assert_eq!(entries[0].name, "髙﨑①㈱ホーム纊");
    assert_eq!(entries[0].address, "横須賀市架空町１－１");
}

#[test]
fn a_second_byte_that_looks_like_ascii_does_not_split_a_cell() {
    // In CP932 the second bytes are those of \ (ソ, 表), | (ポ), [ (ゼ) and ` (Ａ).
    let file = format!("{WAM}E1,,短期入所,ソ表ポゼＡ十能,横須賀市,架空町,\n");
    assert_eq!(entries(cp932(&file))[0].name, "ソ表ポゼＡ十能");
}

#[test]
fn a_single_broken_byte_in_a_short_utf_8_file_does_not_make_it_cp932() {
    let mut bytes =
        format!("{WAM}E1,,短期入所,よい園,横須賀市,架空町,\nE2,,短期入所,悪い園X,横須賀市,架空町,\n").into_bytes();
    let at = bytes.iter().position(|&byte| byte == b'X').expect("it is there");
    bytes[at] = 0x82;
    assert_eq!(read(&bytes).expect("the file is accepted").0.encoding, Encoding::Utf8);
    assert_eq!(entries(&bytes).len(), 1);
    let errors = errors(&bytes);
    assert_eq!(errors.len(), 1);
    assert_eq!((errors[0].line, errors[0].column.as_str()), (3, "事業所の名称"));
}

#[test]
fn rows_pasted_in_from_the_other_encoding_are_errors_in_both_directions() {
    let good = "E1,,短期入所,よい園,横須賀市,架空町,\n";
    let pasted = "E2,,短期入所,貼り付けた園,横須賀市,架空町,\n";
    let into_utf8 = [format!("{WAM}{good}").into_bytes(), cp932(pasted)].concat();
    let into_cp932 = [cp932(&format!("{WAM}{good}")), pasted.into()].concat();
    for bytes in [into_utf8, into_cp932] {
        assert_eq!(entries(&bytes).len(), 1);
        assert_eq!(errors(&bytes).iter().map(|error| error.line).collect::<Vec<_>>(), [3]);
    }
}
