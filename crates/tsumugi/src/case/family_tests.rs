use super::tests::{consent, open};
use crate::testing::{User, World};

async fn only_person(w: &World) -> String {
    let rows: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_person", vec![]).await;
    rows[0].0.to_string()
}

const CORRECTED: &[(&str, &str)] = &[
    ("guardian_name", "髙橋 緑"),
    ("guardian_kana", "たかはし みどり"),
    ("guardian_relation", "mother"),
    ("is_guardian", "1"),
    ("custody", "limited"),
    ("guardian_place", "鎌倉市"),
    ("guardian_phone", "046-800-0000"),
];

async fn save(user: &User, path: &str, version: &str) -> crate::testing::Page {
    let mut fields = CORRECTED.to_vec();
    fields.push(("version", version));
    user.post(path, &fields).await
}

both! {
    async fn a_family_member_is_corrected_against_the_version_that_was_seen(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let path = format!("/family/{}", only_person(&w).await);
        user.get(&format!("/cases/{case}")).await.shows("髙橋 みどり");
        let form = user.get(&path).await;
        form.shows("家族の記録を直す");
        assert_eq!(form.value("guardian_name"), "髙橋 みどり");
        user.post(&path, &[("version", "1"), ("guardian_name", ""), ("guardian_kana", "みどり")]).await.shows("家族の氏名");
        assert_eq!(save(&user, &path, "1").await.status, 303);
        user.get(&format!("/cases/{case}")).await.shows("髙橋 緑").shows("鎌倉市").hides("髙橋 みどり");
        let late = save(&user, &path, "1").await;
        assert_eq!(late.status, 409);
        late.shows("ほかの人が先に直しました");
        let left = user.post(&path, &[("version", "1"), ("seen", &form.value("seen")), ("guardian_name", "髙橋 みどり"), ("guardian_kana", "たかはし みどり"),
            ("guardian_relation", "mother"), ("is_guardian", "1"), ("together", "1"), ("custody", "full"), ("guardian_phone", "080-1111-2222")]).await;
        assert_eq!(left.status, 409);
        assert_eq!(left.value("guardian_name"), "髙橋 緑", "who left the name alone takes the newer one");
        assert_eq!(left.value("guardian_phone"), "080-1111-2222", "what was typed stays");
        assert_eq!(late.value("version"), "2", "what was typed can be saved on top of the newer one");
        for key in ["coordinator2", "supporter", "city", "admin"] {
            let stranger = w.sign_in(key).await;
            assert_eq!(stranger.get(&path).await.status, 404, "{key}");
            assert_eq!(save(&stranger, &path, "2").await.status, 404, "{key}");
        }
    }

    async fn who_gave_a_consent_cannot_be_taken_away_and_who_was_a_mistake_can(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let remove = format!("/family/{}/remove", only_person(&w).await);
        let site = w.organisation("うみかぜ").await;
        consent(&w, &user, &case, &site.to_string(), "paper").await;
        user.post(&remove, &[]).await.shows("家族の画面が記録されているため");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM case_person").await, 1);
        let other = open(&w, &user).await;
        let sql = "/* t */ SELECT id FROM case_person WHERE case_id <> $1";
        let rows: Vec<(platform::Uuid,)> = w.all(sql, platform::args![case.parse::<platform::Uuid>().expect("an id")]).await;
        assert_eq!(w.sign_in("coordinator2").await.post(&format!("/family/{}/remove", rows[0].0), &[]).await.status, 404);
        assert_eq!(user.post(&format!("/family/{}/remove", rows[0].0), &[]).await.status, 303);
        user.get(&format!("/cases/{other}")).await.shows("家族の記録はまだありません");
    }
}
