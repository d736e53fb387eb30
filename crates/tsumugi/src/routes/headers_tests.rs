use super::limits_tests::pages;
use crate::{
    account,
    case::tests::open,
    testing::{Page, World},
};
use axum::{http::header, response::IntoResponse};

fn header<'a>(page: &'a Page, name: &str) -> &'a str {
    page.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
}

/// What every answer but an asset says to the browser.
fn is_guarded(page: &Page, path: &str) {
    let policy = header(page, "content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{path}: {part} in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{path}: {policy}");
    assert_eq!(header(page, "cache-control"), "no-store", "{path}");
    assert_eq!(header(page, "x-content-type-options"), "nosniff", "{path}");
    assert_eq!(header(page, "referrer-policy"), "same-origin", "{path}");
    assert_eq!(header(page, "x-frame-options"), "DENY", "{path}");
}

both! {
    async fn abuse_27_every_answer_tells_the_browser_to_keep_nothing_and_run_nothing_foreign(w: World) {
        let user = w.sign_in("coordinator").await;
        let mut all = pages(&w, &user).await;
        all.extend(["/", "/cases", "/board", "/search?q=x", "/account", "/menu", "/there/is/nothing", "/healthz", "/live?poll=1"].map(str::to_owned));
        for path in &all {
            is_guarded(&user.get(path).await, path);
            is_guarded(&w.nobody().get(path).await, path);
        }
        // A refusal, a page with errors, another site.
        is_guarded(&user.post("/cases/new", &[]).await, "errors");
        is_guarded(&w.sign_in("auditor").await.get("/cases").await, "403");
    }

    async fn a_file_is_an_attachment_that_runs_nothing(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let paper = [("title", "指示書"), ("kind", "instruction"), ("category", "care")];
        user.upload_with(&format!("/cases/{case}/documents"), &paper, "a.txt", b"text").await;
        let rows: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM document", vec![]).await;
        for path in [format!("/documents/{}", rows[0].0), "/board/export?as=csv".to_owned(), "/board/export?as=xlsx".to_owned()] {
            let page = user.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(header(&page, "content-disposition").starts_with("attachment"), "{path}");
            assert_eq!(header(&page, "content-security-policy"), "default-src 'none'; sandbox", "{path}");
            assert_eq!((header(&page, "x-content-type-options"), header(&page, "cache-control")), ("nosniff", "no-store"), "{path}");
        }
    }

    async fn the_cookie_of_the_real_thing_is_bound_to_host_tls_and_this_site(w: World) {
        let mut app = w.app.clone();
        app.demo = false;
        let mut res = "".into_response();
        account::session_cookie(&app, &mut res, "t", 60);
        let set = res.headers().get(header::SET_COOKIE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        assert!(set.starts_with("__Host-tsumugi=t; Path=/;"), "{set}");
        for part in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Max-Age=60"] {
            assert!(set.contains(part), "{part} in {set}");
        }
        assert!(!set.contains("Domain"), "{set}");
        // What is stored opens nothing.
        let user = w.sign_in("coordinator").await;
        let token = user.cookie.split('=').nth(1).unwrap_or("").to_owned();
        let kept: Vec<(Vec<u8>,)> = w.all("/* t */ SELECT token_hash FROM session", vec![]).await;
        assert!(token.len() >= 32 && kept.iter().all(|(hash,)| hash.len() == 32 && *hash != token.as_bytes()));
        assert!(kept.iter().any(|(hash,)| *hash == account::hash(token.as_bytes())));
    }

    async fn abuse_34_words_that_look_like_a_page_stay_words(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let bad = "<script>alert(1)</script><img src=x onerror=alert(1)>";
        for (path, field) in [("timeline", "body"), ("timeline", "title")] {
            let mut entry = vec![("kind", "visit"), ("title", "訪問"), ("body", "様子")];
            entry.retain(|(name, _)| *name != field);
            entry.push((field, bad));
            assert_eq!(user.post(&format!("/cases/{case}/{path}"), &entry).await.status, 303);
        }
        let errors = user.post(&format!("/cases/{case}/timeline"), &[("kind", "visit"), ("title", bad), ("body", "")]).await;
        let found = user.get(&format!("/cases/{case}/timeline?q=%3Cscript%3E")).await;
        for page in [user.get(&format!("/cases/{case}")).await, user.get(&format!("/cases/{case}/timeline")).await, errors, found, user.get("/search?q=%3Cscript%3Ealert(1)").await] {
            assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{}", page.status);
        }
        user.get(&format!("/cases/{case}/timeline")).await.shows("&lt;script&gt;alert(1)");
    }
}
