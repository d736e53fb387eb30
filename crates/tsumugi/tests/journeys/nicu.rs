//! A NICU nurse calls; at the end a service has started and somebody has looked whether it helped.

use crate::testing::{Page, User, World};
use platform::{args, id::ResourceId};
use tsumugi::{area::Municipality, exchange::directory::Kind, referral};

async fn consent(user: &User, case: &str, agencies: &[String]) {
    let page = user.get(&format!("/cases/{case}/consents/new?recipient={}", agencies[0])).await;
    let (guardian, explained) = (page.value("given_by"), option(&page, "explained_by"));
    let mut fields = vec![
        ("given_by", guardian.as_str()),
        ("explained_by", explained.as_str()),
        ("given_on", "令和8年11月24日"),
        ("form_version", "第1版"),
        ("method", "paper"),
        ("purpose", "coordination"),
        ("purpose", "service"),
        ("category", "identity"),
        ("category", "care"),
    ];
    fields.extend(agencies.iter().map(|a| ("recipient", a.as_str())));
    assert_eq!(user.post(&format!("/cases/{case}/consents/new"), &fields).await.status, 303);
}

/// The first option of a select.
fn option(page: &Page, name: &str) -> String {
    let at = page.body.find(&format!("name=\"{name}\"")).expect("the select is there");
    let rest = &page.body[at..];
    let from = rest.find("value=\"").expect("it has an option") + 7;
    rest[from..].split('"').next().unwrap_or("").to_owned()
}

async fn agency_of(w: &World, service: ResourceId) -> String {
    let rows: Vec<(platform::id::OrganisationId,)> =
        w.all("/* t */ SELECT organisation_id FROM service WHERE id = $1", args![service]).await;
    rows[0].0.to_string()
}

async fn refer(user: &User, case: &str, service: ResourceId, mode: &str, more: &[(&str, &str)]) -> Page {
    let service = service.to_string();
    let mut fields =
        vec![("service", service.as_str()), ("request", "退院後の在宅生活の支援"), ("mode", mode), ("act", "send")];
    fields.extend_from_slice(more);
    user.post(&format!("/cases/{case}/referrals/new"), &fields).await
}

