use crate::{
    area::Municipality,
    case::tests::{consent, deputy, fields, open},
    consent as consents,
    exchange::directory::Kind,
    referral::{
        self,
        tests::{ask, case_and_service, site_of, waits},
    },
    testing::{User, World},
};
use platform::args;

async fn emergency(user: &User, case: &str, site: &str) {
    let told = [("organisation", site), ("reason", "呼吸が止まりかけて救急車を呼んだ")];
    assert_eq!(user.post(&format!("/cases/{case}/emergency"), &told).await.status, 303);
}

both! {
    async fn an_emergency_carries_its_referral_although_an_old_consent_ran_out(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "訪看 なみおと", Kind::HomeNursing).await;
        w.advance_hours(24 * 400);
        let user = w.sign_in("coordinator").await;
        emergency(&user, &case, &site_of(&w, service).await).await;
        let id = ask(&user, &case, service, "logged").await.id();
        assert_eq!(referral::end_run_out(&w.app).await.expect("runs"), 0);
        user.get(&format!("/referrals/{id}")).await.shows("回答待ち");
        w.advance_hours(24 * 8);
        assert_eq!(referral::end_run_out(&w.app).await.expect("runs"), 1, "seven days later nothing carries it");
        let user = w.sign_in("coordinator").await;
        user.get("/").await.shows("同意が切れた機関との関わりを見直す");
        user.get(&format!("/cases/{case}/consents")).await.shows("同意が切れた機関があります");
        assert_eq!(user.post(&format!("/cases/{case}/consents/ended"), &[]).await.status, 303);
        user.get("/").await.hides("同意が切れた機関");
    }

    async fn looking_for_an_agency_in_an_emergency_keeps_what_was_typed_and_writes_who_looked(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        w.service("訪看 なみおと", Kind::HomeNursing, Municipality::Yokosuka, None).await;
        let sql = "/* t */ SELECT COUNT(*) FROM journal WHERE act = 'consent.emergency'";
        let typed = [("agency", "なみおと"), ("reason", "呼吸が止まりかけた"), ("searching", "1")];
        let page = user.post(&format!("/cases/{case}/emergency"), &typed).await;
        assert_eq!(page.status, 200);
        page.shows("訪看 なみおと").shows("呼吸が止まりかけた").shows("<details class=\"fold\" open><summary>緊急時に");
        assert_eq!(w.count(sql).await, 1);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM emergency_disclosure").await, 0, "nothing is told yet");
    }

    async fn an_agency_whose_consent_ended_does_not_come_back_with_the_outcome(w: World) {
        let (user, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await;
        let service = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
        consent(&w, &user, &case, &site.to_string(), "paper").await;
        let id = ask(&user, &case, service, "live").await.id();
        let answer = format!("/referrals/{id}/answer");
        assert_eq!(nurse.post(&answer, &[("answer", "accept")]).await.status, 303);
        assert_eq!(nurse.post(&answer, &[("answer", "start"), ("start_on", "2026-11-24")]).await.status, 303);
        w.advance_hours(24 * 366);
        assert_eq!(referral::end_run_out(&w.app).await.expect("runs"), 1);
        assert_eq!(referral::end_run_out(&w.app).await.expect("runs"), 0, "once");
        let (user, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        assert_eq!(nurse.get(&format!("/referrals/{id}")).await.status, 404);
        nurse.get("/").await.hides("依頼に回答する");
        let log = [("answer", "report_outcome"), ("note", "続いている"), ("said_by", "管理者から電話")];
        assert_eq!(user.post(&format!("/referrals/{id}/log"), &log).await.status, 303);
        assert_eq!(nurse.get(&format!("/referrals/{id}")).await.status, 404, "an outcome by telephone gives no view back");
        assert_eq!(waits(&w).await, ["referral_review"]);
    }

    async fn a_next_referral_that_is_thrown_away_leaves_the_refusal_to_be_decided(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "短期入所 いそべ", Kind::ShortStay).await;
        let first = ask(&user, &case, service, "logged").await.id();
        let no = [("answer", "decline"), ("note", "満床"), ("said_by", "受付から電話")];
        assert_eq!(user.post(&format!("/referrals/{first}/log"), &no).await.status, 303);
        let again = [("service", service.to_string()), ("request", "来月では".to_owned()), ("mode", "logged".to_owned()), ("act", "draft".to_owned()), ("replaces", first.clone())];
        let again: Vec<(&str, &str)> = again.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let draft = user.post(&format!("/cases/{case}/referrals/new"), &again).await.id();
        assert_eq!(waits(&w).await, ["referral_send"]);
        let close = [("move", "close"), ("close_reason", "moved"), ("on", "R8.11.24")];
        assert_eq!(user.post(&format!("/referrals/{draft}/decide"), &[("decision", "mistake"), ("note", "相手を間違えた")]).await.status, 303);
        assert_eq!(waits(&w).await, ["referral_decide"]);
        user.get(&format!("/referrals/{first}")).await.shows("次の手を決める");
        assert_eq!(user.post(&format!("/cases/{case}/move"), &close).await.status, 409, "nor is the case closed over it");
        assert_eq!(user.post(&format!("/referrals/{first}/decide"), &[("decision", "settle"), ("note", "家族が見送る")]).await.status, 303);
        assert_eq!(user.post(&format!("/cases/{case}/move"), &close).await.status, 303);
    }

    async fn a_new_deputy_does_not_get_the_lead_that_was_offered_to_the_old_one(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let old = deputy(&w).await;
        assert_eq!(user.post(&format!("/cases/{case}/lead"), &[("to", &old), ("note", "異動のため")]).await.status, 303);
        let (lead, new) = (w.person("coordinator").await.to_string(), w.person("coordinator2").await.to_string());
        let version = user.get(&format!("/cases/{case}/edit")).await.value("version");
        let mut edit = fields(&lead, &new);
        edit.push(("version", &version));
        assert_eq!(user.post(&format!("/cases/{case}/edit"), &edit).await.status, 303);
        let sql = "/* t */ SELECT subject_id FROM waiting WHERE kind = 'lead_transfer'";
        let rows: Vec<(platform::Uuid,)> = w.all(sql, vec![]).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].0.to_string(), old, "it was offered to this person");
    }

    async fn a_city_sees_a_case_from_the_first_day_of_its_consent_and_not_by_an_old_one(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let sql = "/* t */ SELECT id FROM organisation WHERE code = $1";
        let city: Vec<(platform::id::OrganisationId,)> = w.all(sql, args!["142018"]).await;
        let city = city[0].0.to_string();
        let form = user.get(&format!("/cases/{case}/consents/new?recipient={city}")).await;
        let (giver, lead) = (form.value("given_by"), w.person("coordinator").await.to_string());
        let record = async |starts: &str, ends: &str| {
            let fields = [
                ("recipient", city.as_str()), ("given_by", giver.as_str()), ("explained_by", lead.as_str()), ("given_on", "2025-04-01"),
                ("form_version", "第1版"), ("method", "paper"), ("purpose", "coordination"), ("category", "identity"), ("starts", starts), ("ends", ends),
            ];
            let page = user.post(&format!("/cases/{case}/consents/new"), &fields).await;
            assert_eq!(page.status, 303, "{}", page.text());
        };
        let sees = async || w.sign_in("city").await.get(&format!("/cases/{case}")).await.status;
        record("2025-04-01", "2026-03-31").await;
        assert_eq!(sees().await, 404, "it ended in spring");
        record("2026-12-01", "2027-11-30").await;
        assert_eq!(consents::begin_due(&w.app).await.expect("runs"), 0);
        assert_eq!(sees().await, 404, "it begins next week");
        w.advance_hours(24 * 8);
        assert_eq!(consents::begin_due(&w.app).await.expect("runs"), 2, "the officer and the privacy officer");
        assert_eq!(consents::begin_due(&w.app).await.expect("runs"), 0, "once");
        assert_eq!(sees().await, 200);
    }

    async fn a_draft_is_its_senders_own_also_before_an_agency_of_the_team(w: World) {
        let (user, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await;
        let service = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await.to_string();
        consent(&w, &user, &case, &site.to_string(), "paper").await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let team = [("person", member.as_str()), ("field", "medical"), ("function", "訪問看護"), ("since", "2026-11-24")];
        assert_eq!(user.post(&format!("/cases/{case}/team"), &team).await.status, 303);
        let draft = [("service", service.as_str()), ("request", "まだ迷っていること"), ("mode", "live"), ("act", "draft")];
        let id = user.post(&format!("/cases/{case}/referrals/new"), &draft).await.id();
        user.get("/referrals?state=all").await.shows(&id);
        for path in ["/referrals?state=all".to_owned(), format!("/cases/{case}/referrals"), format!("/cases/{case}"), format!("/cases/{case}/timeline")] {
            nurse.get(&path).await.hides(&id);
        }
        assert_eq!(nurse.get(&format!("/referrals/{id}")).await.status, 404);
        assert_eq!(user.post(&format!("/referrals/{id}/send"), &[]).await.status, 303);
        nurse.get(&format!("/referrals/{id}")).await.shows("まだ迷っていること");
    }
}
