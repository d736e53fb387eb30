//! Pages of the emergency view: asking, seeing for four hours, reviewing.

use super::{
    model::{self, Finding, MISSES, Review, Wanted},
    store::{self, View},
};
use crate::{
    account::Actor,
    app::App,
    area, case, emergency,
    journal::Object,
    once,
    policy::{self, ReadBreakGlass, ReviewBreakGlass, ReviewBreakGlassAsOfficer, Role, Seen, UseBreakGlass},
    team, timeline, view,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use jiff::ToSpan;
use maud::{Markup, html};
use platform::{
    Timestamp, Uuid,
    db::Reader,
    form::{Errors, Fields},
    id::SubjectId,
    japanese::business::Reply,
    vocabulary::Vocabulary as _,
};

const TITLE: &str = "緊急の閲覧";

pub async fn blank(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<UseBreakGlass>(&actor)?;
    let own = store::own(&app.store.read().await?, actor.person).await?;
    Ok(ask(&app, &actor, &own, &Fields::default(), &Errors::default()))
}

fn ask(app: &App, actor: &Actor, own: &[View], fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let now = app.now();
    let body = html! {
        (ui::heading(&ui::Heading { over: "命にかかわるとき", title: TITLE, actions: html! {} }))
        (ui::two(html! {
            (ui::panel("お子さんの記録を開く", html! {}, ui::pad(html! {
                (ui::notice(ui::Tone::Warn, "まず、119番と主担当への電話を", html! { p { "担当でないお子さんの記録を、医療と連絡に必要なところだけ、4時間見られます。開くと、主担当と市町の個人情報の担当にすぐ知らされ、3開庁日以内に別の人が確認します。家族も、あとで記録を見られます。" } }))
                @if own.iter().any(|v| v.finding == Some(Finding::Misuse)) { (ui::notice(ui::Tone::Alert, "緊急の閲覧は止められています", html! { p { "前の閲覧が不適切と確認されたためです。市町の個人情報の担当に相談してください。" } })) }
                @else { (view::form(app, fields, "/break-glass", html! {
                    (view::summary(errors))
                    (ui::form_row(html! {
                        (f("kana", "お子さんのふりがな（氏名すべて）").required().max(60).autocomplete("off").text())
                        (f("birth", "生年月日").required().date())
                    }))
                    (f("reason", "いま何が起きていて、なぜ待てないか").required().hint("10文字以上").max(500).area(3))
                    (f("told", "知らされること、確認されることを読みました").checkbox())
                }, ui::button("記録を開く", true))) }
            })))
        }, html! {
            (ui::panel("自分が開いた記録", html! { "新しい順に20件" }, html! {
                @if own.is_empty() { (ui::empty("開いたことはありません", html! {})) }
                @else { ul.plain { @for v in own { li {
                    (view::moment(v.at)) " " @if v.ends_at > now { a href=(format!("/break-glass/{}", v.id)) { (case::number_text("", v.fiscal_year, v.number)) "（" (platform::japanese::date::jst_time(v.ends_at)) "まで）" } } @else { (case::number_text("", v.fiscal_year, v.number)) " 終わりました" }
                    " " (standing(v)) br; small { (view::cut(&v.reason, 60)) }
                } } } }
            }))
        }))
    };
    web::page(app, actor, "break_glass", TITLE, body)
}

fn standing(v: &View) -> Markup {
    match v.finding {
        None => ui::tag(ui::Tone::Warn, "確認待ち"),
        Some(Finding::Proper) => ui::tag(ui::Tone::Ok, Finding::Proper.label()),
        Some(Finding::Misuse) => ui::tag(ui::Tone::Alert, Finding::Misuse.label()),
    }
}

pub async fn open(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<UseBreakGlass>(&actor)?;
    let now = app.now();
    policy::proved(&app, &actor, now)?;
    let again = async |errors: Errors| -> Result {
        let own = store::own(&app.store.read().await?, actor.person).await?;
        Ok(unprocessable(ask(&app, &actor, &own, &fields, &errors)))
    };
    let wanted = match Wanted::parse(&fields, app.today()) {
        Ok(wanted) => wanted,
        Err(errors) => return again(errors).await,
    };
    let mut tx = app.store.begin().await?;
    store::hold(&mut tx, actor.person).await?;
    let hour_ago = now.checked_sub(1.hour()).unwrap_or(now);
    if store::misses(&tx, actor.person, hour_ago).await? >= MISSES {
        return Err(Error::refused(
            "続けて見つからなかったため、1時間ほど使えません。119番と、お子さんの市町の今日の当番に電話してください。",
        ));
    }
    if store::is_suspended(&tx, actor.person).await? {
        return Err(Error::refused(
            "緊急の閲覧は止められています。前の閲覧が不適切と確認されたためです。119番と主担当に電話し、市町の個人情報の担当に相談してください。",
        ));
    }
    let id: Uuid = app.mint.uuid(now);
    let Some(found) = store::find(&tx, &actor, &wanted.kana, wanted.birth).await? else {
        // Asking for a child by name leaves a trace as well.
        store::missed(&mut tx, &app.mint, id, actor.person, &wanted.reason, now).await?;
        tx.commit(&permit, &app.mint, now, Object::new("break_glass_search", actor.person.0), None, "missed").await?;
        return again(Errors::one("kana", "このふりがなと生年月日で、支援中のお子さんを1人に決められません。漢字ではなく、ふりがなを氏名すべて入力してください。見つからないときは、市町の今日の当番に電話してください。")).await;
    };
    match policy::see_case(&tx, &actor, found.id, now).await {
        Ok(seen) if seen.allows::<policy::ReadCase>() => return Ok(see_other(&format!("/cases/{}", found.id))),
        Ok(_) | Err(Error::NotFound) => {}
        Err(e) => return Err(e),
    }
    if let Some(live) = store::live(&tx, found.id, actor.person, now).await? {
        return Ok(see_other(&format!("/break-glass/{live}")));
    }
    let place = format!("/break-glass/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let due = app.calendar.due(now, Reply::OpenDays(3));
    if !store::open(&mut tx, &app.mint, id, found.id, &actor, &wanted.reason, now, due).await? {
        return Err(Error::refused("このお子さんのケースは、いま終結しました。"));
    }
    // Where a municipality has no privacy officer, the deputy is the second who is told.
    let privacy = store::privacy_seat(&tx, found.municipality, now).await?;
    let second = privacy.map_or_else(|| SubjectId::from(found.deputy_id), SubjectId::from);
    for subject in [SubjectId::from(found.lead_id), second] {
        let item = Item {
            kind: WaitingKind::BreakGlassReview,
            subject,
            object_kind: ObjectKind::BreakGlass,
            object: id,
            case: Some(found.id),
            waits_for: "",
            due,
        };
        waiting::put(&mut tx, &app.mint, now, item).await?;
    }
    tx.commit(&permit, &app.mint, now, Object::new("break_glass", id), Some(found.id), "opened").await?;
    Ok(see_other(&place))
}

/// The view of whoever opened it, while it lasts.
async fn own_view(tx: &Reader, actor: &Actor, id: Uuid, now: Timestamp) -> Result<(View, Seen)> {
    let v =
        store::view(tx, id).await?.filter(|v| v.person_id == actor.person && v.ends_at > now).ok_or(Error::NotFound)?;
    let seen = policy::see_case(tx, actor, v.case_id, now).await?;
    Ok((v, seen))
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let (v, seen) = own_view(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadBreakGlass>(&actor, &seen)?;
    let c = case::find(&tx, &seen).await?;
    let family = case::family(&tx, &seen).await?;
    let team = team::current(&tx, &seen, app.today()).await?;
    let medical = timeline::medical(&tx, &seen, 15).await?;
    let sheet = emergency::in_emergency(&app, &tx, &seen, &c, &family).await?;
    let phones = [
        area::office_phone(&tx, c.lead_id, app.today()).await?,
        area::office_phone(&tx, c.deputy_id, app.today()).await?,
    ];
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("break_glass", id)).await?;
    let today = app.today();
    let body = html! {
        (ui::heading(&ui::Heading { over: "緊急の閲覧", title: &format!("{}（{}）", c.child_name, c.child_kana), actions: html! { (view::form(&app, &Fields::default(), &format!("/break-glass/{id}/end"), html! {}, ui::button("閲覧を終える", false))) } }))
        (case::protected_notice(c.protected))
        (ui::notice(ui::Tone::Warn, "この画面は、緊急のときだけのものです", html! { p { (view::moment(v.ends_at)) "まで見られます。主担当と、市町の個人情報の担当（いないときは副担当）に知らせました。見た記録は家族にも示されます。" } }))
        (ui::two_then(html! {
            (ui::panel("お子さん", html! {}, ui::pad(html! {
                (ui::kv(&[
                    ("年齢", html! { (case::age_text(c.birth_date, today)) @if let Some(b) = c.birth_date { "（" (view::day_short(b)) "生）" } }),
                    ("市町・居所", html! { (c.municipality.label()) "・" (c.residence.label()) }),
                    ("医療的ケア", html! { (case::care_tags(&c.care())) @if c.mobile { " " (ui::tag(ui::Tone::Info, "動ける医ケア児")) } }),
                    ("使う言葉", html! { @if c.languages.is_empty() { "—" } @else { (c.languages) } }),
                ]))
            })))
        }, html! {
            (ui::panel("連絡する人", html! {}, html! {
                ul.plain {
                    @for p in family.iter().filter(|p| p.guardian) { li { b { (p.name) } " " small { (p.relation.label()) } @if p.contact_restricted || p.custody == case::Custody::None { " " (ui::tag(ui::Tone::Alert, "連絡を控える")) } @else if let Some(t) = &p.phone { br; a href=(format!("tel:{t}")) { (t) } } } }
                    @for (name, label, phone) in [(&c.lead, "主担当", &phones[0]), (&c.deputy, "副担当", &phones[1])] {
                        li { b { (name) } " " small { (label) } @if let Some(t) = phone { br; a href=(format!("tel:{t}")) { (t) } } }
                    }
                }
            }))
            (ui::panel("チーム", html! {}, html! {
                @if team.is_empty() { (ui::empty("チームはまだありません", html! {})) }
                @else { ul.plain { @for m in &team { li { b { (m.label) } " " small { (m.profession.label()) "・" (m.organisation) } } } } }
            }))
            (ui::panel("開いた理由", html! {}, ui::pad(html! { p { (view::lines(&v.reason)) } })))
        }, html! {
            (ui::panel("救急サマリー", html! {}, sheet))
            (ui::panel("医療職の観察と訪問の記録", html! { "新しい順に15件" }, html! {
                @if medical.is_empty() { (ui::empty("医療職が書いた観察・訪問の記録はありません", html! {})) }
                @else { ul.plain { @for e in &medical { li { (view::moment_of_year(e.happened_at)) " " (ui::tag(ui::Tone::Neutral, e.kind.label())) " " b { (e.title) } br; (view::lines(&e.body)) br; small { (e.author) "・" (e.agency) } } } } }
            }))
        }))
    };
    Ok(web::page(&app, &actor, "break_glass", TITLE, body))
}

pub async fn end(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (v, seen) = own_view(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadBreakGlass>(&actor, &seen)?;
    store::end(&mut tx, &v, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("break_glass", id), None, "ended").await?;
    Ok(see_other("/break-glass"))
}

/// Who reviews: somebody who has the case, or the privacy officer of the municipality, who sees the opening and not the child.
enum Reviewer {
    OfCase(policy::Permit<ReviewBreakGlass>),
    Officer(policy::Permit<ReviewBreakGlassAsOfficer>),
}

async fn reviewer(tx: &Reader, actor: &Actor, id: Uuid, now: Timestamp) -> Result<(View, Reviewer)> {
    let v = store::view(tx, id).await?.ok_or(Error::NotFound)?;
    let own_town = actor.municipality.as_deref() == Some(v.municipality.code());
    if actor.role == Role::Privacy && own_town {
        if policy::is_excluded(tx, v.case_id, actor.person).await? {
            return Err(Error::NotFound);
        }
        return Ok((v, Reviewer::Officer(policy::by_role(actor)?)));
    }
    let seen = policy::see_case(tx, actor, v.case_id, now).await?;
    Ok((v, Reviewer::OfCase(policy::on_case(actor, &seen)?)))
}

pub async fn review_page(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let (v, by) = reviewer(&tx, &actor, id, now).await?;
    drop(tx);
    let object = Object::new("break_glass", id);
    match &by {
        Reviewer::OfCase(permit) => app.store.read_of_case(permit, &app.mint, now, object).await?,
        Reviewer::Officer(permit) => app.store.read_by_role(permit, &app.mint, now, object).await?,
    }
    Ok(reviewing(&app, &actor, &v, &by, &Fields::default(), &Errors::default()))
}

fn reviewing(app: &App, actor: &Actor, v: &View, by: &Reviewer, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let own = v.person_id == actor.person;
    let officer = matches!(by, Reviewer::Officer(_));
    let body = html! {
        (ui::heading(&ui::Heading { over: "緊急の閲覧", title: &format!("{}の確認", case::number_text("ケース", v.fiscal_year, v.number)), actions: standing(v) }))
        (ui::two(ui::panel("だれが、なぜ開いたか", html! {}, ui::pad(html! {
            (ui::kv(&[
                ("開いた人", html! { b { (v.person) } "　" (v.role.label()) "・" (v.place) }),
                ("開いた時刻", html! { (view::moment(v.at)) "から" (view::moment(v.ends_at)) "まで" }),
                ("お子さんの市町", html! { (v.municipality.label()) }),
                ("理由", html! { (view::lines(&v.reason)) }),
                ("確認の期限", html! { (view::due(v.review_due, app.now())) }),
            ]))
            @if !officer { p { a href=(format!("/cases/{}/viewing/log", v.case_id)) { "このケースの閲覧の記録を見る" } } }
        })), html! {
            @if let Some(at) = v.reviewed_at { (ui::panel("確認の結果", html! {}, ui::pad(html! { p { (standing(v)) " " (view::moment(at)) " " (v.reviewer.as_deref().unwrap_or("")) } p { (view::lines(&v.note)) } }))) }
            @if own { (ui::notice(ui::Tone::Info, "自分の閲覧は確認できません", html! { p { "別の人が確認します。" } })) }
            @else if v.reviewed_at.is_none() || officer { (ui::panel(if v.reviewed_at.is_none() { "確認する" } else { "確認し直す" }, html! {}, ui::pad(view::form(app, fields, &format!("/break-glass/{}/review", v.id), html! {
                (view::summary(errors))
                (f("finding", "確認の結果").required().hint("不適切とすると、この人は緊急の閲覧を使えなくなります").radios(&Finding::options()))
                (f("note", "確認した内容").required().hint("本人と主担当に何を確かめたか").max(500).area(3))
            }, ui::button("確認を記録する", true))))) }
        }))
    };
    web::page(app, actor, "home", TITLE, body)
}

pub async fn review(State(app): State<App>, actor: Actor, Key(id): Key<Uuid>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (v, by) = reviewer(&tx, &actor, id, now).await?;
    let review = match Review::parse(&fields) {
        Ok(review) => review,
        Err(errors) => return Ok(unprocessable(reviewing(&app, &actor, &v, &by, &fields, &errors))),
    };
    let again = matches!(by, Reviewer::Officer(_));
    store::hold(&mut tx, v.person_id).await?;
    let before = v.reviewer.as_deref().zip(v.finding).map(|(who, finding)| (who, finding, v.note.as_str()));
    let review = Review { note: model::again(&review.note, before), ..review };
    if !store::reviewed(&mut tx, &app.mint, &v, &actor, &review, again, now).await? {
        return Err(Error::refused("すでに確認済みか、自分が開いた記録です。別の人が確認してください。"));
    }
    waiting::clear(&mut tx, id, WaitingKind::BreakGlassReview).await?;
    if review.finding == Finding::Misuse {
        store::end_all(&mut tx, v.person_id, now).await?;
    }
    let (object, case, code) = (Object::new("break_glass", id), Some(v.case_id), review.finding.code());
    match by {
        Reviewer::OfCase(permit) => tx.commit(&permit, &app.mint, now, object, case, code).await?,
        Reviewer::Officer(permit) => tx.commit(&permit, &app.mint, now, object, case, code).await?,
    }
    Ok(see_other(&format!("/break-glass/{id}/review")))
}
