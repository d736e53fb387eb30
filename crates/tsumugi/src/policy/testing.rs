//! A random graph of people, seats, cases and the reasons to see them, for tests of access: here against the lists, and in the
//! crate `oracle` against the same rules written down a second time.
//!
//! Times lie on whole hours of a few days, so that what begins and ends meets exactly. Shared by two crates, so it names the
//! product as `tsumugi`.

use platform::{
    Date, Timestamp, Uuid, args,
    db::{Db, DbError},
    id::{CaseId, OrganisationId, PersonId, SeatId, SessionId},
    japanese::fold,
    serde_json::json,
    vocabulary::Vocabulary as _,
};
use tsumugi::{
    account::{Actor, Profession},
    policy::{Category, Relation, Role},
};

/// 24 November 2026, 10:00 in Japan; hours of the graph count from here.
const BEGIN: &str = "2026-11-24T01:00:00Z";
/// Hours that the graph spans: eleven days, so that days in Japan and the seven days of an emergency are crossed.
pub const HOURS: usize = 264;
const DAYS: usize = HOURS / 24;

/// Numbers by chance from a seed (splitmix64), the same on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }
    /// From 0 to `n` - 1.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap_or(0)
    }
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Somebody at work: a person, and the seat with which they signed in.
#[derive(Clone, Copy, Debug)]
pub struct Sitting {
    pub person: usize,
    pub organisation: usize,
    pub role: Role,
    pub profession: Profession,
    seat: Uuid,
}

/// A person has a subject (is it, or sits on it) for some hours.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    pub person: usize,
    pub subject: Uuid,
    pub since: usize,
    pub until: Option<usize>,
}

/// A row of `case_access`.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    pub case: usize,
    pub subject: Uuid,
    pub relation: Relation,
    pub since: usize,
    pub until: Option<usize>,
}

/// What a family agreed to, for one agency.
#[derive(Clone, Debug)]
pub struct Consent {
    pub case: usize,
    pub organisation: usize,
    pub categories: Vec<Category>,
    /// First and last day, counted from the day of the beginning.
    pub days: (usize, usize),
    pub withdrawn: bool,
}

pub struct Graph {
    pub sittings: Vec<Sitting>,
    pub memberships: Vec<Membership>,
    pub grants: Vec<Grant>,
    pub consents: Vec<Consent>,
    /// Case and person to whom it does not exist; whether that was taken back.
    pub exclusions: Vec<(usize, usize, bool)>,
    /// Case, person, agency, whether the membership has ended.
    pub team: Vec<(usize, usize, usize, bool)>,
    /// Case, agency, hour of what was told in an emergency.
    pub told: Vec<(usize, usize, usize)>,
    /// Case, agency that was asked, whether it is still a draft.
    pub referrals: Vec<(usize, usize, bool)>,
    pub cases: usize,
    people: usize,
    organisations: usize,
}

fn id(kind: u128, n: usize) -> Uuid {
    Uuid::from_u128(kind << 96 | n as u128)
}

pub fn person_id(n: usize) -> PersonId {
    PersonId(id(1, n))
}

pub fn case_id(n: usize) -> CaseId {
    CaseId(id(2, n))
}

pub fn organisation_id(n: usize) -> OrganisationId {
    OrganisationId(id(3, n))
}

pub fn referral_id(n: usize) -> Uuid {
    id(4, n)
}

pub fn at(hour: usize) -> Timestamp {
    let begin: Timestamp = BEGIN.parse().expect("a time");
    begin + jiff::SignedDuration::from_hours(i64::try_from(hour).expect("few hours"))
}

fn day(n: usize) -> Date {
    platform::japanese::date::jst_date(at(0))
        .saturating_add(jiff::Span::new().days(i64::try_from(n).expect("few days")))
}

/// The name that a case has in its row: letters that no other case has in this order.
pub fn name_of(case: usize) -> String {
    let letters: Vec<char> = "あいうえおかきくけこ".chars().collect();
    format!("{}{}{}", letters[case / 100 % 10], letters[case / 10 % 10], letters[case % 10])
}

fn period(dice: &mut Dice) -> (usize, Option<usize>) {
    let since = dice.below(HOURS * 2 / 3);
    (since, (!dice.one_in(3)).then(|| since + 1 + dice.below(HOURS / 2)))
}

impl Sitting {
    pub fn actor(&self, now: Timestamp) -> Actor {
        Actor {
            person: person_id(self.person),
            seat: SeatId(self.seat),
            session: SessionId(Uuid::nil()),
            name: String::new(),
            role: self.role,
            organisation: organisation_id(self.organisation),
            place: String::new(),
            proved_at: now,
            locked: false,
            municipality: None,
        }
    }
}

