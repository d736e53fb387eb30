use crate::{
    case::tests::{consent_to, open},
    monitoring::look_for_silence,
    testing::{Page, User, World},
};
use platform::Uuid;

async fn watch(w: &World, lead: &User, case: &str, fields: &[(&str, &str)]) -> String {
    let ids = async || w.all::<(Uuid,)>("/* t */ SELECT id FROM watch_item", vec![]).await;
    let before = ids().await;
    let page = lead.post(&format!("/cases/{case}/monitoring/items"), fields).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let made = ids().await.into_iter().find(|id| !before.contains(id));
    made.expect("a new item").0.to_string()
}

async fn rule(lead: &User, case: &str, item: &str, fields: &[(&str, &str)]) -> Page {
    lead.post(&format!("/cases/{case}/monitoring/rules"), &[&[("item", item)], fields].concat()).await
}

async fn report(user: &User, case: &str, item: &str, value: &str, day: &str) -> Page {
    user.post(&format!("/cases/{case}/monitoring"), &[("item", item), ("value", value), ("day", day), ("note", "")])
        .await
}

async fn open_flags(w: &World) -> i64 {
    w.count("/* t */ SELECT COUNT(*) FROM flag WHERE closed_at IS NULL").await
}

both! {
    async fn a_rule_that_is_hit_raises_one_flag_before_the_lead_and_is_closed_with_what_was_done(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let panel = format!("/cases/{case}/monitoring");
        lead.get(&panel).await.shows("見守ることはまだ決まっていません");
        let item = watch(&w, &lead, &case, &[("measure", "night_suction"), ("low", "3"), ("high", "5"), ("by_family", "1")]).await;
        assert_eq!(rule(&lead, &case, &item, &[("rule", "above_row"), ("value", "8"), ("days", "2"), ("urgent", "1")]).await.status, 303);
        assert_eq!(report(&lead, &case, &item, "9", "R8.11.22").await.status, 303);
        assert_eq!(open_flags(&w).await, 0);
        assert_eq!(report(&lead, &case, &item, "８", "R8.11.23").await.status, 303);
        assert_eq!(report(&lead, &case, &item, "10", "").await.status, 303);
        assert_eq!(open_flags(&w).await, 1, "one for each time that it begins");
        let page = lead.get(&panel).await;
        page.shows("2日続けて8回以上").shows("ふだんと違う").shows("3〜5回").shows("<svg class=\"spark\"").shows("いま当てはまる");
        lead.get("/").await.shows("見守りの知らせを確かめる").shows("髙橋 さくら");
        let flags: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM flag", vec![]).await;
        let flag = format!("/flags/{}", flags[0].0);
        lead.post(&format!("{flag}/close"), &[("done", "")]).await.shows("した事を入力してください");
        assert_eq!(lead.post(&format!("{flag}/close"), &[("done", "主治医に連絡し、受診が決まった")]).await.status, 303);
        assert_eq!(lead.post(&format!("{flag}/close"), &[("done", "二度目")]).await.status, 409);
        lead.get(&flag).await.shows("主治医に連絡し、受診が決まった").shows("済み");
        lead.get("/").await.hides("見守りの知らせを確かめる");
        // It goes on: nobody is told again. It stops and begins anew: somebody is.
        w.advance_hours(24);
        let lead = w.sign_in("coordinator").await;
        report(&lead, &case, &item, "9", "").await;
        assert_eq!(open_flags(&w).await, 0);
        w.advance_hours(24);
        let lead = w.sign_in("coordinator").await;
        report(&lead, &case, &item, "4", "").await;
        for _ in 0..2 {
            w.advance_hours(24);
            report(&w.sign_in("coordinator").await, &case, &item, "9", "").await;
        }
        assert_eq!(open_flags(&w).await, 1);
    }

    async fn a_case_is_not_closed_over_an_open_flag(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let item = watch(&w, &lead, &case, &[("measure", "temperature")]).await;
        rule(&lead, &case, &item, &[("rule", "above"), ("value", "38")]).await;
        report(&lead, &case, &item, "38.2", "").await;
        let end = [("move", "close"), ("close_reason", "not_needed"), ("on", "R8.11.24"), ("note", "落ち着いた")];
        lead.post(&format!("/cases/{case}/move"), &end).await.shows("見守りの知らせが1件");
        let flags: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM flag", vec![]).await;
        assert_eq!(lead.post(&format!("/flags/{}/close", flags[0].0), &[("done", "受診した")]).await.status, 303);
        assert_eq!(lead.post(&format!("/cases/{case}/move"), &end).await.status, 303);
        assert_eq!(report(&lead, &case, &item, "39", "").await.status, 409);
    }

    async fn what_cannot_be_is_refused_and_stays_in_the_form(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let item = watch(&w, &lead, &case, &[("measure", "oxygen_low")]).await;
        for value in ["9.3", "930", "93％", "-1", "#read(\"/etc/passwd\")"] {
            let page = report(&lead, &case, &item, value, "").await;
            assert_eq!(page.status, 422, "{value}");
            page.shows("SpO₂の最低は50から100までの数字で入力してください（単位は％）");
        }
        report(&lead, &case, &item, "93", "R8.11.25").await.shows("日付が今日より後です");
        report(&lead, &case, &item, "93", "R8.9.1").await.shows("経過記録に書いてください");
        report(&lead, &case, &item, "", "").await.shows("どれか一つは入力してください");
        report(&lead, &case, &Uuid::from_u128(5).to_string(), "93", "").await.shows("見守ることが変わっています");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM watch_entry").await, 0);
        let settings = format!("/cases/{case}/monitoring/items");
        lead.post(&settings, &[("measure", "oxygen_low")]).await.shows("もう見守っています");
        lead.post(&settings, &[("measure", "mood"), ("low", "4"), ("high", "2")]).await.shows("下は、上より小さい値");
        rule(&lead, &case, &item, &[("rule", "below"), ("value", "")]).await.shows("値を入力してください");
        assert_eq!(rule(&lead, &case, &item, &[("rule", "below"), ("value", "90")]).await.status, 303);
        rule(&lead, &case, &item, &[("rule", "below"), ("value", "90")]).await.shows("同じ知らせ方が、もうあります");
    }

    async fn a_rule_is_tried_on_the_past_before_it_counts(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let item = watch(&w, &lead, &case, &[("measure", "night_suction")]).await;
        for (day, value) in [("R8.11.18", "9"), ("R8.11.19", "3"), ("R8.11.20", "9"), ("R8.11.21", "9"), ("R8.11.22", "3")] {
            assert_eq!(report(&lead, &case, &item, value, day).await.status, 303);
        }
        let page = rule(&lead, &case, &item, &[("rule", "above"), ("value", "8"), ("printing", "1")]).await;
        assert_eq!(page.status, 200);
        page.shows("<b>2回</b>").shows("知らせていました");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM watch_rule").await, 0, "tried and not kept");
    }

    async fn silence_is_told_once_by_the_clock(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let item = watch(&w, &lead, &case, &[("measure", "carer_sleep"), ("by_family", "1")]).await;
        rule(&lead, &case, &item, &[("rule", "missing"), ("days", "3")]).await;
        report(&lead, &case, &item, "4.5", "").await;
        w.advance_hours(48);
        assert_eq!(look_for_silence(&w.app).await.expect("runs"), 0);
        w.advance_hours(24);
        assert_eq!(look_for_silence(&w.app).await.expect("runs"), 1);
        assert_eq!(look_for_silence(&w.app).await.expect("runs"), 0, "once");
        let lead = w.sign_in("coordinator").await;
        lead.get(&format!("/cases/{case}/monitoring")).await.shows("3日のあいだ入力がない");
        report(&lead, &case, &item, "5", "").await;
        w.advance_hours(72);
        assert_eq!(look_for_silence(&w.app).await.expect("runs"), 1, "a new silence");
    }

    async fn an_entry_that_was_taken_back_breaks_no_silence(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let item = watch(&w, &lead, &case, &[("measure", "carer_sleep"), ("by_family", "1")]).await;
        rule(&lead, &case, &item, &[("rule", "missing"), ("days", "3")]).await;
        report(&lead, &case, &item, "4.5", "").await;
        w.advance_hours(48);
        let lead = w.sign_in("coordinator").await;
        report(&lead, &case, &item, "5", "").await;
        let newest: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM watch_entry ORDER BY day DESC", vec![]).await;
        assert_eq!(newest.len(), 2);
        assert_eq!(lead.post(&format!("/cases/{case}/monitoring/void"), &[("entry", &newest[0].0.to_string())]).await.status, 303);
        w.advance_hours(24);
        assert_eq!(look_for_silence(&w.app).await.expect("runs"), 1, "three days since the entry that stands");
    }

    async fn an_entry_is_taken_back_by_who_made_it_and_by_who_leads_the_case(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = crate::family::tests::confirmed(&w, &lead).await;
        let item = watch(&w, &lead, &case, &[("measure", "temperature"), ("by_family", "1")]).await;
        let (daily, staff) = (format!("/children/{case}/daily"), format!("/cases/{case}/monitoring/void"));
        let mother = w.sign_in("family").await;
        let newest = async || {
            let rows: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM watch_entry WHERE voided_at IS NULL", vec![]).await;
            rows[0].0.to_string()
        };
        assert_eq!(mother.post(&daily, &[("item", &item), ("value", "39.0")]).await.status, 303);
        mother.get(&daily).await.shows("39℃").shows("まちがえて送った");
        let entry = newest().await;
        assert_eq!(mother.post(&format!("{daily}/void"), &[("entry", &entry)]).await.status, 303);
        mother.get(&daily).await.hides("39℃");
        assert_eq!(mother.post(&format!("{daily}/void"), &[("entry", &entry)]).await.status, 409, "once");
        mother.post(&daily, &[("item", &item), ("value", "40.5")]).await;
        assert_eq!(lead.post(&staff, &[("entry", &newest().await)]).await.status, 303, "the lead, by telephone");
        assert_eq!(report(&lead, &case, &item, "36.6", "").await.status, 303);
        assert_eq!(mother.post(&format!("{daily}/void"), &[("entry", &newest().await)]).await.status, 409, "somebody else's");
        lead.get(&format!("/cases/{case}/monitoring")).await.shows("36.6℃").hides("40.5℃");
    }

    async fn what_is_reported_when_it_happens_is_told_each_time(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let item = watch(&w, &lead, &case, &[("measure", "seizures")]).await;
        rule(&lead, &case, &item, &[("rule", "above"), ("value", "1")]).await;
        report(&lead, &case, &item, "1", "").await;
        let flags: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM flag", vec![]).await;
        lead.post(&format!("/flags/{}/close", flags[0].0), &[("done", "様子を見る")]).await;
        w.advance_hours(24);
        report(&w.sign_in("coordinator").await, &case, &item, "2", "").await;
        assert_eq!(open_flags(&w).await, 0, "the same days");
        w.advance_hours(24 * 20);
        report(&w.sign_in("coordinator").await, &case, &item, "5", "").await;
        assert_eq!(open_flags(&w).await, 1, "after a pause it begins anew");
    }

    async fn how_the_carer_sleeps_needs_the_consent_for_the_family(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let sleep = watch(&w, &lead, &case, &[("measure", "carer_sleep")]).await;
        let night = watch(&w, &lead, &case, &[("measure", "night_suction")]).await;
        rule(&lead, &case, &sleep, &[("rule", "below"), ("value", "4")]).await;
        assert_eq!(report(&lead, &case, &sleep, "3.5", "").await.status, 303);
        assert_eq!(report(&lead, &case, &night, "7", "").await.status, 303);
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let join = [("person", member.as_str()), ("field", "medical"), ("function", "訪問"), ("since", "2026-11-24")];
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &join).await.status, 303);
        let nurse = w.sign_in("supporter").await;
        let panel = format!("/cases/{case}/monitoring");
        nurse.get(&panel).await.shows("7回").hides("3.5時間").hides("主に介護する人の睡眠");
        let flags: Vec<(Uuid,)> = w.all("/* t */ SELECT id FROM flag", vec![]).await;
        assert_eq!(nurse.get(&format!("/flags/{}", flags[0].0)).await.status, 404);
        assert_eq!(report(&nurse, &case, &sleep, "3", "").await.status, 422);
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care", "family"]).await;
        nurse.get(&panel).await.shows("3.5時間").shows("4時間以下");
    }

    async fn the_team_reports_what_it_may_see_and_decides_nothing(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let item = watch(&w, &lead, &case, &[("measure", "night_suction"), ("name", "カナリア伍号")]).await;
        rule(&lead, &case, &item, &[("rule", "above"), ("value", "8")]).await;
        let panel = format!("/cases/{case}/monitoring");
        let nurse = w.sign_in("supporter").await;
        assert_eq!(nurse.get(&panel).await.status, 404);
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity"]).await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let join = [("person", member.as_str()), ("field", "medical"), ("function", "訪問"), ("since", "2026-11-24")];
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &join).await.status, 303);
        assert_eq!((nurse.get(&panel).await.status, report(&nurse, &case, &item, "9", "").await.status), (403, 403));
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        assert_eq!(report(&nurse, &case, &item, "9", "").await.status, 303);
        nurse.get(&panel).await.shows("カナリア伍号");
        lead.get("/").await.shows("見守りの知らせを確かめる");
        assert_eq!(nurse.get(&format!("{panel}/settings")).await.status, 403);
        let flags: Vec<(Uuid, Vec<u8>)> = w.all("/* t */ SELECT id, reason FROM flag", vec![]).await;
        assert_eq!(nurse.post(&format!("/flags/{}/close", flags[0].0), &[("done", "した")]).await.status, 403);
        // Sealed: what is watched, the values, why.
        let items: Vec<(Vec<u8>,)> = w.all("/* t */ SELECT body FROM watch_item", vec![]).await;
        for bytes in [&items[0].0, &flags[0].1] {
            assert!(!bytes.windows(12).any(|w| w == "カナリア".as_bytes()));
        }
    }

    async fn a_mother_reports_in_half_a_minute_and_the_lead_is_told_in_the_same_moment(w: World) {
        let lead = w.sign_in("coordinator").await;
        let (case, _) = crate::family::tests::confirmed(&w, &lead).await;
        let night = watch(&w, &lead, &case, &[("measure", "night_suction"), ("by_family", "1")]).await;
        let hidden = watch(&w, &lead, &case, &[("measure", "missed")]).await;
        rule(&lead, &case, &night, &[("rule", "above"), ("value", "8"), ("urgent", "1")]).await;
        let mother = w.sign_in("family").await;
        let daily = format!("/children/{case}/daily");
        mother.get(&daily).await.shows("夜間の吸引").hides("休んだサービス");
        let wrong = [("item", night.as_str()), ("value", "たくさん"), ("note", "ねむれない")];
        mother.post(&daily, &wrong).await.shows("0から100までの数字").shows("ねむれない").shows("たくさん");
        let other = [("item", hidden.as_str()), ("value", "1")];
        assert_eq!(mother.post(&daily, &other).await.status, 422, "what the family is not asked");
        let report = [("item", night.as_str()), ("value", "9"), ("note", "痰が増えた"), ("once", "00000000-0000-7000-8000-000000000042")];
        assert_eq!(mother.post(&daily, &report).await.status, 303);
        assert_eq!(mother.post(&daily, &report).await.status, 303, "sent twice over a bad line");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM watch_entry").await, 1, "kept once");
        lead.get("/").await.shows("見守りの知らせを確かめる");
        lead.get(&format!("/cases/{case}/monitoring")).await.shows("痰が増えた").shows("9回");
        // What somebody else reported is not told on the family's page.
        report_as(&lead, &case, &night, "4").await;
        mother.get(&daily).await.shows("9回").hides("4回");
        assert_eq!(mother.get(&format!("/cases/{case}/monitoring")).await.status, 403);
        assert_eq!(lead.get(&daily).await.status, 403);
    }
}

async fn report_as(user: &User, case: &str, item: &str, value: &str) {
    assert_eq!(report(user, case, item, value, "").await.status, 303);
}
