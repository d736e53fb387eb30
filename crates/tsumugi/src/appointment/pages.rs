//! Pages of appointments, and how they are shown on the pages of the family and of who made them.

use super::{
    model::{AppointmentKind, New, span},
    store::{self, Appointment, Own},
};
use crate::{
    account::Actor,
    app::App,
    case::{self, Case},
    journal::Object,
    once,
    policy::{self, Category, ReadCase, Seen, SetAppointment},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::{Path, State};
use maud::{Markup, html};
use platform::{
    Timestamp, Uuid,
    db::Reader,
    form::{Errors, Fields},
    id::CaseId,
    japanese::date,
    vocabulary::Vocabulary as _,
};

/// Appointments on one page, those that come and those that were.
const COMING: i64 = 100;
const PAST: i64 = 30;

pub async fn list(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCase>(&actor, &seen)?;
    let body = body(&app, &tx, &actor, &seen, &Fields::default(), &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(web::page(&app, &actor, "cases", "予定", body))
}

async fn body(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let (case, id, now) = (case::find(tx, seen).await?, seen.case(), app.now());
    // What has begun today still counts as what comes.
    let from = date::jst_next_midnight(app.today().yesterday().unwrap_or(app.today()));
    let coming = store::coming(tx, seen, from, COMING).await?;
    let past = store::past(tx, seen, from, PAST).await?;
    let may = seen.allows::<SetAppointment>() && case.status != case::Status::Closed && !case.protected;
    Ok(html! {
        (case::header(app, &case, seen, "/appointments"))
        @if case.protected { (ui::notice(ui::Tone::Alert, "守られている子どもの予定は、ここに置けません", html! { p { "いつ、どこにいるかが分かるためです。予定は電話で伝えてください。" } })) }
        (ui::two(html! {
            (ui::panel("これからの予定", html! {}, html! {
                @if !seen.shows(Category::Plan) { (case::not_agreed("ほかの機関の予定")) }
                @if coming.is_empty() { (ui::empty("これからの予定はありません", html! {})) }
                @else { ul.plain { @for a in &coming { li { (line(a)) @if may && may_change(actor, seen, a) && a.cancelled_at.is_none() && a.starts_at > now {
                    br; a href=(format!("/cases/{id}/appointments/{}", a.id)) aria-label=(format!("{} {}を変える", date::month_day_weekday(date::jst_date(a.starts_at)), a.what)) { "変える・取りやめる" }
                } } } } }
            }))
            @if !past.is_empty() { (ui::panel("過ぎた予定", html! {}, html! { ul.plain { @for a in &past { li { (line(a)) } } } })) }
        }, html! {
            @if may { (ui::panel("予定を入れる", html! {}, ui::pad(form(app, &format!("/cases/{id}/appointments"), fields, errors, "予定を入れる", html! {})))) }
        }))
    })
}

/// Who made it changes it; so do lead, deputy and who stands in.
fn may_change(actor: &Actor, seen: &Seen, a: &Appointment) -> bool {
    a.made_by == actor.person || a.organisation_id == actor.organisation || seen.allows::<policy::EditCase>()
}

fn line(a: &Appointment) -> Markup {
    html! {
        @if a.cancelled_at.is_some() { (ui::tag(ui::Tone::Neutral, "取りやめ")) " " }
        b { (date::month_day_weekday(date::jst_date(a.starts_at))) " " (span(a.starts_at, a.minutes)) } " " (ui::tag(ui::Tone::Info, a.kind.label())) " " (a.what)
        @if !a.place.is_empty() { "（" (a.place) "）" }
        @if !a.note.is_empty() { br; (view::lines(&a.note)) }
        br; small { (a.maker) "・" (a.agency) @if !a.for_family { "・職員だけ" } }
    }
}

fn form(app: &App, action: &str, fields: &Fields, errors: &Errors, label: &str, extra: Markup) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let or = |name: &str, usual: &'static str| {
        if fields.has(name) { fields.get(name).to_owned() } else { usual.to_owned() }
    };
    let (kind, shown) = (or("kind", AppointmentKind::Visit.code()), or("shown", "family"));
    view::form(
        app,
        fields,
        action,
        html! {
            (extra)
            (view::summary(errors))
            (f("kind", "種類").value(&kind).required().radios(&AppointmentKind::options()))
            (f("what", "予定").required().hint("例 訪問（吸引の手技を確かめる）").max(60).text())
            (ui::form_row(html! { (f("on", "日にち").required().date()) (f("time", "時刻").required().hint("例 14:05").max(5).text()) (f("minutes", "かかる分").hint("空のときは60").number("分")) }))
            (f("place", "場所").max(80).text())
            (f("note", "持ち物・伝えること").max(300).area(2))
            (f("shown", "だれに見せるか").value(&shown).required().radios(&[("family", "家族とチーム"), ("staff", "チームだけ")]))
        },
        ui::button(label, true),
    )
}

