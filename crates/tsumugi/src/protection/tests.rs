use crate::{
    case::tests::{consent_to, fields, open},
    consultation::tests::take,
    family::tests::confirmed,
    testing::{User, World},
};
use tsumugi::protection::remind;

const PHONE: &str = "046-822-9999";
const WARD: &str = "カナリア病院の三階";

/// A case whose mother has a telephone, with a note where the child is, and the municipality in it by consent.
async fn known(w: &World, lead: &User) -> String {
    let (a, b) = (w.person("coordinator").await.to_string(), crate::case::tests::deputy(w).await);
    let mut f = fields(&a, &b);
    f.extend([("guardian_phone", PHONE), ("guardian_place", "藤沢市"), ("residence_note", WARD)]);
    let case = lead.post("/cases/new", &f).await.id();
    let city: Vec<(platform::id::OrganisationId,)> =
        w.all("/* t */ SELECT id FROM organisation WHERE code = $1", platform::args!["142018"]).await;
    consent_to(
        lead,
        &case,
        &city[0].0.to_string(),
        "paper",
        "R8.11.24",
        &["identity", "care", "family", "plan", "documents"],
    )
    .await;
    case
}

async fn begin(lead: &User, case: &str, more: &[(&str, &str)]) -> u16 {
    let mut f = vec![("kind", "violence"), ("reason", "離れた父から守る"), ("until", "R9.6.30")];
    f.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    f.extend_from_slice(more);
    lead.post(&format!("/cases/{case}/protected/begin"), &f).await.status
}

/// Everything that somebody can open about the case, as one text.
async fn everything(user: &User, case: &str) -> String {
    let person = user.get(&format!("/cases/{case}")).await.body;
    let person = person.split("/family/").nth(1).and_then(|r| r.split('"').next()).unwrap_or("none").to_owned();
    let mut all = String::new();
    for path in [
        format!("/cases/{case}"),
        format!("/cases/{case}/edit"),
        format!("/cases/{case}/timeline"),
        format!("/cases/{case}/care"),
        format!("/cases/{case}/emergency"),
        format!("/cases/{case}/emergency/versions"),
        format!("/cases/{case}/monitoring"),
        format!("/cases/{case}/team"),
        format!("/cases/{case}/consents"),
        format!("/cases/{case}/consents/new"),
        format!("/cases/{case}/documents"),
        format!("/cases/{case}/referrals"),
        format!("/cases/{case}/viewing"),
        format!("/cases/{case}/protected"),
        format!("/family/{person}"),
        "/cases".to_owned(),
        "/consultations?view=all".to_owned(),
        "/".to_owned(),
        "/board".to_owned(),
        "/board/export?as=csv".to_owned(),
        "/search?q=%E3%81%9F%E3%81%8B%E3%81%AF%E3%81%97".to_owned(),
    ] {
        all.push_str(&user.get(&path).await.body);
    }
    all
}

both! {
    async fn abuse_11_brothers_and_sisters_who_are_not_protected_are_named(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = known(&w, &lead).await;
        let (a, b) = (w.person("coordinator").await.to_string(), crate::case::tests::deputy(&w).await);
        let mut f = fields(&a, &b);
        f.retain(|(name, _)| !matches!(*name, "name" | "kana"));
        f.extend([("name", "髙橋 うみ"), ("kana", "たかはし うみ")]);
        let sister = lead.post("/cases/new", &f).await.id();
        let page = format!("/cases/{case}/protected");
        lead.get(&page).await.hides("髙橋 うみ");
        assert_eq!(begin(&lead, &case, &[]).await, 303);
        lead.get(&page).await.shows("まだ守られていません").shows("髙橋 うみ").shows(&format!("/cases/{sister}/protected"));
        assert_eq!(begin(&lead, &sister, &[]).await, 303);
        lead.get(&page).await.hides("まだ守られていません");
    }
}

