//! Pages of the case: list, overview, opening, edit, moves, hand-over of the lead.

use super::{
    model::{self, Command, Move, age_text},
    store::{self, Case, Filter, Person},
    CloseReason, Custody, FamilyRelation, Phase, Residence, Sex, Status,
};
use crate::{
    account::Actor,
    app::App,
    area::{self, Care, Municipality, Worker},
    journal::Object, once,
    policy::{self, EditCase, ListCases, MoveCase, OfferLead, OpenCase, ReceiveLead, Seen},
    view,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::{self, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse};
use maud::{Markup, html};
use platform::{
    Date,
    form::{Errors, Fields},
    id::{CaseId, PersonId, TransferId},
    japanese::{age, business::Reply},
    vocabulary::Vocabulary as _,
};

const PAGE: i64 = 50;

pub fn tone(status: Status) -> ui::Tone {
    match status {
        Status::Active => ui::Tone::Ok,
        Status::Planned => ui::Tone::Info,
        Status::OnHold => ui::Tone::Warn,
        Status::Closed => ui::Tone::Neutral,
    }
}

pub fn person_tag(name: &str, kana: &str, birth: Option<Date>, municipality: Municipality, today: Date, href: Option<&str>) -> Markup {
    ui::child(&ui::Child { name, kana, age: &age_text(birth, today), place: municipality.label(), href })
}

pub fn care_tags(care: &[Care]) -> Markup {
    html! { span.care { @for c in care { (ui::tag(ui::Tone::Neutral, c.label())) } } }
}

pub async fn list(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    let permit = policy::by_role::<ListCases>(&actor)?;
    let now = app.now();
    let municipality = Municipality::from_code(query.get("municipality"));
    let status = Status::from_code(query.get("status"));
    let mine = query.get("mine") == "1";
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 1_000_000);
    let filter = Filter { municipality, status, mine, limit: PAGE + 1, offset };
    let mut tx = app.store.read().await?;
    let mut cases = store::list(&mut tx, &actor, &filter, now).await?;
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, now, Object::new("case_list", actor.person.0)).await?;
    let more = cases.len() > usize::try_from(PAGE).unwrap_or(50);
    cases.truncate(usize::try_from(PAGE).unwrap_or(50));
    let link = |m: Option<Municipality>, s: Option<Status>, own: bool, at: i64| {
        format!(
            "/cases?municipality={}&status={}&mine={}&offset={at}",
            m.map_or("", |m| m.code()),
            s.map_or("", |s| s.code()),
            i32::from(own)
        )
    };
    let tab = |href: String, label, current| ui::Tab { href, label, current, count: None };
    let mut chips = vec![tab(link(municipality, None, false, 0), "すべて", status.is_none() && !mine), tab(link(municipality, status, true, 0), "自分の担当", mine)];
    chips.extend(Status::ALL.iter().map(|&s| tab(link(municipality, Some(s), mine, 0), s.label(), status == Some(s))));
    let mut places = vec![tab(link(None, status, mine, 0), "全市町", municipality.is_none())];
    places.extend(Municipality::ALL.iter().map(|&m| tab(link(Some(m), status, mine, 0), m.label(), municipality == Some(m))));
    let today = app.today();
    let body = html! {
        (ui::heading(&ui::Heading { over: "毎日", title: "ケース", actions: html! {
            @if policy::by_role::<OpenCase>(&actor).is_ok() { (ui::link_button("/cases/new", "ケースを開く", Some(ui::Icon::Plus), true)) }
        } }))
        section.panel {
            (ui::chips("状態で絞り込む", &chips))
            (ui::chips("市町で絞り込む", &places))
            @if cases.is_empty() {
                (ui::empty("この条件のケースはありません", html! { p { "絞り込みを変えるか、相談の受付からケースを開いてください。" } }))
            } @else {
                (ui::table("ケースの一覧", &["氏名", "番号", "状態", "居所・時期", "医療的ケア", "主担当", "最後の接触"], html! {
                    @for c in &cases { tr {
                        th scope="row" { (person_tag(&c.child_name, &c.child_kana, c.birth_date, c.municipality, today, Some(&format!("/cases/{}", c.id)))) }
                        td data-l="番号" { (c.number_text()) }
                        td data-l="状態" { (ui::tag(tone(c.status), c.status.label())) @if c.open_referrals > 0 { small { "つなぎ中 " (c.open_referrals) "件" } } }
                        td data-l="居所・時期" { (c.residence.label()) small { (c.phase.label()) } }
                        td data-l="医療的ケア" { (care_tags(&c.care())) }
                        td data-l="主担当" { (c.lead) }
                        td data-l="最後の接触" { @match c.last_contact { Some(at) => (view::moment(at)), None => "記録なし" } }
                    } }
                }))
            }
            @let text = format!("{}件目から{}件を表示", offset + 1, cases.len());
            @let prev = (offset > 0).then(|| link(municipality, status, mine, (offset - PAGE).max(0)));
            @let next = more.then(|| link(municipality, status, mine, offset + PAGE));
            @if prev.is_some() || next.is_some() { (ui::pager(&text, prev.as_deref(), next.as_deref())) }
        }
    };
    Ok(web::page(&app, &actor, "cases", "ケース", body))
}

