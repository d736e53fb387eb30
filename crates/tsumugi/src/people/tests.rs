use crate::testing::{Page, User, World};

async fn place(w: &World, code: &str) -> String {
    let rows: Vec<(platform::id::OrganisationId,)> =
        w.all("/* t */ SELECT id FROM organisation WHERE code = $1", platform::args![code.to_owned()]).await;
    rows[0].0.to_string()
}

async fn invite(admin: &User, organisation: &str, role: &str) -> Page {
    let fields = [
        ("name", "三崎 うしお"),
        ("kana", "みさき うしお"),
        ("profession", "nurse"),
        ("organisation", organisation),
        ("role", role),
    ];
    admin.post("/people/new", &fields).await
}

/// The link and the code, as they stand on the page that is shown once.
fn told(page: &Page) -> (String, String) {
    let cut = |after: &str| {
        let from = page.body.find(after).unwrap_or_else(|| panic!("{after} in {}", page.text())) + after.len();
        page.body[from..].split('<').next().unwrap_or("").to_owned()
    };
    let link = cut("class=\"code\">");
    let code = page.body.rsplit("class=\"code\">").next().and_then(|t| t.split('<').next()).unwrap_or("").to_owned();
    (link[link.find("/invitations/").expect("a link")..].to_owned(), code)
}

async fn id_of(w: &World, name: &str) -> String {
    let rows: Vec<(platform::id::PersonId,)> =
        w.all("/* t */ SELECT id FROM person WHERE name = $1", platform::args![name.to_owned()]).await;
    rows[0].0.to_string()
}

/// Somebody who has no key of the demonstration, on their first seat.
pub async fn sign_in_named(w: &World, name: &str) -> User {
    let sql = "/* t */ SELECT p.id, g.seat_id FROM person p JOIN role_grant g ON g.person_id = p.id WHERE p.name = $1 ORDER BY g.since LIMIT 1";
    let found: Vec<(platform::id::PersonId, platform::id::SeatId)> = w.all(sql, platform::args![name]).await;
    let token = crate::account::start_session(&w.app, found[0].0, found[0].1).await.expect("a session");
    let mut user = w.nobody();
    user.cookie = format!("{}={token}", crate::account::cookie_name(w.app.demo));
    user
}

