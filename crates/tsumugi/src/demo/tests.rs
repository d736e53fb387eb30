//! What the demo promises, whatever the day.

use super::{
    awkward::Awkward,
    dice::{Days, time},
    families, load, loops,
    names::Names,
    requests,
    texts::Texts,
};
use crate::{area::Care, schema};
use jiff::civil::date;
use platform::{
    Date, Timestamp, args,
    clock::Clock,
    db::{Db, DbError, LiteRow, PgRow, Reader, Row},
    japanese::age,
};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

const SEED: u64 = 20_260_401;
/// An ordinary Tuesday, the last evening of the year, and a Sunday in the holidays of May.
const DAYS: [&str; 3] = ["2026-11-24T03:05:00Z", "2026-12-31T11:40:00Z", "2027-05-02T00:15:00Z"];

struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

async fn loaded(now: &str, cases: u32) -> (Db, File) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("tsumugi-demo-test-{}-{}.sqlite", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let file = File(std::env::temp_dir().join(name));
    let db = Db::sqlite(&file.0).expect("a database file").with_roots(crate::testing::roots());
    db.migrate(schema::MIGRATIONS).await.expect("the schema");
    load(&db, &Clock::fixed(now.parse().expect("a time")), SEED, cases).await.expect("the demo loads");
    (db, file)
}

async fn count(tx: &Reader, sql: &'static str) -> i64 {
    tx.one::<(i64,)>(sql, args![]).await.expect("a number").0
}

/// A row of any table, as text.
struct Line(String);

impl Row for Line {
    const COLUMNS: &'static [&'static str] = &[];
    fn from_lite(row: &LiteRow<'_>) -> Result<Self, DbError> {
        let cells = (0..).map_while(|i| row.get_ref(i).ok()).map(|v| format!("{v:?}"));
        Ok(Line(cells.collect::<Vec<_>>().join("|")))
    }
    fn from_pg(_: &PgRow) -> Result<Self, DbError> {
        Err(DbError::Decode("the dump is of SQLite".to_owned()))
    }
}

// The statement is put together from pieces, because one piece alone is no statement that could be prepared.
macro_rules! tables {
    ($($name:literal)+) => { [$(($name, concat!("SEL", "ECT * FROM ", $name, " ORDER BY 1, 2"))),+] };
}

/// Every row of every table. The search tables of SQLite's own and the list of migrations are left out.
async fn dump(db: &Db) -> Vec<(&'static str, Vec<String>)> {
    let all = tables![
        "account_subject" "advice" "answer_card" "case_access" "case_gram" "case_person" "case_step" "child_case" "consent" "consent_scope" "consultation"
        "consultation_access" "consultation_step" "demo_account" "draft" "duty" "emergency_disclosure" "fiscal_counter" "handover" "import_row" "import_run"
        "inquiry" "inquiry_target" "journal" "lead_transfer" "once" "organisation" "person" "referral" "referral_escalation" "referral_event" "referral_link"
        "role_grant" "seat" "service" "service_area" "service_care" "session" "team_member" "timeline_entry" "timeline_read" "unmet_search" "waiting"
    ];
    let tx = db.read().await.expect("a reader");
    let mut out = Vec::new();
    for (name, sql) in all {
        let rows: Vec<Line> = tx.all(sql, args![]).await.expect("a table");
        out.push((name, rows.into_iter().map(|l| l.0).collect()));
    }
    out
}

#[tokio::test]
async fn the_same_seed_and_day_give_the_same_rows() {
    let (one, _a) = loaded(DAYS[0], 94).await;
    let (two, _b) = loaded(DAYS[0], 94).await;
    for ((name, first), (_, second)) in dump(&one).await.into_iter().zip(dump(&two).await) {
        assert_eq!(first.len(), second.len(), "{name}");
        let differs = first.iter().zip(&second).find(|(a, b)| a != b);
        assert!(differs.is_none(), "{name}: {differs:?}");
    }
    let (other, _c) = loaded(DAYS[1], 94).await;
    assert_ne!(dump(&one).await, dump(&other).await);
}

