//! The team page: who, for what, since when, and which field is missing.

use super::store::{self, Candidate, Member, New};
use crate::{
    account::{Actor, Profession},
    app::App,
    area::Field,
    case, consent,
    journal::Object,
    once,
    policy::{self, Category, ManageTeam, ReadCase, Seen},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::{Errors, Fields, Parse},
    id::{CaseId, MemberId, OrganisationId, PersonId},
    vocabulary::Vocabulary as _,
};

fn missing(team: &[Member]) -> Vec<Field> {
    Field::ALL.iter().copied().filter(|f| !team.iter().any(|m| m.field == *f)).collect()
}

pub fn summary_view(team: &[Member]) -> Markup {
    html! {
        @if team.is_empty() { (ui::empty("チームはまだ組まれていません", html! {})) } @else {
            ul.plain { @for m in team { li { (ui::tag(ui::Tone::Neutral, m.field.label())) " " b { (m.label) } " " (m.profession.label()) br; small { (m.organisation) @if !m.function.is_empty() { "・" (m.function) } } } } }
        }
        (gaps(team))
    }
}

fn gaps(team: &[Member]) -> Markup {
    let missing = missing(team);
    html! { @if !missing.is_empty() { (ui::pad(html! { p { (ui::tag(ui::Tone::Warn, "まだいない分野")) " " (missing.iter().map(|f| f.label()).collect::<Vec<_>>().join("、")) } })) } }
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCase>(&actor, &seen)?;
    let fields = Fields::default().with("since", app.today().to_string());
    let body = body(&app, &tx, &seen, &fields, &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(web::page(&app, &actor, "cases", "チーム", body))
}

async fn body(app: &App, tx: &Reader, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let (case, today) = (case::find(tx, seen).await?, app.today());
    let mut members = store::all(tx, seen).await?;
    if !seen.shows(Category::Plan) {
        // Who is there is told; for what, and who was there before, is part of the plan.
        members.retain(|m| m.is_on(today));
        members.iter_mut().for_each(|m| m.function = String::new());
    }
    let candidates = if seen.allows::<ManageTeam>() { store::candidates(tx, seen, today).await? } else { vec![] };
    let agencies = consent::standing(tx, seen, today).await?;
    let id = case.id;
    let empty = Fields::default();
    let current: Vec<Member> = members.iter().filter(|m| m.is_on(today)).cloned().collect();
    let past: Vec<&Member> = members.iter().filter(|m| !m.is_on(today)).collect();
    Ok(html! {
        (case::header(app, &case, seen, "/team"))
        (view::summary(errors))
        (ui::panel("いまのチーム", html! {}, html! {
                @if current.is_empty() { (ui::empty("チームはまだ組まれていません", html! { p { "同意のある機関から、分野ごとに加えてください。" } })) } @else {
                    (ui::table("いまのチーム", &["分野", "名前", "職種", "所属", "役割", "いつから", ""], html! { @for m in &current { tr {
                        th scope="row" { (m.field.label()) } td data-l="名前" { (m.label) @if m.person_id.is_some() { small { "利用者" } } } td data-l="職種" { (m.profession.label()) }
                        td data-l="所属" { (m.organisation) } td data-l="役割" { (m.function) } td data-l="いつから" { (view::day_short(m.since)) }
                        td { @if seen.allows::<ManageTeam>() { (ui::details("はずれる", view::form(app, &empty, &format!("/cases/{id}/team/end"), html! {
                            input type="hidden" name="member" value=(m.id); (ui::Field::new("reason", "理由").scope(&m.id.to_string()).error(errors.of("reason").filter(|_| fields.get("member") == m.id.to_string())).required().max(200).text()) }, ui::button("チームからはずす", false)))) } }
                    } } }))
                }
                (gaps(&current))
            }))
        (ui::two(html! {
            @if !past.is_empty() { (ui::panel("これまでのチーム", html! {}, html! { ul.plain { @for m in past { li { (m.label) "（" (m.organisation) "・" (m.profession.label()) "） " (view::day_short(m.since)) "〜" @if let Some(u) = m.until { (view::day_short(u)) } " " small { (m.end_reason) } } } } })) }
            @else { (ui::panel("これまでのチーム", html! {}, ui::empty("はずれた人はいません", html! {}))) }
        }, html! {
            @if seen.allows::<ManageTeam>() && case.status != case::Status::Closed { (ui::panel("チームに加える", html! {}, ui::pad(add_form(app, id, &candidates, &agencies, fields, errors)))) }
        }))
    })
}

fn add_form(
    app: &App,
    id: CaseId,
    candidates: &[Candidate],
    agencies: &[consent::Agency],
    fields: &Fields,
    errors: &Errors,
) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let people: Vec<(String, String)> = candidates
        .iter()
        .map(|c| {
            (
                format!("{}.{}", c.id, c.organisation_id),
                format!("{}（{}・{}）", c.name, c.organisation, c.profession.label()),
            )
        })
        .collect();
    let mut people: Vec<(&str, &str)> = people.iter().map(|(i, l)| (i.as_str(), l.as_str())).collect();
    people.insert(0, ("", "（利用者ではない人）"));
    let places: Vec<(String, &str)> = agencies.iter().map(|a| (a.id.to_string(), a.name.as_str())).collect();
    let mut places: Vec<(&str, &str)> = places.iter().map(|(i, l)| (i.as_str(), *l)).collect();
    places.insert(0, ("", "（選んでください）"));
    view::form(
        app,
        fields,
        &format!("/cases/{id}/team"),
        html! {
            p { small { "有効な同意のある機関の人だけを加えられます。加わった利用者は、その時からこのケースを見られます。" } }
            (f("person", "利用者から選ぶ").select(&people))
            (ui::details("利用者ではない人を加える", html! {
                (f("organisation", "所属").select(&places)) (f("label", "名前").max(50).text()) (f("profession", "職種").select(&Profession::options()))
            }))
            (f("field", "分野").required().radios(&Field::options()))
            (f("function", "チームでの役割").hint("例 訪問看護、窓口、就園の調整").max(100).text())
            (f("since", "いつから").required().date())
            p { small { "チームの人は、その機関への同意の「伝える情報」の範囲を見られます。自分の機関が書いた記録は、いつも見られます。" } }
        },
        ui::button("チームに加える", true),
    )
}