both! {
    async fn what_leads_to_the_child_leaves_every_page_and_is_read_with_a_purpose(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = known(&w, &lead).await;
        let sheet = format!("/cases/{case}/emergency");
        let read = lead.get(&sheet).await.value("read");
        assert_eq!(lead.post(&format!("{sheet}/check"), &[("read", &read)]).await.status, 303);
        lead.get(&format!("{sheet}/versions")).await.shows(PHONE);
        let before = everything(&lead, &case).await;
        assert!(before.contains(PHONE) && before.contains(WARD) && before.contains("藤沢市"));
        assert_eq!(begin(&lead, &case, &[]).await, 303);
        for key in ["coordinator", "city", "privacy"] {
            let all = everything(&w.sign_in(key).await, &case).await;
            assert!(all.contains("保護の対象"), "{key}");
            assert!(!all.contains(PHONE) && !all.contains(WARD) && !all.contains("藤沢市"), "{key}");
        }
        lead.get(&format!("{sheet}/versions")).await.shows("内容はしまわれています");
        let page = format!("/cases/{case}/protected");
        lead.get(&page).await.shows("電話").hides(PHONE);
        lead.post(&format!("{page}/view"), &[]).await.shows("見る目的").hides(PHONE);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal WHERE object_kind = 'protected_fact'").await, 0);
        for key in ["coordinator", "privacy"] {
            let seen = w.sign_in(key).await.post(&format!("{page}/view"), &[("purpose", "contact")]).await;
            assert_eq!(seen.status, 200);
            seen.shows(PHONE).shows(WARD).shows("藤沢市");
            let (screen, unprinted) = seen.body.split_once("class=\"unprinted\"").expect("a part that stays off paper");
            assert!(unprinted.contains(PHONE) && !screen.contains(PHONE) && !screen.contains(WARD));
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal WHERE act = 'protection.read' AND detail = 'contact'").await, 2);
        let values: Vec<(Vec<u8>,)> = w.all("/* t */ SELECT value FROM protected_fact", vec![]).await;
        assert_eq!(values.len(), 3);
        assert!(values.iter().all(|(v,)| !v.windows(4).any(|x| x == b"046-")));
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM case_person WHERE phone IS NOT NULL OR municipality IS NOT NULL").await, 0);
    }

    async fn what_the_call_said_of_telephone_place_and_name_goes_too(w: World) {
        let lead = w.sign_in("coordinator").await;
        let more = [("child_name", "高橋 桜子"), ("child_kana", "たかはし さくらこ"), ("asker_kind", "parent"), ("asker_name", "みどり"), ("asker_place", "藤沢の実家"), ("asker_phone", PHONE)];
        let call = take(&lead, &more).await;
        let version = lead.get(&format!("/consultations/{call}")).await.shows(PHONE).shows("藤沢の実家").value("version");
        let screened = [
            ("version", version.as_str()), ("urgency", "week"), ("municipality", "142018"), ("consent_state", "oral"), ("outcome", "case_opened"), ("need_medical", "呼吸器の管理"),
        ];
        assert_eq!(lead.post(&format!("/consultations/{call}/screen"), &screened).await.status, 303);
        let (a, b) = (w.person("coordinator").await.to_string(), crate::case::tests::deputy(&w).await);
        let case = lead.post(&format!("/consultations/{call}/open-case"), &fields(&a, &b)).await.id();
        assert_eq!(begin(&lead, &case, &[("called", "うみ さん"), ("called_kana", "うみ さん")]).await, 303);
        for path in [format!("/consultations/{call}"), format!("/cases/{case}/timeline"), "/consultations?view=all".to_owned()] {
            lead.get(&path).await.hides(PHONE).hides("藤沢の実家").hides("桜子").hides("さくらこ");
        }
        lead.post("/consultations/matches", &[("child_name", "高橋"), ("child_kana", "たかはし")]).await.hides(&case).hides(&call);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consultation WHERE child_fold LIKE '%高橋%' OR asker_phone IS NOT NULL OR asker_place IS NOT NULL").await, 0);
        let told = lead.post(&format!("/cases/{case}/protected/view"), &[("purpose", "check")]).await;
        told.shows(PHONE).shows("藤沢の実家").shows("桜子").shows("髙橋 さくら").shows("離れた父から守る");
    }

    async fn the_pages_of_guardians_end_and_are_given_anew_by_the_lead(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, guardian) = confirmed(&w, &lead).await;
        let family = w.sign_in("family").await;
        family.get(&format!("/children/{case}")).await.shows("さくら");
        assert_eq!(begin(&lead, &case, &[("called", "うみ さん"), ("called_kana", "うみ さん")]).await, 303);
        let after = family.get(&format!("/children/{case}")).await;
        assert!(after.status != 200 && !after.body.contains("うみ"), "{}", after.status);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM guardian_account WHERE ended_at IS NULL").await, 0);
        assert_eq!(lead.post(&format!("/family/{guardian}/account"), &[]).await.status, 200, "whom the lead trusts is invited again");
    }

    async fn a_form_that_was_open_before_does_not_bring_the_name_back(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = known(&w, &lead).await;
        let (a, b) = (w.person("coordinator").await.to_string(), crate::case::tests::deputy(&w).await);
        let old = lead.get(&format!("/cases/{case}/edit")).await.value("version");
        assert_eq!(begin(&lead, &case, &[("called", "うみ さん"), ("called_kana", "うみ さん")]).await, 303);
        let mut f = fields(&a, &b);
        f.push(("version", &old));
        assert_eq!(lead.post(&format!("/cases/{case}/edit"), &f).await.status, 409);
        let new = lead.get(&format!("/cases/{case}/edit")).await.value("version");
        let mut f = fields(&a, &b);
        f.push(("version", &new));
        assert_eq!(lead.post(&format!("/cases/{case}/edit"), &f).await.status, 303);
        lead.get(&format!("/cases/{case}")).await.shows("うみ さん").hides("髙橋 さくら");
    }

    async fn nobody_else_is_told_that_there_is_such_a_page(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = known(&w, &lead).await;
        assert_eq!(begin(&lead, &case, &[]).await, 303);
        for key in ["city", "city2", "coordinator2", "supporter", "manager", "hospital", "family", "auditor", "admin", "prefecture"] {
            let user = w.sign_in(key).await;
            let none = user.get("/cases/01990000-0000-7000-8000-000000000001/protected").await;
            let page = user.get(&format!("/cases/{case}/protected")).await;
            assert_eq!((page.status, &page.body), (404, &none.body), "{key}");
            for act in ["view", "begin", "end", "renew", "facts", "facts/remove"] {
                let fields = [("purpose", "contact"), ("kind", "other"), ("reason", "x"), ("until", "R9.6.30"), ("end_reason", "x"), ("field", "phone"), ("value", "x")];
                assert_eq!(user.post(&format!("/cases/{case}/protected/{act}"), &fields).await.status, 404, "{key} {act}");
            }
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM protection WHERE ended_at IS NULL").await, 1);
    }

    async fn abuse_9_a_protected_name_is_found_by_nobody(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = known(&w, &lead).await;
        assert_eq!(begin(&lead, &case, &[("called", "うみ")]).await, 422, "a name needs a reading");
        assert_eq!(begin(&lead, &case, &[("called_kana", "うみ")]).await, 422, "and a reading a name");
        assert_eq!(begin(&lead, &case, &[("called", "うみ さん"), ("called_kana", "うみ さん")]).await, 303);
        let find = |q: &str| format!("/search?q={}", form_urlencoded::byte_serialize(q.as_bytes()).collect::<String>());
        for q in ["髙橋", "たかはし", "さくら"] {
            lead.get(&find(q)).await.hides(&case);
        }
        lead.get(&find("うみ")).await.shows(&case);
        let all = everything(&lead, &case).await;
        assert!(!all.contains("髙橋 さくら") && !all.contains("たかはし さくら"));
        lead.post(&format!("/cases/{case}/protected/view"), &[("purpose", "check")]).await.shows("髙橋 さくら");
    }

    async fn it_cannot_be_written_again_where_others_read_it(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = known(&w, &lead).await;
        assert_eq!(begin(&lead, &case, &[]).await, 303);
        let person: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_person", vec![]).await;
        let path = format!("/family/{}", person[0].0);
        let version = lead.get(&path).await.value("version");
        let mother = [("guardian_name", "髙橋 みどり"), ("guardian_kana", "たかはし みどり"), ("guardian_relation", "mother"), ("is_guardian", "1"), ("custody", "full")];
        for (field, value) in [("guardian_phone", PHONE), ("guardian_place", "藤沢市")] {
            let mut f = mother.to_vec();
            f.extend([(field, value), ("version", &version)]);
            lead.post(&path, &f).await.shows("「守る情報」に書いてください");
            lead.post(&format!("/cases/{case}/family"), &f).await.shows("「守る情報」に書いてください");
        }
        let mut f = mother.to_vec();
        f.push(("version", &version));
        assert_eq!(lead.post(&path, &f).await.status, 303);
        let (a, b) = (w.person("coordinator").await.to_string(), crate::case::tests::deputy(&w).await);
        let version = lead.get(&format!("/cases/{case}/edit")).await.value("version");
        let mut f = fields(&a, &b);
        f.extend([("residence_note", WARD), ("version", &version)]);
        lead.post(&format!("/cases/{case}/edit"), &f).await.shows("「守る情報」に書いてください");
    }

    async fn it_ends_only_by_somebody_and_nothing_comes_back(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = known(&w, &lead).await;
        let page = format!("/cases/{case}/protected");
        for until in ["R8.11.1", "R20.1.1", "いつか"] {
            assert_eq!(begin(&lead, &case, &[("until", until)]).await, 422, "{until}");
        }
        let f = [("kind", "violence"), ("reason", "離れた父から守る"), ("until", "2026-12-20")];
        assert_eq!(lead.post(&format!("{page}/begin"), &f).await.status, 303);
        lead.post(&format!("{page}/begin"), &f).await.shows("もう保護の対象です");
        assert_eq!(remind(&w.app).await.expect("runs"), 1, "a month before");
        assert_eq!(remind(&w.app).await.expect("runs"), 0, "once");
        lead.get("/").await.shows("守る情報の期限を見直す");
        w.advance_hours(24 * 40);
        let lead = w.sign_in("coordinator").await;
        assert_eq!(remind(&w.app).await.expect("runs"), 0);
        lead.get(&page).await.shows("過ぎています。保護は続いています");
        lead.get(&format!("/cases/{case}")).await.shows("保護の対象").hides(PHONE);
        assert_eq!(lead.post(&format!("{page}/renew"), &[("until", "2027-06-30")]).await.status, 303);
        lead.get("/").await.hides("守る情報の期限を見直す");
        lead.post(&format!("{page}/end"), &[("end_reason", "")]).await.shows("終える理由");
        assert_eq!(lead.post(&format!("{page}/end"), &[("end_reason", "転居して落ち着いた")]).await.status, 303);
        lead.get(&format!("/cases/{case}")).await.hides("保護の対象").hides(PHONE);
        lead.get(&page).await.shows("これまでの保護").hides(PHONE);
        lead.post(&format!("{page}/view"), &[("purpose", "check")]).await.shows(PHONE);
        assert_eq!(open(&w, &lead).await.len(), 36);
    }

    async fn facts_are_added_and_taken_away(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = known(&w, &lead).await;
        let page = format!("/cases/{case}/protected");
        assert_eq!(begin(&lead, &case, &[]).await, 303);
        lead.post(&format!("{page}/facts"), &[("field", "school"), ("value", "")]).await.shows("内容");
        assert_eq!(lead.post(&format!("{page}/facts"), &[("field", "school"), ("value", "海辺の園")]).await.status, 303);
        let seen = lead.post(&format!("{page}/view"), &[("purpose", "visit")]).await;
        let fact = seen.shows("海辺の園").body.split("name=\"fact\" value=\"").nth(1).and_then(|r| r.split('"').next()).expect("an id").to_owned();
        assert_eq!(lead.post(&format!("{page}/facts/remove"), &[("fact", &fact)]).await.status, 303);
        lead.post(&format!("{page}/facts/remove"), &[("fact", &fact)]).await.shows("もう消されています");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM protected_fact WHERE gone_at IS NULL").await, 3);
    }
}
