//! Pages of a guardian: the child's team and services, the consents, and who looked.

use super::{
    store::{self, Child},
    trouble,
};
use crate::{
    account::Actor,
    app::App,
    appointment, area, case,
    consent::{self, Opposition},
    consultation,
    exchange::directory::Kind,
    policy::{self, ReadOwnChild, Seen},
    referral, team, view, viewing,
    web::{self, Key, Query, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{db::Reader, id::CaseId, japanese::date, vocabulary::Vocabulary as _};

/// Entries of the journal on one page.
const PAGE: i64 = 200;

/// The children on the first page of a guardian.
pub fn children_view(app: &App, children: &[Child]) -> Markup {
    ui::panel(
        "お子さん",
        html! {},
        html! {
            @if children.is_empty() { (ui::empty("まだ見られません", html! { p { "主担当のコーディネーターが、登録したのがご本人であることを確かめると、ここにお子さんが出ます。" } })) }
            @else { ul.menu { @for c in children { li { a href=(format!("/children/{}", c.id)) { (ui::icon(ui::Icon::Person)) span { (c.child_name) "さん " small { (case::age_text(c.birth_date, app.today())) "・" (c.municipality.label()) } } } } } } }
        },
    )
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let (now, today) = (app.now(), app.today());
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadOwnChild>(&actor, &seen)?;
    let c = case::find(&tx, &seen).await?;
    let (consents, scopes) = consent::list(&tx, &seen).await?;
    let mine = own_oppositions(&tx, &seen, &actor).await?;
    let services = store::services(&tx, &seen).await?;
    // Who was brought in without the family's consent, in an emergency, is not told here.
    let agreed = |c: &consent::Consent| c.standing(today) == consent::Standing::Live;
    let known: Vec<_> = scopes.iter().filter(|s| consents.iter().any(|c| c.id == s.consent_id && agreed(c))).collect();
    let mut team = team::current(&tx, &seen, today).await?;
    team.retain(|m| {
        m.person_id.is_some_and(|p| p == c.lead_id || p == c.deputy_id)
            || known.iter().any(|s| s.organisation == m.organisation)
    });
    let phones = phones(&app, &tx, &c).await?;
    let closed = c.status == case::Status::Closed;
    let coming = if closed { vec![] } else { appointment::for_family(&tx, &seen, now).await? };
    let calls = consultation::own(&tx, id, actor.person).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    let body = html! {
        (ui::heading(&ui::Heading { over: "わが子の記録", title: &format!("{}さん", c.child_name), actions: ui::link_button(&format!("/children/{id}/log"), "だれが見たか", None, false) }))
        p.lead { (case::age_text(c.birth_date, today)) "・" (c.municipality.label()) "　" (case::care_tags(&c.care())) }
        div.actions { (ui::link_button(&format!("/children/{id}/daily"), "毎日の様子を送る", Some(ui::Icon::Pen), true)) (ui::link_button(&format!("/children/{id}/trouble"), "困っている", Some(ui::Icon::Phone), false)) }
        @for o in calls.iter().filter(|o| o.status.is_open()) { p { (trouble::progress(o, now)) " " a href=(format!("/children/{id}/trouble")) { "困っていると伝えたこと" } } }
        (ui::two_then(html! {
            (appointment::family_view(&coming))
            (ui::panel("使うサービスの相談", html! {}, html! {
                @if services.is_empty() { (ui::empty("まだありません", html! {})) }
                @else { ul.plain { @for r in &services { li { (ui::tag(referral::tone(r.status), r.status.label())) " " b { (Kind::label(r.kind)) } " " (r.organisation) br; small { (view::day_short(date::jst_date(r.created_at))) "に相談" } } } } }
            }))
        }, html! {
            (phones)
            (ui::panel("チームの人", html! {}, html! {
                @if team.is_empty() { (ui::empty("チームはまだありません", html! {})) }
                @else { ul.plain { @for m in &team { li { b { (m.label) } " " small { (m.profession.label()) "・" (m.organisation) } br; small { (m.function) } } } } }
            }))
        }, html! {
            (ui::panel("同意したこと", html! {}, html! {
                @if consents.is_empty() { (ui::empty("同意の記録はまだありません", html! {})) }
                @for c in &consents {
                    (ui::pad(html! {
                        p { (ui::tag(ui::Tone::Neutral, c.standing(today).label())) " " (view::day_short(c.starts_on)) "〜" (view::day_short(c.ends_on)) "　" small { "説明 " (c.explained_by) "・" (c.method.label()) } }
                        @let mine: Vec<_> = scopes.iter().filter(|s| s.consent_id == c.id).collect();
                        (ui::kv(&[
                            ("伝える相手", html! { (view::distinct(mine.iter().map(|s| s.organisation.as_str())).join("、")) }),
                            ("伝える内容", html! { (view::distinct(mine.iter().map(|s| s.category.label())).join("、")) }),
                            ("使う目的", html! { (view::distinct(mine.iter().map(|s| s.purpose.label())).join("、")) }),
                        ]))
                    }))
                }
                @if !mine.is_empty() { (ui::pad(html! { p { b { "伝えないでほしいと申し出たこと" } } ul.plain { @for o in &mine { li { (o.to_whom()) "に " (o.what()) " " small { (view::day_short(o.on_day)) "から" } } } } })) }
                @if !consents.is_empty() { (ui::pad(ui::link_button(&format!("/children/{id}/oppose"), "伝えないでほしいことを申し出る", None, false))) }
                (ui::pad(html! { p { small { "同意は、いつでもやめられます。主担当に電話してください。やめると、その機関はすぐに見られなくなります。" } } }))
            }))
        }))
    };
    Ok(web::page(&app, &actor, "home", "わが子の記録", body))
}

/// Whom a guardian may call.
pub(super) async fn phones(app: &App, tx: &Reader, c: &case::Case) -> Result<Markup> {
    let today = app.today();
    let phones = [area::office_phone(tx, c.lead_id, today).await?, area::office_phone(tx, c.deputy_id, today).await?];
    Ok(ui::panel(
        "困ったときの電話",
        html! {},
        html! { ul.plain {
            @for (name, label, phone) in [(&c.lead, "主担当", &phones[0]), (&c.deputy, "副担当", &phones[1])] {
                li { b { (name) } " " small { (label) } @if let Some(t) = phone { br; a href=(format!("tel:{t}")) { (t) } } }
            }
        } },
    ))
}

/// What this guardian opposed and still opposes; what others opposed is not told.
async fn own_oppositions(tx: &Reader, seen: &Seen, actor: &Actor) -> Result<Vec<Opposition>> {
    let me = store::own_person(tx, seen, actor).await?;
    let mut all = consent::oppositions(tx, seen).await?;
    all.retain(|o| o.ended_at.is_none() && me.is_some() && o.by_person == me);
    Ok(all)
}

pub async fn log(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Query(query): Query) -> Result<Markup> {
    let now = app.now();
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 1_000_000);
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadOwnChild>(&actor, &seen)?;
    let mut lines = viewing::log_of_family(&tx, id, actor.person, PAGE + 1, offset).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    let page = usize::try_from(PAGE).unwrap_or(0);
    let more = lines.len() > page;
    lines.truncate(page);
    let link = |offset: i64| format!("/children/{id}/log?offset={offset}");
    let body = html! {
        (ui::heading(&ui::Heading { over: "わが子の記録", title: "だれが見たか", actions: ui::link_button(&format!("/children/{id}"), "戻る", None, false) }))
        p.lead { "お子さんの記録を開いた人、書いた人を、新しい順に並べています。心当たりのないものがあれば、主担当か市町の個人情報の担当に電話してください。" }
        section.panel {
            (viewing::log_table(&lines))
            @if offset > 0 || more {
                @let (prev, next) = ((offset > 0).then(|| link((offset - PAGE).max(0))), more.then(|| link(offset + PAGE)));
                (ui::pager(&view::shown(offset, lines.len()), prev.as_deref(), next.as_deref()))
            }
        }
    };
    Ok(web::page(&app, &actor, "home", "だれが見たか", body))
}
