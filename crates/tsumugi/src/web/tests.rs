use crate::{case::tests::open, testing::World};

/// An entry with a text, choices, a number and a day.
const ENTRY: [(&str, &str); 7] = [
    ("kind", "visit"),
    ("title", "家庭訪問"),
    ("body", "夜の吸引が増えた"),
    ("on", "2026-11-23"),
    ("time", "14:05"),
    ("minutes", "45"),
    ("paid_by", "fee"),
];

/// A knock at the door of a one-time link from an address, as a proxy passes it on.
async fn knock(w: &World, peer: [u8; 4], told: &str) -> u16 {
    let request = axum::http::Request::get("/answer/nobody-knows-this-link")
        .extension(axum::extract::ConnectInfo(std::net::SocketAddr::from((peer, 5000))))
        .header("x-forwarded-for", told);
    w.nobody().send(request, axum::body::Body::empty()).await.status
}

both! {
    async fn one_address_that_knocks_too_often_waits_and_nobody_else_does(w: World) {
        let mut w = w;
        w.app.demo = false;
        w.router = tsumugi::routes::router(w.app.clone());
        for _ in 0..60 {
            assert_eq!(knock(&w, [192, 0, 2, 1], "").await, 404);
        }
        assert_eq!(knock(&w, [192, 0, 2, 1], "198.51.100.9").await, 429, "what it says of itself does not help");
        assert_eq!(knock(&w, [192, 0, 2, 2], "").await, 404, "another address");
        let page = w.nobody().get("/sign-in").await;
        assert_eq!(page.status, 200, "the page of the sign-in is not a door");
        w.app.clock.advance(jiff::SignedDuration::from_secs(1));
        assert_eq!((knock(&w, [192, 0, 2, 1], "").await, knock(&w, [192, 0, 2, 1], "").await), (404, 429), "one a second");
    }

    async fn behind_a_proxy_the_address_is_the_last_one_that_it_names(w: World) {
        let mut w = w;
        w.app.demo = false;
        w.app.settings = std::sync::Arc::new(tsumugi::app::Settings { behind_proxy: true, ..(*w.app.settings).clone() });
        w.router = tsumugi::routes::router(w.app.clone());
        for n in 0..60 {
            assert_eq!(knock(&w, [10, 0, 0, 1], &format!("203.0.113.{n}, 192.0.2.7")).await, 404, "the first ones are the caller's own words");
        }
        assert_eq!(knock(&w, [10, 0, 0, 1], "203.0.113.99, 192.0.2.7").await, 429);
        assert_eq!(knock(&w, [10, 0, 0, 1], "192.0.2.8").await, 404);
    }

    async fn what_was_typed_after_the_session_ended_is_sent_again_whole(w: World) {
        let user = w.sign_in("coordinator").await;
        let path = format!("/cases/{}/timeline", open(&w, &user).await);
        w.advance_hours(13);
        let late = user.post(&path, &ENTRY).await;
        assert_eq!(late.status, 401);
        late.shows("まだ保存していません").shows("夜の吸引が増えた").shows(&format!("action=\"{path}\""));
        let again: Vec<(&str, String)> = ENTRY.iter().map(|(name, _)| (*name, late.value(name))).collect();
        let again: Vec<(&str, &str)> = again.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(again, ENTRY, "choices, numbers and days as well as texts");
        assert_eq!(w.sign_in("coordinator").await.post(&path, &again).await.status, 303);
    }

    async fn a_refusal_and_a_missing_page_keep_the_menu_of_who_is_signed_in(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let close = [("move", "close"), ("close_reason", "moved"), ("on", "R8.11.24")];
        assert_eq!(user.post(&format!("/cases/{case}/move"), &close).await.status, 303);
        let refused = user.post(&format!("/cases/{case}/timeline"), &ENTRY).await;
        assert_eq!(refused.status, 409);
        refused.shows("夜の吸引が増えた").shows("2026-11-23").shows("14:05").shows("45").shows("href=\"/consultations\"");
        refused.hides("同じ内容でもう一度送る").shows(&format!("href=\"/cases/{case}/timeline\""));
        user.get("/nowhere").await.shows("見つかりません").shows("href=\"/consultations\"");
        w.nobody().get("/nowhere").await.shows("見つかりません").hides("href=\"/consultations\"");
        let long = "あ".repeat(200_000);
        let large = user.post(&format!("/cases/{case}/timeline"), &[("body", &long)]).await;
        assert_eq!(large.status, 409);
        large.shows("大きすぎます").shows("href=\"/consultations\"");
    }

    async fn browsers_that_came_by_tls_never_come_without_it_again(w: World) {
        let seen = async |origin: Option<&str>| {
            let app = crate::app::App { origin: origin.map(Into::into), ..w.app.clone() };
            let request = axum::http::Request::get("/healthz").body(axum::body::Body::empty()).expect("a request");
            let answer = tower::ServiceExt::oneshot(crate::routes::router(app), request).await.expect("an answer");
            answer.headers().get("strict-transport-security").map(|v| v.to_str().unwrap_or("").to_owned())
        };
        assert_eq!(seen(Some("https://tsumugi.example.jp")).await.as_deref(), Some("max-age=63072000; includeSubDomains"));
        assert_eq!(seen(Some("http://127.0.0.1:8080")).await, None);
        assert_eq!(seen(None).await, None, "the demo");
    }
}
