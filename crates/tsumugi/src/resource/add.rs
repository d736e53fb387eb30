//! An institution that is in no file: entered by hand, with the same identity rule as the files.

use super::import;
use crate::{
    account::Actor,
    app::App,
    area::Municipality,
    exchange::directory::Kind,
    journal::Object,
    once,
    policy::{self, AddResource},
    view,
    web::{self, Form, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    args,
    form::{Errors, Fields, Parse},
    id::{OrganisationId, ResourceId},
    serde_json::{Value, json},
    vocabulary::Vocabulary as _,
};

/// The source of what people entered; files have the code of their format.
pub const BY_HAND: &str = "hand";

fn page(app: &App, actor: &Actor, fields: &Fields, errors: &Errors, there: Option<ResourceId>) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let mut kinds = vec![("", "選んでください")];
    kinds.extend(<Kind as platform::vocabulary::Vocabulary>::options());
    let body = html! {
        (ui::heading(&ui::Heading { over: "社会資源", title: "事業所を手で加える", actions: html! {} }))
        @if let Some(id) = there { (ui::notice(ui::Tone::Warn, "すでにある事業所です", html! { p { a href=(format!("/resources/{id}")) { "その事業所を開く" } } })) }
        (ui::panel("事業所とサービス", html! {}, ui::pad(view::form(app, fields, "/resources/new", html! {
            (view::summary(errors))
            p { "取り込むファイルにない事業所を加えます。同じ名前・同じ所在地の事業所があれば、そこにサービスを加えます。" }
            (ui::form_row(html! { (f("name", "事業所の名前").required().max(100).text()) (f("kana", "ふりがな").max(120).text()) }))
            (f("kind", "種別").required().select(&kinds))
            (f("corporation", "運営する法人").max(100).text())
            (f("municipality", "所在する市町").required().radios(&Municipality::options()))
            (f("address", "所在地").required().hint("市町の名前から").max(120).text())
            (ui::form_row(html! { (f("phone", "電話").required().tel()) (f("fax", "FAX").tel()) }))
            (ui::form_row(html! { (f("hours", "営業時間").max(100).text()) (f("closed", "休みの日").max(100).text()) }))
            (f("note", "補足").hint("個人の情報は書かない").max(300).area(2))
        }, ui::button("事業所を加える", true)))))
    };
    web::page(app, actor, "resources", "事業所を加える", body)
}

fn parse(fields: &Fields) -> std::result::Result<(Kind, Value), Errors> {
    let mut p = Parse::new(fields);
    let kind = Kind::from_code(fields.get("kind"));
    if kind.is_none() {
        p.fail("kind", "種別を選んでください。");
    }
    let municipality: Municipality = p.choice("municipality", "所在する市町");
    let phone = p.optional_phone("phone", "電話");
    if phone.is_none() {
        p.fail("phone", "電話を入力してください（例 046-822-0000）。");
    }
    let kana = if p.raw("kana").trim().is_empty() { String::new() } else { p.kana("kana", "ふりがな", 120) };
    let payload = json!({
        "name": p.line("name", "事業所の名前", 100),
        "kana": kana,
        "corporation": p.optional_line("corporation", "運営する法人", 100).unwrap_or_default(),
        "municipality": municipality.code(),
        "address": p.line("address", "所在地", 120),
        "phone": phone.unwrap_or_default(),
        "fax": p.optional_phone("fax", "FAX").unwrap_or_default(),
        "hours": p.optional_line("hours", "営業時間", 100).unwrap_or_default(),
        "closed": p.optional_line("closed", "休みの日", 100).unwrap_or_default(),
        "note": p.optional_paragraph("note", "補足", 300).unwrap_or_default(),
    });
    p.finish((kind.unwrap_or(Kind::Other), payload))
}

pub async fn blank(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<AddResource>(&actor)?;
    let fields = Fields::default().with("municipality", actor.municipality.clone().unwrap_or_default());
    Ok(page(&app, &actor, &fields, &Errors::default(), None))
}

pub async fn create(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<AddResource>(&actor)?;
    let now = app.now();
    let (kind, payload) = match parse(&fields) {
        Ok(parsed) => parsed,
        Err(errors) => return Ok(unprocessable(page(&app, &actor, &fields, &errors, None))),
    };
    let mut tx = app.store.begin().await?;
    let id: ResourceId = app.mint.id(now);
    let place = format!("/resources/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    // A site that is known keeps its telephone: the code of a one-time link is told there.
    let sql = "/* resource::create */ SELECT id FROM organisation WHERE site_key = $1";
    let known = tx.opt::<(OrganisationId,)>(sql, args![import::site_key(&payload)]).await?;
    let organisation = match known {
        Some((known,)) => known,
        None => import::site(&app, &mut tx, &payload, now, app.today()).await?,
    };
    let sql =
        "/* resource::create */ SELECT id FROM service WHERE organisation_id = $1 AND kind = $2 ORDER BY id LIMIT 1";
    if let Some((there,)) = tx.opt::<(ResourceId,)>(sql, args![organisation, kind]).await? {
        let errors = Errors::one("name", "同じ名前・所在地・種別の事業所が、すでにあります。");
        return Ok(unprocessable(page(&app, &actor, &fields, &errors, Some(there))));
    }
    let key = id.to_string();
    let new = import::NewService { id, source: BY_HAND, key: &key, digest: "", kind, organisation, payload: &payload };
    import::insert(&mut tx, &new).await?;
    tx.commit(&permit, &app.mint, now, Object::new("service", id.0), None, kind.code()).await?;
    Ok(see_other(&place))
}
