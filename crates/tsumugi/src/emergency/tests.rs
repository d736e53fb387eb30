use crate::{
    case::tests::{consent_to, open},
    profile,
    testing::{User, World},
};

/// The first version of a part.
pub async fn write_part(user: &User, case: &str, part: &str, answers: &[(&str, &str)]) {
    write(user, case, part, "0", answers).await;
}

/// One row as a browser sends it: every question, answered or not.
async fn write(user: &User, case: &str, part: &str, version: &str, answers: &[(&str, &str)]) {
    let (p, _) = profile::part_of(part).expect("a part");
    let mut fields = vec![("part", part), ("version", version)];
    fields
        .extend(p.columns.iter().map(|c| (c.code, answers.iter().find(|(n, _)| *n == c.code).map_or("", |(_, v)| v))));
    let page = user.post(&format!("/cases/{case}/care/edit"), &fields).await;
    assert_eq!(page.status, 303, "{}", page.text());
}

async fn filled(w: &World, lead: &User) -> String {
    let case = open(w, lead).await;
    write(lead, &case, "seizure", "0", &[("call", "発作が5分続く"), ("rescue", "横に向ける")]).await;
    write(lead, &case, "allergy", "0", &[("what", "ラテックス"), ("reaction", "じんましん")]).await;
    write(
        lead,
        &case,
        "device",
        "0",
        &[
            ("name", "架空レスピ"),
            ("kind", "ventilator"),
            ("critical", "yes"),
            ("internal", "6"),
            ("vendor", "かもめ"),
            ("phone", "046-000-0010"),
        ],
    )
    .await;
    write(
        lead,
        &case,
        "doctor",
        "0",
        &[("facility", "みうら病院（架空）"), ("role", "emergency"), ("phone", "046-000-0003")],
    )
    .await;
    case
}

