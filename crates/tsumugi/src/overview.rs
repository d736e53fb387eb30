//! ケースの全体: one page that puts together what the other slices know about a case.

use crate::{
    account::Actor,
    app::App,
    area, case, consent, consultation,
    policy::{self, Category, EditCase, EditFamily, MoveCase, OfferLead, ReadCase},
    referral,
    routes::Routes,
    score, team, timeline, view,
    web::{self, Key, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    form::{Errors, Fields},
    id::CaseId,
    vocabulary::Vocabulary as _,
};

pub fn routes() -> Routes {
    Routes::new().get("/cases/{id}", "case.read", overview)
}

/// Shows a case and writes who read it; the answer waits until the entry is durable.
pub async fn overview(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCase>(&actor, &seen)?;
    let today = app.today();
    let family = async { if seen.shows(Category::Family) { case::family(&tx, &seen).await } else { Ok(vec![]) } };
    let coordinators =
        async { if seen.allows::<OfferLead>() { area::coordinators(&tx, today).await } else { Ok(vec![]) } };
    let score = async {
        if seen.shows(Category::Care) { score::latest(&tx, &seen, score::ScoreKind::Care).await } else { Ok(None) }
    };
    let (found, family, team, entries, referrals, consent, steps, transfer, origins, coordinators, score) = tokio::join!(
        case::find(&tx, &seen),
        family,
        team::current(&tx, &seen, today),
        timeline::latest(&tx, &seen, 5),
        referral::of_case(&tx, &seen, 8),
        consent::standing(&tx, &seen, today),
        case::steps(&tx, &seen),
        case::open_transfer(&tx, &seen),
        consultation::origins(&tx, &actor, id, now),
        coordinators,
        score,
    );
    let (found, family, mut team, entries, referrals) = (found?, family?, team?, entries?, referrals?);
    let (mut consent, steps, transfer, origins, coordinators, score) =
        (consent?, steps?, transfer?, origins?, coordinators?, score?);
    if !seen.shows(Category::Plan) {
        team.iter_mut().for_each(|m| m.function = String::new());
        // Which other agencies work for the child is part of the plan.
        consent.retain(|agency| agency.id == actor.organisation);
    }
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    let empty = Fields::default();
    let body = html! {
        (case::header(&app, &found, &seen, ""))
        @for o in origins.iter().filter(|o| o.status.is_open()).take(3) {
            (ui::notice(if o.responded_at.is_none() && o.due_at <= now { ui::Tone::Alert } else { ui::Tone::Warn }, &format!("家族から相談が届いています（{}）", o.urgency.label()), html! {
                p { a href=(format!("/consultations/{}", o.id)) { "相談 " (case::number_text("", o.fiscal_year, o.number)) } " " (view::moment(o.received_at)) @if o.responded_at.is_none() { "　返答の期限 " (view::due(o.due_at, now)) } @else { "　返答ずみ。判定が残っています。" } }
            }))
        }
        @if let Some(t) = &transfer {
            (ui::notice(ui::Tone::Warn, "主担当の引継ぎが受取り待ちです", html! {
                p { (t.from_name) " → " (t.to_name) "（" (view::moment(t.offered_at)) "）" }
                @if seen.allows::<OfferLead>() || t.to_id == actor.person { p { (t.note) } }
                @if t.to_id == actor.person {
                    (view::form(&app, &empty, &format!("/cases/{id}/lead/receive"), html! { input type="hidden" name="transfer" value=(t.id); }, html! {
                        (ui::button_value("answer", "receive", "主担当を受け取る", true)) (ui::button_value("answer", "return", "受け取らずに返す", false))
                    }))
                } @else {
                    p { "受け取られるまで、担当は" (t.from_name) "のままです。" }
                    @if seen.allows::<OfferLead>() { (view::form(&app, &empty, &format!("/cases/{id}/lead/recall"), html! {}, ui::button("申し出を取り消す", false))) }
                }
            }))
        }
        @if consent.is_empty() && found.status != case::Status::Closed {
            (ui::notice(ui::Tone::Warn, "いま有効な同意がありません", html! { p { "ほかの機関に名前のわかる情報を渡す前に、" a href=(format!("/cases/{id}/consents")) { "同意を記録" } "してください。" } }))
        }
        (ui::two(
            html! {
                (ui::panel("経過", html! { a href=(format!("/cases/{id}/timeline")) { "すべて見る" } }, html! {
                    @if seen.shows(Category::Plan) || !entries.is_empty() { (timeline::entries_view(&entries, app.today())) }
                    @if !seen.shows(Category::Plan) { (case::not_agreed("ほかの機関の記録")) }
                }))
                (ui::panel("つないだ先の状況", html! { a href=(format!("/cases/{id}/referrals")) { "すべて見る" } }, html! {
                    @if seen.shows(Category::Plan) || !referrals.is_empty() { (referral::summary_view(&referrals, now)) }
                    @if !seen.shows(Category::Plan) { (case::not_agreed("ほかの機関へのつなぎ")) }
                }))
                (ui::panel("家族", html! {}, html! {
                    @if !seen.shows(Category::Family) { (case::not_agreed("家族と生活の状況")) }
                    @else if family.is_empty() { (ui::empty("家族の記録はまだありません", html! {})) } @else { (case::family_table(&family, app.today(), seen.allows::<EditFamily>())) }
                    @if seen.allows::<EditFamily>() { (ui::pad(ui::details("家族を加える", html! { div id="family-form" {
                        (view::form(&app, &empty, &format!("/cases/{id}/family"), case::guardian_fields(&Fields::default().with("is_guardian", "1").with("together", "1"), &Errors::default(), true), ui::button("家族を加える", true)))
                    } }))) }
                }))
            },
            html! {
                @if seen.shows(Category::Care) { (ui::panel("医療的ケア", html! { a href=(format!("/cases/{id}/care")) { "開く" } }, ui::pad(score::summary_view(score.as_ref(), today)))) }
                (ui::panel("チーム", html! { a href=(format!("/cases/{id}/team")) { "開く" } }, team::summary_view(&team)))
                (ui::panel("同意", html! { a href=(format!("/cases/{id}/consents")) { "開く" } }, consent::summary_view(&consent)))
                (ui::panel("状態と時期", html! {}, html! {
                    @for o in origins.iter().take(5) { (ui::pad(html! { p { "相談 " a href=(format!("/consultations/{}", o.id)) { (case::number_text("", o.fiscal_year, o.number)) } " " small { (view::moment(o.received_at)) "・" (o.status.label()) } } })) }
                    ul.plain { @for s in steps.iter().take(6) { li { (view::moment_of_year(s.at)) " " b { (s.status.label()) "・" (s.phase.label()) } @if seen.shows(Category::Plan) { br; small { (s.reason) "（" (s.by) "）" } } } } }
                    @if seen.allows::<MoveCase>() { (ui::pad(ui::details("状態・時期を変える", case::moves_view(&app, &found, &empty, &Errors::default())))) }
                }))
                @if seen.allows::<EditCase>() { (ui::panel("担当と基本情報", html! {}, ui::pad(html! {
                    p { a href=(format!("/cases/{id}/edit")) { "基本情報を直す" } }
                    @if seen.protects() { p { a href=(format!("/cases/{id}/protected")) { "居場所を知られないようにする（守る情報）" } } }
                    @if transfer.is_none() && found.status != case::Status::Closed { (ui::details("主担当を引き継ぐ", case::lead_form(&app, &found, &coordinators, &empty, &Errors::default()))) }
                    @if seen.allows::<policy::Relocate>() && found.status != case::Status::Closed { p { a href=(format!("/cases/{id}/relocation")) { "転居による引継ぎ" } } }
                }))) }
            },
        ))
    };
    Ok(web::page(&app, &actor, "cases", &format!("{} さん", found.child_name), body))
}
