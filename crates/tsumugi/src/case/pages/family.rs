//! The people around the child: adding, correcting, taking away who was entered by mistake.

use super::{form::guardian_fields, header};
use crate::{
    account::Actor,
    app::App,
    case::{
        Custody, FamilyRelation,
        family::{self, Person},
        guardian, model,
        store::{self, Case},
    },
    history::{self, Subject},
    journal::{Draft, Object},
    once,
    policy::{self, EditFamily, Seen},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Timestamp, Uuid,
    db::DbError,
    form::{Errors, Fields, Parse},
    id::CaseId,
    vocabulary::Vocabulary as _,
};

fn fields_of(p: &Person) -> Fields {
    let ticked = |yes: bool| if yes { "1" } else { "" };
    Fields::default()
        .with("version", p.version.to_string())
        .with("guardian_relation", p.relation.code())
        .with("guardian_name", &p.name)
        .with("guardian_kana", &p.kana)
        .with("guardian_birth", p.birth_date.map_or(String::new(), |b| b.to_string()))
        .with("is_guardian", ticked(p.guardian))
        .with("custody", p.custody.code())
        .with("contact_restricted", ticked(p.contact_restricted))
        .with("together", ticked(p.together))
        .with("guardian_place", p.municipality.clone().unwrap_or_default())
        .with("guardian_phone", p.phone.clone().unwrap_or_default())
        .with("guardian_note", &p.note)
}

/// Every field of the form, for two people who correct one person.
const NAMES: [(&str, &str); 11] = [
    ("guardian_relation", "続柄"),
    ("guardian_name", "氏名"),
    ("guardian_kana", "ふりがな"),
    ("guardian_birth", "生年月日"),
    ("guardian_phone", "電話"),
    ("is_guardian", "保護者である"),
    ("together", "同居している"),
    ("guardian_place", "別に住むときの市町"),
    ("custody", "親権"),
    ("contact_restricted", "連絡を控える"),
    ("guardian_note", "補足"),
];

fn words(name: &str, value: &str) -> String {
    match name {
        "guardian_relation" => FamilyRelation::from_code(value).map_or(value, |v| v.label()).to_owned(),
        "custody" => Custody::from_code(value).map_or(value, |v| v.label()).to_owned(),
        "is_guardian" | "together" | "contact_restricted" => "はい".to_owned(),
        _ => value.to_owned(),
    }
}

/// Keeps what a correction of somebody's record replaced.
async fn keep(
    tx: &mut Draft,
    app: &App,
    (person, gone): (&Person, bool),
    changes: &[history::Change],
    by: &Actor,
    now: Timestamp,
) -> Result<()> {
    let key = family::key(tx, &app.mint, person.case_id, now).await?;
    let about = if gone {
        "取り除いた人".to_owned()
    } else {
        format!("{}（{}）", person.name, person.relation.label())
    };
    history::write(tx, &app.mint, &key, person.case_id, (Subject::Family, person.id), &about, changes, by, now).await?;
    Ok(())
}

/// What an edit page shows, for adding (`person` is none) and correcting.
struct Page<'a> {
    case: &'a Case,
    seen: &'a Seen,
    person: Option<&'a Person>,
    account: Option<guardian::Account>,
}

fn page(app: &App, actor: &Actor, p: &Page<'_>, fields: &Fields, errors: &Errors, extra: Markup) -> Markup {
    let title = if p.person.is_some() { "家族の記録を直す" } else { "家族を加える" };
    let action = p.person.map_or_else(|| format!("/cases/{}/family", p.case.id), |one| format!("/family/{}", one.id));
    let parts = html! {
        (view::summary(errors))
        (view::version(fields, &NAMES))
        (guardian_fields(fields, errors, true))
    };
    let buttons = html! {
        (ui::button(if p.person.is_some() { "直した内容を保存する" } else { "家族を加える" }, true))
        (ui::link_button(&format!("/cases/{}", p.case.id), "ケースへ戻る", None, false))
    };
    let body = html! {
        (header(app, p.case, p.seen, ""))
        (extra)
        (ui::panel(title, html! {}, ui::pad(view::form(app, fields, &action, parts, buttons))))
        @if let Some(one) = p.person {
            (guardian::account_view(app, one, p.account.as_ref()))
            (ui::panel("誤って登録したとき", html! {}, ui::pad(html! {
                p { "別の子どもの家族を入れてしまったときなどに使います。離れて住むようになったときは、上の「同居」を外してください。" }
                (ui::details("この人の記録を取り除く", view::form(app, &Fields::default(), &format!("/family/{}/remove", one.id), html! { p { (one.name) "（" (one.relation.label()) "）の記録を取り除きます。もとに戻せません。" } }, ui::button("取り除く", false))))
            })))
        }
    };
    web::page(app, actor, "cases", title, body)
}

/// What could lead to a protected child is not written where others read it.
fn keep_protected(p: &mut Parse<'_>, case: &Case) {
    for field in ["guardian_phone", "guardian_place"] {
        if case.protected && !p.raw(field).trim().is_empty() {
            p.fail(field, "保護の対象のケースです。電話や住まいは、ここではなく「守る情報」に書いてください。");
        }
    }
}

