//! Reading what was typed into a part.

use super::{Column, Kind, Part, Row, is_blank};
use platform::{
    form::Fields,
    japanese::{date, phone},
    number, text,
};

/// What is wrong with one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which row of the form, from 0.
    pub row: usize,
    pub column: &'static str,
    pub sentence: String,
}

/// The rows of a form: blank ones and those that are to go are left out, every other answer is checked and put into one way of writing.
///
/// # Errors
///
/// Every answer that cannot be, with a sentence for the person.
pub fn read(part: &Part, fields: &Fields) -> Result<Vec<Row>, Vec<Wrong>> {
    let typed = part.from_fields(fields);
    let gone: Vec<&str> = fields.all("drop");
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for (row, answers) in typed.iter().enumerate() {
        if is_blank(answers) || gone.contains(&row.to_string().as_str()) {
            continue;
        }
        let mut read = Vec::new();
        for (column, raw) in part.columns.iter().zip(answers) {
            match one(column, raw) {
                Ok(value) => read.push(value),
                Err(sentence) => wrong.push(Wrong { row, column: column.code, sentence }),
            }
        }
        rows.push(read);
    }
    if let Some(many) = part.many
        && rows.len() > many.most
    {
        let column = part.columns.first().map_or("", |c| c.code);
        let sentence = format!("{}は{}件までです（いまは{}件です）。", part.label, many.most, rows.len());
        wrong.push(Wrong { row: many.most, column, sentence });
    }
    if wrong.is_empty() { Ok(rows) } else { Err(wrong) }
}

fn one(column: &Column, raw: &str) -> Result<String, String> {
    let label = column.label;
    if raw.trim().is_empty() {
        return if column.required { Err(format!("{label}を入力してください。")) } else { Ok(String::new()) };
    }
    let told = |e: text::TextError| e.sentence(label);
    match column.kind {
        Kind::Line(max) => text::line(raw, max).map_err(told),
        Kind::Text(max) => text::paragraph(raw, max).map_err(told),
        Kind::Phone => phone::phone(raw).map_err(told),
        Kind::Date => date::parse(raw).map(date::iso).map_err(|e| format!("{label}：{}", e.sentence())),
        Kind::Time => time(raw).ok_or_else(|| format!("{label}は、7:30のように時刻で入力してください。")),
        Kind::Choice(options) => {
            let known = options.iter().any(|(code, _)| *code == raw);
            if known { Ok(raw.to_owned()) } else { Err(format!("{label}を選んでください。")) }
        }
        Kind::Number { least, most, decimal, unit } => {
            let read = number::tenths(raw, least * 10, most * 10, decimal);
            read.map(number::plain).ok_or_else(|| {
                let how = if decimal { "（小数は1桁まで）" } else { "" };
                format!("{label}は{least}から{most}までの数字で入力してください（単位は{unit}）{how}。")
            })
        }
    }
}

fn narrow(raw: &str) -> String {
    let one = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        '：' => ':',
        _ => c,
    };
    raw.trim().chars().map(one).collect()
}

fn time(raw: &str) -> Option<String> {
    let typed = narrow(raw).replace('時', ":").replace('分', "");
    let (h, m) = typed.split_once(':').unwrap_or((typed.as_str(), "0"));
    let h: u8 = h.trim().parse().ok()?;
    let m: u8 = if m.trim().is_empty() { 0 } else { m.trim().parse().ok()? };
    (h < 24 && m < 60).then(|| format!("{h:02}:{m:02}"))
}

#[cfg(test)]
mod tests {
    use super::{super::tests::DEVICE, *};

    fn form(rows: &[[&str; 4]]) -> Fields {
        DEVICE.to_fields(&rows.iter().map(|r| r.iter().map(|s| (*s).to_owned()).collect()).collect::<Vec<_>>())
    }

    #[test]
    fn answers_are_put_into_one_way_of_writing_and_blank_rows_are_left_out() {
        let read = read(
            &DEVICE,
            &form(&[[" ポンプA ", "pump", "２．５", "R8.12.1"], ["", "", " ", ""], ["管", "", "8.0", ""]]),
        );
        let expected: Vec<Row> = vec![
            ["ポンプA", "pump", "2.5", "2026-12-01"].map(str::to_owned).to_vec(),
            ["管", "", "8", ""].map(str::to_owned).to_vec(),
        ];
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn every_wrong_answer_is_told_with_its_row() {
        let wrong =
            read(&DEVICE, &form(&[["", "pump", "72.1", ""], ["ながいながいながい名前", "kettle", "1.25", "13月"]]));
        let places: Vec<(usize, &str)> = wrong.expect_err("wrong").iter().map(|w| (w.row, w.column)).collect();
        assert_eq!(places, [(0, "name"), (0, "hours"), (1, "name"), (1, "kind"), (1, "hours"), (1, "next")]);
    }

    #[test]
    fn a_row_that_is_to_go_is_not_even_read_and_no_more_rows_than_there_may_be() {
        let fields = form(&[["", "kettle", "x", ""], ["管", "", "", ""]]).with("drop", "0");
        assert_eq!(read(&DEVICE, &fields).map(|r| r.len()), Ok(1));
        let four = form(&[["a", "", "", ""], ["b", "", "", ""], ["c", "", "", ""], ["d", "", "", ""]]);
        assert_eq!(read(&DEVICE, &four).expect_err("too many")[0].row, 3);
    }

    #[test]
    fn times() {
        assert_eq!(
            (time("7:30").as_deref(), time("７：０５").as_deref(), time("22時").as_deref()),
            (Some("07:30"), Some("07:05"), Some("22:00"))
        );
        assert_eq!((time("24:00"), time("7:60"), time("朝")), (None, None, None));
    }
}