both! {
    async fn abuse_39_an_invitation_opens_with_its_code_alone_and_dies_after_five_wrong_ones(w: World) {
        let admin = w.sign_in("admin").await;
        let page = invite(&admin, &place(&w, "142018").await, "coordinator").await;
        admin.get("/people").await.shows("招待中");
        assert_eq!(page.status, 200, "{}", page.text());
        let (link, code) = told(&page);
        let guest = w.nobody();
        guest.get(&link).await.shows("6けたの番号").hides("三崎");
        let wrong = if code == "000000" { "000001" } else { "000000" };
        guest.post(&link, &[("code", wrong)]).await.shows("番号が違います").shows("あと4回");
        let right = guest.post(&link, &[("code", &code)]).await;
        assert_eq!(right.status, 200);
        right.shows("三崎 うしおさんのパスキーを登録する");
        for _ in 0..4 {
            guest.post(&link, &[("code", wrong)]).await;
        }
        assert_eq!(guest.post(&link, &[("code", &code)]).await.status, 410, "dead, also for the right code");
        assert_eq!(w.nobody().get("/invitations/00").await.status, 404);
    }

    async fn a_newer_invitation_ends_the_older_and_time_ends_both(w: World) {
        let admin = w.sign_in("admin").await;
        let (first, _) = told(&invite(&admin, &place(&w, "142018").await, "coordinator").await);
        let id = id_of(&w, "三崎 うしお").await;
        let (second, _) = told(&admin.post(&format!("/people/{id}/invite"), &[]).await);
        assert_eq!(w.nobody().get(&first).await.status, 410);
        assert_eq!(w.nobody().get(&second).await.status, 200);
        w.advance_hours(73);
        assert_eq!(w.nobody().get(&second).await.status, 410);
    }

    async fn a_role_fits_its_place_and_nothing_typed_is_lost(w: World) {
        let admin = w.sign_in("admin").await;
        let wrong = invite(&admin, &place(&w, "142018").await, "admin").await;
        assert_eq!(wrong.status, 422);
        wrong.shows("システム管理は、県の役割です").shows("value=\"三崎 うしお\"");
        admin.post("/people/new", &[("name", "三崎 うしお"), ("q", "うみかぜ"), ("searching", "1")]).await.shows("訪問看護ステーション うみかぜ").shows("value=\"三崎 うしお\"");
        admin.post("/people/new", &[("name", "")]).await.shows("氏名を入力してください").shows("所属");
        for key in ["coordinator", "supporter", "city", "privacy", "prefecture", "auditor", "family"] {
            let user = w.sign_in(key).await;
            assert_eq!((user.get("/people").await.status, user.post("/people/new", &[]).await.status), (403, 403), "{key}");
        }
    }

    async fn who_is_stopped_is_out_at_once_and_nobody_arranges_the_own_access(w: World) {
        let (admin, nurse) = (w.sign_in("admin").await, w.sign_in("supporter").await);
        assert_eq!(nurse.get("/").await.status, 200);
        let (me, them) = (w.person("admin").await, w.person("supporter").await);
        for act in ["disable", "invite", "recover", "role"] {
            assert_eq!(admin.post(&format!("/people/{me}/{act}"), &[]).await.status, 409, "{act}");
        }
        assert_eq!(admin.post(&format!("/people/{them}/disable"), &[]).await.status, 303);
        assert_eq!(nurse.get("/").await.status, 303, "signed out");
        admin.get(&format!("/people/{them}")).await.shows("この人の利用は止まっています").hides("新しい招待を作る");
        assert_eq!(admin.post(&format!("/people/{them}/invite"), &[]).await.status, 409);
    }

    async fn abuse_5_an_old_cookie_opens_nothing_after_its_owner_was_stopped(w: World) {
        let (admin, lead) = (w.sign_in("admin").await, w.sign_in("coordinator").await);
        let case = crate::case::tests::open(&w, &lead).await;
        let them = w.person("coordinator").await;
        let draft = w.app.mint.uuid(w.app.now());
        assert_eq!(lead.get(&format!("/cases/{case}")).await.status, 200);
        assert_eq!(admin.post(&format!("/people/{them}/disable"), &[]).await.status, 303);
        for path in [format!("/cases/{case}"), "/".to_owned(), "/board/export?as=csv".to_owned(), "/account".to_owned()] {
            assert_eq!(lead.get(&path).await.location, "/sign-in", "{path}");
        }
        assert_eq!(lead.post(&format!("/drafts/entry.{draft}"), &[("body", "x")]).await.status, 401);
        assert_eq!(lead.post(&format!("/cases/{case}/timeline"), &[("kind", "visit"), ("title", "x"), ("body", "x")]).await.location, "/sign-in");
        assert!(!lead.get("/live?poll=0").await.body.contains(&case), "no news either");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM timeline_entry").await, 0);
    }

    async fn a_role_that_ends_ends_what_was_seen_by_it(w: World) {
        let (admin, city) = (w.sign_in("admin").await, w.sign_in("city").await);
        assert_eq!(city.get("/cases").await.status, 200);
        let them = w.person("city").await;
        let page = admin.get(&format!("/people/{them}")).await;
        let seat = page.value("seat");
        assert_eq!(admin.post(&format!("/people/{them}/role/end"), &[("seat", &seat)]).await.status, 303);
        assert_eq!(city.get("/cases").await.status, 303, "the session stood on that seat");
        let add = [("organisation", place(&w, "142018").await), ("role", "city".to_owned())];
        let add: Vec<(&str, &str)> = add.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(admin.post(&format!("/people/{them}/role"), &add).await.status, 303);
        assert_eq!(city.get("/cases").await.status, 200);
    }

    async fn abuse_6_who_leaves_an_agency_leaves_its_teams_in_the_same_moment(w: World) {
        let (admin, lead, nurse) = (w.sign_in("admin").await, w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = crate::case::tests::open(&w, &lead).await;
        let them = w.person("supporter").await;
        let agency: Vec<(platform::id::OrganisationId, platform::id::SeatId)> = w
            .all("/* t */ SELECT s.organisation_id, s.id FROM demo_account d JOIN seat s ON s.id = d.seat_id WHERE d.account_key = 'supporter'", vec![])
            .await;
        let (site, seat) = agency[0];
        crate::case::tests::consent(&w, &lead, &case, &site.to_string(), "paper").await;
        let join = [("person", format!("{them}.{site}")), ("field", "medical".to_owned()), ("function", "訪問".to_owned()), ("since", "2026-11-24".to_owned())];
        let join: Vec<(&str, &str)> = join.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &join).await.status, 303);
        assert_eq!(nurse.get(&format!("/cases/{case}")).await.status, 200);
        // They have a role elsewhere, with which they could still sign in.
        let elsewhere = [("organisation", place(&w, "142085").await), ("role", "city".to_owned())];
        let elsewhere: Vec<(&str, &str)> = elsewhere.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(admin.post(&format!("/people/{them}/role"), &elsewhere).await.status, 303);
        assert_eq!(admin.post(&format!("/people/{them}/role/end"), &[("seat", &seat.to_string())]).await.status, 303);
        let live = "/* t */ SELECT COUNT(*) FROM case_access WHERE relation = 'team' AND until IS NULL";
        assert_eq!(w.count(live).await, 0);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM team_member WHERE until IS NULL").await, 0);
        lead.get(&format!("/cases/{case}/team")).await.shows("機関での役割が終わった");
        // Who leads an open case hands it over first; their sight ends with the last coordinators' seat.
        let (leader, seats): (_, Vec<(platform::id::SeatId,)>) = (
            w.person("coordinator").await,
            w.all("/* t */ SELECT seat_id FROM demo_account WHERE account_key = 'coordinator'", vec![]).await,
        );
        let end = format!("/people/{leader}/role/end");
        admin.post(&end, &[("seat", &seats[0].0.to_string())]).await.shows("続いているケース1件の主担当か副担当です");
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE child_case SET status = 'closed', close_reason = 'other', closed_on = opened_on", vec![]).await.expect("closed");
        tx.commit().await.expect("saved");
        assert_eq!(admin.post(&end, &[("seat", &seats[0].0.to_string())]).await.status, 303);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM case_access WHERE relation = 'lead' AND until IS NULL").await, 0);
    }

    async fn what_waited_for_somebody_who_is_stopped_comes_to_their_deputy_and_colleagues(w: World) {
        let (admin, lead) = (w.sign_in("admin").await, w.sign_in("coordinator").await);
        let case = crate::case::tests::open(&w, &lead).await;
        let call = crate::consultation::tests::take(&lead, &[]).await;
        let (stopped, deputy) = (w.person("coordinator").await, crate::case::tests::deputy(&w).await);
        assert_eq!(admin.post(&format!("/people/{stopped}/disable"), &[]).await.status, 303);
        let colleague = sign_in_named(&w, "久里浜 なお").await;
        colleague.get("/").await.shows("利用が止められた担当者の仕事を引き継ぐ").shows("髙橋 さくら").shows("相模野 瑞希");
        let open = || w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind = 'keeper_stopped'");
        assert_eq!(open().await, 2, "a case and a call");
        let take = [("to", deputy.as_str()), ("note", "止められた人から受け取る")];
        assert_eq!(colleague.post(&format!("/cases/{case}/lead"), &take).await.status, 303);
        assert_eq!(colleague.post(&format!("/cases/{case}/lead/receive"), &[("answer", "receive")]).await.status, 303);
        assert_eq!(open().await, 2, "the one who was stopped is deputy now");
        let edit = colleague.get(&format!("/cases/{case}/edit")).await;
        let version = edit.value("version");
        let other = w.person("coordinator2").await.to_string();
        let mut fields = crate::case::tests::fields(&deputy, &other);
        fields.push(("version", &version));
        assert_eq!(colleague.post(&format!("/cases/{case}/edit"), &fields).await.status, 303);
        assert_eq!(open().await, 1);
        assert_eq!(colleague.post(&format!("/consultations/{call}/hand-over"), &take).await.status, 303);
        assert_eq!(colleague.post(&format!("/consultations/{call}/receive"), &[("answer", "receive")]).await.status, 303);
        assert_eq!(open().await, 0);
        colleague.get("/").await.shows("相談に最初の返答をする");
    }

    async fn with_two_administrators_a_role_needs_both(w: World) {
        let first = w.sign_in("admin").await;
        let give = async |by: &User, person: &str, role: &'static str, place: String| {
            by.post(&format!("/people/{person}/role"), &[("organisation", &place), ("role", role)]).await
        };
        let auditor = w.person("auditor").await.to_string();
        assert_eq!(give(&first, &auditor, "admin", place(&w, "140007").await).await.status, 303, "the only one gives it alone");
        let seats: Vec<(platform::id::SeatId,)> = w.all("/* t */ SELECT s.id FROM seat s WHERE s.role = 'admin'", vec![]).await;
        let mut second = w.sign_in("auditor").await;
        second.cookie = second.post("/account/seat", &[("seat", &seats[0].0.to_string())]).await.cookie;
        let them = w.person("city").await.to_string();
        assert_eq!(give(&first, &them, "coordinator", place(&w, "142018").await).await.status, 303);
        give(&first, &them, "coordinator", place(&w, "142018").await).await.shows("もう承認を待っています");
        let granted = || w.count("/* t */ SELECT COUNT(*) FROM role_grant g JOIN seat s ON s.id = g.seat_id WHERE s.role = 'coordinator' AND g.person_id = (SELECT person_id FROM demo_account WHERE account_key = 'city')");
        assert_eq!(granted().await, 0);
        let page = first.get(&format!("/people/{them}")).await;
        let proposal = page.shows("承認を待っています").hides("確かめたので承認する").value("proposal");
        let answer = |a: &'static str| [("proposal", proposal.clone()), ("answer", a.to_owned())];
        let post = async |by: &User, a: &'static str| {
            let fields = answer(a);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            by.post(&format!("/people/{them}/role/decide"), &fields).await.status
        };
        assert_eq!(post(&first, "approve").await, 409, "not one's own");
        assert_eq!(granted().await, 0);
        second.get("/").await.shows("ほかの管理者が加えた役割を承認する");
        first.get("/").await.hides("ほかの管理者が加えた役割を承認する");
        assert_eq!(post(&second, "approve").await, 303);
        assert_eq!((granted().await, post(&second, "approve").await), (1, 409), "once");
        second.get("/").await.hides("ほかの管理者が加えた役割を承認する");
        // Somebody new gets no invitation before the role is approved.
        let page = invite(&first, &place(&w, "142018").await, "coordinator").await;
        assert_eq!(page.status, 303);
        let new = id_of(&w, "三崎 うしお").await;
        first.post(&format!("/people/{new}/invite"), &[]).await.shows("役割が承認されてから");
        let proposal = first.get(&format!("/people/{new}")).await.value("proposal");
        let turn_down = [("proposal", proposal.as_str()), ("answer", "refuse")];
        assert_eq!(first.post(&format!("/people/{new}/role/decide"), &turn_down).await.status, 303, "one may take it back");
        second.get("/").await.hides("ほかの管理者が加えた役割を承認する");
        let entries: Vec<(String,)> = w.all("/* t */ SELECT detail FROM journal WHERE act = 'people.manage' AND kind = 'act' ORDER BY id", vec![]).await;
        let entries: Vec<&str> = entries.iter().map(|(d,)| d.as_str()).collect();
        for wanted in ["grant admin", "propose coordinator", "approve coordinator", "turn down coordinator"] {
            assert!(entries.contains(&wanted), "{wanted}: {entries:?}");
        }
    }

    async fn a_recovery_needs_two_administrators(w: World) {
        let admin = w.sign_in("admin").await;
        let them = w.person("coordinator").await;
        assert_eq!(admin.post(&format!("/people/{them}/recover"), &[]).await.status, 303);
        admin.get(&format!("/people/{them}")).await.shows("承認を待っています").hides("本人と確かめたので承認する");
        let person = w.sign_in("coordinator").await;
        person.get("/").await.shows("パスキーの作り直しに心当たりがあるか確かめる");
        person.get("/account").await.shows("まだ登録されていません").shows("別の管理者に電話してください");
        w.sign_in("coordinator2").await.get("/").await.hides("心当たりがあるか確かめる");
        assert_eq!(admin.post(&format!("/people/{them}/recover/approve"), &[]).await.status, 409, "not one's own");
        let second = [("organisation", place(&w, "140007").await), ("role", "admin".to_owned())];
        let second: Vec<(&str, &str)> = second.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let auditor = w.person("auditor").await;
        assert_eq!(admin.post(&format!("/people/{auditor}/role"), &second).await.status, 303);
        let other = w.sign_in("auditor").await;
        let seats: Vec<(platform::id::SeatId,)> = w.all("/* t */ SELECT s.id FROM seat s WHERE s.role = 'admin'", vec![]).await;
        let mut other = other;
        other.cookie = other.post("/account/seat", &[("seat", &seats[0].0.to_string())]).await.cookie;
        let (link, code) = told(&other.post(&format!("/people/{them}/recover/approve"), &[]).await);
        w.nobody().post(&link, &[("code", &code)]).await.shows("パスキーを登録する");
        assert_eq!(other.post(&format!("/people/{them}/recover/approve"), &[]).await.status, 409, "once");
        assert_eq!(person.post("/account/recovery/seen", &[]).await.status, 303);
        person.get("/").await.hides("心当たりがあるか確かめる");
        person.get("/account").await.hides("パスキーの作り直しがありました");
    }
}
