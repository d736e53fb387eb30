use crate::{
    case::tests::open,
    testing::{User, World},
};
use platform::args;

async fn guardian(w: &World) -> String {
    let rows: Vec<(platform::Uuid,)> =
        w.all("/* t */ SELECT id FROM case_person ORDER BY position LIMIT 1", vec![]).await;
    rows[0].0.to_string()
}

/// The person of the demo family has registered with the invitation.
async fn join(w: &World) {
    let family = w.person("family").await;
    let mut tx = w.db.begin().await.expect("a transaction");
    tx.exec("/* t */ UPDATE guardian_account SET person_id = $1", args![family]).await.expect("joined");
    tx.commit().await.expect("saved");
}

pub async fn confirmed(w: &World, lead: &User) -> (String, String) {
    let case = open(w, lead).await;
    let guardian = guardian(w).await;
    let made = lead.post(&format!("/family/{guardian}/account"), &[]).await;
    made.shows("/invitations/").shows("髙橋 みどりさんの招待");
    join(w).await;
    assert_eq!(lead.post(&format!("/family/{guardian}/account/confirm"), &[]).await.status, 303);
    (case, guardian)
}

both! {
    async fn a_guardian_sees_their_child_once_the_lead_has_confirmed_them(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let entry = [("kind", "observation"), ("title", "家庭の様子"), ("body", "職員だけのメモ")];
        assert_eq!(lead.post(&format!("/cases/{case}/timeline"), &entry).await.status, 303);
        let guardian = guardian(&w).await;
        assert_eq!(lead.post(&format!("/family/{guardian}/account"), &[]).await.status, 200);
        assert_eq!(lead.post(&format!("/family/{guardian}/account"), &[]).await.status, 409, "once");
        join(&w).await;
        lead.get("/").await.shows("家族の登録を確認する");
        let family = w.sign_in("family").await;
        assert_eq!(family.get(&format!("/children/{case}")).await.status, 404, "not confirmed yet");
        family.get("/").await.shows("まだ見られません").hides("さくら");
        assert_eq!(lead.post(&format!("/family/{guardian}/account/confirm"), &[]).await.status, 303);
        lead.get("/").await.hides("家族の登録を確認する");
        lead.get(&format!("/family/{guardian}")).await.shows("使っています");
        family.get("/").await.shows("髙橋 さくら");
        family.get(&format!("/children/{case}")).await.shows("髙橋 さくら").shows("相模野 瑞希").hides("職員だけのメモ").hides("家庭の様子");
        for closed in ["", "/timeline", "/consents", "/viewing", "/referrals"] {
            assert_eq!(family.get(&format!("/cases/{case}{closed}")).await.status, 403, "{closed}");
        }
        assert_eq!(lead.get(&format!("/children/{case}")).await.status, 403, "staff have their own pages");
    }

    async fn a_guardian_reads_who_looked_but_not_what_another_guardian_does(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = confirmed(&w, &lead).await;
        let family = w.sign_in("family").await;
        family.get(&format!("/children/{case}")).await;
        family.get(&format!("/children/{case}/log")).await.shows("相模野 瑞希").shows("わが子の記録を見る").shows("見本 はなこ");
        let mut tx = w.db.begin().await.expect("a transaction");
        let other = w.person("auditor").await;
        tx.exec("/* t */ UPDATE journal SET person_id = $1 WHERE basis = 'guardian'", args![other]).await.expect("another guardian");
        tx.commit().await.expect("saved");
        family.get(&format!("/children/{case}/log")).await.shows("相模野 瑞希").hides("わが子の記録を見る");
    }

    async fn what_was_told_in_an_emergency_and_staff_among_themselves_is_not_in_the_familys_record(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = confirmed(&w, &lead).await;
        let site = w.organisation("うみかぜ").await.to_string();
        let told = [("organisation", site.as_str()), ("reason", "虐待のおそれがあり、すぐに伝える必要がある")];
        assert_eq!(lead.post(&format!("/cases/{case}/emergency"), &told).await.status, 303);
        let to: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM person WHERE name = '由比 わかば'", vec![]).await;
        let to = to[0].0.to_string();
        assert_eq!(lead.post(&format!("/cases/{case}/lead"), &[("to", &to), ("note", "引き継ぐ")]).await.status, 303);
        let service = w.service("児童相談の窓口", crate::exchange::directory::Kind::HomeNursing, crate::area::Municipality::Yokosuka, Some(site.parse().expect("an id"))).await;
        assert_eq!(crate::referral::tests::ask(&lead, &case, service, "logged").await.status, 303, "on the ground of the emergency");
        lead.get(&format!("/cases/{case}/viewing/log")).await.shows("緊急時に同意なしで伝える").shows("主担当の引継ぎを申し出る");
        let family = w.sign_in("family").await;
        family.get(&format!("/children/{case}/log")).await.shows("わが子").hides("緊急時").hides("引継ぎ");
        family.get(&format!("/children/{case}")).await.shows("相模野 瑞希").hides("うみかぜ");
    }

    async fn the_family_keeps_its_page_when_the_case_is_closed_but_nobody_is_invited_then(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, guardian) = confirmed(&w, &lead).await;
        let close = [("move", "close"), ("close_reason", "moved"), ("on", "R8.11.24")];
        let closed = lead.post(&format!("/cases/{case}/move"), &close).await;
        assert_eq!(closed.status, 303, "{}", closed.text());
        assert_eq!(w.sign_in("family").await.get(&format!("/children/{case}")).await.status, 200);
        assert_eq!(lead.post(&format!("/family/{guardian}/account/end"), &[]).await.status, 303);
        assert_eq!(lead.post(&format!("/family/{guardian}/account"), &[]).await.status, 409);
    }

    async fn a_guardian_who_loses_custody_or_must_not_be_contacted_sees_nothing_at_once(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, guardian) = confirmed(&w, &lead).await;
        let family = w.sign_in("family").await;
        assert_eq!(family.get(&format!("/children/{case}")).await.status, 200);
        let version = lead.get(&format!("/family/{guardian}")).await.value("version");
        let restricted = [
            ("guardian_name", "髙橋 みどり"), ("guardian_kana", "たかはし みどり"), ("guardian_relation", "mother"), ("is_guardian", "1"),
            ("custody", "full"), ("contact_restricted", "1"), ("version", version.as_str()),
        ];
        assert_eq!(lead.post(&format!("/family/{guardian}"), &restricted).await.status, 303);
        // Whoever is stopped is signed out; the answer is the same for every page.
        assert_eq!(family.get(&format!("/children/{case}")).await.location, "/sign-in");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM case_access WHERE relation = 'guardian' AND until IS NULL").await, 0);
        assert_eq!(lead.post(&format!("/family/{guardian}/account"), &[]).await.status, 409, "and is not invited again");
    }

    async fn abuse_7_a_parent_who_must_not_see_the_child_tries_in_vain_and_the_lead_is_told(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, guardian) = confirmed(&w, &lead).await;
        let person = w.person("family").await;
        tsumugi::signin::knocked(&w.app, person).await.expect("nothing to write down");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal WHERE kind = 'refused'").await, 0, "while it is their child");
        assert_eq!(lead.post(&format!("/family/{guardian}/account/end"), &[]).await.status, 303);
        tsumugi::signin::knocked(&w.app, person).await.expect("written down");
        lead.get("/").await.hides("画面を開こうとした");
        assert_eq!(tsumugi::alert::look(&w.app).await.expect("looked"), 1);
        assert_eq!(tsumugi::alert::look(&w.app).await.expect("looked"), 0, "once");
        lead.get("/").await.shows("見られない家族が画面を開こうとしたことを確かめる");
        let log = format!("/cases/{case}/viewing/log");
        lead.get(&log).await.shows("見られない家族が、画面を開こうとしました").shows("断った");
        assert_eq!(w.sign_in("coordinator2").await.post(&format!("/cases/{case}/viewing/knock"), &[]).await.status, 404);
        assert_eq!(lead.post(&format!("/cases/{case}/viewing/knock"), &[]).await.status, 303);
        lead.get("/").await.hides("画面を開こうとした");
        w.sign_in("privacy").await.get("/alerts").await.shows("見られない家族が画面を開こうとした");
    }

    async fn only_lead_and_deputy_invite_and_end(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, guardian) = confirmed(&w, &lead).await;
        w.sign_in("admin").await.get("/people?q=%E8%A6%8B%E6%9C%AC").await.hides("見本 はなこ");
        for key in ["coordinator2", "supporter", "city", "family", "admin"] {
            let status = w.sign_in(key).await.post(&format!("/family/{guardian}/account/end"), &[]).await.status;
            assert!([403, 404].contains(&status), "{key}: {status}");
        }
        let family = w.sign_in("family").await;
        assert_eq!(family.get(&format!("/children/{case}")).await.status, 200);
        assert_eq!(lead.post(&format!("/family/{guardian}/account/end"), &[]).await.status, 303);
        assert_eq!(family.get(&format!("/children/{case}")).await.location, "/sign-in", "the session has ended with it");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM guardian_account WHERE ended_at IS NULL").await, 0);
    }
}

