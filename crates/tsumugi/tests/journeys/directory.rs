//! The real directory is taken in; a service is found by need; three are asked without a name; one answers by a link.

use crate::testing::World;
use platform::{args, id::ResourceId};
use tsumugi::exchange::directory::Kind;

const WAM: &[u8] = include_bytes!("../../data/directory/wam-sfk-202503-yokosuka-miura.csv");
const BUREAU: &[u8] = include_bytes!("../../data/directory/yokosuka-miura-medical-institutions.csv");

both! {
    async fn of_667_real_rows_three_are_asked_and_one_accepts_by_a_link(w: World) {
        let user = w.sign_in("coordinator").await;
        for (name, bytes) in [("wam.csv", WAM), ("bureau.csv", BUREAU)] {
            let preview = user.upload("/resources/imports", name, bytes).await.location;
            assert_eq!(user.post(&preview, &[]).await.status, 303);
        }
        // 104 offices, and 563 rows of which 15 repeat an earlier one.
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM service").await, 104 + 548);
        let places: Vec<(String, i64)> =
            w.all("/* t */ SELECT municipality, COUNT(*) FROM service GROUP BY municipality ORDER BY municipality", args![]).await;
        let places: Vec<(&str, i64)> = places.iter().map(|(m, n)| (m.as_str(), *n)).collect();
        assert_eq!(places, [("142018", 330), ("142042", 202), ("142085", 76), ("142107", 28), ("143014", 16)]);

        user.get("/resources?need=%E4%BF%9D%E8%82%B2%E6%89%80%E7%AD%89%E8%A8%AA%E5%95%8F%E6%94%AF%E6%8F%B4").await.shows("見つかった事業所 9件");
        let three: Vec<(ResourceId,)> = w
            .all("/* t */ SELECT id FROM service WHERE kind = $1 ORDER BY kana_fold, id LIMIT 3", args![Kind::NurseryVisit])
            .await;
        let ids: Vec<String> = three.iter().map(|(id,)| id.to_string()).collect();
        let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("service", id.as_str())).collect();
        fields.extend([("kind", Kind::NurseryVisit.code()), ("age_band", "preschool"), ("municipality", "142018"), ("care", "suction"), ("wish", "月2回、園で")]);
        let inquiry = user.post("/inquiries/new", &fields).await.id();
        for (id, answer) in ids.iter().zip(["full", "waitlist", "open"]) {
            let sent = [("service", id.as_str()), ("answer", answer), ("note", "電話で")];
            assert_eq!(user.post(&format!("/inquiries/{inquiry}/answer"), &sent).await.status, 303);
        }
        user.get(&format!("/inquiries/{inquiry}")).await.shows("空きあり").shows("満員");

        let (lead, deputy) = (w.person("coordinator").await.to_string(), w.person("coordinator2").await.to_string());
        let case = user
            .post("/cases/new", &[
                ("name", "𠮷村 あお"), ("kana", "よしむら あお"), ("birth", "R4.6.1"), ("sex", "unknown"), ("municipality", "142018"), ("residence", "home"), ("lead", &lead),
                ("deputy", &deputy), ("status", "active"), ("care", "suction"), ("guardian_name", "𠮷村 りく"), ("guardian_kana", "よしむら りく"),
                ("guardian_relation", "father"), ("is_guardian", "1"), ("custody", "full"),
            ])
            .await
            .id();
        let chosen = &ids[2];
        let agency: Vec<(platform::id::OrganisationId,)> = w.all("/* t */ SELECT organisation_id FROM service WHERE id = $1", args![three[2].0]).await;
        let agency = agency[0].0.to_string();
        let guardian = user.get(&format!("/cases/{case}/consents/new?recipient={agency}")).await.value("given_by");
        let given = [
            ("recipient", agency.as_str()), ("given_by", &guardian), ("explained_by", &lead), ("given_on", "R8.11.24"), ("form_version", "第1版"), ("method", "paper"),
            ("purpose", "service"), ("category", "identity"), ("next", chosen),
        ];
        let back = user.post(&format!("/cases/{case}/consents/new"), &given).await;
        assert_eq!(back.location, format!("/cases/{case}/referrals/new?service={chosen}"), "back to the referral");
        let sent = user.post(&format!("/cases/{case}/referrals/new"), &[("service", chosen), ("request", "園での吸引の見守り"), ("mode", "link"), ("act", "send")]).await;
        let cut = |from: &str| sent.body.split(from).nth(1).and_then(|s| s.split('<').next()).unwrap_or("").to_owned();
        let (link, code) = (cut("<code id=\"link\">").replace("http://", ""), cut("<b id=\"code\">"));
        let agency = w.nobody();
        agency.post(&link, &[("code", &code)]).await.shows("𠮷村 あお").shows("園での吸引の見守り");
        agency.post(&link, &[("code", &code), ("answer", "accept"), ("note", "12月から")]).await.shows("回答を受け取りました");
        assert_eq!(agency.get(&link).await.status, 410);
        user.get("/").await.shows("サービスの利用開始");
    }
}
