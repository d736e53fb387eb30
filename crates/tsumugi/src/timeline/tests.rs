use crate::{
    case::tests::{consent_to, deputy, fields},
    consultation::tests::take,
    exchange::directory::Kind,
    referral::tests::{ask, case_and_service},
    testing::World,
};
use platform::id::ReferralId;

both! {
    async fn the_timeline_shows_what_acts_did_between_what_people_wrote(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "児発 こもれび", Kind::ChildDevelopment).await;
        let path = format!("/cases/{case}/timeline");
        let at = |time: &'static str, title: &'static str| vec![("kind", "contact"), ("title", title), ("body", "話した"), ("time", time)];
        assert_eq!(user.post(&path, &at("", "はじめの連絡")).await.status, 303);
        w.advance_hours(1);
        let id = ask(&user, &case, service, "logged").await.id();
        w.advance_hours(1);
        let log = format!("/referrals/{id}/log");
        assert_eq!(user.post(&log, &[("answer", "decline"), ("note", "看護師が足りない"), ("said_by", "電話")]).await.status, 303);
        let page = user.get(&path).await;
        let order = ["受け入れられないと回答", "依頼を送った", "はじめの連絡"].map(|t| page.body.find(t).unwrap_or_else(|| panic!("{t}")));
        assert!(order.is_sorted(), "the newest first, acts between entries: {order:?}");
        page.shows("看護師が足りない").shows("同意を記録した").shows(&format!("/referrals/{id}")).hides("下書きを作った");
        user.get(&format!("{path}?kind=contact")).await.hides("依頼を送った").shows("はじめの連絡");
    }

    async fn an_act_stands_on_the_page_of_its_time_and_on_no_other(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "児発 こもれび", Kind::ChildDevelopment).await;
        let path = format!("/cases/{case}/timeline");
        for n in 0..35 {
            let user = w.sign_in("coordinator").await;
            let title = format!("連絡{n:02}");
            assert_eq!(user.post(&path, &[("kind", "contact"), ("title", &title), ("body", "話した")]).await.status, 303);
            w.advance_hours(1);
            if n == 2 || n == 25 {
                let id: ReferralId = ask(&user, &case, service, "logged").await.id().parse().expect("an id");
                w.advance_hours(1);
                assert_eq!(user.post(&format!("/referrals/{id}/decide"), &[("decision", "recall"), ("note", &format!("取下げ{n:02}"))]).await.status, 303);
                w.advance_hours(1);
            }
        }
        let user = w.sign_in("coordinator").await;
        let (first, second) = (user.get(&path).await, user.get(&format!("{path}?offset=20")).await);
        first.shows("連絡34").shows("取下げ25").hides("取下げ02").hides("連絡09");
        second.shows("連絡09").shows("取下げ02").hides("取下げ25").shows("同意を記録した");
        assert_eq!(first.body.matches("依頼を送った</h3>").count() + second.body.matches("依頼を送った</h3>").count(), 2, "each act once");
    }

    async fn the_call_stands_in_the_timeline_for_who_may_open_it_and_not_for_an_agency(w: World) {
        let user = w.sign_in("coordinator").await;
        let call = take(&user, &[("municipality", "142018"), ("route", "mine")]).await;
        let version = user.get(&format!("/consultations/{call}")).await.value("version");
        let screened = [
            ("version", version.as_str()), ("urgency", "week"), ("municipality", "142018"), ("consent_state", "oral"), ("outcome", "case_opened"), ("need_medical", "呼吸器の管理"),
        ];
        assert_eq!(user.post(&format!("/consultations/{call}/screen"), &screened).await.status, 303);
        let (lead, deputy) = (w.person("coordinator").await.to_string(), deputy(&w).await);
        let case = user.post(&format!("/consultations/{call}/open-case"), &fields(&lead, &deputy)).await.id();
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&user, &case, &site, "paper", "R8.11.24", &["identity", "plan"]).await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let team = [("person", member.as_str()), ("field", "medical"), ("function", "訪問看護"), ("since", "2026-11-24")];
        assert_eq!(user.post(&format!("/cases/{case}/team"), &team).await.status, 303);
        let path = format!("/cases/{case}/timeline");
        user.get(&path).await.shows("を受け付けた").shows(&format!("/consultations/{call}"));
        w.sign_in("supporter").await.get(&path).await.shows("同意を記録した").hides("を受け付けた").hides(&call);
    }

    async fn who_was_offered_the_lead_sees_no_referral_before_the_receipt(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "児発 こもれび", Kind::ChildDevelopment).await;
        ask(&user, &case, service, "logged").await.id();
        let to = w.person("coordinator2").await.to_string();
        assert_eq!(user.post(&format!("/cases/{case}/lead"), &[("to", &to), ("note", "転居のため")]).await.status, 303);
        let path = format!("/cases/{case}/timeline");
        user.get(&path).await.shows("依頼を送った");
        let offered = w.sign_in("coordinator2").await;
        offered.get(&path).await.shows("同意を記録した").hides("依頼を送った").hides("こもれび");
    }
}
