use crate::{
    case::tests::{consent_to, open},
    profile::remind,
    testing::{Page, User, World},
};

async fn write(user: &User, case: &str, part: &str, version: &str, fields: &[(&str, &str)]) -> Page {
    let head = [("part", part), ("version", version)];
    user.post(&format!("/cases/{case}/care/edit"), &[&head, fields].concat()).await
}

const TUBE: [(&str, &str); 5] = [
    ("name", "シャイリー 内径4.0mm"),
    ("kind", "tracheal_tube"),
    ("exchanged", "R8.11.20"),
    ("every", "14"),
    ("critical", "yes"),
];
const VENTILATOR: [(&str, &str); 5] = [
    ("name", "架空レスピ Ｍ１"),
    ("kind", "ventilator"),
    ("critical", "yes"),
    ("internal", "6"),
    ("external", "８．５"),
];

/// One row as a browser sends it: every question, answered or not.
fn row<'a>(part: &str, answers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let (part, _) = super::part_of(part).expect("a part");
    part.columns.iter().map(|c| (c.code, answers.iter().find(|(n, _)| *n == c.code).map_or("", |(_, v)| v))).collect()
}

both! {
    async fn a_profile_is_written_part_by_part_and_says_who_wrote_and_checked_it(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let care = format!("/cases/{case}/care");
        lead.get(&care).await.shows("医療的ケアの状況はまだ書かれていません").shows("一日の流れ");
        let devices = [row("device", &VENTILATOR), row("device", &[]), row("device", &TUBE)].concat();
        assert_eq!(write(&lead, &case, "device", "0", &devices).await.status, 303);
        let page = lead.get(&care).await;
        page.shows("架空レスピ Ｍ１").shows("気管カニューレ").shows("8.5時間").shows("14.5時間").shows("が記録");
        page.shows("近づいている期限").shows("あと10日").hides("医療的ケアの状況はまだ書かれていません");
        // Somebody says that it is still so; then it is corrected, and the change is told.
        w.advance_hours(24);
        let lead = w.sign_in("coordinator").await;
        assert_eq!(lead.post(&format!("{care}/check"), &[("part", "device"), ("version", "1")]).await.status, 303);
        lead.get(&care).await.shows("が確かめた");
        let fewer = row("device", &[("name", "架空レスピ Ｍ１"), ("kind", "ventilator"), ("critical", "yes"), ("internal", "5")]);
        assert_eq!(write(&lead, &case, "device", "1", &fewer).await.status, 303);
        let history = lead.get(&format!("{care}/history?part=device")).await;
        history.shows("機器・器材「架空レスピ Ｍ１」の内部バッテリー").shows("6時間").shows("5時間").shows("シャイリー").shows("第2版");
        lead.get(&care).await.shows("5時間").hides("シャイリー").hides("近づいている期限");
        assert_eq!(lead.post(&format!("{care}/check"), &[("part", "device"), ("version", "1")]).await.status, 409, "not the newest");
        // The same again is a look, and no version.
        assert_eq!(write(&lead, &case, "device", "2", &fewer).await.status, 303);
        lead.get(&format!("{care}/history?part=device")).await.hides("第3版");
    }

    async fn wrong_answers_are_told_row_by_row_and_nothing_typed_is_lost(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let wrong = [row("device", &[]), row("device", &[("name", "吸引器"), ("kind", "suction"), ("every", "14"), ("internal", "百時間")])].concat();
        let page = write(&lead, &case, "device", "0", &wrong).await;
        assert_eq!(page.status, 422);
        page.shows("内部バッテリーは0から72までの数字").shows("百時間").shows("href=\"#f-r1-internal\"");
        let alone = [row("device", &[]), row("device", &[("name", "吸引器"), ("kind", "suction"), ("every", "14")])].concat();
        write(&lead, &case, "device", "0", &alone).await.shows("前に交換した日か、次に交換する日も").shows("href=\"#f-r1-exchanged\"");
        let normal = row("normal", &[("spo2_low", "98"), ("spo2_high", "95"), ("temperature_low", "3.65")]);
        write(&lead, &case, "normal", "0", &normal).await.shows("体温 下は33から42まで").shows("value=\"3.65\"");
        let swapped = row("normal", &[("spo2_low", "98"), ("spo2_high", "95")]);
        write(&lead, &case, "normal", "0", &swapped).await.shows("SpO₂の下は、上より低い値");
        let long = "あ".repeat(10_000);
        let shouted = [("name", long.as_str())];
        write(&lead, &case, "diagnosis", "0", &shouted).await.shows("80文字以内");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM profile_part").await, 0);
        // More rows, with what was typed.
        let more = write(&lead, &case, "medicine", "0", &[&row("medicine", &[("name", "架空シロップ")])[..], &[("more", "1")]].concat()).await;
        more.shows("架空シロップ").shows("id=\"f-r3-name\"");
        // A row that is to go stays marked while another one is corrected.
        let gone = [row("medicine", &[("name", "やめた薬")]), row("medicine", &[("name", "薬"), ("dose", long.get(..123).unwrap_or(""))])].concat();
        let again = write(&lead, &case, "medicine", "0", &[&gone[..], &[("drop", "0")]].concat()).await;
        again.shows("name=\"drop\" value=\"0\" checked").hides("name=\"drop\" value=\"1\" checked");
        assert_eq!(lead.get(&format!("/cases/{case}/care/edit?part=nonsense")).await.status, 404);
    }

    async fn two_who_write_the_same_part_see_each_other(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        assert_eq!(write(&lead, &case, "allergy", "0", &row("allergy", &[("what", "卵")])).await.status, 303);
        let late = write(&lead, &case, "allergy", "0", &row("allergy", &[("what", "ラテックス")])).await;
        assert_eq!(late.status, 409);
        late.shows("ほかの人が先に書きました").shows("卵").shows("ラテックス");
        assert_eq!(late.value("version"), "1");
        lead.get(&format!("/cases/{case}/care")).await.shows("卵").hides("ラテックス");
    }

    async fn watched_days_wait_for_the_lead_until_they_are_moved(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let papers = [row("certificate", &[("kind", "day_service"), ("until", "R9.3.31")]), row("certificate", &[("kind", "physical")])].concat();
        write(&lead, &case, "certificate", "0", &papers).await;
        write(&lead, &case, "device", "0", &row("device", &TUBE)).await;
        let asked = async || w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE object_kind = 'profile'").await;
        assert_eq!((remind(&w.app).await.expect("runs"), asked().await), (1, 1), "the tube, in ten days");
        assert_eq!(remind(&w.app).await.expect("runs"), 0, "once");
        lead.get("/").await.shows("機器や器材の交換日を確かめる").shows("髙橋 さくら");
        // A correction of something else leaves it as it is; a new day takes it away.
        let spare = [&TUBE[..], &[("spare", "1本")]].concat();
        write(&lead, &case, "device", "1", &row("device", &spare)).await;
        assert_eq!((remind(&w.app).await.expect("runs"), asked().await), (0, 1));
        let exchanged = [("name", "シャイリー 内径4.0mm"), ("kind", "tracheal_tube"), ("exchanged", "R8.11.24"), ("every", "28")];
        write(&lead, &case, "device", "2", &row("device", &exchanged)).await;
        assert_eq!(asked().await, 0);
        w.advance_hours(24 * 70);
        assert_eq!((remind(&w.app).await.expect("runs"), asked().await), (2, 2), "the certificate, and the tube that nobody exchanged");
        w.sign_in("coordinator").await.get("/").await.shows("手帳・受給者証・指示書の期限を確かめる");
    }

    async fn each_sees_the_parts_that_were_agreed_to(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        write(&lead, &case, "diagnosis", "0", &row("diagnosis", &[("name", "架空症候群")])).await;
        write(&lead, &case, "household", "0", &row("household", &[("carer", "母"), ("sleep", "3.5")])).await;
        let care = format!("/cases/{case}/care");
        let nurse = w.sign_in("supporter").await;
        assert_eq!(nurse.get(&care).await.status, 404);
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity"]).await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let join = [("person", member.as_str()), ("field", "medical"), ("function", "訪問"), ("since", "2026-11-24")];
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &join).await.status, 303);
        nurse.get(&care).await.shows("同意の範囲外").hides("架空症候群").hides("3.5時間");
        assert_eq!(nurse.get(&format!("{care}/history?part=diagnosis")).await.status, 403);
        assert_eq!(write(&nurse, &case, "diagnosis", "1", &row("diagnosis", &[("name", "別の名")])).await.status, 403);
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        nurse.get(&care).await.shows("架空症候群").hides("3.5時間").hides("家族の様子");
        assert_eq!(nurse.get(&format!("{care}/edit?part=household")).await.status, 403);
        assert_eq!(write(&nurse, &case, "diagnosis", "1", &row("diagnosis", &[("name", "架空症候群Ⅱ型")])).await.status, 303);
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care", "family"]).await;
        nurse.get(&care).await.shows("3.5時間");
    }

    async fn a_profile_is_sealed_and_goes_with_the_case(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        write(&lead, &case, "self", "0", &row("self", &[("wishes", "カナリア参号")])).await;
        let rows: Vec<(Vec<u8>,)> = w.all("/* t */ SELECT body FROM profile_part", vec![]).await;
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].0.windows(12).any(|w| w == "カナリア".as_bytes()));
        lead.get(&format!("/cases/{case}/care")).await.shows("カナリア参号");
    }

    async fn what_somebody_typed_is_never_run(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let said = "<img src=x onerror=alert(1)> #read(\"/etc/passwd\")";
        write(&lead, &case, "seizure", "0", &row("seizure", &[("call", said)])).await;
        lead.get(&format!("/cases/{case}/care")).await.shows("&lt;img src=x").hides("<img src=x");
    }
}
