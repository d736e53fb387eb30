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
        // Every live row of the table that decides stands on the page, and nothing else but the one agency of the consent.
        let rows: Vec<(String,)> = w.all("/* t */ SELECT relation FROM case_access WHERE until IS NULL", vec![]).await;
        assert_eq!(user.get(&page).await.body.matches("<th scope=\"row\">").count(), rows.len() + 1);
        let given: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let given = given[0].0.to_string();
        w.sign_in("privacy").await.get(&page).await.shows("相模野 瑞希");
        assert_eq!(w.sign_in("city").await.get(&page).await.status, 403, "who looks at whom is the privacy officer's");
        w.advance_hours(1);
        assert_eq!(user.post(&format!("/cases/{case}/consents/withdraw"), &[("consent", &given), ("reason", "家族の申し出")]).await.status, 303);
        let after = user.get(&page).await;
        let (now, before) = after.body.split_once("見られなくなった人").expect("two lists");
        assert!(!now.contains("居住市町（同意あり）") && before.contains("居住市町（同意あり）"), "who lost sight stands among those who had it");
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

    /// Lists, searches, counts, streams and single pages ask the same question.
    async fn whom_a_case_is_closed_to_finds_it_nowhere(w: World) {
        let lead = w.sign_in("coordinator").await;
        // A second coordinator of the municipality, who sees the case by the seat alone.
        let mut tx = w.db.begin().await.expect("a transaction");
        let key = "/* t */ UPDATE demo_account SET person_id = (SELECT id FROM person WHERE name = '久里浜 なお'),
            seat_id = (SELECT seat_id FROM demo_account WHERE account_key = 'coordinator') WHERE account_key = 'council'";
        tx.exec(key, vec![]).await.expect("a key");
        tx.commit().await.expect("saved");
        let other = w.sign_in("council").await;
        let call = crate::consultation::tests::take(&lead, &[("child_name", "髙橋 さくら"), ("child_kana", "たかはし さくら")]).await;
        let (first, second) = (w.person("coordinator").await.to_string(), w.person("coordinator2").await.to_string());
        let mut fields = crate::case::tests::fields(&first, &second);
        fields.push(("consultation", call.as_str()));
        let case = lead.post("/cases/new", &fields).await.id();
        let mut tx = w.db.begin().await.expect("a transaction");
        let ids = (case.parse::<platform::id::CaseId>().expect("an id"), call.parse::<platform::id::ConsultationId>().expect("an id"));
        tx.exec("/* t */ UPDATE consultation SET case_id = $1 WHERE id = $2", args![ids.0, ids.1]).await.expect("linked");
        tx.commit().await.expect("saved");
        let service = w.service("短期入所 いそべ", crate::exchange::directory::Kind::ShortStay, crate::area::Municipality::Yokosuka, None).await;
        consent(&w, &lead, &case, &crate::referral::tests::site_of(&w, service).await, "paper").await;
        assert_eq!(crate::referral::tests::ask(&lead, &case, service, "logged").await.status, 303);
        // Something about the case waits for the seat that both sit on.
        let mut tx = w.db.begin().await.expect("a transaction");
        let sql = "/* t */ INSERT INTO waiting (id, kind, subject_id, object_kind, object_id, case_id, others, due_at, since_at)
            SELECT $1, 'escalated', d.seat_id, 'case', $2, $2, FALSE, $3, $3 FROM demo_account d WHERE d.account_key = 'coordinator'";
        tx.exec(sql, args![w.app.mint.uuid(w.app.now()), ids.0, w.app.now()]).await.expect("a thing");
        tx.commit().await.expect("saved");
        let town: Vec<(platform::id::OrganisationId,)> = w.all("/* t */ SELECT id FROM organisation WHERE code = $1", args!["142018"]).await;
        consent(&w, &lead, &case, &town[0].0.to_string(), "paper").await;
        assert!(w.sign_in("city").await.get("/").await.text().contains("見られるケース1人"));
        assert!(other.get("/").await.shows("期限を過ぎたつなぎを動かす").text().contains("期限を過ぎたもの1件"));
        let matches = other.post("/consultations/matches", &[("child_name", "髙橋 さくら")]).await;
        assert!(matches.shows("さくら").body.contains("R8-0001"), "the case and the call");
        let pages = ["/cases", "/search?q=%E3%81%9F%E3%81%8B", "/search?q=%E3%81%95%E3%81%8F", "/referrals", "/consultations?view=all", "/", "/board"];
        let found = async |user: &crate::testing::User| {
            let mut n = 0;
            for page in pages {
                n += usize::from(user.get(page).await.body.contains("さくら"));
            }
            n += user.get("/search?q=R8-1").await.body.matches(&case).count();
            for page in [format!("/cases/{case}"), format!("/consultations/{call}"), format!("/cases/{case}/timeline")] {
                n += usize::from(user.get(&page).await.status == 200);
            }
            n
        };
        assert!(found(&other).await >= 7, "a coordinator of the same municipality: {}", found(&other).await);
        let excluded: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM person WHERE name = $1", args!["久里浜 なお"]).await;
        let excluded = excluded[0].0.to_string();
        let path = format!("/cases/{case}/exclusions");
        lead.post(&path, &[("person", &excluded)]).await.shows("理由");
        lead.post(&path, &[("person", &first), ("reason", "自分")]).await.shows("ほかの担当者に頼んで");
        lead.post(&path, &[("person", &second), ("reason", "副担当")]).await.shows("先に担当を引き継いで");
        lead.post(&path, &[("searching", "1"), ("name", "浦風")]).await.shows("人が見つかりました").shows("浦風");
        lead.post(&path, &[("searching", "1"), ("name", "居ない名")]).await.shows("「居ない名」という名前の職員は見つかりません");
        assert_eq!(lead.post(&path, &[("person", &excluded), ("reason", "母の妹にあたる")]).await.status, 303);
        assert_eq!(found(&other).await, 0, "nothing, not even that it exists");
        assert!(other.get("/").await.hides("期限を過ぎたつなぎを動かす").text().contains("期限を過ぎたもの0件"));
        let officer = w.person("city").await.to_string();
        assert_eq!(lead.post(&path, &[("person", &officer), ("reason", "家族の親族")]).await.status, 303);
        assert!(w.sign_in("city").await.get("/").await.text().contains("見られるケース0人"));
        let matches = other.post("/consultations/matches", &[("child_name", "髙橋 さくら")]).await;
        matches.hides("さくら").hides("可能性のあるケースがあります");
        let wanted = [("kana", "たかはし さくら"), ("birth", "R6.7.3"), ("reason", "けいれんが止まらず救急搬送する"), ("told", "1")];
        other.post("/break-glass", &wanted).await.shows("1人に決められません");
        lead.get(&format!("/cases/{case}/viewing")).await.shows("母の妹にあたる").shows("見られない");
        assert_eq!(lead.post(&path, &[("person", &excluded), ("reason", "もう一度")]).await.status, 409);
        assert_eq!(lead.post(&format!("/cases/{case}/lead"), &[("to", &excluded), ("note", "引き継ぐ")]).await.status, 409, "no work without sight");
        let id: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_exclusion WHERE person_id = $1", args![excluded.parse::<platform::Uuid>().expect("an id")]).await;
        assert_eq!(lead.post(&format!("{path}/end"), &[("exclusion", &id[0].0.to_string())]).await.status, 303);
        assert!(found(&other).await >= 7, "and again as before");
    }

    async fn abuse_10_a_correction_keeps_what_it_replaced_and_a_protection_takes_it_out_of_sight(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let page = format!("/cases/{case}/viewing/corrections");
        lead.get(&page).await.shows("直した記録はありません");
        let (me, deputy) = (w.person("coordinator").await.to_string(), crate::case::tests::deputy(&w).await);
        let version = lead.get(&format!("/cases/{case}/edit")).await.value("version");
        let mut fields = crate::case::tests::fields(&me, &deputy);
        fields.retain(|(n, _)| *n != "residence" && *n != "care");
        fields.extend([("residence", "nicu"), ("residence_note", "こども病院の3階"), ("care", "suction"), ("version", version.as_str())]);
        assert_eq!(lead.post(&format!("/cases/{case}/edit"), &fields).await.status, 303);
        lead.get(&page).await.shows("相模野 瑞希").shows("居所の補足").shows("こども病院の3階").shows("自宅").shows("NICU").shows("人工呼吸器");
        assert_eq!(lead.get(&page).await.body.matches("<th scope=\"row\">").count(), 3, "and nothing that stayed");
        let mother: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_person ORDER BY position LIMIT 1", vec![]).await;
        let mother = mother[0].0.to_string();
        let version = lead.get(&format!("/family/{mother}")).await.value("version");
        let correct = [
            ("guardian_name", "髙橋 みどり"), ("guardian_kana", "たかはし みどり"), ("guardian_relation", "mother"), ("is_guardian", "1"),
            ("together", "1"), ("custody", "full"), ("guardian_phone", "046-822-9999"), ("version", version.as_str()),
        ];
        assert_eq!(lead.post(&format!("/family/{mother}"), &correct).await.status, 303);
        lead.get(&page).await.shows("髙橋 みどり（母）").shows("046-822-9999");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM record_change").await, 2);
        for key in ["supporter", "city", "privacy", "admin", "coordinator2", "family"] {
            assert!([403, 404].contains(&w.sign_in(key).await.get(&page).await.status), "{key}");
        }
        // What was corrected leads to the child as well as what stands there now.
        let begin = [("kind", "violence"), ("reason", "元配偶者が探している"), ("until", "R9.11.1")];
        assert_eq!(lead.post(&format!("/cases/{case}/protected/begin"), &begin).await.status, 303);
        lead.get(&page).await.shows("守る情報を含むため").hides("046-822-9999").hides("こども病院").hides("髙橋 みどり（母）");
        let open = w.count("/* t */ SELECT COUNT(*) FROM record_change WHERE guarded = FALSE").await;
        assert_eq!(open, 0);
    }

    async fn whoever_was_entered_by_mistake_leaves_nothing_behind(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let stranger = [("guardian_name", "別府 みき"), ("guardian_kana", "べっぷ みき"), ("guardian_relation", "other"), ("custody", "none"), ("guardian_phone", "046-800-1111")];
        assert_eq!(lead.post(&format!("/cases/{case}/family"), &stranger).await.status, 303);
        let rows: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_person ORDER BY position", vec![]).await;
        let them = rows[1].0;
        let version = lead.get(&format!("/family/{them}")).await.value("version");
        let mut corrected = stranger.to_vec();
        corrected.retain(|(name, _)| *name != "guardian_phone");
        corrected.extend([("guardian_phone", "046-800-2222"), ("version", version.as_str())]);
        assert_eq!(lead.post(&format!("/family/{them}"), &corrected).await.status, 303);
        let page = format!("/cases/{case}/viewing/corrections");
        lead.get(&page).await.shows("別府 みき").shows("046-800-1111");
        assert_eq!(lead.post(&format!("/family/{them}/remove"), &[]).await.status, 303);
        lead.get(&page).await.shows("取り除いた").hides("別府").hides("046-800");
    }
}