/// Refuses where appointments are not kept.
fn not_of_a_protected_child(case: &Case) -> Result<()> {
    if case.protected {
        return Err(Error::refused("守られている子どもの予定は、ここに置けません。予定は電話で伝えてください。"));
    }
    Ok(())
}

pub async fn make(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<SetAppointment>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    not_of_a_protected_child(&case::find(&tx, &seen).await?)?;
    let new = match New::parse(&fields, now) {
        Ok(new) => new,
        Err(errors) => {
            let body = body(&app, &tx, &actor, &seen, &fields, &errors).await?;
            return Ok(unprocessable(web::page(&app, &actor, "cases", "予定", body)));
        }
    };
    let place = format!("/cases/{id}/appointments");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let appointment = app.mint.uuid(now);
    store::make(&mut tx, &app.mint, appointment, &seen, &actor, &new, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("appointment", appointment), None, "made").await?;
    Ok(see_other(&place))
}

fn ids((case, appointment): &(String, String)) -> Result<(CaseId, Uuid)> {
    Ok((case.parse().map_err(|_| Error::NotFound)?, appointment.parse().map_err(|_| Error::NotFound)?))
}

/// An appointment that the actor may still change.
async fn changeable(tx: &Reader, actor: &Actor, seen: &Seen, id: Uuid, now: Timestamp) -> Result<Appointment> {
    let a = store::find(tx, seen, id).await?.ok_or(Error::NotFound)?;
    if !may_change(actor, seen, &a) {
        return Err(Error::refused("予定を変えられるのは、入れた人とその事業所、主担当と副担当です。"));
    }
    if a.cancelled_at.is_some() {
        return Err(Error::refused("この予定は、もう取りやめになっています。"));
    }
    if a.starts_at <= now {
        return Err(Error::refused("過ぎた予定は変えられません。済んだことは「経過記録」に書いてください。"));
    }
    Ok(a)
}

fn fields_of(a: &Appointment) -> Fields {
    Fields::default()
        .with("version", a.version.to_string())
        .with("kind", a.kind.code())
        .with("what", &a.what)
        .with("on", date::jst_date(a.starts_at).to_string())
        .with("time", date::jst_time(a.starts_at))
        .with("minutes", a.minutes.to_string())
        .with("place", &a.place)
        .with("note", &a.note)
        .with("shown", if a.for_family { "family" } else { "staff" })
}

/// The page of one appointment.
struct Edit<'a> {
    case: &'a Case,
    seen: &'a Seen,
    appointment: &'a Appointment,
    extra: Markup,
}

fn edit_page(app: &App, actor: &Actor, e: &Edit<'_>, fields: &Fields, errors: &Errors) -> Markup {
    let (id, a) = (e.case.id, e.appointment);
    let action = format!("/cases/{id}/appointments/{}", a.id);
    let version = if fields.has("version") { fields.get("version").to_owned() } else { a.version.to_string() };
    let hidden = html! { input type="hidden" name="version" value=(version); };
    web::page(
        app,
        actor,
        "cases",
        "予定を変える",
        html! {
            (case::header(app, e.case, e.seen, "/appointments"))
            (e.extra)
            (ui::two(
                ui::panel("予定を変える", html! { a href=(format!("/cases/{id}/appointments")) { "予定へ戻る" } }, ui::pad(form(app, &action, fields, errors, "変えた予定を保存する", hidden))),
                ui::panel("取りやめる", html! {}, ui::pad(html! {
                    p { (line(a)) }
                    p { small { "取りやめた予定は消えずに、「取りやめ」と出ます。家族に見せている予定は、家族の画面でも同じです。" } }
                    (view::form(app, &Fields::default(), &format!("{action}/cancel"), html! {}, ui::button("この予定を取りやめる", false)))
                })),
            ))
        },
    )
}

