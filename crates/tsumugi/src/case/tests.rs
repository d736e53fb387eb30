use crate::testing::{User, World};
use platform::args;

/// Fields of a case with a guardian; `lead` and `deputy` are ids of people.
pub fn fields<'a>(lead: &'a str, deputy: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", "髙橋 さくら"),
        ("kana", "たかはし さくら"),
        ("birth", "R6.7.3"),
        ("sex", "female"),
        ("municipality", "142018"),
        ("residence", "home"),
        ("care", "ventilator"),
        ("care", "suction"),
        ("lead", lead),
        ("deputy", deputy),
        ("status", "active"),
        ("guardian_name", "髙橋 みどり"),
        ("guardian_kana", "たかはし みどり"),
        ("guardian_relation", "mother"),
        ("is_guardian", "1"),
        ("together", "1"),
        ("custody", "full"),
    ]
}

pub async fn open(w: &World, user: &User) -> String {
    let (lead, deputy) = (w.person("coordinator").await.to_string(), deputy(w).await);
    user.post("/cases/new", &fields(&lead, &deputy)).await.id()
}

/// The second coordinator of 横須賀市.
pub async fn deputy(w: &World) -> String {
    let rows: Vec<(platform::id::PersonId,)> =
        w.all("/* t */ SELECT id FROM person WHERE name = $1", args!["久里浜 なお"]).await;
    rows[0].0.to_string()
}

