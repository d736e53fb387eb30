use super::{key_for, key_of, rotate, rotate_root, text};
use crate::{area::Municipality, exchange::directory::Kind};
use crate::{
    backup::tests::Place,
    testing::{World, empty_sqlite},
};
use platform::{
    Uuid, args,
    db::{Db, Plain},
};
use tower::ServiceExt as _;
use tsumugi::{backup, journal::Store};
use vault::field::{Key, Roots};

/// Words that stand nowhere but in sealed fields; each is typed into one of them.
const CANARIES: [&str; 6] =
    ["0468220001", "0468220002", "きいろい鳥その一", "きいろい鳥その二", "きいろい鳥その三", "きいろい鳥その四"];

/// Types one canary into every sealed field: guardian's telephone and note, caller's telephone, what was said, answered and advised.
async fn planted(w: &World) -> (crate::testing::User, String, String) {
    let user = w.sign_in("coordinator").await;
    let call = [
        ("channel", "phone"),
        ("kind", "individual"),
        ("asker_kind", "parent"),
        ("municipality", "142018"),
        ("topic", "home_life"),
        ("urgency", "usual"),
        ("asker_phone", CANARIES[0]),
        ("concern", CANARIES[2]),
        ("response", CANARIES[3]),
        ("keep", "1"),
    ];
    let consultation = user.post("/consultations/new", &call).await.id();
    user.post(&format!("/consultations/{consultation}/advise"), &[("advice", CANARIES[4]), ("advice_minutes", "5")])
        .await;
    let case = crate::case::tests::open(w, &user).await;
    let guardian = [
        ("guardian_relation", "father"),
        ("guardian_name", "髙橋 しげる"),
        ("guardian_kana", "たかはし しげる"),
        ("is_guardian", "1"),
        ("custody", "full"),
        ("guardian_phone", CANARIES[1]),
        ("guardian_note", CANARIES[5]),
    ];
    assert_eq!(user.post(&format!("/cases/{case}/family"), &guardian).await.status, 303);
    (user, consultation, case)
}

/// The status of a page that must not show what does not open.
async fn shut(w: &World, user: &crate::testing::User, path: &str) -> u16 {
    let request = axum::http::Request::get(path).header("cookie", &user.cookie);
    let answer =
        w.router.clone().oneshot(request.body(axum::body::Body::empty()).expect("a request")).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
    let body = String::from_utf8_lossy(&body);
    assert!(CANARIES.iter().all(|word| !body.contains(word)), "{body}");
    status
}

/// Every value of every table that is not sealed, as one text.
async fn readable(db: &Db) -> String {
    let mut tx = db.read().await.expect("a snapshot");
    let mut all = String::new();
    for table in tx.tables().await.expect("tables") {
        tx.dump(&table, &mut |row: &[Plain]| {
            for value in row {
                match value {
                    Plain::Text(t) => all.push_str(t),
                    Plain::Bytes(b) => all.push_str(&String::from_utf8_lossy(b)),
                    _ => {}
                }
                all.push('\n');
            }
            Ok(())
        })
        .await
        .expect("rows");
    }
    all
}

