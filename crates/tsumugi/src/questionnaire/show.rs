//! A part as a form and as a page.

use super::{Column, Kind, Many, Part, Row, Wrong, is_blank};
use crate::view;
use maud::{Markup, html};
use platform::japanese::date;

/// Empty rows that a form offers below what is there.
const SPARE: usize = 2;

/// An answer in words.
pub fn value_text(column: &Column, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    match column.kind {
        Kind::Choice(options) => {
            options.iter().find(|(code, _)| *code == value).map_or(value, |(_, words)| words).to_owned()
        }
        Kind::Number { unit, .. } => format!("{value}{unit}"),
        Kind::Date => value.parse().map_or_else(|_| value.to_owned(), date::wareki_short),
        Kind::Line(_) | Kind::Text(_) | Kind::Phone | Kind::Time => value.to_owned(),
    }
}

/// The rows of a form with empty ones below, as many as there may be; `more` asks for more of them.
pub fn blank_rows(part: &Part, mut rows: Vec<Row>, more: bool) -> Vec<Row> {
    let blank: Row = part.columns.iter().map(|_| String::new()).collect();
    let Some(many) = part.many else {
        if rows.is_empty() {
            rows.push(blank);
        }
        return rows;
    };
    let spare = rows.iter().rev().take_while(|row| is_blank(row)).count();
    let wanted = if more { spare + SPARE + 1 } else { spare.max(SPARE) };
    let filled = rows.len() - spare;
    rows.resize((filled + wanted).min(many.most.max(rows.len())), blank);
    rows
}

/// What is wrong, above the form, leading to each answer.
pub fn errors_view(wrong: &[Wrong]) -> Markup {
    let list: Vec<(String, String)> =
        wrong.iter().map(|w| (format!("r{}-{}", w.row, w.column), w.sentence.clone())).collect();
    ui::error_summary(&list.iter().map(|(f, s)| (f.as_str(), s.clone())).collect::<Vec<_>>())
}

/// The questions of every row.
pub fn fields_view(part: &Part, rows: &[Row], wrong: &[Wrong], gone: &[&str]) -> Markup {
    html! {
        @for (i, row) in rows.iter().enumerate() {
            @let scope = format!("r{i}");
            @match part.many {
                None => (questions(part, row, &scope, i, wrong)),
                Some(many) => {
                    // A long part is folded to its names; what is wrong and what is new stands open.
                    @let folded = !is_blank(row) && part.columns.len() > TABLE && !wrong.iter().any(|w| w.row == i) && !is_gone(gone, i);
                    @let name = part.columns.first().zip(row.first()).map_or(String::new(), |(c, value)| value_text(c, value));
                    @if folded { (ui::details(&format!("{} {} {name}", many.noun, i + 1), one_row(part, many, row, &scope, i, (wrong, gone)))) }
                    @else { (one_row(part, many, row, &scope, i, (wrong, gone))) }
                },
            }
        }
    }
}

fn is_gone(gone: &[&str], i: usize) -> bool {
    gone.contains(&i.to_string().as_str())
}

fn one_row(part: &Part, many: Many, row: &Row, scope: &str, i: usize, (wrong, gone): (&[Wrong], &[&str])) -> Markup {
    html! { fieldset.entry-row {
        legend { (many.noun) " " (i + 1) @if is_blank(row) { small { "（空のままなら記録されません）" } } }
        (questions(part, row, scope, i, wrong))
        @if !is_blank(row) { div.checks { label.single { input type="checkbox" name="drop" value=(i) checked[is_gone(gone, i)]; span { "この" (many.noun) "を消す" } } } }
    } }
}

fn questions(part: &Part, row: &Row, scope: &str, i: usize, wrong: &[Wrong]) -> Markup {
    html! {
        div.answers {
            @for (c, value) in part.columns.iter().zip(row) {
                @let error = wrong.iter().find(|w| w.row == i && w.column == c.code).map(|w| w.sentence.as_str());
                @let f = ui::Field::new(c.code, c.label).scope(scope).hint(c.hint).value(value).error(error);
                @let f = if c.required && part.many.is_none() { f.required() } else { f };
                @match c.kind {
                    Kind::Line(max) => (f.max(max).text()),
                    Kind::Text(max) => div.wide { (f.max(max).area(3)) },
                    Kind::Phone => (f.tel()),
                    Kind::Date => (f.date()),
                    Kind::Time => (f.inputmode("numeric").hint(if c.hint.is_empty() { "例 7:30" } else { c.hint }).text()),
                    Kind::Choice(options) => (f.select(&[&[("", "—")], options].concat())),
                    Kind::Number { unit, decimal, .. } => (f.inputmode(if decimal { "decimal" } else { "numeric" }).number(unit)),
                }
            }
        }
    }
}

/// What a part says, for reading; only what was answered.
pub fn rows_view(part: &Part, rows: &[Row]) -> Markup {
    if part.many.is_some() && part.columns.len() <= TABLE {
        return table_view(part, rows);
    }
    html! {
        @for row in rows {
            @match part.many {
                None => (answers(part.columns, row)),
                Some(_) => div.item {
                    @if let (Some(c), Some(value)) = (part.columns.first(), row.first()) { p.item-name { b { (value_text(c, value)) } } }
                    (answers(part.columns.get(1..).unwrap_or_default(), row.get(1..).unwrap_or_default()))
                },
            }
        }
    }
}

/// Rows of so few questions stand in a table.
const TABLE: usize = 7;

/// The rows of a part beside each other; questions that nobody answered are left out.
fn table_view(part: &Part, rows: &[Row]) -> Markup {
    let answered = |i: usize| rows.iter().any(|row| row.get(i).is_some_and(|v| !v.is_empty()));
    let shown: Vec<(usize, &Column)> =
        part.columns.iter().enumerate().filter(|(i, _)| *i == 0 || answered(*i)).collect();
    let head: Vec<&str> = shown.iter().map(|(_, c)| c.label).collect();
    let text = |row: &Row, i: usize, c: &Column| row.get(i).map_or(String::new(), |value| value_text(c, value));
    ui::table(
        part.label,
        &head,
        html! {
            @for row in rows { tr {
                @for (i, c) in &shown {
                    @let value = text(row, *i, c);
                    @if *i == 0 { th scope="row" { (value) } } @else { td data-l=(c.label) { @if value.is_empty() { "—" } @else { (view::lines(&value)) } } }
                }
            } }
        },
    )
}

fn answers(columns: &[Column], row: &[String]) -> Markup {
    let told: Vec<(&str, Markup)> = columns
        .iter()
        .zip(row)
        .filter(|(_, value)| !value.is_empty())
        .map(|(c, value)| (c.label, view::lines(&value_text(c, value))))
        .collect();
    html! { @if !told.is_empty() { (ui::kv(&told)) } }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::DEVICE, *};

    #[test]
    fn a_form_offers_empty_rows_but_no_more_than_there_may_be() {
        let filled = |n: usize| vec![["管", "", "", ""].map(str::to_owned).to_vec(); n];
        assert_eq!(blank_rows(&DEVICE, filled(0), false).len(), 2);
        assert_eq!(blank_rows(&DEVICE, filled(2), false).len(), 3, "three is the most");
        assert_eq!(blank_rows(&DEVICE, filled(3), true).len(), 3);
        assert_eq!(blank_rows(&DEVICE, filled(5), false).len(), 5, "what was typed beyond that is not lost");
    }
}