both! {
    async fn an_opened_case_is_seen_by_lead_deputy_and_area_and_by_nobody_else(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = open(&w, &user).await;
        user.get(&format!("/cases/{id}")).await.shows("髙橋 さくら").shows("2歳4か月").shows("人工呼吸器").shows("R8-0001").shows("髙橋 みどり");
        let rows: Vec<(String,)> = w.all("/* t */ SELECT relation FROM case_access ORDER BY relation", vec![]).await;
        assert_eq!(rows.iter().map(|(r,)| r.as_str()).collect::<Vec<_>>(), ["area", "deputy", "lead"]);
        let unknown = "/cases/01990000-0000-7000-8000-000000000000";
        for key in ["coordinator2", "supporter", "city", "city2", "prefecture", "supervisor", "hospital", "family", "auditor", "admin"] {
            let stranger = w.sign_in(key).await;
            let (theirs, none) = (stranger.get(&format!("/cases/{id}")).await, stranger.get(unknown).await);
            assert_eq!((theirs.status, &theirs.body), (404, &none.body), "{key}");
        }
    }

    async fn a_case_is_found_by_kana_prefix_by_variant_and_by_part_of_the_name(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = open(&w, &user).await;
        for q in ["たか", "タカハシ", "ﾀｶﾊｼ", "高橋", "髙橋さくら", "橋さ", "さくら", "はしさ"] {
            user.get(&format!("/search?q={}", form_urlencoded::byte_serialize(q.as_bytes()).collect::<String>())).await.shows(&id);
        }
        for q in ["zzz", "たかさくら", "高くら"] {
            // Both ends of the text stand in the name, but not the text.
            user.get(&format!("/search?q={}", form_urlencoded::byte_serialize(q.as_bytes()).collect::<String>())).await.hides(&id);
        }
        for number in ["R8-0001", "r8-1", "2026-1"] {
            user.get(&format!("/search?q={number}")).await.shows(&id);
            w.sign_in("coordinator2").await.get(&format!("/search?q={number}")).await.hides(&id).hides("さくら");
        }
        w.sign_in("coordinator2").await.get("/search?q=たかはし").await.hides(&id).hides("さくら");
    }

    async fn a_possible_match_is_named_inside_the_area_and_only_counted_outside(w: World) {
        let user = w.sign_in("coordinator").await;
        open(&w, &user).await;
        user.post("/consultations/matches", &[("child_name", "高橋"), ("child_kana", "")]).await.shows("髙橋 さくら").shows("R6.7.3");
        w.sign_in("coordinator2").await.post("/consultations/matches", &[("child_name", "高橋さくら")]).await
            .shows("可能性のあるケースがあります").hides("さくら").hides("横須賀市");
    }

    async fn lead_and_deputy_are_two_coordinators(w: World) {
        let user = w.sign_in("coordinator").await;
        let (lead, city) = (w.person("coordinator").await.to_string(), w.person("city").await.to_string());
        user.post("/cases/new", &fields(&lead, &lead)).await.shows("主担当と別の人");
        user.post("/cases/new", &fields(&lead, &city)).await.shows("いまコーディネーターではありません").shows("たかはし さくら");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM child_case").await, 0);
    }

    async fn abuse_21_two_people_edit_one_case_and_the_second_sees_both_versions(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = open(&w, &user).await;
        let deputy = deputy(&w).await;
        let lead = w.person("coordinator").await.to_string();
        let version = user.get(&format!("/cases/{id}/edit")).await.value("version");
        let edit = |note: &'static str| {
            let (lead, deputy, version) = (lead.clone(), deputy.clone(), version.clone());
            let (user, id) = (user.clone(), id.clone());
            async move {
                let mut f = fields(&lead, &deputy);
                f.push(("residence_note", note));
                f.push(("version", &version));
                user.post(&format!("/cases/{id}/edit"), &f).await
            }
        };
        assert_eq!(edit("一番目の補足").await.status, 303);
        let second = edit("二番目の補足").await;
        assert_eq!(second.status, 409);
        second.shows("ほかの人が先に直しました").shows("一番目の補足").shows("二番目の補足");
        user.get(&format!("/cases/{id}")).await.shows("一番目の補足");
    }

    async fn the_lead_is_handed_over_with_a_receipt_and_the_work_goes_along(w: World) {
        let (from, to) = (w.sign_in("coordinator").await, w.sign_in("coordinator2").await);
        let id = open(&w, &from).await;
        let (to_id, from_id) = (w.person("coordinator2").await, w.person("coordinator").await);
        let offer = from.post(&format!("/cases/{id}/lead"), &[("to", &to_id.to_string()), ("note", "転居の予定があります。")]).await;
        assert_eq!(offer.status, 303);
        from.get(&format!("/cases/{id}")).await.shows("主担当の引継ぎが受取り待ち").shows("主担当 <b>相模野 瑞希");
        to.get(&format!("/cases/{id}")).await.shows("主担当を受け取る");
        assert_eq!(from.post(&format!("/cases/{id}/lead/receive"), &[("answer", "receive")]).await.status, 403);
        assert_eq!(to.post(&format!("/cases/{id}/lead/receive"), &[("answer", "receive")]).await.status, 303);
        to.get(&format!("/cases/{id}")).await.shows("主担当 <b>逗葉 あおい");
        let leads: Vec<(platform::id::SubjectId,)> =
            w.all("/* t */ SELECT subject_id FROM case_access WHERE relation = 'lead' AND until IS NULL", vec![]).await;
        assert_eq!(leads, [(to_id.into(),)]);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting").await, 0);
        assert_ne!(to_id, from_id);
    }

    async fn closing_leaves_no_access_no_team_and_no_waiting_behind(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = open(&w, &user).await;
        let path = format!("/cases/{id}/move");
        user.post(&path, &[("move", "close"), ("close_reason", "moved"), ("on", "2026-12-31")]).await.shows("今日より後");
        assert_eq!(user.post(&path, &[("move", "close"), ("close_reason", "moved"), ("on", "R8.11.24")]).await.status, 303);
        user.get(&format!("/cases/{id}")).await.shows("終結").shows("再開する");
        assert_eq!(user.post(&path, &[("move", "hold"), ("reason", "x")]).await.status, 409);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE case_id IS NOT NULL").await, 0);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM case_access WHERE until IS NULL AND relation NOT IN ('lead', 'deputy', 'area')").await, 0);
        assert_eq!(user.post(&path, &[("move", "reopen"), ("reason", "戻ってきた")]).await.status, 303);
    }

    async fn the_timeline_keeps_what_was_corrected_and_counts_who_has_read(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = open(&w, &user).await;
        let path = format!("/cases/{id}/timeline");
        user.post(&path, &[("kind", "visit"), ("title", "家庭訪問"), ("body", "")]).await.shows("内容").shows("家庭訪問");
        assert_eq!(user.post(&path, &[("kind", "visit"), ("title", "家庭訪問"), ("body", "夜間の吸引は4回。"), ("minutes", "60"), ("paid_by", "entrusted")]).await.status, 303);
        let entries: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM timeline_entry", vec![]).await;
        let correct = format!("{path}/{}/correct", entries[0].0);
        user.get(&correct).await.shows("夜間の吸引は4回。");
        let again = [("kind", "visit"), ("title", "家庭訪問"), ("body", "夜間の吸引は9回。")];
        assert_eq!(user.post(&correct, &again).await.status, 303);
        assert_eq!(user.post(&correct, &[("kind", "visit"), ("title", "家庭訪問"), ("body", "別の直し")]).await.status, 409);
        user.get(&path).await.shows("9回").hides("4回").shows("直した記録");
        user.get(&format!("{path}?q=吸引")).await.shows("9回");
        user.get(&format!("{path}?q=きゅうにゅう")).await.shows("この条件の記録はありません");
        let newest: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM timeline_entry WHERE corrected_by IS NULL", vec![]).await;
        user.get(&format!("{path}/{}/correct", newest[0].0)).await.shows("4回");
        w.sign_in("coordinator2").await.get(&path).await.hides("9回");
    }

    async fn consent_opens_the_team_and_its_withdrawal_closes_it_at_the_next_request(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await.to_string();
        let supporter = w.person("supporter").await;
        let member = format!("{supporter}.{site}");
        let team = [("person", member.as_str()), ("field", "medical"), ("function", "訪問看護"), ("since", "2026-11-24")];
        user.post(&format!("/cases/{id}/team"), &team).await.shows("有効な同意がありません");
        consent(&w, &user, &id, &site, "paper").await;
        assert_eq!(user.post(&format!("/cases/{id}/team"), &team).await.status, 303);
        let nurse = w.sign_in("supporter").await;
        nurse.get(&format!("/cases/{id}")).await.shows("髙橋 さくら").shows("チームの一員");
        let lists = ["/cases", "/search?q=%E3%81%9F%E3%81%8B", "/search?q=%E3%81%95%E3%81%8F"];
        for list in lists {
            nurse.get(list).await.shows("髙橋 さくら");
        }
        assert_eq!(nurse.get(&format!("/cases/{id}/edit")).await.status, 403, "seen but not allowed");
        assert_eq!(nurse.post(&format!("/cases/{id}/timeline"), &[("kind", "observation"), ("title", "観察"), ("body", "痰は白色。")]).await.status, 303);
        user.get(&format!("/cases/{id}/team")).await.shows("まだいない分野");
        let given: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let withdraw = [("consent", given[0].0.to_string()), ("reason", "家族の申し出".to_owned())];
        let withdraw: Vec<(&str, &str)> = withdraw.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(user.post(&format!("/cases/{id}/consents/withdraw"), &withdraw).await.status, 303);
        assert_eq!(nurse.get(&format!("/cases/{id}")).await.status, 404);
        for list in lists {
            nurse.get(list).await.hides("髙橋 さくら");
        }
        assert_eq!(user.post(&format!("/cases/{id}/consents/withdraw"), &withdraw).await.status, 409);
    }

    async fn a_city_sees_the_cases_whose_families_agreed_and_no_others(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = open(&w, &user).await;
        let (city, other) = (w.sign_in("city").await, w.sign_in("city2").await);
        assert_eq!(city.get(&format!("/cases/{id}")).await.status, 404);
        let agency: Vec<(platform::id::OrganisationId,)> = w.all("/* t */ SELECT id FROM organisation WHERE code = $1", args!["142018"]).await;
        consent(&w, &user, &id, &agency[0].0.to_string(), "paper").await;
        city.get(&format!("/cases/{id}")).await.shows("髙橋 さくら").shows("居住市町（同意あり）");
        assert_eq!(city.get(&format!("/cases/{id}/edit")).await.status, 403);
        assert_eq!(other.get(&format!("/cases/{id}")).await.status, 404);
        w.advance_hours(24 * 366);
        tsumugi::referral::end_run_out(&w.app).await.expect("runs");
        let city = w.sign_in("city").await;
        assert_eq!(city.get(&format!("/cases/{id}")).await.status, 404, "the consent ran out");
        let user = w.sign_in("coordinator").await;
        user.get(&format!("/cases/{id}/consents")).await.shows("期限切れ").hides("同意の取りやめを記録する");
    }

    async fn an_oral_consent_waits_for_its_paper(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent(&w, &user, &id, &site, "oral").await;
        let due: Vec<(String, platform::Timestamp)> = w.all("/* t */ SELECT kind, due_at FROM waiting", vec![]).await;
        assert_eq!(due[0].0, "consent_followup");
        assert_eq!(due[0].1.to_string(), "2026-12-08T08:00:00Z", "14 days later, 17:00 in Japan");
        let page = user.get(&format!("/cases/{id}/consents")).await;
        page.shows("口頭の同意です").shows("同意の取りやめを記録する");
        let consent = page.value("consent");
        assert_eq!(user.post(&format!("/cases/{id}/consents/followup"), &[("consent", &consent)]).await.status, 303);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting").await, 0);
    }

    async fn an_emergency_disclosure_needs_a_reason_and_is_reviewed_by_somebody_else(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = open(&w, &user).await;
        let site = w.organisation("こども病院").await.to_string();
        let path = format!("/cases/{id}/emergency");
        user.post(&path, &[("organisation", &site), ("reason", "急変")]).await.shows("10文字以上");
        assert_eq!(user.post(&path, &[("organisation", &site), ("reason", "呼吸器が止まり、搬送先に状態を伝えるため")]).await.status, 303);
        let ids: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM emergency_disclosure", vec![]).await;
        let review = [("disclosure", ids[0].0.to_string()), ("note", "記録と時刻を確かめた".to_owned())];
        let review: Vec<(&str, &str)> = review.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let own = user.post(&format!("{path}/review"), &review).await;
        assert_eq!(own.status, 409, "nobody reviews what they did themselves");
        let waits: Vec<(String, platform::id::SubjectId)> = w.all("/* t */ SELECT kind, subject_id FROM waiting", vec![]).await;
        assert_eq!((waits[0].0.as_str(), waits[0].1.to_string()), ("emergency_review", deputy(&w).await));
    }
}