/// The banner of a case with its tabs, the same on every page about it.
pub fn header(app: &App, case: &Case, seen: &Seen, current: &str) -> Markup {
    let id = case.id;
    let today = app.today();
    let tab = |path: &str, label: &'static str| ui::Tab { href: format!("/cases/{id}{path}"), label, current: current == path, count: None };
    let tabs = [tab("", "全体"), tab("/timeline", "経過記録"), tab("/team", "チーム"), tab("/referrals", "つなぎ"), tab("/consents", "同意")];
    html! {
        section.panel.case {
            div {
                h1 { ruby { (case.child_name) rp { "（" } rt { (case.child_kana) } rp { "）" } } small { " さん" } }
                div.tags { (ui::tag(tone(case.status), case.status.label())) (ui::tag(ui::Tone::Neutral, case.phase.label())) (care_tags(&case.care()))
                    @if case.mobile { (ui::tag(ui::Tone::Info, "動ける医ケア児")) } }
            }
            div.meta {
                span { b { (age_text(case.birth_date, today)) } @match case.birth_date { Some(b) => { "（" (view::day_short(b)) "生）" @if let Some(g) = grade(b, today) { (g) } }, None => "（生年月日未確認）" } }
                span { (case.municipality.label()) }
                span { "居所 " b { (case.residence.label()) } @if !case.residence_note.is_empty() { "（" (case.residence_note) "）" } }
                span { "主担当 " b { (case.lead) } } span { "副担当 " b { (case.deputy) } }
                span { "番号 " b { (case.number_text()) } }
                @if !case.languages.is_empty() { span { "言葉 " b { (case.languages) } } }
                span { "あなたは " b { (seen.relation().label()) } }
            }
            div.act {
                @if seen.allows::<policy::AppendEntry>() { (ui::link_button(&format!("/cases/{id}/timeline#new"), "記録する", Some(ui::Icon::Pen), true)) }
                @if seen.allows::<policy::SendReferral>() && case.status != Status::Closed { (ui::link_button(&format!("/cases/{id}/referrals/new"), "つなぐ", Some(ui::Icon::Send), false)) }
            }
        }
        (ui::tabs("ケースのページ", &tabs))
    }
}

fn grade(birth: Date, today: Date) -> Option<String> {
    birth_ok(birth, today).then(|| age::school_grade(birth, today).label())
}

fn birth_ok(birth: Date, today: Date) -> bool {
    birth <= today
}

