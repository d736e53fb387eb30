//! Files and rows that are damaged or not what they seem.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use super::super::{FileError, Format, Row};
use super::{OPEN_MEDICAL, WAM, cp932, entries, errors, read, rows, utf16};

const GOOD: &str = "E1,,短期入所,よい園,横須賀市,架空町,10\n";

/// The column and the first words of the only error of a file that has this row between two good ones.
fn only_error(row: &[u8]) -> (String, String) {
    let last = "E9,,短期入所,別の園,三浦市,架空町,\n";
    let bytes = [cp932(&format!("{WAM}{GOOD}")), row.to_vec(), cp932(last)].concat();
    assert_eq!(entries(&bytes).len(), 2, "the other rows are kept");
    let mut errors = errors(&bytes);
    assert_eq!(errors.len(), 1);
    let error = errors.remove(0);
    assert_eq!(error.line, 3);
    assert!(error.message.ends_with("この行は取り込まず、ほかの行はそのまま取り込みます。"), "{}", error.message);
    (error.column, error.message.split('。').next().unwrap_or_default().to_owned())
}

fn says(row: impl AsRef<[u8]>, column: &str, reason: &str) {
    assert_eq!(only_error(row.as_ref()), (column.to_owned(), reason.to_owned()));
}

#[test]
fn a_row_that_cannot_be_decoded_is_told_with_its_column() {
    let broken = |before: &str, after: &str| [cp932(before), vec![0x89], cp932(after)].concat();
    let reason = "文字を読み取れません（文字コードが壊れています）";
    says(broken("E2,,短期入所,園", ",横須賀市,架空町,\n"), "事業所の名称", reason);
    says(broken("E2,,短期入所,園,横須賀市", ",架空町,\n"), "事業所住所（市区町村）", reason);
    says(broken("E2,使わない列", ",短期入所,園,横須賀市,架空町,\n"), "指定機関名", reason);
}

#[test]
fn half_a_utf_16_pair_is_an_error_of_its_row() {
    let mut units: Vec<u16> = format!("{WAM}{GOOD}E2,,短期入所,園X,横須賀市,架空町,\n").encode_utf16().collect();
    let at = units.iter().position(|&unit| unit == u16::from(b'X')).expect("it is there");
    units[at] = 0xD842;
    let bytes: Vec<u8> = units.into_iter().flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        errors(&bytes).iter().map(|error| (error.line, error.column.as_str())).collect::<Vec<_>>(),
        [(3, "事業所の名称")]
    );
    let odd = [utf16(&format!("{WAM}{GOOD}"), u16::to_le_bytes), vec![b'x']].concat();
    assert_eq!((entries(&odd).len(), errors(&odd).len()), (1, 1));
}

#[test]
fn a_row_with_a_cell_too_many_or_too_few_is_an_error() {
    says(cp932("E2,,短期入所,園,横須賀市,架空町\n"), "", "見出しは7列ですが、この行は6列です");
    says(cp932("E2,,短期入所,園,横須賀市,架空町,10,\n"), "", "見出しは7列ですが、この行は8列です");
}

#[test]
fn a_quotation_mark_closed_by_a_later_row_tells_which_lines_are_lost() {
    says(
        cp932("E2,,短期入所,園,横須賀市,\"架空町,\nE3,,短期入所,園,横須賀市,\"架空町\",\n"),
        "",
        "引用符（\"）の閉じ方が正しくないため、3行目から4行目までが1行として読まれています",
    );
    says(cp932("E2,,短期入所,\"園\"前,横須賀市,架空町,\n"), "", "引用符（\"）の閉じ方が正しくありません");
}

#[test]
fn what_cannot_be_an_entry_says_why() {
    says(cp932("E2,,短期入所,,横須賀市,架空町,\n"), "事業所の名称", "名称がありません");
    says(cp932(",,短期入所,園,横須賀市,架空町,\n"), "NO（※システム内の固有の番号、連番）", "番号がありません");
    says(
        cp932("1.2E+10,,短期入所,園,横須賀市,架空町,\n"),
        "NO（※システム内の固有の番号、連番）",
        "表計算ソフトで開いたときに番号の桁が失われています",
    );
    says(
        cp932("E2,,短期入所,\"園\n二\",横須賀市,架空町,\n"),
        "事業所の名称",
        "改行や制御文字など、使えない文字が入っています",
    );
    says(cp932("E1,,短期入所,別の名前,横須賀市,架空町,\n"), "", "2行目と番号が同じで、内容が違います");
}

