//! The page about what protects a child. It shows values only in answer to a purpose, with a fresh proof, and writes it down.

use super::{
    ProtectedField, ProtectionKind, ViewPurpose,
    store::{self, Begin, Fact, Protection},
};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::{Draft, Object},
    once,
    policy::{self, CaseAct, Permit, Protect, ReadProtected, Seen},
    view,
    waiting::{self, WaitingKind},
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse as _};
use jiff::ToSpan;
use maud::{Markup, html};
use platform::{
    Date, Uuid,
    db::Reader,
    form::{Errors, Fields, Parse},
    id::CaseId,
    japanese::date,
    vocabulary::Vocabulary as _,
};

/// A protection may be set for so long before somebody must look at it again.
const YEARS: i64 = 2;

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_protected::<ReadProtected>(&actor, &seen)?;
    let page = page(&app, &actor, &tx, &seen, &Fields::default(), &Errors::default(), None).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(page)
}

/// What every answer to a form here begins with: a fresh proof, and the right to what protects the child.
async fn begun<A: CaseAct>(app: &App, actor: &Actor, id: CaseId) -> Result<(Draft, Seen, Permit<A>)> {
    let now = app.now();
    policy::proved(app, actor, now)?;
    let tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, actor, id, now).await?;
    let permit = policy::on_protected::<A>(actor, &seen)?;
    Ok((tx, seen, permit))
}

/// The values, once, for a purpose that the journal keeps.
pub async fn view_facts(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let (tx, seen, permit) = begun::<ReadProtected>(&app, &actor, id).await?;
    let mut p = Parse::new(&fields);
    let purpose: ViewPurpose = p.choice("purpose", "見る目的");
    let purpose = match p.finish(purpose) {
        Ok(purpose) => purpose,
        Err(errors) => return Ok(unprocessable(page(&app, &actor, &tx, &seen, &fields, &errors, None).await?)),
    };
    let shown = Opened { facts: store::facts(&tx, &seen).await?, reasons: store::reasons(&tx, &seen).await? };
    let page = page(&app, &actor, &tx, &seen, &Fields::default(), &Errors::default(), Some(&shown)).await?;
    // The trace is durable before the values leave.
    tx.commit(&permit, &app.mint, now, Object::new("protected_fact", id.0), None, purpose.code()).await?;
    Ok(page.into_response())
}

async fn page(
    app: &App,
    actor: &Actor,
    tx: &Reader,
    seen: &Seen,
    fields: &Fields,
    errors: &Errors,
    shown: Option<&Opened>,
) -> Result<Markup> {
    let (case, all, counts) = tokio::join!(case::find(tx, seen), store::all(tx, seen), store::counts(tx, seen));
    let (case, all, counts) = (case?, all?, counts?);
    let live = all.iter().find(|p| p.ended_at.is_none());
    let siblings = if live.is_some() { store::siblings(tx, actor, seen, app.now()).await? } else { vec![] };
    let total: i64 = counts.iter().map(|(_, n)| n).sum();
    let body = html! {
        (case::header(app, &case, seen, "/protected"))
        (view::summary(errors))
        @if !siblings.is_empty() { (ui::notice(ui::Tone::Warn, "同じ名前の保護者のケースは、まだ守られていません", html! {
            ul { @for s in &siblings { li {
                @if s.own || !seen.shows_all() { a href={ "/cases/" (s.id) "/protected" } { (s.child_name) "（" (s.child_kana) "）さんの「守る情報」を開く" } }
                @else { (s.child_name) "（" (s.child_kana) "）さん（主担当 " (s.lead) "さんに知らせてください）" }
            } } }
            p { "きょうだいなら、そちらでも保護を始めてください。名前が同じだけのこともあるため、自動では始めません。" }
        })) }
        (ui::two(html! {
            (ui::panel("守る情報", html! {}, html! {
                @match shown {
                    Some(open) => div.unprinted { (facts_view(app, seen.case(), open)) },
                    None if total == 0 => (ui::empty("守る情報はまだありません", html! { p { "保護を始めると、家族の電話・住まい・居所の補足がここへ移り、ほかの画面からなくなります。" } })),
                    None => (hidden_view(app, seen.case(), &counts, fields, errors)),
                }
            }))
            @if live.is_some() || total > 0 { (ui::panel("守る情報を書き加える", html! {}, ui::pad(add_form(app, seen.case(), fields, errors)))) }
        }, html! {
            @match live {
                Some(p) => (live_view(app, seen.case(), p, fields, errors)),
                None => (ui::panel("保護を始める", html! {}, ui::pad(begin_form(app, seen.case(), fields, errors)))),
            }
            @if all.iter().any(|p| p.ended_at.is_some()) { (ui::panel("これまでの保護", html! {}, html! { ul.plain { @for p in all.iter().filter(|p| p.ended_at.is_some()) { li {
                (p.kind.label()) br; small { (view::day_short(date::jst_date(p.begun_at))) "〜" @if let Some(t) = p.ended_at { (view::day_short(date::jst_date(t))) } @if let Some(by) = &p.ended_by { "・" (by) "が終えた" } }
            } } } })) }
        }))
    };
    Ok(web::page(app, actor, "cases", "守る情報", body))
}