pub fn family_table(family: &[Person], today: Date) -> Markup {
    ui::table("家族", &["続柄", "氏名", "年齢", "親権・連絡", "住まい", "補足"], html! {
        @for p in family { tr {
            th scope="row" { (p.relation.label()) @if p.guardian { small { "保護者" } } }
            td data-l="氏名" { (p.name) small { (p.kana) } }
            td data-l="年齢" { @match p.birth_date { Some(b) => (age_text(Some(b), today)), None => "—" } }
            td data-l="親権・連絡" { @if p.guardian { (p.custody.label()) } @if p.contact_restricted { " " (ui::tag(ui::Tone::Alert, "連絡を控える")) } @if let Some(t) = &p.phone { small { (t) } } }
            td data-l="住まい" { @if p.together { "同居" } @else { "別居" @if let Some(m) = &p.municipality { "（" (m) "）" } } }
            td data-l="補足" { (p.note) }
        } }
    })
}

pub fn lead_form(app: &App, case: &Case, people: &[Worker], fields: &Fields, errors: &Errors) -> Markup {
    let options: Vec<(String, String)> =
        people.iter().filter(|w| w.id != case.lead_id).map(|w| (w.id.to_string(), format!("{}（{}）", w.name, w.place))).collect();
    let options: Vec<(&str, &str)> = options.iter().map(|(i, l)| (i.as_str(), l.as_str())).collect();
    view::form(app, fields, &format!("/cases/{}/lead", case.id), html! {
        (view::summary(errors))
        (view::field(fields, errors, "to", "引き継ぐ相手").required().select(&options))
        (view::field(fields, errors, "note", "申し送り").required().hint("いまの状況、約束、急ぐこと").max(2000).area(4))
    }, ui::button("主担当の引継ぎを申し出る", true))
}

pub fn moves_view(app: &App, case: &Case, fields: &Fields, errors: &Errors) -> Markup {
    let action = format!("/cases/{}/move", case.id);
    let button = |value: &str, label: &str, primary| ui::button_value("move", value, label, primary);
    html! {
        (view::summary(errors))
        @match case.status {
            Status::Planned => (view::form(app, fields, &action, html! {}, button("activate", "支援を始める", true))),
            Status::Active => (view::form(app, fields, &action, view::field(fields, errors, "reason", "休止の理由").required().max(500).area(2), button("hold", "休止する", false))),
            Status::OnHold => (view::form(app, fields, &action, html! {}, button("resume", "支援を再開する", true))),
            Status::Closed => (view::form(app, fields, &action, view::field(fields, errors, "reason", "再開の理由").required().max(500).area(2), button("reopen", "再開する", true))),
        }
        @if case.status != Status::Closed {
            (view::form(app, fields, &action, view::field(fields, errors, "phase", "時期").value(case.phase.code()).select(&Phase::options()), button("enter", "時期を変える", false)))
            (view::form(app, fields, &action, html! {
                (view::field(fields, errors, "close_reason", "終結の理由").required().select(&CloseReason::options()))
                (view::field(fields, errors, "on", "終結日").required().date())
                (view::field(fields, errors, "reason", "補足").max(500).area(2))
            }, button("close", "終結する", false)))
        }
    }
}

pub fn guardian_fields(fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    html! {
        (ui::form_row(html! { (f("guardian_name", "家族の氏名").max(50).autocomplete("off").text()) (f("guardian_kana", "家族のふりがな").max(60).text()) }))
        (f("guardian_relation", "続柄").radios(&FamilyRelation::options()))
        (ui::form_row(html! { (f("guardian_birth", "家族の生年月日").date()) (f("guardian_phone", "電話").tel()) }))
        (f("is_guardian", "保護者である").checkbox())
        (f("together", "お子さんと同居している").checkbox())
        (f("guardian_place", "別に住むときの市町").max(40).text())
        (f("custody", "親権").value(if fields.has("custody") { fields.get("custody") } else { "full" }).radios(&Custody::options()))
        (f("contact_restricted", "この人への連絡を控える（理由は補足に）").checkbox())
        (f("guardian_note", "補足").max(200).text())
    }
}

