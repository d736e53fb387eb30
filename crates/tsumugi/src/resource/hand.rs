//! An institution that is in no file: entered and corrected by hand, with the same identity rule as the files.

use super::{
    import,
    store::{self, Service},
};
use crate::{
    account::Actor,
    app::App,
    area::Municipality,
    exchange::directory::Kind,
    journal::{Draft, Object},
    once,
    policy::{self, AddResource},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Date, args,
    db::{DbError, Reader},
    form::{Errors, Fields, Parse},
    id::{OrganisationId, ResourceId},
    japanese::fold::fold,
    serde_json::{Value, json},
    vocabulary::Vocabulary as _,
};

/// The source of what people entered; files have the code of their format.
pub const BY_HAND: &str = "hand";

/// What the form knows of an institution, whether it is new or corrected.
fn fields_view(fields: &Fields, errors: &Errors, kind: Markup) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    html! {
        (ui::form_row(html! { (f("name", "事業所の名前").required().max(100).text()) (f("kana", "ふりがな").max(120).text()) }))
        (kind)
        (f("corporation", "法人").max(100).text())
        (f("municipality", "所在する市町").required().radios(&Municipality::options()))
        (f("address", "所在地").required().hint("市町の名前から").max(120).text())
        (ui::form_row(html! { (f("phone", "電話").required().tel()) (f("fax", "FAX").tel()) }))
        (ui::form_row(html! { (f("hours", "利用できる時間").max(100).text()) (f("closed", "休み").max(100).text()) }))
        (f("note", "備考").hint("個人の情報は書かない").max(300).area(2))
    }
}

