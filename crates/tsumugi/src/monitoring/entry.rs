//! Reporting: a form with one answer for each thing that is watched, for one day; used by the team and by the family.

use super::{
    model::{Measure, number_text},
    pages::{self, Seeing, see},
    store::{self, Item, Reporter},
    typed, watch,
};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::{Draft, Object},
    once,
    policy::{ReportMonitoring, SetMonitoring},
    web::{Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Date, Timestamp, Uuid,
    form::{Fields, Parse},
    id::CaseId,
    number,
};

/// What is wrong with a report: which answer (None: the day or the note), and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub at: Option<usize>,
    pub field: &'static str,
    pub sentence: String,
}

/// A report as it was typed and found right.
#[derive(Clone, Debug)]
pub struct Report {
    pub day: Date,
    pub values: Vec<(Uuid, i64)>,
    pub note: String,
}

/// Reads a report about these items. At least one answer is needed; what was left open is left open.
pub fn parse(fields: &Fields, items: &[Item], today: Date) -> std::result::Result<Report, Vec<Wrong>> {
    let mut p = Parse::new(fields);
    let day = typed::day(&mut p, today);
    let note = p.optional_paragraph("note", "ひとこと", 500).unwrap_or_default();
    let mut wrong: Vec<Wrong> = match p.finish(()) {
        Ok(()) => vec![],
        Err(errors) => errors.0.into_iter().map(|(field, sentence)| Wrong { at: None, field, sentence }).collect(),
    };
    let (ids, values) = (fields.all("item"), fields.all("value"));
    let mut read = Vec::new();
    for (at, (id, raw)) in ids.iter().zip(&values).enumerate().filter(|(_, (_, raw))| !raw.trim().is_empty()) {
        let Some(item) = items.iter().find(|i| i.id.to_string() == *id) else {
            let sentence = "見守ることが変わっています。画面を読み直してください。".to_owned();
            wrong.push(Wrong { at: Some(at), field: "value", sentence });
            continue;
        };
        let scale = item.scale();
        match typed::tenths(raw, &scale) {
            Some(value) => read.push((item.id, value)),
            None => {
                let how = if scale.decimal { "（小数は1桁まで）" } else { "" };
                let (least, most) = (number::plain(scale.least), number::plain(scale.most));
                let sentence = format!(
                    "{}は{least}から{most}までの数字で入力してください（単位は{}）{how}。",
                    item.name, scale.unit
                );
                wrong.push(Wrong { at: Some(at), field: "value", sentence });
            }
        }
    }
    if read.is_empty() && wrong.is_empty() {
        wrong.push(Wrong {
            at: Some(0), field: "value", sentence: "どれか一つは入力してください。".to_owned()
        });
    }
    if wrong.is_empty() { Ok(Report { day, values: read, note }) } else { Err(wrong) }
}

/// Keeps a report and looks at the rules in the same transaction; the row of the case is held.
pub async fn keep(app: &App, tx: &mut Draft, case: CaseId, r: &Report, by: &Reporter, now: Timestamp) -> Result<()> {
    for (n, (item, value)) in r.values.iter().enumerate() {
        // What was said belongs to the report and is kept once.
        let note = if n == 0 { r.note.as_str() } else { "" };
        store::add_entry(tx, &app.mint, case, *item, (r.day, *value), note, by, now).await?;
    }
    tx.announce("case", case);
    watch::look(app, tx, case, now).await?;
    Ok(())
}

