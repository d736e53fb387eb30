//! Editing what a case says of the child and the family; two editors see each other.

use super::{
    form::{checked_command, form_view},
    header,
};
use crate::{
    account::Actor,
    app::App,
    area::{self, Care, Municipality, Worker},
    case::{
        Residence, Sex, family,
        store::{self, Case},
    },
    history::{self, Subject},
    policy::{self, EditCase, MoveCase, Seen},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    form::{Errors, Fields},
    id::CaseId,
    vocabulary::Vocabulary as _,
};

fn fields_of(case: &Case) -> Fields {
    let mut fields = Fields::default()
        .with("version", case.version.to_string())
        .with("name", &case.child_name)
        .with("kana", &case.child_kana)
        .with("birth", case.birth_date.map_or(String::new(), |b| b.to_string()))
        .with("sex", case.sex.code())
        .with("municipality", case.municipality.code())
        .with("residence", case.residence.code())
        .with("residence_note", &case.residence_note)
        .with("languages", &case.languages)
        .with("deputy", case.deputy_id.to_string());
    for care in case.care() {
        fields = fields.with("care", care.code());
    }
    if case.mobile { fields.with("mobile", "1") } else { fields }
}

#[expect(clippy::too_many_arguments, reason = "everything that the page shows")]
fn edit_page(
    app: &App,
    actor: &Actor,
    case: &Case,
    seen: &Seen,
    people: &[Worker],
    fields: &Fields,
    errors: &Errors,
    extra: Markup,
) -> Markup {
    web::page(
        app,
        actor,
        "cases",
        "基本情報を直す",
        html! {
            (header(app, case, seen, "/edit"))
            (extra)
            (ui::panel("基本情報を直す", html! {}, ui::pad(form_view(app, &format!("/cases/{}/edit", case.id), people, fields, errors, false))))
        },
    )
}

pub async fn edit(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, app.now()).await?;
    let permit = policy::on_case::<EditCase>(&actor, &seen)?;
    let case = store::find(&tx, &seen).await?;
    let people = area::coordinators(&tx, app.today()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, app.now(), id.into()).await?;
    Ok(edit_page(&app, &actor, &case, &seen, &people, &fields_of(&case), &Errors::default(), html! {}))
}

pub async fn save(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<EditCase>(&actor, &seen)?;
    store::hold(&mut tx, id).await?;
    let mut case = store::find(&tx, &seen).await?;
    let people = area::coordinators(&tx, today).await?;
    let mut command = match checked_command(&app, &tx, &fields, today, false).await? {
        Ok(command) => command,
        Err(errors) => {
            return Ok(unprocessable(edit_page(&app, &actor, &case, &seen, &people, &fields, &errors, html! {})));
        }
    };
    if case.protected && !command.residence_note.is_empty() {
        let sentence = "保護の対象のケースです。居所の補足は、ここではなく「守る情報」に書いてください。";
        let errors = Errors::one("residence_note", sentence);
        return Ok(unprocessable(edit_page(&app, &actor, &case, &seen, &people, &fields, &errors, html! {})));
    }
    if case.protected {
        // By which name the child is called is decided where the protection is.
        (command.name, command.kana) = (case.child_name.clone(), case.child_kana.clone());
    }
    if !seen.allows::<MoveCase>() {
        // Who stands in keeps the facts up to date; who keeps the case, and where, they do not decide.
        (command.deputy, command.municipality) = (case.deputy_id, case.municipality);
    }
    if command.municipality != case.municipality && store::has_consents(&tx, &seen).await? {
        let sentence = "市町が替わるときは、「転居による引継ぎ」を使ってください。";
        let errors = Errors::one("municipality", sentence);
        return Ok(unprocessable(edit_page(&app, &actor, &case, &seen, &people, &fields, &errors, html! {})));
    }
    // 主担当は、受取りのある引継ぎでだけ替わる。
    command.lead = case.lead_id;
    if command.deputy == case.lead_id {
        let errors = Errors::one("deputy", "副担当は、主担当と別の人を選んでください。");
        return Ok(unprocessable(edit_page(&app, &actor, &case, &seen, &people, &fields, &errors, html! {})));
    }
    if command.deputy != case.deputy_id {
        policy::refuse_excluded(&tx, &seen, command.deputy).await?;
    }
    let (newest, before) = (case.version, fields_of(&case));
    case.version = fields.get("version").parse().unwrap_or(-1);
    if !store::save(&mut tx, &case, &command, now).await? {
        case.version = newest;
        return Err(conflict(&app, &actor, &case, &seen, &people, &fields));
    }
    if command.deputy != case.deputy_id {
        store::reassign_reviews(&mut tx, &seen).await?;
    }
    let after = fields_of(&store::find(&tx, &seen).await?);
    let changes = history::diff(&NAMES, &|name, value| words(&people, name, value), &before, &after);
    let key = family::key(&mut tx, &app.mint, id, now).await?;
    history::write(&mut tx, &app.mint, &key, id, (Subject::Case, id.0), "", &changes, &actor, now).await?;
    tx.commit(&permit, &app.mint, now, id.into(), None, "").await?;
    Ok(see_other(&format!("/cases/{id}")))
}

/// Every field of the form that an edit may change, for two people who edit one case.
pub(super) const NAMES: [(&str, &str); 11] = [
    ("name", "氏名"),
    ("kana", "ふりがな"),
    ("birth", "生年月日"),
    ("sex", "性別"),
    ("municipality", "市町"),
    ("residence", "居所"),
    ("residence_note", "居所の補足"),
    ("languages", "言葉"),
    ("care", "医療的ケア"),
    ("mobile", "自分で動ける"),
    ("deputy", "副担当"),
];

fn words(people: &[Worker], name: &str, value: &str) -> String {
    let known = match name {
        "sex" => Sex::from_code(value).map(|v| v.label().to_owned()),
        "municipality" => Municipality::from_code(value).map(|v| v.label().to_owned()),
        "residence" => Residence::from_code(value).map(|v| v.label().to_owned()),
        "care" => Care::from_code(value).map(|v| v.label().to_owned()),
        "mobile" => Some("はい".to_owned()),
        "deputy" => people.iter().find(|w| w.id.to_string() == value).map(|w| w.name.clone()),
        _ => None,
    };
    known.unwrap_or_else(|| value.to_owned())
}

/// Both versions side by side, and the form with what was typed, ready to be saved on top of the newer one.
fn conflict(app: &App, actor: &Actor, now: &Case, seen: &Seen, people: &[Worker], typed: &Fields) -> Error {
    let stored = fields_of(now);
    let again = view::merged(typed, &stored, &NAMES);
    let extra = view::side_by_side(&NAMES, &|name, value| words(people, name, value), &stored, &again);
    Error::Conflict(Box::new(edit_page(app, actor, now, seen, people, &again, &Errors::default(), extra)))
}
