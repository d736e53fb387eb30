//! What stands beside the cases: answer cards, inquiries, searches in vain, a transfer, an emergency, a form half filled in.
//!
//! There are few of these, so each goes through the handler of its page, with the clock of its day.

use super::{
    agreed,
    awkward::Fate,
    care,
    dice::{Days, Dice, Stream, shift, time},
    families::Child,
    plan::Who,
    play::{Play, lost},
    texts::table,
    watching,
};
use crate::{
    account::Actor,
    app::App,
    area::{Care, Municipality},
    case, consent, consultation,
    document::{self, PaperKind},
    draft::{self, DraftForm},
    exchange::directory::Kind,
    journal::{Draft, Object},
    policy::{self, Category},
    referral, resource, timeline,
    web::{Error, Form, Key, Result},
};
use axum::{extract::State, response::IntoResponse};
use platform::{
    Timestamp, args,
    clock::Clock,
    form::Fields,
    id::{CaseId, DraftId, PersonId, SearchId},
    japanese::date,
    vocabulary::Vocabulary as _,
};

pub async fn all(play: &Play<'_>, days: &Days) -> Result<(), Error> {
    cards(play, days).await?;
    inquiries(play, days).await?;
    hand_over(play, days).await?;
    disclose(play, days).await?;
    guardian(play, days).await?;
    quiet(play, days).await
}

/// The application on another day.
pub fn at(app: &App, when: Timestamp) -> State<App> {
    State(App { clock: Clock::fixed(when), ..app.clone() })
}

/// The page must lead on: a form with errors would be a fault of this file.
fn done(what: &str, response: Result<impl IntoResponse>) -> Result<String, Error> {
    let response = response?.into_response();
    let place = response.headers().get("location").and_then(|l| l.to_str().ok()).map(str::to_owned);
    place.filter(|_| response.status().is_redirection()).ok_or_else(|| lost(what))
}

async fn cards(play: &Play<'_>, days: &Days) -> Result<(), Error> {
    for (i, line) in (0_i32..).zip(table(include_str!("../../data/demo/cards.tsv"))) {
        let [topics, question, answer] = line[..] else { return Err(lost("an answer card")) };
        let day = days.open_back(130 - 14 * i);
        // One of them is due to be looked at again.
        let review = shift(day, if i == 2 { 60 } else { 365 });
        let mut fields = Fields::default()
            .with("question", question)
            .with("answer", answer.replace("\\n", "\n"))
            .with("review_on", date::iso(review));
        for topic in topics.split(',') {
            fields = fields.with("topic", topic);
        }
        let by = play.coordinators[[0, 1, 3][usize::try_from(i).unwrap_or(0) % 3]].clone();
        done("an answer card", consultation::create_card(at(play.app, time(day, 16, 40)), by, Form(fields)).await)?;
    }
    Ok(())
}

/// Asks some places for their capacity, and records one answer by telephone.
async fn inquiries(play: &Play<'_>, days: &Days) -> Result<(), Error> {
    let about =
        play.cases.iter().position(|c| c.lead == 0 && c.child.fate == Fate::Active).and_then(|i| play.lives[i].id);
    let asks = [
        (
            0,
            1,
            Kind::HomeNursing,
            &["tracheostomy", "suction"][..],
            "infant",
            Municipality::Yokosuka,
            "週2回、午前。来月から。",
            "waitlist",
            "来月の中ごろから1枠",
            about,
        ),
        (
            0,
            5,
            Kind::ChildDevelopment,
            &["suction", "tube_feeding"],
            "preschool",
            Municipality::Yokosuka,
            "週2日、送迎あり。",
            "full",
            "今年度は難しい",
            None,
        ),
        (
            1,
            2,
            Kind::ShortStay,
            &["tube_feeding"],
            "elementary",
            Municipality::Zushi,
            "月1回、週末。",
            "open",
            "平日なら受けられる",
            None,
        ),
    ];
    for (who, ago, kind, care, band, municipality, wish, answer, note, about) in asks {
        let by = &play.coordinators[who];
        let asked = time(days.open_back(ago), 9, 20).min(days.end);
        let places: Vec<_> = play.world.places.iter().filter(|p| p.fictional && p.kind == kind).take(3).collect();
        let mut fields = Fields::default()
            .with("kind", kind.code())
            .with("age_band", band)
            .with("municipality", municipality.code())
            .with("wish", wish);
        for c in care {
            fields = fields.with("care", *c);
        }
        for p in &places {
            fields = fields.with("service", p.service.to_string());
        }
        if let Some(id) = about {
            fields = fields.with("for", id.to_string());
        }
        let page = done("an inquiry", referral::ask(at(play.app, asked), by.clone(), Form(fields)).await)?;
        let id = page.rsplit('/').next().unwrap_or("").parse().map_err(|_| lost("an inquiry"))?;
        // The agency with an account is the first; another one answers on the telephone.
        let Some(place) = places.last() else { continue };
        let fields =
            Fields::default().with("service", place.service.to_string()).with("answer", answer).with("note", note);
        let answered = asked.saturating_add(jiff::SignedDuration::from_mins(150)).unwrap_or(asked).min(days.end);
        done(
            "the answer to an inquiry",
            referral::answer_inquiry(at(play.app, answered), by.clone(), Key(id), Form(fields)).await,
        )?;
    }
    Ok(())
}