/// The form that opens or edits a case; other slices show it with their own address.
pub fn form_view(app: &App, action: &str, people: &[Worker], fields: &Fields, errors: &Errors, opening: bool) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let workers: Vec<(String, String)> = people.iter().map(|w| (w.id.to_string(), format!("{}（{}）", w.name, w.place))).collect();
    let workers: Vec<(&str, &str)> = workers.iter().map(|(i, l)| (i.as_str(), l.as_str())).collect();
    let care = fields.all("care");
    view::form(app, fields, action, html! {
        (view::summary(errors))
        @if fields.has("version") { input type="hidden" name="version" value=(fields.get("version")); }
        (ui::form_row(html! {
            (f("name", "お子さんの氏名").required().max(50).autocomplete("off").live("/consultations/matches", "#matches").text())
            (f("kana", "ふりがな").required().max(60).autocomplete("off").live("/consultations/matches", "#matches").text())
        }))
        div id="matches" aria-live="polite" {}
        (ui::form_row(html! { (f("birth", "生年月日").date()) (f("sex", "性別").required().radios(&Sex::options())) }))
        (f("municipality", "居住する市町").required().radios(&Municipality::options()))
        (f("residence", "いまの居所").required().radios(&Residence::options()))
        (ui::form_row(html! { (f("residence_note", "居所の補足").hint("病院名など").max(100).text()) (f("languages", "家庭で使う言葉").hint("日本語だけのときは空のまま").max(60).text()) }))
        (f("care", "医療的ケア").hint("点数の計算は医療的ケアスコアで行います。3点未満でも支援の対象です（法に点数の下限はありません）。").checks(&Care::options(), &care))
        (f("mobile", "自分で動ける（歩ける・つかまり立ちなど、目が離せない）").checkbox())
        (ui::form_row(html! { (f("lead", "主担当").required().select(&workers)) (f("deputy", "副担当").required().hint("主担当が不在のときに動く人").select(&workers)) }))
        @if opening {
            (f("status", "はじめの状態").required().radios(&[("planned", "準備中（退院前など）"), ("active", "支援中")]))
            fieldset { legend { "保護者（あとからでも入れられます）" } (guardian_fields(fields, errors)) }
        }
    }, ui::button(if opening { "ケースを開く" } else { "直した内容を保存する" }, true))
}

pub async fn blank(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<OpenCase>(&actor)?;
    let people = area::coordinators(&mut app.store.read().await?, app.today()).await?;
    let fields = Fields::default().with("lead", actor.person.to_string()).with("municipality", actor.municipality.clone().unwrap_or_default())
        .with("status", "active").with("residence", "home").with("is_guardian", "1").with("together", "1");
    Ok(opening_page(&app, &actor, &people, &fields, &Errors::default()))
}

fn opening_page(app: &App, actor: &Actor, people: &[Worker], fields: &Fields, errors: &Errors) -> Markup {
    web::page(app, actor, "cases", "ケースを開く", html! {
        (ui::heading(&ui::Heading { over: "ケース", title: "ケースを開く", actions: html! {} }))
        (ui::panel("お子さんと担当", html! {}, ui::pad(form_view(app, "/cases/new", people, fields, errors, true))))
    })
}

pub async fn create(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<OpenCase>(&actor)?;
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let checked = checked_command(&app, &mut tx, &fields, today, true).await?;
    let command = match checked {
        Ok(command) => command,
        Err(errors) => {
            let people = area::coordinators(&mut tx, today).await?;
            return Ok(unprocessable(opening_page(&app, &actor, &people, &fields, &errors)));
        }
    };
    let id: CaseId = app.mint.id(now);
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &format!("/cases/{id}"), now).await? {
        return Ok(see_other(&before));
    }
    store::open(&mut tx, &app.mint, id, &actor, &command, now, today).await?;
    tx.commit(&permit, &app.mint, now, id.into(), Some(id), "").await?;
    Ok(see_other(&format!("/cases/{id}")))
}

