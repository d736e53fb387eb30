//! Pages of an administrator: people, their roles, invitations, recovery, the end of an access.

use super::{
    invitation::{self, Made},
    model::{self, New, fits, places_of},
    proposal::{self, Given, Proposal},
    stopped,
    store::{self, Grant, Invitation, Listed, Person, Place},
};
use crate::{
    account::{Actor, setup},
    app::App,
    journal::{Draft, Object},
    once,
    policy::{self, ManagePeople, Permit, Role},
    signin, view,
    web::{self, Base, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{
    Timestamp,
    db::Reader,
    form::{Errors, Fields},
    id::{OrganisationId, PersonId},
    vocabulary::Vocabulary as _,
};

const PAGE: i64 = 30;

fn state(l: &Listed) -> (ui::Tone, &'static str) {
    match (l.disabled_at, l.keys, l.role) {
        (Some(_), ..) => (ui::Tone::Neutral, "停止"),
        (_, 0, _) if l.invited > 0 => (ui::Tone::Neutral, "招待中"),
        (_, 0, _) => (ui::Tone::Warn, "パスキー未登録"),
        (_, _, None) => (ui::Tone::Warn, "役割なし"),
        _ => (ui::Tone::Ok, "利用中"),
    }
}

pub async fn list(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    let permit = policy::by_role::<ManagePeople>(&actor)?;
    let text = query.get("q").trim();
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 1_000_000);
    let mut rows = store::list(&app.store.read().await?, text, app.today(), app.now(), PAGE + 1, offset).await?;
    let object = Object::new("person_list", actor.person.0);
    app.store.read_by_role(&permit, &app.mint, app.now(), object).await?;
    let shown = usize::try_from(PAGE).unwrap_or(30);
    let more = rows.len() > shown;
    rows.truncate(shown);
    let link = |at: i64| {
        let q: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        format!("/people?q={q}&offset={at}")
    };
    let (prev, next) = ((offset > 0).then(|| link((offset - PAGE).max(0))), more.then(|| link(offset + PAGE)));
    let body = html! {
        (ui::heading(&ui::Heading { over: "管理", title: "利用者", actions: ui::link_button("/people/new", "利用者を招く", Some(ui::Icon::Plus), true) }))
        section.panel {
            form.filter method="get" action="/people" role="search" aria-label="利用者を探す" {
                (ui::form_row(html! { (ui::Field::new("q", "氏名・ふりがな・所属で探す").value(text).max(60).text()) (ui::button("探す", false)) }))
            }
            @if rows.is_empty() { (ui::empty(if text.is_empty() { "利用者はまだいません" } else { "この条件の利用者はいません" }, html! { @if !text.is_empty() { p { a href="/people" { "すべての利用者を見る" } } } })) }
            @else { (ui::steady_table("利用者の一覧", &[("氏名", 22), ("役割", 22), ("状態", 14), ("最後の操作", 14)], html! { @for l in &rows { @let (tone, label) = state(l); tr {
                th scope="row" { a href=(format!("/people/{}", l.id)) { (l.name) } small { (l.kana) "・" (l.profession.label()) } }
                td data-l="役割" { (l.role.map_or("—", |r| r.label())) @if let Some(place) = &l.place { small { (place) } } }
                td data-l="状態" { (ui::tag(tone, label)) }
                td data-l="最後の操作" { @match l.seen_at { Some(t) => (view::moment(t)), None => "まだ" } }
            } } })) }
            @if prev.is_some() || next.is_some() { (ui::pager(&view::shown(offset, rows.len()), prev.as_deref(), next.as_deref())) }
        }
    };
    Ok(web::page(&app, &actor, "people", "利用者", body))
}

/// Where somebody can be placed, with a search for the many sites.
fn place_fields(fields: &Fields, errors: &Errors, places: &[Place]) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let options: Vec<(String, &str)> = places.iter().map(|p| (p.id.to_string(), p.name.as_str())).collect();
    let options: Vec<(&str, &str)> = options.iter().map(|(id, name)| (id.as_str(), *name)).collect();
    html! {
        (ui::form_row(html! {
            (f("q", "所属を名前で探す").hint("市町・県・圏域は、探さなくても下に出ます").max(60).text())
            button.btn type="submit" name="searching" value="1" { "所属を探す" }
        }))
        @if places.is_empty() { p { "「" (fields.get("q")) "」に合う所属はありません。社会資源に事業所を加えると、ここに出ます。" } }
        (f("organisation", "所属").required().radios(&options))
        (f("role", "役割").required().select(&with_choice(Role::options().into_iter().filter(|(code, _)| *code != Role::Family.code()).collect())))
    }
}

