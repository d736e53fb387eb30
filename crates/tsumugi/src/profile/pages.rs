//! The profile on one page, and how a part came to be what it is.

use super::{
    check,
    due::{self, DueKind},
    parts::{self, PARTS},
    power::{Without, hours_text, without_mains},
    store::{self, Version},
};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    policy::{self, Category, ReadCare, Seen, WriteCare},
    questionnaire::{self, Part, changes},
    score, view,
    web::{self, Error, Key, Query, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{Date, id::CaseId, japanese::date, vocabulary::Vocabulary as _};

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let (now, today) = (app.now(), app.today());
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCare>(&actor, &seen)?;
    let case = case::find(&tx, &seen).await?;
    let current = store::current(&tx, &seen).await?;
    let care = seen.shows(Category::Care);
    let score = if care { score::latest(&tx, &seen, score::ScoreKind::Care).await? } else { None };
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    let writes = seen.allows::<WriteCare>() && case.status != case::Status::Closed;
    let of = |part: &Part| current.iter().find(|v| v.part.code == part.code && !v.rows.is_empty());
    let shown = || PARTS.iter().filter(|(_, category)| seen.shows(*category)).map(|(part, _)| *part);
    let missing: Vec<&Part> = shown().filter(|p| of(p).is_none()).collect();
    let body = html! {
        (case::header(&app, &case, &seen, "/care"))
        @if !care { (ui::panel("医療的ケアの状況", html! {}, case::not_agreed("医療的ケア・からだの状態"))) }
        @if care { div.actions { (ui::link_button(&format!("/cases/{id}/emergency"), "救急サマリー・冷蔵庫シート", Some(ui::Icon::Warn), true)) } }
        (ui::two(html! {
            @for version in shown().filter_map(of) { (part_view(&app, id, version, writes)) }
            @if !missing.is_empty() { (ui::panel("まだ書かれていないところ", html! {}, html! {
                @if missing.len() == shown().count() { (ui::empty("医療的ケアの状況はまだ書かれていません", html! { p { "わかるところから書きます。一度書いたことは、救急のときの紙や計画に使われ、家族にもう一度聞かずに済みます。" } })) }
                ul.plain { @for part in &missing { li { @if writes { a href=(edit_href(id, part)) { (part.label) } } @else { (part.label) } " " small { (part.about) } } } }
            })) }
        }, html! {
            @if care {
                (ui::panel("医療的ケアスコア", html! { a href=(format!("/cases/{id}/scores")) { "開く" } }, ui::pad(score::summary_view(score.as_ref(), today))))
                (near_view(&current, today))
                (power_view(of(&parts::DEVICE)))
                (movement_view(of(&parts::MOVEMENT)))
            }
        }))
    };
    Ok(web::page(&app, &actor, "cases", "医療的ケアの状況", body))
}

pub fn edit_href(case: CaseId, part: &Part) -> String {
    format!("/cases/{case}/care/edit?part={}", part.code)
}

fn part_view(app: &App, id: CaseId, v: &Version, writes: bool) -> Markup {
    let old = view::days_between(date::jst_date(v.checked_at), app.today()) > OLD;
    ui::panel(
        v.part.label,
        html! {
            @if writes { a href=(edit_href(id, v.part)) aria-label=(format!("{}を直す", v.part.label)) { "直す" } " " }
            a href=(format!("/cases/{id}/care/history?part={}", v.part.code)) aria-label=(format!("{}のこれまで", v.part.label)) { "これまで" }
        },
        ui::pad(html! {
            (questionnaire::rows_view(v.part, &v.rows))
            div.entry-foot {
                small { (view::day_short(date::jst_date(v.written_at))) " " (v.writer) "が記録" @if v.checked_at != v.written_at { "。" (view::day_short(date::jst_date(v.checked_at))) " " (v.checker) "が確かめた" } }
                @if old { " " (ui::tag(ui::Tone::Warn, "半年以上確かめられていません")) }
                @if writes { (check_form(app, id, v)) }
            }
        }),
    )
}

/// After how many days a part is said to be old.
const OLD: i32 = 183;

fn check_form(app: &App, id: CaseId, v: &Version) -> Markup {
    view::form(
        app,
        &platform::form::NO_FIELDS,
        &format!("/cases/{id}/care/check"),
        html! { input type="hidden" name="part" value=(v.part.code); input type="hidden" name="version" value=(v.version); },
        html! { button.btn type="submit" aria-label=(format!("{}は、いまもこのとおり", v.part.label)) { "いまもこのとおり" } },
    )
}

