//! Does what the plan says, event by event, with the product's own functions and the clock of each event.

use super::{
    awkward::Awkward,
    histories::starts_planned,
    people::Account,
    plan::{Act, Case, Consent, Event, Join, Request, Who, World},
};
use crate::{
    account::Actor,
    app::App,
    area::{self, Municipality},
    case::{self, Command, Phase, Residence, Status},
    consent::{self, Category, Given, Method, OwnWill, Purpose},
    consultation,
    journal::{Draft, Ground, Object},
    policy::{self, CaseAct, Relation, Role, RoleAct, Seen, Shown},
    team, timeline,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Error,
};
use jiff::ToSpan as _;
use platform::{
    Timestamp, Uuid,
    clock::Clock,
    id::{CaseId, ConsentId, ConsultationId, EntryId, MemberId, ReferralId, SeatId},
    japanese::age,
    vocabulary::Vocabulary as _,
};

/// Events in one transaction: few enough that it ends soon, many enough that its flush is cheap.
const BATCH: usize = 500;

/// What a case has become so far.
#[derive(Default)]
pub struct Live {
    pub id: Option<CaseId>,
    pub seen: Option<Seen>,
    family: Vec<(Uuid, bool)>,
    consent: Option<ConsentId>,
    member: Option<MemberId>,
    pub referrals: Vec<Option<ReferralId>>,
}

pub struct Play<'a> {
    pub app: &'a App,
    pub world: &'a World<'a>,
    pub cases: &'a [Case],
    pub requests: &'a [Request],
    pub coordinators: Vec<Actor>,
    pub supporter: Actor,
    /// The seats of each municipality that see a case with consent.
    pub city: Vec<(Municipality, SeatId)>,
    pub lives: Vec<Live>,
    pub taken: Vec<Option<ConsultationId>>,
}