/// The first active case of 横須賀市 with this lead and deputy.
fn of(play: &Play<'_>, lead: usize, deputy: Option<usize>) -> Option<CaseId> {
    let fits = |child: &Child| {
        child.fate == Fate::Active && child.seat.municipality == Municipality::Yokosuka && child.seat.awkward.is_none()
    };
    let found =
        play.cases.iter().position(|c| c.lead == lead && deputy.is_none_or(|d| c.deputy == d) && fits(&c.child))?;
    play.lives[found].id
}

/// A lead is offered to the first coordinator, who has not yet received it.
async fn hand_over(play: &Play<'_>, days: &Days) -> Result<(), Error> {
    let Some(id) = of(play, 4, None) else { return Ok(()) };
    let note = "三浦市のケースが増えたため、お願いします。次の面談は来週、家族は午前を希望しています。学校への連絡は済んでいます。";
    let fields = Fields::default().with("to", play.coordinators[0].person.to_string()).with("note", note);
    let by: Actor = play.coordinators[4].clone();
    let when = time(days.open_back(1), 15, 20).min(days.end);
    done("the offer of a lead", case::offer_lead(at(play.app, when), by, Key(id), Form(fields)).await)?;
    Ok(())
}

/// An agency was told without consent in an emergency; the deputy has not yet reviewed it.
async fn disclose(play: &Play<'_>, days: &Days) -> Result<(), Error> {
    let (Some(id), Some(hospital)) = (of(play, 2, Some(0)), play.world.places.get(1)) else { return Ok(()) };
    let reason =
        "救急搬送の受入れ先に、使っている機器と夜間の設定をすぐに伝える必要があった。保護者とは連絡がつかなかった。";
    let fields = Fields::default().with("organisation", hospital.organisation.to_string()).with("reason", reason);
    let by = play.coordinators[2].clone();
    let when = time(days.open_back(1), 11, 5).min(days.end);
    done("an emergency disclosure", consent::disclose(at(play.app, when), by, Key(id), Form(fields)).await)?;
    Ok(())
}

/// The family account of the demo belongs to a guardian of one of the cases, whose name it takes.
async fn guardian(play: &Play<'_>, days: &Days) -> Result<(), Error> {
    let app = play.app;
    let when = time(days.open_back(40), 15, 30);
    let mut tx = app.store.begin().await?;
    let sql = "/* demo::guardian */ SELECT person_id FROM demo_account WHERE account_key = 'family'";
    let Some((person,)) = tx.opt::<(PersonId,)>(sql, vec![]).await? else { return Ok(()) };
    let ours = play.cases.iter().enumerate().filter(|(_, c)| c.lead == 0 && c.child.fate == Fate::Active);
    for id in ours.filter_map(|(i, _)| play.lives[i].id) {
        let lead = &play.coordinators[0];
        let seen = policy::see_case(&tx, lead, id, when).await?;
        let family = case::family(&tx, &seen).await?;
        let Some(mother) = family.iter().find(|p| p.guardian && !p.contact_restricted && p.together) else { continue };
        case::link_guardian(app, &mut tx, &seen, mother, person, lead.person, when).await?;
        let permit = policy::on_case::<policy::InviteFamily>(lead, &seen)?;
        tx.commit(&permit, &app.mint, when, Object::new("case_person", mother.id), None, "confirmed").await?;
        break;
    }
    Ok(())
}

