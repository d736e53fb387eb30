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
        let due = async || w.all::<(platform::Timestamp,)>("/* t */ SELECT due_at FROM waiting WHERE kind = 'consent_ending'", vec![]).await;
        let first = due().await[0];
        w.advance_hours(24 * 35);
        assert_eq!(remind(&w.app).await.expect("runs"), 1, "thirty days are left");
        assert!(due().await[0] > first, "the next day to be reminded");
        let user = w.sign_in("coordinator").await;
        consent_of(&user, &case, &site, "paper", "R9.11.1").await;
        assert_eq!(remind(&w.app).await.expect("runs"), 1, "renewed");
        assert!(due().await.is_empty());
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
