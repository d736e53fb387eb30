//! Which columns the layouts have, by name.
//!
//! Names are written as [`heading::plain`](super::heading::plain) leaves them: in one width, without spaces and
//! without notes in brackets that begin with ※. The first name of a column is the official one, which people are told.

use super::Format;
use super::open_columns::{OPEN, OPEN_NEEDED, OPEN_UNUSED};

/// What a column means to us, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// The code of the body that publishes the row; says nothing about where the institution stands.
    Publisher,
    Number,
    Name,
    Kana,
    Corporation,
    OfficeNumber,
    Kind,
    Address,
    Prefecture,
    Municipality,
    Quarter,
    Block,
    Building,
    Postal,
    Phone,
    Extension,
    Fax,
    Url,
    Latitude,
    Longitude,
    Weekdays,
    Saturday,
    Sunday,
    Holiday,
    Days,
    Opens,
    Closes,
    Closed,
    Remark,
    OutOfHours,
    Departments,
    Beds,
    Capacity,
    Ages,
    TemporaryCare,
    Note,
}

impl Slot {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Note as usize + 1;
}

/// A column that we use, under every name that it has been seen with, the official one first.
pub(super) struct Column {
    pub(super) slot: Slot,
    pub(super) names: &'static [&'static str],
}

/// One layout, all its generations together.
pub(super) struct Layout {
    pub(super) format: Format,
    /// Columns that no other layout has; the layout with the most of them is the file's.
    pub(super) marks: &'static [&'static str],
    /// Of each group at least one must be there.
    pub(super) needed: &'static [&'static [Slot]],
    /// What we use besides [`Layout::shared`].
    pub(super) columns: &'static [Column],
    /// What every layout of the same family has.
    pub(super) shared: &'static [Column],
    /// Names that belong to the layout and that we have no use for.
    pub(super) unused: &'static [&'static [&'static str]],
}

impl Layout {
    /// Every column that we use.
    pub(super) fn used(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().chain(self.shared)
    }
}

/// A column under its names.
pub(super) const fn column(slot: Slot, names: &'static [&'static str]) -> Column {
    Column { slot, names }
}

