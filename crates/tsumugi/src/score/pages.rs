//! The scores of a child: what counts now, how it went, every sheet; one sheet; taking one back.

use super::{
    ScoreKind,
    form::{about, class_of},
    model::{Scored, Severity, class},
    severe,
    sheet::Judge,
    store::{self, Sheet},
    table::{self, Rules},
};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    policy::{self, CaseAct, Category, Permit, ReadCare, Seen, WriteCare},
    view, waiting,
    waiting::WaitingKind,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Date, Timestamp, Uuid,
    db::Reader,
    form::{Errors, Fields, Parse},
    id::CaseId,
    japanese::date,
    vocabulary::Vocabulary as _,
};

/// A case of which the actor sees the medical care, with the right to act on that.
pub async fn see_care<A: CaseAct>(
    tx: &Reader,
    actor: &Actor,
    case: CaseId,
    now: Timestamp,
) -> Result<(Seen, Permit<A>)> {
    let seen = policy::see_case(tx, actor, case, now).await?;
    let permit = policy::on_case::<A>(actor, &seen)?;
    if seen.shows(Category::Care) { Ok((seen, permit)) } else { Err(Error::Forbidden) }
}

/// How many sheets one page shows; a child is judged once or twice a year.
const SHOWN: i64 = 100;

pub async fn list(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let (seen, permit) = see_care::<ReadCare>(&tx, &actor, id, now).await?;
    let case = case::find(&tx, &seen).await?;
    let all = store::list(&tx, &seen, None, SHOWN).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    let writes = seen.allows::<WriteCare>() && case.status != case::Status::Closed;
    let of = |kind| all.iter().filter(|s| s.kind == kind).cloned().collect::<Vec<_>>();
    let (care, severe) = (of(ScoreKind::Care), of(ScoreKind::Severe));
    let body = html! {
        (case::header(&app, &case, &seen, "/care"))
        (ui::two(html! {
            (ui::panel("医療的ケアスコア", html! { @if writes { a href=(format!("/cases/{id}/scores/care")) { "新しい票を記録する" } } }, html! {
                (standing_view(&care, app.today()))
                @if chart_points(&care).len() > 1 { (ui::pad(chart("医療的ケアスコアのうつりかわり", &care, 64, &[(3, "区分1"), (16, "区分2"), (32, "区分3")]))) }
                (table_view(&care))
            }))
            (ui::panel("超重症児スコア", html! { @if writes { a href=(format!("/cases/{id}/scores/severe")) { "新しい票を記録する" } } }, html! {
                (standing_view(&severe, app.today()))
                (table_view(&severe))
            }))
        }, html! {
            (ui::panel("この表について", html! {}, ui::pad(about(table::on(app.today())))))
            (ui::panel("医療的ケアの状況", html! {}, ui::pad(html! { p { a href=(format!("/cases/{id}/care")) { "医療的ケアの状況へ戻る" } } })))
        }))
    };
    Ok(web::page(&app, &actor, "cases", "スコア", body))
}

/// What counts now.
fn standing_view(sheets: &[Sheet], today: Date) -> Markup {
    let Some(now) = store::standing(sheets.to_vec()) else {
        return ui::empty("票はまだありません", html! { p { "医師の判定がまだでも、「目安」として記録できます。" } });
    };
    let later = sheets.iter().find(|s| s.withdrawn_at.is_none() && s.judged_on > now.judged_on);
    ui::pad(html! {
        (result(&now))
        p { (judged(&now)) }
        (validity(&now, today))
        @if let Some(s) = later { p { (ui::tag(ui::Tone::Info, "その後の目安")) " " (view::day_short(s.judged_on)) " " b { (s.total()) "点" } " " small { "状態が変わっているときは、医師に判定を頼みます。" } } }
    })
}

/// The total of a sheet in large figures, with what it means.
fn result(s: &Sheet) -> Markup {
    match s.kind {
        ScoreKind::Care => total_view(&s.scored(), table::of_version(&s.rules), s.ticked().severity()),
        ScoreKind::Severe => {
            let severe = s.severe();
            html! { p.score { b { (severe.total()) } small { "点" } " " (ui::tag(ui::Tone::Info, severe.verdict().label())) } p { small { (ui::tag(ui::Tone::Warn, "未確認")) " " (severe::SOURCE) } } }
        }
    }
}

pub fn total_view(scored: &Scored, rules: &Rules, severity: Option<Severity>) -> Markup {
    let total = scored.total();
    html! {
        p.score { b { (total) } small { "点" } " " (ui::tag(ui::Tone::Info, class(total, rules).label())) }
        (ui::kv(&[("基本", html! { (scored.basic) "点" }), ("見守り", html! { (scored.watch) "点" }), ("めやす", html! { @match severity { Some(s) => (s.label()), None => "—" } })]))
        @for row in scored.rows.iter().filter(|r| r.dropped.is_some()) { p { small { (row.line.number()) "：" (row.dropped.unwrap_or("")) "。" } } }
        @for (other, why) in &scored.otherwise { p { (ui::tag(ui::Tone::Warn, "要確認")) " " small { (why) "が確かめられていません。もう一方の数え方では" (other) "点（" (class_of(*other, rules)) "）です。" } } }
    }
}