#[tokio::test]
async fn without_cases_there_are_people_and_the_public_directory_only() {
    let (db, _file) = loaded(DAYS[0], 0).await;
    let tx = db.read().await.expect("a reader");
    assert_eq!(count(&tx, "SELECT COUNT(*) FROM child_case").await, 0);
    assert_eq!(count(&tx, "SELECT COUNT(*) FROM service WHERE source = 'demo'").await, 0);
    assert!(count(&tx, "SELECT COUNT(*) FROM service").await > 600);
    assert_eq!(count(&tx, "SELECT COUNT(*) FROM demo_account").await, 14);
}

#[tokio::test]
async fn a_handful_of_cases_loads() {
    let (db, _file) = loaded(DAYS[2], 3).await;
    assert_eq!(count(&db.read().await.expect("a reader"), "SELECT COUNT(*) FROM child_case").await, 3);
}

/// Numbers that hold on every day: a statement that counts what is wanted or wrong, and how many there may be.
const PROMISES: &[(&str, &str, std::ops::RangeInclusive<i64>)] = &[
    ("cases", "SELECT COUNT(*) FROM child_case", 94..=94),
    ("横須賀市", "SELECT COUNT(*) FROM child_case WHERE municipality = '142018'", 53..=53),
    ("鎌倉市", "SELECT COUNT(*) FROM child_case WHERE municipality = '142042'", 23..=23),
    ("逗子市", "SELECT COUNT(*) FROM child_case WHERE municipality = '142085'", 8..=8),
    ("三浦市", "SELECT COUNT(*) FROM child_case WHERE municipality = '142107'", 6..=6),
    ("葉山町", "SELECT COUNT(*) FROM child_case WHERE municipality = '143014'", 4..=4),
    ("planned", "SELECT COUNT(*) FROM child_case WHERE status = 'planned' AND residence IN ('nicu', 'gcu', 'ward')", 6..=6),
    ("active", "SELECT COUNT(*) FROM child_case WHERE status = 'active'", 78..=78),
    ("on hold", "SELECT COUNT(*) FROM child_case WHERE status = 'on_hold'", 4..=4),
    ("closed", "SELECT COUNT(*) FROM child_case WHERE status = 'closed'", 6..=6),
    ("died", "SELECT COUNT(*) FROM child_case WHERE close_reason = 'died'", 1..=1),
    ("cases without consent", "SELECT COUNT(*) FROM child_case c WHERE NOT EXISTS (SELECT 1 FROM consent s WHERE s.case_id = c.id)", 3..=3),
    ("cases of the first coordinator", "SELECT COUNT(*) FROM child_case WHERE lead_id = (SELECT person_id FROM demo_account WHERE account_key = 'coordinator')", 18..=18),
    ("cases of the second", "SELECT COUNT(*) FROM child_case WHERE lead_id = (SELECT person_id FROM demo_account WHERE account_key = 'coordinator2')", 8..=8),
    ("guardians without a case person", "SELECT COUNT(*) FROM child_case c WHERE NOT EXISTS (SELECT 1 FROM case_person p WHERE p.case_id = c.id AND p.guardian = TRUE)", 0..=0),
    ("restricted contacts", "SELECT COUNT(*) FROM case_person WHERE contact_restricted = TRUE", 1..=1),
    ("guardians elsewhere", "SELECT COUNT(*) FROM case_person WHERE municipality = '横浜市' AND guardian = TRUE", 1..=20),
    ("languages", "SELECT COUNT(*) FROM child_case WHERE languages LIKE '%語%' AND languages <> '日本語'", 2..=2),
    (
        "leads and deputies who see nothing",
        "SELECT COUNT(*) FROM child_case c WHERE
           NOT EXISTS (SELECT 1 FROM case_access a JOIN account_subject s ON s.subject_id = a.subject_id WHERE a.case_id = c.id AND s.person_id = c.lead_id
                         AND a.relation = 'lead' AND a.until IS NULL)
           OR NOT EXISTS (SELECT 1 FROM case_access a JOIN account_subject s ON s.subject_id = a.subject_id WHERE a.case_id = c.id AND s.person_id = c.deputy_id
                         AND a.relation = 'deputy' AND a.until IS NULL)",
        0..=0,
    ),
    (
        "open referrals that nobody waits for",
        "SELECT COUNT(*) FROM referral r WHERE r.status IN ('draft', 'sent', 'needs_info', 'waitlisted', 'accepted', 'started', 'outcome_reported')
           AND NOT EXISTS (SELECT 1 FROM waiting w JOIN account_subject s ON s.subject_id = w.subject_id WHERE w.object_id = r.id)",
        0..=0,
    ),
    (
        "open consultations that nobody waits for",
        "SELECT COUNT(*) FROM consultation c WHERE c.status IN ('received', 'triaging', 'waiting_info')
           AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.object_id = c.id AND w.subject_id = c.owner_id)",
        0..=0,
    ),
    ("things that wait about a closed case", "SELECT COUNT(*) FROM waiting w JOIN child_case c ON c.id = w.case_id WHERE c.status = 'closed'", 0..=0),
    ("live referrals of closed cases", "SELECT COUNT(*) FROM referral r JOIN child_case c ON c.id = r.case_id WHERE c.status = 'closed' AND r.status NOT IN ('reviewed', 'recalled', 'declined')", 0..=0),
    ("the supporter's teams", "SELECT COUNT(*) FROM case_access a JOIN demo_account d ON d.person_id = a.subject_id WHERE d.account_key = 'supporter' AND a.relation = 'team' AND a.until IS NULL", 9..=11),
    ("cases that the city sees", "SELECT COUNT(DISTINCT a.case_id) FROM case_access a JOIN demo_account d ON d.seat_id = a.subject_id WHERE d.account_key = 'city' AND a.relation = 'municipality' AND a.basis LIKE 'consent%' AND a.until IS NULL", 30..=53),
    ("what the supporter's agency must answer", "SELECT COUNT(*) FROM waiting w JOIN demo_account d ON d.seat_id = w.subject_id WHERE d.account_key = 'supporter' AND w.kind = 'referral_answer'", 5..=30),
    ("teams of less than three", "SELECT COUNT(*) FROM (SELECT c.id FROM child_case c JOIN team_member m ON m.case_id = c.id GROUP BY c.id HAVING COUNT(*) < 3) x", 0..=14),
    ("families of two names", "SELECT COUNT(*) FROM child_case c JOIN case_person p ON p.case_id = c.id WHERE SUBSTR(c.child_name, 1, 1) <> SUBSTR(p.name, 1, 1)", 0..=1),
    ("entries in all", "SELECT COUNT(*) FROM timeline_entry", 94 * 8..=94 * 30),
    ("consultations", "SELECT COUNT(*) FROM consultation", 55..=72),
    ("kinds of consultation", "SELECT COUNT(DISTINCT kind) FROM consultation", 3..=3),
    ("consultations that opened a case", "SELECT COUNT(*) FROM consultation WHERE status = 'case_opened' AND case_id IS NOT NULL", 10..=20),
    ("offers to the first coordinator", "SELECT COUNT(*) FROM handover h JOIN demo_account d ON d.person_id = h.to_id WHERE d.account_key = 'coordinator' AND h.status = 'offered'", 2..=2),
    ("offers of the first coordinator", "SELECT COUNT(*) FROM handover h JOIN demo_account d ON d.person_id = h.from_id WHERE d.account_key = 'coordinator' AND h.status = 'offered'", 1..=1),
    ("leads offered", "SELECT COUNT(*) FROM lead_transfer t JOIN demo_account d ON d.person_id = t.to_id WHERE d.account_key = 'coordinator' AND t.status = 'offered'", 1..=1),
    ("emergencies to review", "SELECT COUNT(*) FROM waiting w JOIN demo_account d ON d.person_id = w.subject_id WHERE w.kind = 'emergency_review' AND d.account_key = 'coordinator'", 1..=1),
    ("answer cards", "SELECT COUNT(*) FROM answer_card", 8..=8),
    ("inquiries with a part of their answers", "SELECT COUNT(*) FROM inquiry i WHERE i.closed_at IS NULL AND EXISTS (SELECT 1 FROM inquiry_target t WHERE t.inquiry_id = i.id AND t.answer IS NOT NULL)", 3..=3),
    ("searches in vain", "SELECT COUNT(*) FROM unmet_search", 15..=15),
    ("drafts", "SELECT COUNT(*) FROM draft", 1..=1),
    ("states of referrals", "SELECT COUNT(DISTINCT status) FROM referral", 13..=13),
    ("ways to ask", "SELECT COUNT(DISTINCT mode) FROM referral WHERE status <> 'draft'", 3..=3),
    ("requests that replace another", "SELECT COUNT(*) FROM referral WHERE replaces IS NOT NULL", 3..=20),
    ("escalations", "SELECT COUNT(*) FROM referral_escalation", 6..=80),
    ("bad words about real agencies", "SELECT COUNT(*) FROM referral r JOIN service s ON s.id = r.service_id WHERE s.source <> 'demo' AND r.status NOT IN ('draft', 'sent', 'needs_info', 'accepted', 'started', 'outcome_reported', 'reviewed')", 0..=0),
    ("oral consents without paper", "SELECT COUNT(*) FROM waiting WHERE kind = 'consent_followup'", 5..=9),
    ("kinds of sent request to a real agency", "SELECT COUNT(*) FROM referral r JOIN service s ON s.id = r.service_id WHERE s.source <> 'demo'", 5..=80),
];

