use crate::{
    area::Municipality,
    case::tests::{consent, open},
    exchange::directory::Kind,
    referral,
    testing::{Page, User, World},
};
use platform::{args, id::ResourceId};

/// Fields of an answer in order.
type Sent<'a> = &'a [(&'a str, &'a str)];

pub async fn ask(user: &User, case: &str, service: ResourceId, mode: &str) -> Page {
    let service = service.to_string();
    user.post(
        &format!("/cases/{case}/referrals/new"),
        &[("service", &service), ("request", "週2回の訪問看護"), ("wish", "午前"), ("mode", mode), ("act", "send")],
    )
    .await
}

/// A case, and a service without an account that has the consent to be asked.
pub async fn case_and_service(w: &World, user: &User, name: &str, kind: Kind) -> (String, ResourceId) {
    let case = open(w, user).await;
    let service = w.service(name, kind, Municipality::Yokosuka, None).await;
    let site = site_of(w, service).await;
    consent(w, user, &case, &site, "paper").await;
    (case, service)
}

pub async fn site_of(w: &World, service: ResourceId) -> String {
    let sql = "/* t */ SELECT organisation_id FROM service WHERE id = $1";
    let rows: Vec<(platform::id::OrganisationId,)> = w.all(sql, args![service]).await;
    rows[0].0.to_string()
}

async fn only_referral(w: &World) -> String {
    let rows: Vec<(platform::Uuid,)> =
        w.all("/* t */ SELECT id FROM referral ORDER BY created_at DESC, id DESC", vec![]).await;
    rows[0].0.to_string()
}

pub async fn waits(w: &World) -> Vec<String> {
    let rows: Vec<(String,)> =
        w.all("/* t */ SELECT kind FROM waiting WHERE object_kind = 'referral' ORDER BY kind", vec![]).await;
    rows.into_iter().map(|(k,)| k).collect()
}

