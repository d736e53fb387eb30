use crate::{
    case::tests::{consent, fields, open},
    people::tests::sign_in_named,
    testing::{Page, User, World},
};
use platform::args;
use tsumugi::{area::Municipality, exchange::directory::Kind};

const COLLEAGUE: &str = "久里浜 なお";
const SECOND: &str = "安浦 みつき";

async fn id_of(w: &World, name: &str) -> String {
    let rows: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM person WHERE name = $1", args![name]).await;
    rows[0].0.to_string()
}

async fn ask(user: &User, substitute: &str, from: &str, until: &str) -> Page {
    user.post("/cover", &[("substitute", substitute), ("from", from), ("until", until)]).await
}

/// A second person on the seat of the supporter.
async fn second_supporter(w: &World) -> User {
    let (id, like) = (w.app.mint.uuid(w.app.now()), w.person("supporter").await);
    let mut tx = w.db.begin().await.expect("a transaction");
    for sql in [
        "/* t */ INSERT INTO person (id, name, kana, profession, created_at) SELECT $1, '安浦 みつき', 'やすうら みつき', profession, created_at FROM person WHERE id = $2",
        "/* t */ INSERT INTO account_subject (person_id, subject_id, since) SELECT $1, $1, since FROM account_subject WHERE person_id = $2 AND subject_id = $2",
        "/* t */ INSERT INTO account_subject (person_id, subject_id, since) SELECT $1, subject_id, since FROM account_subject WHERE person_id = $2 AND subject_id <> $2",
        "/* t */ INSERT INTO role_grant (id, person_id, seat_id, since) SELECT $1, $1, seat_id, since FROM role_grant WHERE person_id = $2",
    ] {
        tx.exec(sql, args![id, like]).await.expect("a colleague");
    }
    tx.commit().await.expect("saved");
    sign_in_named(w, SECOND).await
}

async fn in_team(w: &World, lead: &User, case: &str) {
    let site = w.organisation("うみかぜ").await.to_string();
    consent(w, lead, case, &site, "paper").await;
    let member = format!("{}.{site}", w.person("supporter").await);
    let team = [("person", member.as_str()), ("field", "medical"), ("function", "訪問看護"), ("since", "2026-11-24")];
    assert_eq!(lead.post(&format!("/cases/{case}/team"), &team).await.status, 303);
}

