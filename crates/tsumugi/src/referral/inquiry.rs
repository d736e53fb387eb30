//! 空き照会: several agencies are asked for capacity without personal data; then the referral goes to one.

use super::follow;
use crate::{
    account::Actor,
    app::App,
    area::{Care, Municipality},
    case,
    exchange::directory::Kind,
    journal::{Draft, Object},
    once,
    policy::{self, AnswerInquiry, AppendEntry, AskCapacity, ReadCase},
    resource::{self, Capacity, KindExt as _, capacity_tone},
    view,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{self, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Timestamp, args,
    db::{Json, Reader},
    form::{Errors, Fields, Parse},
    id::{CaseId, InquiryId, OrganisationId, PersonId, ResourceId},
    japanese::{business::Reply, fold},
    row, vocabulary,
    vocabulary::Vocabulary as _,
};

vocabulary! {
    /// How old a child is, as far as an inquiry without personal data says.
    pub enum AgeBand {
        Infant = "infant" "0〜2歳", Preschool = "preschool" "3〜5歳", Elementary = "elementary" "小学生", Secondary = "secondary" "中高生", Any = "any" "問わない",
    }
}

/// More agencies than this are not asked at once: each of them reads and answers.
const MOST: usize = 10;

row! {
    pub struct Inquiry { pub id: InquiryId, pub case_id: Option<CaseId>, pub by_id: PersonId, pub by: String, pub at: Timestamp, pub due_at: Timestamp, pub kind: String, pub care: Json, pub age_band: AgeBand, pub municipality: Municipality, pub wish: String, pub closed_at: Option<Timestamp> }
    pub struct Target { pub service_id: ResourceId, pub organisation_id: OrganisationId, pub organisation: String, pub phone: String, pub kind: Kind, pub answer: Option<Capacity>, pub note: String, pub answered_at: Option<Timestamp>, pub told: bool }
    pub struct Listed { pub id: InquiryId, pub at: Timestamp, pub due_at: Timestamp, pub closed_at: Option<Timestamp>, pub kind: String, pub municipality: Municipality, pub by: String, pub asked: i64, pub answered: i64 }
}

/// An inquiry is seen by who asked, and by the agencies that were asked.
async fn find(tx: &Reader, actor: &Actor, id: InquiryId) -> Result<Inquiry> {
    let sql = "/* referral::find */
        SELECT i.id, i.case_id, i.by_id, p.name AS by, i.at, i.due_at, i.kind, i.care, i.age_band, i.municipality, i.wish, i.closed_at
          FROM inquiry i JOIN person p ON p.id = i.by_id
         WHERE i.id = $1 AND (i.by_id = $2 OR EXISTS (SELECT 1 FROM inquiry_target t WHERE t.inquiry_id = i.id AND t.organisation_id = $3))";
    tx.opt(sql, args![id, actor.person, actor.organisation]).await?.ok_or(Error::NotFound)
}

async fn targets(tx: &Reader, id: InquiryId) -> Result<Vec<Target>> {
    let sql = "/* referral::targets */
        SELECT t.service_id, t.organisation_id, o.name AS organisation, o.phone, s.kind, t.answer, t.note, t.answered_at,
               EXISTS (SELECT 1 FROM waiting w WHERE w.object_id = t.inquiry_id AND w.kind = 'inquiry_answer' AND w.subject_id IN (SELECT z.id FROM seat z WHERE z.organisation_id = t.organisation_id)) AS told
          FROM inquiry_target t JOIN organisation o ON o.id = t.organisation_id JOIN service s ON s.id = t.service_id
         WHERE t.inquiry_id = $1 ORDER BY o.kana, t.service_id LIMIT 50";
    Ok(tx.all(sql, args![id]).await?)
}

/// Holds the inquiry until the end of the act: of two last answers at once, the second sees the first.
async fn hold(tx: &mut Draft, id: InquiryId) -> Result<()> {
    tx.exec("/* referral::hold */ UPDATE inquiry SET due_at = due_at WHERE id = $1", args![id]).await?;
    Ok(())
}

fn may_read(actor: &Actor) -> Result<()> {
    if policy::by_role::<AskCapacity>(actor).is_ok() || policy::by_role::<AnswerInquiry>(actor).is_ok() {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

pub async fn list(State(app): State<App>, actor: Actor) -> Result<Markup> {
    may_read(&actor)?;
    let sql = "/* referral::list */
        SELECT i.id, i.at, i.due_at, i.closed_at, i.kind, i.municipality, p.name AS by, COUNT(*) AS asked, COUNT(t.answered_at) AS answered
          FROM inquiry i JOIN person p ON p.id = i.by_id JOIN inquiry_target t ON t.inquiry_id = i.id
         WHERE i.id IN (SELECT o.id FROM inquiry o WHERE o.by_id = $1 UNION SELECT m.inquiry_id FROM inquiry_target m WHERE m.organisation_id = $2)
         GROUP BY i.id, i.at, i.due_at, i.closed_at, i.kind, i.municipality, p.name ORDER BY i.at DESC, i.id DESC LIMIT 100";
    let list: Vec<Listed> = app.store.read().await?.all(sql, args![actor.person, actor.organisation]).await?;
    let body = html! {
        (ui::heading(&ui::Heading { over: "地域づくり", title: "空き照会", actions: html! { @if policy::by_role::<AskCapacity>(&actor).is_ok() { (ui::link_button("/resources", "社会資源から選んで尋ねる", Some(ui::Icon::Search), true)) } } }))
        (ui::panel("名前を出さない照会", html! {}, if list.is_empty() { ui::empty("空き照会はまだありません", html! { p { "社会資源の検索結果で事業所を選ぶと、まとめて尋ねられます。" } }) } else {
            ui::table("空き照会", &["照会", "種別", "市町", "回答", "期限"], html! { @for i in &list { tr {
                th scope="row" { a href=(format!("/inquiries/{}", i.id)) { (view::moment(i.at)) } small { (i.by) } } td data-l="種別" { (Kind::from_code(&i.kind).map_or("問わない", Kind::label)) }
                td data-l="市町" { (i.municipality.label()) } td data-l="回答" { (i.answered) "／" (i.asked) } td data-l="期限" { @if i.closed_at.is_some() { (ui::tag(ui::Tone::Neutral, "終わり")) } @else { (ui::tag(view::due_tone(i.due_at, app.now()), &view::until(i.due_at, app.now()))) } small { (view::moment(i.due_at)) } }
            } } })
        }))
    };
    Ok(web::page(&app, &actor, "inquiries", "空き照会", body))
}

async fn chosen(app: &App, tx: &Reader, fields: &Fields) -> Result<Vec<resource::Service>> {
    let mut out = Vec::new();
    for id in fields.all("service").iter().filter_map(|s| s.parse::<ResourceId>().ok()).take(MOST + 1) {
        out.extend(resource::find(tx, id, app.today()).await?);
    }
    Ok(out)
}

fn form_page(app: &App, actor: &Actor, services: &[resource::Service], fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let body = html! {
        (ui::heading(&ui::Heading { over: "空き照会", title: "名前を出さずに空きを尋ねる", actions: html! {} }))
        (ui::panel("尋ねる内容", html! {}, ui::pad(view::form(app, fields, "/inquiries/new", html! {
            (view::summary(errors))
            @if fields.has("for") { input type="hidden" name="for" value=(fields.get("for")); }
            p { "尋ねる事業所：" @for s in services { input type="hidden" name="service" value=(s.id); (ui::tag(ui::Tone::Neutral, &s.name)) " " } @if services.is_empty() { "選ばれていません。" a href="/resources" { "社会資源から選ぶ" } } }
            (f("kind", "種別").select(&Kind::choices()))
            (f("care", "医療的ケア").checks(&Care::options(), &fields.all("care")))
            (f("age_band", "年齢").required().radios(&AgeBand::options()))
            (f("municipality", "市町").required().radios(&Municipality::options()))
            (f("wish", "希望の曜日・回数・時期").hint("名前、病院名など、だれのことかわかる内容は書かないでください").max(300).area(2))
            (f("due", "回答の期限").hint("空のときは3開庁日後").date())
        }, ui::button("照会を送る", true)))))
    };
    web::page(app, actor, "inquiries", "空きを尋ねる", body)
}

/// The form without an agency would only be filled in for nothing.
fn nobody_chosen(app: &App, actor: &Actor, query: &Fields) -> Markup {
    let back = query.get("for").parse::<CaseId>().map_or("/resources".to_owned(), |id| format!("/resources?for={id}"));
    let body = html! {
        (ui::heading(&ui::Heading { over: "空き照会", title: "名前を出さずに空きを尋ねる", actions: html! {} }))
        (ui::panel("尋ねる事業所", html! {}, ui::empty("尋ねる事業所が選ばれていません", html! { p { "社会資源の一覧で「照会する」に印を付けてから、「空きを尋ねる」を押します。" } p { (ui::link_button(&back, "社会資源から選ぶ", Some(ui::Icon::Search), true)) } })))
    };
    web::page(app, actor, "inquiries", "空きを尋ねる", body)
}

pub async fn blank(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    policy::by_role::<AskCapacity>(&actor)?;
    let tx = app.store.read().await?;
    let services = chosen(&app, &tx, &query).await?;
    if services.is_empty() {
        return Ok(nobody_chosen(&app, &actor, &query));
    }
    let mut fields = query.clone();
    if let Ok(id) = query.get("for").parse::<CaseId>() {
        let seen = policy::see_case(&tx, &actor, id, app.now()).await?;
        let permit = policy::on_case::<ReadCase>(&actor, &seen)?;
        let c = case::find(&tx, &seen).await?;
        app.store.read_of_case(&permit, &app.mint, app.now(), id.into()).await?;
        fields = fields.with("municipality", c.municipality.code());
        if !query.has("care") {
            for care in c.care() {
                fields = fields.with("care", care.code());
            }
        }
    }
    let fields = fields
        .with("kind", services.first().map_or("", |s| Kind::code(s.kind)))
        .with("age_band", "any")
        .with("municipality", actor.municipality.clone().unwrap_or_default());
    Ok(form_page(&app, &actor, &services, &fields, &Errors::default()))
}

pub async fn create(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<AskCapacity>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let services = chosen(&app, &tx, &fields).await?;
    let mut p = Parse::new(&fields);
    let kind = Kind::from_code(fields.get("kind"));
    let care: Vec<Care> = p.choices("care", "医療的ケア");
    let band: AgeBand = p.choice("age_band", "年齢");
    let municipality: Municipality = p.choice("municipality", "市町");
    let wish = p.optional_paragraph("wish", "希望", 300).unwrap_or_default();
    let due = p.optional_date("due", "回答の期限");
    if due.is_some_and(|d| d < app.today()) {
        p.fail("due", "回答の期限は、今日以降の日付にしてください。");
    }
    if care.is_empty() && wish.is_empty() {
        p.fail("wish", "医療的ケアか、希望の曜日・回数・時期のどちらかを書いてください。何を尋ねられたのか、事業所にわかりません。");
    }
    if services.is_empty() {
        p.fail("service", "尋ねる事業所を1つ以上選んでください。");
    } else if services.len() > MOST {
        p.fail("service", format!("一度に尋ねられるのは{MOST}か所までです。"));
    }
    let about = fields.get("for").parse::<CaseId>().ok();
    if let Some(id) = about {
        // 名前を出さない照会に、名前を書かせない。
        let seen = policy::see_case(&tx, &actor, id, now).await?;
        policy::on_case::<AppendEntry>(&actor, &seen)?;
        let (name, kana) = case::name_of(&tx, &seen).await?;
        let folded = fold::fold(&wish);
        let parts =
            name.split([' ', '　']).chain(kana.split([' ', '　'])).map(fold::fold).filter(|n| n.chars().count() >= 2);
        if parts.into_iter().any(|n| folded.contains(&n)) {
            p.fail("wish", "お子さんの名前が入っています。名前を消してから送ってください。");
        }
    }
    let parsed = p.finish((care, band, municipality, wish, due));
    let (care, band, municipality, wish, due) = match parsed {
        Ok(v) => v,
        Err(errors) => return Ok(unprocessable(form_page(&app, &actor, &services, &fields, &errors))),
    };
    let id: InquiryId = app.mint.id(now);
    let place = format!("/inquiries/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let due_at = due.map_or_else(|| app.calendar.due(now, Reply::OpenDays(3)), |d| app.closing_time(d));
    let sql = "/* referral::create */
        INSERT INTO inquiry (id, case_id, by_id, at, due_at, kind, care, age_band, municipality, wish) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    tx.exec(
        sql,
        args![
            id,
            about,
            actor.person,
            now,
            due_at,
            kind.map_or("", Kind::code),
            case::care_json(&care),
            band,
            municipality,
            &wish
        ],
    )
    .await?;
    let item = |kind, subject, waits_for| Item {
        kind,
        subject,
        object_kind: ObjectKind::Inquiry,
        object: id.0,
        case: None,
        waits_for,
        due: due_at,
    };
    for s in &services {
        let sql = "/* referral::create */
            INSERT INTO inquiry_target (inquiry_id, service_id, organisation_id) VALUES ($1, $2, $3) ON CONFLICT (inquiry_id, service_id) DO NOTHING";
        tx.exec(sql, args![id, s.id, s.organisation_id]).await?;
        for seat in follow::answering_seats(&tx, s.organisation_id, app.today()).await? {
            waiting::put(&mut tx, &app.mint, now, item(WaitingKind::InquiryAnswer, seat.into(), "")).await?;
        }
    }
    let asked = format!("{}か所", services.len());
    waiting::put(&mut tx, &app.mint, now, item(WaitingKind::InquiryResult, actor.subject(), &asked)).await?;
    tx.commit(&permit, &app.mint, now, Object::new("inquiry", id.0), about, "").await?;
    Ok(see_other(&place))
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<InquiryId>) -> Result<Markup> {
    may_read(&actor)?;
    let tx = app.store.read().await?;
    let i = find(&tx, &actor, id).await?;
    let list = targets(&tx, id).await?;
    Ok(show_page(&app, &actor, &i, &list, &Fields::default(), &Errors::default()))
}

fn show_page(app: &App, actor: &Actor, i: &Inquiry, list: &[Target], fields: &Fields, errors: &Errors) -> Markup {
    let asker = i.by_id == actor.person;
    let own: Vec<&Target> = list.iter().filter(|t| asker || t.organisation_id == actor.organisation).collect();
    let scopes: Vec<String> = own.iter().map(|t| t.service_id.to_string()).collect();
    let body = html! {
        (ui::heading(&ui::Heading { over: "空き照会", title: Kind::from_code(&i.kind).map_or("空きのお尋ね", Kind::label), actions: html! {} }))
        @if let Some(at) = i.closed_at { (ui::notice(ui::Tone::Neutral, "この照会は終わりました", html! { p { (view::moment(at)) } })) }
        @if !errors.is_empty() { (ui::notice(ui::Tone::Alert, "回答を記録できませんでした", html! { @for (_, sentence) in &errors.0 { p { (sentence) } } })) }
        (ui::two(html! {
            (ui::panel("回答", html! {}, html! { @for (t, scope) in own.iter().zip(&scopes) { (ui::pad(html! {
                p { a href=(format!("/resources/{}", t.service_id)) { b { (t.organisation) } } " " small { (Kind::label(t.kind)) " " (t.phone) } }
                @match t.answer {
                    Some(a) => p { (ui::tag(capacity_tone(a), a.label())) " " (t.note) @if let Some(at) = t.answered_at { " " small { (view::moment(at)) } } },
                    None if i.closed_at.is_some() => p { (ui::tag(ui::Tone::Neutral, "回答なし")) },
                    None => p { (ui::tag(view::due_tone(i.due_at, app.now()), "回答待ち")) @if asker { " " @if t.told { "つむぐで届いています。" } @else if t.phone.is_empty() { "つむぐを使っていません。電話番号も登録されていません。" } @else { "つむぐを使っていません。電話で尋ねてください。" } } }
                }
                @if asker { @if let Some(case) = i.case_id { p { (ui::link_button(&format!("/cases/{case}/referrals/new?service={}", t.service_id), "ここにつなぐ", Some(ui::Icon::Send), t.answer == Some(Capacity::Open))) } } }
                @if asker || i.closed_at.is_none() { (ui::details(if asker { "電話の回答を記録する" } else { "回答する" }, view::form(app, fields, &format!("/inquiries/{}/answer", i.id), html! {
                    input type="hidden" name="service" value=(t.service_id);
                    (view::Part::new(scope, fields.get("service") == scope, fields, errors).field("answer", "空き").required().radios(&Capacity::options()))
                    (view::Part::new(scope, fields.get("service") == scope, fields, errors).field("note", "補足").hint("曜日、時期など").max(300).text())
                }, ui::button(if asker { "回答を記録する" } else { "回答する" }, true)))) }
            })) } }))
            @if asker && i.closed_at.is_none() { (ui::panel("照会を終える", html! {}, ui::pad(html! {
                p { "つなぎ先が決まったときや、もう返答を待たないときに終えます。まだ答えていない事業所の画面からも消えます。" }
                (view::form(app, &Fields::default(), &format!("/inquiries/{}/close", i.id), html! {}, ui::button("返答を待たずに終える", false)))
            }))) }
        }, html! {
            (ui::panel("尋ねた内容", html! {}, ui::pad(ui::kv(&[
                ("尋ねた人", html! { (i.by) " " (view::moment(i.at)) }), ("期限", html! { @if i.closed_at.is_some() { (view::moment(i.due_at)) } @else { (view::due(i.due_at, app.now())) } }), ("市町", html! { (i.municipality.label()) }),
                ("医療的ケア", html! { @let care = case::care_of(&i.care); @if care.is_empty() { "指定なし" } @else { (case::care_tags(&care)) } }), ("年齢", html! { (i.age_band.label()) }), ("希望", html! { @if i.wish.is_empty() { "—" } @else { (view::lines(&i.wish)) } }),
            ]))))
        }))
    };
    web::page(app, actor, "inquiries", "空き照会", body)
}

/// An answer by the agency itself, or by telephone recorded by who asked; it confirms the directory at the same time.
pub async fn answer(State(app): State<App>, actor: Actor, Key(id): Key<InquiryId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    hold(&mut tx, id).await?;
    let i = find(&tx, &actor, id).await?;
    let list = targets(&tx, id).await?;
    let mut p = Parse::new(&fields);
    let service: ResourceId = p.id("service", "事業所");
    let capacity: Capacity = p.choice("answer", "空き");
    let note = p.optional_line("note", "補足", 300).unwrap_or_default();
    let (service, capacity, note) = match p.finish((service, capacity, note)) {
        Ok(v) => v,
        Err(errors) => return Ok(unprocessable(show_page(&app, &actor, &i, &list, &fields, &errors))),
    };
    let target = list.iter().find(|t| t.service_id == service).ok_or(Error::NotFound)?;
    let asker = i.by_id == actor.person;
    if !asker && target.organisation_id != actor.organisation {
        return Err(Error::NotFound);
    }
    if !asker && i.closed_at.is_some() {
        return Err(Error::refused(
            "この照会は、尋ねた人がすでに終えました。空きの状況は、社会資源の画面から知らせてください。",
        ));
    }
    let place = format!("/inquiries/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let sql = "/* referral::answer */
        UPDATE inquiry_target SET answer = $3, note = $4, answered_at = $5, answered_by = $6 WHERE inquiry_id = $1 AND service_id = $2";
    tx.exec(sql, args![id, service, capacity, &note, now, actor.person]).await?;
    resource::set_capacity(&mut tx, service, capacity, &note, Some(actor.person), app.today()).await?;
    let more = list
        .iter()
        .any(|t| t.organisation_id == target.organisation_id && t.answer.is_none() && t.service_id != service);
    for seat in follow::seats(&tx, target.organisation_id).await?.into_iter().filter(|_| !more) {
        let sql = "/* referral::answer */ DELETE FROM waiting WHERE object_id = $1 AND kind = $2 AND subject_id = $3";
        tx.exec(sql, args![id, WaitingKind::InquiryAnswer, seat]).await?;
        tx.announce("subject", seat);
    }
    tx.announce("subject", i.by_id);
    let open = list.iter().filter(|t| t.answer.is_none() && t.service_id != service).count();
    if open == 0 {
        waiting::clear_all(&mut tx, id.0).await?;
        tx.exec("/* referral::answer */ UPDATE inquiry SET closed_at = $2 WHERE id = $1", args![id, now]).await?;
    }
    let object = Object::new("inquiry", id.0);
    if asker {
        let permit = policy::by_role::<AskCapacity>(&actor)?;
        tx.commit(&permit, &app.mint, now, object, i.case_id, capacity.code()).await?;
    } else {
        let permit = policy::by_role::<AnswerInquiry>(&actor)?;
        tx.commit(&permit, &app.mint, now, object, i.case_id, capacity.code()).await?;
    }
    Ok(see_other(&place))
}

/// Who asked no longer waits: what has been answered stays, and nobody is reminded any more.
pub async fn close(State(app): State<App>, actor: Actor, Key(id): Key<InquiryId>) -> Result {
    let permit = policy::by_role::<AskCapacity>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    hold(&mut tx, id).await?;
    let i = find(&tx, &actor, id).await?;
    if i.by_id != actor.person {
        return Err(Error::NotFound);
    }
    if i.closed_at.is_none() {
        tx.exec("/* referral::close */ UPDATE inquiry SET closed_at = $2 WHERE id = $1", args![id, now]).await?;
        waiting::clear_all(&mut tx, id.0).await?;
        tx.commit(&permit, &app.mint, now, Object::new("inquiry", id.0), i.case_id, "closed").await?;
    }
    Ok(see_other(&format!("/inquiries/{id}")))
}

#[cfg(test)]
#[path = "inquiry_tests.rs"]
mod tests;