/// Changes that are nobody's act: searches in vain, a draft, how far a timeline was read.
async fn quiet(play: &Play<'_>, days: &Days) -> Result<(), Error> {
    let app = play.app;
    let mut dice = Dice::new(play.world.seed, Stream::Request, 1);
    let mut tx = app.store.begin().await?;
    let needs = [
        (Kind::ShortStay, vec![Care::Ventilator]),
        (Kind::ShortStay, vec![Care::Ventilator, Care::Tracheostomy]),
        (Kind::Nursery, vec![Care::Tracheostomy]),
        (Kind::Nursery, vec![Care::Suction, Care::TubeFeeding]),
        (Kind::AfterSchoolDay, vec![Care::Ventilator]),
        (Kind::ChildDevelopment, vec![Care::Dialysis]),
        (Kind::HomeHelp, vec![Care::Suction]),
        (Kind::SickChildcare, vec![Care::TubeFeeding]),
    ];
    for i in 0..15 {
        let (kind, care) = needs[i % needs.len()].clone();
        let municipality = Some(*dice.pick(Municipality::ALL));
        let search = resource::Search {
            kind: Some(kind),
            care,
            municipality,
            open: dice.chance(50),
            mobile: false,
            text: String::new(),
        };
        let ago = i32::try_from(i).unwrap_or(0) * 8 + 1;
        let when = days.at(days.back(120 - ago), &mut dice);
        let id: SearchId = app.mint.id(when);
        resource::note_unmet(&mut tx, id, &search, play.coordinators[0].organisation, date::jst_date(when)).await?;
    }
    let concern = "退院したばかりのお子さんのお母さんから。夜のアラームのことで電話。折り返しの約束をした（書きかけ）";
    let fields = Fields::default()
        .with("channel", "phone")
        .with("kind", "individual")
        .with("asker_kind", "parent")
        .with("municipality", "142018")
        .with("topic", "home_life")
        .with("urgency", "three_days")
        .with("concern", concern);
    let saved = time(days.open_back(0), 9, 50).min(days.end);
    let id: DraftId = app.mint.id(saved);
    let body = draft::seal(&mut tx, app, play.coordinators[0].person, id, &fields).await?;
    let sql = "/* demo::quiet */ INSERT INTO draft (id, person_id, form, object_id, body, updated_at) VALUES ($1, $2, $3, NULL, $4, $5)";
    tx.exec(sql, args![id, play.coordinators[0].person, DraftForm::Consultation, body, saved]).await?;
    for (case, live) in play.cases.iter().zip(&play.lives) {
        let Some(seen) = live.seen.as_ref().filter(|_| super::histories::has_supporter(&case.child)) else { continue };
        let upto = time(days.back(dice.between(3, 25)), 18, 0);
        timeline::mark_read(&mut tx, seen, play.supporter.person, play.supporter.organisation, upto).await?;
    }
    papers(app, play, &mut tx, days, &mut dice).await?;
    if !play.world.lean {
        care::tell(play, &mut tx, days).await?;
        watching::tell(play, &mut tx, days).await?;
        agreed::tell(play, &mut tx, days).await?;
    }
    tx.commit_housekeeping().await
}

/// A paper or two for every third case: short texts that say themselves that they are made up.
async fn papers(app: &App, play: &Play<'_>, tx: &mut Draft, days: &Days, dice: &mut Dice) -> Result<(), Error> {
    let kinds = [
        (PaperKind::Instruction, Category::Care, "医師指示書", "夜間の吸引と経管栄養について。"),
        (PaperKind::Certificate, Category::Plan, "受給者証の写し", "支給決定の内容の控え。"),
        (PaperKind::Letter, Category::Care, "退院サマリー", "退院までの経過と、家でのケアの手順。"),
    ];
    for (case, live) in play.lives.iter().enumerate().step_by(3).take(40) {
        let (Some(id), Some(seen)) = (live.id, live.seen.as_ref()) else { continue };
        let (kind, category, title, body) = kinds[case / 3 % kinds.len()];
        let opened = case::find(tx, seen).await?.opened_on;
        let now = time(days.back(dice.between(0, 60)).max(opened), 19, 0).min(days.end);
        let key = case::key(tx, &app.mint, id, now).await?;
        let text = format!("{title}\n{body}\n架空データ {}\n", case + 1);
        let file = files::inspect("a.txt", text.into_bytes()).map_err(|e| Error::Internal(e.to_string()))?;
        let new = document::New {
            id: app.mint.id(now),
            kind,
            category,
            consent: None,
            title,
            file_name: "写し（架空データ）.txt",
        };
        document::add(tx, &key, id, play.who(case, Who::Lead), &new, &file, now).await?;
        let object = ("document", new.id.0);
        play.journal::<policy::AddDocument>(&at(app, now).0, tx, case, Who::Lead, object, category.code()).await?;
    }
    Ok(())
}
