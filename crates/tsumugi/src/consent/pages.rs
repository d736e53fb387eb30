//! Pages of consent: what stands, recording, withdrawal, emergency.

use super::{
    model::{ADULT_AGE, ASSENT_AGE, Category, Given, Method, OwnWill, Purpose, Standing},
    opposed, paper,
    store::{self, Agency, Organisation},
    texts,
};
use crate::{
    account::Actor,
    app::App,
    area::{self, Worker},
    case::{self, Case},
    exchange::print,
    journal::Object,
    once,
    policy::{self, DiscloseInEmergency, ReadCase, RecordConsent, ReviewEmergency, Seen, WithdrawConsent},
    view,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{self, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::{Errors, Fields},
    id::{CaseId, ConsentId, OrganisationId},
    japanese::age,
    vocabulary::Vocabulary as _,
};

pub fn summary_view(agencies: &[Agency]) -> Markup {
    if agencies.is_empty() {
        return ui::empty("有効な同意はありません", html! {});
    }
    ui::pad(html! {
        p { (agencies.len()) "機関に伝えられます。" }
        ul.plain { @for a in agencies.iter().take(8) { li { (a.name) " " small { (view::day_short(a.ends_on)) "まで" } } } }
        @if agencies.len() > 8 { p { small { "ほか" (agencies.len() - 8) "機関" } } }
    })
}

fn tone(s: Standing) -> ui::Tone {
    match s {
        Standing::Live => ui::Tone::Ok,
        Standing::Ahead => ui::Tone::Info,
        Standing::Expired => ui::Tone::Warn,
        Standing::Withdrawn => ui::Tone::Neutral,
    }
}

pub async fn list(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Query(query): Query) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCase>(&actor, &seen)?;
    let body = body(&app, &tx, &actor, &seen, &query, &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(web::page(&app, &actor, "cases", "同意", body))
}

pub async fn body(
    app: &App,
    tx: &Reader,
    actor: &Actor,
    seen: &Seen,
    fields: &Fields,
    errors: &Errors,
) -> Result<Markup> {
    let (case, id, today) = (case::find(tx, seen).await?, seen.case(), app.today());
    let (consents, scopes) = store::readable(tx, seen, actor.organisation).await?;
    // Who opposes what is told to those who carry the case; an agency sees only what it may still see.
    let keeps = seen.allows::<WithdrawConsent>();
    let (mut opposed, mut out, mut wills, mut papers) = (vec![], vec![], vec![], vec![]);
    if keeps {
        (opposed, out) = (opposed::oppositions(tx, seen).await?, opposed::taken_out(tx, seen).await?);
        (wills, papers) = (store::own_will(tx, seen).await?, store::papers(tx, seen).await?);
    }
    out.dedup_by(|a, b| (a.consent_id, a.organisation_id, a.category) == (b.consent_id, b.organisation_id, b.category));
    let live = opposed.iter().filter(|o| o.ended_at.is_none()).count();
    let mut emergencies = store::emergencies(tx, seen).await?;
    if !seen.shows_all() && !seen.allows::<ReviewEmergency>() {
        emergencies.clear();
    }
    let ended = waiting::is_open(tx, id.0, WaitingKind::ConsentEnded).await?;
    let mut candidates = store::candidates(tx, seen, fields.get("agency").trim()).await?;
    if let Ok(asked) = fields.get("organisation").parse::<OrganisationId>()
        && !candidates.iter().any(|o| o.id == asked)
        && let Some(o) = store::organisation(tx, asked).await?
    {
        candidates.insert(0, o);
    }
    let organisations: Vec<(String, &str)> = candidates.iter().map(|o| (o.id.to_string(), o.name.as_str())).collect();
    let organisations: Vec<(&str, &str)> = organisations.iter().map(|(i, n)| (i.as_str(), *n)).collect();
    let empty = Fields::default();
    let emergency = view::Part::new("emergency", fields.has("organisation") || fields.has("agency"), fields, errors);
    Ok(html! {
        (case::header(app, &case, seen, "/consents"))
        @if ended { (ui::notice(ui::Tone::Warn, "同意が切れた機関があります", html! {
            p { a href=(format!("/cases/{id}/referrals")) { "つなぎの一覧" } "と「チーム」「閲覧」で、取り下げた依頼と、見られなくなった機関を確かめてください。続けるときは、新しい同意を記録してから、もう一度依頼します。" }
            @if seen.allows::<RecordConsent>() { (view::form(app, &empty, &format!("/cases/{id}/consents/ended"), html! {}, ui::button("確かめた", false))) }
        })) }
        @if live > 0 { (ui::notice(ui::Tone::Warn, "反対の申し出があります", html! {
            ul.plain { @for o in opposed.iter().filter(|o| o.ended_at.is_none()) { li { b { (o.who()) } "：" (o.to_whom()) "に、" (o.what()) "を伝えない" } } }
            p { a href=(format!("/cases/{id}/oppositions")) { "申し出を見る" } }
        })) }
        @if !fields.has("organisation") && !errors.is_empty() { (ui::notice(ui::Tone::Alert, "記録できませんでした", html! { @for (_, sentence) in &errors.0 { p { (sentence) } } })) }
        (ui::two(html! {
            (ui::panel("同意の記録", html! { @if seen.allows::<RecordConsent>() { (ui::link_button(&format!("/cases/{id}/consents/new"), "同意を記録する", Some(ui::Icon::Plus), true)) } }, html! {
                @if consents.is_empty() { (ui::empty("同意の記録はまだありません", html! { p { "家族に説明し、誰に・何を・何のために・いつまで伝えるかを記録します。" } })) }
                @for c in &consents {
                    @let mine: Vec<_> = scopes.iter().filter(|s| s.consent_id == c.id).collect();
                    (ui::pad(html! {
                        p { (ui::tag(tone(c.standing(today)), c.standing(today).label())) " " b { @if seen.shows(Category::Family) { (c.given_by) "さん" } @else { "保護者" } } "（説明：" (c.explained_by) "、" (view::day(c.given_on)) "、" (c.method.label()) "、版 " (c.form_version) "）" }
                        (ui::kv(&[
                            ("期間", html! { (view::day_short(c.starts_on)) "〜" (view::day_short(c.ends_on)) }),
                            ("相手の機関", html! { @for n in view::distinct(mine.iter().map(|s| s.organisation.as_str())) { (ui::tag(ui::Tone::Neutral, n)) " " } }),
                            ("伝える情報", html! { (view::distinct(mine.iter().map(|s| s.category.label())).join("、")) }),
                            ("目的", html! { (view::distinct(mine.iter().map(|s| s.purpose.label())).join("、")) }),
                        ]))
                        @if c.own_will != OwnWill::Young { p { "本人の意思：" (c.own_will.label()) @if let Some((_, how)) = wills.iter().find(|(of, _)| *of == c.id) { "（" (how) "）" } } }
                        @let not: Vec<String> = out.iter().filter(|s| s.consent_id == c.id).map(|s| format!("{}に {}", s.organisation, s.category.label())).collect();
                        @if !not.is_empty() { p { (ui::tag(ui::Tone::Warn, "伝えない")) " " (view::distinct(not.iter().map(String::as_str)).join("、")) } }
                        @if keeps {
                            p {
                                @for (n, (_, document)) in papers.iter().filter(|(of, _)| *of == c.id).enumerate() { a href=(format!("/documents/{document}")) { "署名した書面" @if n > 0 { "（" (n + 1) "）" } } "　" }
                                @if seen.allows::<RecordConsent>() && c.withdrawn_at.is_none() { a href=(format!("/cases/{id}/documents?consent={}&kind=consent&category=family#add", c.id)) { "署名した書面を預ける" } }
                            }
                        }
                        @if let (Some(due), None) = (c.followup_due, c.followup_done_on) {
                            (ui::notice(ui::Tone::Warn, "口頭の同意です", html! { p { (view::day(due)) "までに書面をもらってください。" }
                                @if seen.allows::<RecordConsent>() { (view::form(app, &empty, &format!("/cases/{id}/consents/followup"), html! { input type="hidden" name="consent" value=(c.id); }, ui::button("書面をもらった", false))) } }))
                        }
                        @if c.withdrawn_at.is_some() { @if seen.shows(Category::Family) { p { "取りやめの理由：" (c.withdrawn_reason) } } @else { p { "取りやめられています。" } } }
                        @else if seen.allows::<WithdrawConsent>() && c.standing(today) != Standing::Expired {
                            (ui::details("同意の取りやめを記録する", view::form(app, &empty, &format!("/cases/{id}/consents/withdraw"), html! {
                                input type="hidden" name="consent" value=(c.id);
                                p { "取りやめると、この同意だけを根拠にしていた機関は、次の操作から見られなくなります。" }
                                (ui::Field::new("reason", "取りやめの申し出の内容").scope(&c.id.to_string()).error(errors.of("reason").filter(|_| fields.get("consent") == c.id.to_string())).required().max(500).area(2))
                            }, ui::button("同意を取りやめる", false))))
                        }
                    }))
                }
            }))
        }, html! {
            @if keeps && live == 0 { (ui::panel("反対の申し出", html! {}, ui::pad(html! { p { "同意した保護者のほかに、反対する保護者や本人がいるときに記録します。" } a href=(format!("/cases/{id}/oppositions")) { "反対の申し出を記録する" } }))) }
            (ui::panel("緊急時の提供", html! {}, html! {
                @if emergencies.is_empty() { (ui::empty("緊急時に同意なしで伝えた記録はありません", html! {})) }
                @for e in &emergencies { (ui::pad(html! {
                    p { b { (e.organisation) } " " (view::moment(e.at)) " " (e.by) }
                    p { (e.reason) }
                    @match e.reviewed_at {
                        Some(at) => p { (ui::tag(ui::Tone::Ok, "確認済み")) " " (view::moment(at)) " " (e.review_note) },
                        None => { p { (ui::tag(view::due_tone(e.review_due, app.now()), "確認待ち")) " " (view::due(e.review_due, app.now())) }
                            @if seen.allows::<ReviewEmergency>() && e.by_id != actor.person {
                                (view::form(app, &empty, &format!("/cases/{id}/emergency/review"), html! { input type="hidden" name="disclosure" value=(e.id);
                                    (ui::Field::new("note", "確認した内容").scope(&e.id.to_string()).error(errors.of("note").filter(|_| fields.get("disclosure") == e.id.to_string())).required().max(500).area(2)) }, ui::button("確認した", true)))
                            } }
                    }
                })) }
                @if seen.allows::<DiscloseInEmergency>() { (ui::pad(ui::details_when(fields.has("searching") || !emergency.errors.is_empty(), "緊急時に、同意なしで伝える", view::form(app, emergency.fields, &format!("/cases/{id}/emergency"), html! {
                    (emergency.summary())
                    p { "命や体に差し迫った危険があるときだけ使います。副担当が3開庁日以内に確認します。" }
                    (ui::form_row(html! {
                        (emergency.field("agency", "機関を名前で探す").value(fields.get("agency")).max(60).text())
                        button.btn type="submit" name="searching" value="1" { "機関を探す" }
                    }))
                    (emergency.field("organisation", "伝える機関").required().select(&organisations))
                    (emergency.field("reason", "理由（10文字以上）").required().max(500).area(3))
                }, ui::button("緊急時の提供を記録する", false))))) }
            }))
        }))
    })
}

struct Page<'a> {
    case: Case,
    family: Vec<case::Person>,
    people: Vec<Worker>,
    candidates: Vec<Organisation>,
    seen: &'a Seen,
}

