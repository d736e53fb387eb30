use crate::{
    area::Municipality,
    testing::{User, World},
};
use platform::{args, id::SubjectId};

/// The shortest intake, with more or other fields on top.
pub async fn take(user: &User, more: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("channel", "phone"),
        ("kind", "individual"),
        ("asker_kind", "hospital"),
        ("municipality", "142018"),
        ("topic", "discharge"),
        ("urgency", "three_days"),
        ("concern", "来月、退院の予定です。"),
        ("route", "mine"),
    ];
    fields.retain(|(n, _)| !more.iter().any(|(m, _)| m == n));
    fields.extend_from_slice(more);
    user.post("/consultations/new", &fields).await.id()
}

both! {
    async fn an_intake_is_saved_with_a_number_a_due_time_and_an_owner(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = take(&user, &[("child_name", "山田 花子"), ("child_kana", "ヤマダ　ハナコ")]).await;
        let page = user.get(&format!("/consultations/{id}")).await;
        page.shows("相談 R8-0001").shows("最初の返答がまだです").shows("11/27（金）17:00").shows("やまだ はなこ");
        let waits: Vec<(String, SubjectId)> = w.all("/* t */ SELECT kind, subject_id FROM waiting", vec![]).await;
        assert_eq!(waits, [("first_response".to_owned(), w.person("coordinator").await.into())]);
        user.get("/").await.shows("相談に最初の返答をする");
    }

    async fn a_consultation_goes_to_who_is_on_duty_and_stays_with_the_sender_until_received(w: World) {
        let duty = w.on_duty(Municipality::Zushi).await;
        assert_eq!(duty, "coordinator2");
        let (sender, receiver) = (w.sign_in("coordinator").await, w.sign_in("coordinator2").await);
        let id = take(&sender, &[("municipality", "142085"), ("route", "duty")]).await;
        sender.get(&format!("/consultations/{id}")).await.shows("引継ぎの受取り待ちです").shows("受け取られるまで、担当は相模野 瑞希のまま");
        receiver.get("/").await.shows("相談の引継ぎを受け取る");
        let page = receiver.get(&format!("/consultations/{id}")).await;
        let handover = page.value("handover");
        assert_eq!(sender.post(&format!("/consultations/{id}/receive"), &[("handover", &handover), ("answer", "receive")]).await.status, 403);
        let answer = receiver.post(&format!("/consultations/{id}/receive"), &[("handover", &handover), ("answer", "receive")]).await;
        assert_eq!(answer.status, 303);
        receiver.get(&format!("/consultations/{id}")).await.shows("担当 逗葉 あおい");
        let owner: Vec<(String, SubjectId)> = w.all("/* t */ SELECT kind, subject_id FROM waiting", vec![]).await;
        assert_eq!(owner, [("first_response".to_owned(), w.person("coordinator2").await.into())], "the work moved with its age");
        let again = receiver.post(&format!("/consultations/{id}/receive"), &[("answer", "receive")]).await;
        assert_eq!(again.status, 409);
    }

    async fn a_returned_offer_leaves_the_consultation_with_the_sender_and_keeps_the_reason(w: World) {
        let (sender, receiver) = (w.sign_in("coordinator").await, w.sign_in("coordinator2").await);
        let id = take(&sender, &[("municipality", "142085"), ("route", "duty")]).await;
        let path = format!("/consultations/{id}/receive");
        receiver.post(&path, &[("answer", "return")]).await.shows("返す理由を入力してください");
        assert_eq!(receiver.post(&path, &[("answer", "return"), ("reason", "担当の児ではない")]).await.status, 303);
        sender.get(&format!("/consultations/{id}")).await.shows("担当の児ではない").shows("ほかのコーディネーターに引き継ぐ");
    }

    async fn screening_keeps_an_open_offer_and_a_returned_one_ends_the_sight(w: World) {
        let (sender, receiver) = (w.sign_in("coordinator").await, w.sign_in("coordinator2").await);
        let id = take(&sender, &[("municipality", "142018"), ("route", "mine")]).await;
        let to = w.person("coordinator2").await.to_string();
        assert_eq!(sender.post(&format!("/consultations/{id}/hand-over"), &[("to", &to), ("note", "お願いします")]).await.status, 303);
        let version = sender.get(&format!("/consultations/{id}")).await.value("version");
        let begin = [
            ("version", version.as_str()), ("urgency", "week"), ("municipality", "142018"), ("consent_state", "oral"), ("outcome", "case_opened"), ("need_medical", "呼吸器の管理"),
        ];
        let next = sender.post(&format!("/consultations/{id}/screen"), &begin).await;
        assert_eq!(next.location, format!("/consultations/{id}/open-case"));
        sender.get(&format!("/consultations/{id}")).await.shows("呼吸器の管理");
        receiver.get("/").await.shows("相談の引継ぎを受け取る");
        assert_eq!(receiver.post(&format!("/consultations/{id}/receive"), &[("answer", "return"), ("reason", "担当外")]).await.status, 303);
        assert_eq!(receiver.get(&format!("/consultations/{id}")).await.status, 404);
        let kinds: Vec<(String,)> = w.all("/* t */ SELECT kind FROM waiting", vec![]).await;
        assert_eq!(kinds, [("first_response".to_owned(),)]);
    }

    async fn abuse_20_the_same_form_sent_twice_is_one_consultation(w: World) {
        let user = w.sign_in("coordinator").await;
        let once = user.get("/consultations/new").await.value("once");
        let first = take(&user, &[("once", &once)]).await;
        let second = take(&user, &[("once", &once)]).await;
        assert_eq!(first, second);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consultation").await, 1);
    }

    async fn bad_input_says_why_at_every_field_and_keeps_what_was_typed(w: World) {
        let user = w.sign_in("coordinator").await;
        let long = "あ".repeat(4001);
        for (field, value, sentence) in [
            ("concern", "", "相談の内容"),
            ("concern", long.as_str(), "4000文字以内"),
            ("child_birth", "2199-01-01", "今日より後"),
            ("child_birth", "令和6年2月30日", "生年月日"),
            ("child_name", "山\u{202e}田", "お子さんの氏名"),
            ("child_kana", "yamada", "ふりがな"),
            ("municipality", "131016", "住んでいる市町を選んでください"),
            ("urgency", "soon", "急ぐ度合いを選んでください"),
            ("asker_phone", "12", "電話"),
            ("minutes", "99999", "0から1440まで"),
        ] {
            let fields = [
                ("channel", "phone"), ("kind", "individual"), ("asker_kind", "parent"), ("topic", "respite"), ("next_plan", "来週もう一度電話する"),
            ];
            let usual = [("concern", "眠れていません。"), ("municipality", "142018"), ("urgency", "usual")];
            let mut sent: Vec<(&str, &str)> = fields.to_vec();
            sent.extend(usual.iter().filter(|(n, _)| *n != field));
            sent.push((field, value));
            let page = user.post("/consultations/new", &sent).await;
            assert_eq!(page.status, 422, "{field}={value:.20}");
            page.shows(sentence).shows("来週もう一度電話する").shows("aria-invalid=\"true\"");
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consultation").await, 0);
    }

    async fn every_common_style_of_a_date_is_read(w: World) {
        let user = w.sign_in("coordinator").await;
        for typed in ["R6.7.3", "令和6年7月3日", "2024-07-03", "20240703", "２０２４／７／３"] {
            let id = take(&user, &[("child_birth", typed), ("child_name", "日付")]).await;
            user.get(&format!("/consultations/{id}")).await.shows("2歳4か月");
        }
    }

    async fn advice_is_the_first_response_and_then_the_screening_waits(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = take(&user, &[]).await;
        user.post(&format!("/consultations/{id}/advise"), &[("advice", "")]).await.shows("助言・対応");
        assert_eq!(user.post(&format!("/consultations/{id}/advise"), &[("advice", "訪問看護を勧めた。"), ("advice_minutes", "20")]).await.status, 303);
        let kinds: Vec<(String,)> = w.all("/* t */ SELECT kind FROM waiting", vec![]).await;
        assert_eq!(kinds, [("screening".to_owned(),)]);
        user.get(&format!("/consultations/{id}")).await.shows("訪問看護を勧めた。").shows("20分");
    }

    async fn a_screening_ends_waits_reopens_and_keeps_its_history(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = take(&user, &[]).await;
        let path = format!("/consultations/{id}/screen");
        let screen = async |more: &[(&str, &str)]| {
            let version = user.get(&format!("/consultations/{id}")).await.value("version");
            let mut fields = vec![("urgency", "week"), ("municipality", "142018"), ("consent_state", "oral"), ("version", version.as_str())];
            fields.extend_from_slice(more);
            user.post(&path, &fields).await
        };
        screen(&[("outcome", "waiting_info")]).await.shows("理由").shows("見直す日");
        assert_eq!(screen(&[("outcome", "waiting_info"), ("reason", "診断書待ち"), ("review_on", "R8.12.1"), ("need_medical", "呼吸器の管理")]).await.status, 303);
        user.get(&format!("/consultations/{id}")).await.shows("情報待ち").shows("呼吸器の管理");
        let due: Vec<(String,)> = w.all("/* t */ SELECT kind FROM waiting ORDER BY kind", vec![]).await;
        assert_eq!(due, [("first_response".to_owned(),), ("information".to_owned(),)], "a first response that is due stays due");
        assert_eq!(screen(&[("outcome", "advised"), ("reason", "助言で足りた")]).await.status, 303);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting").await, 0);
        assert_eq!(screen(&[("outcome", "advised"), ("reason", "もう一度")]).await.status, 409);
        assert_eq!(screen(&[("outcome", "reopen"), ("reason", "また困った")]).await.status, 303);
        user.get(&format!("/consultations/{id}")).await.shows("また困った").shows("助言で足りた").shows("診断書待ち");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting").await, 1);
    }

    async fn a_stale_screening_is_a_409_that_shows_both_and_keeps_the_text(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = take(&user, &[]).await;
        let path = format!("/consultations/{id}/screen");
        let version = user.get(&format!("/consultations/{id}")).await.value("version");
        let fields = |reason: &'static str| vec![("urgency", "week"), ("municipality", "142018"), ("consent_state", "oral"), ("outcome", "waiting_info"), ("review_on", "R8.12.1"), ("reason", reason)];
        let mut first = fields("はじめの人");
        first.push(("version", &version));
        assert_eq!(user.post(&path, &first).await.status, 303);
        let mut second = fields("あとの人の長い文章");
        second.push(("version", &version));
        let page = user.post(&path, &second).await;
        assert_eq!(page.status, 409);
        page.shows("ほかの人が先に").shows("あとの人の長い文章").shows("情報待ち");
    }

    async fn another_area_gets_the_same_404_as_for_an_unknown_id(w: World) {
        let (a, b) = (w.sign_in("coordinator").await, w.sign_in("coordinator2").await);
        let id = take(&a, &[]).await;
        let (theirs, unknown) = (b.get(&format!("/consultations/{id}")).await, b.get("/consultations/01990000-0000-7000-8000-000000000000").await);
        assert_eq!((theirs.status, unknown.status), (404, 404));
        assert_eq!(theirs.body, unknown.body);
        assert_eq!(b.get("/consultations/nonsense").await.body, unknown.body);
        b.get("/consultations?view=all").await.hides(&id);
    }

    async fn only_coordinators_take_consultations(w: World) {
        for key in ["supporter", "city", "prefecture", "family", "auditor", "admin"] {
            let user = w.sign_in(key).await;
            assert_eq!(user.get("/consultations/new").await.status, 403, "{key}");
            assert_eq!(user.post("/consultations/new", &[]).await.status, 403, "{key}");
        }
        assert_eq!(w.nobody().get("/consultations").await.location, "/sign-in");
    }

    async fn an_answer_card_takes_the_advice_but_not_the_names(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = take(&user, &[("kind", "supporter"), ("asker_kind", "nursery"), ("asker_place", "うみべ保育園"), ("topic", "nursery"), ("response", "うみべ保育園では、まず主治医の指示書を。")]).await;
        let page = user.get(&format!("/answer-cards/new?from={id}")).await;
        page.shows("まず主治医の指示書を");
        let fields = [("question", "園で吸引が必要になったら"), ("answer", "うみべ保育園では、まず主治医の指示書を。"), ("topic", "nursery"), ("review_on", "R9.11.1"), ("from", id.as_str())];
        let refused = user.post("/answer-cards/new", &fields).await;
        assert_eq!(refused.status, 422);
        refused.shows("もとの相談の名前や所属が残っています").shows("園で吸引が必要になったら");
        let mut fields = fields;
        fields[1].1 = "まず主治医の指示書をもらいます。";
        assert_eq!(user.post("/answer-cards/new", &fields).await.status, 303);
        w.sign_in("supporter").await.get("/answer-cards?q=指示書").await.shows("園で吸引が必要になったら");
    }

    async fn a_draft_survives_a_session_and_belongs_to_its_writer_alone(w: World) {
        let user = w.sign_in("coordinator").await;
        let page = user.get("/consultations/new").await;
        let draft = page.value("draft");
        let path = format!("/drafts/consultation.{draft}");
        assert_eq!(user.post(&path, &[("draft", &draft), ("concern", "途中まで聞いた")]).await.status, 204);
        assert_eq!(w.nobody().post(&path, &[("concern", "x")]).await.status, 401);
        w.sign_in("coordinator2").await.post(&path, &[("concern", "上書き")]).await;
        user.post("/sign-out", &[]).await;
        let again = w.sign_in("coordinator").await;
        again.get("/consultations").await.shows("途中まで聞いた");
        let kept = again.get(&format!("/consultations/new?draft={draft}")).await;
        kept.shows("途中まで聞いた").hides("上書き");
        take(&again, &[("draft", &draft)]).await;
        again.get("/consultations").await.hides("途中まで聞いた");
    }

    async fn a_judgement_that_was_begun_is_there_again_until_it_is_recorded(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = take(&user, &[]).await;
        let path = format!("/consultations/{id}");
        let draft = user.get(&path).await.value("draft");
        let typed = [("draft", draft.as_str()), ("object", id.as_str()), ("version", "1"), ("outcome", "advised"), ("reason", "園と話して落ち着いた"), ("urgency", "week")];
        assert_eq!(user.post(&format!("/drafts/screening.{draft}"), &typed).await.status, 204);
        user.get(&path).await.shows("書きかけの判定があります").shows("園と話して落ち着いた").hides("内容が変わっています");
        w.sign_in("coordinator2").await.get(&path).await.hides("園と話して落ち着いた");
        assert_eq!(user.post(&format!("{path}/advise"), &[("advice", "主治医に確かめる"), ("minutes", "5")]).await.status, 303);
        let later = user.get(&path).await;
        later.shows("内容が変わっています").shows("園と話して落ち着いた");
        let sent = [("draft", draft.as_str()), ("version", &later.value("version")), ("outcome", "advised"), ("reason", "園と話して落ち着いた"), ("urgency", "week"), ("municipality", "142018"), ("consent_state", "unknown")];
        let done = user.post(&format!("{path}/screen"), &sent).await;
        assert_eq!(done.status, 303, "{}", done.text());
        user.get(&path).await.hides("書きかけの判定があります").shows("園と話して落ち着いた");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM draft").await, 0);
    }

    async fn abuse_35_a_consultation_is_journalled_with_codes_and_without_names(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = take(&user, &[("child_name", "秘密 太郎")]).await;
        user.get(&format!("/consultations/{id}")).await;
        let acts: Vec<(String, String)> = w.all("/* t */ SELECT act, detail FROM journal WHERE object_kind = $1 ORDER BY at, act", args!["consultation"]).await;
        assert_eq!(acts, [("consultation.read".to_owned(), String::new()), ("consultation.take".to_owned(), "three_days".to_owned())]);
    }
}