/// Parses a case form and checks that lead and deputy are coordinators: nobody gets work who cannot open it.
pub async fn checked_command(app: &App, tx: &mut platform::db::Reader, fields: &Fields, today: Date, opening: bool) -> Result<std::result::Result<Command, Errors>> {
    let command = match Command::parse(fields, today, opening) {
        Ok(command) => command,
        Err(errors) => return Ok(Err(errors)),
    };
    for (field, person) in [("lead", command.lead), ("deputy", command.deputy)] {
        if !area::is_coordinator(tx, person, app.now()).await? {
            return Ok(Err(Errors::one(field, "この人は、いまコーディネーターではありません。ほかの人を選んでください。")));
        }
    }
    Ok(Ok(command))
}

fn fields_of(case: &Case) -> Fields {
    let mut fields = Fields::default()
        .with("version", case.version.to_string()).with("name", &case.child_name).with("kana", &case.child_kana)
        .with("birth", case.birth_date.map_or(String::new(), |b| b.to_string())).with("sex", case.sex.code())
        .with("municipality", case.municipality.code()).with("residence", case.residence.code())
        .with("residence_note", &case.residence_note).with("languages", &case.languages)
        .with("lead", case.lead_id.to_string()).with("deputy", case.deputy_id.to_string());
    for care in case.care() {
        fields = fields.with("care", care.code());
    }
    if case.mobile { fields.with("mobile", "1") } else { fields }
}

fn edit_page(app: &App, actor: &Actor, case: &Case, seen: &Seen, people: &[Worker], fields: &Fields, errors: &Errors, extra: Markup) -> Markup {
    web::page(app, actor, "cases", "基本情報を直す", html! {
        (header(app, case, seen, "/edit"))
        (extra)
        (ui::panel("基本情報を直す", html! {}, ui::pad(form_view(app, &format!("/cases/{}/edit", case.id), people, fields, errors, false))))
    })
}

pub async fn edit(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let mut tx = app.store.read().await?;
    let seen = policy::see_case(&mut tx, &actor, id, app.now()).await?;
    let permit = policy::on_case::<EditCase>(&actor, &seen)?;
    let case = store::find(&mut tx, &seen).await?;
    let people = area::coordinators(&mut tx, app.today()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, app.now(), id.into()).await?;
    Ok(edit_page(&app, &actor, &case, &seen, &people, &fields_of(&case), &Errors::default(), html! {}))
}

pub async fn save(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&mut tx, &actor, id, now).await?;
    let permit = policy::on_case::<EditCase>(&actor, &seen)?;
    let mut case = store::find(&mut tx, &seen).await?;
    let people = area::coordinators(&mut tx, today).await?;
    let mut command = match checked_command(&app, &mut tx, &fields, today, false).await? {
        Ok(command) => command,
        Err(errors) => return Ok(unprocessable(edit_page(&app, &actor, &case, &seen, &people, &fields, &errors, html! {}))),
    };
    // 主担当は、受取りのある引継ぎでだけ替わる。
    command.lead = case.lead_id;
    if command.deputy == case.lead_id {
        let errors = Errors::one("deputy", "副担当は、主担当と別の人を選んでください。");
        return Ok(unprocessable(edit_page(&app, &actor, &case, &seen, &people, &fields, &errors, html! {})));
    }
    let newest = case.version;
    case.version = fields.get("version").parse().unwrap_or(-1);
    if !store::save(&mut tx, &case, &command, now).await? {
        case.version = newest;
        return Err(conflict(&app, &actor, &case, &seen, &people, &fields));
    }
    tx.commit(&permit, &app.mint, now, id.into(), None, "").await?;
    Ok(see_other(&format!("/cases/{id}")))
}