async fn load<'a>(app: &App, tx: &Reader, seen: &'a Seen, fields: &Fields) -> Result<Page<'a>> {
    let mut candidates = store::candidates(tx, seen, fields.get("q").trim()).await?;
    for chosen in fields.all("recipient").iter().filter_map(|r| r.parse::<OrganisationId>().ok()) {
        if !candidates.iter().any(|o| o.id == chosen)
            && let Some(o) = store::organisation(tx, chosen).await?
        {
            candidates.insert(0, o);
        }
    }
    Ok(Page {
        case: case::find(tx, seen).await?,
        family: case::family(tx, seen).await?,
        people: area::coordinators(tx, app.today()).await?,
        candidates,
        seen,
    })
}

fn form_page(app: &App, actor: &Actor, p: &Page<'_>, fields: &Fields, errors: &Errors) -> Markup {
    let id = p.case.id;
    let f = |name, label| view::field(fields, errors, name, label);
    let guardians: Vec<(String, String)> = p
        .family
        .iter()
        .filter(|g| g.guardian || g.relation == case::FamilyRelation::Own)
        .map(|g| (g.id.to_string(), format!("{}（{}）", g.name, g.relation.label())))
        .collect();
    let guardians: Vec<(&str, &str)> = guardians.iter().map(|(i, l)| (i.as_str(), l.as_str())).collect();
    let people: Vec<(String, &str)> = p.people.iter().map(|w| (w.id.to_string(), w.name.as_str())).collect();
    let people: Vec<(&str, &str)> = people.iter().map(|(i, l)| (i.as_str(), *l)).collect();
    let recipients: Vec<(String, &str)> = p.candidates.iter().map(|o| (o.id.to_string(), o.name.as_str())).collect();
    let recipients: Vec<(&str, &str)> = recipients.iter().map(|(i, l)| (i.as_str(), *l)).collect();
    let body = html! {
        (case::header(app, &p.case, p.seen, "/consents"))
        (ui::panel("同意を記録する", html! {}, ui::pad(html! {
            @if guardians.is_empty() { (ui::notice(ui::Tone::Warn, "保護者とした家族がいません", html! { p { a href=(format!("/cases/{id}#family-form")) { "家族を加える" } "か、すでに記録した人の氏名を開いて「保護者である」に印を付けてから、同意を記録してください。" } })) }
            @if p.case.birth_date.is_some_and(|b| age::turns(b, ADULT_AGE) <= app.today()) && !p.family.iter().any(|g| g.relation == case::FamilyRelation::Own) { (ui::notice(ui::Tone::Info, "18歳になっています", html! { p { "本人が同意するときは、先に" a href=(format!("/cases/{id}#family-form")) { "家族に「本人」を加え" } "てください。" } })) }
            (view::form(app, fields, &format!("/cases/{id}/consents/new"), html! {
                (view::summary(errors))
                @if fields.has("next") { input type="hidden" name="next" value=(fields.get("next")); }
                (ui::form_row(html! {
                    (f("q", "相手の機関を名前で探す").hint("選んだ機関と入力した内容は、そのまま残ります").max(60).text())
                    button.btn type="submit" name="searching" value="1" { "機関を探す" }
                }))
                @let q = fields.get("q").trim().to_lowercase();
                @if !q.is_empty() && !p.candidates.iter().any(|o| o.name.to_lowercase().contains(&q)) { p { "「" (q) "」に合う機関はありません。名前の一部だけで探すか、社会資源に事業所を加えてください。" } }
                (f("recipient", "伝える相手の機関").required().checks(&recipients, &fields.all("recipient")))
                (f("given_by", "同意した人").required().radios(&guardians))
                (f("purpose", "使う目的").required().checks(&Purpose::options(), &fields.all("purpose")))
                (f("category", "伝える情報").required().checks(&Category::options(), &fields.all("category")))
                (f("method", "同意の方法").required().radios(&Method::options()))
                (ui::form_row(html! { (f("given_on", "同意した日").required().date()) (f("explained_by", "説明した人").required().select(&people)) }))
                (ui::form_row(html! { (f("starts", "有効期間の始め").hint("空のときは同意した日").date()) (f("ends", "有効期間の終わり").hint("空のときは1年間").date()) }))
                @if p.case.birth_date.is_none_or(|b| age::turns(b, ASSENT_AGE) <= app.today()) {
                    @let wills: Vec<_> = OwnWill::options().into_iter().filter(|(code, _)| p.case.birth_date.is_none() || *code != OwnWill::Young.code()).collect();
                    (f("own_will", "本人の意思").hint("15歳からは、本人にもたずねます").radios(&wills))
                    (f("own_will_note", "本人の意思の確かめ方").hint("確かめきれないとき、18歳からを家族が代わるときに書きます").max(500).area(2))
                }
                (f("form_version", "同意書の版").required().hint("同意書の下に書いてある版").max(40).text())
            }, html! { (ui::button("同意を記録する", true)) (ui::button_value("printing", "pdf", "この内容の同意書をPDFで出す", false)) (ui::button_value("printing", "1", "画面で見て印刷する", false)) }))
        })))
    };
    web::page(app, actor, "cases", "同意を記録する", body)
}

