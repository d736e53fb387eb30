//! The sheet as a page for a telephone, looked through, and printed.

use super::{
    sheet::{Pair, Sheet, gather, without_places},
    store::{self, Checked},
};
use crate::{
    account::Actor,
    app::App,
    area,
    case::{self, Case, Person},
    exchange::print,
    journal::Object,
    policy::{self, Category, PrintCare, ReadCare, Seen, WriteCare},
    profile::{self, DueKind, Version},
    score, view,
    web::{self, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::extract::State;
use jiff::ToSpan;
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::{Errors, Fields, Parse},
    id::CaseId,
    japanese::date,
    vocabulary,
    vocabulary::Vocabulary as _,
};
use sha2::{Digest as _, Sha256};

vocabulary! {
    /// Which sheet is printed.
    pub enum Paper {
        Summary = "summary" "救急サマリー（A4で2枚から）",
        Fridge = "fridge" "冷蔵庫シート（A4で1枚）",
    }
}

vocabulary! {
    /// What a sheet is printed for.
    pub enum PrintPurpose {
        Ambulance = "ambulance" "いま、救急搬送する",
        Home = "home" "家に置く・家族に渡す",
        Hospital = "hospital" "病院・救急隊に渡す",
        School = "school" "園・学校・事業所に渡す（同意の範囲で）",
        Check = "check" "内容を紙で確かめる",
    }
}

/// After so many months a sheet is to be looked through again.
const REVIEW: i64 = 6;

/// The sheet as the profile has it now, as far as the actor sees it.
async fn now_of(app: &App, tx: &Reader, seen: &Seen, case: &Case) -> Result<Sheet> {
    let parts = profile::current(tx, seen).await?;
    let family = if seen.shows(Category::Family) { Some(case::family(tx, seen).await?) } else { None };
    of_parts(app, tx, seen, case, &parts, family.as_deref()).await
}

/// The sheet in an emergency view, whose permit the caller has: what saves a life, whoever agreed to what; and from when it is.
pub async fn in_emergency(app: &App, tx: &Reader, seen: &Seen, case: &Case, family: &[Person]) -> Result<Markup> {
    let mut parts = profile::medical(tx, seen).await?;
    if case.protected {
        without_places(&mut parts);
    }
    if parts.is_empty() {
        return Ok(ui::empty("医療的ケアの状況は、まだ書かれていません", html! {}));
    }
    let sheet = of_parts(app, tx, seen, case, &parts, Some(family)).await?;
    let last = store::list(tx, seen, 1, 0).await?.into_iter().next();
    let same = last.as_ref().is_some_and(|l| l.body.as_ref() == Some(&sheet.body()));
    Ok(html! {
        @if case.protected { (ui::pad(html! { p { (ui::tag(ui::Tone::Warn, "居場所を守るため、急変のときの受入れのほかの医療機関と、業者の名前と電話は出していません。主担当に電話で確かめてください")) } })) }
        (sheet_view(&sheet))
        (ui::pad(html! { p.hint { (state(last.as_ref(), same, app.today())) @if !case.protected && !sheet.missing.is_empty() { "書かれていないところ：" (sheet.missing.join("、")) "。" } } }))
    })
}

async fn of_parts(
    app: &App,
    tx: &Reader,
    seen: &Seen,
    case: &Case,
    parts: &[Version],
    family: Option<&[Person]>,
) -> Result<Sheet> {
    let today = app.today();
    let phone = area::office_phone(tx, case.lead_id, today).await?.unwrap_or_default();
    let score = score::latest(tx, seen, score::ScoreKind::Care).await?;
    let score = score.map_or(String::new(), |s| s.in_words());
    Ok(gather(case, parts, family, (&case.lead, &phone), &score, today))
}

fn care_seen(seen: &Seen) -> Result<()> {
    if seen.shows(Category::Care) { Ok(()) } else { Err(Error::Forbidden) }
}

/// Tells one content of a sheet from another one.
fn print_of(sheet: &Sheet) -> String {
    let digest = Sha256::digest(sheet.body().as_bytes());
    platform::id::hex(digest.get(..12).unwrap_or(&digest))
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCare>(&actor, &seen)?;
    care_seen(&seen)?;
    let page = page(&app, &tx, &actor, &seen, &Fields::default(), &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("emergency_sheet", id.0)).await?;
    Ok(page)
}

async fn page(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let (case, id) = (case::find(tx, seen).await?, seen.case());
    let sheet = now_of(app, tx, seen, &case).await?;
    let whole = seen.shows(Category::Family);
    let last = store::list(tx, seen, 1, 0).await?.into_iter().next();
    let changed = last.as_ref().is_some_and(|l| whole && l.body.as_ref() != Some(&sheet.body()));
    let open = case.status != case::Status::Closed;
    let body = html! {
        (case::header(app, &case, seen, "/care"))
        @if !sheet.missing.is_empty() { (ui::notice(ui::Tone::Warn, "まだ書かれていないところがあります", html! { p { (sheet.missing.join("、")) "。" a href=(format!("/cases/{id}/care")) { "医療的ケアの状況" } "に書くと、ここに入ります。" } })) }
        (ui::two(html! {
            (ui::panel("救急サマリー", html! { a href=(format!("/cases/{id}/care")) { "医療的ケアの状況" } }, sheet_view(&sheet)))
        }, html! {
            (ui::panel("確かめる", html! { @if last.is_some() && seen.allows::<WriteCare>() && whole { a href=(format!("/cases/{id}/emergency/versions")) { "これまで" } } }, ui::pad(html! {
                @match &last {
                    None => p { (ui::tag(ui::Tone::Warn, "まだ確かめられていません")) },
                    Some(l) => { p { b { (view::day_short(date::jst_date(l.checked_at))) } " " (l.checker) "が確かめた（第" (l.version) "版）" }
                        @if changed { p { (ui::tag(ui::Tone::Warn, "そのあとで内容が変わっています")) } }
                        @if let Ok(day) = date::jst_date(l.checked_at).checked_add(REVIEW.months()) { p { small { "次の見直し " (view::day_short(day)) } } } }
                }
                @if open && whole && seen.allows::<WriteCare>() { (view::form(app, &Fields::default(), &format!("/cases/{id}/emergency/check"), html! {
                    p { "家族といっしょに読み、いまも正しいことを確かめたら押します。確かめた内容は、そのまま残ります。" }
                    input type="hidden" name="read" value=(print_of(&sheet));
                }, ui::button("この内容で確かめた", false))) }
            })))
            @if seen.allows::<PrintCare>() { (ui::panel("印刷する", html! {}, ui::pad(view::form(app, fields, &format!("/cases/{id}/emergency/print"), html! {
                (view::summary(errors))
                (view::field(fields, errors, "paper", "紙").value(if fields.has("paper") { fields.get("paper") } else { "summary" }).required().radios(&Paper::options()))
                (view::field(fields, errors, "purpose", "何のために").required().select(&PrintPurpose::options()))
                p.hint { "PDFができます。印刷したことは、家族も読める閲覧の記録に残ります。" }
            }, ui::button("PDFを作る", true))))) }
        }))
    };
    Ok(web::page(app, actor, "cases", "救急サマリー", body))
}

fn pairs(label: &str, list: &[Pair]) -> Markup {
    let rows: Vec<(&str, Markup)> = list.iter().map(|(l, w)| (l.as_str(), view::lines(w))).collect();
    html! { @if !rows.is_empty() { h3 { (label) } (ui::kv(&rows)) } }
}

fn table(label: &str, head: &[&str; 3], rows: &[[String; 3]], call: bool) -> Markup {
    html! { @if !rows.is_empty() { h3 { (label) } (ui::table(label, head, html! {
        @for r in rows { tr {
            th scope="row" { (r[0]) }
            td data-l=(head[1]) { (r[1]) }
            td data-l=(head[2]) { @if call && r[2].starts_with('0') { a href=(format!("tel:{}", r[2].replace('-', ""))) { (r[2]) } } @else { (r[2]) } }
        } }
    })) } }
}

/// The sheet on a screen, in the order of the paper.
fn sheet_view(s: &Sheet) -> Markup {
    ui::pad(html! {
        @if !s.warning.is_empty() { p { (ui::tag(ui::Tone::Alert, &s.warning)) } }
        (pairs("救急車を呼ぶ目安・急変のとき", &s.crisis))
        (pairs("アレルギー・禁忌", &s.allergies))
        (pairs("病気・障害の状態", &s.conditions))
        (table("緊急の連絡先", &["だれ", "氏名・名称", "電話"], &s.contacts, true))
        (table("使っている薬", &["薬", "量・形", "時刻・使うとき"], &s.medicines, false))
        (pairs("本人・家族の希望", &s.wishes))
        (pairs("ふだんの様子とケア", &s.care))
        (table("医師・医療機関", &["役割", "医療機関・診療科・医師", "電話"], &s.doctors, true))
        (table("機器・器材", &["機器", "設定・サイズ・予備", "電源・止まったとき"], &s.devices, false))
        (pairs("そのほか", &s.other))
        @if !s.power.is_empty() { h3 { "電気が止まったら" } ul.plain { @for line in &s.power { li { (line) } } } }
    })
}

/// From when a paper is and who looked at it.
fn state(last: Option<&Checked>, same: bool, today: platform::Date) -> String {
    let printed = format!("{} 現在の記録から作成。", date::wareki_short(today));
    match last {
        None => format!("{printed}この内容は、まだ家族と確かめられていません。"),
        Some(l) => {
            let day = date::wareki_short(date::jst_date(l.checked_at));
            let since = if same { "" } else { "そのあとで記録が変わっています。" };
            format!("{printed}{day} {}が確かめた（第{}版）。{since}", l.checker, l.version)
        }
    }
}

pub async fn print(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<PrintCare>(&actor, &seen)?;
    care_seen(&seen)?;
    policy::proved(&app, &actor, now)?;
    let mut p = Parse::new(&fields);
    let (wanted, purpose): (Paper, PrintPurpose) = (p.choice("paper", "紙"), p.choice("purpose", "何のために"));
    if let Err(errors) = p.finish(()) {
        return Ok(unprocessable(page(&app, &tx, &actor, &seen, &fields, &errors).await?));
    }
    let case = case::find(&tx, &seen).await?;
    let sheet = now_of(&app, &tx, &seen, &case).await?;
    let last = store::list(&tx, &seen, 1, 0).await?.into_iter().next();
    let same = last.as_ref().is_some_and(|l| l.body.as_ref() == Some(&sheet.body()));
    drop(tx);
    let (title, form) = match wanted {
        Paper::Summary => ("救急サマリー", ::paper::Form::Summary),
        Paper::Fridge => ("冷蔵庫シート", ::paper::Form::Fridge),
    };
    let data = sheet.data(title, &state(last.as_ref(), same, app.today()));
    let bytes = print::pdf(&app, &actor, form, data).await?;
    // The right may have ended while the paper was made.
    let seen = policy::see_case(&app.store.read().await?, &actor, id, app.now()).await?;
    policy::on_case::<PrintCare>(&actor, &seen)?;
    care_seen(&seen)?;
    let object = Object::new(if wanted == Paper::Summary { "emergency_summary" } else { "fridge_sheet" }, id.0);
    app.store.begin().await?.commit(&permit, &app.mint, now, object, None, purpose.code()).await?;
    Ok(print::download(wanted.code(), bytes))
}

pub async fn check(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<WriteCare>(&actor, &seen)?;
    care_seen(&seen)?;
    if !seen.shows(Category::Family) {
        return Err(Error::Forbidden);
    }
    case::must_be_open(&mut tx, &seen).await?;
    let case = case::find(&tx, &seen).await?;
    let sheet = now_of(&app, &tx, &seen, &case).await?;
    let last = store::list(&tx, &seen, 1, 0).await?.into_iter().next().map_or(0, |l| l.version);
    // What is certified is what stood on the page.
    if fields.get("read") != print_of(&sheet) {
        return Err(Error::refused(
            "読んでいるあいだに、記録が変わりました。画面を読み直して、いまの内容を確かめてください。",
        ));
    }
    let kept = store::keep(&mut tx, &app.mint, id, last, &sheet.body(), actor.person, now).await?;
    let review = app.today().checked_add(REVIEW.months()).unwrap_or(app.today());
    profile::watch(&mut tx, &app.mint, id, DueKind::Sheet, vec![review], now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("emergency_sheet", kept), None, "checked").await?;
    Ok(see_other(&format!("/cases/{id}/emergency")))
}

/// Sheets on one page.
const PAGE: i64 = 20;

/// Who looked the sheet through and when, with what it said then.
pub async fn versions(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<CaseId>,
    Query(query): Query,
) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<WriteCare>(&actor, &seen)?;
    care_seen(&seen)?;
    // They hold the family's telephones.
    if !seen.shows(Category::Family) {
        return Err(Error::Forbidden);
    }
    let case = case::find(&tx, &seen).await?;
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 100_000);
    let all = store::list(&tx, &seen, PAGE + 1, offset).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("emergency_sheet", id.0)).await?;
    let shown = usize::try_from(PAGE).unwrap_or(0).min(all.len());
    let body = html! {
        (case::header(&app, &case, &seen, "/care"))
        (ui::panel("確かめた救急サマリー", html! { a href=(format!("/cases/{id}/emergency")) { "いまの救急サマリーへ戻る" } }, html! {
            @if all.is_empty() { (ui::empty("まだ確かめられていません", html! {})) }
            @for v in all.iter().take(shown) { (ui::pad(html! {
                p { b { (view::moment_of_year(v.checked_at)) } " " (v.checker) " " small { "第" (v.version) "版" } }
                @match &v.body {
                    Some(body) => (ui::details(&format!("第{}版の内容", v.version), kept_view(body))),
                    None => p { small { "保護が始まる前のものなので、内容はしまわれています。" } },
                }
            })) }
            (view::paging(&format!("/cases/{id}/emergency/versions?"), offset, PAGE, all.len()))
        }))
    };
    Ok(web::page(&app, &actor, "cases", "確かめた救急サマリー", body))
}

/// What a sheet said when it was kept: every list of it under its name.
fn kept_view(body: &str) -> Markup {
    let value: platform::serde_json::Value = platform::serde_json::from_str(body).unwrap_or_default();
    let names = [
        ("crisis", "急変のとき"),
        ("allergies", "アレルギー・禁忌"),
        ("conditions", "病気・障害の状態"),
        ("contacts", "緊急の連絡先"),
        ("medicines", "薬"),
        ("wishes", "希望"),
        ("care", "ふだんの様子とケア"),
        ("doctors", "医師・医療機関"),
        ("devices", "機器・器材"),
        ("other", "そのほか"),
    ];
    html! {
        @for (name, label) in names {
            @let rows: Vec<String> = value[name].as_array().into_iter().flatten().map(|row| {
                row.as_array().into_iter().flatten().filter_map(|v| v.as_str()).filter(|v| !v.is_empty()).collect::<Vec<_>>().join("：")
            }).collect();
            @if !rows.is_empty() { h3 { (label) } ul.plain { @for row in &rows { li { (row) } } } }
        }
    }
}