both! {
    async fn what_is_sealed_is_shown_to_people_and_stands_nowhere_in_the_database(w: World) {
        let (user, consultation, case) = planted(&w).await;
        let draft = w.app.mint.uuid(w.app.now());
        let typed = [("draft", draft.to_string()), ("concern", "きいろい鳥その五".to_owned())];
        let typed: Vec<(&str, &str)> = typed.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(user.post(&format!("/drafts/consultation.{draft}"), &typed).await.status, 204);
        let page = user.get(&format!("/consultations/{consultation}")).await;
        for canary in [CANARIES[2], CANARIES[3], CANARIES[4]] {
            page.shows(canary);
        }
        assert!(page.body.contains("046-822-0001") || page.body.contains(CANARIES[0]), "the caller's telephone");
        let page = user.get(&format!("/cases/{case}")).await;
        page.shows(CANARIES[5]);
        assert!(page.body.contains("046-822-0002") || page.body.contains(CANARIES[1]), "the guardian's telephone");
        user.get(&format!("/consultations/new?draft={draft}")).await.shows("きいろい鳥その五");
        // What is written on the way: entries, requests, answers, outcomes, what is said at a hand-over.
        let entry = [("kind", "visit"), ("title", "訪問・きいろい鳥その十二"), ("body", "きいろい鳥その六")];
        assert_eq!(user.post(&format!("/cases/{case}/timeline"), &entry).await.status, 303);
        user.get(&format!("/cases/{case}/timeline")).await.shows("きいろい鳥その六").shows("訪問・きいろい鳥その十二");
        user.get(&format!("/cases/{case}/timeline?q={}", "鳥その十二")).await.shows("きいろい鳥その六");
        user.get(&format!("/cases/{case}/timeline?q={}", "鳥その六")).await.shows("きいろい鳥その六");
        user.get(&format!("/cases/{case}/timeline?q={}", "鳥その九")).await.hides("きいろい鳥その六");
        let site = w.organisation("うみかぜ").await;
        let service = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
        crate::case::tests::consent(&w, &user, &case, &site.to_string(), "paper").await;
        let asked = [("service", service.to_string()), ("request", "きいろい鳥その七".to_owned()), ("wish", "きいろい鳥その八".to_owned()), ("mode", "live".to_owned()), ("act", "send".to_owned())];
        let asked: Vec<(&str, &str)> = asked.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let referral = user.post(&format!("/cases/{case}/referrals/new"), &asked).await.id();
        let nurse = w.sign_in("supporter").await;
        nurse.get(&format!("/referrals/{referral}")).await.shows("きいろい鳥その七").shows("きいろい鳥その八");
        let declined = [("answer", "decline"), ("note", "きいろい鳥その十")];
        assert_eq!(nurse.post(&format!("/referrals/{referral}/answer"), &declined).await.status, 303);
        user.get(&format!("/referrals/{referral}")).await.shows("きいろい鳥その十");
        user.get("/referrals?state=decide").await.shows("きいろい鳥その十");
        let to = w.person("coordinator2").await.to_string();
        assert_eq!(user.post(&format!("/cases/{case}/lead"), &[("to", &to), ("note", "きいろい鳥その十一")]).await.status, 303);
        w.sign_in("coordinator2").await.get(&format!("/cases/{case}")).await.shows("きいろい鳥その十一");
        let all = readable(&w.db).await;
        assert!(all.contains("髙橋 しげる"), "names are ordinary columns");
        for word in ["きいろい鳥", "0468220001", "046-822-0001", "0468220002", "046-822-0002"] {
            assert!(!all.contains(word), "{word} is readable in the database");
        }
    }
}

both! {
    async fn reasons_are_sealed_like_what_people_wrote(w: World) {
        let (lead, nurse, deputy) = (w.sign_in("coordinator").await, w.sign_in("supporter").await, w.sign_in("coordinator2").await);
        let call = [
            ("channel", "phone"), ("kind", "individual"), ("asker_kind", "parent"), ("municipality", "142018"), ("topic", "home_life"),
            ("urgency", "usual"), ("concern", "夜の吸引"), ("next_plan", "あおい鳥その一"), ("keep", "1"),
        ];
        let consultation = lead.post("/consultations/new", &call).await.id();
        let page = format!("/consultations/{consultation}");
        let to = w.person("coordinator2").await.to_string();
        assert_eq!(lead.post(&format!("{page}/hand-over"), &[("to", &to), ("note", "あおい鳥その二")]).await.status, 303);
        deputy.get(&page).await.shows("あおい鳥その二");
        assert_eq!(deputy.post(&format!("{page}/receive"), &[("answer", "return"), ("reason", "あおい鳥その三")]).await.status, 303);
        let version = lead.get(&page).await.shows("あおい鳥その一").shows("あおい鳥その三").value("version");
        let judged = [("version", version.as_str()), ("urgency", "week"), ("municipality", "142018"), ("consent_state", "oral"), ("outcome", "advised"), ("reason", "あおい鳥その四")];
        assert_eq!(lead.post(&format!("{page}/screen"), &judged).await.status, 303);
        lead.get(&page).await.shows("あおい鳥その四");

        let case = crate::case::tests::open(&w, &lead).await;
        assert_eq!(lead.post(&format!("/cases/{case}/move"), &[("move", "hold"), ("reason", "あおい鳥その五")]).await.status, 303);
        lead.get(&format!("/cases/{case}")).await.shows("あおい鳥その五");
        let site = w.organisation("うみかぜ").await.to_string();
        crate::case::tests::consent(&w, &lead, &case, &site, "paper").await;
        let team = format!("/cases/{case}/team");
        let join = [("person", format!("{}.{site}", w.person("supporter").await)), ("field", "medical".to_owned()), ("function", "訪問看護".to_owned()), ("since", "2026-11-24".to_owned())];
        let join: Vec<(&str, &str)> = join.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(lead.post(&team, &join).await.status, 303);
        let member: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM team_member", vec![]).await;
        let member = member[0].0.to_string();
        assert_eq!(lead.post(&format!("{team}/end"), &[("member", &member), ("reason", "あおい鳥その十三")]).await.status, 303);
        lead.get(&team).await.shows("あおい鳥その十三");
        let given: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let given = given[0].0.to_string();
        assert_eq!(lead.post(&format!("/cases/{case}/consents/withdraw"), &[("consent", &given), ("reason", "あおい鳥その六")]).await.status, 303);
        assert_eq!(lead.post(&format!("/cases/{case}/emergency"), &[("organisation", &site), ("reason", "あおい鳥その七のため、いま伝える")]).await.status, 303);
        let told: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM emergency_disclosure", vec![]).await;
        let told = told[0].0.to_string();
        let colleague = crate::people::tests::sign_in_named(&w, "久里浜 なお").await;
        assert_eq!(colleague.post(&format!("/cases/{case}/emergency/review"), &[("disclosure", &told), ("note", "あおい鳥その八")]).await.status, 303);
        lead.get(&format!("/cases/{case}/consents")).await.shows("あおい鳥その六").shows("あおい鳥その七").shows("あおい鳥その八");
        let stranger = w.person("hospital").await.to_string();
        assert_eq!(lead.post(&format!("/cases/{case}/exclusions"), &[("person", &stranger), ("reason", "あおい鳥その九")]).await.status, 303);
        lead.get(&format!("/cases/{case}/viewing")).await.shows("あおい鳥その九");

        let asked = [("kana", "たかはし さくら"), ("birth", "R6.7.3"), ("reason", "あおい鳥その十のため救急搬送する"), ("told", "1")];
        let opened = nurse.post("/break-glass", &asked).await.location;
        nurse.get("/break-glass").await.shows("あおい鳥その十");
        nurse.get(&opened).await.shows("あおい鳥その十");
        assert_eq!(lead.post(&format!("{opened}/review"), &[("finding", "proper"), ("note", "あおい鳥その十一")]).await.status, 303);
        lead.get(&format!("{opened}/review")).await.shows("あおい鳥その十一");
        nurse.post("/break-glass", &[("kana", "いない ひと"), ("birth", "R6.7.4"), ("reason", "あおい鳥その十二のため救急搬送する"), ("told", "1")]).await.shows("1人に決められません");
        assert!(!readable(&w.db).await.contains("あおい鳥"), "a reason is readable in the database");
    }
}

