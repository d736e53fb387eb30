use crate::{
    case::tests::{consent_to, open},
    testing::{User, World},
};
use tsumugi::{area::Municipality, exchange::directory::Kind};

/// A case with a family, an entry of the lead, and a referral to another agency; the visiting nurse of うみかぜ is in the team by a
/// consent that names `categories`. Gives the case and the referral.
async fn shared(w: &World, lead: &User, categories: &[&str]) -> (String, String) {
    let case = open(w, lead).await;
    let site = w.organisation("うみかぜ").await.to_string();
    consent_to(lead, &case, &site, "paper", "R8.11.24", categories).await;
    let member = format!("{}.{site}", w.person("supporter").await);
    let team = [("person", member.as_str()), ("field", "medical"), ("function", "訪問看護"), ("since", "2026-11-24")];
    assert_eq!(lead.post(&format!("/cases/{case}/team"), &team).await.status, 303);
    let entry = [
        ("kind", "contact"),
        ("title", "学校と話した"),
        ("body", "通学の車のこと"),
        ("minutes", "10"),
        ("paid_by", "entrusted"),
    ];
    assert_eq!(lead.post(&format!("/cases/{case}/timeline"), &entry).await.status, 303);
    let service = w.service("児発 こもれび", Kind::ChildDevelopment, Municipality::Yokosuka, None).await;
    let other: Vec<(platform::id::OrganisationId,)> =
        w.all("/* t */ SELECT organisation_id FROM service WHERE id = $1", platform::args![service]).await;
    consent_to(lead, &case, &other[0].0.to_string(), "paper", "R8.11.24", &["identity", "care"]).await;
    let ask = [
        ("service", service.to_string()),
        ("request", "週2回の通所".to_owned()),
        ("mode", "logged".to_owned()),
        ("act", "send".to_owned()),
    ];
    let ask: Vec<(&str, &str)> = ask.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let referral = lead.post(&format!("/cases/{case}/referrals/new"), &ask).await.id();
    (case, referral)
}

/// What the nurse sees, wherever it could be seen: care, family, others' plans.
async fn seen_by(nurse: &User, case: &str, referral: &str) -> (bool, bool, bool) {
    let mut all = String::new();
    for path in [
        format!("/cases/{case}"),
        format!("/cases/{case}/timeline"),
        format!("/cases/{case}/referrals"),
        format!("/cases/{case}/team"),
        format!("/cases/{case}/consents"),
        "/cases".to_owned(),
        "/referrals?state=all".to_owned(),
        "/".to_owned(),
        "/board".to_owned(),
        "/search?q=%E3%81%9F%E3%81%8B".to_owned(),
    ] {
        let page = nurse.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        all.push_str(&page.body);
    }
    assert!(all.contains("さくら"), "the name is always told");
    let other = nurse.get(&format!("/referrals/{referral}")).await;
    if other.status == 200 {
        all.push_str(&other.body);
    }
    let plans = [all.contains("学校と話した"), all.contains("こもれび"), other.status == 200];
    assert!(plans.iter().all(|p| *p == plans[0]), "{plans:?}");
    (all.contains("人工呼吸器"), all.contains("髙橋 みどり"), plans[0])
}

both! {
    async fn a_member_of_the_team_sees_what_the_family_agreed_to_and_nothing_else(w: World) {
        let lead = w.sign_in("coordinator").await;
        for (categories, wanted) in [
            (&["identity"][..], (false, false, false)),
            (&["identity", "care"], (true, false, false)),
            (&["identity", "family"], (false, true, false)),
            (&["identity", "plan"], (false, false, true)),
            (&["identity", "care", "family", "plan", "documents"], (true, true, true)),
        ] {
            let w = if w.db.engine() == platform::db::Engine::Sqlite { World::sqlite().await } else { World::postgres().await };
            let lead = w.sign_in("coordinator").await;
            let (case, referral) = shared(&w, &lead, categories).await;
            assert_eq!(seen_by(&w.sign_in("supporter").await, &case, &referral).await, wanted, "{categories:?}");
            assert_eq!(seen_by(&lead, &case, &referral).await, (true, true, true), "the lead");
        }
        assert_eq!(lead.get("/cases").await.status, 200);
    }
}

