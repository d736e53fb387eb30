//! What can be wrong with a file or with one row of it, in words for the person who chose the file.

use std::fmt;
use std::io;

use super::{Format, MAX_BYTES, MAX_ROWS};

/// One row that is not imported, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The line of the file on which the row begins, counted from 1 as an editor counts it.
    pub line: u64,
    /// The heading of the column at fault as it stands in the file; empty where the whole row is.
    pub column: String,
    /// What is wrong, what to do, and that the other rows are kept.
    pub message: String,
}

impl RowError {
    /// An error that says after `reason` what happens to this row and to the others.
    pub(super) fn new(line: u64, column: impl Into<String>, reason: impl fmt::Display) -> Self {
        let message = format!("{reason}この行は取り込まず、ほかの行はそのまま取り込みます。");
        Self { line, column: column.into(), message }
    }
}

/// Why a file is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// More bytes than [`MAX_BYTES`].
    TooLarge,
    /// More rows than [`MAX_ROWS`].
    TooManyRows,
    /// No byte, or no line with anything in it.
    Empty,
    /// A picture, a PDF, an old Excel workbook, or text in an encoding that we do not know.
    NotText,
    /// A zip archive, which an `.xlsx` workbook is as well.
    ZipCalledCsv,
    /// A web page, saved in place of the file that it links to.
    WebPage,
    /// A heading that is none of ours.
    UnknownFormat {
        /// The headings that the file has.
        columns: Vec<String>,
    },
    /// A heading of ours without a column that we cannot do without.
    MissingColumns {
        /// The layout that the other columns belong to.
        format: Format,
        /// The official names of what is missing.
        columns: Vec<&'static str>,
    },
    /// A column that we use stands there twice, so that we cannot know which one is meant.
    RepeatedColumn {
        /// The heading as it stands in the file.
        column: String,
    },
    /// A quotation mark that opens a cell and is never closed, or a row that is so long that one must be open.
    UnclosedQuote {
        /// The line on which the row with the open cell begins.
        line: u64,
    },
    /// The source itself could not be read.
    Unreadable(io::ErrorKind),
}

impl FileError {
    /// What is wrong and what to do, for the person who chose the file.
    pub fn sentence(&self) -> String {
        match self {
            Self::TooLarge => format!(
                "ファイルが大きすぎます（上限は{}MBです）。都道府県やサービスの種類ごとに分けたファイルを選んでください。",
                MAX_BYTES / 1024 / 1024
            ),
            Self::TooManyRows => format!(
                "行が多すぎます（上限は{}万行です）。都道府県やサービスの種類ごとに分けたファイルを選んでください。",
                MAX_ROWS / 10_000
            ),
            Self::Empty => "ファイルに何も書かれていません。見出しの行があるCSVファイルを選んでください。".into(),
            Self::NotText => "CSVファイルとして読み取れません。文字コードがUTF-8、Shift_JIS、UTF-16のいずれかのCSVファイルを選んでください。".into(),
            Self::ZipCalledCsv => "ZIPファイルまたはExcelブックです。ZIPファイルは展開し、Excelブックは「CSV UTF-8」で保存し直して、できたCSVファイルを選んでください。".into(),
            Self::WebPage => "CSVファイルではなくウェブページが保存されています。ページの中のリンクからCSVファイルを保存し直してください。".into(),
            Self::UnknownFormat { columns } => format!(
                "取り込める名簿の見出しではありません。読み取った見出し：{}",
                shown(columns)
            ),
            Self::MissingColumns { format, columns } => format!(
                "「{}」の名簿ですが、必要な列がありません。足りない列：{}",
                format.label(),
                columns.join("、")
            ),
            Self::RepeatedColumn { column } => format!(
                "見出し「{column}」の列が2つあるため、どちらを使うか決められません。片方を消してから選び直してください。"
            ),
            Self::UnclosedQuote { line } => format!(
                "{line}行目から始まる行で、引用符（\"）が閉じられていません。その行を直してから選び直してください。"
            ),
            Self::Unreadable(_) => "ファイルを最後まで読み取れませんでした。もう一度お試しください。".into(),
        }
    }
}

/// The first headings only, each cut short, because a wrong file can have thousands of any length.
fn shown(columns: &[String]) -> String {
    const MOST: usize = 8;
    let mut words: Vec<String> = columns.iter().take(MOST).map(|column| column.chars().take(30).collect()).collect();
    if columns.len() > MOST {
        words.push(format!("ほか{}列", columns.len() - MOST));
    }
    words.join("、")
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for FileError {}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::{FileError, RowError};

    #[test]
    fn a_sentence_shows_a_few_headings_and_says_how_many_more_there_are() {
        let columns = (1..=10).map(|n| format!("列{n}")).collect();
        let sentence = FileError::UnknownFormat { columns }.sentence();
        assert!(sentence.contains("列8、ほか2列"), "{sentence}");
        assert!(!sentence.contains("列9"), "{sentence}");
    }

    #[test]
    fn a_heading_of_any_length_does_not_fill_the_page() {
        let columns = vec!["あ".repeat(5_000)];
        assert!(FileError::UnknownFormat { columns }.sentence().chars().count() < 100);
    }

    #[test]
    fn a_row_error_says_that_the_other_rows_are_kept() {
        let error = RowError::new(3, "住所", "住所がありません。");
        assert_eq!(error.message, "住所がありません。この行は取り込まず、ほかの行はそのまま取り込みます。");
    }
}
