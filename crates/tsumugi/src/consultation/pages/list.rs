//! The list of consultations, with one's own drafts.

use super::tone;
use crate::{
    account::Actor,
    app::App,
    area::Municipality,
    case,
    consultation::{
        Kind,
        lists::{self, Filter, Listed},
        store,
    },
    draft::{self, DraftForm},
    journal::Object,
    policy::{self, ReadConsultations},
    view,
    web::{self, Query, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{Date, Timestamp, vocabulary::Vocabulary as _};

const PAGE: usize = 30;

pub async fn list(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    let permit = policy::by_role::<ReadConsultations>(&actor)?;
    let (now, today) = (app.now(), app.today());
    let view = if query.get("view").is_empty() { "open" } else { query.get("view") };
    let municipality = Municipality::from_code(query.get("municipality"));
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 1_000_000);
    let filter = Filter {
        open: match view {
            "all" => None,
            "closed" => Some(false),
            _ => Some(true),
        },
        mine: view == "mine",
        municipality,
        limit: 31,
        offset,
    };
    let tx = app.store.read().await?;
    let mut rows = lists::list(&tx, &actor, &filter, now).await?;
    let drafts = draft::list(&tx, &actor, DraftForm::Consultation).await?;
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, now, Object::new("consultation_list", actor.person.0)).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let link = |v: &str, m: Option<Municipality>, at: i64| {
        format!("/consultations?view={v}&municipality={}&offset={at}", m.map_or("", |m| m.code()))
    };
    let tab =
        |v: &'static str, label| ui::Tab { href: link(v, municipality, 0), label, current: view == v, count: None };
    let mut places =
        vec![ui::Tab { href: link(view, None, 0), label: "全市町", current: municipality.is_none(), count: None }];
    places.extend(Municipality::ALL.iter().map(|&m| ui::Tab {
        href: link(view, Some(m), 0),
        label: m.label(),
        current: municipality == Some(m),
        count: None,
    }));
    let body = html! {
        (ui::heading(&ui::Heading { over: "毎日", title: "相談の受付", actions: ui::link_button("/consultations/new", "相談を受け付ける", Some(ui::Icon::Inbox), true) }))
        @if !drafts.is_empty() {
            (ui::notice(ui::Tone::Info, "書きかけの相談があります", html! { ul.plain { @for d in &drafts { @let f = d.fields();
                li { a href=(format!("/consultations/new?draft={}", d.id)) { @if f.get("concern").is_empty() { "（内容はまだ空です）" } @else { (view::cut(f.get("concern"), 40)) } } " " small { (view::moment(d.updated_at)) }
                    form.inline method="post" action=(format!("/drafts/{}/discard", d.id)) { button.link type="submit" { "捨てる" } } } } } }))
        }
        section.panel {
            (ui::chips("状態で絞り込む", &[tab("open", "対応中"), tab("mine", "自分の担当"), tab("closed", "終わった相談"), tab("all", "すべて")]))
            (ui::chips("市町で絞り込む", &places))
            @if rows.is_empty() { (ui::empty("この条件の相談はありません", html! { p { "電話や来所の相談は「相談を受け付ける」から記録します。" } })) }
            @else { (rows_view(&rows, now, today)) }
            @let (prev, next) = ((offset > 0).then(|| link(view, municipality, (offset - 30).max(0))), more.then(|| link(view, municipality, offset + 30)));
            @if prev.is_some() || next.is_some() { (ui::pager(&view::shown(offset, rows.len()), prev.as_deref(), next.as_deref())) }
        }
    };
    Ok(web::page(&app, &actor, "consultations", "相談の受付", body))
}

fn rows_view(rows: &[Listed], now: Timestamp, today: Date) -> Markup {
    ui::steady_table(
        "相談の一覧",
        &[("相談", 14), ("お子さん", 22), ("状態", 11), ("最初の返答", 14), ("内容", 14), ("受付", 14), ("担当", 11)],
        html! {
            @for c in rows { tr {
                th scope="row" { a href=(format!("/consultations/{}", c.id)) { (case::number_text("", c.fiscal_year, c.number)) } small { (c.asker_kind.label()) @if let Some(p) = &c.asker_place { "・" (p) } } }
                td data-l="お子さん" { @match &c.child_name {
                    Some(name) => (case::person_tag(name, c.child_kana.as_deref().unwrap_or(""), c.child_birth, c.municipality, today, None)),
                    None if c.kind == Kind::Individual => { "お子さん未確認" small { (c.municipality.label()) } }
                    None => { (c.kind.label()) small { (c.municipality.label()) } } } }
                td data-l="状態" { (ui::tag(tone(c.status), c.status.label())) @if c.handing { " " (ui::tag(ui::Tone::Warn, "引継ぎ待ち")) } }
                td data-l="最初の返答" { @if c.responded_at.is_some() { "返答済み" } @else if c.status.is_open() { (ui::tag(view::due_tone(c.due_at, now), &view::until(c.due_at, now))) small { (view::moment(c.due_at)) } } @else { "—" } }
                td data-l="内容" { (store::topics_of(&c.topics).iter().map(|t| t.label()).collect::<Vec<_>>().join("、")) small { "急ぎ：" (c.urgency.label()) } }
                td data-l="受付" { (view::moment(c.received_at)) }
                td data-l="担当" { (c.owner) }
            } }
        },
    )
}