pub async fn add(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<EditFamily>(&actor, &seen)?;
    store::hold(&mut tx, id).await?;
    let case = store::find(&tx, &seen).await?;
    let mut p = Parse::new(&fields);
    let guardian = model::guardian(&mut p, app.today());
    keep_protected(&mut p, &case);
    let guardian = match p.finish(guardian) {
        Ok(guardian) => guardian,
        Err(errors) => {
            let shown = Page { case: &case, seen: &seen, person: None, account: None };
            return Ok(unprocessable(page(&app, &actor, &shown, &fields, &errors, html! {})));
        }
    };
    let place = format!("/cases/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    family::add(&mut tx, &app.mint, id, &guardian, now).await?;
    tx.announce("case", id);
    tx.commit(&permit, &app.mint, now, id.into(), None, "family").await?;
    Ok(see_other(&place))
}

pub async fn edit(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>) -> Result<Markup> {
    let tx = app.store.read().await?;
    let (person, seen) = family::see(&tx, &actor, id, app.now()).await?;
    let permit = policy::on_case::<EditFamily>(&actor, &seen)?;
    let case = store::find(&tx, &seen).await?;
    let account = guardian::account(&tx, id).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, app.now(), case.id.into()).await?;
    let shown = Page { case: &case, seen: &seen, person: Some(&person), account };
    Ok(page(&app, &actor, &shown, &fields_of(&person), &Errors::default(), html! {}))
}

pub async fn save(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (person, seen) = family::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<EditFamily>(&actor, &seen)?;
    store::hold(&mut tx, seen.case()).await?;
    let case = store::find(&tx, &seen).await?;
    let account = guardian::account(&tx, id).await?;
    let shown = Page { case: &case, seen: &seen, person: Some(&person), account };
    let mut p = Parse::new(&fields);
    let guardian = model::guardian(&mut p, app.today());
    keep_protected(&mut p, &case);
    let guardian = match p.finish(guardian) {
        Ok(guardian) => guardian,
        Err(errors) => return Ok(unprocessable(page(&app, &actor, &shown, &fields, &errors, html! {}))),
    };
    if !family::correct(
        &mut tx,
        &app.mint,
        (seen.case(), id),
        fields.get("version").parse().unwrap_or(-1),
        &guardian,
        now,
    )
    .await?
    {
        let stored = fields_of(&person);
        let again = view::merged(&fields, &stored, &NAMES);
        let extra = view::side_by_side(&NAMES, &words, &stored, &again);
        return Err(Error::Conflict(Box::new(page(&app, &actor, &shown, &again, &Errors::default(), extra))));
    }
    if !guardian::may_have_account(guardian.guardian, guardian.custody, guardian.contact_restricted) {
        guardian::end_account(&mut tx, &person, "restricted", now).await?;
    }
    let after = fields_of(&family::see(&tx, &actor, id, now).await?.0);
    let changes = history::diff(&NAMES, &words, &fields_of(&person), &after);
    keep(&mut tx, &app, (&person, false), &changes, &actor, now).await?;
    tx.announce("case", case.id);
    tx.commit(&permit, &app.mint, now, Object::new("case_person", id), None, "corrected").await?;
    Ok(see_other(&format!("/cases/{}", case.id)))
}

pub async fn remove(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (person, seen) = family::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<EditFamily>(&actor, &seen)?;
    // A consent that is recorded at this moment keeps the person by the rule of the schema.
    let removed = match family::remove(&mut tx, id).await {
        Err(DbError::Rule(_)) => false,
        other => other?,
    };
    if !removed {
        return Err(Error::refused(
            "この人の同意か反対の申し出か家族の画面が記録されているため、取り除けません。氏名などの誤りは、直して保存してください。",
        ));
    }
    // Whose record it really was is not kept with this child.
    let gone =
        history::Change {
            label: "記録".to_owned(), before: "登録していた".to_owned(), after: "取り除いた".to_owned()
        };
    let changes = [gone];
    history::forget(&mut tx, person.case_id, id).await?;
    keep(&mut tx, &app, (&person, true), &changes, &actor, now).await?;
    tx.announce("case", person.case_id);
    tx.commit(&permit, &app.mint, now, Object::new("case_person", id), None, "removed").await?;
    Ok(see_other(&format!("/cases/{}", person.case_id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_people_see_every_field_that_they_may_overwrite() {
        let kept = family::Kept {
            id: Uuid::nil(),
            case_id: CaseId(Uuid::nil()),
            relation: FamilyRelation::Mother,
            name: String::new(),
            kana: String::new(),
            birth_date: None,
            guardian: true,
            custody: Custody::Full,
            contact_restricted: true,
            together: true,
            municipality: None,
            phone: None,
            note: None,
            version: 1,
        };
        let person = Person { kept, phone: None, note: String::new() };
        for (field, _) in fields_of(&person).iter().filter(|(name, _)| *name != "version") {
            assert!(NAMES.iter().any(|(name, _)| *name == field), "{field} would be overwritten unseen");
        }
    }
}