pub async fn blank(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, query: Query) -> Result<Markup> {
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, app.now()).await?;
    let permit = policy::on_case::<RecordConsent>(&actor, &seen)?;
    let searching = query.0.has("searching");
    let case = case::find(&tx, &seen).await?;
    let text = texts::on(&tx, case.municipality, app.today()).await?;
    let mut fields = query
        .0
        .clone()
        .with("given_on", app.today().to_string())
        .with("explained_by", actor.person.to_string())
        .with("form_version", text.label)
        .with("method", "paper");
    for v in ["coordination", "service"].into_iter().filter(|_| !searching) {
        fields = fields.with("purpose", v);
    }
    for v in ["identity", "care"].into_iter().filter(|_| !searching) {
        fields = fields.with("category", v);
    }
    let page = load(&app, &tx, &seen, &fields).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, app.now(), id.into()).await?;
    Ok(form_page(&app, &actor, &page, &fields, &Errors::default()))
}

pub async fn record(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<RecordConsent>(&actor, &seen)?;
    if fields.get("printing") == "pdf" {
        let data = paper::data(&app, &tx, &actor, &seen, &fields).await?;
        drop(tx);
        let bytes = print::pdf(&app, &actor, ::paper::Form::Consent, data).await?;
        // Whoever lost the right while the paper was made does not get it.
        let seen = policy::see_case(&app.store.read().await?, &actor, id, app.now()).await?;
        let permit = policy::on_case::<RecordConsent>(&actor, &seen)?;
        app.store.read_of_case(&permit, &app.mint, app.now(), id.into()).await?;
        return Ok(print::download("consent", bytes));
    }
    if fields.has("printing") {
        let sheet = paper::sheet(&app, &tx, &actor, &seen, &fields).await?;
        drop(tx);
        app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
        return Ok(sheet.into_response());
    }
    if fields.has("searching") {
        let page = load(&app, &tx, &seen, &fields).await?;
        drop(tx);
        app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
        return Ok(form_page(&app, &actor, &page, &fields, &Errors::default()).into_response());
    }
    policy::proved(&app, &actor, now)?;
    case::must_be_open(&mut tx, &seen).await?;
    let mut parsed = Given::parse(&fields, today);
    if let Ok(given) = &parsed {
        let mut known = true;
        for recipient in &given.recipients {
            known &= store::organisation(&tx, *recipient).await?.is_some();
        }
        if !known {
            parsed = Err(Errors::one("recipient", "相手の機関が見つかりません。選び直してください。"));
        } else if !area::coordinators(&tx, today).await?.iter().any(|w| w.id == given.explained_by) {
            parsed = Err(Errors::one("explained_by", "説明した人を、コーディネーターから選んでください。"));
        } else {
            parsed = match (store::consenter(&tx, &seen, given.by).await?, case::find(&tx, &seen).await?.birth_date) {
                (None, _) => Err(Errors::one("given_by", "このお子さんの保護者か本人から選んでください。")),
                (Some(own), Some(birth)) => given.clone().fit_age(birth, own, !fields.get("ends").trim().is_empty()),
                (Some(_), None) => parsed,
            };
        }
    }
    let given = match parsed {
        Ok(given) => given,
        Err(errors) => {
            let page = load(&app, &tx, &seen, &fields).await?;
            return Ok(unprocessable(form_page(&app, &actor, &page, &fields, &errors)));
        }
    };
    // Who came from a referral goes back to it; only to this case's own page, never to another address.
    let place = match fields.get("next").parse::<platform::id::ResourceId>() {
        Ok(service) => format!("/cases/{id}/referrals/new?service={service}"),
        Err(_) => format!("/cases/{id}/consents"),
    };
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let consent: ConsentId = app.mint.id(now);
    if let Some(due) = store::record(&mut tx, &app.mint, consent, &seen, &given, now).await? {
        let lead = case::find(&tx, &seen).await?.lead_id;
        let item = Item {
            kind: WaitingKind::ConsentFollowup,
            subject: lead.into(),
            object_kind: ObjectKind::Consent,
            object: consent.0,
            case: Some(id),
            waits_for: "",
            due: app.closing_time(due),
        };
        waiting::put(&mut tx, &app.mint, now, item).await?;
    }
    waiting::clear(&mut tx, id.0, WaitingKind::ConsentEnded).await?;
    tx.commit(&permit, &app.mint, now, Object::new("consent", consent.0), None, given.method.code()).await?;
    Ok(see_other(&place))
}

pub async fn followup(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<RecordConsent>(&actor, &seen)?;
    let consent: ConsentId = fields.get("consent").parse().map_err(|_| Error::NotFound)?;
    if !store::followed_up(&mut tx, &seen, consent, app.today()).await? {
        return Err(Error::refused("この同意の書面は、すでに記録されています。"));
    }
    waiting::clear(&mut tx, consent.0, WaitingKind::ConsentFollowup).await?;
    tx.commit(&permit, &app.mint, now, Object::new("consent", consent.0), None, "followup").await?;
    Ok(see_other(&format!("/cases/{id}/consents")))
}

/// The lead has seen what a consent that ran out took back, and decides from here.
pub async fn ended_seen(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<RecordConsent>(&actor, &seen)?;
    waiting::clear(&mut tx, id.0, WaitingKind::ConsentEnded).await?;
    tx.commit(&permit, &app.mint, now, id.into(), None, "consent_end_seen").await?;
    Ok(see_other(&format!("/cases/{id}/consents")))
}

/// The page again, with what is wrong.
pub async fn retry(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields, errors: &Errors) -> Result {
    let body = body(app, tx, actor, seen, fields, errors).await?;
    Ok(unprocessable(web::page(app, actor, "cases", "同意", body)))
}
