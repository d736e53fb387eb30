//! 見られない人: somebody to whom the case does not exist, whatever role or seat they have.

use super::store::{self, Exclusion, Sitter};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    once,
    policy::{self, ExcludePerson, Seen},
    view, waiting,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{
    Uuid,
    db::Reader,
    form::{Errors, Fields, Parse},
    id::{CaseId, PersonId},
    japanese::date,
};

/// Whom one can choose: everybody who sees the case now, and staff found by name.
#[derive(Default)]
pub struct Choice {
    options: Vec<(String, String)>,
    /// What the search by name found, in a sentence.
    found: Option<String>,
}

impl Choice {
    pub async fn load(tx: &Reader, sitters: &[Sitter], fields: &Fields, app: &App) -> Result<Choice> {
        let mut all: Vec<(String, String)> = Vec::new();
        let text = fields.get("name").trim();
        let found = if text.is_empty() { vec![] } else { store::staff(tx, text, app.now()).await? };
        let told = match (text.is_empty(), found.len()) {
            (true, _) => None,
            (false, 0) => {
                Some(format!("「{text}」という名前の職員は見つかりません。下では、いま見られる人から選べます。"))
            }
            (false, n) => Some(format!("「{text}」で{n}人が見つかりました。下で選べます。")),
        };
        let known = sitters.iter().map(|s| (s.person_id.to_string(), s.name.clone()));
        for (id, label) in
            found.into_iter().map(|(id, name, place)| (id.to_string(), format!("{name}（{place}）"))).chain(known)
        {
            if !all.iter().any(|(one, _)| *one == id) {
                all.push((id, label));
            }
        }
        Ok(Choice { options: all, found: told })
    }
}

/// The part of the page about who must not see the case.
pub fn view(
    app: &App,
    id: CaseId,
    list: &[Exclusion],
    may: bool,
    choice: &Choice,
    fields: &Fields,
    errors: &Errors,
) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let options: Vec<(&str, &str)> = choice.options.iter().map(|(id, label)| (id.as_str(), label.as_str())).collect();
    let typing = fields.has("person") || fields.has("searching") || !errors.is_empty();
    let form = view::form(
        app,
        fields,
        &format!("/cases/{id}/exclusions"),
        html! {
            (view::summary(errors))
            (ui::form_row(html! { (f("name", "名前で探す（いま見られない人）").max(50).autocomplete("off").text()) (ui::button_value("searching", "1", "探す", false)) }))
            @if let Some(told) = &choice.found { p role="status" { (told) } }
            (f("person", "見られないようにする人").required().select(&options))
            (f("reason", "理由").required().hint("例 家族の親族である、離婚した配偶者が勤めている").max(500).area(2))
        },
        ui::button("見られないようにする", true),
    );
    ui::panel(
        "このケースを見られない人",
        html! {},
        html! {
            @if list.is_empty() { (ui::empty("決めた人はいません", html! { p { "家族の親族である職員など、役割があっても見てはいけない人を決められます。" } })) }
            @else { ul.plain { @for e in list { li {
                @if e.until.is_none() { (ui::tag(ui::Tone::Alert, "見られない")) } @else { (ui::tag(ui::Tone::Neutral, "終わり")) }
                " " b { (e.person) } " " small { (view::day_short(date::jst_date(e.since))) "から" @if let Some(t) = e.until { (view::day_short(date::jst_date(t))) "まで" } "・" (e.setter) "が決めた" }
                br; (view::lines(&e.reason))
                @if may && e.until.is_none() { (view::form(app, &Fields::default(), &format!("/cases/{id}/exclusions/end"), html! { input type="hidden" name="exclusion" value=(e.id); }, ui::button(&format!("{}がまた見られるようにする", e.person), false))) }
            } } } }
            @if may { (ui::pad(if typing { form } else { ui::details("見られない人を決める", form) })) }
        },
    )
}

pub async fn exclude(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ExcludePerson>(&actor, &seen)?;
    if fields.has("searching") {
        let body = body(&app, &tx, &seen, &fields, &Errors::default()).await?;
        drop(tx);
        app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
        return Ok(web::page(&app, &actor, "cases", "見られない人", body).into_response());
    }
    let mut p = Parse::new(&fields);
    let person: PersonId = p.id("person", "見られないようにする人");
    let reason = p.paragraph("reason", "理由", 500);
    let case = case::find(&tx, &seen).await?;
    if person == actor.person {
        p.fail("person", "自分を除くときは、ほかの担当者に頼んでください。");
    }
    if person == case.lead_id || person == case.deputy_id {
        p.fail("person", "主担当と副担当は、先に担当を引き継いでから除いてください。");
    }
    let (person, reason) = match p.finish((person, reason)) {
        Ok(v) => v,
        Err(errors) => {
            let body = body(&app, &tx, &seen, &fields, &errors).await?;
            return Ok(unprocessable(web::page(&app, &actor, "cases", "見られない人", body)));
        }
    };
    let place = format!("/cases/{id}/viewing");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    policy::refuse_excluded(&tx, &seen, person).await?;
    let exclusion: Uuid = app.mint.uuid(now);
    store::exclude(&mut tx, &app.mint, exclusion, &seen, person, &reason, &actor, now).await?;
    // What waited for this person would be seen by nobody.
    waiting::hand_on_case(&mut tx, id, person, case.lead_id).await?;
    tx.commit(&permit, &app.mint, now, Object::new("exclusion", exclusion), None, "").await?;
    Ok(see_other(&place))
}

async fn body(app: &App, tx: &Reader, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let case = case::find(tx, seen).await?;
    let sitters = store::sitters(tx, seen, app.now()).await?;
    let list = store::exclusions(tx, seen).await?;
    let choice = Choice::load(tx, &sitters, fields, app).await?;
    Ok(html! {
        (case::header(app, &case, seen, "/viewing"))
        (view(app, seen.case(), &list, true, &choice, fields, errors))
    })
}

pub async fn readmit(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ExcludePerson>(&actor, &seen)?;
    let exclusion: Uuid = fields.get("exclusion").parse().unwrap_or(Uuid::nil());
    if !store::readmit(&mut tx, exclusion, &seen, &actor, now).await? {
        return Err(Error::refused("この人は、もう見られるようになっています。"));
    }
    tx.announce("case", id);
    tx.commit(&permit, &app.mint, now, Object::new("exclusion", exclusion), None, "ended").await?;
    Ok(see_other(&format!("/cases/{id}/viewing")))
}
