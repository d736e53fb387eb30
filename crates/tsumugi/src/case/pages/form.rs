//! The form that opens a case.

use crate::{
    account::Actor,
    app::App,
    area::{self, Care, Municipality, Worker},
    case::{Custody, FamilyRelation, Residence, Sex, model::Command, store},
    once,
    policy::{self, OpenCase},
    view,
    web::{self, Form, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Date,
    form::{Errors, Fields},
    id::CaseId,
    vocabulary::Vocabulary as _,
};

/// The fields of a family member; `required` where there is nothing else to fill in.
pub fn guardian_fields(fields: &Fields, errors: &Errors, required: bool) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    fn must(field: ui::Field<'_>, required: bool) -> ui::Field<'_> {
        if required { field.required() } else { field }
    }
    html! {
        (ui::form_row(html! { (must(f("guardian_name", "家族の氏名"), required).max(50).autocomplete("off").text()) (must(f("guardian_kana", "家族のふりがな"), required).max(60).text()) }))
        (must(f("guardian_relation", "続柄"), required).radios(&FamilyRelation::options()))
        (ui::form_row(html! { (f("guardian_birth", "家族の生年月日").date()) (f("guardian_phone", "電話").tel()) }))
        (f("is_guardian", "保護者である").checkbox())
        (f("together", "お子さんと同居している").checkbox())
        (f("guardian_place", "別に住むときの市町").max(40).text())
        (f("custody", "親権").value(if fields.has("custody") { fields.get("custody") } else { "full" }).radios(&Custody::options()))
        (f("contact_restricted", "この人への連絡を控える（理由は補足に）").checkbox())
        (f("guardian_note", "補足").max(200).text())
    }
}

/// The form that opens or edits a case; other slices show it with their own address.
pub fn form_view(
    app: &App,
    action: &str,
    people: &[Worker],
    fields: &Fields,
    errors: &Errors,
    opening: bool,
) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let workers: Vec<(String, String)> =
        people.iter().map(|w| (w.id.to_string(), format!("{}（{}）", w.name, w.place))).collect();
    let workers: Vec<(&str, &str)> = workers.iter().map(|(i, l)| (i.as_str(), l.as_str())).collect();
    let care = fields.all("care");
    view::form(
        app,
        fields,
        action,
        html! {
            (view::summary(errors))
            (view::version(fields, &super::edit::NAMES))
            (ui::form_row(html! {
                (f("name", "お子さんの氏名").required().max(50).autocomplete("off").live("/consultations/matches", "#matches").text())
                (f("kana", "ふりがな").required().max(60).autocomplete("off").live("/consultations/matches", "#matches").text())
            }))
            div id="matches" aria-live="polite" {}
            (ui::form_row(html! { (f("birth", "生年月日").date()) (f("sex", "性別").required().radios(&Sex::options())) }))
            (f("municipality", "居住する市町").required().radios(&Municipality::options()))
            (f("residence", "いまの居所").required().radios(&Residence::options()))
            (ui::form_row(html! { (f("residence_note", "居所の補足").hint("病院名など").max(100).text()) (f("languages", "家庭で使う言葉").hint("日本語だけのときは空のまま").max(60).text()) }))
            (f("care", "医療的ケア").hint("点数の計算は医療的ケアスコアで行います。3点未満でも支援の対象です（法に点数の下限はありません）。").checks(&Care::options(), &care))
            (f("mobile", "自分で動ける（歩ける・つかまり立ちなど、目が離せない）").checkbox())
            // The lead of an open case changes only by a handover with a receipt.
            (ui::form_row(html! { @if opening { (f("lead", "主担当").required().select(&workers)) } (f("deputy", "副担当").required().hint("主担当が不在のときに動く人").select(&workers)) }))
            @if opening {
                (f("status", "はじめの状態").required().radios(&[("planned", "準備中（退院前など）"), ("active", "支援中")]))
                fieldset { legend { "保護者（あとからでも入れられます）" } (guardian_fields(fields, errors, false)) }
            }
        },
        ui::button(if opening { "ケースを開く" } else { "直した内容を保存する" }, true),
    )
}

pub async fn blank(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<OpenCase>(&actor)?;
    let people = area::coordinators(&app.store.read().await?, app.today()).await?;
    let fields = Fields::default()
        .with("lead", actor.person.to_string())
        .with("municipality", actor.municipality.clone().unwrap_or_default())
        .with("status", "active")
        .with("residence", "home")
        .with("is_guardian", "1")
        .with("together", "1");
    Ok(opening_page(&app, &actor, &people, &fields, &Errors::default()))
}

fn opening_page(app: &App, actor: &Actor, people: &[Worker], fields: &Fields, errors: &Errors) -> Markup {
    web::page(
        app,
        actor,
        "cases",
        "ケースを開く",
        html! {
            (ui::heading(&ui::Heading { over: "ケース", title: "ケースを開く", actions: html! {} }))
            (ui::panel("お子さんと担当", html! {}, ui::pad(form_view(app, "/cases/new", people, fields, errors, true))))
        },
    )
}

pub async fn create(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<OpenCase>(&actor)?;
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let checked = checked_command(&app, &tx, &fields, today, true).await?;
    let command = match checked {
        Ok(command) => command,
        Err(errors) => {
            let people = area::coordinators(&tx, today).await?;
            return Ok(unprocessable(opening_page(&app, &actor, &people, &fields, &errors)));
        }
    };
    let id: CaseId = app.mint.id(now);
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &format!("/cases/{id}"), now).await? {
        return Ok(see_other(&before));
    }
    store::open(&mut tx, &app.mint, id, &actor, &command, now, today).await?;
    tx.commit(&permit, &app.mint, now, id.into(), Some(id), "").await?;
    Ok(see_other(&format!("/cases/{id}")))
}

/// Parses a case form and checks that lead and deputy are coordinators: nobody gets work who cannot open it.
pub async fn checked_command(
    app: &App,
    tx: &platform::db::Reader,
    fields: &Fields,
    today: Date,
    opening: bool,
) -> Result<std::result::Result<Command, Errors>> {
    let command = match Command::parse(fields, today, opening) {
        Ok(command) => command,
        Err(errors) => return Ok(Err(errors)),
    };
    for (field, person) in [("lead", command.lead), ("deputy", command.deputy)] {
        if field == "lead" && !opening {
            continue;
        }
        if !area::is_coordinator(tx, person, app.now()).await? {
            return Ok(Err(Errors::one(
                field,
                "この人は、いまコーディネーターではありません。ほかの人を選んでください。",
            )));
        }
    }
    Ok(Ok(command))
}