fn with_choice(mut options: Vec<(&'static str, &'static str)>) -> Vec<(&'static str, &'static str)> {
    options.insert(0, ("", "選んでください"));
    options
}

/// What was found, and what was already chosen, so that a search loses no choice.
async fn places(tx: &Reader, fields: &Fields) -> Result<Vec<Place>> {
    let mut places = store::places(tx, fields.get("q").trim()).await?;
    if let Ok(id) = fields.get("organisation").parse::<OrganisationId>()
        && !places.iter().any(|p| p.id == id)
    {
        places.extend(store::place(tx, id).await?);
    }
    Ok(places)
}

fn new_page(app: &App, actor: &Actor, fields: &Fields, errors: &Errors, places: &[Place]) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let body = html! {
        (ui::heading(&ui::Heading { over: "利用者", title: "利用者を招く", actions: ui::link_button("/people", "利用者へ戻る", None, false) }))
        (ui::panel("招く人", html! {}, ui::pad(view::form(app, fields, "/people/new", html! {
            (view::summary(errors))
            p { "登録すると、一度だけ使えるリンクと6けたの番号が出ます。リンクと番号は、別の方法で伝えます。" }
            (ui::form_row(html! { (f("name", "氏名").required().max(50).text()) (f("kana", "ふりがな").required().max(60).text()) }))
            (f("profession", "職種").required().select(&with_choice(model::professions())))
            (place_fields(fields, errors, places))
        }, ui::button("招待を作る", true)))))
    };
    web::page(app, actor, "people", "利用者を招く", body)
}

pub async fn blank(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<ManagePeople>(&actor)?;
    let fields = Fields::default();
    let places = places(&app.store.read().await?, &fields).await?;
    Ok(new_page(&app, &actor, &fields, &Errors::default(), &places))
}

pub fn misplaced(place: Option<&Place>, role: Role) -> Option<Errors> {
    match place {
        None => Some(Errors::one("organisation", "所属を選んでください。")),
        Some(place) if !fits(place.kind, role) => {
            let sentence =
                format!("{}は、{}の役割です。所属か役割を選び直してください。", role.label(), places_of(role));
            Some(Errors::one("role", sentence))
        }
        Some(_) => None,
    }
}

pub async fn create(State(app): State<App>, actor: Actor, base: Base, Form(fields): Form) -> Result {
    let permit = policy::by_role::<ManagePeople>(&actor)?;
    let now = app.now();
    if fields.has("searching") {
        let places = places(&app.store.read().await?, &fields).await?;
        return Ok(new_page(&app, &actor, &fields, &Errors::default(), &places).into_response());
    }
    policy::proved(&app, &actor, now)?;
    let mut tx = app.store.begin().await?;
    let parsed = New::parse(&fields);
    let errors = match &parsed {
        Err(errors) => Some(errors.clone()),
        Ok(new) => misplaced(store::place(&tx, new.organisation).await?.as_ref(), new.role),
    };
    let (Ok(new), None) = (&parsed, &errors) else {
        let places = places(&tx, &fields).await?;
        let errors = errors.unwrap_or_default();
        return Ok(unprocessable(new_page(&app, &actor, &fields, &errors, &places)));
    };
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/people", now).await? {
        return Ok(see_other(&before));
    }
    let person = setup::person(&app, &mut tx, &new.name, &new.kana, new.profession, now).await?;
    let given = proposal::give(&app, &mut tx, &actor, person, (new.organisation, new.role), now).await?;
    if given != Given::Now {
        // Whoever has no role yet needs no way in.
        let detail = format!("propose {}", new.role.code());
        tx.commit(&permit, &app.mint, now, Object::new("person", person.0), None, &detail).await?;
        return Ok(see_other(&format!("/people/{person}")));
    }
    let made = invitation::make(&app, &mut tx, person, actor.person, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("person", person.0), None, new.role.code()).await?;
    Ok(link_page(&app, &actor, person, &new.name, &made, &base).into_response())
}

