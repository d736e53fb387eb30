//! 直した記録: what was corrected in a case, field by field, by whom and when.

use super::pages::tabs;
use crate::{
    account::Actor,
    app::App,
    case, history,
    policy::{self, ReadHistory},
    view,
    web::{self, Key, Query, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{id::CaseId, vocabulary::Vocabulary as _};

/// Corrections on one page.
const PAGE: i64 = 50;

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Query(query): Query) -> Result<Markup> {
    let now = app.now();
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 1_000_000);
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadHistory>(&actor, &seen)?;
    let case = case::find(&tx, &seen).await?;
    let mut all = history::list(&tx, &seen, PAGE + 1, offset).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    let page = usize::try_from(PAGE).unwrap_or(0);
    let more = all.len() > page;
    all.truncate(page);
    let link = |offset: i64| format!("/cases/{id}/viewing/corrections?offset={offset}");
    let body = html! {
        (case::header(&app, &case, &seen, "/viewing"))
        (tabs(&seen, "corrections"))
        (ui::panel("直した記録", html! { "新しい順" }, html! {
            @if all.is_empty() { (ui::empty("直した記録はありません", html! { p { "基本情報や家族の記録を直すと、前の内容がここに残ります。経過の前の文章は、経過の「前の文章」にあります。" } })) }
            @for e in &all { (ui::pad(html! {
                p { (ui::tag(ui::Tone::Neutral, e.subject.label())) " " b { (e.about) } " " (view::moment(e.at)) " " small { (e.by) } }
                @if e.guarded { p { "守る情報を含むため、ここには出しません。" } }
                @else { (ui::table("直した項目", &["項目", "前", "あと"], html! { @for c in &e.changes { tr { th scope="row" { (c.label) } td data-l="前" { (or_none(&c.before)) } td data-l="あと" { (or_none(&c.after)) } } } })) }
            })) }
            @if offset > 0 || more {
                @let (prev, next) = ((offset > 0).then(|| link((offset - PAGE).max(0))), more.then(|| link(offset + PAGE)));
                (ui::pager(&view::shown(offset, all.len()), prev.as_deref(), next.as_deref()))
            }
        }))
    };
    Ok(web::page(&app, &actor, "cases", "直した記録", body))
}

fn or_none(text: &str) -> Markup {
    html! { @if text.is_empty() { "—" } @else { (view::lines(text)) } }
}
