//! Spreadsheets.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// A worksheet of text cells with a heading row that stays in view.
pub struct Sheet<'a> {
    /// Name of the worksheet; characters that a spreadsheet forbids in names are left out.
    pub title: &'a str,
    pub head: &'a [&'a str],
    pub rows: &'a [Vec<String>],
}

/// The bytes of an .xlsx file. Every cell is text, so a cell that begins with `=` is no formula.
///
/// # Errors
/// A sentence of the writer, for the log: a cell above 32,767 characters, or more rows than a sheet can have.
pub fn sheet(s: &Sheet<'_>) -> Result<Vec<u8>, String> {
    write(s).map_err(|e| e.to_string())
}

fn write(s: &Sheet<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let title: String = s.title.chars().filter(|c| !"[]:*?/\\".contains(*c)).take(31).collect();
    page.set_name(title)?;
    let bold = Format::new().set_bold();
    for (column, text) in (0_u16..).zip(s.head) {
        page.write_string_with_format(0, column, *text, &bold)?;
    }
    for (line, row) in (1_u32..).zip(s.rows) {
        for (column, cell) in (0_u16..).zip(row) {
            page.write_string(line, column, cell)?;
        }
    }
    page.set_freeze_panes(1, 0)?;
    page.autofit();
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_a_zip_with_its_texts() {
        let rows = vec![vec!["=1+1".to_owned(), "髙﨑".to_owned()]];
        let bytes = sheet(&Sheet { title: "待っているもの", head: &["甲", "乙"], rows: &rows }).expect("a small sheet");
        assert_eq!(&bytes[..2], b"PK");
        assert!(bytes.len() > 3000);
    }
}