/// A link and its code, for the one time that they are known.
pub fn link_view(name: &str, made: &Made, base: &Base) -> Markup {
    html! {
        (ui::notice(ui::Tone::Warn, &format!("{name}さんの招待：この画面は一度だけ出ます"), html! { p { "リンクはメールなどで、番号は電話か対面で伝えます。" (view::moment(made.expires_at)) "まで、一度だけ使えます。" } }))
        (ui::panel("リンク", html! {}, ui::pad(html! { p.code { (base.0) (made.path) } })))
        (ui::panel("番号", html! {}, ui::pad(html! { p.code { (made.code) } })))
    }
}

/// Shown once: neither the link nor the code is stored.
fn link_page(app: &App, actor: &Actor, person: PersonId, name: &str, made: &Made, base: &Base) -> Markup {
    let body = html! {
        (ui::heading(&ui::Heading { over: "利用者", title: &format!("{name}さんの招待"), actions: html! {} }))
        (link_view(name, made, base))
        p { (ui::link_button(&format!("/people/{person}"), "利用者の画面へ", None, false)) }
    };
    web::page(app, actor, "people", "招待", body)
}

pub struct Shown {
    person: Person,
    grants: Vec<Grant>,
    proposals: Vec<Proposal>,
    invitations: Vec<Invitation>,
    keys: usize,
    places: Vec<Place>,
}

pub async fn load(tx: &Reader, id: PersonId, fields: &Fields) -> Result<Shown> {
    if store::is_guardian(tx, id).await? {
        return Err(Error::NotFound);
    }
    Ok(Shown {
        person: store::find(tx, id).await?.ok_or(Error::NotFound)?,
        grants: store::grants(tx, id).await?,
        proposals: proposal::open(tx, id).await?,
        invitations: store::invitations(tx, id).await?,
        keys: signin::keys_of(tx, id).await?.len(),
        places: places(tx, fields).await?,
    })
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<PersonId>) -> Result<Markup> {
    let permit = policy::by_role::<ManagePeople>(&actor)?;
    let shown = load(&app.store.read().await?, id, &Fields::default()).await?;
    app.store.read_by_role(&permit, &app.mint, app.now(), Object::new("person", id.0)).await?;
    Ok(show_page(&app, &actor, &shown, &Fields::default(), &Errors::default()))
}

fn word(i: &Invitation, now: Timestamp) -> (ui::Tone, &'static str) {
    match (i.used_at, i.revoked_at, i.expires_at <= now, &i.token_hash) {
        (Some(_), ..) => (ui::Tone::Ok, "使われた"),
        (_, Some(_), ..) => (ui::Tone::Neutral, "取り消した"),
        (_, _, true, _) => (ui::Tone::Neutral, "期限切れ"),
        (_, _, _, None) => (ui::Tone::Warn, "ほかの管理者の承認待ち"),
        _ => (ui::Tone::Info, "待っている"),
    }
}