impl Graph {
    pub fn random(seed: u64, people: usize, cases: usize) -> Graph {
        let mut dice = Dice::new(seed);
        let organisations = 8;
        let roles = [
            Role::Coordinator,
            Role::Supporter,
            Role::City,
            Role::Privacy,
            Role::Manager,
            Role::Hospital,
            Role::Family,
            Role::Admin,
        ];
        let (mut sittings, mut memberships) = (Vec::new(), Vec::new());
        for person in 0..people {
            // The three whose work the family's situation is, more often than the others.
            let families = [Profession::HealthNurse, Profession::Nurse, Profession::CounsellingSpecialist];
            let profession = if dice.one_in(2) { dice.pick(&families) } else { dice.pick(Profession::ALL) };
            memberships.push(Membership {
                person,
                subject: person_id(person).0,
                since: 0,
                until: dice.one_in(6).then(|| dice.below(HOURS)),
            });
            for nth in 0..=dice.below(2) {
                let (organisation, role) = ((person + nth * 3) % organisations, dice.pick(&roles));
                let seat = id(5, organisation * 16 + role as usize);
                sittings.push(Sitting { person, organisation, role, profession, seat });
                let (since, until) = period(&mut dice);
                if !memberships.iter().any(|m| m.person == person && m.subject == seat) {
                    memberships.push(Membership { person, subject: seat, since, until });
                }
            }
        }
        let (mut grants, mut consents, mut team) = (Vec::new(), Vec::new(), Vec::new());
        let (mut exclusions, mut told, mut referrals) = (Vec::new(), Vec::new(), Vec::new());
        for case in 0..cases {
            for _ in 0..4 + dice.below(6) {
                let subject = memberships[dice.below(memberships.len())].subject;
                // Half of them rest on what the family agreed to, which takes most to be decided.
                let by_consent = [Relation::Team, Relation::Municipality];
                let relation = if dice.one_in(2) { dice.pick(&by_consent) } else { dice.pick(Relation::ALL) };
                let (since, until) = period(&mut dice);
                if !grants
                    .iter()
                    .any(|g: &Grant| (g.case, g.subject, g.relation, g.since) == (case, subject, relation, since))
                {
                    grants.push(Grant { case, subject, relation, since, until });
                }
            }
            // Agencies and people who have to do with the case, and some who have not.
            let of_case = |subject: Uuid| grants.iter().any(|g| g.case == case && g.subject == subject);
            let near: Vec<Sitting> = sittings
                .iter()
                .copied()
                .filter(|s| memberships.iter().any(|m| m.person == s.person && of_case(m.subject)))
                .collect();
            let somebody = |dice: &mut Dice| {
                if near.is_empty() || dice.one_in(5) { dice.pick(&sittings) } else { dice.pick(&near) }
            };
            for _ in 0..dice.below(7) {
                let first = dice.below(DAYS);
                let categories: Vec<Category> = Category::ALL.iter().copied().filter(|_| !dice.one_in(3)).collect();
                consents.push(Consent {
                    case,
                    organisation: somebody(&mut dice).organisation,
                    categories,
                    days: (first, first + dice.below(DAYS)),
                    withdrawn: dice.one_in(4),
                });
            }
            for _ in 0..dice.below(3) {
                let (person, taken_back) = (dice.below(people), dice.one_in(3));
                if !exclusions.iter().any(|(c, p, _)| (*c, *p) == (case, person)) {
                    exclusions.push((case, person, taken_back));
                }
            }
            for _ in 0..dice.below(8) {
                let s = somebody(&mut dice);
                team.push((case, s.person, s.organisation, dice.one_in(4)));
            }
            for _ in 0..dice.below(3) {
                told.push((case, somebody(&mut dice).organisation, dice.below(HOURS)));
            }
            for organisation in 0..dice.below(4) {
                referrals.push((case, (organisation * 3 + case) % organisations, dice.one_in(5)));
            }
        }
        Graph {
            sittings,
            memberships,
            grants,
            consents,
            exclusions,
            team,
            told,
            referrals,
            cases,
            people,
            organisations,
        }
    }

