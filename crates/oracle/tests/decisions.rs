//! A million decisions of the product about random people, cases and moments, each asked of the second set of rules as well.

#[path = "../../tsumugi/src/policy/testing.rs"]
pub mod graph;

use graph::{Dice, Graph, HOURS, at, case_id, person_id};
use oracle::{Case, Oracle, PARTS, Paper, Principal, Reason};
use platform::{Timestamp, db::Db, japanese::date, vocabulary::Vocabulary as _};
use std::collections::BTreeMap;
use tsumugi::{
    policy::{self, Category, Role, Seen},
    schema,
    web::Error,
};

/// Decisions of one test; there are four.
const DECISIONS: usize = 250_000;
/// Random graphs of one test.
const GRAPHS: usize = 5;
/// Acts that are asked for one person, case and moment.
const ACTS_AT_ONCE: usize = 5;

macro_rules! acts {
    ($($act:ident)*) => { &[$((stringify!($act), |seen: &Seen| seen.allows::<policy::$act>())),*] };
}

/// An act with what the product says of it.
type Asked = (&'static str, fn(&Seen) -> bool);

const ACTS: &[Asked] = acts! {
    ReadCase EditCase EditFamily MoveCase InviteFamily SetAppointment ReadOwnChild ReportOwnChild AskForHelp OpposeForOwnChild OfferLead ReceiveLead RecordConsent WithdrawConsent DiscloseInEmergency
    ReviewEmergency ManageTeam AppendEntry CorrectEntry ReadCare WriteCare PrintCare ReadMonitoring ReportMonitoring SetMonitoring CloseFlag ReadDocuments AddDocument RemoveDocument ReadReferral SendReferral LogAnswer
    ReviewReferral AnswerReferral ExcludePerson HoldCase Oppose EndOpposition Relocate ReceiveRelocation ReadHistory ReadViewing ReadBreakGlass ReviewBreakGlass
};

/// What is not decided by the relation alone, and the parts of a case.
const MORE: &[Asked] = &[
    ("see", |_| true),
    ("ReadProtected", |seen| seen.protects() && seen.allows::<policy::ReadProtected>()),
    ("Protect", |seen| seen.protects() && seen.allows::<policy::Protect>()),
    (PARTS[0], |seen| seen.shows(Category::Identity)),
    (PARTS[1], |seen| seen.shows(Category::Care)),
    (PARTS[2], |seen| seen.shows(Category::Family)),
    (PARTS[3], |seen| seen.shows(Category::Plan)),
    (PARTS[4], |seen| seen.shows(Category::Documents)),
];

fn day(at: Timestamp) -> i64 {
    i64::from(date::jst_date(at).since(jiff::civil::date(2026, 1, 1)).expect("near").get_days())
}

/// The graph as the oracle is told of it, with what belongs together.
struct Told {
    oracle: Oracle,
    /// The subjects of each sitting.
    principals: Vec<Vec<usize>>,
    reasons: Vec<Vec<usize>>,
    papers: Vec<Vec<(usize, bool)>>,
    same_subject: Vec<Vec<bool>>,
}

fn seconds(hour: usize) -> i64 {
    at(hour).as_second()
}

fn tell(g: &Graph) -> Told {
    let (person, organisation) = (|n: usize| format!("person {n}"), |n: usize| format!("organisation {n}"));
    let mut all = Vec::new();
    let mut principals = Vec::new();
    for s in &g.sittings {
        let own = g.memberships.iter().filter(|m| m.person == s.person);
        let mut places = Vec::new();
        for m in own {
            places.push(all.len());
            all.push(Principal {
                person: person(s.person),
                subject: m.subject.to_string(),
                since: seconds(m.since),
                until: m.until.map(seconds),
                role: s.role.code().to_owned(),
                profession: s.profession.code().to_owned(),
                organisation: organisation(s.organisation),
            });
        }
        principals.push(places);
    }
    let cases: Vec<Case> = (0..g.cases)
        .map(|n| Case {
            excluded: g.exclusions.iter().filter(|(c, _, back)| *c == n && !back).map(|(_, p, _)| person(*p)).collect(),
            team: g
                .team
                .iter()
                .filter(|(c, _, _, ended)| *c == n && !ended)
                .map(|(_, p, o, _)| (person(*p), organisation(*o)))
                .collect(),
        })
        .collect();
    let mut reasons = vec![Vec::new(); g.cases];
    let mut told = Vec::new();
    for grant in &g.grants {
        reasons[grant.case].push(told.len());
        told.push(Reason {
            case: grant.case,
            subject: grant.subject.to_string(),
            relation: grant.relation.code().to_owned(),
            since: seconds(grant.since),
            until: grant.until.map(seconds),
        });
    }
    let first = day(at(0));
    let days = |n: usize| first + i64::try_from(n).expect("few days");
    let mut papers = vec![Vec::new(); g.cases];
    let mut written = Vec::new();
    for c in &g.consents {
        papers[c.case].push((written.len(), true));
        written.push(Paper::Consent {
            organisation: organisation(c.organisation),
            categories: c.categories.iter().map(|c| c.code().to_owned()).collect(),
            first: days(c.days.0),
            last: days(c.days.1),
            withdrawn: c.withdrawn,
        });
    }
    for (case, agency, hour) in &g.told {
        papers[*case].push((written.len(), false));
        written.push(Paper::Told { organisation: organisation(*agency), at: seconds(*hour) });
    }
    let same_subject = all.iter().map(|p| told.iter().map(|r: &Reason| r.subject == p.subject).collect()).collect();
    let acts: Vec<&str> = ACTS.iter().chain(&MORE[1..3]).map(|(name, _)| *name).collect();
    let oracle = Oracle::new(&acts, &all, &cases, &told, &written).expect("the rules can be read");
    Told { oracle, principals, reasons, papers, same_subject }
}

impl Told {
    /// Whether one way leads to the act. Ways by another subject are asked for only now and then: they are most, and never lead.
    fn allows(&self, act: &str, sitting: usize, case: usize, hour: usize, thorough: bool) -> bool {
        let moment = (seconds(hour), day(at(hour)));
        let by_paper = act.starts_with("see ");
        self.principals[sitting].iter().any(|&p| {
            self.reasons[case].iter().filter(|&&r| thorough || self.same_subject[p][r]).any(|&r| {
                let ask = |paper| self.oracle.allows(act, p, r, paper, moment).expect("the rules decide");
                ask(None) || (by_paper && self.papers[case].iter().any(|&paper| ask(Some(paper))))
            })
        })
    }
}

/// A moment: any, or one at which something of the case or the person begins or ends.
fn moment(dice: &mut Dice, g: &Graph, person: usize, case: usize) -> usize {
    let of_case = g.grants.iter().filter(|x| x.case == case).flat_map(|x| [Some(x.since), x.until]);
    let of_person = g.memberships.iter().filter(|m| m.person == person).flat_map(|m| [Some(m.since), m.until]);
    let told = g.told.iter().filter(|(c, _, _)| *c == case).map(|(_, _, hour)| Some(hour + 168));
    let edges: Vec<usize> = of_case.chain(of_person).chain(told).flatten().collect();
    let edge = edges[dice.below(edges.len())];
    match dice.below(5) {
        0 => edge,
        1 => edge.saturating_sub(1),
        2 => edge + 1,
        _ => dice.below(HOURS),
    }
}

/// Whether what is seen rests on consents alone: nobody who carries the case, and no coordinator.
fn by_consent(seen: &Seen) -> bool {
    !seen.allows::<policy::OfferLead>() && !seen.allows::<policy::ReceiveLead>()
}

/// How often each act was allowed and refused, and how often a part of a case was seen by a consent or an emergency.
#[derive(Default)]
struct Answers {
    acts: BTreeMap<&'static str, (usize, usize)>,
    agreed: BTreeMap<&'static str, usize>,
}

async fn agree(quarter: u64) {
    // The two about protected facts are among MORE.
    assert_eq!(ACTS.len() + 2, policy::CASE_ACTS.len(), "an act of the product is not asked for");
    let mut answers = Answers::default();
    for nth in 0..GRAPHS as u64 {
        agree_on_graph(quarter * 100 + nth, &mut answers).await;
    }
    let asked: usize = answers.acts.values().map(|(yes, no)| yes + no).sum();
    assert_eq!(asked, DECISIONS);
    for (act, _) in ACTS.iter().chain(MORE) {
        let (yes, no) = answers.acts.get(act).copied().unwrap_or_default();
        let often = answers.agreed.get(act).copied().unwrap_or_default();
        assert!(!PARTS.contains(act) || often >= 30, "{act} was seen by consent {often} times: too seldom");
        assert!(
            yes >= 20 && no >= 20,
            "{act} was allowed {yes} times and refused {no} times: the graphs ask too little"
        );
    }
}

async fn agree_on_graph(seed: u64, answers: &mut Answers) {
    let g = Graph::random(seed, 24, 40);
    let folder = std::env::temp_dir().join(format!("tsumugi-oracle-{}-{seed}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let db = Db::sqlite(&folder.join("t.sqlite")).expect("a new database");
    db.migrate(schema::MIGRATIONS).await.expect("the schema");
    g.save(&db).await.expect("the graph is written");
    let told = tell(&g);
    let mut dice = Dice::new(seed ^ 0x5eed);
    let tx = db.read().await.expect("a read");
    for n in 0..DECISIONS / GRAPHS / ACTS_AT_ONCE {
        let s = dice.below(g.sittings.len());
        let sitting = g.sittings[s];
        // Three of four times a case that somebody of this person's subjects has to do with.
        let near: Vec<usize> = g
            .grants
            .iter()
            .filter(|x| g.memberships.iter().any(|m| m.person == sitting.person && m.subject == x.subject))
            .map(|x| x.case)
            .collect();
        let case = if near.is_empty() || dice.one_in(4) { dice.below(g.cases) } else { near[dice.below(near.len())] };
        let hour = moment(&mut dice, &g, sitting.person, case);
        let seen = match policy::see_case(&tx, &sitting.actor(at(hour)), case_id(case), at(hour)).await {
            Ok(seen) => Some(seen),
            Err(Error::NotFound) => None,
            Err(other) => panic!("{other:?}"),
        };
        for _ in 0..ACTS_AT_ONCE {
            let which = dice.below(ACTS.len() + 2 * MORE.len());
            // What is more than a table of relations is asked twice as often.
            let (act, product) = ACTS.get(which).copied().unwrap_or_else(|| MORE[(which - ACTS.len()) % MORE.len()]);
            let said = seen.as_ref().is_some_and(product);
            let second = told.allows(act, s, case, hour, n % 16 == 0);
            assert_eq!(
                said,
                second,
                "seed {seed}: {act} of {sitting:?} ({:?}) on case {case} at hour {hour}",
                person_id(sitting.person)
            );
            let (yes, no) = answers.acts.entry(act).or_default();
            *(if said { yes } else { no }) += 1;
            if said
                && PARTS.contains(&act)
                && sitting.role != Role::Coordinator
                && seen.as_ref().is_some_and(by_consent)
            {
                *answers.agreed.entry(act).or_default() += 1;
            }
        }
    }
    drop(tx);
    let _ = std::fs::remove_dir_all(folder);
}

macro_rules! seeds {
    ($($name:ident = $seed:literal;)*) => { $(
        #[tokio::test]
        async fn $name() {
            agree($seed).await;
        }
    )* };
}

seeds! {
    abuse_40_the_first_quarter_of_a_million_decisions_agrees = 1;
    abuse_40_the_second_quarter_of_a_million_decisions_agrees = 2;
    abuse_40_the_third_quarter_of_a_million_decisions_agrees = 3;
    abuse_40_the_fourth_quarter_of_a_million_decisions_agrees = 4;
}
