use crate::{
    case::tests::{consent_to, open},
    family::tests::confirmed,
    testing::{Page, User, World},
};
use platform::args;

async fn make(user: &User, case: &str, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![
        ("kind", "visit"),
        ("what", "家庭訪問"),
        ("on", "R8.11.26"),
        ("time", "14:00"),
        ("place", "ご自宅"),
        ("shown", "family"),
    ];
    fields.retain(|(name, _)| !more.iter().any(|(n, _)| n == name));
    fields.extend_from_slice(more);
    user.post(&format!("/cases/{case}/appointments"), &fields).await
}

async fn newest(w: &World) -> String {
    let rows: Vec<(platform::Uuid,)> =
        w.all("/* t */ SELECT id FROM appointment ORDER BY made_at DESC, id DESC LIMIT 1", vec![]).await;
    rows[0].0.to_string()
}

both! {
    async fn a_family_sees_its_next_appointment_and_that_one_was_called_off(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = confirmed(&w, &lead).await;
        let (page, family) = (format!("/cases/{case}/appointments"), w.sign_in("family").await);
        lead.get(&page).await.shows("これからの予定はありません");
        let wrong = make(&lead, &case, &[("on", "R8.11.1"), ("what", "吸引の手技")]).await;
        assert_eq!(wrong.status, 422);
        wrong.shows("過ぎた時刻です").shows("吸引の手技");
        assert_eq!(make(&lead, &case, &[("note", "母子手帳を持ってくる")]).await.status, 303);
        let one = newest(&w).await;
        w.advance_hours(1);
        assert_eq!(make(&lead, &case, &[("what", "所内の打合せ"), ("shown", "staff")]).await.status, 303);
        lead.get(&page).await.shows("14:00〜15:00").shows("家庭訪問（ご自宅）").shows("所内の打合せ").shows("職員だけ");
        family.get(&format!("/children/{case}")).await.shows("14:00〜15:00").shows("母子手帳を持ってくる").shows("相模野 瑞希").hides("所内の打合せ");
        assert_eq!(family.get(&page).await.status, 403);
        lead.get("/").await.shows("自分が入れた予定").shows("髙橋 さくら");

        let change = format!("{page}/{one}");
        let version = lead.get(&change).await.shows("母子手帳を持ってくる").value("version");
        let fields = [("version", version.as_str()), ("kind", "visit"), ("what", "家庭訪問"), ("on", "R8.11.27"), ("time", "10:30"), ("minutes", "90"), ("shown", "family")];
        assert_eq!(lead.post(&change, &fields).await.status, 303);
        let late = lead.post(&change, &fields).await;
        assert_eq!(late.status, 409, "the page was older than the change");
        late.shows("ほかの人が先にこの予定を変えました").shows("10:30");
        family.get(&format!("/children/{case}")).await.shows("10:30〜12:00").hides("14:00〜15:00");

        assert_eq!(lead.post(&format!("{change}/cancel"), &[]).await.status, 303);
        assert_eq!(lead.post(&format!("{change}/cancel"), &[]).await.status, 409);
        assert_eq!(lead.get(&change).await.status, 409);
        family.get(&format!("/children/{case}")).await.shows("取りやめになりました");
        w.advance_hours(24 * 4);
        w.sign_in("family").await.get(&format!("/children/{case}")).await.hides("取りやめになりました");
        w.sign_in("coordinator").await.get(&page).await.shows("過ぎた予定").shows("取りやめ");
    }

    async fn another_agency_changes_only_its_own_and_sees_others_where_the_plan_was_agreed(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let (page, site) = (format!("/cases/{case}/appointments"), w.organisation("うみかぜ").await.to_string());
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let join = [("person", member.as_str()), ("field", "medical"), ("function", "訪問"), ("since", "2026-11-24")];
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &join).await.status, 303);
        let nurse = w.sign_in("supporter").await;
        assert_eq!(make(&lead, &case, &[("what", "学校との面談")]).await.status, 303);
        let theirs = newest(&w).await;
        w.advance_hours(1);
        assert_eq!(make(&nurse, &case, &[("what", "初回の訪問")]).await.status, 303);
        let own = newest(&w).await;
        nurse.get(&page).await.shows("初回の訪問").hides("学校との面談").shows("同意の範囲外");
        lead.get(&page).await.shows("初回の訪問").shows("学校との面談");
        let unknown = nurse.get(&format!("{page}/01990000-0000-7000-8000-000000000000")).await;
        let other = nurse.get(&format!("{page}/{theirs}")).await;
        assert_eq!((other.status, &other.body), (404, &unknown.body));
        assert_eq!(nurse.post(&format!("{page}/{theirs}/cancel"), &[]).await.status, 404);
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care", "plan"]).await;
        nurse.get(&page).await.shows("学校との面談");
        assert_eq!(nurse.post(&format!("{page}/{theirs}/cancel"), &[]).await.status, 409, "seen, but not theirs");
        assert_eq!(nurse.post(&format!("{page}/{own}/cancel"), &[]).await.status, 303);
        let stranger = w.sign_in("hospital").await;
        assert_eq!(make(&stranger, &case, &[]).await.status, 404);
    }

    async fn when_and_where_a_protected_child_is_stands_nowhere(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let page = format!("/cases/{case}/appointments");
        assert_eq!(make(&lead, &case, &[("what", "発作の外来")]).await.status, 303);
        let one = newest(&w).await;
        let protect = [("kind", "violence"), ("reason", "離れた父から守る"), ("until", "R9.6.30")];
        assert_eq!(lead.post(&format!("/cases/{case}/protected/begin"), &protect).await.status, 303);
        lead.get(&page).await.shows("ここに置けません").hides("発作の外来").hides("予定を入れる");
        lead.get("/").await.hides("自分が入れた予定");
        assert_eq!(lead.get(&format!("{page}/{one}")).await.status, 404);
        assert_eq!(make(&lead, &case, &[]).await.status, 409);
        assert_eq!(w.all::<(i64,)>("/* t */ SELECT COUNT(*) FROM appointment WHERE case_id = $1", args![case.parse::<platform::Uuid>().expect("an id")]).await[0].0, 1);
    }
}