#[test]
fn a_number_has_the_form_of_its_list() {
    let head = "医療機関コード9,医療機関名称,住所\n";
    for (number, is_good) in [
        ("141900091", true),
        ("１４１９００１０９", true),
        ("14190009", false),
        ("1419000910", false),
        ("14190009X", false),
    ] {
        let file = format!("{head}{number},架空医院,横須賀市架空町\n");
        assert_eq!(entries(&file).len(), usize::from(is_good), "{number}");
        assert_eq!(errors(&file).len(), usize::from(!is_good), "{number}");
    }
    let long = format!("{WAM}{},,短期入所,園,横須賀市,架空町,\n", "1".repeat(65));
    assert_eq!(errors(long).len(), 1);
    let nobody = OPEN_MEDICAL[0].replace("14204,1,", "鎌倉市,1,");
    let errors = errors(nobody);
    assert_eq!((errors.len(), errors[0].column.as_str()), (1, "都道府県コード又は市区町村コード"));
}

#[test]
fn a_heading_of_two_lines_is_read() {
    let file = format!("{}{GOOD}", WAM.replace("事業所の名称", "\"事業所の\n名称\""));
    assert_eq!(entries(file)[0].line, 3);
}

#[test]
fn characters_that_hide_or_turn_text_are_refused() {
    for hidden in ['\u{202E}', '\u{200B}', '\u{FFFD}', '\u{E001}', '\u{1}'] {
        let file = format!("{WAM}{GOOD}E2,,短期入所,園{hidden},横須賀市,架空町,\n");
        assert_eq!(errors(file).len(), 1, "{hidden:?}");
    }
}

#[test]
fn the_same_row_again_is_told_as_a_repetition() {
    let file = format!("{WAM}{GOOD}\n,,,,,,\n{GOOD}");
    assert_eq!(rows(file)[1..], [Row::Repeated { line: 5, first: 2 }]);
}

#[test]
fn rows_elsewhere_are_not_looked_at_further() {
    let file = format!("{WAM}1E+9,,短期入所,,東京都千代田区,架空,\n");
    assert_eq!(rows(file), [Row::Elsewhere { line: 2 }]);
}

#[test]
fn files_that_are_no_directory_are_refused_before_a_row_is_given() {
    let refused = |bytes: &[u8]| {
        super::super::read(Cursor::new(bytes), &mut |_| unreachable!("a refused file gives no row"))
            .expect_err("refused")
    };
    assert_eq!(refused(b""), FileError::Empty);
    assert_eq!(refused(b"\xEF\xBB\xBF\r\n , \r\n"), FileError::Empty);
    assert_eq!(refused(b"PK\x03\x04rest"), FileError::ZipCalledCsv);
    assert_eq!(refused(b"<!DOCTYPE html><html>"), FileError::WebPage);
    assert_eq!(refused(b"\xFF\xFFab,\n"), FileError::NotText);
    assert_eq!(refused(b"\xEF\xBB\xBF\x82\xA0,\n"), FileError::NotText);
    assert!(matches!(refused("氏名,住所\n".as_bytes()), FileError::UnknownFormat { .. }));
    assert_eq!(refused(WAM.replace("定員", "定\u{1}員").as_bytes()), FileError::NotText);
    let missing = "NO,サービス種別,事業所の名称\n";
    let columns = vec!["事業所住所(市区町村)", "事業所住所(番地以降)"];
    assert_eq!(refused(missing.as_bytes()), FileError::MissingColumns { format: Format::WamNet, columns });
    let open = format!("{WAM}{GOOD}\n\"E2,,短期入所,園,横須賀市,架空町,\n");
    assert_eq!(refused(open.as_bytes()), FileError::UnclosedQuote { line: 4 });
}

#[test]
fn a_file_with_a_heading_alone_is_accepted_and_empty() {
    let (head, rows) = read(WAM.trim_end()).expect("accepted");
    assert_eq!((head.format, rows.len()), (Format::WamNet, 0));
    assert!(head.missing_optional.contains(&"事業所URL"));
}

#[test]
fn who_listens_can_stop_the_reading() {
    let mut count = 0;
    let head = super::super::read(Cursor::new(OPEN_MEDICAL[0]), &mut |_| {
        count += 1;
        ControlFlow::Break(())
    });
    assert_eq!((head.map(|head| head.format), count), (Ok(Format::OpenMedical), 1));
}

/// A disk that fails.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

impl Seek for Failing {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(100)
    }
}

#[test]
fn a_source_that_cannot_be_read_is_told_as_such() {
    let error = super::super::read(Failing, &mut |_| ControlFlow::Continue(())).expect_err("it fails");
    assert_eq!(error, FileError::Unreadable(io::ErrorKind::PermissionDenied));
}