/// What is shown once, for a purpose: the facts, and why each protection began and ended.
struct Opened {
    facts: Vec<Fact>,
    reasons: Vec<(String, String)>,
}

fn facts_view(app: &App, id: CaseId, open: &Opened) -> Markup {
    let empty = Fields::default();
    html! {
        (ui::pad(html! { p { (ui::tag(ui::Tone::Alert, "取扱い注意")) " 写さず、印刷せず、見終わったらこの画面を離れてください。見たことと目的は記録されました。" } }))
        ul.plain { @for f in &open.facts { li {
            (ui::tag(ui::Tone::Neutral, f.field.label())) br; (view::lines(&f.value)) br;
            small { (f.by) " " (view::moment_of_year(f.written_at)) }
            (ui::details("消す", view::form(app, &empty, &format!("/cases/{id}/protected/facts/remove"), html! { input type="hidden" name="fact" value=(f.id); p { "この情報を消します。もとに戻せません。" } }, ui::button("この情報を消す", false))))
        } } }
        (ui::pad(html! { @for (begun, ended) in &open.reasons {
            p { b { "理由と、だれから守るか" } br; (view::lines(begun)) }
            @if !ended.is_empty() { p { b { "終えた理由" } br; (view::lines(ended)) } }
        } }))
    }
}

fn hidden_view(app: &App, id: CaseId, counts: &[(ProtectedField, i64)], fields: &Fields, errors: &Errors) -> Markup {
    ui::pad(html! {
        ul.plain { @for (field, n) in counts { li { b { (field.label()) } " " (n) "件" } } }
        (view::form(app, fields, &format!("/cases/{id}/protected/view"), html! {
            (view::field(fields, errors, "purpose", "見る目的").required().hint("選んだ目的は、見た人と時刻とともに閲覧の記録に残ります").radios(&ViewPurpose::options()))
        }, ui::button("内容を見る", true)))
    })
}

fn add_form(app: &App, id: CaseId, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    view::form(
        app,
        fields,
        &format!("/cases/{id}/protected/facts"),
        html! {
            (f("field", "種類").required().select(&ProtectedField::options()))
            (f("value", "内容").required().max(500).area(2))
        },
        ui::button("書き加える", false),
    )
}

fn begin_form(app: &App, id: CaseId, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let until = app.today().checked_add(1.year()).unwrap_or(app.today());
    let until = if fields.has("until") { fields.get("until").to_owned() } else { until.to_string() };
    view::form(
        app,
        fields,
        &format!("/cases/{id}/protected/begin"),
        html! {
            p { "家族と相談した人の電話・住まい、居所の補足がここへ移り、ほかの画面・一覧・検索からなくなります。見られるのは主担当と、市町の個人情報管理者（市町への同意があるとき）だけです。家族の画面の招きは、いったんすべて終わります。" }
            p { "経過・書類・送ったつなぎ・相談の文に書かれていることは移りません。始めたあとで確かめてください。" }
            (f("kind", "事情").required().radios(&ProtectionKind::options()))
            (f("reason", "理由と、だれから守るか").required().max(500).area(3))
            (ui::Field::new("until", "見直す日").value(&until).error(errors.of("until")).required().hint("この日を過ぎても、ひとりでに解けることはありません。1か月前に知らせます").date())
            (ui::details("名前も守る", html! {
                p { small { "これからの呼び名を書くと、本当の名前はここへ移り、一覧や検索には呼び名だけが出ます。" } }
                (ui::form_row(html! { (f("called", "呼び名").hint("「さん」は付けません").max(50).autocomplete("off").text()) (f("called_kana", "呼び名のふりがな").max(60).text()) }))
            }))
        },
        ui::button("保護を始める", true),
    )
}

fn live_view(app: &App, id: CaseId, p: &Protection, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let late = p.until_on < app.today();
    ui::panel(
        "保護しています",
        html! {},
        ui::pad(html! {
            p { (ui::tag(ui::Tone::Alert, p.kind.label())) }
            p { "文に書かれたことは移っていません。確かめるところ："
                a href=(format!("/cases/{id}/timeline")) { "経過記録" } "、" a href=(format!("/cases/{id}/documents")) { "書類" } "、" a href=(format!("/cases/{id}/referrals")) { "つなぎ" } "、" a href=(format!("/cases/{id}")) { "もとの相談・家族の補足" } }
            p { (view::day_short(date::jst_date(p.begun_at))) "から（" (p.begun_by) "）" br; "見直す日 " b { (view::day_short(p.until_on)) } @if late { " " (ui::tag(ui::Tone::Warn, "過ぎています。保護は続いています")) } }
            (ui::details("見直して続ける", view::form(app, fields, &format!("/cases/{id}/protected/renew"), html! {
                (f("until", "次に見直す日").required().date())
            }, ui::button("続ける", true))))
            (ui::details("保護を終える", view::form(app, fields, &format!("/cases/{id}/protected/end"), html! {
                p { small { "ここにある情報は、終えたあとも、もとの場所へは戻りません。" } }
                (f("end_reason", "終える理由").required().max(500).area(2))
            }, ui::button("保護を終える", false))))
        }),
    )
}

