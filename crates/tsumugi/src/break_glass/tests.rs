use crate::{
    case::tests::open,
    emergency::tests::write_part,
    testing::{User, World},
};

const ASK: [(&str, &str); 4] =
    [("kana", "たかはし さくら"), ("birth", "R6.7.3"), ("reason", "けいれんが止まらず救急搬送する"), ("told", "1")];

async fn broken(w: &World, nurse: &User) -> String {
    let page = nurse.post("/break-glass", &ASK).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let _ = w;
    page.location.rsplit('/').next().unwrap_or("").to_owned()
}

both! {
    async fn a_nurse_sees_what_saves_a_life_for_four_hours_and_everybody_is_told(w: World) {
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &lead).await;
        assert_eq!(nurse.get(&format!("/cases/{case}")).await.status, 404);
        let id = broken(&w, &nurse).await;
        nurse.get(&format!("/break-glass/{id}")).await.shows("髙橋 さくら").shows("人工呼吸器");
        assert_eq!(nurse.get(&format!("/cases/{case}")).await.status, 403, "this page and no other");
        for list in ["/cases", "/search?q=%E3%81%9F%E3%81%8B", "/referrals"] {
            nurse.get(list).await.hides("さくら");
        }
        lead.get("/").await.shows("緊急の閲覧を確認する");
        lead.get(&format!("/cases/{case}/viewing")).await.shows("緊急の閲覧");
        w.sign_in("privacy").await.get("/").await.shows("緊急の閲覧を確認する").hides("さくら");
        let other = w.sign_in("coordinator2").await;
        assert_eq!(other.get(&format!("/break-glass/{id}")).await.status, 404);
        assert_eq!(other.get(&format!("/break-glass/{id}/review")).await.status, 404);
        w.advance_hours(5);
        let nurse = w.sign_in("supporter").await;
        assert_eq!(nurse.get(&format!("/break-glass/{id}")).await.status, 404, "four hours are over");
    }

    async fn the_emergency_view_has_the_sheet_and_opens_nothing_else(w: World) {
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &lead).await;
        let id = broken(&w, &nurse).await;
        let view = format!("/break-glass/{id}");
        nurse.get(&view).await.shows("医療的ケアの状況は、まだ書かれていません");
        write_part(&lead, &case, "seizure", &[("call", "発作が5分続く"), ("rescue", "横に向ける")]).await;
        write_part(&lead, &case, "allergy", &[("what", "ラテックス")]).await;
        let page = nurse.get(&view).await;
        page.shows("発作が5分続く").shows("アレルギー・禁忌：ラテックス").shows("まだ家族と確かめられていません");
        assert_eq!(nurse.get(&format!("/cases/{case}/emergency")).await.status, 403, "the sheet itself stays shut");
        assert_eq!(nurse.post(&format!("/cases/{case}/emergency/print"), &[("paper", "summary"), ("purpose", "ambulance")]).await.status, 403);
        lead.get(&format!("/cases/{case}/viewing/log")).await.shows("緊急の閲覧で見る");
    }

    async fn the_emergency_view_of_a_protected_child_does_not_say_where_it_is_treated(w: World) {
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &lead).await;
        write_part(&lead, &case, "doctor", &[("facility", "みさき在宅クリニック"), ("role", "home"), ("phone", "046-000-0002")]).await;
        write_part(&lead, &case, "device", &[("name", "架空レスピ"), ("kind", "ventilator"), ("critical", "yes"), ("vendor", "かもめ医療"), ("phone", "046-000-0010")]).await;
        let view = format!("/break-glass/{}", broken(&w, &nurse).await);
        nurse.get(&view).await.shows("みさき在宅クリニック").shows("かもめ医療").shows("046-000-0010");
        let begun = [("kind", "violence"), ("reason", "離れた父から守る"), ("until", "R9.6.30")];
        assert_eq!(lead.post(&format!("/cases/{case}/protected/begin"), &begun).await.status, 303);
        let page = nurse.get(&view).await;
        page.shows("架空レスピ").shows("居場所を守るため");
        page.hides("みさき在宅クリニック").hides("かもめ医療").hides("046-000-0010").hides("046-000-0002");
    }

    async fn somebody_else_reviews_and_misuse_stops_it(w: World) {
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &lead).await;
        let id = broken(&w, &nurse).await;
        let review = format!("/break-glass/{id}/review");
        assert_eq!(nurse.post(&review, &[("finding", "proper"), ("note", "自分で")]).await.status, 403);
        lead.get(&review).await.shows("救急搬送").shows("訪問看護");
        assert_eq!(lead.post(&review, &[("finding", "misuse")]).await.status, 422, "without words");
        assert_eq!(lead.post(&review, &[("finding", "misuse"), ("note", "家族は呼んでいない")]).await.status, 303);
        lead.get("/").await.hides("緊急の閲覧を確認する");
        assert_eq!(lead.post(&review, &[("finding", "proper"), ("note", "やはり")]).await.status, 409, "once");
        assert_eq!(nurse.get(&format!("/break-glass/{id}")).await.status, 404, "ended at once");
        nurse.post("/break-glass", &ASK).await.shows("止められています");
        let officer = w.sign_in("privacy").await;
        officer.get(&review).await.hides("さくら").shows("家族は呼んでいない");
        assert_eq!(officer.post(&review, &[("finding", "proper"), ("note", "本人に確かめた")]).await.status, 303);
        assert_eq!(nurse.post("/break-glass", &ASK).await.status, 303, "the officer found otherwise");
        lead.get(&review).await.shows("本人に確かめた").shows("家族は呼んでいない");
        lead.get(&format!("/cases/{case}/viewing/log")).await.shows("緊急の閲覧を使う");
    }

    async fn asking_needs_the_exact_child_a_reason_and_a_role(w: World) {
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &lead).await;
        let with = |name: &'static str, value: &'static str| ASK.map(|(n, v)| if n == name { (n, value) } else { (n, v) });
        nurse.post("/break-glass", &with("birth", "R6.7.4")).await.shows("1人に決められません").shows("けいれんが止まらず");
        assert_eq!(nurse.post("/break-glass", &with("kana", "たかはし")).await.status, 422, "a part of the name");
        nurse.post("/break-glass", &with("reason", "心配")).await.shows("10文字以上");
        assert_eq!(nurse.post("/break-glass", &with("told", "")).await.status, 422);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal WHERE object_kind = 'break_glass_search'").await, 2);
        assert_eq!(lead.post("/break-glass", &ASK).await.location, format!("/cases/{case}"), "who has the case needs no emergency");
        for key in ["family", "council", "auditor", "admin", "prefecture", "privacy"] {
            assert_eq!(w.sign_in(key).await.post("/break-glass", &ASK).await.status, 403, "{key}");
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM break_glass").await, 0);
    }

    async fn one_child_is_opened_once_and_misuse_ends_everything_that_is_open(w: World) {
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &lead).await;
        let id = broken(&w, &nurse).await;
        w.advance_hours(2);
        assert_eq!(broken(&w, &nurse).await, id, "the same view, not four hours more");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM break_glass").await, 1);
        let (first, second) = (w.person("coordinator").await.to_string(), w.person("coordinator2").await.to_string());
        let mut other = crate::case::tests::fields(&first, &second);
        other.retain(|(n, _)| *n != "kana");
        other.push(("kana", "すずき さくら"));
        lead.post("/cases/new", &other).await.id();
        let mut ask = ASK.to_vec();
        ask[0].1 = "すずき さくら";
        let two = nurse.post("/break-glass", &ask).await.id();
        assert_eq!(nurse.get(&format!("/break-glass/{two}")).await.status, 200);
        nurse.get(&format!("/resources?for={case}")).await.hides("さくら");
        let close = [("move", "close"), ("close_reason", "moved"), ("on", "R8.11.24")];
        lead.post(&format!("/cases/{case}/move"), &close).await.shows("まだ確認していないもの");
        assert_eq!(lead.post(&format!("/break-glass/{id}/review"), &[("finding", "misuse"), ("note", "理由がない")]).await.status, 303);
        for id in [id, two.clone()] {
            assert_eq!(nurse.get(&format!("/break-glass/{id}")).await.status, 404);
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM case_access WHERE relation = 'emergency' AND until > '2026-11-24T12:00:00Z'").await, 0);
    }

    async fn who_asks_for_children_that_are_not_there_is_stopped_after_a_few(w: World) {
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        open(&w, &lead).await;
        let mut ask = ASK.to_vec();
        for day in ["R6.7.1", "R6.7.2", "R6.7.4", "R6.7.5", "R6.7.6"] {
            ask[1].1 = day;
            assert_eq!(nurse.post("/break-glass", &ask).await.status, 422);
        }
        nurse.post("/break-glass", &ASK).await.shows("1時間ほど使えません");
        w.advance_hours(2);
        assert_eq!(w.sign_in("supporter").await.post("/break-glass", &ASK).await.status, 303);
    }

    async fn who_has_seen_enough_ends_it(w: World) {
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        open(&w, &lead).await;
        let id = broken(&w, &nurse).await;
        assert_eq!(nurse.post(&format!("/break-glass/{id}/end"), &[]).await.status, 303);
        assert_eq!(nurse.get(&format!("/break-glass/{id}")).await.status, 404);
        nurse.get("/break-glass").await.shows("終わりました").shows("確認待ち");
    }
}