/// Both versions side by side, and the form with what was typed, ready to be saved on top of the newer one.
fn conflict(app: &App, actor: &Actor, now: &Case, seen: &Seen, people: &[Worker], typed: &Fields) -> Error {
    let stored = fields_of(now);
    let mut again = Fields::default().with("version", now.version.to_string());
    for (name, value) in typed.iter().filter(|(n, _)| *n != "version" && *n != "once") {
        again = again.with(name, value);
    }
    let names = [("name", "氏名"), ("kana", "ふりがな"), ("birth", "生年月日"), ("municipality", "市町"), ("residence", "居所"), ("residence_note", "居所の補足"), ("languages", "言葉"), ("care", "医療的ケア")];
    let extra = html! {
        (ui::notice(ui::Tone::Alert, "ほかの人が先に直しました", html! {
            p { "あなたの入力は下の欄に残っています。いま保存されている内容と見比べて、よければもう一度保存してください。" }
        }))
        (ui::panel("見比べる", html! {}, ui::table("いまの内容とあなたの入力", &["項目", "いま保存されている内容", "あなたの入力"], html! {
            @for (name, label) in names {
                @let (a, b) = (stored.all(name).join("、"), typed.all(name).join("、"));
                @if a != b { tr { th scope="row" { (label) } td data-l="いま" { (a) } td data-l="入力" { (b) } } }
            }
        })))
    };
    Error::Conflict(Box::new(edit_page(app, actor, now, seen, people, &again, &Errors::default(), extra)))
}

pub async fn add_family(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&mut tx, &actor, id, now).await?;
    let permit = policy::on_case::<EditCase>(&actor, &seen)?;
    let mut p = platform::form::Parse::new(&fields);
    let guardian = model::guardian(&mut p, app.today());
    let guardian = match p.finish(guardian) {
        Ok(guardian) => guardian,
        Err(errors) => {
            let case = store::find(&mut tx, &seen).await?;
            let page = web::page(&app, &actor, "cases", "家族を加える", html! {
                (header(&app, &case, &seen, ""))
                (ui::panel("家族を加える", html! {}, ui::pad(view::form(&app, &fields, &format!("/cases/{id}/family"), html! { (view::summary(&errors)) (guardian_fields(&fields, &errors)) }, ui::button("家族を加える", true)))))
            });
            return Ok(unprocessable(page));
        }
    };
    let place = format!("/cases/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    store::add_family(&mut tx, &app.mint, id, &guardian, now).await?;
    tx.announce("case", id);
    tx.commit(&permit, &app.mint, now, id.into(), None, "family").await?;
    Ok(see_other(&place))
}

pub async fn move_on(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&mut tx, &actor, id, now).await?;
    let permit = policy::on_case::<MoveCase>(&actor, &seen)?;
    let case = store::find(&mut tx, &seen).await?;
    let step = match model::parse_move(&fields, today) {
        Ok(step) => step,
        Err(errors) => {
            let page = web::page(&app, &actor, "cases", "状態・時期を変える", html! {
                (header(&app, &case, &seen, ""))
                (ui::panel("状態・時期を変える", html! {}, ui::pad(moves_view(&app, &case, &fields, &errors))))
            });
            return Ok(unprocessable(page));
        }
    };
    let next = case.status.after(&step).map_err(Error::refused)?;
    if matches!(step, Move::Close { .. }) {
        // 閉じたケースの後に、生きたつなぎ・予定・権限を残さない。
        let live = store::live_referrals(&mut tx, &seen).await?;
        if live > 0 {
            return Err(Error::Refused(format!(
                "続いているつなぎが{live}件あります。終結の前に、ケースの「つなぎ」で1件ずつ「確認する」か「取り下げる」を選んでください。"
            )));
        }
        if let Some(t) = store::open_transfer(&mut tx, &seen).await? {
            store::end_transfer(&mut tx, t.id, "recalled", "ケースの終結", now).await?;
        }
    }
    if !store::moved(&mut tx, &app.mint, &actor, &case, &step, next, now).await? {
        return Err(Error::refused("ほかの人が先にこのケースを変えました。画面を読み直してください。"));
    }
    if next == Status::Closed {
        store::end_relations(&mut tx, id, now, today).await?;
    }
    tx.commit(&permit, &app.mint, now, id.into(), None, next.code()).await?;
    Ok(see_other(&format!("/cases/{id}")))
}

