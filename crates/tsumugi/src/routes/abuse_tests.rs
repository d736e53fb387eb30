//! Abuse cases of the security design that belong to no single slice, each with its number (docs/security/statements.md).

use crate::{
    case::tests::{consent, fields, open},
    testing::World,
};
use platform::Uuid;
use tsumugi::alert;

both! {
    async fn abuse_1_another_towns_case_is_like_none_and_trying_on_is_told(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let stranger = w.sign_in("coordinator2").await;
        let unknown = |n: u128| format!("/cases/{}", Uuid::from_u128(n));
        let (theirs, none) = (stranger.get(&format!("/cases/{case}")).await, stranger.get(&unknown(9)).await);
        assert_eq!((theirs.status, &theirs.body), (404, &none.body));
        assert_eq!(alert::look(&w.app).await.expect("looked"), 0, "two may be a slip");
        let entries = "/* t */ SELECT COUNT(*) FROM journal WHERE kind = 'refused'";
        assert_eq!(w.count(entries).await, 2, "what is there and what is not leave the same trace");
        for n in 10..13 {
            assert_eq!(stranger.get(&unknown(n)).await.status, 404);
        }
        assert_eq!(alert::look(&w.app).await.expect("looked"), 1);
        w.sign_in("auditor").await.get("/alerts").await.shows("続けて開こうとした").shows("続けて5件");
        lead.get(&format!("/cases/{case}/viewing/log?kind=refused")).await.shows("断った").shows("逗葉 あおい").shows("開こうとした");
        lead.get(&format!("/cases/{case}/viewing/log?kind=read")).await.hides("逗葉 あおい");
    }

    async fn abuse_3_what_was_typed_comes_back_when_the_right_has_gone_meanwhile(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent(&w, &lead, &case, &site, "paper").await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let team = [("person", member.as_str()), ("field", "medical"), ("function", "訪問看護"), ("since", "2026-11-24")];
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &team).await.status, 303);
        let nurse = w.sign_in("supporter").await;
        assert_eq!(nurse.get(&format!("/cases/{case}/timeline")).await.status, 200);
        let given: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let given = given[0].0.to_string();
        assert_eq!(lead.post(&format!("/cases/{case}/consents/withdraw"), &[("consent", &given), ("reason", "家族の申し出")]).await.status, 303);
        let typed = [("kind", "visit"), ("title", "家庭訪問"), ("body", "一時間かけて書いた観察の記録")];
        let late = nurse.post(&format!("/cases/{case}/timeline"), &typed).await;
        assert_eq!(late.status, 404);
        late.shows("一時間かけて書いた観察の記録").shows("保存されている内容は変わっていません");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM timeline_entry").await, 0);
    }

    async fn abuse_28_a_file_names_no_more_than_fifty_children_and_says_whose_it_is(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (a, b) = (w.person("coordinator").await.to_string(), crate::case::tests::deputy(&w).await);
        let site = w.organisation("うみかぜ").await.to_string();
        for n in 0..51 {
            let case = lead.post("/cases/new", &fields(&a, &b)).await.id();
            // Its paper is waited for.
            consent(&w, &lead, &case, &site, "oral").await;
            if n == 49 {
                lead.get("/board/export?as=csv").await.shows("髙橋 さくら").shows("取扱注意").shows("相模野 瑞希").hides("氏名を入れていません");
            }
        }
        lead.get("/board/export?as=csv").await.hides("髙橋 さくら").shows("氏名を入れていません").shows("相模野 瑞希");
        for _ in 0..3 {
            lead.get("/board/export?as=csv&when=overdue").await;
        }
        let found = "/* t */ SELECT COUNT(*) FROM alert WHERE kind = 'exports'";
        alert::look(&w.app).await.expect("looked");
        assert_eq!(w.count(found).await, 0, "five files in a day");
        lead.get("/board/export?as=xlsx").await;
        alert::look(&w.app).await.expect("looked");
        assert_eq!(w.count(found).await, 1);
        w.sign_in("auditor").await.get("/alerts").await.shows("何度もファイルに出した").shows("24時間に6回");
    }

    async fn abuse_29_who_has_no_reason_sees_nothing_and_an_emergency_is_told(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let nurse = w.sign_in("supporter").await;
        for path in [format!("/cases/{case}"), format!("/cases/{case}/timeline"), format!("/cases/{case}/documents"), format!("/cases/{case}/team")] {
            assert_eq!(nurse.get(&path).await.status, 404, "{path}");
        }
        for list in ["/cases", "/search?q=%E3%81%9F%E3%81%8B", "/board"] {
            nurse.get(list).await.hides("さくら");
        }
        let asked = [("kana", "たかはし さくら"), ("birth", "R6.7.3"), ("reason", "近所の子なので様子を見たい"), ("told", "1")];
        assert_eq!(nurse.post("/break-glass", &asked).await.status, 303);
        lead.get("/").await.shows("緊急の閲覧を確認する");
        w.sign_in("privacy").await.get("/").await.shows("緊急の閲覧を確認する");
    }

    async fn abuse_36_a_cookie_that_was_there_before_the_sign_in_opens_nothing(w: World) {
        let name = crate::account::cookie_name(w.app.demo);
        let mut user = w.nobody();
        user.cookie = format!("{name}=0123456789abcdef0123456789abcdef");
        let page = user.get("/demo/sign-in?as=coordinator").await;
        assert_eq!(page.status, 303);
        assert!(!page.cookie.contains("0123456789abcdef"), "a new one: {}", page.cookie);
        assert_eq!(user.get("/cases").await.location, "/sign-in", "the old one stays worthless");
        // Of two with one name, neither somebody else's nor a made-up one is taken for the other.
        let mine = w.sign_in("coordinator").await;
        let mut both = w.nobody();
        both.cookie = format!("{name}=0123456789abcdef; {}", mine.cookie);
        assert_eq!(both.get("/cases").await.location, "/sign-in");
    }

    async fn abuse_40_added_fields_change_nothing_and_nobody_approves_their_own(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent(&w, &lead, &case, &site, "paper").await;
        let city2 = w.person("city2").await.to_string();
        let before: Vec<(String, Uuid, String, i64)> = w.all("/* t */ SELECT municipality, lead_id, status, number FROM child_case", vec![]).await;
        let more = [
            ("municipality_id", "142085"), ("municipality", "142085"), ("lead_id", city2.as_str()), ("lead", city2.as_str()), ("case_id", "x"), ("number", "999"),
            ("role", "admin"), ("consent_status", "given"), ("withdrawn_at", ""), ("status", "closed"), ("author_id", city2.as_str()), ("recorded_at", "2020-01-01"),
        ];
        let mut entry = vec![("kind", "visit"), ("title", "家庭訪問"), ("body", "様子を聞いた")];
        entry.extend(more);
        assert_eq!(lead.post(&format!("/cases/{case}/timeline"), &entry).await.status, 303);
        let version = lead.get(&format!("/cases/{case}/edit")).await.value("version");
        let (a, b) = (w.person("coordinator").await.to_string(), crate::case::tests::deputy(&w).await);
        let mut edit = fields(&a, &b);
        edit.retain(|(name, _)| !name.starts_with("guardian") && !matches!(*name, "lead" | "status"));
        edit.push(("version", &version));
        edit.extend(more.into_iter().filter(|(name, _)| *name != "municipality"));
        assert_eq!(lead.post(&format!("/cases/{case}/edit"), &edit).await.status, 303);
        let after: Vec<(String, Uuid, String, i64)> = w.all("/* t */ SELECT municipality, lead_id, status, number FROM child_case", vec![]).await;
        assert_eq!(before, after);
        let wrote: Vec<(Uuid,)> = w.all("/* t */ SELECT author_id FROM timeline_entry", vec![]).await;
        assert_eq!(wrote, [(w.person("coordinator").await.0,)]);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM role_grant g JOIN seat s ON s.id = g.seat_id WHERE s.role = 'admin'").await, 1);
        // What one did oneself is looked at by somebody else.
        assert_eq!(lead.post(&format!("/cases/{case}/emergency"), &[("organisation", &site), ("reason", "呼吸が止まり搬送するため伝える")]).await.status, 303);
        let told: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM emergency_disclosure", vec![]).await;
        let mine = lead.post(&format!("/cases/{case}/emergency/review"), &[("disclosure", &told[0].0.to_string()), ("note", "自分で確認")]).await;
        assert_eq!(mine.status, 409);
    }
}