/// The five layouts.
pub(super) static LAYOUTS: [Layout; 5] = [
    Layout {
        format: Format::WamNet,
        marks: &["指定機関名", "サービス種別", "事業所の名称", "事業所住所(市区町村)"],
        needed: &[&[Slot::Number], &[Slot::Name], &[Slot::Kind], &[Slot::Municipality], &[Slot::Block]],
        columns: &[
            column(Slot::Number, &["NO"]),
            column(Slot::Name, &["事業所の名称"]),
            column(Slot::Kana, &["事業所の名称_かな"]),
            column(Slot::Corporation, &["法人の名称"]),
            column(Slot::OfficeNumber, &["事業所番号"]),
            column(Slot::Kind, &["サービス種別"]),
            column(Slot::Municipality, &["事業所住所(市区町村)"]),
            column(Slot::Block, &["事業所住所(番地以降)"]),
            column(Slot::Phone, &["事業所電話番号"]),
            column(Slot::Fax, &["事業所FAX番号"]),
            column(Slot::Url, &["事業所URL"]),
            column(Slot::Latitude, &["事業所緯度"]),
            column(Slot::Longitude, &["事業所経度"]),
            column(Slot::Weekdays, &["利用可能な時間帯(平日)"]),
            column(Slot::Saturday, &["利用可能な時間帯(土曜)"]),
            column(Slot::Sunday, &["利用可能な時間帯(日曜)"]),
            column(Slot::Holiday, &["利用可能な時間帯(祝日)"]),
            column(Slot::Closed, &["定休日"]),
            column(Slot::Remark, &["利用可能曜日特記事項(留意事項)"]),
            column(Slot::Capacity, &["定員"]),
        ],
        shared: &[],
        unused: &[&[
            // The authority that designated the office, and the seat of its corporation: neither is its place.
            "都道府県コード又は市区町村コード",
            "指定機関名",
            "法人の名称_かな",
            "法人番号",
            "法人住所(市区町村)",
            "法人住所(番地以降)",
            "法人電話番号",
            "法人FAX番号",
            "法人URL",
        ]],
    },
    Layout {
        format: Format::MedicalBureau,
        marks: &["医療機関コード9", "医療機関コード7", "医療機関名称"],
        needed: &[&[Slot::Number], &[Slot::Name], &[Slot::Address]],
        columns: &[
            column(Slot::Number, &["医療機関コード9"]),
            column(Slot::Name, &["医療機関名称"]),
            column(Slot::Address, &["住所", "医療機関所在地"]),
            column(Slot::Postal, &["郵便番号"]),
        ],
        shared: &[],
        unused: &[&["医療機関コード7"]],
    },
    Layout {
        format: Format::OpenMedical,
        marks: &["医療機関の種類", "診療科目", "診療曜日", "診療開始時間", "時間外における対応"],
        needed: OPEN_NEEDED,
        columns: &[
            column(Slot::Name, &["名称", "医療機関名称", "施設名称"]),
            column(Slot::Kana, &["名称_カナ", "医療機関名称_カナ", "施設名称_カナ"]),
            column(Slot::Corporation, &["法人の名称"]),
            column(Slot::OfficeNumber, &["医療機関コード"]),
            column(Slot::Kind, &["医療機関の種類"]),
            column(Slot::Days, &["診療曜日"]),
            column(Slot::Opens, &["診療開始時間"]),
            column(Slot::Closes, &["診療終了時間"]),
            column(Slot::Remark, &["診療日時特記事項"]),
            column(Slot::OutOfHours, &["時間外における対応"]),
            column(Slot::Departments, &["診療科目"]),
            column(Slot::Beds, &["病床数"]),
        ],
        shared: OPEN,
        unused: &[OPEN_UNUSED],
    },
    Layout {
        format: Format::OpenCare,
        marks: &["介護サービス事業所名称", "介護サービス事業所名称_カナ", "実施サービス"],
        needed: OPEN_NEEDED,
        columns: &[
            column(Slot::Name, &["介護サービス事業所名称", "名称", "事業所名称"]),
            column(Slot::Kana, &["介護サービス事業所名称_カナ", "名称_カナ", "事業所名称_カナ"]),
            column(Slot::Corporation, &["法人の名称"]),
            column(Slot::OfficeNumber, &["事業所番号"]),
            column(Slot::Kind, &["実施サービス"]),
            column(Slot::Days, &["利用可能曜日"]),
            column(Slot::Remark, &["利用可能曜日特記事項"]),
            column(Slot::Capacity, &["定員"]),
        ],
        shared: OPEN,
        unused: &[OPEN_UNUSED],
    },
    Layout {
        format: Format::OpenChildcare,
        marks: &["認可等年月日", "収容定員", "受入年齢", "一時預かりの有無"],
        needed: OPEN_NEEDED,
        columns: &[
            column(Slot::Name, &["名称", "施設名称"]),
            column(Slot::Kana, &["名称_カナ", "施設名称_カナ"]),
            column(Slot::Corporation, &["団体名", "法人の名称"]),
            column(Slot::Kind, &["種別"]),
            column(Slot::Days, &["利用可能曜日"]),
            column(Slot::Opens, &["開始時間"]),
            column(Slot::Closes, &["終了時間"]),
            column(Slot::Remark, &["利用可能日時特記事項"]),
            column(Slot::Capacity, &["収容定員"]),
            column(Slot::Ages, &["受入年齢"]),
            column(Slot::TemporaryCare, &["一時預かりの有無"]),
        ],
        shared: OPEN,
        unused: &[OPEN_UNUSED, &["アクセス方法", "駐車場情報", "認可等年月日"]],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::heading::plain;
    use super::LAYOUTS;

    #[test]
    fn names_are_written_as_headings_are_compared_and_occur_once() {
        for layout in &LAYOUTS {
            let used = layout.used().flat_map(|column| column.names);
            let names: Vec<&str> = used.chain(layout.unused.iter().copied().flatten()).copied().collect();
            assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{:?}", layout.format);
            for name in &names {
                assert_eq!(plain(name), **name);
            }
            for mark in layout.marks {
                assert!(names.contains(mark), "{mark}");
            }
        }
    }

    #[test]
    fn a_mark_belongs_to_one_layout_and_every_needed_column_has_a_name() {
        let mut marks = HashSet::new();
        for layout in &LAYOUTS {
            assert!(layout.marks.iter().all(|mark| marks.insert(mark)));
            for slot in layout.needed.iter().copied().flatten() {
                assert!(layout.used().any(|column| column.slot == *slot), "{slot:?}");
            }
        }
    }
}