pub async fn add(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ManageTeam>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    let candidates = store::candidates(&tx, &seen, today).await?;
    let mut p = Parse::new(&fields);
    let field: Field = p.choice("field", "分野");
    let function = p.optional_line("function", "チームでの役割", 100).unwrap_or_default();
    let since = p.date("since", "いつから");
    if since > today {
        p.fail("since", "「いつから」は今日までの日付を入力してください。");
    }
    let (person, organisation, label, profession) = if fields.get("person").is_empty() {
        let organisation: OrganisationId = p.id("organisation", "所属");
        if !organisation.0.is_nil() && consent::basis_for(&tx, &seen, organisation, now, today).await?.is_none() {
            p.fail("organisation", "この機関に伝える有効な同意がありません。先に同意を記録してください。");
        }
        (None, organisation, p.line("label", "名前", 50), p.choice("profession", "職種"))
    } else {
        if !fields.get("label").trim().is_empty() {
            p.fail(
                "label",
                "つむぐを使う人を選んだときは、名前は入れないでください。どちらの人を加えるか、わからなくなります。",
            );
        }
        let chosen = fields
            .get("person")
            .split_once('.')
            .and_then(|(a, b)| Some((a.parse::<PersonId>().ok()?, b.parse::<OrganisationId>().ok()?)));
        match chosen.and_then(|(a, b)| candidates.iter().find(|c| c.id == a && c.organisation_id == b)) {
            Some(c) => (Some(c.id), c.organisation_id, c.name.clone(), c.profession),
            None => {
                p.fail("person", "この人の機関に伝える有効な同意がありません。先に同意を記録してください。");
                (None, OrganisationId(platform::Uuid::nil()), String::new(), Profession::Other)
            }
        }
    };
    if let Err(errors) = p.finish(()) {
        let body = body(&app, &tx, &seen, &fields, &errors).await?;
        return Ok(unprocessable(web::page(&app, &actor, "cases", "チーム", body)));
    }
    let place = format!("/cases/{id}/team");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    if let Some(person) = person {
        policy::refuse_excluded(&tx, &seen, person).await?;
    }
    let member: MemberId = app.mint.id(now);
    let new = New { person, organisation, label: &label, profession, field, function: &function, since };
    store::add(&mut tx, member, &seen, &new, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("team_member", member.0), None, "added").await?;
    Ok(see_other(&place))
}

pub async fn end(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ManageTeam>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    let mut p = Parse::new(&fields);
    let member: MemberId = p.id("member", "チームの人");
    let reason = p.line("reason", "はずれる理由", 200);
    let (member, reason) = match p.finish((member, reason)) {
        Ok(v) => v,
        Err(errors) => {
            let body = body(&app, &tx, &seen, &fields, &errors).await?;
            return Ok(unprocessable(web::page(&app, &actor, "cases", "チーム", body)));
        }
    };
    if !store::end(&mut tx, &app.mint, &seen, member, &reason, now, today).await? {
        return Err(Error::refused("この人は、すでにチームをはずれています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("team_member", member.0), None, "ended").await?;
    Ok(see_other(&format!("/cases/{id}/team")))
}
