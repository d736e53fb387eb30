use crate::testing::{User, World};

/// Nobody has accepted anything yet.
async fn unaccepted(w: &World) {
    let mut tx = w.db.begin().await.expect("a transaction");
    tx.exec("/* t */ DELETE FROM terms_acceptance", vec![]).await.expect("gone");
    tx.exec("/* t */ UPDATE organisation SET terms_no = 0", vec![]).await.expect("gone");
    tx.commit().await.expect("saved");
}

async fn accept(user: &User, no: &str) -> crate::testing::Page {
    let fields = [("no", no), ("title", "管理者"), ("signer", "架空 たろう"), ("agree", "1")];
    user.post("/terms/accept", &fields).await
}

both! {
    async fn before_an_agency_has_accepted_nobody_there_sees_anything_and_nothing_typed_is_lost(w: World) {
        unaccepted(&w).await;
        let hospital = w.sign_in("hospital").await;
        let to = hospital.get("/").await;
        assert_eq!((to.status, to.location.as_str()), (303, "/terms"));
        for path in ["/answer-cards", "/resources", "/break-glass"] {
            assert_eq!(hospital.get(path).await.location, "/terms", "{path}");
        }
        let sent = hospital.post("/break-glass", &[("reason", "夜間に呼吸が止まった")]).await;
        assert_eq!(sent.status, 401);
        sent.shows("約束を読んで承諾する").shows("夜間に呼吸が止まった").shows("同じ内容でもう一度送る");
        let page = hospital.get("/terms").await;
        page.shows("秘密の保持").shows("未確認").shows("管理者の利用者がいないため");
        hospital.post("/terms/accept", &[("no", "1"), ("signer", "架空 たろう")]).await.shows("役職を入力してください").shows("印を付けてください").shows("架空 たろう");
        assert_eq!(accept(&hospital, "7").await.status, 409, "no such text");
        assert_eq!(accept(&hospital, "1").await.status, 303);
        assert_eq!(accept(&hospital, "1").await.status, 409, "once");
        assert_eq!(hospital.get("/").await.status, 200);
        for key in ["coordinator", "city", "privacy", "prefecture", "admin", "auditor", "supervisor", "family"] {
            assert_eq!(w.sign_in(key).await.get("/").await.status, 200, "{key} is bound by the law itself");
            assert_eq!(accept(&w.sign_in(key).await, "1").await.status, 403, "{key}");
        }
    }

    async fn where_there_is_a_manager_it_is_the_manager_who_accepts(w: World) {
        unaccepted(&w).await;
        let (nurse, manager) = (w.sign_in("supporter").await, w.sign_in("manager").await);
        nurse.get("/terms").await.shows("が承諾すると、使えるようになります");
        assert_eq!(accept(&nurse, "1").await.status, 403);
        assert_eq!(nurse.get("/cases").await.location, "/terms");
        assert_eq!(accept(&manager, "1").await.status, 303);
        assert_eq!(nurse.get("/cases").await.status, 200);
    }

    async fn a_new_version_is_told_before_and_asked_for_from_its_day(w: World) {
        let (office, nurse) = (w.sign_in("prefecture").await, w.sign_in("supporter").await);
        let new = |day: &'static str| [("label", "第2版"), ("body", "1 秘密を守ります。\n2 写しません。"), ("source", "委託契約書 別記"), ("effective_on", day)];
        office.post("/terms", &new("2026-11-24")).await.shows("明日より後にしてください").shows("2 写しません。");
        office.post("/terms", &new("2026-02-30")).await.shows("効力の日");
        assert_eq!(office.post("/terms", &new("2026-12-10")).await.status, 303);
        office.get("/terms").await.shows("第2版").shows("承諾していない事業所").shows("うみかぜ");
        nurse.get("/").await.shows("約束が新しくなります");
        assert_eq!(w.sign_in("manager").await.post("/terms", &new("2026-12-20")).await.status, 403);
        let hospital = w.sign_in("hospital").await;
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE organisation SET terms_no = 0 WHERE id = (SELECT s.organisation_id FROM demo_account d JOIN seat s ON s.id = d.seat_id WHERE d.account_key = 'hospital')", vec![]).await.expect("new");
        tx.exec("/* t */ DELETE FROM terms_acceptance WHERE organisation_id = (SELECT s.organisation_id FROM demo_account d JOIN seat s ON s.id = d.seat_id WHERE d.account_key = 'hospital')", vec![]).await.expect("new");
        tx.commit().await.expect("saved");
        assert_eq!(accept(&hospital, "2").await.status, 409, "what counts now comes first");
        assert_eq!((accept(&hospital, "1").await.status, accept(&hospital, "2").await.status), (303, 303));
        w.advance_hours(24 * 15);
        assert_eq!(w.sign_in("supporter").await.get("/").await.status, 200, "the day before");
        w.advance_hours(24);
        let nurse = w.sign_in("supporter").await;
        assert_eq!(nurse.get("/").await.location, "/terms");
        nurse.get("/terms").await.shows("写しません").hides("標準第1版");
        assert_eq!(accept(&w.sign_in("manager").await, "2").await.status, 303);
        nurse.get("/").await.hides("約束が新しくなります");
        w.sign_in("prefecture").await.get("/terms").await.shows("架空 たろう");
    }
}