fn judged(s: &Sheet) -> Markup {
    html! {
        (ui::tag(if s.by_physician { ui::Tone::Ok } else { ui::Tone::Neutral }, s.judge().label())) " " (view::day(s.judged_on))
        @if s.by_physician { " " (s.fields.get("physician")) "（" (s.fields.get("facility")) "）" }
    }
}

/// Until when a judgement counts, and whether the next one is due.
fn validity(s: &Sheet, today: Date) -> Markup {
    html! { @if let Some(until) = s.valid_until {
        p { "有効期限 " b { (view::day(until)) } " " @if until < today { (ui::tag(ui::Tone::Alert, "期限が過ぎています")) } @else if view::days_between(today, until) <= 60 { (ui::tag(ui::Tone::Warn, &format!("あと{}日", view::days_between(today, until)))) } }
    } }
}

/// Days and totals of what was not taken back, the oldest first.
fn chart_points(sheets: &[Sheet]) -> Vec<(Date, i64)> {
    let mut points: Vec<(Date, i64)> = sheets
        .iter()
        .filter(|s| s.withdrawn_at.is_none() && s.by_physician)
        .map(|s| (s.judged_on, s.total()))
        .collect();
    points.reverse();
    points
}

fn chart(label: &str, sheets: &[Sheet], least_top: i64, marks: &[(i64, &str)]) -> Markup {
    let points: Vec<(String, i64)> =
        chart_points(sheets).into_iter().map(|(d, n)| (date::wareki_short(d), n)).collect();
    ui::steps_chart(&ui::StepsChart { label, unit: "点", points: &points, least_top, marks })
}

fn table_view(sheets: &[Sheet]) -> Markup {
    html! { @if !sheets.is_empty() { (ui::table("記録した票", &["判定した日", "点", "判定", "有効期限", "記録"], html! {
        @for s in sheets { tr {
            th scope="row" { a href=(format!("/scores/{}", s.id)) { (view::day_short(s.judged_on)) } }
            td.num data-l="点" { (s.total()) "点" }
            td data-l="判定" { @if s.withdrawn_at.is_some() { (ui::tag(ui::Tone::Neutral, "取り下げた票")) } @else { (s.judge().label()) } small { (s.fields.get("physician")) } }
            td data-l="有効期限" { @match s.valid_until { Some(d) => (view::day_short(d)), None => "—" } }
            td data-l="記録" { (view::moment_of_year(s.recorded_at)) small { (s.recorder) } }
        } }
    })) } }
}

pub async fn one(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let (seen, permit) = see_care::<ReadCare>(&tx, &actor, store::case_of(&tx, id).await?, now).await?;
    let sheet = store::find(&tx, &seen, id).await?;
    let body = sheet_view(&app, &tx, &seen, &sheet, &Fields::default(), &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("score_sheet", id)).await?;
    Ok(web::page(&app, &actor, "cases", sheet.kind.label(), body))
}

async fn sheet_view(
    app: &App,
    tx: &Reader,
    seen: &Seen,
    s: &Sheet,
    fields: &Fields,
    errors: &Errors,
) -> Result<Markup> {
    let case = case::find(tx, seen).await?;
    let (id, total) = (s.case_id, s.total());
    let paper: Option<i64> = s.fields.get("paper_total").parse().ok();
    let writes = seen.allows::<WriteCare>() && s.withdrawn_at.is_none() && case.status != case::Status::Closed;
    Ok(html! {
        (case::header(app, &case, seen, "/care"))
        @if let Some(at) = s.withdrawn_at { (ui::notice(ui::Tone::Warn, "この票は取り下げられています", html! { p { (view::day(date::jst_date(at))) " " (s.withdrawer.as_deref().unwrap_or("")) "：" (s.withdrawn_for) } })) }
        @if let Some(n) = paper.filter(|n| *n != total) { (ui::notice(ui::Tone::Warn, "医師の票の合計と違います", html! { p { "医師の票では" b { (n) "点" } "、ここでの計算では" b { (total) "点" } "です。項目の選び方か、数え方（要確認のところ）を見比べてください。" } })) }
        (ui::two(html! {
            (ui::panel(s.kind.label(), html! { a href=(format!("/cases/{id}/scores")) { "スコアへ戻る" } }, html! {
                (rows_view(s))
            }))
        }, html! {
            (ui::panel("結果", html! {}, ui::pad(html! { (result(s)) p { (judged(s)) } (validity(s, app.today())) })))
            (ui::panel("この票", html! {}, ui::pad(html! {
                (ui::kv(&[
                    ("判定", html! { (s.judge().label()) }),
                    ("医師の票の合計", html! { @match paper { Some(n) => { (n) "点" } None => "—" } }),
                    ("署名のある写し", html! { @match s.document_id { Some(d) => a href=(format!("/documents/{d}")) { "書類を開く" }, None => "—" } }),
                    ("表の版", html! { (s.rules) }),
                    ("記録", html! { (view::moment_of_year(s.recorded_at)) " " (s.recorder) }),
                ]))
                @if !s.fields.get("note").is_empty() { p { (view::lines(s.fields.get("note"))) } }
            })))
            @if writes { (ui::panel("誤って記録したとき", html! {}, ui::pad(ui::details_when(!errors.is_empty(), "この票を取り下げる", view::form(app, fields, &format!("/scores/{}/withdraw", s.id), html! {
                p { "取り下げた票は、数えられなくなりますが、記録としては残ります。" }
                (view::field(fields, errors, "reason", "取り下げる理由").required().max(200).area(2))
            }, ui::button("取り下げる", false)))))) }
        }))
    })
}

