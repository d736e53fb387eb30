//! まとめて探す: a child by name, reading or number; a service by its name.

use crate::{
    account::Actor,
    app::{self, App},
    case::{self, Match},
    exchange::directory::Kind,
    journal::Object,
    policy::{self, ListCases, SearchAll, SearchResources},
    resource,
    routes::Routes,
    view,
    web::{Query, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    db::Reader,
    japanese::{fiscal, fold},
    vocabulary::Vocabulary as _,
};

const SHOWN: i64 = 20;

pub fn routes() -> Routes {
    Routes::new().get("/search", "search.all", search)
}

/// The visible case with this number; else visible cases whose reading begins with the text, or whose name or reading has it
/// somewhere, in kana order.
pub async fn cases(tx: &Reader, actor: &Actor, text: &str, now: platform::Timestamp) -> Result<Vec<Match>> {
    if let Some((year, number)) = fiscal::number(text) {
        return Ok(case::by_number(tx, actor, year, number, now).await?.into_iter().collect());
    }
    let folded = fold::fold(text);
    if folded.is_empty() {
        return Ok(vec![]);
    }
    let mut found = case::by_kana_prefix(tx, actor, &folded, now, SHOWN).await?;
    let room = SHOWN - i64::try_from(found.len()).unwrap_or(SHOWN);
    if room > 0 {
        found.extend(case::by_part(tx, actor, &folded, now, room).await?);
    }
    Ok(found)
}

async fn search(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    let permit = policy::by_role::<SearchAll>(&actor)?;
    let now = app.now();
    let text: String = query.get("q").trim().chars().take(60).collect();
    let tx = app.store.read().await?;
    let found =
        if policy::by_role::<ListCases>(&actor).is_ok() { cases(&tx, &actor, &text, now).await? } else { vec![] };
    // Names of institutions are looked through only where no child has such a name: a coordinator types children's names.
    let looks = found.is_empty() && text.chars().count() >= 2;
    let services = if looks && policy::by_role::<SearchResources>(&actor).is_ok() {
        resource::named(&tx, &text, app.today()).await?
    } else {
        vec![]
    };
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, now, Object::new("search", actor.person.0)).await?;
    let resources: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let body = html! {
        (ui::heading(&ui::Heading { over: "まとめて探す", title: if text.is_empty() { "探すことばを入れてください" } else { &text }, actions: html! {} }))
        (ui::panel("ケース", html! {}, if found.is_empty() {
            ui::empty("見られるケースの中には見つかりません", html! { p { "ふりがなの初めの文字か、名前の一部、ケース番号（R8-0001など）で探せます。髙と高、﨑と崎、ひらがなとカタカナは区別しません。" } })
        } else {
            html! { ul.plain { @for m in &found { li { (case::person_tag(&m.child_name, &m.child_kana, m.birth_date, m.municipality, app.today(), Some(&format!("/cases/{}", m.id)))) @if let Some(b) = m.birth_date { " " small { (view::day_short(b)) "生" } } } } } }
        }))
        @if !text.is_empty() && policy::by_role::<SearchResources>(&actor).is_ok() {
            @let link = html! { a href=(format!("/resources?need={resources}")) { "社会資源で「" (text) "」を探す" } };
            @if !looks { p { (link) } }
            @else if services.is_empty() { (ui::panel("事業所", link, ui::empty("この名前の事業所は見つかりません", html! { p { "サービスの種類や医療的ケアからは、社会資源の画面で探せます。" } }))) }
            @else { (ui::panel("事業所", link, html! { ul.plain { @for s in &services { li { a href=(format!("/resources/{}", s.id)) { (s.name) } " " small { (Kind::label(s.kind)) "・" (s.municipality.label()) } } } } })) }
        }
    };
    Ok(app::page(&app, &actor, "search", "まとめて探す", &text, body))
}
