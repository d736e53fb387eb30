//! 記入票: parts of a record that are described as data. One description gives the form, the check of what was typed,
//! the page that shows it, and what changed between two versions. Pure, and used by every slice that keeps such parts.

mod changes;
mod read;
mod show;

pub use changes::{Change, changes};
pub use read::{Wrong, read};
pub use show::{blank_rows, errors_view, fields_view, rows_view, value_text};

use platform::form::Fields;

/// A part of a record: one set of answers, or many alike.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub code: &'static str,
    pub label: &'static str,
    /// What belongs here, in one sentence.
    pub about: &'static str,
    pub many: Option<Many>,
    pub columns: &'static [Column],
}

/// A part with any number of rows.
#[derive(Clone, Copy, Debug)]
pub struct Many {
    /// What one row is.
    pub noun: &'static str,
    /// How many there may be.
    pub most: usize,
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub code: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub kind: Kind,
    pub required: bool,
}

/// What an answer may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One line of so many characters.
    Line(usize),
    /// Several lines of so many characters.
    Text(usize),
    Phone,
    Date,
    /// A time of day.
    Time,
    /// Code and words.
    Choice(&'static [(&'static str, &'static str)]),
    /// In tenths where `decimal`, else whole; the borders count.
    Number {
        least: i64,
        most: i64,
        decimal: bool,
        unit: &'static str,
    },
}

pub const fn column(code: &'static str, label: &'static str, kind: Kind) -> Column {
    Column { code, label, hint: "", kind, required: false }
}

pub const fn whole(least: i64, most: i64, unit: &'static str) -> Kind {
    Kind::Number { least, most, decimal: false, unit }
}

pub const fn decimal(least: i64, most: i64, unit: &'static str) -> Kind {
    Kind::Number { least, most, decimal: true, unit }
}

impl Column {
    pub const fn required(self) -> Column {
        Column { required: true, ..self }
    }
    pub const fn hint(self, hint: &'static str) -> Column {
        Column { hint, ..self }
    }
}

/// The answers of one row, in the order of the columns; empty where nothing was answered.
pub type Row = Vec<String>;

impl Part {
    /// The answer of a row to a question of this part.
    pub fn answer<'a>(&self, row: &'a Row, code: &str) -> &'a str {
        self.columns.iter().position(|c| c.code == code).and_then(|i| row.get(i)).map_or("", String::as_str)
    }

    /// Rows as a form has them: every column once for each row.
    pub fn to_fields(&self, rows: &[Row]) -> Fields {
        let pairs = rows.iter().flat_map(|row| self.columns.iter().zip(row));
        pairs.fold(Fields::default(), |fields, (c, value)| fields.with(c.code, value.as_str()))
    }

    /// Rows as they stand in a form, checked or not. A column that a form does not have is empty in every row.
    pub fn from_fields(&self, fields: &Fields) -> Vec<Row> {
        let columns: Vec<Vec<&str>> = self.columns.iter().map(|c| fields.all(c.code)).collect();
        let count = columns.iter().map(Vec::len).max().unwrap_or(0);
        let count = if self.many.is_some() { count } else { count.min(1) };
        (0..count)
            .map(|i| columns.iter().map(|values| values.get(i).copied().unwrap_or("").to_owned()).collect())
            .collect()
    }
}

/// Whether nothing was answered.
pub fn is_blank(row: &Row) -> bool {
    row.iter().all(|value| value.trim().is_empty())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub const DEVICE: Part = Part {
        code: "device",
        label: "機器",
        about: "",
        many: Some(Many { noun: "機器", most: 3 }),
        columns: &[
            column("name", "名前", Kind::Line(10)).required(),
            column("kind", "種類", Kind::Choice(&[("pump", "ポンプ"), ("tube", "管")])),
            column("hours", "時間", decimal(0, 72, "時間")),
            column("next", "次の日", Kind::Date),
        ],
    };

    proptest! {
        #[test]
        fn rows_go_through_a_form_and_come_back(rows in prop::collection::vec(prop::collection::vec("[ぁ-んa-z ]{0,6}", 4), 0..4)) {
            prop_assert_eq!(DEVICE.from_fields(&DEVICE.to_fields(&rows)), rows);
        }
    }

    #[test]
    fn a_column_that_came_later_is_empty_in_what_was_kept_before() {
        let before = Fields::default().with("name", "あ").with("name", "い").with("kind", "pump").with("kind", "tube");
        let rows = DEVICE.from_fields(&before);
        assert_eq!(rows, [["あ", "pump", "", ""], ["い", "tube", "", ""]]);
        assert_eq!((DEVICE.answer(&rows[1], "kind"), DEVICE.answer(&rows[1], "unknown")), ("tube", ""));
    }
}
