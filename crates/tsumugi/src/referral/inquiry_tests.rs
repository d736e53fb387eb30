use crate::{area::Municipality, case::tests::open, exchange::directory::Kind, testing::World};

both! {
    async fn several_agencies_are_asked_without_a_name_and_each_answers_for_itself(w: World) {
        let (user, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await;
        let live = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
        let phone = w.service("訪看 なみおと", Kind::HomeNursing, Municipality::Zushi, None).await;
        let (live_id, phone_id) = (live.to_string(), phone.to_string());
        let named = [("service", live_id.as_str()), ("age_band", "infant"), ("municipality", "142018"), ("wish", "さくらさんの週2回"), ("for", case.as_str())];
        user.post("/inquiries/new", &named).await.shows("お子さんの名前が入っています");
        let fields = [("service", live_id.as_str()), ("service", phone_id.as_str()), ("age_band", "infant"), ("municipality", "142018"), ("wish", "週2回、午前"), ("for", case.as_str())];
        let id = user.post("/inquiries/new", &fields).await.id();
        nurse.get("/").await.shows("空きの照会に答える");
        nurse.get(&format!("/inquiries/{id}")).await.shows("週2回、午前").hides("さくら").hides("なみおと");
        let answer = format!("/inquiries/{id}/answer");
        assert_eq!(nurse.post(&answer, &[("service", &phone_id), ("answer", "open")]).await.status, 404, "not its own");
        assert_eq!(nurse.post(&answer, &[("service", &live_id), ("answer", "open"), ("note", "木曜の午前")]).await.status, 303);
        assert_eq!(user.post(&answer, &[("service", &phone_id), ("answer", "full")]).await.status, 303);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE object_kind = 'inquiry'").await, 0);
        user.get(&format!("/inquiries/{id}")).await.shows("木曜の午前").shows("満員").shows("ここにつなぐ");
        user.get(&format!("/resources/{phone}")).await.shows("満員").shows("R8.11.24");
        assert_eq!(w.sign_in("coordinator2").await.get(&format!("/inquiries/{id}")).await.status, 404);
    }

    async fn who_asked_may_stop_waiting_and_nobody_is_reminded_any_more(w: World) {
        let (user, nurse) = (w.sign_in("coordinator").await, w.sign_in("supporter").await);
        let site = w.organisation("うみかぜ").await;
        let live = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await.to_string();
        let fields = [("service", live.as_str()), ("age_band", "infant"), ("municipality", "142018"), ("wish", "週2回、午前")];
        let id = user.post("/inquiries/new", &fields).await.id();
        let close = format!("/inquiries/{id}/close");
        assert_eq!(nurse.post(&close, &[]).await.status, 403, "only who asked");
        assert_eq!(w.sign_in("coordinator2").await.post(&close, &[]).await.status, 404);
        assert_eq!(user.post(&close, &[]).await.status, 303);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE object_kind = 'inquiry'").await, 0);
        nurse.get(&format!("/inquiries/{id}")).await.shows("この照会は終わりました").hides("回答する");
        assert_eq!(nurse.post(&format!("/inquiries/{id}/answer"), &[("service", &live), ("answer", "open")]).await.status, 409);
        assert_eq!(user.post(&close, &[]).await.status, 303, "twice is once");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal WHERE object_kind = 'inquiry' AND detail = 'closed'").await, 1);
    }
}
