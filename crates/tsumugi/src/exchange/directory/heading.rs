//! Recognises a file by its heading and finds the columns.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use super::columns::{LAYOUTS, Layout, Slot};
use super::{Encoding, FileError, Format, Head};

/// The heading of a file with the place of every column that we use.
#[derive(Debug)]
pub(super) struct Heading {
    format: Format,
    columns: Vec<String>,
    unknown: Vec<String>,
    missing_optional: Vec<&'static str>,
    at: [Option<usize>; Slot::COUNT],
}

impl Heading {
    /// Finds out which layout these headings belong to.
    ///
    /// Where a column has several names and a file uses two of them, the more official one counts: files that were
    /// converted from one generation to the other often carry both.
    pub(super) fn recognise(columns: Vec<String>) -> Result<Self, FileError> {
        let names: Vec<String> = columns.iter().map(|column| plain(column)).collect();
        let marks = |layout: &Layout| layout.marks.iter().filter(|mark| names.iter().any(|name| name == *mark)).count();
        let Some(layout) = LAYOUTS.iter().max_by_key(|layout| marks(layout)).filter(|layout| marks(layout) > 0) else {
            return Err(FileError::UnknownFormat { columns });
        };

        let mut at = [None; Slot::COUNT];
        let mut missing_optional = Vec::new();
        for column in layout.used() {
            let found = column.names.iter().find_map(|name| names.iter().position(|other| other == name));
            if let Some(index) = found {
                if names.iter().skip(index + 1).any(|other| *other == names[index]) {
                    return Err(FileError::RepeatedColumn { column: columns[index].clone() });
                }
                at[column.slot as usize] = Some(index);
            } else {
                missing_optional.extend(column.names.first());
            }
        }

        let is_there = |slot: &Slot| at[*slot as usize].is_some();
        let official =
            |slot: Slot| layout.used().find(|column| column.slot == slot).and_then(|column| column.names.first());
        let mut missing = Vec::new();
        for group in layout.needed {
            if !group.iter().any(is_there) {
                missing.extend(group.first().and_then(|slot| official(*slot)));
            }
        }
        if !missing.is_empty() {
            return Err(FileError::MissingColumns { format: layout.format, columns: missing });
        }

        let known: HashSet<&str> = layout
            .used()
            .flat_map(|column| column.names)
            .chain(layout.unused.iter().copied().flatten())
            .copied()
            .collect();
        let unknown = columns
            .iter()
            .zip(&names)
            .filter(|(_, name)| !name.is_empty() && !known.contains(name.as_str()))
            .map(|(column, _)| column.clone())
            .collect();
        Ok(Self { format: layout.format, columns, unknown, missing_optional, at })
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// How many cells a row has.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The heading of a column as it stands in the file.
    pub(super) fn column(&self, index: usize) -> &str {
        self.columns.get(index).map_or("", String::as_str)
    }

    /// Where a column stands, if the file has it.
    pub(super) fn index(&self, slot: Slot) -> Option<usize> {
        self.at[slot as usize]
    }

    pub(super) fn into_head(self, encoding: Encoding) -> Head {
        Head {
            format: self.format,
            encoding,
            columns: self.columns,
            unknown: self.unknown,
            missing_optional: self.missing_optional,
        }
    }
}

/// A heading as headings are compared: in one width and case, without spaces, without （※ notes）.
pub(super) fn plain(heading: &str) -> String {
    let mut plain: String = heading.nfkc().filter(|c| !c.is_whitespace()).collect();
    plain.make_ascii_uppercase();
    while let Some(begin) = plain.find("(※") {
        let end = plain[begin..].find(')').map_or(plain.len(), |length| begin + length + 1);
        plain.replace_range(begin..end, "");
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::super::columns::Slot;
    use super::super::{FileError, Format};
    use super::{Heading, plain};

    fn recognise(columns: &str) -> Result<Heading, FileError> {
        Heading::recognise(columns.split(',').map(str::to_owned).collect())
    }

    #[test]
    fn headings_are_compared_without_width_space_case_and_notes() {
        assert_eq!(plain("NO（※システム内の固有の番号、連番）"), "NO");
        assert_eq!(plain("全国地方公共団体ｺｰﾄﾞ"), "全国地方公共団体コード");
        assert_eq!(plain(" 建物名等（方 書）"), "建物名等(方書)");
        assert_eq!(plain("名称（※正式名称"), "名称");
        assert_eq!(plain("No"), "NO");
    }

    #[test]
    fn columns_are_found_by_name_wherever_they_stand() {
        let heading = recognise("住所,医療機関名称,余分,医療機関コード9").expect("complete");
        assert_eq!(heading.format(), Format::MedicalBureau);
        assert_eq!(heading.index(Slot::Number), Some(3));
        assert_eq!(heading.index(Slot::Address), Some(0));
        assert_eq!(heading.unknown, ["余分"]);
        assert_eq!(heading.missing_optional, ["郵便番号"]);
    }

    #[test]
    fn the_more_official_of_two_names_counts() {
        let heading =
            recognise("全国地方公共団体コード,ID,NO,名称,種別,住所,所在地_連結表記,受入年齢").expect("complete");
        assert_eq!(heading.format(), Format::OpenChildcare);
        assert_eq!(heading.index(Slot::Number), Some(1));
        assert_eq!(heading.index(Slot::Address), Some(6));
        assert!(heading.unknown.is_empty());
    }

    #[test]
    fn a_missing_column_is_told_by_its_official_name() {
        let error = recognise("市区町村コード,名称,医療機関の種類,診療科目").expect_err("no number, no address");
        let columns = vec!["ID", "所在地_連結表記"];
        assert_eq!(error, FileError::MissingColumns { format: Format::OpenMedical, columns });
    }

    #[test]
    fn a_column_that_stands_twice_is_refused_only_if_it_is_used() {
        let error = recognise("医療機関コード9,医療機関名称,住所,住 所").expect_err("two addresses");
        assert_eq!(error, FileError::RepeatedColumn { column: "住所".into() });
        let heading = recognise("医療機関コード9,医療機関名称,住所,余分,余分,,").expect("complete");
        assert_eq!(heading.unknown, ["余分", "余分"], "a column without a heading is not told");
    }

    #[test]
    fn a_heading_of_nothing_known_is_refused() {
        assert!(matches!(recognise("氏名,住所,電話番号"), Err(FileError::UnknownFormat { .. })));
    }
}
