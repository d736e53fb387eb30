use crate::{
    case::tests::{consent_to, open},
    score::remind,
    testing::{Page, User, World},
};

const JUDGED: [(&str, &str); 4] =
    [("judge", "physician"), ("judged_on", "R8.11.1"), ("physician", "久里 浜子"), ("facility", "架空こども病院")];
const HEAVY: [(&str, &str); 6] =
    [("machine", "ventilator"), ("l1", "high"), ("l2", "high"), ("l5", "high"), ("l7a", "high"), ("l4", "low")];

async fn record(user: &User, case: &str, kind: &str, fields: &[&[(&str, &str)]]) -> Page {
    user.post(&format!("/cases/{case}/scores/{kind}"), &fields.concat()).await
}

both! {
    async fn a_judgement_is_recorded_counted_and_shown_with_what_is_unverified(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let scores = format!("/cases/{case}/scores");
        lead.get(&scores).await.shows("票はまだありません").shows("未確認").shows("3点未満の子どもも支援の対象");
        let made = record(&lead, &case, "care", &[&JUDGED, &HEAVY, &[("paper_total", "45")]]).await;
        assert_eq!(made.status, 303);
        let sheet = lead.get(&format!("/scores/{}", made.id())).await;
        sheet.shows("<b>47</b>").shows("医療的ケア区分3").shows("人工呼吸器があるため、見守りは加えません");
        sheet.shows("久里 浜子").shows("医師の票の合計と違います").shows("令和9年11月1日").shows("令和3年4月");
        lead.get(&scores).await.shows("<b>47</b>").hides("<svg viewBox=\"0 0 640");
        // The next form begins with what was ticked; a second judgement makes a chart.
        lead.get(&format!("{scores}/care")).await.shows("value=\"ventilator\" checked").shows("いまの合計").shows("<b>47</b>").hides("久里 浜子");
        let less = [("judge", "physician"), ("judged_on", "R8.11.20"), ("physician", "久里 浜子"), ("facility", "架空こども病院"), ("l7a", "low"), ("l5", "low")];
        assert_eq!(record(&lead, &case, "care", &[&less]).await.status, 303);
        lead.get(&scores).await.shows("<b>16</b>").shows("R8.11.1 47点、R8.11.20 16点");
        // An estimate of later does not replace what a physician said.
        assert_eq!(record(&lead, &case, "care", &[&[("judge", "estimate"), ("judged_on", "R8.11.24"), ("l5", "high")]]).await.status, 303);
        lead.get(&scores).await.shows("<b>16</b>").shows("その後の目安").shows("9点");
    }

    async fn what_cannot_be_is_refused_and_what_was_typed_stays(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let page = record(&lead, &case, "care", &[&JUDGED, &[("l1", "high"), ("l14", "high"), ("note", "あとで聞く")]]).await;
        assert_eq!(page.status, 422);
        page.shows("使っている機器も選んでください").shows("おおむね1年以内に発作があったときだけ").shows("あとで聞く").shows("久里 浜子");
        let foreign = platform::Uuid::from_u128(7).to_string();
        record(&lead, &case, "care", &[&JUDGED, &[("document", &foreign)]]).await.shows("このケースの書類から選んでください");
        record(&lead, &case, "care", &[&JUDGED, &[("l4", "<script>")]]).await.shows("この項目にない答えがあります");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM score_sheet").await, 0);
        // The total while one types, with what is not possible yet.
        let total = lead.post(&format!("/cases/{case}/scores/care/total"), &[("l2", "high"), ("machine", "cough_assist"), ("l1", "low")]).await;
        total.shows("<b>18</b>").shows("医療的ケア区分2").hides("<html");
        lead.post(&format!("/cases/{case}/scores/care/total"), &[("l1", "low")]).await.shows("使っている機器も");
    }

    async fn a_sheet_taken_back_stays_on_record_and_counts_no_more(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let sheet = record(&lead, &case, "care", &[&JUDGED, &HEAVY]).await.id();
        let withdraw = format!("/scores/{sheet}/withdraw");
        lead.post(&withdraw, &[("reason", " ")]).await.shows("取り下げる理由を入力してください");
        assert_eq!(lead.post(&withdraw, &[("reason", "きょうだいの票でした")]).await.status, 303);
        assert_eq!(lead.post(&withdraw, &[("reason", "二度目")]).await.status, 409);
        lead.get(&format!("/scores/{sheet}")).await.shows("取り下げられています").shows("きょうだいの票でした");
        lead.get(&format!("/cases/{case}/scores")).await.shows("票はまだありません").shows("取り下げた票");
        lead.get(&format!("/cases/{case}")).await.shows("医療的ケアスコアの記録はありません");
    }

    async fn the_older_score_has_its_own_sheet(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let sheet = [("sits", "1"), ("item", "s1"), ("item", "s2"), ("suctioning", "hourly"), ("feeding", "tube"), ("lasting", "six_months")];
        let made = record(&lead, &case, "severe", &[&JUDGED, &sheet]).await;
        lead.get(&format!("/scores/{}", made.id())).await.shows("<b>31</b>").shows("超重症児（25点以上）").shows("1回／時間以上");
        let wrong = record(&lead, &case, "severe", &[&JUDGED, &[("item", "s8p"), ("feeding", "tube"), ("lasting", "shorter")]]).await;
        wrong.shows("持続注入ポンプは、栄養が「腸瘻・腸管栄養」のときだけ");
        lead.get(&format!("/cases/{case}/scores")).await.shows("<b>31</b>");
    }

    async fn only_who_sees_the_medical_care_sees_the_scores(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let sheet = record(&lead, &case, "care", &[&JUDGED, &HEAVY]).await.id();
        let (scores, one) = (format!("/cases/{case}/scores"), format!("/scores/{sheet}"));
        let nurse = w.sign_in("supporter").await;
        assert_eq!((nurse.get(&scores).await.status, nurse.get(&one).await.status), (404, 404));
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity"]).await;
        let member = format!("{}.{site}", w.person("supporter").await);
        let join = [("person", member.as_str()), ("field", "medical"), ("function", "訪問"), ("since", "2026-11-24")];
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &join).await.status, 303);
        assert_eq!((nurse.get(&scores).await.status, nurse.get(&one).await.status), (403, 403), "the name is agreed to, not the care");
        nurse.get(&format!("/cases/{case}")).await.hides("区分3");
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity", "care"]).await;
        nurse.get(&one).await.shows("医療的ケア区分3");
        assert_eq!(record(&nurse, &case, "care", &[&JUDGED, &[("l4", "low")]]).await.status, 303, "who cares for the child records too");
    }

    async fn a_judgement_near_its_end_asks_for_the_next_one_until_there_is_one(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        record(&lead, &case, "care", &[&JUDGED, &HEAVY]).await;
        record(&lead, &case, "care", &[&[("judge", "estimate"), ("judged_on", "R8.11.2")]]).await;
        let asked = async || w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind = 'score_ending'").await;
        assert_eq!(remind(&w.app).await.expect("runs"), 0);
        w.advance_hours(24 * 283); // the third of September, 59 days before the first of November
        assert_eq!((remind(&w.app).await.expect("runs"), asked().await), (1, 1));
        assert_eq!(remind(&w.app).await.expect("runs"), 0, "once");
        w.sign_in("coordinator").await.get("/").await.shows("医療的ケアスコアの次の判定を頼む").shows("髙橋 さくら");
        w.advance_hours(24 * 80);
        assert_eq!((remind(&w.app).await.expect("runs"), asked().await), (1, 2), "the deputy has it too, and it stays when the end has passed");
        assert_eq!(remind(&w.app).await.expect("runs"), 0);
        let lead = w.sign_in("coordinator").await;
        lead.get(&format!("/cases/{case}/scores")).await.shows("期限が過ぎています");
        let again = [("judge", "physician"), ("judged_on", "R9.11.20"), ("physician", "久里 浜子"), ("facility", "架空こども病院")];
        assert_eq!(record(&lead, &case, "care", &[&again, &HEAVY]).await.status, 303);
        assert_eq!(asked().await, 0, "at once");
        assert_eq!(remind(&w.app).await.expect("runs"), 0);
    }

    async fn what_stands_on_a_sheet_is_sealed(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let sheet = record(&lead, &case, "care", &[&JUDGED, &HEAVY, &[("note", "カナリア壱号")]]).await.id();
        lead.post(&format!("/scores/{sheet}/withdraw"), &[("reason", "カナリア弐号")]).await;
        let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = w.all("/* t */ SELECT body, withdrawn_reason FROM score_sheet", vec![]).await;
        let all = rows.iter().flat_map(|(a, b)| [a.clone(), b.clone().unwrap_or_default()]).collect::<Vec<_>>().concat();
        for clear in ["カナリア", "ventilator", "浜子"] {
            assert!(!all.windows(clear.len()).any(|w| w == clear.as_bytes()), "{clear}");
        }
        lead.get(&format!("/scores/{sheet}")).await.shows("カナリア壱号").shows("カナリア弐号");
    }
}