async fn promises_hold(now: &str) {
    let (db, _file) = loaded(now, 94).await;
    let tx = db.read().await.expect("a reader");
    let mut broken = Vec::new();
    for (what, sql, wanted) in PROMISES {
        let found = count(&tx, sql).await;
        if !wanted.contains(&found) {
            broken.push(format!("{what}: {found}, wanted {wanted:?}"));
        }
    }
    let now: Timestamp = now.parse().expect("a time");
    let today = platform::japanese::date::jst_date(now);
    let births: Vec<(Date, Date)> =
        tx.all("SELECT birth_date, opened_on FROM child_case", args![]).await.expect("births");
    for (birth, opened) in births {
        let young = age::age(birth, today).is_some_and(|a| a.years < 18 || a.years == 18 && a.months == 0);
        if !young || birth > opened || opened > today {
            broken.push(format!("born {birth}, opened {opened}"));
        }
    }
    let sql = "SELECT COUNT(*) FROM (SELECT recorded_at AS at FROM timeline_entry UNION ALL SELECT at FROM referral_event UNION ALL SELECT at FROM journal
        UNION ALL SELECT received_at FROM consultation UNION ALL SELECT recorded_at FROM consent UNION ALL SELECT at FROM case_step) x WHERE x.at > $1";
    assert_eq!(tx.one::<(i64,)>(sql, args![now]).await.expect("a number").0, 0, "nothing happens in the future");
    let sql = "SELECT COUNT(*) FROM waiting WHERE kind = $1 AND due_at <= $2";
    for kind in ["first_response", "referral_response", "referral_start", "consent_followup"] {
        let late: (i64,) = tx.one(sql, args![kind, now]).await.expect("a number");
        if late.0 == 0 {
            broken.push(format!("no {kind} is overdue"));
        }
    }
    let sql = "SELECT COUNT(*) FROM waiting WHERE due_at > $1";
    assert!(tx.one::<(i64,)>(sql, args![now]).await.expect("a number").0 > 40, "most is not overdue");
    let closing = time(today, 17, 0);
    let sql = "SELECT COUNT(*) FROM waiting WHERE due_at = $1";
    assert!(tx.one::<(i64,)>(sql, args![closing]).await.expect("a number").0 >= 3, "something is due today at five");
    assert!(broken.is_empty(), "on {now}:\n{}", broken.join("\n"));
}