both! {
    async fn a_value_that_was_moved_to_another_row_or_column_does_not_open(w: World) {
        let (user, consultation, case) = planted(&w).await;
        let page = format!("/consultations/{consultation}");
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE consultation SET response = concern", vec![]).await.expect("moved");
        tx.commit().await.expect("saved");
        assert_eq!(shut(&w, &user, &page).await, 500, "another column");
        let mut tx = w.db.begin().await.expect("a transaction");
        let sql = "/* t */ UPDATE case_person SET note = (SELECT f.note FROM case_person f WHERE f.note IS NOT NULL AND f.case_id = case_person.case_id LIMIT 1)";
        tx.exec(sql, vec![]).await.expect("moved");
        tx.commit().await.expect("saved");
        assert_eq!(shut(&w, &user, &format!("/cases/{case}")).await, 500, "another row");
    }
}

both! {
    async fn keys_are_replaced_while_people_work_and_the_old_ones_open_nothing(w: World) {
        let (user, consultation, case) = planted(&w).await;
        let before: Vec<(Uuid, Vec<u8>)> = w.all("/* t */ SELECT id, wrapped FROM master_key ORDER BY id", vec![]).await;
        assert!(!before.is_empty());
        let store = Store::new(w.db.clone());
        let work = async {
            for n in 0..15 {
                let page = user.get(&format!("/cases/{case}")).await;
                page.shows(CANARIES[5]);
                let call = [
                    ("channel", "phone"), ("kind", "individual"), ("asker_kind", "parent"), ("municipality", "142018"), ("topic", "home_life"),
                    ("urgency", "usual"), ("concern", "鍵を替えている間の電話"), ("keep", "1"),
                ];
                let made = user.post("/consultations/new", &call).await.id();
                user.get(&format!("/consultations/{made}")).await.shows("鍵を替えている間の電話");
                assert!(n < 100);
            }
        };
        let (done, ()) = tokio::join!(rotate(&store, &w.app.mint, w.app.now()), work);
        let done = done.expect("rotated");
        assert_eq!(done.masters, before.len());
        assert!(done.keys >= 2, "{done:?}");
        let after: Vec<(Uuid, Vec<u8>)> = w.all("/* t */ SELECT id, wrapped FROM master_key ORDER BY id", vec![]).await;
        assert!(after.iter().all(|(id, _)| before.iter().all(|(old, _)| old != id)), "no old key is left");
        user.get(&format!("/consultations/{consultation}")).await.shows(CANARIES[2]);
        // A new root key: with both the server works on, with the new one alone afterwards, with the old one alone no more.
        let (old, new) = (Key::new([7; 32]), Key::new([8; 32]));
        let both = Roots::new(vec![new.clone(), old.clone()]);
        let count = rotate_root(&store, &both, &w.app.mint, w.app.now()).await.expect("a new root");
        assert_eq!(count, after.len());
        let owner: Uuid = consultation.parse().expect("an id");
        let stray = Store::new(w.db.clone().with_roots(Roots::new(vec![Key::new([3; 32])])));
        assert!(rotate(&stray, &w.app.mint, w.app.now()).await.is_err(), "a root key of somewhere else makes no new keys");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM master_key").await, i64::try_from(after.len()).expect("few"));
        for (keys, opens) in [(vec![new], true), (vec![old], false)] {
            let db = w.db.clone().with_roots(Roots::new(keys));
            assert_eq!(key_of(&db.read().await.expect("a snapshot"), owner).await.is_ok(), opens);
        }
    }
}