both! {
    async fn the_deputy_receives_the_lead_although_both_were_told_of_an_overdue_referral(w: World) {
        use tsumugi::{area::Municipality, exchange::directory::Kind};
        let user = w.sign_in("coordinator").await;
        let (lead, deputy) = (w.person("coordinator").await.to_string(), w.person("coordinator2").await.to_string());
        let id = user.post("/cases/new", &fields(&lead, &deputy)).await.id();
        let service = w.service("短期入所 いそべ", Kind::ShortStay, Municipality::Yokosuka, None).await;
        let agency: Vec<(platform::id::OrganisationId,)> = w.all("/* t */ SELECT organisation_id FROM service WHERE id = $1", args![service]).await;
        consent(&w, &user, &id, &agency[0].0.to_string(), "paper").await;
        let ask = [("service", service.to_string()), ("request", "月1回".to_owned()), ("mode", "logged".to_owned()), ("act", "send".to_owned())];
        let ask: Vec<(&str, &str)> = ask.iter().map(|(n, v)| (*n, v.as_str())).collect();
        user.post(&format!("/cases/{id}/referrals/new"), &ask).await.id();
        w.advance_hours(24 * 20);
        tsumugi::referral::escalate(&w.app).await.expect("runs");
        let (user, other2) = (w.sign_in("coordinator").await, w.sign_in("coordinator2").await);
        assert_eq!(user.post(&format!("/cases/{id}/lead"), &[("to", &deputy), ("note", "異動します。")]).await.status, 303);
        assert_eq!(other2.post(&format!("/cases/{id}/lead/receive"), &[("answer", "receive")]).await.status, 303);
        other2.get(&format!("/cases/{id}")).await.shows("主担当 <b>逗葉 あおい").shows("副担当 <b>相模野 瑞希");
        let left = w.all::<(i64,)>("/* t */ SELECT COUNT(*) FROM waiting WHERE subject_id = $1 AND case_id IS NOT NULL", args![w.person("coordinator").await]).await;
        assert_eq!(left[0].0, 0, "the work went along");
    }

    async fn an_offer_of_the_lead_is_taken_back_and_takes_its_sight_with_it(w: World) {
        let (user, other) = (w.sign_in("coordinator").await, w.sign_in("coordinator2").await);
        let id = open(&w, &user).await;
        let to = w.person("coordinator2").await.to_string();
        let offer = [("to", to.as_str()), ("note", "お願いします。")];
        assert_eq!(user.post(&format!("/cases/{id}/lead"), &offer).await.status, 303);
        assert_eq!(other.get(&format!("/cases/{id}")).await.status, 200);
        assert_eq!(other.post(&format!("/cases/{id}/timeline"), &[("kind", "visit"), ("title", "x"), ("body", "y")]).await.status, 403, "seen, not yet allowed");
        assert_eq!(user.post(&format!("/cases/{id}/lead/recall"), &[]).await.status, 303);
        assert_eq!(other.get(&format!("/cases/{id}")).await.status, 404);
        assert_eq!(user.post(&format!("/cases/{id}/lead"), &offer).await.status, 303, "and it can be offered again");
        let close = [("move", "close"), ("close_reason", "moved"), ("on", "R8.11.24")];
        assert_eq!(user.post(&format!("/cases/{id}/move"), &close).await.status, 303);
        assert_eq!(other.get(&format!("/cases/{id}")).await.status, 404, "closing ends the offer as well");
        let late = user.post(&format!("/cases/{id}/timeline"), &[("kind", "visit"), ("title", "終結の後"), ("body", "書いた文章")]).await;
        assert_eq!(late.status, 409);
        late.shows("書いた文章");
    }
}