both! {
    async fn from_a_call_of_the_nicu_to_a_service_that_has_started(w: World) {
        // 逗子市の当番が、横須賀市の子どもの電話を受ける。
        let zushi = w.sign_in("coordinator2").await;
        assert_eq!(w.on_duty(Municipality::Yokosuka).await, "coordinator");
        let call = zushi
            .post("/consultations/new", &[
                ("channel", "phone"), ("kind", "individual"), ("asker_kind", "hospital"), ("asker_name", "観音崎 はるか"), ("asker_place", "みうら半島こども病院"),
                ("asker_phone", "046-000-0000"), ("child_name", "髙野 はると"), ("child_kana", "たかの はると"), ("child_birth", "R8.4.20"), ("child_sex", "male"),
                ("municipality", "142018"), ("residence", "nicu"), ("topic", "discharge"), ("urgency", "three_days"),
                ("concern", "来月退院の見込み。人工呼吸器と気管切開。家に帰る準備を始めたい。"), ("minutes", "6"), ("consent_state", "oral"), ("route", "duty"),
            ])
            .await
            .id();
        zushi.get(&format!("/consultations/{call}")).await.shows("受け取られるまで、担当は逗葉 あおいのままです");

        // 横須賀市の当番が受け取るまで、逗子市の手元に残る。
        let lead = w.sign_in("coordinator").await;
        lead.get("/").await.shows("相談の引継ぎを受け取る");
        assert_eq!(lead.post(&format!("/consultations/{call}/receive"), &[("answer", "receive")]).await.status, 303);
        assert_eq!(lead.post(&format!("/consultations/{call}/advise"), &[("advice", "退院前のカンファレンスに参加する。"), ("advice_minutes", "10")]).await.status, 303);

        // 判定して、退院前のケースを開く。話したことは、もう一度聞かない。
        let form = lead.get(&format!("/consultations/{call}/open-case")).await;
        form.shows("髙野 はると").shows("みうら半島こども病院");
        let (name, lead_id, deputy) = (form.value("name"), w.person("coordinator").await.to_string(), w.person("coordinator2").await.to_string());
        let case = lead
            .post(&format!("/consultations/{call}/open-case"), &[
                ("name", &name), ("kana", "たかの はると"), ("birth", "R8.4.20"), ("sex", "male"), ("municipality", "142018"), ("residence", "nicu"),
                ("care", "ventilator"), ("care", "tracheostomy"), ("care", "suction"), ("lead", &lead_id), ("deputy", &deputy), ("status", "planned"),
                ("guardian_name", "髙野 みどり"), ("guardian_kana", "たかの みどり"), ("guardian_relation", "mother"), ("is_guardian", "1"), ("together", "1"), ("custody", "full"),
            ])
            .await
            .id();
        lead.get(&format!("/consultations/{call}")).await.shows("ケースを開いた");
        lead.get(&format!("/cases/{case}")).await.shows("準備中").shows("0歳7か月");

        // 同意をもらい、4つのサービスにつなぐ。
        let umikaze = w.organisation("うみかぜ").await;
        let nursing = w.service("訪問看護 うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(umikaze)).await;
        let day = w.service("児発 こもれび", Kind::ChildDevelopment, Municipality::Yokosuka, None).await;
        let day2 = w.service("児発 はまかぜ", Kind::ChildDevelopment, Municipality::Miura, None).await;
        let stay = w.service("短期入所 いそべ", Kind::ShortStay, Municipality::Yokosuka, None).await;
        let clinic = w.service("訪問診療 みさき", Kind::Clinic, Municipality::Miura, None).await;
        let mut agencies = Vec::new();
        for s in [nursing, day, day2, stay, clinic] {
            agencies.push(agency_of(&w, s).await);
        }
        assert_eq!(refer(&lead, &case, nursing, "live", &[]).await.status, 422, "not before consent");
        consent(&lead, &case, &agencies).await;
        let to_nursing = refer(&lead, &case, nursing, "live", &[]).await.id();
        let to_day = refer(&lead, &case, day, "logged", &[]).await.id();
        let to_stay = refer(&lead, &case, stay, "logged", &[]).await.id();
        let to_clinic = refer(&lead, &case, clinic, "logged", &[]).await.id();
        lead.get(&format!("/referrals/{to_clinic}/fax")).await.shows("FAX送付状").hides("髙野").hides("はると");

        // 1つめは断られ、紹介された先に続きの依頼をする。
        let log = |id: &str| format!("/referrals/{id}/log");
        assert_eq!(lead.post(&log(&to_day), &[("answer", "redirect"), ("note", "はまかぜなら看護師がいる"), ("said_by", "管理者から電話")]).await.status, 303);
        lead.get(&format!("/referrals/{to_day}")).await.shows("ほかを紹介された").shows("紹介された先を探す").shows(&format!("replaces={to_day}"));
        let followed = refer(&lead, &case, day2, "logged", &[("replaces", &to_day)]).await.id();
        lead.get(&format!("/referrals/{followed}")).await.shows("前の依頼").shows("児発 こもれび");

        // 2つめは返事がない。期限を過ぎると、主担当、副担当、市町のコーディネーターへ知らせが行く。
        w.advance_hours(24 * 14);
        let (lead, zushi, nurse) = (w.sign_in("coordinator").await, w.sign_in("coordinator2").await, w.sign_in("supporter").await);
        assert!(referral::escalate(&w.app).await.expect("the clock runs") >= 1);
        zushi.get("/").await.shows("期限を過ぎたつなぎを動かす");
        lead.get(&format!("/referrals/{to_stay}")).await.shows("期限を過ぎています").shows("副担当へ").shows("市町のコーディネーターへ");

        // 3つめはFAXで受けてもらう。4つめは待機のあと、利用が始まり、結果を確かめて輪が閉じる。
        assert_eq!(lead.post(&log(&to_clinic), &[("answer", "accept"), ("said_by", "FAXの返信")]).await.status, 303);
        let answer = format!("/referrals/{to_nursing}/answer");
        assert_eq!(nurse.post(&answer, &[("answer", "waitlist"), ("note", "12月なかばに空く")]).await.status, 303);
        lead.get(&format!("/referrals/{to_nursing}")).await.shows("待機").shows("12月なかばに空く");
        assert_eq!(nurse.post(&answer, &[("answer", "accept"), ("start_on", "R8.12.14")]).await.status, 303);
        w.advance_hours(24 * 7);
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        assert_eq!(nurse.post(&answer, &[("answer", "start"), ("start_on", "R8.12.14")]).await.status, 303);
        lead.get("/").await.shows("利用の結果");
        assert_eq!(nurse.post(&answer, &[("answer", "report_outcome"), ("note", "夜の吸引を母と練習した。週3回で続ける。")]).await.status, 303);
        lead.get("/").await.shows("つなぎの結果を確認する");
        assert_eq!(lead.post(&format!("/referrals/{to_nursing}/decide"), &[("decision", "review"), ("note", "母に電話で確かめた")]).await.status, 303);
        lead.get(&format!("/referrals/{to_nursing}")).await.shows("確認済み").shows("母に電話で確かめた");

        // 何も忘れられていない：終わっていないつなぎには、どれも持ち主と期限がある。
        let orphans = w.count("/* t */ SELECT COUNT(*) FROM referral r WHERE r.status NOT IN ('reviewed', 'recalled', 'entered_in_error')
            AND r.id NOT IN (SELECT replaces FROM referral WHERE replaces IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM waiting x WHERE x.object_id = r.id)").await;
        assert_eq!(orphans, 0);
    }
}