both! {
    async fn ones_own_records_stay_in_sight_and_others_cannot_be_opened_by_their_address(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = shared(&w, &lead, &["identity", "care"]).await;
        let nurse = w.sign_in("supporter").await;
        let path = format!("/cases/{case}/timeline");
        let entry = [("kind", "visit"), ("title", "吸引の手技"), ("body", "母と確かめた"), ("minutes", "40"), ("paid_by", "entrusted")];
        let written = nurse.post(&path, &entry).await;
        assert!(written.status == 303, "{}", written.text());
        nurse.get(&path).await.shows("吸引の手技").hides("学校と話した").shows("同意の範囲外");
        nurse.get(&format!("{path}?q=%E5%AD%A6%E6%A0%A1")).await.hides("学校と話した");
        lead.get(&path).await.shows("吸引の手技").shows("学校と話した");
        let theirs: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT e.id FROM timeline_entry e JOIN person p ON p.id = e.author_id WHERE p.name = '相模野 瑞希'", vec![]).await;
        let unknown = nurse.get(&format!("{path}/01990000-0000-7000-8000-000000000000/correct")).await;
        let other = nurse.get(&format!("{path}/{}/correct", theirs[0].0)).await;
        assert_eq!((other.status, &other.body), (404, &unknown.body));
    }
}

both! {
    async fn a_narrower_or_ended_consent_counts_on_the_next_request(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, referral) = shared(&w, &lead, &["identity", "care", "family", "plan"]).await;
        let nurse = w.sign_in("supporter").await;
        assert_eq!(seen_by(&nurse, &case, &referral).await, (true, true, true));
        // A second, narrower consent, and the wide one is taken back: the narrow one is what counts.
        let site = w.organisation("うみかぜ").await.to_string();
        let wide: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT consent_id FROM consent_scope WHERE category = 'plan'", vec![]).await;
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        let withdraw = [("consent", wide[0].0.to_string()), ("reason", "経過は伝えないでほしい".to_owned())];
        let withdraw: Vec<(&str, &str)> = withdraw.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let path = format!("/cases/{case}/consents/withdraw");
        let done = lead.post(&path, &withdraw).await;
        assert_eq!(done.status, 303, "{}", done.text());
        assert_eq!(seen_by(&nurse, &case, &referral).await, (true, false, false));
    }
}

both! {
    async fn a_childcare_worker_does_not_see_the_family_although_the_consent_names_it(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, referral) = shared(&w, &lead, &["identity", "care", "family", "plan"]).await;
        let mut tx = w.db.begin().await.expect("a transaction");
        let sql = "/* t */ UPDATE person SET profession = 'childcare' WHERE id = $1";
        tx.exec(sql, platform::args![w.person("supporter").await]).await.expect("changed");
        tx.commit().await.expect("saved");
        assert_eq!(seen_by(&w.sign_in("supporter").await, &case, &referral).await, (true, false, true));
    }
}

both! {
    async fn why_a_consent_for_another_agency_was_taken_back_is_not_told(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = shared(&w, &lead, &["identity", "family", "plan"]).await;
        let other: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT consent_id FROM consent_scope WHERE category = 'care'", vec![]).await;
        let back = [("consent", other[0].0.to_string()), ("reason", "祖母に知られたくない".to_owned())];
        let back: Vec<(&str, &str)> = back.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(lead.post(&format!("/cases/{case}/consents/withdraw"), &back).await.status, 303);
        let nurse = w.sign_in("supporter").await;
        for path in [format!("/cases/{case}/timeline"), format!("/cases/{case}/consents")] {
            lead.get(&path).await.shows("祖母に知られたくない");
            nurse.get(&path).await.hides("祖母に知られたくない");
        }
    }
}

both! {
    async fn an_officer_does_not_see_what_the_coordinator_of_the_same_town_hall_wrote_beyond_the_consent(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = shared(&w, &lead, &["identity"]).await;
        let hall: Vec<(platform::id::OrganisationId,)> =
            w.all("/* t */ SELECT id FROM organisation WHERE code = $1", platform::args!["142018"]).await;
        consent_to(&lead, &case, &hall[0].0.to_string(), "paper", "R8.11.24", &["identity"]).await;
        let paper = [("title", "所得の証明"), ("kind", "other"), ("category", "plan")];
        assert_eq!(lead.upload_with(&format!("/cases/{case}/documents"), &paper, "a.txt", b"x").await.status, 303);
        let id: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM document", vec![]).await;
        for key in ["city", "privacy"] {
            let officer = w.sign_in(key).await;
            for path in ["", "/timeline", "/referrals", "/documents", "/team", "/consents"] {
                let page = officer.get(&format!("/cases/{case}{path}")).await;
                assert_eq!(page.status, 200, "{key} {path}");
                page.hides("学校と話した").hides("通学の車").hides("所得の証明").hides("こもれび");
            }
            assert_eq!(officer.get(&format!("/documents/{}", id[0].0)).await.status, 404, "{key}");
            officer.get("/board").await.hides("こもれび");
        }
    }
}
