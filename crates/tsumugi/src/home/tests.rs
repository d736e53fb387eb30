use crate::{case::tests::open, consultation::tests::take, testing::World};

both! {
    async fn what_is_overdue_comes_first_and_the_board_leaves_as_a_file(w: World) {
        let user = w.sign_in("coordinator").await;
        take(&user, &[("urgency", "same_day")]).await;
        take(&user, &[("urgency", "usual")]).await;
        user.get("/").await.shows("今日まで").hides("期限を過ぎています");
        w.advance_hours(24);
        let user = w.sign_in("coordinator").await;
        user.get("/").await.shows("期限を過ぎています").shows("1日超過");
        user.get("/board?who=mine&when=overdue").await.shows("1日超過");
        let csv = user.get("/board/export?as=csv&when=overdue").await;
        assert!(csv.body.starts_with('\u{FEFF}'), "a BOM for spreadsheets");
        assert_eq!(csv.body.lines().count(), 3, "the same filter as the list: {}", csv.body);
        assert_eq!(user.get("/board/export?as=xlsx").await.status, 200);
    }

    async fn a_long_board_comes_in_pages_and_leaves_whole(w: World) {
        let user = w.sign_in("coordinator").await;
        for _ in 0..53 {
            take(&user, &[("urgency", "usual")]).await;
        }
        let first = user.get("/board?who=mine").await;
        first.shows("1件目から30件を表示").shows("次へ").hides("前へ");
        assert_eq!(first.body.matches("相談に最初の返答をする").count(), 30);
        let second = user.get("/board?who=mine&offset=30").await;
        second.shows("31件目から23件を表示").shows("前へ").hides("次へ");
        assert_eq!(second.body.matches("相談に最初の返答をする").count(), 23);
        assert_eq!(user.get("/board/export?as=csv&who=mine").await.body.lines().count(), 55);
        assert_eq!(user.get("/board/export?as=csv&who=others").await.body.lines().count(), 2);
        user.get("/").await.shows("53").shows("これからのものをすべて見る（53件）");
    }

    async fn abuse_41_every_role_has_a_first_page_and_small_numbers_do_not_leave_the_area(w: World) {
        let user = w.sign_in("coordinator").await;
        open(&w, &user).await;
        for key in ["coordinator", "coordinator2", "supporter", "manager", "city", "city2", "privacy", "prefecture", "supervisor", "hospital", "family", "council", "auditor", "admin"] {
            let page = w.sign_in(key).await.get("/").await;
            assert_eq!(page.status, 200, "{key}");
            if key != "coordinator" { page.hides("さくら"); }
        }
        w.sign_in("prefecture").await.get("/").await.shows("5未満");
        w.sign_in("city").await.get("/").await.hides("5未満");
    }

    async fn who_calls_finds_the_duty_and_who_keeps_the_system_finds_its_state(w: World) {
        for key in ["hospital", "family", "supporter", "manager", "supervisor"] {
            let page = w.sign_in(key).await.get("/").await;
            page.shows("今日の当番のコーディネーター").shows("横須賀市").shows("href=\"tel:");
        }
        w.sign_in("family").await.get("/").await.hides("/answer-cards");
        w.sign_in("hospital").await.get("/").await.shows("/answer-cards");
        let admin = w.sign_in("admin").await.get("/").await;
        let people: Vec<(i64,)> = w.all("/* t */ SELECT COUNT(DISTINCT g.person_id) FROM role_grant g JOIN person p ON p.id = g.person_id WHERE p.profession <> 'family'", vec![]).await;
        admin.shows(&format!("<dt>使える人</dt><dd>{}人</dd>", people[0].0)).shows("記録簿").hides("さくら");
        w.sign_in("auditor").await.get("/").await.shows("tsumugi journal verify").hides("使える人");
    }

    async fn a_session_ends_everywhere_when_it_is_signed_out_or_too_old(w: World) {
        let user = w.sign_in("coordinator").await;
        assert_eq!(user.get("/").await.status, 200);
        let other = user.clone();
        user.post("/sign-out", &[]).await;
        assert_eq!(other.get("/").await.location, "/sign-in");
        let again = w.sign_in("coordinator").await;
        w.advance_hours(13);
        assert_eq!(again.get("/").await.location, "/sign-in", "12 hours at most");
    }
}
