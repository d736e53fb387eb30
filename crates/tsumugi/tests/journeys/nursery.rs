//! A nursery teacher asks without naming a child; the advice helps the next one as well.

use crate::testing::World;

both! {
    async fn advice_without_a_childs_name_becomes_an_answer_card(w: World) {
        let user = w.sign_in("coordinator").await;
        let call = user
            .post("/consultations/new", &[
                ("channel", "phone"), ("kind", "supporter"), ("asker_kind", "nursery"), ("asker_place", "しおさい保育園"), ("anonymous", "1"), ("municipality", "142018"),
                ("topic", "nursery"), ("topic", "from_supporter"), ("urgency", "week"), ("concern", "来春、吸引の必要なお子さんの入園の相談があった。何から始めればよいか。"),
                ("consent_state", "not_needed"), ("route", "mine"),
            ])
            .await
            .id();
        let page = user.get(&format!("/consultations/{call}")).await;
        page.shows("氏名は聞いていません").shows("支援者支援").shows("（匿名）");
        let advice = "まず市の保育課に相談し、主治医の意見書と指示書、看護師の配置、園での手順の順に進めます。";
        assert_eq!(user.post(&format!("/consultations/{call}/advise"), &[("advice", advice), ("advice_minutes", "15")]).await.status, 303);
        let version = user.get(&format!("/consultations/{call}")).await.value("version");
        let outcome = [("version", version.as_str()), ("urgency", "week"), ("municipality", "142018"), ("consent_state", "not_needed"), ("outcome", "advised"), ("reason", "助言した")];
        assert_eq!(user.post(&format!("/consultations/{call}/screen"), &outcome).await.status, 303);
        user.get(&format!("/answer-cards/new?from={call}")).await.shows("まず市の保育課に相談し");
        let named = format!("しおさい保育園の方へ。{advice}");
        let card = |answer| vec![("question", "園で吸引が必要なお子さんを受け入れるには"), ("answer", answer), ("topic", "nursery"), ("review_on", "R9.10.1"), ("from", call.as_str())];
        user.post("/answer-cards/new", &card(named.as_str())).await.shows("もとの相談の名前や所属が残っています").shows("園で吸引が必要なお子さん");
        let id = user.post("/answer-cards/new", &card(advice)).await.id();
        let version = user.get(&format!("/answer-cards/{id}")).await.value("version");
        let mut again = card(named.as_str());
        again.push(("version", &version));
        assert_eq!(user.post(&format!("/answer-cards/{id}"), &again).await.status, 422, "not by the back door either");
        w.sign_in("supporter").await.get("/answer-cards?q=吸引").await.shows("園で吸引が必要なお子さん").hides("しおさい");
    }
}