fn later(p: &mut Parse<'_>, today: Date) -> Date {
    let until = p.date("until", "見直す日");
    let last = today.checked_add(YEARS.years()).unwrap_or(today);
    if !p.raw("until").trim().is_empty() && (until <= today || until > last) {
        p.fail("until", format!("見直す日は、明日から{YEARS}年先までの日にしてください。"));
    }
    until
}

pub async fn begin(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let (mut tx, seen, permit) = begun::<Protect>(&app, &actor, id).await?;
    let mut p = Parse::new(&fields);
    let kind: ProtectionKind = p.choice("kind", "事情");
    let reason = p.paragraph("reason", "理由と、だれから守るか", 500);
    let until_on = later(&mut p, today);
    let named = ["called", "called_kana"].iter().any(|f| !fields.get(f).trim().is_empty());
    let called = named.then(|| (p.line("called", "呼び名", 50), p.kana("called_kana", "呼び名のふりがな", 60)));
    if let Err(errors) = p.finish(()) {
        return Ok(unprocessable(page(&app, &actor, &tx, &seen, &fields, &errors, None).await?));
    }
    let place = format!("/cases/{id}/protected");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let called = called.as_ref().map(|(name, kana)| (name.as_str(), kana.as_str()));
    let new = Begin { kind, until_on, reason: &reason, called };
    if !store::begin(&mut tx, &app, &seen, &actor, &new, now).await? {
        return Err(Error::refused("このケースは、もう保護の対象です。"));
    }
    tx.announce("case", id);
    tx.commit(&permit, &app.mint, now, Object::new("protection", id.0), None, kind.code()).await?;
    Ok(see_other(&place))
}

pub async fn renew(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let (mut tx, seen, permit) = begun::<Protect>(&app, &actor, id).await?;
    let mut p = Parse::new(&fields);
    let until = later(&mut p, today);
    if let Err(errors) = p.finish(()) {
        return Ok(unprocessable(page(&app, &actor, &tx, &seen, &fields, &errors, None).await?));
    }
    let protection = store::renew(&mut tx, &seen, until).await?.ok_or(Error::NotFound)?;
    waiting::clear(&mut tx, protection, WaitingKind::ProtectionReview).await?;
    tx.commit(&permit, &app.mint, now, Object::new("protection", protection), None, "renewed").await?;
    Ok(see_other(&format!("/cases/{id}/protected")))
}

pub async fn end(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let (mut tx, seen, permit) = begun::<Protect>(&app, &actor, id).await?;
    let mut p = Parse::new(&fields);
    let reason = p.paragraph("end_reason", "終える理由", 500);
    if let Err(errors) = p.finish(()) {
        return Ok(unprocessable(page(&app, &actor, &tx, &seen, &fields, &errors, None).await?));
    }
    let ended = store::end(&mut tx, &app, &seen, &actor, &reason, now).await?;
    let protection = ended.ok_or_else(|| Error::refused("このケースは、いま保護の対象ではありません。"))?;
    waiting::clear(&mut tx, protection, WaitingKind::ProtectionReview).await?;
    tx.announce("case", id);
    tx.commit(&permit, &app.mint, now, Object::new("protection", protection), None, "ended").await?;
    Ok(see_other(&format!("/cases/{id}/protected")))
}

pub async fn add(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let (mut tx, seen, permit) = begun::<Protect>(&app, &actor, id).await?;
    let mut p = Parse::new(&fields);
    let field: ProtectedField = p.choice("field", "種類");
    let value = p.paragraph("value", "内容", 500);
    if let Err(errors) = p.finish(()) {
        return Ok(unprocessable(page(&app, &actor, &tx, &seen, &fields, &errors, None).await?));
    }
    let place = format!("/cases/{id}/protected");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let fact = store::add(&mut tx, &app, id, &actor, (field, &value), now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("protected_fact", fact), None, field.code()).await?;
    Ok(see_other(&place))
}

pub async fn remove(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let (mut tx, seen, permit) = begun::<Protect>(&app, &actor, id).await?;
    let fact = fields.get("fact").parse::<Uuid>().map_err(|_| Error::NotFound)?;
    if !store::remove(&mut tx, &seen, fact, &actor, now).await? {
        return Err(Error::refused("この情報は、もう消されています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("protected_fact", fact), None, "removed").await?;
    Ok(see_other(&format!("/cases/{id}/protected")))
}
