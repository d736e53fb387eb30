//! The list of visible cases.

use super::{care_tags, person_tag, tone};
use crate::{
    account::Actor,
    app::App,
    area::Municipality,
    case::{
        Status,
        search::{self, Filter, Mine},
    },
    journal::Object,
    policy::{self, ListCases, OpenCase},
    view,
    web::{self, Query, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::vocabulary::Vocabulary as _;

const PAGE: i64 = 30;

pub async fn list(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    let permit = policy::by_role::<ListCases>(&actor)?;
    let now = app.now();
    let municipality = Municipality::from_code(query.get("municipality"));
    let status = Status::from_code(query.get("status"));
    let mine = Mine::of(query.get("mine"));
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 1_000_000);
    let filter = Filter { municipality, status, mine, limit: PAGE + 1, offset };
    let tx = app.store.read().await?;
    let mut cases = search::list(&tx, &actor, &filter, now).await?;
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, now, Object::new("case_list", actor.person.0)).await?;
    let more = cases.len() > usize::try_from(PAGE).unwrap_or(30);
    cases.truncate(usize::try_from(PAGE).unwrap_or(30));
    let link = |m: Option<Municipality>, s: Option<Status>, own: Mine, at: i64| {
        format!(
            "/cases?municipality={}&status={}&mine={}&offset={at}",
            m.map_or("", |m| m.code()),
            s.map_or("", |s| s.code()),
            own.code()
        )
    };
    let tab = |href: String, label, current| ui::Tab { href, label, current, count: None };
    let mut chips = vec![
        tab(link(municipality, None, Mine::Any, 0), "すべて", status.is_none() && mine == Mine::Any),
        tab(link(municipality, status, Mine::Lead, 0), "主担当", mine == Mine::Lead),
        tab(link(municipality, status, Mine::Deputy, 0), "副担当", mine == Mine::Deputy),
    ];
    chips.extend(Status::ALL.iter().map(|&s| tab(link(municipality, Some(s), mine, 0), s.label(), status == Some(s))));
    let mut places = vec![tab(link(None, status, mine, 0), "全市町", municipality.is_none())];
    places.extend(
        Municipality::ALL.iter().map(|&m| tab(link(Some(m), status, mine, 0), m.label(), municipality == Some(m))),
    );
    let today = app.today();
    let body = html! {
        (ui::heading(&ui::Heading { over: "毎日", title: "ケース", actions: html! {
            @if policy::by_role::<OpenCase>(&actor).is_ok() { (ui::link_button("/cases/new", "ケースを開く", Some(ui::Icon::Plus), true)) }
        } }))
        section.panel {
            (ui::chips("状態で絞り込む", &chips))
            (ui::chips("市町で絞り込む", &places))
            @if cases.is_empty() {
                (ui::empty("この条件のケースはありません", html! { p { "絞り込みを変えるか、相談の受付からケースを開いてください。" } }))
            } @else {
                (ui::steady_table("ケースの一覧", &[("氏名", 22), ("番号", 9), ("状態", 11), ("居所・時期", 14), ("医療的ケア", 22), ("主担当", 11), ("最後の接触", 11)], html! {
                    @for c in &cases { tr {
                        th scope="row" { (person_tag(&c.child_name, &c.child_kana, c.birth_date, c.municipality, today, Some(&format!("/cases/{}", c.id)))) }
                        td data-l="番号" { (c.number_text()) }
                        td data-l="状態" { (ui::tag(tone(c.status), c.status.label())) @if c.open_referrals > 0 { small { "つなぎ中 " (c.open_referrals) "件" } } }
                        td data-l="居所・時期" { (c.residence.label()) small { (c.phase.label()) } }
                        td data-l="医療的ケア" { (care_tags(&c.care())) }
                        td data-l="主担当" { (c.lead) }
                        td data-l="最後の接触" { @match c.last_contact { Some(at) => (view::moment(at)), None => "記録なし" } }
                    } }
                }))
            }
            @let text = view::shown(offset, cases.len());
            @let prev = (offset > 0).then(|| link(municipality, status, mine, (offset - PAGE).max(0)));
            @let next = more.then(|| link(municipality, status, mine, offset + PAGE));
            @if prev.is_some() || next.is_some() { (ui::pager(&text, prev.as_deref(), next.as_deref())) }
        }
    };
    Ok(web::page(&app, &actor, "cases", "ケース", body))
}