pub async fn edit(State(app): State<App>, actor: Actor, Path(path): Path<(String, String)>) -> Result<Markup> {
    let (id, appointment) = ids(&path)?;
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<SetAppointment>(&actor, &seen)?;
    let a = changeable(&tx, &actor, &seen, appointment, now).await?;
    let case = case::find(&tx, &seen).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("appointment", appointment)).await?;
    let shown = Edit { case: &case, seen: &seen, appointment: &a, extra: html! {} };
    Ok(edit_page(&app, &actor, &shown, &fields_of(&a), &Errors::default()))
}

pub async fn change(
    State(app): State<App>,
    actor: Actor,
    Path(path): Path<(String, String)>,
    Form(fields): Form,
) -> Result {
    let (id, appointment) = ids(&path)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<SetAppointment>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    let a = changeable(&tx, &actor, &seen, appointment, now).await?;
    let case = case::find(&tx, &seen).await?;
    let new = match New::parse(&fields, now) {
        Ok(new) => new,
        Err(errors) => {
            let shown = Edit { case: &case, seen: &seen, appointment: &a, extra: html! {} };
            return Ok(unprocessable(edit_page(&app, &actor, &shown, &fields, &errors)));
        }
    };
    let place = format!("/cases/{id}/appointments");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let version = fields.get("version").parse().unwrap_or(-1);
    if !store::change(&mut tx, &app.mint, &seen, (appointment, version), &new, now).await? {
        let extra = ui::notice(
            ui::Tone::Alert,
            "ほかの人が先にこの予定を変えました",
            html! { p { "いまの予定：" (line(&a)) } p { "あなたの入力は下に残っています。見比べて、よければもう一度保存してください。" } },
        );
        let shown = Edit { case: &case, seen: &seen, appointment: &a, extra };
        let again = view::on_newer(&fields, a.version);
        return Err(Error::Conflict(Box::new(edit_page(&app, &actor, &shown, &again, &Errors::default()))));
    }
    tx.commit(&permit, &app.mint, now, Object::new("appointment", appointment), None, "changed").await?;
    Ok(see_other(&place))
}

pub async fn cancel(State(app): State<App>, actor: Actor, Path(path): Path<(String, String)>) -> Result {
    let (id, appointment) = ids(&path)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<SetAppointment>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    changeable(&tx, &actor, &seen, appointment, now).await?;
    if !store::cancel(&mut tx, &seen, appointment, &actor, now).await? {
        return Err(Error::refused("この予定は、もう取りやめになっています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("appointment", appointment), None, "cancelled").await?;
    Ok(see_other(&format!("/cases/{id}/appointments")))
}

/// The next appointments on the page of a guardian.
pub fn family_view(coming: &[Appointment]) -> Markup {
    ui::panel(
        "つぎの予定",
        html! {},
        html! {
            @if coming.is_empty() { (ui::empty("決まっている予定はありません", html! {})) }
            @else { ul.plain { @for a in coming { li {
                @if a.cancelled_at.is_some() { (ui::tag(ui::Tone::Warn, "取りやめになりました")) br; }
                b { (date::month_day_weekday(date::jst_date(a.starts_at))) " " (span(a.starts_at, a.minutes)) } br;
                (a.what) @if !a.place.is_empty() { "（" (a.place) "）" }
                @if !a.note.is_empty() { br; (view::lines(&a.note)) }
                br; small { (a.maker) "・" (a.agency) }
            } } } }
        },
    )
}

/// What one has agreed with families for the coming days.
pub fn own_view(own: &[Own]) -> Markup {
    html! { @if !own.is_empty() { (ui::panel("自分が入れた予定（7日のうち）", html! {}, html! { ul.plain { @for a in own { li {
        b { (date::month_day_weekday(date::jst_date(a.starts_at))) " " (span(a.starts_at, a.minutes)) } " " (ui::tag(ui::Tone::Info, a.kind.label())) " "
        a href=(format!("/cases/{}/appointments", a.case_id)) { (a.child_name) } " " small { (a.child_kana) }
    } } } })) } }
}
