use crate::{
    case::tests::{consent_to, open},
    testing::{User, World},
};

/// The first guardian, and a father with custody, as ids of the family.
async fn parents(w: &World, lead: &User, case: &str, custody: &str) -> (String, String) {
    let father = [
        ("guardian_name", "髙橋 けんじ"),
        ("guardian_kana", "たかはし けんじ"),
        ("guardian_relation", "father"),
        ("is_guardian", "1"),
        ("custody", custody),
    ];
    assert_eq!(lead.post(&format!("/cases/{case}/family"), &father).await.status, 303);
    let rows: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_person ORDER BY position", vec![]).await;
    (rows[0].0.to_string(), rows[1].0.to_string())
}

async fn oppose(lead: &User, case: &str, by: &str, agency: &str, what: &str) -> crate::testing::Page {
    let fields = [("by", by), ("agency", agency), ("what", what), ("reason", "知られたくない")];
    lead.post(&format!("/cases/{case}/oppositions"), &fields).await
}

async fn join_team(w: &World, lead: &User, case: &str, site: &str) -> u16 {
    let nurse = format!("{}.{site}", w.person("supporter").await);
    let join = [("person", nurse.as_str()), ("field", "medical"), ("function", "訪問"), ("since", "2026-11-24")];
    lead.post(&format!("/cases/{case}/team"), &join).await.status
}