/// The form of a report.
pub fn form_view(items: &[Item], fields: &Fields, wrong: &[Wrong]) -> Markup {
    let typed = fields.all("value");
    let ids = fields.all("item");
    let list: Vec<(String, String)> = wrong
        .iter()
        .map(|w| (w.at.map_or(w.field.to_owned(), |i| format!("m{i}-{}", w.field)), w.sentence.clone()))
        .collect();
    let of = |field: &str| wrong.iter().find(|w| w.at.is_none() && w.field == field).map(|w| w.sentence.as_str());
    html! {
        @if !wrong.is_empty() { (ui::error_summary(&list.iter().map(|(f, s)| (f.as_str(), s.clone())).collect::<Vec<_>>())) }
        div.answers {
            @for (i, item) in items.iter().enumerate() {
                @let scope = format!("m{i}");
                @let value = ids.iter().position(|id| *id == item.id.to_string()).and_then(|at| typed.get(at)).copied().unwrap_or("");
                @let error = wrong.iter().find(|w| w.at == Some(i)).map(|w| w.sentence.as_str());
                div { input type="hidden" name="item" value=(item.id); (answer(item, &scope, value, error)) }
            }
        }
        (ui::form_row(html! { (ui::Field::new("day", "日付").hint("空のときは今日").value(fields.get("day")).error(of("day")).date()) }))
        (ui::Field::new("note", "ひとこと").hint("いつもと違ったこと").value(fields.get("note")).error(of("note")).max(500).area(2))
    }
}

fn answer(item: &Item, scope: &str, value: &str, error: Option<&str>) -> Markup {
    let f = ui::Field::new("value", &item.name).scope(scope).value(value).error(error);
    let scale = item.scale();
    match item.measure {
        Measure::School => f.select(&[("", "—"), ("1", "行った"), ("0", "休んだ")]),
        Measure::Mood => f.select(&[
            ("", "—"),
            ("5", "5 とてもよい"),
            ("4", "4 よい"),
            ("3", "3 ふつう"),
            ("2", "2 よくない"),
            ("1", "1 とてもよくない"),
        ]),
        Measure::Tired => f.select(&[
            ("", "—"),
            ("1", "1 楽"),
            ("2", "2 少し疲れた"),
            ("3", "3 疲れた"),
            ("4", "4 とても疲れた"),
            ("5", "5 もう限界"),
        ]),
        _ => f.inputmode(if scale.decimal { "decimal" } else { "numeric" }).number(scale.unit),
    }
}

/// A value with its unit, or in words where the measure has words.
pub fn value_text(item: &Item, value: i64) -> String {
    match (item.measure, value / 10) {
        (Measure::School, 1) => "行った".to_owned(),
        (Measure::School, _) => "休んだ".to_owned(),
        _ => number_text(value, &item.scale()),
    }
}

pub async fn report(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let Seeing { seen, permit } = see::<ReportMonitoring>(&tx, &actor, id, now).await?;
    case::must_be_open(&mut tx, &seen).await?;
    let items = store::items(&tx, &seen).await?;
    let report = match parse(&fields, &items, app.today()) {
        Ok(report) => report,
        Err(wrong) => {
            return Ok(unprocessable(pages::page(&app, &tx, &actor, &seen, &fields, &wrong).await?));
        }
    };
    let place = format!("/cases/{id}/monitoring");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    keep(&app, &mut tx, id, &report, &Reporter::from(&actor), now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("watch_entry", id.0), None, "reported").await?;
    Ok(see_other(&place))
}

/// One takes an own entry back that was a mistake; who leads the case takes back anybody's.
pub async fn void(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let Seeing { seen, permit } = see::<ReportMonitoring>(&tx, &actor, id, now).await?;
    case::must_be_open(&mut tx, &seen).await?;
    let any = seen.allows::<SetMonitoring>();
    let entry: Uuid = fields.get("entry").parse().map_err(|_| Error::NotFound)?;
    if !store::void(&mut tx, id, entry, actor.person, any, now).await? {
        return Err(Error::refused("この入力は、すでに取り消されているか、ほかの人の入力です。"));
    }
    tx.announce("case", id);
    watch::look(&app, &mut tx, id, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("watch_entry", entry), None, "voided").await?;
    Ok(see_other(&format!("/cases/{id}/monitoring")))
}
