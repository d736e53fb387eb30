//! Writing a part of the profile, and saying that it is still right.

use super::{
    check::check as check_together,
    pages::wanted,
    store::{self, Version},
};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    once,
    policy::{self, Seen, WriteCare},
    questionnaire::{self, Part, Row, Wrong, blank_rows},
    view,
    web::{self, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse as _};
use maud::{Markup, html};
use platform::{db::Reader, form::Fields, id::CaseId, japanese::date};

/// The newest version of a part.
async fn newest(tx: &Reader, seen: &Seen, part: &Part) -> Result<Option<Version>> {
    Ok(store::versions(tx, seen, part, 1, 0).await?.into_iter().next())
}

pub async fn form(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Query(query): Query) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<WriteCare>(&actor, &seen)?;
    let part = wanted(&seen, query.get("part"))?;
    let before = newest(&tx, &seen, part).await?;
    let (version, rows) = before.map_or((0, vec![]), |v| (v.version, v.rows));
    let shown = Shown { part, version, rows: blank_rows(part, rows, false), wrong: &[], fields: &Fields::default() };
    let page = page(&app, &tx, &actor, &seen, &shown, html! {}).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(page)
}

/// What an edit page shows.
struct Shown<'a> {
    part: &'static Part,
    version: i64,
    rows: Vec<Row>,
    wrong: &'a [Wrong],
    fields: &'a Fields,
}

async fn page(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, shown: &Shown<'_>, above: Markup) -> Result<Markup> {
    let (case, id, part) = (case::find(tx, seen).await?, seen.case(), shown.part);
    if case.status == case::Status::Closed {
        return Err(Error::refused("このケースは終結しています。記録するには、ケースを再開してください。"));
    }
    let form = view::form(
        app,
        shown.fields,
        &format!("/cases/{id}/care/edit"),
        html! {
            @if !shown.wrong.is_empty() { (questionnaire::errors_view(shown.wrong)) }
            input type="hidden" name="part" value=(part.code);
            input type="hidden" name="version" value=(shown.version);
            p { (part.about) @if part.many.is_some() { "空にした行は消えます。" } }
            (questionnaire::fields_view(part, &shown.rows, shown.wrong, &shown.fields.all("drop")))
        },
        html! {
            (ui::button("この内容で記録する", true))
            @if part.many.is_some_and(|m| shown.rows.len() < m.most) { (ui::button_value("more", "1", "行を増やす", false)) }
            (ui::link_button(&format!("/cases/{id}/care"), "戻る", None, false))
        },
    );
    let title = format!("{}を書く", part.label);
    let body = html! {
        (case::header(app, &case, seen, "/care"))
        (above)
        (ui::panel(&title, html! { a href=(format!("/cases/{id}/care/history?part={}", part.code)) { "これまで" } }, ui::pad(form)))
    };
    Ok(web::page(app, actor, "cases", &title, body))
}

pub async fn save(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<WriteCare>(&actor, &seen)?;
    let part = wanted(&seen, fields.get("part"))?;
    case::must_be_open(&mut tx, &seen).await?;
    let typed = part.from_fields(&fields);
    let version: i64 = fields.get("version").parse().unwrap_or(-1);
    let shown = |rows: Vec<Row>, wrong, version| Shown { part, version, rows, wrong, fields: &fields };
    if fields.has("more") {
        let rows = blank_rows(part, typed, true);
        return Ok(page(&app, &tx, &actor, &seen, &shown(rows, &[], version), html! {}).await?.into_response());
    }
    let read = questionnaire::read(part, &fields).and_then(|rows| {
        let wrong = check_together(part, &rows, app.today());
        if wrong.is_empty() { Ok(rows) } else { Err(in_form(part, &typed, &fields, wrong)) }
    });
    let rows = match read {
        Ok(rows) => rows,
        Err(wrong) => {
            let shown = shown(blank_rows(part, typed, false), &wrong, version);
            return Ok(unprocessable(page(&app, &tx, &actor, &seen, &shown, html! {}).await?));
        }
    };
    let place = format!("/cases/{id}/care");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let before = newest(&tx, &seen, part).await?;
    let current = before.as_ref().map_or(0, |v| v.version);
    if current != version {
        let stored = before.map_or(html! {}, |v| stored_view(&v));
        let shown = shown(blank_rows(part, typed, false), &[], current);
        return Err(Error::Conflict(Box::new(page(&app, &tx, &actor, &seen, &shown, stored).await?)));
    }
    if before.is_none_or(|v| v.rows != rows) {
        let made = store::write(&mut tx, &app.mint, id, part, current, &rows, actor.person, now).await?;
        tx.commit(&permit, &app.mint, now, Object::new("profile_part", made), None, part.code).await?;
    } else {
        // Nothing is different: that is a look, and no version.
        store::check(&mut tx, id, part, current, actor.person, now).await?;
        tx.commit(&permit, &app.mint, now, id.into(), None, "profile_checked").await?;
    }
    Ok(see_other(&place))
}

/// Rows of the command back to rows of the form, which has blank ones and those that are to go.
fn in_form(part: &Part, typed: &[Row], fields: &Fields, wrong: Vec<Wrong>) -> Vec<Wrong> {
    let gone = fields.all("drop");
    let kept: Vec<usize> = (0..typed.len())
        .filter(|i| !questionnaire::is_blank(&typed[*i]) && !gone.contains(&i.to_string().as_str()))
        .collect();
    debug_assert!(part.many.is_some() || kept.len() <= 1);
    wrong.into_iter().map(|w| Wrong { row: kept.get(w.row).copied().unwrap_or(w.row), ..w }).collect()
}

/// What somebody else wrote in the meantime, above what was typed.
fn stored_view(v: &Version) -> Markup {
    html! {
        (ui::notice(ui::Tone::Alert, "ほかの人が先に書きました", html! {
            p { (view::day_short(date::jst_date(v.written_at))) " " (v.writer) "が書いた内容が、すぐ下にあります。その下の欄は、あなたの入力のままです。見比べて、よければもう一度記録してください。" }
        }))
        (ui::panel("いま記録されている内容", html! {}, ui::pad(questionnaire::rows_view(v.part, &v.rows))))
    }
}

/// 「いまもこのとおり」: somebody looked at a part and found it right.
pub async fn check(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<WriteCare>(&actor, &seen)?;
    let part = wanted(&seen, fields.get("part"))?;
    case::must_be_open(&mut tx, &seen).await?;
    let version: i64 = fields.get("version").parse().unwrap_or(-1);
    if !store::check(&mut tx, id, part, version, actor.person, now).await? {
        return Err(Error::refused("そのあとに書き直されています。画面を読み直して、いまの内容を確かめてください。"));
    }
    tx.commit(&permit, &app.mint, now, id.into(), None, "profile_checked").await?;
    Ok(see_other(&format!("/cases/{id}/care")))
}