#[tokio::test]
async fn the_promises_hold_on_an_ordinary_day() {
    promises_hold(DAYS[0]).await;
}

#[tokio::test]
async fn the_promises_hold_on_the_last_evening_of_the_year() {
    promises_hold(DAYS[1]).await;
}

#[tokio::test]
async fn the_promises_hold_on_a_sunday_among_holidays() {
    promises_hold(DAYS[2]).await;
}

#[test]
fn cases_are_spread_as_the_people_are() {
    assert_eq!(families::spread(94), [53, 23, 8, 6, 4]);
    for cases in [0, 1, 7, 500, 10_000] {
        assert_eq!(families::spread(cases).iter().sum::<usize>(), cases);
    }
}

fn children(count: usize) -> Vec<families::Child> {
    let calendar = std::sync::Arc::new(platform::japanese::business::Calendar::japan());
    let days = Days::until(DAYS[0].parse().expect("a time"), &calendar);
    let names = Names::new();
    families::seats(count).iter().map(|s| families::child(SEED, s, &names, &days)).collect()
}

#[test]
fn care_occurs_together_as_it_does_in_life() {
    let all = children(10_000);
    let with: Vec<_> = all.iter().filter(|c| c.care.contains(&Care::Ventilator)).collect();
    assert!((1_200..3_500).contains(&with.len()), "{}", with.len());
    let share = |care: Care| with.iter().filter(|c| c.care.contains(&care)).count() * 100 / with.len();
    assert!((77..=83).contains(&share(Care::Tracheostomy)));
    assert!((93..=97).contains(&share(Care::Suction)));
    assert!((77..=83).contains(&share(Care::TubeFeeding)));
    assert!(all.iter().all(|c| !c.care.is_empty()));
}

