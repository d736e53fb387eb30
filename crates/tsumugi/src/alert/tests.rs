use crate::testing::World;
use platform::{Uuid, args, id::PersonId};
use tsumugi::alert;

/// Entries of a person who read so many different cases just now.
async fn reads(w: &World, person: PersonId, cases: u128) {
    let mut tx = w.db.begin().await.expect("a transaction");
    for n in 0..cases {
        let sql = "/* t */ INSERT INTO journal (id, at, person_id, kind, act, basis, object_kind, case_id, detail) VALUES ($1, $2, $3, 'read', 'case.read', 'area', 'case', $4, '')";
        let case = Uuid::from_u128(n + 1);
        tx.exec(sql, args![w.app.mint.uuid(w.app.now()), w.app.now(), person, case]).await.expect("an entry");
    }
    tx.commit().await.expect("saved");
}

both! {
    async fn who_reads_more_cases_than_anybody_works_on_is_put_before_an_officer_once_an_hour(w: World) {
        let person = w.person("coordinator").await;
        reads(&w, person, 50).await;
        assert_eq!(alert::look(&w.app).await.expect("looked"), 0, "fifty are not more than fifty");
        reads(&w, person, 60).await;
        assert_eq!(alert::look(&w.app).await.expect("looked"), 1);
        assert_eq!(alert::look(&w.app).await.expect("looked"), 0, "once an hour");
        let officer = w.sign_in("privacy").await;
        officer.get("/").await.shows("見張りの知らせ").shows("1件");
        officer.get("/alerts").await.shows("1時間に多くのケースを見た").shows("相模野 瑞希").shows("60人のケース");
        w.sign_in("auditor").await.get("/alerts").await.shows("相模野 瑞希");
        for key in ["coordinator", "supporter", "city", "admin", "family", "prefecture"] {
            assert_eq!(w.sign_in(key).await.get("/alerts").await.status, 403, "{key}");
        }
        w.advance_hours(2);
        assert_eq!(alert::look(&w.app).await.expect("looked"), 0, "what was read before the last hour counts no more");
    }

    async fn at_night_fewer_are_enough(w: World) {
        // From 10 o'clock to one at night, in Japan.
        w.advance_hours(15);
        reads(&w, w.person("supporter").await, 11).await;
        assert_eq!(alert::look(&w.app).await.expect("looked"), 1);
        w.sign_in("privacy").await.get("/alerts").await.shows("夜間に続けてケースを見た").shows("浦風 しおり");
    }

    async fn abuse_30_emergencies_that_have_become_a_habit_are_put_before_an_officer(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case: platform::id::CaseId = crate::case::tests::open(&w, &lead).await.parse().expect("an id");
        let (person, seat) = (w.person("hospital").await, w.all::<(platform::id::SeatId,)>("/* t */ SELECT seat_id FROM demo_account WHERE account_key = 'hospital'", vec![]).await[0].0);
        for n in 1..=4 {
            let now = w.app.now();
            let mut tx = w.db.begin().await.expect("a transaction");
            let sql = "/* t */ INSERT INTO break_glass (id, case_id, person_id, seat_id, reason, at, ends_at, review_due) VALUES ($1, $2, $3, $4, 'けいれん', $5, $5, $5)";
            tx.exec(sql, args![w.app.mint.uuid(now), case, person, seat, now]).await.expect("a view");
            tx.commit().await.expect("saved");
            assert_eq!(alert::look(&w.app).await.expect("looked"), usize::from(n > 2), "the {n}th");
            assert_eq!(alert::look(&w.app).await.expect("looked"), 0, "once for each");
            w.advance_hours(24);
        }
        w.sign_in("privacy").await.get("/alerts").await.shows("緊急の閲覧を使った").shows("30日に4回");
        w.advance_hours(24 * 31);
        assert_eq!(alert::look(&w.app).await.expect("looked"), 0);
    }

    async fn an_alert_is_closed_by_somebody_else_with_what_was_found(w: World) {
        reads(&w, w.person("coordinator").await, 60).await;
        reads(&w, w.person("privacy").await, 60).await;
        assert_eq!(alert::look(&w.app).await.expect("looked"), 2);
        let rows: Vec<(Uuid, PersonId)> = w.all("/* t */ SELECT id, person_id FROM alert", vec![]).await;
        let officer = w.sign_in("privacy").await;
        for (id, person) in rows {
            let path = format!("/alerts/{id}");
            let own = person == w.person("privacy").await;
            if !own {
                officer.post(&path, &[("note", "")]).await.shows("確かめたことを入力してください");
                officer.post(&path, &[("note", &"あ".repeat(501))]).await.shows("500文字以内").shows(&"あ".repeat(501));
            }
            let answer = officer.post(&path, &[("note", "引継ぎのため")]).await;
            assert_eq!(answer.status, if own { 409 } else { 303 }, "nobody closes what is about themselves");
        }
        officer.get("/alerts").await.shows("確かめた知らせ").shows("引継ぎのため").shows("ほかの人が確かめます");
        let own: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM alert WHERE handled_at IS NULL", vec![]).await;
        let auditor = w.sign_in("auditor").await;
        assert_eq!(auditor.post(&format!("/alerts/{}", own[0].0), &[("note", "本人に確かめた")]).await.status, 303);
        assert_eq!(officer.post(&format!("/alerts/{}", Uuid::from_u128(9)), &[("note", "x")]).await.status, 404);
    }

    async fn a_broken_journal_is_an_alert_until_somebody_has_looked(w: World) {
        let user = w.sign_in("coordinator").await;
        user.get("/cases").await;
        user.get("/board").await;
        while tsumugi::journal::seal_queue(w.app.store.db(), &w.app.mint).await.expect("sealed") > 0 {}
        assert_eq!(alert::journal(&w.app).await.expect("walked"), None);
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE journal SET detail = 'other' WHERE id = (SELECT entry_id FROM journal_seal WHERE seq = 1)", vec![]).await.expect("changed");
        tx.commit().await.expect("saved");
        for _ in 0..2 {
            assert_eq!(alert::journal(&w.app).await.expect("walked"), Some(1));
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM alert").await, 1);
        w.sign_in("privacy").await.get("/alerts").await.shows("記録簿の鎖が切れている").shows("1番目の記録");
    }

    async fn a_journal_without_notes_for_two_hours_is_an_alert_until_somebody_has_looked(w: World) {
        let since = w.app.now();
        w.app.clock.advance(jiff::SignedDuration::from_mins(119));
        assert!(!alert::notes(&w.app, since).await.expect("too early"));
        w.app.clock.advance(jiff::SignedDuration::from_mins(1));
        assert!(alert::notes(&w.app, since).await.expect("raised"));
        assert!(!alert::notes(&w.app, since).await.expect("once"));
        w.sign_in("privacy").await.get("/alerts").await.shows("記録簿の控えを残せていない").shows("2時間");
        w.app.clock.advance(jiff::SignedDuration::from_mins(60));
        assert!(!alert::notes(&w.app, since).await.expect("open"), "until somebody has looked");
    }

    async fn a_look_at_what_may_be_ones_own_family_or_a_colleagues_is_told_once(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = crate::case::tests::open(&w, &lead).await;
        lead.get(&format!("/cases/{case}")).await;
        assert_eq!(alert::look(&w.app).await.expect("looked"), 0, "相模野 and 髙橋");
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE person SET name = '高橋 瑞希' WHERE name = '相模野 瑞希'", vec![]).await.expect("renamed");
        tx.exec("/* t */ UPDATE case_person SET name = '久里浜 なお' WHERE name = '髙橋 みどり'", vec![]).await.expect("renamed");
        tx.commit().await.expect("saved");
        lead.get(&format!("/cases/{case}")).await;
        assert_eq!(alert::look(&w.app).await.expect("looked"), 2, "a surname, and a colleague's name");
        assert_eq!(alert::look(&w.app).await.expect("looked"), 0, "once");
        let page = w.sign_in("auditor").await.get("/alerts").await;
        page.shows("同じ姓のお子さん").shows("同僚と同じ名前の保護者").shows("高橋 瑞希").shows("R8-0001").hides("さくら");
    }
}