pub async fn offer_lead(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&mut tx, &actor, id, now).await?;
    let permit = policy::on_case::<OfferLead>(&actor, &seen)?;
    let case = store::find(&mut tx, &seen).await?;
    let mut p = platform::form::Parse::new(&fields);
    let to: PersonId = p.id("to", "引き継ぐ相手");
    let note = p.paragraph("note", "申し送り", 2000);
    if to == case.lead_id {
        p.fail("to", "いまの主担当とは別の人を選んでください。");
    }
    let (to, note) = match p.finish((to, note)) {
        Ok(v) => v,
        Err(errors) => {
            let people = area::coordinators(&mut tx, app.today()).await?;
            let page = web::page(&app, &actor, "cases", "主担当を引き継ぐ", html! {
                (header(&app, &case, &seen, ""))
                (ui::panel("主担当を引き継ぐ", html! {}, ui::pad(lead_form(&app, &case, &people, &fields, &errors))))
            });
            return Ok(unprocessable(page));
        }
    };
    if !area::is_coordinator(&mut tx, to, now).await? {
        return Err(Error::refused("引き継ぐ相手は、いまコーディネーターである人から選んでください。"));
    }
    if store::open_transfer(&mut tx, &seen).await?.is_some() {
        return Err(Error::refused("すでに引継ぎの受取り待ちです。"));
    }
    let transfer: TransferId = app.mint.id(now);
    store::offer_lead(&mut tx, transfer, &seen, case.lead_id, to, &note, now).await?;
    let due = app.calendar.due(now, Reply::OpenDays(3));
    let to_name = store::name_of_person(&mut tx, to).await?;
    // The receiver must be able to open what is offered, before it is received.
    store::grant(&mut tx, id, to.into(), policy::Relation::Area, "offer", now).await?;
    let item = |kind, subject, waits_for| Item { kind, subject, object_kind: ObjectKind::Case, object: id.0, case: Some(id), waits_for, due };
    waiting::put(&mut tx, &app.mint, now, item(WaitingKind::LeadTransfer, to.into(), "")).await?;
    waiting::put(&mut tx, &app.mint, now, item(WaitingKind::LeadPending, case.lead_id.into(), &to_name)).await?;
    tx.commit(&permit, &app.mint, now, Object::new("lead_transfer", transfer.0), None, "").await?;
    Ok(see_other(&format!("/cases/{id}")))
}

pub async fn receive_lead(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&mut tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReceiveLead>(&actor, &seen)?;
    let case = store::find(&mut tx, &seen).await?;
    let transfer = store::open_transfer(&mut tx, &seen).await?.ok_or_else(|| Error::refused("この引継ぎは、すでに終わっています。"))?;
    if transfer.to_id != actor.person {
        return Err(Error::Forbidden);
    }
    let received = fields.get("answer") != "return";
    if !store::end_transfer(&mut tx, transfer.id, if received { "received" } else { "returned" }, "", now).await? {
        return Err(Error::refused("この引継ぎは、すでに終わっています。"));
    }
    store::lapse(&mut tx, id, actor.person.into(), policy::Relation::Area, now).await?;
    waiting::clear(&mut tx, id.0, WaitingKind::LeadTransfer).await?;
    waiting::clear(&mut tx, id.0, WaitingKind::LeadPending).await?;
    if received {
        store::set_lead(&mut tx, &app.mint, &actor, &case, actor.person, now).await?;
        waiting::hand_on_case(&mut tx, id, case.lead_id, actor.person).await?;
    }
    tx.commit(&permit, &app.mint, now, Object::new("lead_transfer", transfer.id.0), None, if received { "received" } else { "returned" }).await?;
    Ok(see_other(if received { format!("/cases/{id}") } else { "/".to_owned() }.as_str()).into_response())
}

