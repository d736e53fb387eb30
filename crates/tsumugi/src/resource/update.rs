//! Recording what was confirmed about a service, with the day and the person.

use super::{
    model::{Capacity, Known},
    pages,
    store::{self, Confirmed, Service},
};
use crate::{
    account::Actor,
    app::App,
    area::{Care, Municipality},
    journal::Object,
    policy::{self, ConfirmResource},
    view,
    web::{Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    form::{Errors, Fields, Parse},
    id::ResourceId,
    vocabulary::Vocabulary as _,
};

pub fn fields_of(s: &Service, care: &[Care], areas: &[Municipality]) -> Fields {
    let number = |n: Option<i64>| n.map_or_else(String::new, |n| n.to_string());
    let mut fields = Fields::default()
        .with("version", s.version.to_string())
        .with("capacity", s.capacity.code())
        .with("capacity_note", &s.capacity_note)
        .with("transport", s.transport.code())
        .with("mobile_ok", s.mobile_ok.code())
        .with("age_from", number(s.age_from))
        .with("age_to", number(s.age_to));
    for c in care {
        fields = fields.with("care", c.code());
    }
    for m in areas {
        fields = fields.with("area", m.code());
    }
    fields
}

pub fn form(app: &App, s: &Service, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    view::form(
        app,
        fields,
        &format!("/resources/{}/confirm", s.id),
        html! {
            (view::summary(errors))
            input type="hidden" name="version" value=(fields.get("version"));
            p { small { "電話などで確かめた日として、今日（" (view::day(app.today())) "）とあなたの名前が残ります。" } }
            (f("capacity", "空き").required().radios(&Capacity::options()))
            (f("capacity_note", "空きの補足").hint("曜日、待ちの人数など。個人の情報は書かない").max(300).area(2))
            (f("care", "受けられる医療的ケア").checks(&Care::options(), &fields.all("care")))
            (f("mobile_ok", "動ける医療的ケア児").required().radios(&Known::options()))
            (f("transport", "送迎").required().radios(&Known::options()))
            (ui::form_row(html! { (f("age_from", "何歳から").number("歳")) (f("age_to", "何歳まで").number("歳")) }))
            (f("area", "サービスを使える市町").required().checks(&Municipality::options(), &fields.all("area")))
        },
        ui::button("確かめた内容を記録する", true),
    )
}

fn parse(fields: &Fields) -> std::result::Result<Confirmed, Errors> {
    let mut p = Parse::new(fields);
    let (age_from, age_to) =
        (p.optional_number("age_from", "何歳から", 0..=30), p.optional_number("age_to", "何歳まで", 0..=30));
    if let (Some(a), Some(b)) = (age_from, age_to)
        && a > b
    {
        p.fail("age_to", "「何歳まで」が「何歳から」より小さくなっています。");
    }
    let areas = p.choices("area", "サービスを使える市町");
    if areas.is_empty() {
        p.fail("area", "サービスを使える市町を1つ以上選んでください。");
    }
    let confirmed = Confirmed {
        capacity: p.choice("capacity", "空き"),
        capacity_note: p.optional_paragraph("capacity_note", "空きの補足", 300).unwrap_or_default(),
        transport: p.choice("transport", "送迎"),
        mobile_ok: p.choice("mobile_ok", "動ける医療的ケア児"),
        age_from,
        age_to,
        care: p.choices("care", "医療的ケア"),
        areas,
    };
    p.finish(confirmed)
}

pub async fn confirm(State(app): State<App>, actor: Actor, Key(id): Key<ResourceId>, Form(fields): Form) -> Result {
    let permit = policy::by_role::<ConfirmResource>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let s = store::find(&tx, id, app.today()).await?.ok_or(Error::NotFound)?;
    let (care, areas) = (store::care_of(&tx, id).await?, store::areas_of(&tx, id).await?);
    if matches!(actor.role, policy::Role::Supporter | policy::Role::Manager) && s.organisation_id != actor.organisation
    {
        return Err(Error::refused("確かめて直せるのは、自分の事業所の情報だけです。"));
    }
    let confirmed = match parse(&fields) {
        Ok(c) => c,
        Err(errors) => {
            return Ok(unprocessable(pages::page(&app, &actor, &s, &care, &areas, None, &fields, &errors, html! {})));
        }
    };
    let version = fields.get("version").parse().unwrap_or(-1);
    if !store::confirm(&mut tx, id, version, &confirmed, actor.person, app.today()).await? {
        let again = crate::view::on_newer(&fields, s.version);
        let extra = ui::notice(
            ui::Tone::Alert,
            "ほかの人が先に記録しました",
            html! { p { "左がいまの内容、右の欄があなたの入力です。見比べて、よければもう一度記録してください。" } },
        );
        return Err(Error::Conflict(Box::new(pages::page(
            &app,
            &actor,
            &s,
            &care,
            &areas,
            None,
            &again,
            &Errors::default(),
            extra,
        ))));
    }
    tx.commit(&permit, &app.mint, now, Object::new("service", id.0), None, confirmed.capacity.code()).await?;
    Ok(see_other(&format!("/resources/{id}")))
}
