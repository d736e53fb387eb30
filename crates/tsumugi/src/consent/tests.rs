use crate::{
    case::tests::{consent, consent_of, open},
    consent::remind,
    testing::World,
};

both! {
    async fn a_consent_near_its_end_is_put_before_the_lead_until_it_is_renewed(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent(&w, &user, &case, &site, "paper").await;
        assert_eq!(remind(&w.app).await.expect("runs"), 0, "a year is left");
        w.advance_hours(24 * 310);
        assert_eq!(remind(&w.app).await.expect("runs"), 1);
        assert_eq!(remind(&w.app).await.expect("runs"), 0, "once");
        let user = w.sign_in("coordinator").await;
        user.get("/").await.shows("終わりの近い同意を更新する").shows("髙橋 さくら");
        w.advance_hours(24 * 30);
        assert_eq!(remind(&w.app).await.expect("runs"), 0, "it stays as it is, overdue by now");
        w.sign_in("coordinator").await.get("/board?when=overdue").await.shows("終わりの近い同意を更新する");
        w.advance_hours(24 * 18);
        assert_eq!(remind(&w.app).await.expect("runs"), 1, "a week is left");
        let asked = async || w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind = 'consent_ending'").await;
        assert_eq!(asked().await, 2, "lead and deputy");
        let user = w.sign_in("coordinator").await;
        consent_of(&user, &case, &site, "paper", "R9.11.1").await;
        assert_eq!(remind(&w.app).await.expect("runs"), 1, "renewed");
        assert_eq!(asked().await, 0);
    }

    async fn a_withdrawn_consent_asks_for_nothing_more(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent(&w, &user, &case, &site, "paper").await;
        w.advance_hours(24 * 310);
        remind(&w.app).await.expect("runs");
        let user = w.sign_in("coordinator").await;
        let given: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let given = given[0].0.to_string();
        assert_eq!(user.post(&format!("/cases/{case}/consents/withdraw"), &[("consent", &given), ("reason", "家族の申し出")]).await.status, 303);
        remind(&w.app).await.expect("runs");
        user.get("/").await.hides("終わりの近い同意を更新する");
    }
}