#[test]
fn young_children_are_the_most_and_families_differ() {
    let all = children(94);
    let young = all.iter().filter(|c| age::age(c.birth, date(2026, 11, 24)).is_some_and(|a| a.years <= 6)).count();
    assert!((50..80).contains(&young), "{young} of 94 are six or younger");
    let guardians = |c: &families::Child| c.family.iter().filter(|g| g.guardian).count();
    let two = all.iter().filter(|c| guardians(c) == 2).count();
    assert!((60..88).contains(&two), "{two} have two guardians");
    assert!(all.iter().any(|c| guardians(c) == 1));
}

#[test]
fn the_awkward_ones_are_there() {
    let all = children(94);
    let by =
        |a: fn(&Awkward) -> bool| all.iter().filter(|c| c.seat.awkward.as_ref().is_some_and(a)).collect::<Vec<_>>();
    let twins = by(|a| matches!(a, Awkward::Twin { .. }));
    assert_eq!(
        (twins.len(), twins[0].birth, twins[0].identity.surname),
        (2, twins[1].birth, twins[1].identity.surname)
    );
    assert!(twins[0].family.iter().any(|g| g.name == twins[1].identity.written()));
    assert!(twins[1].family.iter().any(|g| g.name == twins[0].identity.written()));
    assert_eq!(twins[0].family[0].name, twins[1].family[0].name, "one mother");
    let same = by(|a| matches!(a, Awkward::SameName { .. }));
    assert_eq!(same[0].identity.written(), same[1].identity.written());
    assert_ne!(same[0].birth, same[1].birth);
    let names: Vec<String> = all.iter().map(|c| c.identity.written()).collect();
    for c in ["髙", "𠮷", "﨑", "邊", "グエン", "シルバ"] {
        assert!(names.iter().any(|n| n.contains(c)), "{c}");
    }
    let soon = by(|a| *a == Awkward::AdultSoon);
    let birthday = age::turns(soon[0].birth, 18);
    assert!((1..90).contains(&crate::view::days_between(date(2026, 11, 24), birthday)), "{birthday}");
    assert_eq!(by(|a| matches!(a, Awkward::MovedFrom(_))).len(), 2);
}

#[test]
fn every_line_of_the_texts_is_read_and_names_nobody() {
    let texts = Texts::new();
    assert!(texts.entries.len() >= 60, "{}", texts.entries.len());
    for (name, text, read) in [
        ("entries", include_str!("../../data/demo/entries.tsv"), texts.entries.len()),
        ("consultations", include_str!("../../data/demo/consultations.tsv"), requests::known()),
    ] {
        assert_eq!(text.lines().count() - 1, read, "{name}");
        assert!(!text.contains('@') && !text.contains("さん、") && !text.contains("くん"), "{name}");
    }
    assert_eq!(loops::states(), 18);
}

/// All output of the tests is searched for these names, so the file must be true.
#[test]
fn the_canary_names_are_those_of_the_demo() {
    let text = super::canary(SEED, 94).join("\n") + "\n";
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/canary-names.txt");
    if std::env::var_os("TSUMUGI_BLESS").is_some() {
        std::fs::write(file, &text).expect("the list can be written");
    }
    // The names themselves are not printed: that would set off the search.
    assert!(
        std::fs::read_to_string(file).unwrap_or_default() == text,
        "the names of the demo changed: run with TSUMUGI_BLESS=1"
    );
}