both! {
    async fn a_colleague_stands_in_for_a_coordinator_and_the_sight_ends_with_the_last_day(w: World) {
        let lead = w.sign_in("coordinator").await;
        let other = w.person("coordinator2").await.to_string();
        let me = w.person("coordinator").await.to_string();
        let case = lead.post("/cases/new", &fields(&me, &other)).await.id();
        let colleague = sign_in_named(&w, COLLEAGUE).await;
        let edit = format!("/cases/{case}/edit");
        assert_eq!(colleague.get(&edit).await.status, 403, "a coordinator of the town reads it");
        let substitute = id_of(&w, COLLEAGUE).await;
        assert_eq!(ask(&lead, &substitute, "R8.11.25", "R8.11.27").await.status, 303);
        colleague.get("/").await.shows("相模野 瑞希").shows("さんの代わりです");
        assert_eq!(colleague.get(&edit).await.status, 403, "not before the first day");
        w.advance_hours(24);
        assert_eq!(tsumugi::cover::turn(&w.app).await.expect("turns"), 1);
        assert_eq!(tsumugi::cover::turn(&w.app).await.expect("turns"), 0, "once");
        let colleague = sign_in_named(&w, COLLEAGUE).await;
        colleague.get(&edit).await.shows("髙橋 さくら");
        colleague.get(&format!("/cases/{case}")).await.shows("休みの間の代わり");
        // Both are listed, and nothing that lasts is decided by who stands in.
        let lead = w.sign_in("coordinator").await;
        lead.get(&format!("/cases/{case}/viewing")).await.shows(COLLEAGUE).shows("休んでいる人の代わりのため");
        assert_eq!(colleague.post(&format!("/cases/{case}/move"), &[("move", "close")]).await.status, 403);
        assert_eq!(colleague.get(&format!("/cases/{case}/protected")).await.status, 404);
        // Nor who keeps the case, where, and who is its family.
        let version = colleague.get(&edit).await.value("version");
        let mut taken = fields(&me, &substitute);
        taken.retain(|(name, _)| !name.starts_with("guardian") && !matches!(*name, "lead" | "status" | "municipality"));
        taken.extend([("version", version.as_str()), ("municipality", "142085"), ("languages", "日本語と手話")]);
        assert_eq!(colleague.post(&edit, &taken).await.status, 303);
        let kept: Vec<(platform::Uuid, String, String)> = w.all("/* t */ SELECT deputy_id, municipality, languages FROM child_case", vec![]).await;
        assert_eq!(kept, [(other.parse().expect("an id"), "142018".to_owned(), "日本語と手話".to_owned())]);
        let guardian: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_person", vec![]).await;
        assert_eq!(colleague.get(&format!("/family/{}", guardian[0].0)).await.status, 403);
        assert_eq!(colleague.post(&format!("/family/{}/remove", guardian[0].0), &[]).await.status, 403);
        // A case that the other gets meanwhile comes along, one that they give away goes.
        let another = lead.post("/cases/new", &[("name", "佐藤 れん"), ("kana", "さとう れん"), ("birth", "R5.1.2"), ("sex", "male"), ("municipality", "142018"), ("residence", "home"), ("care", "suction"), ("lead", &me), ("deputy", &other), ("status", "active"), ("guardian_name", "佐藤 ゆう"), ("guardian_kana", "さとう ゆう"), ("guardian_relation", "mother"), ("is_guardian", "1"), ("custody", "full")]).await.id();
        assert_eq!(colleague.get(&format!("/cases/{another}/edit")).await.status, 200);
        assert_eq!(lead.post(&format!("/cases/{another}/lead"), &[("to", &other), ("note", "引き継ぐ")]).await.status, 303);
        assert_eq!(w.sign_in("coordinator2").await.post(&format!("/cases/{another}/lead/receive"), &[("answer", "receive")]).await.status, 303);
        // Whoever gave the lead away is the deputy now.
        assert_eq!(colleague.get(&format!("/cases/{another}/edit")).await.status, 200);
        let mut tx = w.app.store.begin().await.expect("a transaction");
        let holder = w.person("coordinator").await;
        let id: platform::id::CaseId = another.parse().expect("an id");
        crate::case::lapse(&mut tx, id, holder.into(), tsumugi::policy::Relation::Deputy, w.app.now()).await.expect("ended");
        tx.commit_housekeeping().await.expect("saved");
        assert_eq!(colleague.get(&format!("/cases/{another}/edit")).await.status, 403, "kept by the other no more");
        w.advance_hours(3 * 24);
        let colleague = sign_in_named(&w, COLLEAGUE).await;
        assert_eq!(colleague.get(&edit).await.status, 403, "over, before the clock has looked");
        assert_eq!(tsumugi::cover::turn(&w.app).await.expect("turns"), 1);
        colleague.get("/cover").await.shows("頼んでいるもの、引き受けているものはありません").shows("相模野 瑞希");
    }

    async fn what_waits_for_who_is_away_comes_before_who_stands_in(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let site = w.organisation("うみかぜ").await;
        let service = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
        consent(&w, &lead, &case, &site.to_string(), "oral").await;
        crate::referral::tests::ask(&lead, &case, service, "live").await;
        lead.get("/").await.shows("口頭同意の書面をもらう").shows("つなぎの回答");
        let colleague = sign_in_named(&w, COLLEAGUE).await;
        colleague.get("/").await.hides("つなぎの回答");
        assert_eq!(ask(&lead, &id_of(&w, COLLEAGUE).await, "R8.11.24", "R8.11.24").await.status, 303);
        colleague.get("/").await.shows("つなぎの回答").shows("相模野 瑞希さんの代わり").shows("髙橋 さくら").hides("口頭同意の書面をもらう");
        colleague.get("/board").await.shows("相模野 瑞希さんの代わり");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind = 'referral_response'").await, 1, "it waits once");
        let covers: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM cover", vec![]).await;
        assert_eq!(w.sign_in("coordinator2").await.post(&format!("/cover/{}/end", covers[0].0), &[]).await.status, 404, "by nobody else");
        assert_eq!(colleague.post(&format!("/cover/{}/end", covers[0].0), &[]).await.status, 303);
        assert_eq!(lead.post(&format!("/cover/{}/end", covers[0].0), &[]).await.status, 409, "once");
        colleague.get("/").await.hides("つなぎの回答");
    }

    async fn an_emergency_of_who_stands_in_is_looked_at_by_somebody_who_is_there(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (me, second) = (w.person("coordinator").await.to_string(), id_of(&w, COLLEAGUE).await);
        let case = lead.post("/cases/new", &fields(&me, &second)).await.id();
        let deputy = sign_in_named(&w, COLLEAGUE).await;
        assert_eq!(ask(&lead, &second, "R8.11.24", "R8.11.30").await.status, 303);
        let site = w.organisation("うみかぜ").await.to_string();
        let told = [("organisation", site.as_str()), ("reason", "呼吸が止まり、搬送先に伝えるため")];
        assert_eq!(deputy.post(&format!("/cases/{case}/emergency"), &told).await.status, 303);
        let seat = "/* t */ SELECT COUNT(*) FROM waiting w JOIN seat s ON s.id = w.subject_id WHERE w.kind = 'emergency_review' AND s.role = 'coordinator'";
        assert_eq!(w.count(seat).await, 1, "the lead is away, and the deputy did it");
    }

    async fn two_people_who_are_away_with_one_colleague_end_one_by_one(w: World) {
        let (lead, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &lead).await;
        in_team(&w, &lead, &case).await;
        let second = second_supporter(&w).await;
        let third = w.app.mint.uuid(w.app.now());
        let mut tx = w.db.begin().await.expect("a transaction");
        let like = id_of(&w, SECOND).await.parse::<platform::Uuid>().expect("an id");
        for sql in [
            "/* t */ INSERT INTO person (id, name, kana, profession, created_at) SELECT $1, '汐入 はる', 'しおいり はる', profession, created_at FROM person WHERE id = $2",
            "/* t */ INSERT INTO account_subject (person_id, subject_id, since) SELECT $1, $1, since FROM account_subject WHERE person_id = $2 AND subject_id = $2",
            "/* t */ INSERT INTO account_subject (person_id, subject_id, since) SELECT $1, subject_id, since FROM account_subject WHERE person_id = $2 AND subject_id <> $2",
            "/* t */ INSERT INTO role_grant (id, person_id, seat_id, since) SELECT $1, $1, seat_id, since FROM role_grant WHERE person_id = $2",
        ] {
            tx.exec(sql, args![third, like]).await.expect("a colleague");
        }
        tx.commit().await.expect("saved");
        let site = w.organisation("うみかぜ").await;
        let member = format!("{like}.{site}");
        let team = [("person", member.as_str()), ("field", "medical"), ("function", "訪問看護"), ("since", "2026-11-24")];
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &team).await.status, 303);
        let third_in = sign_in_named(&w, "汐入 はる").await;
        assert_eq!(ask(&nurse, &third.to_string(), "R8.11.24", "R8.11.25").await.status, 303);
        w.app.clock.advance(jiff::SignedDuration::from_secs(1));
        assert_eq!(ask(&second, &third.to_string(), "R8.11.24", "R8.11.30").await.status, 303);
        let page = format!("/cases/{case}");
        assert_eq!(third_in.get(&page).await.status, 200);
        w.advance_hours(48);
        assert_eq!(tsumugi::cover::turn(&w.app).await.expect("turns"), 1);
        let third_in = sign_in_named(&w, "汐入 はる").await;
        assert_eq!(third_in.get(&page).await.status, 200, "the other is still away");
        w.advance_hours(24 * 6);
        assert_eq!(tsumugi::cover::turn(&w.app).await.expect("turns"), 1);
        assert_eq!(sign_in_named(&w, "汐入 はる").await.get(&page).await.status, 404);
    }

    async fn a_supporter_stands_in_within_what_the_family_agreed_to(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        in_team(&w, &lead, &case).await;
        let nurse = w.sign_in("supporter").await;
        let second = second_supporter(&w).await;
        let page = format!("/cases/{case}");
        assert_eq!(second.get(&page).await.status, 404);
        assert_eq!(ask(&nurse, &id_of(&w, SECOND).await, "R8.11.24", "R8.11.30").await.status, 303);
        second.get(&page).await.shows("髙橋 さくら");
        second.get("/cases").await.shows("髙橋 さくら");
        lead.get(&format!("/cases/{case}/team")).await.shows(SECOND).shows("浦風 しおりさんの代わり");
        assert_eq!(second.post(&format!("/cases/{case}/timeline"), &[("kind", "observation"), ("title", "観察"), ("body", "変わりなし")]).await.status, 303);
        // The family takes it back: both are out at once.
        let given: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let given = given[0].0.to_string();
        assert_eq!(lead.post(&format!("/cases/{case}/consents/withdraw"), &[("consent", &given), ("reason", "家族の申し出")]).await.status, 303);
        assert_eq!((nurse.get(&page).await.status, second.get(&page).await.status), (404, 404));
    }

    async fn a_cover_ends_before_its_time_by_either_and_with_a_role(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        in_team(&w, &lead, &case).await;
        let (nurse, second) = (w.sign_in("supporter").await, second_supporter(&w).await);
        let page = format!("/cases/{case}");
        let running = async || {
            let all: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM cover WHERE ended_at IS NULL", vec![]).await;
            all[0].0
        };
        assert_eq!(ask(&nurse, &id_of(&w, SECOND).await, "R8.11.24", "R8.11.30").await.status, 303);
        assert_eq!(second.get(&page).await.status, 200);
        assert_eq!(nurse.post(&format!("/cover/{}/end", running().await), &[]).await.status, 303);
        assert_eq!((second.get(&page).await.status, nurse.get(&page).await.status), (404, 200));
        lead.get(&format!("/cases/{case}/team")).await.shows("代わりの終わり");
        w.app.clock.advance(jiff::SignedDuration::from_secs(1));
        assert_eq!(ask(&nurse, &id_of(&w, SECOND).await, "R8.11.24", "R8.11.30").await.status, 303);
        assert_eq!(second.get(&page).await.status, 200);
        // The role of who is away ends: nobody stands in for it.
        let (admin, them) = (w.sign_in("admin").await, w.person("supporter").await);
        let seat = admin.get(&format!("/people/{them}")).await.value("seat");
        assert_eq!(admin.post(&format!("/people/{them}/role/end"), &[("seat", &seat)]).await.status, 303);
        assert_eq!(second.get(&page).await.status, 404);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM cover WHERE ended_at IS NULL").await, 0);
    }

    async fn who_leaves_a_team_takes_who_stands_in_along(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        in_team(&w, &lead, &case).await;
        let (nurse, second) = (w.sign_in("supporter").await, second_supporter(&w).await);
        assert_eq!(ask(&nurse, &id_of(&w, SECOND).await, "R8.11.24", "R8.11.30").await.status, 303);
        assert_eq!(second.get(&format!("/cases/{case}")).await.status, 200);
        let member: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM team_member WHERE cover_id IS NULL", vec![]).await;
        let member = member[0].0.to_string();
        let ended = lead.post(&format!("/cases/{case}/team/end"), &[("member", &member), ("reason", "訪問の終わり")]).await;
        assert_eq!(ended.status, 303, "{}", ended.text());
        assert_eq!(second.get(&format!("/cases/{case}")).await.status, 404);
    }

    async fn a_cover_is_of_the_same_seat_for_fourteen_days_and_is_not_passed_on(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (colleague, substitute) = (sign_in_named(&w, COLLEAGUE).await, id_of(&w, COLLEAGUE).await);
        let me = w.person("coordinator").await.to_string();
        ask(&lead, "", "", "").await.shows("代わりの人を選んでください").shows("はじめの日を入力してください");
        ask(&lead, &w.person("coordinator2").await.to_string(), "R8.11.25", "R8.11.26").await.shows("同じ事業所の、同じ役割の人を選んで");
        ask(&lead, &me, "R8.11.25", "R8.11.26").await.shows("同じ事業所の、同じ役割の人を選んで");
        ask(&lead, &substitute, "R8.11.23", "R8.11.26").await.shows("今日より後の日");
        ask(&lead, &substitute, "R8.11.25", "R8.12.9").await.shows("14日まで");
        assert_eq!(ask(&lead, &substitute, "R8.11.25", "R8.12.8").await.status, 303);
        ask(&lead, &substitute, "R8.12.8", "R8.12.9").await.shows("もう代わりを頼んでいます");
        ask(&lead, &substitute, "R8.12.9", "R8.12.10").await.shows("合わせて14日を超えます");
        ask(&lead, &substitute, "R8.12.15", "R8.12.16").await.shows("合わせて14日を超えます");
        assert_eq!(ask(&lead, &substitute, "R8.12.17", "R8.12.18").await.status, 303, "more than a week later");
        ask(&colleague, &me, "R8.12.1", "R8.12.2").await.shows("この期間に休んで代わりを頼んでいます");
        assert_eq!(ask(&colleague, &me, "R8.12.9", "R8.12.10").await.status, 303, "afterwards");
        for key in ["manager", "city", "privacy", "prefecture", "family", "admin", "auditor"] {
            assert_eq!(w.sign_in(key).await.get("/cover").await.status, 403, "{key}");
        }
    }
}