    /// Writes the graph into an empty database that has its tables.
    pub async fn save(&self, db: &Db) -> Result<(), DbError> {
        let mut tx = db.begin().await?;
        let rows = (0..self.organisations).map(|n| args![organisation_id(n), at(0)]).collect();
        tx.exec_each("/* t */ INSERT INTO organisation (id, kind, name, kana, since) SELECT $1, 'site', 'x', 'x', '2024-04-01' WHERE CAST($2 AS TIMESTAMPTZ) IS NOT NULL", rows).await?;
        let profession =
            |n: usize| self.sittings.iter().find(|s| s.person == n).map_or(Profession::Other, |s| s.profession);
        let rows = (0..self.people).map(|n| args![person_id(n), profession(n), at(0)]).collect();
        tx.exec_each(
            "/* t */ INSERT INTO person (id, name, kana, profession, created_at) VALUES ($1, 'x', 'x', $2, $3)",
            rows,
        )
        .await?;
        let rows = self
            .memberships
            .iter()
            .map(|m| args![person_id(m.person), m.subject, at(m.since), m.until.map(at)])
            .collect();
        tx.exec_each(
            "/* t */ INSERT INTO account_subject (person_id, subject_id, since, until) VALUES ($1, $2, $3, $4)",
            rows,
        )
        .await?;
        let mut grams = Vec::new();
        let mut rows = Vec::new();
        for n in 0..self.cases {
            let folded = fold::fold(&name_of(n));
            grams.extend(fold::grams(&folded).into_iter().map(|gram| args![gram, folded.clone(), case_id(n)]));
            rows.push(args![
                case_id(n),
                i64::try_from(n).expect("few"),
                name_of(n),
                folded,
                json!(["suction"]),
                person_id(0),
                person_id(1),
                day(0)
            ]);
        }
        tx.exec_each(
            "/* t */ INSERT INTO child_case (id, fiscal_year, number, child_name, child_kana, name_fold, kana_fold, sex, municipality, residence, care, status, phase, lead_id, deputy_id, opened_on)
             VALUES ($1, 2026, $2, $3, $3, $4, $4, 'unknown', '142018', 'home', $5, 'active', 'support', $6, $7, $8)",
            rows,
        )
        .await?;
        tx.exec_each("/* t */ INSERT INTO case_gram (gram, kana_fold, case_id) VALUES ($1, $2, $3)", grams).await?;
        let rows = (0..self.cases).map(|n| args![id(6, n), case_id(n)]).collect();
        tx.exec_each("/* t */ INSERT INTO case_person (id, case_id, relation, name, kana, guardian, custody) VALUES ($1, $2, 'mother', 'x', 'x', TRUE, 'full')", rows).await?;
        let rows = self
            .grants
            .iter()
            .map(|g| args![case_id(g.case), g.subject, g.relation, at(g.since), g.until.map(at)])
            .collect();
        tx.exec_each("/* t */ INSERT INTO case_access (case_id, subject_id, relation, basis, since, until) VALUES ($1, $2, $3, 'x', $4, $5)", rows).await?;
        let rows = self.exclusions.iter().enumerate().map(|(n, (case, person, back))| {
            let other = person_id((person + 1) % self.people);
            args![id(7, n), case_id(*case), person_id(*person), other, at(0), back.then(|| at(1)), vec![0_u8]]
        });
        tx.exec_each("/* t */ INSERT INTO case_exclusion (id, case_id, person_id, reason, set_by, since, until) VALUES ($1, $2, $3, $7, $4, $5, $6)", rows.collect()).await?;
        let (mut rows, mut scopes) = (Vec::new(), Vec::new());
        for (n, c) in self.consents.iter().enumerate() {
            rows.push(args![
                id(8, n),
                case_id(c.case),
                id(6, c.case),
                person_id(0),
                day(0),
                day(c.days.0),
                day(c.days.1),
                c.withdrawn.then(|| at(0)),
                at(0)
            ]);
            scopes.extend(
                c.categories.iter().map(|category| args![id(8, n), organisation_id(c.organisation), *category]),
            );
        }
        tx.exec_each("/* t */ INSERT INTO consent (id, case_id, given_by, explained_by, given_on, form_version, method, starts_on, ends_on, withdrawn_at, recorded_at) VALUES ($1, $2, $3, $4, $5, '1', 'paper', $6, $7, $8, $9)", rows).await?;
        tx.exec_each("/* t */ INSERT INTO consent_scope (consent_id, organisation_id, purpose, category) VALUES ($1, $2, 'x', $3)", scopes).await?;
        let rows = self.team.iter().enumerate().map(|(n, (case, person, agency, ended))| {
            args![id(9, n), case_id(*case), person_id(*person), organisation_id(*agency), day(0), ended.then(|| day(0))]
        });
        tx.exec_each("/* t */ INSERT INTO team_member (id, case_id, person_id, organisation_id, label, profession, field, function, since, until) VALUES ($1, $2, $3, $4, 'x', 'nurse', 'medical', 'x', $5, $6)", rows.collect()).await?;
        let rows = self.told.iter().enumerate().map(|(n, (case, agency, hour))| {
            args![id(10, n), case_id(*case), organisation_id(*agency), person_id(0), at(*hour)]
        });
        tx.exec_each("/* t */ INSERT INTO emergency_disclosure (id, case_id, organisation_id, by_id, at, review_due) VALUES ($1, $2, $3, $4, $5, $5)", rows.collect()).await?;
        let rows = (0..self.organisations).map(|n| args![id(11, n), organisation_id(n), n.to_string()]).collect();
        tx.exec_each("/* t */ INSERT INTO service (id, organisation_id, kind, field, source, source_key, digest, municipality, name_fold, kana_fold) VALUES ($1, $2, 'home_nursing', 'medical', 'test', $3, '', '142018', 'x', 'x')", rows).await?;
        let rows = self.referrals.iter().enumerate().map(|(n, (case, agency, draft))| {
            let status = if *draft { "draft" } else { "reviewed" };
            args![
                referral_id(n),
                i64::try_from(n).expect("few"),
                case_id(*case),
                id(11, *agency),
                organisation_id(*agency),
                status,
                person_id(0),
                at(0)
            ]
        });
        tx.exec_each("/* t */ INSERT INTO referral (id, fiscal_year, number, case_id, service_id, organisation_id, mode, status, request, wish, sender_id, basis, created_at) VALUES ($1, 2026, $2, $3, $4, $5, 'live', $6, NULL, NULL, $7, 'consent', $8)", rows.collect()).await?;
        tx.commit().await
    }
}