fn rows_view(s: &Sheet) -> Markup {
    match s.kind {
        ScoreKind::Care => {
            let (scored, ticked) = (s.scored(), s.ticked());
            html! {
                @if scored.rows.is_empty() { (ui::empty("当てはまる項目はありません", html! {})) } @else { (ui::table("数えた項目", &["項目", "基本", "見守り", "補足"], html! {
                    @for r in &scored.rows { tr {
                        th scope="row" { (r.line.number()) " " (r.line.label()) @if r.line == table::Line::Ventilator { small { @for (i, m) in ticked.machines.iter().enumerate() { @if i > 0 { "、" } (m.label()) } } } }
                        td.num data-l="基本" { (r.basic) }
                        td.num data-l="見守り" { @if r.line.watched_for().is_empty() { "—" } @else { (r.watch) small { (r.level.label()) } } }
                        td data-l="補足" { (r.dropped.unwrap_or("")) }
                    } }
                    tr { th scope="row" { "合計" } td.num data-l="基本" { (scored.basic) } td.num data-l="見守り" { (scored.watch) } td data-l="合計" { b { (scored.total()) "点" } } }
                })) }
            }
        }
        ScoreKind::Severe => {
            let severe = s.severe();
            ui::table(
                "数えた項目",
                &["項目", "点"],
                html! {
                    @for (words, points) in severe.rows() { tr { th scope="row" { (words) } td.num data-l="点" { (points) } } }
                    tr { th scope="row" { "合計" } td.num data-l="点" { b { (severe.total()) } } }
                    tr { th scope="row" { "運動機能は座位まで" } td data-l="答え" { @if severe.sits_at_most { "はい" } @else { "いいえ" } } }
                    tr { th scope="row" { "続いている期間" } td data-l="答え" { (severe.lasting.label()) } }
                },
            )
        }
    }
}

pub async fn withdraw(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (seen, permit) = see_care::<WriteCare>(&tx, &actor, store::case_of(&tx, id).await?, now).await?;
    case::must_be_open(&mut tx, &seen).await?;
    let sheet = store::find(&tx, &seen, id).await?;
    let mut p = Parse::new(&fields);
    let reason = p.paragraph("reason", "取り下げる理由", 200);
    let reason = match p.finish(reason) {
        Ok(reason) => reason,
        Err(errors) => {
            let body = sheet_view(&app, &tx, &seen, &sheet, &fields, &errors).await?;
            return Ok(unprocessable(web::page(&app, &actor, "cases", sheet.kind.label(), body)));
        }
    };
    if !store::withdraw(&mut tx, &app.mint, &sheet, &reason, &actor, now).await? {
        return Err(Error::refused("この票は、すでに取り下げられています。"));
    }
    waiting::clear(&mut tx, id, WaitingKind::ScoreEnding).await?;
    tx.announce("case", sheet.case_id);
    tx.commit(&permit, &app.mint, now, Object::new("score_sheet", id), None, "withdrawn").await?;
    Ok(see_other(&format!("/scores/{id}")))
}

/// The score in one line, for the pages of others.
pub fn summary_view(sheet: Option<&Sheet>, today: Date) -> Markup {
    match sheet {
        None => html! { p { "医療的ケアスコアの記録はありません。" } },
        Some(s) => {
            let rules = table::of_version(&s.rules);
            html! {
                p.score { b { (s.total()) } small { "点" } " " (ui::tag(ui::Tone::Info, class_of(s.total(), rules))) @if s.judge() == Judge::Estimate { " " (ui::tag(ui::Tone::Neutral, "目安")) } }
                p { small { (view::day_short(s.judged_on)) "判定" } }
                (validity(s, today))
            }
        }
    }
}