both! {
    async fn the_loop_goes_from_request_to_reviewed_with_an_owner_at_every_step(w: World) {
        let (user, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await;
        let service = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
        consent(&w, &user, &case, &site.to_string(), "paper").await;
        let id = ask(&user, &case, service, "live").await.id();
        assert_eq!(waits(&w).await, ["referral_answer", "referral_answer", "referral_response"], "both seats of the agency, and the sender");
        nurse.get("/").await.shows("依頼に回答する").shows("髙橋 さくら");
        let answer = async |fields: Sent| nurse.post(&format!("/referrals/{id}/answer"), fields).await;
        answer(&[("answer", "decline")]).await.shows("受け入れられない理由");
        answer(&[("answering", "1")]).await.shows("回答を選んでください");
        assert_eq!(answer(&[("answer", "accept"), ("start_on", "2026-12-01")]).await.status, 303);
        assert_eq!(waits(&w).await, ["referral_answer", "referral_answer", "referral_start"]);
        user.get(&format!("/referrals/{id}")).await.shows("受入れ可").shows("12/1（火）17:00");
        assert_eq!(answer(&[("answer", "start"), ("start_on", "2026-11-24")]).await.status, 303);
        assert_eq!(answer(&[("answer", "report_outcome"), ("note", "吸引が落ち着いた")]).await.status, 303);
        assert_eq!(waits(&w).await, ["referral_review"]);
        user.get(&format!("/referrals/{id}")).await.shows("結果を確認する").shows("吸引が落ち着いた");
        let decide = format!("/referrals/{id}/decide");
        assert_eq!(user.post(&decide, &[("decision", "review"), ("note", "家族にも確かめた")]).await.status, 303);
        assert!(waits(&w).await.is_empty(), "the loop is closed");
        assert_eq!(user.post(&decide, &[("decision", "recall"), ("note", "x")]).await.status, 409);
        assert_eq!(nurse.get(&format!("/referrals/{id}")).await.status, 404, "the agency's access ended with the referral");
    }

    async fn nothing_that_names_a_child_goes_without_consent(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let service = w.service("児発 こもれび", Kind::ChildDevelopment, Municipality::Yokosuka, None).await;
        let refused = ask(&user, &case, service, "link").await;
        assert_eq!(refused.status, 422);
        refused.shows("有効な同意がありません").shows("週2回の訪問看護");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM referral").await, 0);
        let draft = user.post(&format!("/cases/{case}/referrals/new"), &[("service", &service.to_string()), ("request", "週2回"), ("mode", "link"), ("act", "draft")]).await;
        assert_eq!(user.post(&format!("/referrals/{}/send", draft.id()), &[]).await.status, 409);
        assert_eq!(waits(&w).await, ["referral_send"], "a draft waits too");
    }

    async fn only_the_asked_agency_answers_and_only_once(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await;
        let service = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
        consent(&w, &user, &case, &site.to_string(), "paper").await;
        let id = ask(&user, &case, service, "live").await.id();
        let path = format!("/referrals/{id}/answer");
        let accept = [("answer", "accept")];
        assert_eq!(w.sign_in("coordinator2").await.post(&path, &accept).await.status, 404);
        assert_eq!(w.sign_in("hospital").await.post(&path, &accept).await.status, 404);
        assert_eq!(user.post(&path, &accept).await.status, 403);
        let nurse = w.sign_in("supporter").await;
        let page = nurse.get(&format!("/referrals/{id}")).await;
        let (version, once) = (page.value("version"), page.value("once"));
        let sent = [("answer", "accept"), ("version", version.as_str()), ("once", once.as_str())];
        assert_eq!(nurse.post(&path, &sent).await.status, 303);
        assert_eq!(nurse.post(&path, &sent).await.status, 303, "the same form again is the same answer");
        assert_eq!(w.sign_in("manager").await.post(&path, &[("answer", "decline"), ("note", "満員"), ("version", &version)]).await.status, 409);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM referral_event WHERE move = 'accept'").await, 1);
    }

    async fn a_live_referral_offers_to_be_tracked_and_a_declined_one_is_sent_again(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "短期入所 いそべ", Kind::ShortStay).await;
        let first = ask(&user, &case, service, "logged").await.id();
        user.get(&format!("/cases/{case}/referrals/new?service={service}")).await.shows("すでに依頼しています").shows(&first);
        assert_eq!(ask(&user, &case, service, "logged").await.status, 409);
        let log = format!("/referrals/{first}/log");
        user.post(&log, &[("answer", "decline"), ("note", "満床")]).await.shows("だれから、どうやって");
        assert_eq!(user.post(&log, &[("answer", "decline"), ("note", "満床"), ("said_by", "受付の方から電話")]).await.status, 303);
        assert_eq!(waits(&w).await, ["referral_decide"], "a refusal is not the end of the work");
        user.get(&format!("/referrals/{first}")).await.shows("もう一度頼む").shows("満床");
        let again = user.post(&format!("/cases/{case}/referrals/new"), &[("service", &service.to_string()), ("request", "来月では"), ("mode", "logged"), ("act", "send"), ("replaces", &first)]).await.id();
        assert_eq!(waits(&w).await, ["referral_response"]);
        user.get(&format!("/referrals/{again}")).await.shows("前の依頼").shows("満床");
        let twice = user.post(&format!("/cases/{case}/referrals/new"), &[("service", &service.to_string()), ("request", "x"), ("mode", "logged"), ("act", "draft"), ("replaces", &first)]).await;
        assert_eq!(twice.status, 409);
    }

    async fn a_one_time_link_needs_its_code_and_works_once(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "児発 こもれび", Kind::ChildDevelopment).await;
        let (path, code) = link_of(&ask(&user, &case, service, "link").await);
        let agency = w.nobody();
        agency.get(&path).await.shows("番号を入力してください").hides("さくら");
        assert_eq!(agency.get("/answer/000000000000000000000000000000000000000000000000").await.status, 404, "a guessed link");
        let wrong = agency.post(&path, &[("code", "000000x")]).await;
        assert_eq!(wrong.status, 422);
        wrong.shows("あと4回");
        agency.post(&path, &[("code", &code)]).await.shows("髙橋 さくら").shows("週2回の訪問看護").hides("みどり");
        agency.post(&path, &[("code", &code), ("answer", "waitlist")]).await.shows("待つ見込みと理由");
        agency.post(&path, &[("code", &code), ("answering", "1")]).await.shows("回答を選んでください");
        agency.post(&path, &[("code", &code), ("answer", "accept"), ("note", "木曜に")]).await.shows("回答を受け取りました");
        let used = agency.post(&path, &[("code", &code), ("answer", "decline"), ("note", "x")]).await;
        assert_eq!(used.status, 410);
        user.get(&format!("/referrals/{}", only_referral(&w).await)).await.shows("受入れ可").shows("リンクで回答").shows("木曜に");
        let entry: Vec<(String, String)> = w.all("/* t */ SELECT act, basis FROM journal WHERE act = $1", args!["referral.answer_by_link"]).await;
        assert_eq!(entry.len(), 2, "opened and answered");
    }

    async fn five_wrong_codes_a_newer_link_or_time_end_a_link(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "児発 こもれび", Kind::ChildDevelopment).await;
        let (first, code) = link_of(&ask(&user, &case, service, "link").await);
        let agency = w.nobody();
        for left in [422, 422, 422, 422, 410] {
            assert_eq!(agency.post(&first, &[("code", "abcdef")]).await.status, left);
        }
        assert_eq!(agency.post(&first, &[("code", &code)]).await.status, 410, "the right code comes too late");
        let id = only_referral(&w).await;
        let (second, code) = link_of(&user.post(&format!("/referrals/{id}/link"), &[]).await);
        let (third, newest) = link_of(&user.post(&format!("/referrals/{id}/link"), &[]).await);
        assert_eq!(agency.post(&second, &[("code", &code)]).await.status, 410, "a newer link was made");
        w.advance_hours(24 * 7);
        assert_eq!(agency.post(&third, &[("code", &newest)]).await.status, 410, "a week is over");
        w.advance_hours(24 * 366);
        let late = w.sign_in("coordinator").await.post(&format!("/referrals/{id}/link"), &[]).await;
        assert_eq!(late.status, 409, "the consent ran out a moment ago, before the clock has ended anything");
        late.shows("有効な同意がありません");
    }

    async fn what_nobody_moves_is_told_to_lead_deputy_and_area_once_each(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "短期入所 いそべ", Kind::ShortStay).await;
        let id = ask(&user, &case, service, "logged").await.id();
        assert_eq!(referral::escalate(&w.app).await.expect("runs"), 0, "not due yet");
        let mut levels = Vec::new();
        for day in 0..16 {
            w.advance_hours(24);
            referral::escalate(&w.app).await.expect("runs");
            let rows: Vec<(String,)> = w.all("/* t */ SELECT level FROM referral_escalation ORDER BY at, level", vec![]).await;
            if rows.len() > levels.len() {
                levels = rows.into_iter().map(|(l,)| l).collect();
                levels.sort();
            }
            let _ = day;
        }
        assert_eq!(levels, ["area", "deputy", "lead"]);
        let user = w.sign_in("coordinator").await;
        user.get(&format!("/referrals/{id}")).await.shows("期限を過ぎています").shows("副担当へ");
        let home = user.get("/").await;
        home.shows("期限を過ぎたつなぎを動かす").shows("待っている返答はありません");
        assert_eq!(home.body.matches(&format!("/referrals/{id}\"")).count(), 1, "what asks the lead to move stands once");
        assert_eq!(user.get("/board").await.body.matches(&format!("/referrals/{id}\"")).count(), 2, "the board has both");
        assert_eq!(user.post(&format!("/referrals/{id}/log"), &[("answer", "accept"), ("said_by", "電話")]).await.status, 303);
        assert_eq!(waits(&w).await, ["referral_start"], "an answer ends the escalations");
    }

    async fn a_case_with_live_referrals_is_not_closed(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let service = w.service("短期入所 いそべ", Kind::ShortStay, Municipality::Yokosuka, None).await;
        let draft = user.post(&format!("/cases/{case}/referrals/new"), &[("service", &service.to_string()), ("request", "月1回"), ("mode", "logged"), ("act", "draft")]).await.id();
        let close = [("move", "close"), ("close_reason", "moved"), ("on", "R8.11.24")];
        let refused = user.post(&format!("/cases/{case}/move"), &close).await;
        assert_eq!(refused.status, 409);
        refused.shows("続いているつなぎが1件");
        assert_eq!(user.post(&format!("/referrals/{draft}/decide"), &[("decision", "recall"), ("note", "転居")]).await.status, 303);
        assert_eq!(user.post(&format!("/cases/{case}/move"), &close).await.status, 303);
    }
}