fn page(app: &App, actor: &Actor, fields: &Fields, errors: &Errors, there: Option<ResourceId>) -> Markup {
    let mut kinds = vec![("", "選んでください")];
    kinds.extend(<Kind as platform::vocabulary::Vocabulary>::options());
    let kind = view::field(fields, errors, "kind", "種別").required().select(&kinds);
    let body = html! {
        (ui::heading(&ui::Heading { over: "社会資源", title: "事業所を手で加える", actions: html! { (ui::link_button("/resources", "社会資源へ戻る", None, false)) } }))
        @if let Some(id) = there { (ui::notice(ui::Tone::Warn, "すでにある事業所です", html! { p { a href=(format!("/resources/{id}")) { "その事業所を開く" } } })) }
        (ui::panel("事業所とサービス", html! {}, ui::pad(view::form(app, fields, "/resources/new", html! {
            (view::summary(errors))
            p { "取り込むファイルにない事業所を加えます。同じ名前・同じ所在地の事業所があれば、そこにサービスを加えます。" }
            (fields_view(fields, errors, kind))
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
    let payload = payload(&mut p);
    p.finish((kind.unwrap_or(Kind::Other), payload))
}

/// The same names as in a row of a file.
fn payload(p: &mut Parse<'_>) -> Value {
    let municipality: Municipality = p.choice("municipality", "所在する市町");
    let phone = p.optional_phone("phone", "電話");
    if phone.is_none() {
        p.fail("phone", "電話を入力してください（例 046-822-0000）。");
    }
    let kana = if p.raw("kana").trim().is_empty() { String::new() } else { p.kana("kana", "ふりがな", 120) };
    json!({
        "name": p.line("name", "事業所の名前", 100),
        "kana": kana,
        "corporation": p.optional_line("corporation", "法人", 100).unwrap_or_default(),
        "municipality": municipality.code(),
        "address": p.line("address", "所在地", 120),
        "phone": phone.unwrap_or_default(),
        "fax": p.optional_phone("fax", "FAX").unwrap_or_default(),
        "hours": p.optional_line("hours", "利用できる時間", 100).unwrap_or_default(),
        "closed": p.optional_line("closed", "休み", 100).unwrap_or_default(),
        "note": p.optional_paragraph("note", "備考", 300).unwrap_or_default(),
    })
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

/// Files know their institutions better than we do: only what no file names is corrected here.
fn must_be_ours(s: &Service) -> Result<()> {
    if s.ours {
        return Ok(());
    }
    Err(Error::refused(
        "公の名簿から取り込んだ事業所（同じ所在地のサービスを含む）は、ここでは直せません。名簿のファイルを直して、もう一度取り込んでください。",
    ))
}

/// What was agreed, sent or granted to an institution was meant for this name at this place.
async fn is_relied_on(tx: &Reader, organisation: OrganisationId) -> Result<bool, DbError> {
    let sql = "/* resource::is_relied_on unscoped: whether there is any, never which */
        SELECT EXISTS (SELECT 1 FROM consent_scope WHERE organisation_id = $1) OR EXISTS (SELECT 1 FROM referral WHERE organisation_id = $1)
            OR EXISTS (SELECT 1 FROM team_member WHERE organisation_id = $1) OR EXISTS (SELECT 1 FROM emergency_disclosure WHERE organisation_id = $1)
            OR EXISTS (SELECT 1 FROM seat WHERE organisation_id = $1)";
    Ok(tx.one::<(bool,)>(sql, args![organisation]).await?.0)
}

fn fields_of(s: &Service) -> Fields {
    Fields::default()
        .with("version", s.version.to_string())
        .with("name", &s.name)
        .with("kana", &s.kana)
        .with("corporation", &s.corporation)
        .with("municipality", s.municipality.code())
        .with("address", &s.address)
        .with("phone", &s.phone)
        .with("fax", &s.fax)
        .with("hours", &s.hours)
        .with("closed", &s.closed_days)
        .with("note", &s.note)
        .with("listed", if s.gone_on.is_none() { "1" } else { "" })
}

/// Every field of the form, for two people who correct one institution.
const NAMES: [(&str, &str); 11] = [
    ("name", "事業所の名前"),
    ("kana", "ふりがな"),
    ("corporation", "法人"),
    ("municipality", "所在する市町"),
    ("address", "所在地"),
    ("phone", "電話"),
    ("fax", "FAX"),
    ("hours", "利用できる時間"),
    ("closed", "休み"),
    ("note", "備考"),
    ("listed", "名簿に載せる"),
];

fn edit_page(app: &App, actor: &Actor, s: &Service, fields: &Fields, errors: &Errors, extra: Markup) -> Markup {
    let place = format!("/resources/{}", s.id);
    let kind = html! { p { "種別 " b { (Kind::label(s.kind)) } br; small { "種別が違うときは、この事業所を名簿から外して、正しい種別で加えてください。" } } };
    let body = html! {
        (ui::heading(&ui::Heading { over: Kind::label(s.kind), title: &format!("{}の基本情報を直す", s.name), actions: html! { (ui::link_button(&place, "事業所へ戻る", None, false)) } }))
        (extra)
        (ui::panel("基本情報", html! {}, ui::pad(view::form(app, fields, &format!("{place}/edit"), html! {
            (view::summary(errors))
            (view::version(fields, &NAMES))
            (fields_view(fields, errors, kind))
            (view::field(fields, errors, "listed", "名簿に載せる").hint("外しても、これまでのつなぎの記録は残ります").checkbox())
        }, ui::button("直して保存する", true)))))
    };
    web::page(app, actor, "resources", "基本情報を直す", body)
}

pub async fn edit(State(app): State<App>, actor: Actor, Key(id): Key<ResourceId>) -> Result<Markup> {
    policy::by_role::<AddResource>(&actor)?;
    let tx = app.store.read().await?;
    let s = store::find(&tx, id, app.today()).await?.ok_or(Error::NotFound)?;
    drop(tx);
    must_be_ours(&s)?;
    Ok(edit_page(&app, &actor, &s, &fields_of(&s), &Errors::default(), html! {}))
}

pub async fn save(State(app): State<App>, actor: Actor, Key(id): Key<ResourceId>, Form(fields): Form) -> Result {
    let permit = policy::by_role::<AddResource>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let place = format!("/resources/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    // Held first: the name, the place and the telephone belong to the site, which several services may share.
    let sql = "/* resource::save */ UPDATE organisation SET kind = kind WHERE id = (SELECT organisation_id FROM service WHERE id = $1)";
    tx.exec(sql, args![id]).await?;
    let s = store::find(&tx, id, app.today()).await?.ok_or(Error::NotFound)?;
    must_be_ours(&s)?;
    let mut p = Parse::new(&fields);
    let payload = payload(&mut p);
    let payload = match p.finish(payload) {
        Ok(payload) => payload,
        Err(errors) => return Ok(unprocessable(edit_page(&app, &actor, &s, &fields, &errors, html! {}))),
    };
    let key = import::site_key(&payload);
    let sql = "/* resource::save */ SELECT id FROM organisation WHERE site_key = $1 AND id <> $2";
    if tx.opt::<(OrganisationId,)>(sql, args![&key, s.organisation_id]).await?.is_some() {
        let errors = Errors::one("name", "同じ名前・所在地の事業所が、ほかにあります。");
        return Ok(unprocessable(edit_page(&app, &actor, &s, &fields, &errors, html! {})));
    }
    let before = fields_of(&s);
    let renamed = ["name", "municipality", "address"].iter().any(|f| before.get(f) != said(&payload, f));
    if renamed && is_relied_on(&tx, s.organisation_id).await? {
        let errors = Errors::one(
            "name",
            "この事業所あての同意・つなぎ・チームの記録があるため、名前と所在地は変えられません。改称や移転のときは、新しく加えて、こちらを名簿から外してください。",
        );
        return Ok(unprocessable(edit_page(&app, &actor, &s, &fields, &errors, html! {})));
    }
    let version = fields.get("version").parse().unwrap_or(-1);
    let listed = !fields.get("listed").is_empty();
    if !corrected(&mut tx, &s, version, &key, &payload, (!listed).then(|| s.gone_on.unwrap_or(app.today()))).await? {
        let words = |name: &str, value: &str| match name {
            "municipality" => Municipality::from_code(value).map_or("", |m| m.label()).to_owned(),
            "listed" => "載せる".to_owned(),
            _ => value.to_owned(),
        };
        let again = view::merged(&fields, &fields_of(&s), &NAMES);
        let extra = view::side_by_side(&NAMES, &words, &fields_of(&s), &again);
        let page = edit_page(&app, &actor, &s, &again, &Errors::default(), extra);
        return Err(Error::Conflict(Box::new(page)));
    }
    let changed: Vec<&str> = before.iter().map(|(name, _)| name).filter(|n| before.get(n) != fields.get(n)).collect();
    let detail = format!("corrected {}", changed.into_iter().filter(|n| *n != "version").collect::<Vec<_>>().join(" "));
    tx.commit(&permit, &app.mint, now, Object::new("service", id.0), None, &detail).await?;
    Ok(see_other(&place))
}

fn said<'a>(payload: &'a Value, name: &str) -> &'a str {
    payload.get(name).and_then(Value::as_str).unwrap_or("")
}

/// False: somebody changed the service first. The name and place of the site change for all its services.
async fn corrected(
    tx: &mut Draft,
    s: &Service,
    version: i64,
    key: &str,
    p: &Value,
    gone_on: Option<Date>,
) -> Result<bool, DbError> {
    let text = |name: &str| said(p, name);
    let sql = "/* resource::corrected */
        UPDATE service SET hours = $3, closed_days = $4, note = $5, gone_on = $6, version = version + 1 WHERE id = $1 AND version = $2";
    let own = args![s.id, version, text("hours"), text("closed"), text("note"), gone_on];
    if tx.exec(sql, own).await? == 0 {
        return Ok(false);
    }
    let (name, kana) = (text("name"), text("kana"));
    let sql = "/* resource::corrected */ UPDATE service SET municipality = $2, name_fold = $3, kana_fold = $4, version = CASE WHEN id = $5 THEN version ELSE version + 1 END WHERE organisation_id = $1";
    let kana_fold = fold(if kana.is_empty() { name } else { kana });
    tx.exec(sql, args![s.organisation_id, text("municipality"), fold(name), kana_fold, s.id]).await?;
    // Until somebody confirms whom a service serves, it serves the place where it stands.
    let sql = "/* resource::corrected */
        UPDATE service_area SET municipality = $2 WHERE municipality = $3 AND $2 <> $3
           AND service_id IN (SELECT id FROM service WHERE organisation_id = $1 AND confirmed_on IS NULL)";
    tx.exec(sql, args![s.organisation_id, text("municipality"), s.municipality]).await?;
    let sql = "/* resource::corrected */
        UPDATE organisation SET name = $2, kana = $3, corporation = $4, municipality = $5, address = $6, phone = $7, fax = $8, site_key = $9 WHERE id = $1";
    let site = args![
        s.organisation_id,
        name,
        kana,
        text("corporation"),
        text("municipality"),
        text("address"),
        text("phone"),
        text("fax"),
        key
    ];
    tx.exec(sql, site).await?;
    Ok(true)
}