/// What comes to its end soon, or has.
fn near_view(current: &[Version], today: Date) -> Markup {
    let mut near: Vec<(Date, String, DueKind)> = Vec::new();
    for v in current {
        let Some(kind) = DueKind::of(v.part) else { continue };
        for row in &v.rows {
            let day = match kind {
                DueKind::Device => due::next_exchange(row),
                DueKind::Certificate => v.part.answer(row, "until").parse().ok(),
                DueKind::Sheet => None,
            };
            let name = v.part.columns.first().zip(row.first()).map(|(c, value)| questionnaire::value_text(c, value));
            if let Some((day, name)) = day.zip(name).filter(|(d, _)| kind.due(*d, today).is_some()) {
                near.push((day, name, kind));
            }
        }
    }
    near.sort_by_key(|(day, ..)| *day);
    html! { @if !near.is_empty() { (ui::panel("近づいている期限", html! {}, html! { ul.plain {
        @for (day, name, kind) in &near {
            @let left = view::days_between(today, *day);
            li { b { (name) } " " (view::day_short(*day)) " " @if left < 0 { (ui::tag(ui::Tone::Alert, "過ぎています")) } @else { (ui::tag(ui::Tone::Warn, &format!("あと{left}日"))) } br; small { (kind.label()) } }
        }
    } })) } }
}

fn power_view(devices: Option<&Version>) -> Markup {
    let Some(devices) = devices else { return html! {} };
    html! { (ui::panel("電源なしで持つ時間", html! {}, ui::pad(match without_mains(&devices.rows) {
        Without::NothingVital => html! { p { "止まると命に関わる、電源の要る機器は記録されていません。" } },
        Without::Unknown(names) => html! {
            p { (ui::tag(ui::Tone::Alert, "わかりません")) " バッテリーの時間が書かれていない機器があります。" }
            ul.plain { @for name in &names { li { (name) } } }
        },
        Without::Hours(tenths, name) => html! {
            p.score { b { (hours_text(tenths)) } }
            p { small { "最初に止まるのは" (name) "（内部と外部のバッテリーを合わせて）。" } }
        },
    }))) }
}

fn movement_view(movement: Option<&Version>) -> Markup {
    let area = movement.and_then(|m| {
        let row = m.rows.first()?;
        check::oshima(m.part.answer(row, "mobility"), m.part.answer(row, "intellect"))
    });
    html! { @if let Some(area) = area { (ui::panel("大島分類", html! {}, ui::pad(html! {
        p.score { b { (area) } " " @if area <= 4 { (ui::tag(ui::Tone::Info, "重症心身障害の範囲")) } @else if area <= 9 { (ui::tag(ui::Tone::Info, "周辺の範囲")) } }
        p { small { "運動と知的発達からの目安です。 " (ui::tag(ui::Tone::Warn, "未確認")) " 出典：大島一良（1971）" } }
    }))) } }
}

/// A part that the actor sees, by the code in the address.
pub fn wanted(seen: &Seen, code: &str) -> Result<&'static Part> {
    let (part, category) = parts::part_of(code).ok_or(Error::NotFound)?;
    if seen.shows(category) { Ok(part) } else { Err(Error::Forbidden) }
}

/// Versions on one page.
const PAGE: i64 = 20;

pub async fn history(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<CaseId>,
    Query(query): Query,
) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCare>(&actor, &seen)?;
    let part = wanted(&seen, query.get("part"))?;
    let case = case::find(&tx, &seen).await?;
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 100_000);
    let versions = store::versions(&tx, &seen, part, PAGE + 1, offset).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("profile", id.0)).await?;
    let shown = usize::try_from(PAGE).unwrap_or(0).min(versions.len());
    let body = html! {
        (case::header(&app, &case, &seen, "/care"))
        (ui::panel(&format!("{}のこれまで", part.label), html! { a href=(format!("/cases/{id}/care")) { "医療的ケアの状況へ戻る" } }, html! {
            @if versions.is_empty() { (ui::empty("まだ書かれていません", html! {})) }
            @for (i, v) in versions.iter().take(shown).enumerate() {
                @let before = versions.get(i + 1).map(|b| b.rows.as_slice()).unwrap_or_default();
                @let all = changes(part, before, &v.rows);
                (ui::pad(html! {
                    p { b { (view::moment_of_year(v.written_at)) } " " (v.writer) " " small { "第" (v.version) "版" } @if v.checked_at != v.written_at { " " small { (view::day_short(date::jst_date(v.checked_at))) " " (v.checker) "が確かめた" } } }
                    @if all.is_empty() { p { small { "内容は前の版と同じです。" } } } @else { (ui::table(&format!("第{}版で変わったところ", v.version), &["項目", "前", "後"], html! {
                        @for c in &all { tr { th scope="row" { (c.what) } td data-l="前" { @if c.before.is_empty() { "—" } @else { (view::lines(&c.before)) } } td data-l="後" { @if c.after.is_empty() { "—" } @else { (view::lines(&c.after)) } } } }
                    })) }
                }))
            }
            (view::paging(&format!("/cases/{id}/care/history?part={}&", part.code), offset, PAGE, versions.len()))
        }))
    };
    Ok(web::page(&app, &actor, "cases", &format!("{}のこれまで", part.label), body))
}
