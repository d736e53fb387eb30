//! Two acts that cross. Where the second does not wait for the first, it decides on what is no longer true.

use crate::{
    area::Municipality,
    case::tests::open,
    consultation::tests::take,
    exchange::directory::Kind,
    referral::tests::{ask, case_and_service, waits},
    testing::{Page, World},
};
use platform::{Uuid, args, db::Arg};
use std::{pin::pin, time::Duration};

fn uuid(text: &str) -> Uuid {
    text.parse().expect("an id")
}

/// Lets a second act begin while a first one holds its rows. The second must wait; then the first ends, and the second goes on.
async fn crossing(w: &World, first: Vec<(&'static str, Vec<Arg>)>, second: impl Future<Output = Page>) -> Page {
    let mut tx = w.app.store.begin().await.expect("a transaction");
    for (sql, args) in first {
        assert!(tx.exec(sql, args).await.expect("the first act") > 0, "the first act changes something: {sql}");
    }
    let mut second = pin!(second);
    let waited = tokio::time::timeout(Duration::from_millis(150), &mut second).await;
    assert!(waited.is_err(), "the second act waits for the first: {waited:?}");
    let (ended, page) = tokio::join!(tx.commit_housekeeping(), second);
    ended.expect("the first act ends");
    page
}

both! {
    async fn nothing_is_sent_on_a_consent_that_is_withdrawn_at_the_same_moment(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "児発 こもれび", Kind::ChildDevelopment).await;
        let (other, id) = (user.clone(), case.clone());
        let withdrawn = vec![
            ("/* t */ UPDATE child_case SET version = version WHERE id = $1", args![uuid(&case)]),
            ("/* t */ UPDATE consent SET withdrawn_at = recorded_at WHERE case_id = $1", args![uuid(&case)]),
        ];
        let late = crossing(&w, withdrawn, async move { ask(&other, &id, service, "logged").await }).await;
        assert_eq!(late.status, 422);
        late.shows("有効な同意がありません").shows("週2回の訪問看護");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM referral").await, 0);
    }

    async fn nothing_is_added_to_a_case_that_closes_at_the_same_moment(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let (other, path) = (user.clone(), format!("/cases/{case}/timeline"));
        let closed = vec![("/* t */ UPDATE child_case SET status = 'closed' WHERE id = $1", args![uuid(&case)])];
        let entry = async move { other.post(&path, &[("kind", "visit"), ("title", "家庭訪問"), ("body", "様子を聞いた")]).await };
        let late = crossing(&w, closed, entry).await;
        assert_eq!(late.status, 409);
        late.shows("様子を聞いた");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM timeline_entry").await, 0);
    }

    async fn the_last_of_two_answers_at_once_ends_the_inquiry(w: World) {
        let (user, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let site = w.organisation("うみかぜ").await;
        let live = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
        let phone = w.service("訪看 なみおと", Kind::HomeNursing, Municipality::Zushi, None).await;
        let (live_id, phone_id) = (live.to_string(), phone.to_string());
        let fields = [("service", live_id.as_str()), ("service", phone_id.as_str()), ("age_band", "infant"), ("municipality", "142018"), ("wish", "週2回")];
        let id = user.post("/inquiries/new", &fields).await.id();
        let answered = vec![
            ("/* t */ UPDATE inquiry SET due_at = due_at WHERE id = $1", args![uuid(&id)]),
            ("/* t */ UPDATE inquiry_target SET answer = 'full' WHERE inquiry_id = $1 AND service_id = $2", args![uuid(&id), phone]),
        ];
        let path = format!("/inquiries/{id}/answer");
        let last = crossing(&w, answered, async move { nurse.post(&path, &[("service", &live_id), ("answer", "open")]).await }).await;
        assert_eq!(last.status, 303);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM inquiry WHERE closed_at IS NOT NULL").await, 1);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE object_kind = 'inquiry'").await, 0);
    }

    async fn no_hand_over_is_offered_of_a_consultation_that_ends_at_the_same_moment(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = take(&user, &[("municipality", "142018"), ("route", "mine")]).await;
        let to = w.person("coordinator2").await.to_string();
        let (other, path) = (user.clone(), format!("/consultations/{id}/hand-over"));
        let ended = vec![("/* t */ UPDATE consultation SET status = 'advised', version = version + 1 WHERE id = $1", args![uuid(&id)])];
        let offer = async move { other.post(&path, &[("to", &to), ("note", "お願いします")]).await };
        let late = crossing(&w, ended, offer).await;
        assert_eq!(late.status, 409);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM handover").await, 0);
    }

    async fn a_referral_that_is_recalled_is_not_escalated_at_the_same_moment(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "児発 こもれび", Kind::ChildDevelopment).await;
        let id = ask(&user, &case, service, "logged").await.id();
        w.advance_hours(24 * 14);
        let recalled = vec![
            ("/* t */ UPDATE referral SET status = 'recalled' WHERE id = $1", args![uuid(&id)]),
            ("/* t */ DELETE FROM waiting WHERE object_id = $1", args![uuid(&id)]),
        ];
        let app = w.app.clone();
        let user = w.sign_in("coordinator").await;
        let clock = async move {
            crate::referral::escalate(&app).await.expect("the clock goes on");
            user.get("/").await
        };
        crossing(&w, recalled, clock).await;
        assert!(waits(&w).await.is_empty(), "nothing waits for a recalled referral");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM referral_escalation").await, 0);
    }
}
