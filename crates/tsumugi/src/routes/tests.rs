use crate::{case::tests::open, consultation::tests::take, routes, schema, testing::World};

/// Paths with every placeholder filled by a real id of somebody else's area.
fn filled(path: &str, case: &str, consultation: &str) -> String {
    let id = if path.starts_with("/consultations") { consultation } else { case };
    path.replace("{id}", id)
        .replace("{entry}", case)
        .replace("{token}", "00")
        .replace("{key}", "entry.x")
        .replace("{file}", "none.js")
}

#[test]
fn the_public_routes_are_the_reviewed_ones() {
    let mut public: Vec<String> =
        routes::all().list.iter().filter(|r| r.act == "public").map(|r| format!("{} {}", r.method, r.path)).collect();
    public.sort();
    assert_eq!(
        public,
        [
            "GET /answer/{token}",
            "GET /assets/{file}",
            "GET /demo/sign-in",
            "GET /healthz",
            "GET /invitations/{token}",
            "GET /licenses",
            "GET /sign-in",
            "POST /answer/{token}",
            "POST /invitations/{token}",
            "POST /passkeys/join/begin",
            "POST /passkeys/join/finish",
            "POST /passkeys/register/begin",
            "POST /passkeys/register/finish",
            "POST /passkeys/sign-in/begin",
            "POST /passkeys/sign-in/finish",
        ]
    );
}

#[test]
fn every_route_names_an_act_of_the_policy() {
    for route in routes::all().list {
        let known = ["public", "self"].contains(&route.act)
            || crate::policy::CASE_ACTS.iter().any(|(code, ..)| *code == route.act)
            || crate::policy::ROLE_ACTS.iter().any(|(code, ..)| *code == route.act);
        assert!(known, "{} {} has the unknown act {}", route.method, route.path, route.act);
    }
}

both! {
    /// Every route as a stranger, as each role of another municipality, and with a session of nobody.
    async fn abuse_2_no_route_opens_for_who_does_not_belong_there(w: World) {
        let owner = w.sign_in("coordinator").await;
        let (case, consultation) = (open(&w, &owner).await, take(&owner, &[]).await);
        let strangers = ["coordinator2", "supporter", "manager", "city2", "prefecture", "supervisor", "hospital", "family", "council", "auditor", "admin"];
        let mut walked = 0;
        for route in routes::all().list {
            let path = filled(route.path, &case, &consultation);
            let nobody = if route.method == "GET" { w.nobody().get(&path).await } else { w.nobody().post(&path, &[]).await };
            match route.act {
                "public" => continue,
                "self" => assert!([401, 303, 404].contains(&nobody.status), "{} {path}: {}", route.method, nobody.status),
                _ => assert_eq!((nobody.status, nobody.location.as_str()), (303, "/sign-in"), "{} {path}", route.method),
            }
            if !route.path.contains("{id}") || route.act == "self" {
                continue;
            }
            for key in strangers {
                let user = w.sign_in(key).await;
                let page = if route.method == "GET" { user.get(&path).await } else { user.post(&path, &[]).await };
                assert!([403, 404].contains(&page.status), "{key} {} {path}: {} {}", route.method, page.status, page.text());
                page.hides("さくら");
                walked += 1;
            }
        }
        assert!(walked > 300, "the walk visited {walked} doors");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM timeline_entry").await, 0);
    }

    async fn abuse_37_a_post_from_another_site_is_refused(w: World) {
        let user = w.sign_in("coordinator").await;
        let request = axum::http::Request::post("/consultations/new").header("sec-fetch-site", "cross-site");
        assert_eq!(user.send(request, axum::body::Body::empty()).await.status, 403);
        let request = axum::http::Request::post("/consultations/new").header("origin", "https://evil.example").header("host", "127.0.0.1");
        assert_eq!(user.send(request, axum::body::Body::empty()).await.status, 403);
    }

    async fn health_tells_engine_and_schema(w: World) {
        let page = w.nobody().get("/healthz").await;
        let json: platform::serde_json::Value = platform::serde_json::from_str(&page.body).expect("JSON");
        assert_eq!(json["status"], "ok");
        assert_eq!(json["engine"], w.db.engine().name());
        assert_eq!(json["schema"], schema::MIGRATIONS.len());
    }
}
