use crate::{
    account::Actor,
    app::{App, Settings},
    case::tests::{consent, open},
    policy, routes, signin,
    testing::World,
};
use platform::args;
use std::sync::Arc;

#[test]
fn a_passkey_is_bound_to_a_name_under_tls_and_to_nothing_else() {
    for good in ["https://tsumugi.example.jp", "http://localhost:8080"] {
        assert!(signin::relying_party(good).is_ok(), "{good}");
    }
    for bad in ["http://tsumugi.example.jp", "https://192.0.2.1", "tsumugi", ""] {
        assert!(signin::relying_party(bad).is_err(), "{bad}");
    }
}

/// The same world with sessions that end after so many minutes without work.
fn idle(mut w: World, minutes: i64) -> World {
    w.app.settings = Arc::new(Settings { idle_minutes: minutes, ..Settings::default() });
    w.router = routes::router(w.app.clone());
    w
}

fn minutes(w: &World, minutes: i64) {
    w.app.clock.advance(jiff::SignedDuration::from_mins(minutes));
}

both! {
    async fn abuse_24_a_locked_screen_shows_nothing_and_loses_nothing(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = crate::case::tests::open(&w, &user).await;
        assert_eq!(user.get("/lock").await.location, "/", "nothing to open");
        assert_eq!(user.post("/lock", &[]).await.location, "/lock");
        for path in ["/", "/cases", &format!("/cases/{case}"), "/account", "/search?q=x", "/menu", "/board/export"] {
            let page = user.get(path).await;
            assert_eq!((page.status, page.location.as_str()), (303, "/lock"), "{path}");
        }
        user.get("/live?poll=1").await.shows("\"ended\":true");
        let sent = user.post(&format!("/cases/{case}/timeline"), &[("kind", "visit"), ("title", "夜の訪問"), ("body", "吸引は2時間おき")]).await;
        assert_eq!(sent.status, 401);
        sent.shows("吸引は2時間おき").shows("別の画面で鍵を開ける").hides("さくら");
        user.get("/lock").await.shows("相模野 瑞希").shows("画面に鍵がかかっています").hides("さくら");
        let (idle, other) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        assert_eq!((idle.get("/").await.status, other.get("/").await.status), (200, 200), "other sessions are not locked");
        assert_eq!(user.post("/lock/open", &[]).await.location, "/");
        user.get(&format!("/cases/{case}")).await.shows("髙橋 さくら");
        user.post("/lock", &[]).await;
        assert_eq!(user.post("/sign-out", &[]).await.location, "/sign-in");
        assert_eq!(user.get("/lock").await.location, "/sign-in");
    }

    async fn a_session_ends_after_half_an_hour_without_work_and_looking_for_news_is_no_work(w: World) {
        let w = idle(w, 30);
        let user = w.sign_in("coordinator").await;
        for _ in 0..3 {
            minutes(&w, 29);
            assert_eq!(user.get("/cases").await.status, 200, "who works goes on");
        }
        for _ in 0..3 {
            minutes(&w, 9);
            user.get("/live?poll=1").await;
        }
        minutes(&w, 4);
        let late = user.get("/cases").await;
        assert_eq!((late.status, late.location.as_str()), (303, "/sign-in"));
    }

    async fn a_session_ends_after_twelve_hours_of_work(w: World) {
        let w = idle(w, 30);
        let user = w.sign_in("coordinator").await;
        for _ in 0..35 {
            minutes(&w, 20);
            assert_eq!(user.get("/cases").await.status, 200);
        }
        minutes(&w, 21);
        assert_eq!(user.get("/cases").await.status, 303);
    }

    async fn a_proof_is_fresh_for_five_minutes(w: World) {
        let party = signin::relying_party("http://localhost:8080").ok();
        let app = App { passkeys: party, ..w.app.clone() };
        let at = |minutes: i64| {
            let then = app.now().checked_sub(jiff::SignedDuration::from_mins(minutes)).expect("a time");
            policy::proved(&app, &Actor { proved_at: then, ..Actor::nobody() }, app.now()).is_ok()
        };
        assert_eq!([at(0), at(5), at(6), at(600)], [true, true, false, false]);
    }

    async fn a_consent_and_a_file_want_a_fresh_proof_and_keep_what_was_typed(w: World) {
        let mut w = w;
        w.app.passkeys = signin::relying_party("http://localhost:8080").ok();
        w.router = tsumugi::routes::router(w.app.clone());
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent(&w, &lead, &case, &site, "paper").await;
        assert_eq!(lead.get("/board/export?as=csv").await.status, 200, "just proved");
        w.advance_hours(1);
        assert_eq!(lead.get("/board/export?as=csv").await.shows("パスキーで本人であることを確かめます").status, 401);
        let new = [("recipient", site.as_str()), ("form_version", "第2版の同意書")];
        let refused = lead.post(&format!("/cases/{case}/consents/new"), &new).await;
        assert_eq!(refused.shows("第2版の同意書").shows("パスキーで本人であることを確かめます").status, 401);
        let given: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let back = [("consent", given[0].0.to_string()), ("reason", "家族の申し出".to_owned())];
        let back: Vec<(&str, &str)> = back.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(lead.post(&format!("/cases/{case}/consents/withdraw"), &back).await.shows("家族の申し出").status, 401);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consent WHERE withdrawn_at IS NULL").await, 1);
    }

    async fn abuse_38_a_key_added_at_an_unlocked_desk_is_told_and_takes_no_names_away_for_a_day(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent(&w, &lead, &case, &site, "oral").await;
        let person = w.person("coordinator").await;
        let now = w.app.now();
        let (old, new) = (w.app.mint.uuid(now), w.app.mint.uuid(now));
        let mut tx = w.app.store.begin().await.expect("a transaction");
        for (id, name, added) in [(old, "机のパソコン", now.checked_sub(jiff::SignedDuration::from_hours(900)).expect("a time")), (new, "見たことのない鍵", now)] {
            let sql = "/* t */ INSERT INTO passkey (id, person_id, credential_id, body, name, added_at) VALUES ($1, $2, $3, '{}', $4, $5)";
            tx.exec(sql, platform::args![id, person, id.as_bytes().to_vec(), name, added]).await.expect("a key");
        }
        crate::signin::store::tell_of_key(&w.app, &mut tx, person, new.into(), now).await.expect("told");
        tx.commit_housekeeping().await.expect("kept");
        lead.get("/").await.shows("加えられたパスキーに心当たりがあるか確かめる");
        lead.get("/account").await.shows("パスキーが加えられました").shows("24時間たつと").hides("action=\"/account/passkeys/known\"");
        assert_eq!(lead.post("/account/passkeys/known", &[]).await.status, 409, "not on the same day");
        lead.get("/board/export?as=csv").await.hides("髙橋 さくら").shows("24時間のあいだは、氏名を入れずに");
        // Taking the key away again hides nothing and opens nothing.
        assert_eq!(lead.post(&format!("/account/passkeys/{new}/remove"), &[]).await.status, 303);
        lead.get("/account").await.shows("パスキーが加えられました").shows("に取り除かれました");
        lead.get("/board/export?as=csv").await.hides("髙橋 さくら");
        w.advance_hours(24);
        let lead = w.sign_in("coordinator").await;
        lead.get("/board/export?as=csv").await.shows("髙橋 さくら").hides("24時間のあいだ");
        assert_eq!(lead.post("/account/passkeys/known", &[]).await.status, 303);
        lead.get("/account").await.hides("パスキーが加えられました");
        lead.get("/").await.hides("加えられたパスキー");
    }

    async fn what_weighs_most_wants_a_fresh_proof_everywhere(w: World) {
        let mut w = w;
        let (case, _) = crate::family::tests::confirmed(&w, &w.sign_in("coordinator").await).await;
        w.app.passkeys = signin::relying_party("http://localhost:8080").ok();
        w.router = tsumugi::routes::router(w.app.clone());
        let lead = w.sign_in("coordinator").await;
        let guardian: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_person LIMIT 1", vec![]).await;
        let (guardian, person) = (guardian[0].0, w.person("supporter").await);
        let (family, nurse, admin) = (w.sign_in("family").await, w.sign_in("supporter").await, w.sign_in("admin").await);
        let (office, privacy) = (w.sign_in("prefecture").await, w.sign_in("privacy").await);
        w.advance_hours(1);
        let words = [("reason", "夜間に呼吸が止まった"), ("note", "夜間に呼吸が止まった")];
        let acts = [
            (&lead, format!("/cases/{case}/oppositions")), (&lead, format!("/cases/{case}/oppositions/end")), (&lead, format!("/cases/{case}/relocation")),
            (&lead, format!("/cases/{case}/consents/new")), (&lead, format!("/cases/{case}/consents/withdraw")), (&lead, format!("/cases/{case}/protected/begin")),
            (&lead, format!("/cases/{case}/protected/view")), (&lead, format!("/family/{guardian}/account")), (&lead, format!("/family/{guardian}/account/confirm")),
            (&family, format!("/children/{case}/oppose")), (&nurse, "/break-glass".to_owned()), (&admin, "/people/new".to_owned()),
            (&admin, format!("/people/{person}/role")), (&admin, format!("/people/{person}/role/end")), (&admin, format!("/people/{person}/disable")),
            (&admin, format!("/people/{person}/recover")), (&office, "/terms".to_owned()), (&privacy, format!("/retention/{case}/erase")),
        ];
        for (user, path) in acts {
            let answer = user.post(&path, &words).await;
            assert_eq!(answer.status, 401, "{path}: {}", answer.text());
            answer.shows("パスキーで本人であることを確かめます").shows("夜間に呼吸が止まった");
        }
        let done = "/* t */ SELECT (SELECT COUNT(*) FROM consent_opposition) + (SELECT COUNT(*) FROM relocation) + (SELECT COUNT(*) FROM break_glass) + (SELECT COUNT(*) FROM protection)";
        assert_eq!(w.count(done).await, 0);
    }

    async fn one_sees_and_ends_ones_own_sessions_and_nobody_elses(w: World) {
        let (desk, phone, other) = (w.sign_in("coordinator").await, w.sign_in("coordinator").await, w.sign_in("coordinator2").await);
        let ids: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM session ORDER BY created_at, id", vec![]).await;
        assert_eq!(ids.len(), 3);
        let page = desk.get("/account").await;
        page.shows("この端末").shows("終わらせる");
        let theirs = page.body.match_indices("/end\"").count();
        assert_eq!(theirs, 1, "the other session of the same person, not the one in use, and no other person's");
        for (id,) in &ids {
            assert!([303, 404].contains(&other.post(&format!("/account/sessions/{id}/end"), &[]).await.status));
        }
        assert_eq!(desk.get("/").await.status, 200, "somebody else ended nothing here");
        let at = page.body.find("/account/sessions/").expect("a session to end");
        let path: String = page.body[at..].chars().take_while(|c| *c != '"').collect();
        assert_eq!(desk.post(&path, &[]).await.status, 303);
        assert_eq!(phone.get("/").await.status, 303, "signed out");
    }

    async fn another_role_is_another_session(w: World) {
        let user = w.sign_in("coordinator").await;
        let person = w.person("coordinator").await;
        let seat: Vec<(platform::id::SeatId,)> = w.all("/* t */ SELECT seat_id FROM demo_account WHERE account_key = 'city'", vec![]).await;
        assert_eq!(user.post("/account/seat", &[("seat", &seat[0].0.to_string())]).await.status, 404, "not their seat");
        let mut tx = w.app.store.begin().await.expect("a transaction");
        let sql = "/* t */ INSERT INTO account_subject (person_id, subject_id, since) VALUES ($1, $2, $3)";
        tx.exec(sql, args![person, seat[0].0, w.app.now()]).await.expect("a second seat");
        tx.commit_housekeeping().await.expect("saved");
        user.get("/account").await.shows("ほかの役割に替わる").shows("市町担当");
        let changed = user.post("/account/seat", &[("seat", &seat[0].0.to_string())]).await;
        assert_eq!((changed.status, changed.location.as_str()), (303, "/"));
        assert!(changed.cookie.contains('='), "a new session id");
        assert_eq!(user.get("/").await.status, 303, "the old one is dead");
    }

    async fn without_passkeys_the_doors_for_them_are_closed(w: World) {
        for path in ["/passkeys/sign-in/begin", "/passkeys/sign-in/finish", "/passkeys/register/finish"] {
            assert!([400, 404].contains(&w.nobody().post(path, &[]).await.status), "{path}");
        }
        for path in ["/passkeys/register/begin", "/passkeys/join/begin"] {
            assert_eq!(w.nobody().post(path, &[]).await.status, 401, "{path}");
        }
    }
}
