use crate::{
    case::tests::{consent, open},
    testing::World,
};
use platform::args;

both! {
    async fn the_page_names_everybody_who_can_see_the_case_and_why(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let page = format!("/cases/{case}/viewing");
        user.get(&page).await.shows("主担当").shows("副担当").shows("久里浜 なお").shows("担当市町のコーディネーター").hides("家族の同意");
        let city: Vec<(platform::id::OrganisationId,)> = w.all("/* t */ SELECT id FROM organisation WHERE code = $1", args!["142018"]).await;
        consent(&w, &user, &case, &city[0].0.to_string(), "paper").await;
        user.get(&page).await.shows("居住市町（同意あり）").shows("家族の同意").shows("同意の終わり");
        // Every live row of the table that decides stands on the page, and nothing else.
        let rows: Vec<(String,)> = w.all("/* t */ SELECT relation FROM case_access WHERE until IS NULL", vec![]).await;
        assert_eq!(user.get(&page).await.body.matches("<th scope=\"row\">").count(), rows.len());
        let given: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let given = given[0].0.to_string();
        w.sign_in("city").await.get(&page).await.shows("相模野 瑞希");
        w.advance_hours(1);
        assert_eq!(user.post(&format!("/cases/{case}/consents/withdraw"), &[("consent", &given), ("reason", "家族の申し出")]).await.status, 303);
        let after = user.get(&page).await;
        let (now, before) = after.body.split_once("見られなくなった人").expect("two lists");
        assert!(!now.contains("居住市町") && before.contains("居住市町"), "who lost sight stands among those who had it");
        for key in ["city2", "supporter", "family", "admin", "auditor"] {
            assert_eq!(w.sign_in(key).await.get(&page).await.status, 404, "{key}");
        }
    }

    async fn the_record_tells_who_looked_when_and_what_was_written(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        for _ in 0..3 {
            user.get(&format!("/cases/{case}")).await;
        }
        let entry = [("kind", "visit"), ("title", "家庭訪問"), ("body", "様子を聞いた")];
        assert_eq!(user.post(&format!("/cases/{case}/timeline"), &entry).await.status, 303);
        let log = format!("/cases/{case}/viewing/log");
        user.get(&log).await.shows("ケースを見る").shows("3回").shows("経過を記録する").shows("相模野 瑞希").shows("主担当").hides("様子を聞いた");
        user.get(&format!("{log}?kind=act")).await.shows("経過を記録する").shows("ケースを開く").hides("ケースを見る");
        user.get(&format!("{log}?kind=read")).await.shows("ケースを見る").hides("経過を記録する");
        let rows: Vec<(String, Option<platform::Uuid>)> = w.all("/* t */ SELECT kind, session_id FROM journal WHERE case_id IS NOT NULL", vec![]).await;
        assert!(rows.iter().all(|(kind, session)| ["read", "act"].contains(&kind.as_str()) && session.is_some()));
        user.get(&log).await.shows("見られる人と閲覧の記録を見る");
    }
}