both! {
    async fn of_two_guardians_who_disagree_the_narrower_counts_at_once(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let (_, father) = parents(&w, &lead, &case, "full").await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        assert_eq!(join_team(&w, &lead, &case, &site).await, 303);
        let nurse = w.sign_in("supporter").await;
        nurse.get(&format!("/cases/{case}")).await.shows("髙橋 さくら").shows("人工呼吸器");
        assert_eq!(oppose(&lead, &case, &father, &site, "care").await.status, 303);
        assert_eq!(oppose(&lead, &case, &father, &site, "care").await.status, 409, "once");
        nurse.get(&format!("/cases/{case}")).await.shows("髙橋 さくら").hides("人工呼吸器").hides("反対");
        nurse.get(&format!("/cases/{case}/consents")).await.hides("反対").hides("けんじ");
        let page = lead.get(&format!("/cases/{case}/consents")).await;
        page.shows("反対の申し出があります").shows("髙橋 けんじ（父）").shows("医療的ケア・からだの状態を伝えない");
        // Nothing that is agreed later goes round it.
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care", "plan"]).await;
        nurse.get(&format!("/cases/{case}")).await.hides("人工呼吸器");
        assert_eq!(oppose(&lead, &case, "child", "all", "identity").await.status, 303);
        assert_eq!(nurse.get(&format!("/cases/{case}")).await.status, 404, "nothing is left to stand on");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM team_member WHERE until IS NULL").await, 0);
        assert_ne!(join_team(&w, &lead, &case, &site).await, 303, "and nobody is brought in on it");
        // Taken back: what was agreed counts again, and the team is put together anew.
        let rows: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent_opposition WHERE by_person IS NULL", vec![]).await;
        let child = rows[0].0.to_string();
        let end = format!("/cases/{case}/oppositions/end");
        lead.post(&end, &[("opposition", &child), ("end_reason", "")]).await.shows("取り下げの経緯を入力してください");
        assert_eq!(lead.post(&end, &[("opposition", &child), ("end_reason", "本人と話した")]).await.status, 303);
        assert_eq!(lead.post(&end, &[("opposition", &child), ("end_reason", "二度目")]).await.status, 409);
        assert_eq!(join_team(&w, &lead, &case, &site).await, 303);
        nurse.get(&format!("/cases/{case}")).await.shows("髙橋 さくら").hides("人工呼吸器");
        lead.get(&format!("/cases/{case}/oppositions")).await.shows("本人と話した").shows("知られたくない");
    }

    async fn whoever_has_no_custody_opposes_nothing_and_errors_keep_the_words(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let (mother, father) = parents(&w, &lead, &case, "none").await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        oppose(&lead, &case, &father, &site, "care").await.shows("親権のある保護者か、本人を選んでください").shows("知られたくない");
        let city = w.organisation("葉山町").await.to_string();
        oppose(&lead, &case, &mother, &city, "care").await.shows("同意のある機関から選んでください");
        oppose(&lead, &case, &mother, "", "").await.shows("伝えてほしくない相手").shows("伝えてほしくないことを選んでください");
        lead.post(&format!("/cases/{case}/oppositions"), &[("by", "child"), ("agency", "all"), ("what", "all"), ("on_day", "2030-01-01"), ("reason", "あ")]).await.shows("今日より後の日付です");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consent_opposition").await, 0);
        for key in ["supporter", "city", "admin", "coordinator2", "family"] {
            let answer = oppose(&w.sign_in(key).await, &case, &mother, &site, "care").await;
            assert!([403, 404].contains(&answer.status), "{key}");
        }
    }

    async fn a_guardian_opposes_on_their_own_page_and_the_lead_is_told(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = crate::family::tests::confirmed(&w, &lead).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        let family = w.sign_in("family").await;
        family.get(&format!("/children/{case}")).await.shows("伝えないでほしいことを申し出る");
        let path = format!("/children/{case}/oppose");
        family.get(&path).await.shows("だれに").shows("うみかぜ");
        family.post(&path, &[("agency", ""), ("what", "care"), ("reason", "親戚が働いている")]).await.shows("親戚が働いている").shows("選んでください");
        assert_eq!(family.post(&path, &[("agency", &site), ("what", "care"), ("reason", "親戚が働いている")]).await.status, 303);
        family.get(&format!("/children/{case}")).await.shows("伝えないでほしいと申し出たこと");
        lead.get("/").await.shows("新しい反対の申し出を確かめる");
        lead.get(&format!("/cases/{case}/oppositions")).await.shows("親戚が働いている").shows("新しい反対の申し出があります");
        let newest = lead.get(&format!("/cases/{case}/oppositions")).await.value("newest");
        assert_eq!(lead.post(&format!("/cases/{case}/oppositions/seen"), &[]).await.status, 409, "only what was read");
        assert_eq!(lead.post(&format!("/cases/{case}/oppositions/seen"), &[("newest", &newest)]).await.status, 303);
        lead.get("/").await.hides("新しい反対の申し出を確かめる");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consent_opposed WHERE category = 'care'").await, 1);
        // What another guardian or the child opposes is not told to this one.
        assert_eq!(oppose(&lead, &case, "child", "all", "family").await.status, 303);
        family.get(&format!("/children/{case}")).await.hides("家族・生活");
        family.get(&format!("/children/{case}/log")).await.hides("反対の申し出").hides("取りやめ");
    }

    async fn after_any_order_of_acts_a_row_counts_exactly_where_nobody_opposes_it(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let (mother, father) = parents(&w, &lead, &case, "full").await;
        let sites = [w.organisation("うみかぜ").await.to_string(), w.organisation("横須賀市").await.to_string()];
        for site in &sites {
            consent_to(&lead, &case, site, "paper", "R8.11.24", &["identity", "care", "plan"]).await;
        }
        let wrong_in = "/* t */ SELECT COUNT(*) FROM consent_scope s WHERE EXISTS (
            SELECT 1 FROM consent_opposition x JOIN consent c ON c.case_id = x.case_id WHERE c.id = s.consent_id AND x.ended_at IS NULL
               AND (x.organisation_id IS NULL OR x.organisation_id = s.organisation_id) AND (x.category IS NULL OR x.category = s.category))";
        let wrong_out = "/* t */ SELECT COUNT(*) FROM consent_opposed s WHERE NOT EXISTS (
            SELECT 1 FROM consent_opposition x JOIN consent c ON c.case_id = x.case_id WHERE c.id = s.consent_id AND x.ended_at IS NULL
               AND (x.organisation_id IS NULL OR x.organisation_id = s.organisation_id) AND (x.category IS NULL OR x.category = s.category))";
        let mut dice = 8_u64;
        let mut roll = |n: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % n
        };
        let (mut rows, mut seen_out, mut seen_in) = (6, 0, 0);
        for _ in 0..24 {
            let live: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent_opposition WHERE ended_at IS NULL ORDER BY id", vec![]).await;
            match roll(5) {
                0 if rows < 20 => {
                    consent_to(&lead, &case, &sites[usize::try_from(roll(2)).unwrap_or(0)], "paper", "R8.11.24", &["identity", "care"]).await;
                    rows += 2;
                }
                1 | 2 if !live.is_empty() => {
                    let one = live[usize::try_from(roll(live.len() as u64)).unwrap_or(0)].0.to_string();
                    assert_eq!(lead.post(&format!("/cases/{case}/oppositions/end"), &[("opposition", &one), ("end_reason", "話した")]).await.status, 303);
                }
                _ => {
                    let who = [mother.as_str(), father.as_str(), "child"][usize::try_from(roll(3)).unwrap_or(0)];
                    let to = [sites[0].as_str(), sites[1].as_str(), "all"][usize::try_from(roll(3)).unwrap_or(0)];
                    let what = ["identity", "care", "plan", "all"][usize::try_from(roll(4)).unwrap_or(0)];
                    assert!([303, 409].contains(&oppose(&lead, &case, who, to, what).await.status), "anew, or there already");
                }
            }
            let (counts, out) = (
                w.count("/* t */ SELECT COUNT(*) FROM consent_scope").await,
                w.count("/* t */ SELECT COUNT(*) FROM consent_opposed").await,
            );
            assert_eq!(counts + out, rows, "no row is lost or twice");
            assert_eq!(w.count(wrong_in).await, 0, "what is opposed does not count");
            assert_eq!(w.count(wrong_out).await, 0, "what nobody opposes counts");
            seen_out += i64::from(out > 0);
            seen_in += i64::from(counts > 0);
        }
        assert!(seen_out > 5 && seen_in > 5, "both were seen: {seen_out}, {seen_in}");
    }
}
