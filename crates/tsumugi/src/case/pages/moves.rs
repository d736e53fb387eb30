//! Moving a case between its states and phases.

use super::header;
use crate::{
    account::Actor,
    app::App,
    case::{
        CloseReason, Phase, Status, access,
        model::{self, Move},
        store::{self, Case},
        transfer,
    },
    policy::{self, MoveCase},
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

pub fn moves_view(app: &App, case: &Case, fields: &Fields, errors: &Errors) -> Markup {
    let action = format!("/cases/{}/move", case.id);
    let sent = fields.get("move");
    let form = |value: &'static str, label: &str, primary, parts: &dyn Fn(&view::Part<'_>) -> Markup| {
        let part = view::Part::new(value, sent == value, fields, errors);
        let body = html! { (part.summary()) (parts(&part)) };
        view::form(app, part.fields, &action, body, ui::button_value("move", value, label, primary))
    };
    let reason = |label: &'static str| move |p: &view::Part<'_>| p.field("reason", label).required().max(500).area(2);
    html! {
        @match case.status {
            Status::Planned => (form("activate", "支援を始める", true, &|_| html! {})),
            Status::Active => (form("hold", "休止する", false, &reason("休止の理由"))),
            Status::OnHold => (form("resume", "支援を再開する", true, &|_| html! {})),
            Status::Closed => (form("reopen", "再開する", true, &reason("再開の理由"))),
        }
        @if case.status != Status::Closed {
            (form("enter", "時期を変える", false, &|p| p.field("phase", "時期").value(case.phase.code()).select(&Phase::options())))
            (form("close", "終結する", false, &|p| html! {
                (p.field("close_reason", "終結の理由").required().select(&CloseReason::options()))
                (p.field("on", "終結日").required().date())
                (p.field("reason", "補足").max(500).area(2))
            }))
        }
    }
}

pub async fn move_on(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<MoveCase>(&actor, &seen)?;
    let case = store::find(&tx, &seen).await?;
    let step = match model::parse_move(&fields, today) {
        Ok(step) => step,
        Err(errors) => {
            let page = web::page(
                &app,
                &actor,
                "cases",
                "状態・時期を変える",
                html! {
                    (header(&app, &case, &seen, ""))
                    (ui::panel("状態・時期を変える", html! {}, ui::pad(moves_view(&app, &case, &fields, &errors))))
                },
            );
            return Ok(unprocessable(page));
        }
    };
    let next = case.status.after(&step).map_err(Error::refused)?;
    if matches!(step, Move::Close { .. }) {
        // Whoever adds something holds the same row, so that nothing comes between the counting and the closing.
        store::must_be_open(&mut tx, &seen).await?;
        // 閉じたケースの後に、生きたつなぎ・予定・権限を残さない。
        let live = store::live_referrals(&tx, &seen).await?;
        if live > 0 {
            return Err(Error::Refused(format!(
                "続いているつなぎが{live}件あります。終結の前に、ケースの「つなぎ」で1件ずつ「確認する」「取り下げる」「次の手を決める」を選んでください。"
            )));
        }
        let flags = store::open_flags(&tx, &seen).await?;
        if flags > 0 {
            return Err(Error::Refused(format!(
                "見守りの知らせが{flags}件、開いたままです。終結の前に、ケースの「見守り」で、した事を書いて終えてください。"
            )));
        }
        if store::open_reviews(&tx, &seen).await? > 0 {
            return Err(Error::refused(
                "緊急時の提供か緊急の閲覧に、まだ確認していないものがあります。終結の前に、別の人が「同意」のページか「今日の仕事」から確認してください。",
            ));
        }
        if let Some(t) = transfer::open_transfer(&tx, &seen).await? {
            transfer::end_transfer(&mut tx, &app.mint, t.id, &seen, "recalled", "ケースの終結", now).await?;
            access::lapse(&mut tx, id, t.to_id.into(), policy::Relation::Offered, now).await?;
        }
    }
    if !store::moved(&mut tx, &app.mint, &actor, &case, &step, next, now).await? {
        return Err(Error::refused("ほかの人が先にこのケースを変えました。画面を読み直してください。"));
    }
    if next == Status::Closed {
        access::end_relations(&mut tx, id, now, today).await?;
    }
    tx.commit(&permit, &app.mint, now, id.into(), None, next.code()).await?;
    Ok(see_other(&format!("/cases/{id}")))
}