both! {
    async fn the_sheet_says_what_an_ambulance_must_know_and_what_is_missing(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = filled(&w, &lead).await;
        let page = lead.get(&format!("/cases/{case}/emergency")).await;
        page.shows("発作が5分続く").shows("アレルギー・禁忌：ラテックス").shows("架空レスピ").shows("電池で約6時間").shows("href=\"tel:0460000003\"");
        page.shows("まだ書かれていないところ").shows("診断名").shows("まだ確かめられていません");
    }

    async fn who_has_no_custody_is_nobody_to_call(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = filled(&w, &lead).await;
        let sheet = format!("/cases/{case}/emergency");
        let person: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_person", vec![]).await;
        let path = format!("/family/{}", person[0].0);
        let save = async |custody: &str, version: &str| {
            let fields = [("guardian_name", "髙橋 みどり"), ("guardian_kana", "たかはし みどり"), ("guardian_relation", "mother"), ("is_guardian", "1"),
                ("custody", custody), ("guardian_phone", "046-800-0000"), ("version", version)];
            assert_eq!(lead.post(&path, &fields).await.status, 303);
        };
        save("full", "1").await;
        lead.get(&sheet).await.shows("髙橋 みどり").shows("046-800-0000");
        save("none", "2").await;
        lead.get(&sheet).await.hides("髙橋 みどり").hides("046-800-0000");
    }

    async fn it_is_looked_through_kept_and_says_when_the_record_has_changed_since(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = filled(&w, &lead).await;
        let sheet = format!("/cases/{case}/emergency");
        let check = format!("{sheet}/check");
        let read = lead.get(&sheet).await.value("read");
        write(&lead, &case, "seizure", "1", &[("call", "発作が3分続く"), ("rescue", "横に向ける")]).await;
        assert_eq!(lead.post(&check, &[("read", &read)]).await.status, 409, "it is not what was read any more");
        let read = lead.get(&sheet).await.shows("発作が3分続く").value("read");
        assert_eq!(lead.post(&check, &[("read", &read)]).await.status, 303);
        lead.get(&sheet).await.shows("が確かめた（第1版）").hides("内容が変わっています");
        write(&lead, &case, "allergy", "1", &[("what", "卵")]).await;
        lead.get(&sheet).await.shows("そのあとで内容が変わっています").shows("卵");
        lead.get(&format!("{sheet}/versions")).await.shows("ラテックス").hides("卵");
        let rows: Vec<(Vec<u8>,)> = w.all("/* t */ SELECT body FROM emergency_sheet", vec![]).await;
        assert!(!rows[0].0.windows(12).any(|w| w == "ラテッ".as_bytes()), "sealed");
        // Half a year later it is to be looked through again.
        assert_eq!(profile::remind(&w.app).await.expect("runs"), 0);
        let read = lead.get(&sheet).await.value("read");
        assert_eq!(lead.post(&check, &[("read", &read)]).await.status, 303);
        w.advance_hours(24 * 160);
        w.sign_in("coordinator").await.get(&sheet).await.hides("内容が変わっています");
        assert_eq!(profile::remind(&w.app).await.expect("runs"), 1);
        let lead = w.sign_in("coordinator").await;
        lead.get("/").await.shows("救急サマリーを見直す");
        let read = lead.get(&sheet).await.value("read");
        assert_eq!(lead.post(&check, &[("read", &read)]).await.status, 303);
        lead.get("/").await.hides("救急サマリーを見直す");
    }

    async fn both_papers_are_made_with_a_purpose_that_the_journal_keeps(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = filled(&w, &lead).await;
        let print = format!("/cases/{case}/emergency/print");
        lead.post(&print, &[("paper", "summary")]).await.shows("何のためにを選んでください");
        for paper in ["summary", "fridge"] {
            let made = lead.post(&print, &[("paper", paper), ("purpose", "ambulance")]).await;
            assert_eq!(made.status, 200);
            assert!(made.body.starts_with("%PDF"), "{paper}");
        }
        let kept = w.count("/* t */ SELECT COUNT(*) FROM journal WHERE act = 'care.print' AND detail = 'ambulance'").await;
        assert_eq!(kept, 2);
        let other = crate::people::tests::sign_in_named(&w, "久里浜 なお").await;
        assert_eq!(other.post(&print, &[("paper", "fridge"), ("purpose", "home")]).await.status, 200, "the deputy, at two in the morning");
    }

    async fn telephones_of_the_family_are_for_who_sees_the_family(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = filled(&w, &lead).await;
        let father = [("guardian_name", "髙橋 けんじ"), ("guardian_kana", "たかはし けんじ"), ("guardian_relation", "father"), ("is_guardian", "1"), ("custody", "full"), ("guardian_phone", "080-0000-1111")];
        lead.post(&format!("/cases/{case}/family"), &father).await;
        let shunned = [("guardian_name", "髙橋 たろう"), ("guardian_kana", "たかはし たろう"), ("guardian_relation", "other"), ("is_guardian", "1"), ("custody", "full"), ("contact_restricted", "1"), ("guardian_phone", "080-0000-2222")];
        lead.post(&format!("/cases/{case}/family"), &shunned).await;
        let sheet = format!("/cases/{case}/emergency");
        lead.get(&sheet).await.shows("080-0000-1111").hides("080-0000-2222");
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity"]).await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let join = [("person", member.as_str()), ("field", "medical"), ("function", "訪問"), ("since", "2026-11-24")];
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &join).await.status, 303);
        let nurse = w.sign_in("supporter").await;
        assert_eq!(nurse.get(&sheet).await.status, 403);
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        nurse.get(&sheet).await.shows("発作が5分続く").hides("080-0000-1111").shows("同意の範囲外のため");
        assert_eq!(nurse.post(&format!("{sheet}/check"), &[("version", "0")]).await.status, 403);
        assert_eq!(nurse.get(&format!("{sheet}/versions")).await.status, 403);
        assert_eq!(nurse.post(&format!("{sheet}/print"), &[("paper", "fridge"), ("purpose", "home")]).await.status, 403);
    }
}
