//! Lists, searches, counts and what waits show exactly the cases that are shown one by one, over a random graph of reasons.

use super::{
    AnswerReferral, ReadCase, ReadReferral, see_case,
    testing::{self as graph, Graph},
};
use crate::{
    account::Actor,
    case,
    policy::{Category, Role},
    referral,
    testing::World,
    waiting,
    web::Error,
};
use platform::{
    Timestamp, Uuid, args,
    db::Reader,
    id::{CaseId, ReferralId},
    japanese::fold,
};
use std::collections::BTreeSet;

#[derive(Default)]
struct Visible {
    /// Whose page opens.
    pages: BTreeSet<CaseId>,
    /// Of those, whose care is shown.
    care: BTreeSet<CaseId>,
    /// Whose name stands among what waits.
    waits: BTreeSet<CaseId>,
}

/// What one person sees at one moment, asked case by case: on the pages of cases, and among what waits.
async fn one_by_one(tx: &Reader, g: &Graph, actor: &Actor, now: Timestamp) -> Visible {
    let mut v = Visible::default();
    for case in (0..g.cases).map(graph::case_id) {
        match see_case(tx, actor, case, now).await {
            Ok(seen) => {
                if seen.allows::<ReadCase>() {
                    v.pages.insert(case);
                    if seen.shows(Category::Care) {
                        v.care.insert(case);
                    }
                }
                if seen.allows::<ReadCase>() || seen.allows::<AnswerReferral>() {
                    v.waits.insert(case);
                }
            }
            Err(Error::NotFound) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    v
}

async fn put_waiting(w: &World, g: &Graph) {
    let mut tx = w.db.begin().await.expect("a transaction");
    let mut rows = Vec::new();
    for case in 0..g.cases {
        for sitting in g.sittings.iter().step_by(3) {
            let now = graph::at(0);
            rows.push(args![
                w.app.mint.uuid(now),
                graph::person_id(sitting.person).0,
                w.app.mint.uuid(now),
                graph::case_id(case),
                now
            ]);
        }
    }
    let sql = "/* t */ INSERT INTO waiting (id, kind, subject_id, object_kind, object_id, case_id, others, due_at, since_at) VALUES ($1, 'consent_ending', $2, 'case', $3, $4, FALSE, $5, $5)";
    tx.exec_each(sql, rows).await.expect("what waits");
    tx.commit().await.expect("saved");
}

both! {
    async fn what_is_listed_found_counted_and_waiting_is_what_is_shown_one_by_one(w: World) {
        let g = Graph::random(11, 14, 60);
        g.save(&w.db).await.expect("the graph is written");
        put_waiting(&w, &g).await;
        let tx = w.db.read().await.expect("a read");
        let mut dice = graph::Dice::new(3);
        let (mut some, mut all) = (0, 0);
        for _ in 0..60 {
            let sitting = g.sittings[dice.below(g.sittings.len())];
            let now = graph::at(dice.below(graph::HOURS));
            let actor = sitting.actor(now);
            let Visible { pages, care, waits } = one_by_one(&tx, &g, &actor, now).await;
            (some, all) = (some + pages.len(), all + g.cases);
            let told = format!("{sitting:?} at {now}");

            let filter = case::Filter { municipality: None, status: None, mine: case::Mine::Any, limit: 1000, offset: 0 };
            let list = case::list(&tx, &actor, &filter, now).await.expect("a list");
            assert_eq!(list.iter().map(|c| c.id).collect::<BTreeSet<_>>(), pages, "list: {told}");
            let with_care: BTreeSet<CaseId> = list.iter().filter(|c| !c.care().is_empty()).map(|c| c.id).collect();
            assert_eq!(with_care, care, "care in the list: {told}");
            let found = case::by_kana_prefix(&tx, &actor, &fold::fold("あ"), now, 1000).await.expect("a search");
            assert_eq!(found.into_iter().map(|c| c.id).collect::<BTreeSet<_>>(), pages, "beginning of a reading: {told}");
            // A coordinator's number is of the cases that they lead.
            if actor.role != Role::Coordinator {
                assert_eq!(case::count_mine(&tx, &actor, now).await.expect("a number"), i64::try_from(pages.len()).expect("few"), "count: {told}");
            }
            for n in (0..g.cases).step_by(7) {
                let (id, name) = (graph::case_id(n), graph::name_of(n));
                let shown = pages.contains(&id);
                let part: String = name.chars().skip(1).collect();
                let parts = case::by_part(&tx, &actor, &fold::fold(&part), now, 1000).await.expect("a search");
                // What a reading begins with is the other search's.
                assert_eq!(parts.iter().any(|c| c.id == id), shown && !name.starts_with(&part), "part of a name: {told}");
                let number = case::by_number(&tx, &actor, 2026, i64::try_from(n).expect("few"), now).await.expect("a search");
                assert_eq!(number.is_some(), shown, "number: {told}");
                let (same, _) = case::matches(&tx, &actor, &name, &name, now).await.expect("matches");
                assert_eq!(same.iter().any(|c| c.id == id), shown, "matches: {told}");
            }

            let filter = referral::Filter { state: "", limit: 1000, offset: 0 };
            let board: BTreeSet<ReferralId> = referral::list(&tx, &actor, &filter, now).await.expect("a list").into_iter().map(|r| r.id).collect();
            let mut singly = BTreeSet::new();
            for n in 0..g.referrals.len() {
                let id = ReferralId(graph::referral_id(n));
                match referral::see(&tx, &actor, id, now).await {
                    Ok((_, seen)) if seen.allows::<ReadReferral>() => { singly.insert(id); }
                    Ok(_) => {}
                    Err(Error::NotFound) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            assert_eq!(board, singly, "referrals: {told}");

            let excluded = |case: CaseId| g.exclusions.iter().any(|(c, p, back)| graph::case_id(*c) == case && *p == sitting.person && !back);
            let waiting = waiting::list(&tx, actor.person, now, waiting::Wanted::all(), 0..10_000).await.expect("a list");
            for item in &waiting {
                let case = item.case_id.expect("every one is about a case");
                assert!(!excluded(case), "waiting: {told}");
                assert_eq!(item.child_name.is_some(), waits.contains(&case), "the name of what waits: {told}");
            }
        }
        assert!(some * 20 > all && some * 2 < all, "of {all} pairs {some} were visible: the graph asks too little");
    }
}

/// A uuid of the graph is nobody else's.
#[test]
fn the_graph_is_the_same_for_a_seed() {
    let (a, b, c) = (Graph::random(5, 9, 9), Graph::random(5, 9, 9), Graph::random(6, 9, 9));
    let subjects =
        |g: &Graph| g.grants.iter().map(|x| (x.case, x.subject, x.since)).collect::<Vec<(usize, Uuid, usize)>>();
    assert_eq!(subjects(&a), subjects(&b));
    assert_ne!(subjects(&a), subjects(&c));
}