pub fn show_page(app: &App, actor: &Actor, s: &Shown, fields: &Fields, errors: &Errors) -> Markup {
    let (p, now, today) = (&s.person, app.now(), app.today());
    let empty = Fields::default();
    let act = |path: &str| format!("/people/{}/{path}", p.id);
    let live = |g: &&Grant| g.until.is_none_or(|u| u > today);
    let pending = s.invitations.iter().find(|i| {
        i.purpose == "recovery"
            && i.approved_by.is_none()
            && i.used_at.is_none()
            && i.revoked_at.is_none()
            && i.expires_at > now
    });
    let me = p.id == actor.person;
    let body = html! {
        (ui::heading(&ui::Heading { over: "利用者", title: &p.name, actions: ui::link_button("/people", "利用者へ戻る", None, false) }))
        @if let Some(at) = p.disabled_at { (ui::notice(ui::Tone::Neutral, "この人の利用は止まっています", html! { p { (view::moment(at)) } })) }
        @if let Some(i) = pending {
            (ui::notice(ui::Tone::Warn, "パスキーの作り直しが、承認を待っています", html! {
                p { (i.maker.as_deref().unwrap_or("")) "さんが" (view::moment(i.made_at)) "に申し出ました。本人であることを、電話や対面で確かめてから承認します。" }
                @if i.made_by == Some(actor.person) { p { "申し出た人とは別の管理者が承認します。" } }
                @else { (view::form(app, &empty, &act("recover/approve"), html! {}, ui::button("本人と確かめたので承認する", true))) }
            }))
        }
        @for r in &s.proposals {
            (ui::notice(ui::Tone::Warn, &format!("{}（{}）の役割が、承認を待っています", r.role.label(), r.place), html! {
                p { (r.maker) "さんが" (view::moment(r.made_at)) "に加えました。" @if r.made_by == actor.person { "別の管理者が承認するまで、この役割では何も見られません。" } @else { "その人が、その役割で働くことを確かめてから承認します。" } }
                @if !me { (view::form(app, &empty, &act("role/decide"), html! { input type="hidden" name="proposal" value=(r.id); }, html! {
                    @if r.made_by != actor.person { (ui::button_value("answer", "approve", "確かめたので承認する", true)) (ui::button_value("answer", "refuse", "承認しない", false)) }
                    @else { (ui::button_value("answer", "refuse", "取り下げる", false)) }
                })) }
            }))
        }
        (ui::two(html! {
            (ui::panel("役割", html! {}, html! {
                @if s.grants.is_empty() { (ui::empty("役割はありません", html! {})) } @else {
                    (ui::table("役割", &["役割", "所属", "期間", ""], html! { @for g in &s.grants { tr {
                        th scope="row" { (g.role.label()) } td data-l="所属" { (g.place) }
                        td data-l="期間" { (view::day_short(g.since)) "から" @if let Some(u) = g.until { (view::day_short(u)) "まで" } }
                        td { @if live(&g) && !me { (view::form(app, &empty, &act("role/end"), html! { input type="hidden" name="seat" value=(g.seat_id); }, ui::button("終える", false))) } }
                    } } }))
                }
            }))
            @if p.disabled_at.is_none() && !me {
                (ui::panel("役割を加える", html! {}, ui::pad(view::form(app, fields, &act("role"), html! {
                    (view::summary(errors)) (place_fields(fields, errors, &s.places))
                }, ui::button("役割を加える", true)))))
            }
        }, html! {
            (ui::panel("サインイン", html! {}, ui::pad(html! {
                (ui::kv(&[
                    ("ふりがな", html! { (p.kana) }), ("職種", html! { (p.profession.label()) }), ("登録", html! { (view::moment(p.created_at)) }),
                    ("パスキー", html! { (s.keys) "個" }),
                ]))
                @if p.disabled_at.is_none() && !me {
                    @if s.keys == 0 && s.grants.iter().any(|g| live(&g)) { (view::form(app, &empty, &act("invite"), html! { p { "前の招待は使えなくなります。" } }, ui::button("新しい招待を作る", true))) }
                    @else if s.keys > 0 && pending.is_none() { (ui::details("パスキーを失くしたとき", html! {
                        p { "別の管理者が承認すると、新しい招待が出ます。それが使われると、前のパスキーとサインインはすべて終わります。" }
                        (view::form(app, &empty, &act("recover"), html! {}, ui::button("パスキーの作り直しを申し出る", false)))
                    })) }
                    (ui::details("利用を止める", html! {
                        p { "サインインも、開いている画面も、すぐに終わります。書いた記録は残ります。" }
                        (view::form(app, &empty, &act("disable"), html! {}, ui::button(&format!("{}さんの利用を止める", p.name), false)))
                    }))
                }
            })))
            (ui::panel("招待", html! {}, if s.invitations.is_empty() { ui::empty("招待はありません", html! {}) } else { html! { ul.plain { @for i in &s.invitations { @let (tone, label) = word(i, now);
                li { (view::moment(i.made_at)) " " (i.maker.as_deref().unwrap_or("")) " " (ui::tag(tone, label)) @if i.purpose == "recovery" { " " small { "作り直し" } } } } } } }))
        }))
    };
    web::page(app, actor, "people", &p.name, body)
}