both! {
    async fn a_rotation_that_was_stopped_goes_on_where_it_was(w: World) {
        let (user, consultation, _) = planted(&w).await;
        let store = Store::new(w.db.clone());
        // As if the process had ended after the new keys were made and before anything was wrapped anew.
        crate::sealing::rotate::begin(&store, &w.app.mint, w.app.now()).await.expect("begun");
        let two: Vec<(i64,)> = w.all("/* t */ SELECT COUNT(*) FROM master_key WHERE tenant = '142018'", vec![]).await;
        assert_eq!(two[0].0, 2);
        user.get(&format!("/consultations/{consultation}")).await.shows(CANARIES[2]);
        rotate(&store, &w.app.mint, w.app.now()).await.expect("rotated");
        let one: Vec<(i64,)> = w.all("/* t */ SELECT version FROM master_key WHERE tenant = '142018'", vec![]).await;
        assert_eq!(one, [(2,)], "no third key for a rotation that was under way");
        user.get(&format!("/consultations/{consultation}")).await.shows(CANARIES[2]);
    }
}

both! {
    async fn a_destroyed_key_leaves_noise_and_nothing_is_sealed_without_a_root(w: World) {
        let owner = Uuid::from_u128(42);
        let mut tx = w.db.begin().await.expect("a transaction");
        let key = key_for(&mut tx, &w.app.mint, owner, "142018", w.app.now()).await.expect("a key");
        let again = key_for(&mut tx, &w.app.mint, owner, "142018", w.app.now()).await.expect("the same key");
        let sealed = key.seal("t.c", owner, "消えることば").expect("a value");
        assert_eq!(text(Some(&again), "t.c", owner, Some(&sealed)).expect("opens"), "消えることば");
        crate::sealing::destroy(&mut tx, owner).await.expect("destroyed");
        assert!(key_of(&tx, owner).await.expect("asked").is_none());
        assert!(text(None, "t.c", owner, Some(&sealed)).is_err());
        let other = key_for(&mut tx, &w.app.mint, owner, "142018", w.app.now()).await.expect("a new key");
        assert!(text(Some(&other), "t.c", owner, Some(&sealed)).is_err(), "a new key does not open what the old one sealed");
        tx.commit().await.expect("saved");
        let bare = w.db.clone().with_roots(Roots::default());
        let mut tx = bare.begin().await.expect("a transaction");
        assert!(key_for(&mut tx, &w.app.mint, Uuid::from_u128(43), "142042", w.app.now()).await.is_err());
        let rows: Vec<(i64,)> = w.all("/* t */ SELECT COUNT(*) FROM sealing_key WHERE owner_id = $1", args![Uuid::from_u128(43)]).await;
        assert_eq!(rows[0].0, 0);
    }
}

#[tokio::test]
async fn no_file_of_the_database_and_no_backup_has_a_sealed_word_in_it_on_sqlite() {
    let (db, folder) = empty_sqlite();
    let w = World::of(db, Some(folder.clone())).await;
    planted(&w).await;
    let place = Place::fresh();
    let target = backup::Target {
        folder: place.0.clone(),
        recipients: [0, 1]
            .map(|_| vault::archive::Identity::generate().recipient().parse().expect("a public key"))
            .to_vec(),
        key: ed25519_dalek::SigningKey::from_bytes(&[5; 32]),
        keep: 3,
    };
    backup::make(&w.db, &w.app.mint, &target, &w.app.clock).await.expect("a backup");
    let mut seen = 0;
    for dir in [&folder, &place.0] {
        for file in std::fs::read_dir(dir).expect("a folder") {
            let file = file.expect("a file").path();
            let bytes = std::fs::read(&file).expect("its bytes");
            seen += bytes.len();
            for word in CANARIES {
                assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word} in {}", file.display());
            }
        }
    }
    assert!(seen > 100_000, "the files were there: {seen} bytes");
}
