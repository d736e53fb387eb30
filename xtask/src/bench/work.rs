//! The work that is measured: what is asked, how, and what must come back.

use super::{
    http::{encoded, get, post},
    load::{Job, Make},
    place::Rows,
    random::Random,
    subjects::{BOARD, Subjects},
};
use std::sync::Arc;

/// The limit that a figure is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    BareRoute,
    DurableInsert,
}

pub struct Work {
    /// What `--only` calls it.
    pub name: &'static str,
    /// The aim, in answered requests a second.
    pub aim: u32,
    pub limit: Limit,
    /// Where each acknowledged request must have left exactly one row.
    pub rows: Option<Rows>,
    /// False where there is nobody to ask about.
    pub has_subjects: bool,
    pub job: Job,
}

const NAMES: [&str; 7] =
    ["case-page", "waiting-list", "home", "kana-prefix", "part-of-name", "timeline-entry", "consultation"];

/// What a coordinator wrote down after a visit: about as long as such notes are.
const NOTE: &str = "訪問看護師と同席で訪問。夜間の吸引は2〜3回に減り、母の睡眠は5時間ほど。\
    胃ろうの皮膚に発赤があり、次の受診で相談する。短期入所の見学は来月、きょうだいの送迎は祖母が手伝う。";

const CONCERN: &str = "来月の退院に向けて、在宅で使える訪問看護と短期入所を知りたい。\
    夜間の吸引と経管栄養があり、母は仕事に戻りたいと考えている。きょうだいの保育園の送迎も心配とのこと。";

pub fn is_known(name: &str) -> bool {
    NAMES.contains(&name)
}

pub fn names() -> String {
    NAMES.join(", ")
}

/// Every kind of work: reading first, because writing makes the lists longer.
pub fn all(cookie: &str, subjects: &Arc<Subjects>) -> Vec<Work> {
    let reading = |name, title, aim, proof, has_subjects, make: Make| Work {
        name,
        aim,
        limit: Limit::BareRoute,
        rows: None,
        has_subjects,
        job: Job { title, status: 200, location: "", proof, make },
    };
    let writing = |name, title, rows, location, has_subjects, make: Make| Work {
        name,
        aim: 1500,
        limit: Limit::DurableInsert,
        rows: Some(rows),
        has_subjects,
        job: Job { title, status: 303, location, proof: "", make },
    };
    let anybody = !subjects.cases.is_empty();
    let (prefixes, pieces) = (!subjects.prefixes.is_empty(), !subjects.pieces.is_empty());
    let on_a_case = "href=\"/cases/";
    let case = with(subjects, cookie, |of, cookie, random| get(&format!("/cases/{}", random.pick(&of.cases)), cookie));
    let board = with(subjects, cookie, |_, cookie, _| get(BOARD, cookie));
    let home = with(subjects, cookie, |_, cookie, _| get("/", cookie));
    let prefix = with(subjects, cookie, |of, cookie, random| search(random.pick(&of.prefixes), cookie));
    let piece = with(subjects, cookie, |of, cookie, random| search(random.pick(&of.pieces), cookie));
    let [a, b, c, d, e, f, g] = NAMES;
    vec![
        reading(a, "Open a case page", 3000, "/timeline#new", anybody, case),
        reading(b, "Waiting list by due time", 3000, "待っているもの", true, board),
        reading(c, "Home page with the waiting list", 3000, "id=\"work\"", true, home),
        reading(d, "Search by kana prefix", 5000, on_a_case, prefixes, prefix),
        reading(e, "Search by part of a name", 5000, on_a_case, pieces, piece),
        writing(f, "Append a timeline entry", Rows::Entries, "/cases/", anybody, with(subjects, cookie, entry)),
        writing(
            g,
            "Create a consultation",
            Rows::Consultations,
            "/consultations/",
            true,
            with(subjects, cookie, consultation),
        ),
    ]
}

fn with(subjects: &Arc<Subjects>, cookie: &str, make: fn(&Subjects, &str, &mut Random) -> Vec<u8>) -> Make {
    let (subjects, cookie) = (Arc::clone(subjects), cookie.to_owned());
    Arc::new(move |random| make(&subjects, &cookie, random))
}

fn search(text: &str, cookie: &str) -> Vec<u8> {
    get(&format!("/search?q={}", encoded(text)), cookie)
}

fn entry(of: &Subjects, cookie: &str, random: &mut Random) -> Vec<u8> {
    let path = format!("/cases/{}/timeline", random.pick(&of.cases));
    let (once, draft, minutes) = (random.uuid(), random.uuid(), (5 * (1 + random.below(24))).to_string());
    let fields = [
        ("once", once.as_str()),
        ("draft", draft.as_str()),
        ("kind", "visit"),
        ("title", "家庭訪問（夜間の吸引）"),
        ("body", NOTE),
        ("on", ""),
        ("time", ""),
        ("minutes", minutes.as_str()),
        ("paid_by", "entrusted"),
    ];
    post(&path, cookie, &fields)
}

fn consultation(_: &Subjects, cookie: &str, random: &mut Random) -> Vec<u8> {
    let (once, draft) = (random.uuid(), random.uuid());
    let fields = [
        ("once", once.as_str()),
        ("draft", draft.as_str()),
        ("concern", CONCERN),
        ("topic", "discharge"),
        ("topic", "services"),
        ("urgency", "usual"),
        ("channel", "phone"),
        ("kind", "individual"),
        ("response", ""),
        ("next_plan", "退院前カンファレンスの日程を病棟に確かめる"),
        ("minutes", "12"),
        ("paid_by", "entrusted"),
        ("asker_kind", "hospital"),
        ("asker_name", "観音崎 はるか"),
        ("asker_place", "みうら半島こども病院"),
        ("asker_phone", "046-000-0000"),
        ("child_name", "海風 一郎"),
        ("child_kana", "うみかぜ いちろう"),
        ("municipality", "142018"),
        ("child_birth", "2024-07-03"),
        ("residence", "nicu"),
        ("child_sex", "male"),
        // Who is on duty depends on the weekday; keeping it makes every run do the same.
        ("route", "mine"),
        ("consent_state", "oral"),
        ("received_on", ""),
    ];
    post("/consultations/new", cookie, &fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_has_a_key_of_its_own_and_each_work_a_name() {
        let subjects = Arc::new(Subjects { cases: vec!["1".to_owned()], ..Subjects::default() });
        let works = all("a=b", &subjects);
        assert!(works.iter().all(|work| is_known(work.name)));
        let mut random = Random::new(1, 1);
        for work in works.iter().filter(|work| work.rows.is_some()) {
            assert_ne!((work.job.make)(&mut random), (work.job.make)(&mut random), "{}", work.name);
        }
        assert!(!works[3].has_subjects, "there is no name to search for");
    }
}