/// The permit and the transaction of an act on somebody else: nobody arranges their own access.
pub async fn about(app: &App, actor: &Actor, id: PersonId) -> Result<(Permit<ManagePeople>, Draft, Person)> {
    let permit = policy::by_role::<ManagePeople>(actor)?;
    policy::proved(app, actor, app.now())?;
    let tx = app.store.begin().await?;
    if store::is_guardian(&tx, id).await? {
        return Err(Error::NotFound);
    }
    let person = store::find(&tx, id).await?.ok_or(Error::NotFound)?;
    if id == actor.person {
        return Err(Error::refused("自分の役割や利用は、自分では変えられません。ほかの管理者に頼んでください。"));
    }
    Ok((permit, tx, person))
}

pub fn must_be_enabled(person: &Person) -> Result<()> {
    if person.disabled_at.is_some() {
        Err(Error::refused("この人の利用は止まっています。"))
    } else {
        Ok(())
    }
}

pub async fn invite(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<PersonId>,
    base: Base,
    Form(fields): Form,
) -> Result {
    let now = app.now();
    let (permit, mut tx, person) = about(&app, &actor, id).await?;
    must_be_enabled(&person)?;
    if !signin::keys_of(&tx, id).await?.is_empty() {
        return Err(Error::refused(
            "この人には、もうパスキーがあります。失くしたときは「パスキーの作り直し」を申し出てください。",
        ));
    }
    if store::grants(&tx, id).await?.iter().all(|g| g.until.is_some_and(|u| u <= app.today())) {
        return Err(Error::refused("この人には、いま役割がありません。役割が承認されてから招いてください。"));
    }
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &format!("/people/{id}"), now).await? {
        return Ok(see_other(&before));
    }
    let made = invitation::make(&app, &mut tx, id, actor.person, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("person", id.0), None, "invited").await?;
    Ok(link_page(&app, &actor, id, &person.name, &made, &base).into_response())
}

pub async fn recover(State(app): State<App>, actor: Actor, Key(id): Key<PersonId>) -> Result {
    let now = app.now();
    let (permit, mut tx, person) = about(&app, &actor, id).await?;
    must_be_enabled(&person)?;
    invitation::ask_recovery(&app, &mut tx, id, actor.person, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("person", id.0), None, "recovery asked").await?;
    Ok(see_other(&format!("/people/{id}")))
}

pub async fn approve(State(app): State<App>, actor: Actor, Key(id): Key<PersonId>, base: Base) -> Result {
    let now = app.now();
    let (permit, mut tx, person) = about(&app, &actor, id).await?;
    must_be_enabled(&person)?;
    let Some(made) = invitation::approve(&app, &mut tx, id, actor.person, now).await? else {
        return Err(Error::refused("承認を待つ申し出がありません。申し出た人とは別の管理者が承認します。"));
    };
    tx.commit(&permit, &app.mint, now, Object::new("person", id.0), None, "recovery approved").await?;
    Ok(link_page(&app, &actor, id, &person.name, &made, &base).into_response())
}

pub async fn disable(State(app): State<App>, actor: Actor, Key(id): Key<PersonId>) -> Result {
    let now = app.now();
    let (permit, mut tx, who) = about(&app, &actor, id).await?;
    if store::disable(&mut tx, id, now).await? {
        signin::end_sessions(&mut tx, id, now).await?;
        stopped::leave_to_others(&app, &mut tx, id, &who.name, now).await?;
        tx.commit(&permit, &app.mint, now, Object::new("person", id.0), None, "disabled").await?;
    }
    Ok(see_other(&format!("/people/{id}")))
}