/// Records a consent of the case's guardian for one agency.
pub async fn consent(_: &World, user: &User, case: &str, agency: &str, method: &str) {
    consent_of(user, case, agency, method, "R8.11.24").await;
}

/// A consent for a year from the day on which it was given.
pub async fn consent_of(user: &User, case: &str, agency: &str, method: &str, given_on: &str) {
    consent_to(user, case, agency, method, given_on, &["identity", "care"]).await;
}

/// A consent that names these categories.
pub async fn consent_to(user: &User, case: &str, agency: &str, method: &str, given_on: &str, categories: &[&str]) {
    let page = user.get(&format!("/cases/{case}/consents/new?recipient={agency}")).await;
    let guardian = page.value("given_by");
    let explained_by = {
        let marker = "name=\"explained_by\"";
        let at = page.body.find(marker).expect("a select of people");
        let rest = &page.body[at..];
        let from = rest.find("value=\"").expect("an option") + 7;
        rest[from..].split('"').next().unwrap_or("").to_owned()
    };
    let mut fields = vec![
        ("recipient", agency),
        ("given_by", &guardian),
        ("explained_by", &explained_by),
        ("given_on", given_on),
        ("form_version", "第1版"),
        ("method", method),
        ("purpose", "coordination"),
    ];
    fields.extend(categories.iter().map(|c| ("category", *c)));
    let answer = user.post(&format!("/cases/{case}/consents/new"), &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
}