async fn ask(family: &User, case: &str, soon: &str, concern: &str) -> crate::testing::Page {
    family.post(&format!("/children/{case}/trouble"), &[("soon", soon), ("concern", concern)]).await
}

both! {
    async fn what_troubles_a_family_comes_to_the_lead_with_a_term_and_comes_back_as_a_word(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = confirmed(&w, &lead).await;
        let family = w.sign_in("family").await;
        let place = format!("/children/{case}/trouble");
        family.get(&format!("/children/{case}")).await.shows("困っている");
        family.get(&place).await.shows("119").hides("送ったこと");
        let wrong = family.post(&place, &[("soon", "week"), ("concern", "吸引器の調子が悪い")]).await;
        assert_eq!(wrong.status, 422);
        wrong.shows("どのくらい急ぐかを選んでください").shows("吸引器の調子が悪い");
        family.post(&place, &[("soon", "same_day"), ("concern", " ")]).await.shows("困っていること");
        let long = "あ".repeat(2001);
        family.post(&place, &[("soon", "usual"), ("concern", &long), ("phone", "なし")]).await.shows("いまは2001文字です").shows("かけてほしい電話");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consultation").await, 0, "nothing of it was sent");
        let sent = family.post(&place, &[("soon", "same_day"), ("concern", "吸引器の調子が悪い"), ("phone", "090-1111-2222")]).await;
        assert_eq!((sent.status, sent.location.as_str()), (303, place.as_str()));
        family.get(&place).await.shows("届きました").shows("までに連絡します").shows("吸引器の調子が悪い");
        let call: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consultation WHERE case_id IS NOT NULL", vec![]).await;
        let call = format!("/consultations/{}", call[0].0);
        lead.get("/").await.shows("最初の返答").shows("家族から").shows(&call);
        lead.get(&format!("/cases/{case}")).await.shows("家族から相談が届いています（即日）").shows(&call);
        let page = lead.get(&call).await;
        page.shows("吸引器の調子が悪い").shows("090-1111-2222").shows("髙橋 みどりさん").shows("家族が書いた").shows("ケースを見る").hides("ケースを開く");
        assert_eq!(family.get(&call).await.status, 403, "what staff write about it is theirs");
        let opened = [("version", page.value("version")), ("urgency", "same_day".to_owned()), ("municipality", "142018".to_owned()), ("consent_state", "unknown".to_owned()), ("outcome", "case_opened".to_owned())];
        let opened: Vec<(&str, &str)> = opened.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(lead.post(&format!("{call}/screen"), &opened).await.status, 409, "there is a case");
        assert_eq!(lead.post(&format!("{call}/advise"), &[("advice", "業者に電話した"), ("advice_minutes", "10")]).await.status, 303);
        family.get(&place).await.shows("対応しています").hides("業者に電話した");
        let version = lead.get(&call).await.value("version");
        let ended = [("version", version.as_str()), ("urgency", "same_day"), ("municipality", "142018"), ("consent_state", "oral"), ("outcome", "linked"), ("reason", "業者が代わりを持ってきた")];
        assert_eq!(lead.post(&format!("{call}/screen"), &ended).await.status, 303);
        family.get(&place).await.shows("終わりました").hides("業者が代わりを持ってきた");
        lead.get(&format!("/cases/{case}")).await.hides("家族から相談が届いています");
    }

    async fn a_call_that_nobody_answered_says_so_and_too_many_are_better_said_by_telephone(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = confirmed(&w, &lead).await;
        let family = w.sign_in("family").await;
        for n in 0..crate::consultation::OPEN_AT_ONCE {
            assert_eq!(ask(&family, &case, "usual", &format!("困りごと{n}")).await.status, 303);
        }
        let more = ask(&family, &case, "usual", "もうひとつ").await;
        assert_eq!(more.status, 409);
        more.shows("主担当に電話してください");
        w.advance_hours(24 * 30);
        w.sign_in("family").await.get(&format!("/children/{case}")).await.shows("返事が遅れています");
        let stranger = w.sign_in("supporter").await;
        assert_eq!(ask(&stranger, &case, "usual", "x").await.status, 404);
        assert_eq!(ask(&w.sign_in("coordinator").await, &case, "usual", "x").await.status, 403);
    }

    async fn a_call_comes_to_the_deputy_where_the_lead_was_stopped_and_copies_nothing_of_a_protected_child(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = confirmed(&w, &lead).await;
        let family = w.sign_in("family").await;
        let who = |sql: &'static str| w.all::<(platform::Uuid,)>(sql, vec![]);
        let (lead_id, deputy) = (who("/* t */ SELECT lead_id FROM child_case").await[0].0, who("/* t */ SELECT deputy_id FROM child_case").await[0].0);
        let owner = "/* t */ SELECT owner_id FROM consultation WHERE case_id IS NOT NULL ORDER BY received_at DESC, id DESC LIMIT 1";
        assert_eq!(ask(&family, &case, "usual", "ひとつめ").await.status, 303);
        assert_eq!(who(owner).await[0].0, lead_id);
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE person SET disabled_at = created_at WHERE id = $1", args![lead_id]).await.expect("stopped");
        tx.commit().await.expect("saved");
        w.advance_hours(1);
        assert_eq!(ask(&family, &case, "usual", "ふたつめ").await.status, 303);
        assert_eq!(who(owner).await[0].0, deputy);
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE person SET disabled_at = NULL WHERE id = $1", args![lead_id]).await.expect("works again");
        // As a protection that keeps the guardian's account would stand in the table.
        let sql = "/* t */ INSERT INTO protection (id, case_id, kind, reason, begun_by, begun_at, until_on) SELECT id, id, 'violence', deleted, lead_id, $1, '2027-06-30' FROM (SELECT c.id, c.lead_id, k.wrapped AS deleted FROM child_case c JOIN sealing_key k ON k.owner_id = c.id) p";
        tx.exec(sql, args![w.app.now()]).await.expect("protected");
        tx.commit().await.expect("saved");
        w.advance_hours(1);
        let told = family.post(&format!("/children/{case}/trouble"), &[("soon", "usual"), ("concern", "みっつめ"), ("phone", "090-1111-2222")]).await;
        assert_eq!(told.status, 303);
        let copied = "/* t */ SELECT COUNT(*) FROM consultation WHERE case_id IS NOT NULL AND (child_name IS NOT NULL OR asker_name IS NOT NULL OR asker_phone IS NOT NULL)";
        assert_eq!(w.count(copied).await, 2, "the two from before");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consultation WHERE case_id IS NOT NULL").await, 3);
    }
}