both! {
    async fn who_waits_or_starts_later_says_until_when_and_is_asked_again_then(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "短期入所 いそべ", Kind::ShortStay).await;
        let id = ask(&user, &case, service, "logged").await.id();
        let log = async |fields: Sent| {
            let mut all = fields.to_vec();
            all.push(("said_by", "受付から電話"));
            user.post(&format!("/referrals/{id}/log"), &all).await
        };
        let due = async || w.all::<(platform::Timestamp,)>("/* t */ SELECT due_at FROM waiting WHERE object_kind = 'referral'", vec![]).await[0].0.to_string();
        assert_eq!(log(&[("answer", "keep_waiting"), ("start_on", "2027-03-31"), ("note", "年度末")]).await.status, 409, "it does not wait yet");
        assert_eq!(log(&[("answer", "waitlist"), ("note", "5人待ち")]).await.status, 303);
        log(&[("answer", "keep_waiting"), ("start_on", "2026-01-01"), ("note", "年度末")]).await.shows("今日以降の日付").shows("年度末");
        log(&[("answer", "keep_waiting"), ("note", "年度末")]).await.shows("次に確かめる日を入力してください").hides("今日以降");
        assert_eq!(log(&[("answer", "keep_waiting"), ("start_on", "2027-03-31"), ("note", "年度末に空く見込み")]).await.status, 303);
        assert_eq!(due().await, "2027-03-31T08:00:00Z");
        assert_eq!(log(&[("answer", "accept"), ("start_on", "2027-04-01")]).await.status, 303);
        assert_eq!(log(&[("answer", "postpone"), ("start_on", "2027-05-06"), ("note", "職員の研修")]).await.status, 303);
        assert_eq!(due().await, "2027-05-06T08:00:00Z");
        assert_eq!(waits(&w).await, ["referral_start"]);
        user.get(&format!("/referrals/{id}")).await.shows("まだ待機と回答").shows("開始が延びると回答").shows("職員の研修");
    }

    async fn a_withdrawn_or_expired_consent_ends_links_referrals_and_access_together(w: World) {
        let (user, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await;
        let live = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
        let linked = w.service("児発 こもれび", Kind::ChildDevelopment, Municipality::Yokosuka, None).await;
        consent(&w, &user, &case, &site.to_string(), "paper").await;
        consent(&w, &user, &case, &site_of(&w, linked).await, "paper").await;
        let id = ask(&user, &case, live, "live").await.id();
        let (link, code) = link_of(&ask(&user, &case, linked, "link").await);
        nurse.get(&format!("/referrals/{id}")).await.shows("髙橋 さくら");
        let given: Vec<(platform::Uuid,)> = w
            .all("/* t */ SELECT c.id FROM consent c JOIN consent_scope s ON s.consent_id = c.id WHERE s.organisation_id = $1 LIMIT 1", args![site])
            .await;
        let withdraw = [("consent", given[0].0.to_string()), ("reason", "家族の申し出".to_owned())];
        let withdraw: Vec<(&str, &str)> = withdraw.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(user.post(&format!("/cases/{case}/consents/withdraw"), &withdraw).await.status, 303);
        assert_eq!(nurse.get(&format!("/referrals/{id}")).await.status, 404);
        user.get(&format!("/referrals/{id}")).await.shows("取下げ").shows("同意の取りやめ");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind = 'referral_answer'").await, 0);
        assert_eq!(user.post(&format!("/referrals/{id}/log"), &[("answer", "accept"), ("said_by", "電話")]).await.status, 409);

        w.nobody().get(&link).await.shows("番号を入力してください");
        w.advance_hours(24 * 366);
        assert_eq!(referral::end_run_out(&w.app).await.expect("runs"), 1);
        assert_eq!(w.nobody().post(&link, &[("code", &code)]).await.status, 410, "the consent ran out");
        assert_eq!(referral::end_run_out(&w.app).await.expect("runs"), 0, "once");
    }

    async fn a_supporter_of_the_team_can_still_answer_for_the_agency(w: World) {
        let (user, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await;
        let service = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
        consent(&w, &user, &case, &site.to_string(), "paper").await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let team = [("person", member.as_str()), ("field", "medical"), ("function", "訪問看護"), ("since", "2026-11-24")];
        assert_eq!(user.post(&format!("/cases/{case}/team"), &team).await.status, 303);
        let id = ask(&user, &case, service, "live").await.id();
        nurse.get(&format!("/referrals/{id}")).await.shows("回答を送る");
        assert_eq!(nurse.post(&format!("/referrals/{id}/answer"), &[("answer", "accept")]).await.status, 303);
    }

    async fn a_refused_answer_gives_the_typed_text_back(w: World) {
        let user = w.sign_in("coordinator").await;
        let (case, service) = case_and_service(&w, &user, "短期入所 いそべ", Kind::ShortStay).await;
        let id = ask(&user, &case, service, "logged").await.id();
        let stale = [("answer", "decline"), ("note", "長い理由の文章をここに書いた"), ("said_by", "受付から電話"), ("version", "0")];
        let refused = user.post(&format!("/referrals/{id}/log"), &stale).await;
        assert_eq!(refused.status, 409);
        refused.shows("長い理由の文章をここに書いた").shows("受付から電話");
        user.post("/sign-out", &[]).await;
        let late = user.post(&format!("/referrals/{id}/log"), &stale).await;
        assert_eq!(late.status, 401);
        late.shows("サインインの時間が切れていた").shows("長い理由の文章をここに書いた");
    }
}

/// Path and code from the page that shows them once.
fn link_of(page: &Page) -> (String, String) {
    assert_eq!(page.status, 200, "{}", page.text());
    let between = |from: &str, to: &str| {
        let at = page.body.find(from).expect("shown once") + from.len();
        page.body[at..].split(to).next().unwrap_or("").to_owned()
    };
    (between("<code id=\"link\">", "<").replace("http://", ""), between("<b id=\"code\">", "<"))
}