impl<'a> Play<'a> {
    pub async fn new(
        app: &'a App,
        world: &'a World<'a>,
        cases: &'a [Case],
        requests: &'a [Request],
        accounts: &[Account],
    ) -> Result<Play<'a>, Error> {
        let coordinators: Vec<Actor> =
            accounts.iter().filter(|a| a.role == Role::Coordinator).map(super::actor_of).collect();
        let supporter = accounts
            .iter()
            .find(|a| a.role == Role::Supporter)
            .map(super::actor_of)
            .ok_or_else(|| lost("a supporter"))?;
        let mut city = Vec::new();
        let tx = app.store.read().await?;
        for &m in Municipality::ALL {
            for role in [Role::City, Role::Privacy] {
                city.extend(area::seat_of(&tx, m, role).await?.map(|seat| (m, seat)));
            }
        }
        let lives = cases.iter().map(|_| Live::default()).collect();
        Ok(Play {
            app,
            world,
            cases,
            requests,
            coordinators,
            supporter,
            city,
            lives,
            taken: vec![None; requests.len()],
        })
    }

    pub async fn all(&mut self, events: Vec<Event>) -> Result<(), Error> {
        let mut events = events.into_iter().peekable();
        while events.peek().is_some() {
            let mut tx = self.app.store.begin().await?;
            for event in events.by_ref().take(BATCH) {
                self.one(&mut tx, event).await?;
            }
            tx.commit_housekeeping().await?;
        }
        Ok(())
    }

    async fn one(&mut self, tx: &mut Draft, event: Event) -> Result<(), Error> {
        let app = App { clock: Clock::fixed(event.at), ..self.app.clone() };
        let now = app.now();
        let Some(case) = event.case else { return self.about_request(&app, tx, event.act, now).await };
        if let Act::Open(from) = event.act {
            return self.open(&app, tx, case, from, now).await;
        }
        let seen = self.lives[case].seen.clone().ok_or_else(|| lost("an opened case"))?;
        match event.act {
            Act::Consent(c) => self.consent(&app, tx, case, &seen, &c, now).await,
            Act::Paper => self.paper(&app, tx, case, &seen, now).await,
            Act::Join(join) => self.join(&app, tx, case, &seen, &join, now).await,
            Act::Leave(reason) => {
                let member = self.lives[case].member.ok_or_else(|| lost("a member"))?;
                team::end(tx, &app.mint, &seen, member, reason, now, app.today()).await?;
                self.journal::<policy::ManageTeam>(&app, tx, case, Who::Lead, ("team_member", member.0), "ended").await
            }
            Act::Move(step) => self.moved(&app, tx, case, &seen, &step, now).await,
            Act::Edit => self.edit(&app, tx, case, &seen, now).await,
            Act::Entry(e) => {
                let id: EntryId = app.mint.id(now);
                let new = timeline::New {
                    kind: e.kind,
                    happened_at: now,
                    title: e.title.to_owned(),
                    body: e.body,
                    minutes: e.minutes,
                    paid_by: e.paid_by,
                };
                timeline::append(tx, &app.mint, id, &seen, self.who(case, e.who), &new, now).await?;
                self.journal::<policy::AppendEntry>(&app, tx, case, e.who, ("timeline_entry", id.0), "").await
            }
            Act::Refer(r) => self.refer(&app, tx, case, &seen, &r, now).await,
            Act::Send(slot) => self.send(&app, tx, case, &seen, slot, now).await,
            Act::Step { slot, by_agency, step } => self.step(&app, tx, case, slot, by_agency, &step, now).await,
            Act::Open(_) | Act::Take(_) | Act::Advise(_) | Act::Screen(..) | Act::Offer(..) => {
                Err(lost("a consultation"))
            }
        }
    }

    pub fn who(&self, case: usize, who: Who) -> &Actor {
        match who {
            Who::Lead => &self.coordinators[self.cases[case].lead],
            Who::Deputy => &self.coordinators[self.cases[case].deputy],
            Who::Supporter => &self.supporter,
        }
    }

    async fn open(
        &mut self,
        app: &App,
        tx: &mut Draft,
        case: usize,
        from: Option<usize>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let id: CaseId = app.mint.id(now);
        let lead = self.who(case, Who::Lead).clone();
        let child = &self.cases[case].child;
        let command = self.command(case, true);
        case::open(tx, &app.mint, id, &lead, &command, now, app.today()).await?;
        let mut family = Vec::with_capacity(child.family.len());
        for member in &child.family {
            family.push((case::add_family(tx, &app.mint, id, member, now).await?, member.guardian));
        }
        let seen = policy::see_case(tx, &lead, id, now).await?;
        self.lives[case] = Live { id: Some(id), seen: Some(seen), family, ..Live::default() };
        if let Some(request) = from {
            self.screened(app, tx, request, &consultation::Move::OpenCase, Some(id), now).await?;
        }
        by_role::<policy::OpenCase>(app, tx, &lead, ("case", id.0), Some(id)).await
    }

    /// What the form of a case says: at its opening with the former residence and municipality, later with the present ones.
    fn command(&self, case: usize, opening: bool) -> Command {
        let Case { child, lead, deputy } = &self.cases[case];
        let planned = child.fate == super::awkward::Fate::Planned || starts_planned(child);
        let (mut municipality, mut residence, mut note) =
            (child.seat.municipality, child.residence, child.residence_note);
        if let (true, Some(Awkward::MovedFrom(before))) = (opening, child.seat.awkward) {
            municipality = before;
        }
        if opening && starts_planned(child) {
            (residence, note) = (Residence::Gcu, "みうら半島こども病院（架空）");
        }
        Command {
            name: child.identity.written(),
            kana: child.identity.kana(),
            birth: Some(child.birth),
            sex: child.identity.sex,
            municipality,
            residence,
            residence_note: note.to_owned(),
            languages: child.languages.to_owned(),
            care: child.care.clone(),
            mobile: child.mobile,
            status: if planned { Status::Planned } else { Status::Active },
            lead: self.coordinators[*lead].person,
            deputy: self.coordinators[*deputy].person,
            guardian: None,
        }
    }

    async fn edit(&self, app: &App, tx: &mut Draft, case: usize, seen: &Seen, now: Timestamp) -> Result<(), Error> {
        let before = case::find(tx, seen).await?;
        if !case::save(tx, &before, &self.command(case, false), now).await? {
            return Err(lost("the version of a case"));
        }
        self.journal::<policy::EditCase>(app, tx, case, Who::Lead, ("case", seen.case().0), "").await
    }

    async fn consent(
        &mut self,
        app: &App,
        tx: &mut Draft,
        case: usize,
        seen: &Seen,
        c: &Consent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (id, today): (ConsentId, _) = (app.mint.id(now), app.today());
        let lead = self.who(case, Who::Lead).person;
        let by = self.lives[case]
            .family
            .iter()
            .find(|(_, guardian)| *guardian)
            .map(|(id, _)| *id)
            .ok_or_else(|| lost("a guardian"))?;
        let year = today.checked_add(1.year()).and_then(|d| d.checked_sub(1.day())).unwrap_or(today);
        let (purposes, categories) = if self.world.lean {
            (vec![Purpose::Coordination, Purpose::Service], vec![Category::Identity, Category::Care])
        } else {
            (
                vec![Purpose::Coordination, Purpose::Service, Purpose::Meeting],
                vec![Category::Identity, Category::Care, Category::Family, Category::Plan],
            )
        };
        // From 15 the child is asked as well; from 18 the family stands in, and it is written how the own will was found out.
        let birth = self.cases[case].child.birth;
        let own_will = if age::turns(birth, 15) <= today { OwnWill::Agrees } else { OwnWill::Young };
        let adult = age::turns(birth, 18) <= today;
        let given = Given {
            by,
            own_will,
            own_will_note: adult.then(|| "【架空】絵カードとうなずきで、本人の気持ちを確かめた。".to_owned()),
            explained_by: lead,
            on: today,
            form_version: "架空 第2版".to_owned(),
            method: c.method,
            starts: today,
            ends: if adult {
                c.ends.unwrap_or(year)
            } else {
                c.ends.unwrap_or(year).min(age::turns(birth, 18).yesterday().unwrap_or(year))
            },
            purposes,
            categories,
            recipients: c.recipients.clone(),
        };
        if let Some(due) = consent::record(tx, &app.mint, id, seen, &given, now).await? {
            let item = Item {
                kind: WaitingKind::ConsentFollowup,
                subject: lead.into(),
                object_kind: ObjectKind::Consent,
                object: id.0,
                case: Some(seen.case()),
                waits_for: "",
                due: app.closing_time(due),
            };
            waiting::put(tx, &app.mint, now, item).await?;
        }
        if c.city {
            for (_, seat) in self.city.iter().filter(|(m, _)| *m == self.cases[case].child.seat.municipality) {
                case::grant(tx, seen.case(), (*seat).into(), Relation::Municipality, "consent", now).await?;
            }
        }
        if c.method == Method::Oral {
            self.lives[case].consent = Some(id);
        }
        self.journal::<policy::RecordConsent>(app, tx, case, Who::Lead, ("consent", id.0), "").await
    }

    async fn paper(&self, app: &App, tx: &mut Draft, case: usize, seen: &Seen, _now: Timestamp) -> Result<(), Error> {
        let id = self.lives[case].consent.ok_or_else(|| lost("an oral consent"))?;
        consent::followed_up(tx, seen, id, app.today()).await?;
        waiting::clear(tx, id.0, WaitingKind::ConsentFollowup).await?;
        self.journal::<policy::RecordConsent>(app, tx, case, Who::Lead, ("consent", id.0), "followup").await
    }

    async fn join(
        &mut self,
        app: &App,
        tx: &mut Draft,
        case: usize,
        seen: &Seen,
        j: &Join,
        now: Timestamp,
    ) -> Result<(), Error> {
        let id: MemberId = app.mint.id(now);
        let new = team::New {
            person: j.person,
            organisation: j.organisation,
            label: &j.label,
            profession: j.profession,
            field: j.field,
            function: j.function,
            since: app.today(),
        };
        team::add(tx, id, seen, &new, now).await?;
        self.lives[case].member = Some(id);
        self.journal::<policy::ManageTeam>(app, tx, case, Who::Lead, ("team_member", id.0), "added").await
    }

    async fn moved(
        &self,
        app: &App,
        tx: &mut Draft,
        case: usize,
        seen: &Seen,
        step: &case::Move,
        now: Timestamp,
    ) -> Result<(), Error> {
        let lead = self.who(case, Who::Lead);
        let before = case::find(tx, seen).await?;
        let next = before.status.after(step).map_err(Error::refused)?;
        if matches!(step, case::Move::Activate) && before.phase != Phase::Intake {
            return Err(lost("the first phase"));
        }
        if !case::moved(tx, &app.mint, lead, &before, step, next, now).await? {
            return Err(lost("the version of a case"));
        }
        if next == Status::Closed {
            case::end_relations(tx, seen.case(), now, app.today()).await?;
        }
        self.journal::<policy::MoveCase>(app, tx, case, Who::Lead, ("case", seen.case().0), next.code()).await
    }

    /// The entry that the act has in real use; events are many to a transaction, so it is written here.
    pub async fn journal<A: CaseAct>(
        &self,
        app: &App,
        tx: &mut Draft,
        case: usize,
        who: Who,
        object: (&'static str, Uuid),
        detail: &str,
    ) -> Result<(), Error> {
        let basis = match who {
            Who::Lead => Relation::Lead,
            Who::Deputy => Relation::Deputy,
            Who::Supporter => Relation::Team,
        };
        entry(app, tx, self.who(case, who), (A::CODE, basis.code()), object, self.lives[case].id, detail).await
    }
}

/// The entry of an act that is not about a case.
pub async fn by_role<A: RoleAct>(
    app: &App,
    tx: &mut Draft,
    actor: &Actor,
    object: (&'static str, Uuid),
    case: Option<CaseId>,
) -> Result<(), Error> {
    entry(app, tx, actor, (A::CODE, actor.role.code()), object, case, "").await
}

pub async fn entry(
    app: &App,
    tx: &mut Draft,
    actor: &Actor,
    (act, basis): (&'static str, &'static str),
    object: (&'static str, Uuid),
    case: Option<CaseId>,
    detail: &str,
) -> Result<(), Error> {
    let object = Object::new(object.0, object.1);
    let classes = policy::classes(act, case.map(|_| Shown::all()));
    Ok(tx.enter((actor, Ground { act, basis, classes }), &app.mint, app.now(), object, case, detail).await?)
}

/// A plan that refers to what is not there is a fault of the generator.
pub fn lost(what: &str) -> Error {
    Error::Internal(format!("the demo has lost {what}"))
}
