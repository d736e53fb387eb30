//! Every route with its method and act, recorded so that a test can walk them all.

use crate::exchange::directory::MAX_BYTES;
use crate::{
    account, alert, app::App, appointment, assets, backup, break_glass, case, consent, consultation, cover, document,
    draft, duty, emergency, family, home, live, monitoring, opposition, overview, people, profile, protection,
    referral, relocation, resource, retention, score, search, signin, team, terms, timeline, viewing, web,
};
use axum::{Router, handler::Handler, middleware, response::IntoResponse, routing};
use platform::serde_json::json;

/// One route as it was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    /// The act that the handler asks a permit for; "public" where nobody need be signed in, "self" for one's own things.
    pub act: &'static str,
}

#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    pub list: Vec<Route>,
}

impl Routes {
    pub fn new() -> Self {
        Routes::default()
    }

    #[must_use]
    pub fn get<H: Handler<T, App>, T: 'static>(mut self, path: &'static str, act: &'static str, handler: H) -> Self {
        self.router = self.router.route(path, routing::get(handler));
        self.list.push(Route { method: "GET", path, act });
        self
    }

    #[must_use]
    pub fn post<H: Handler<T, App>, T: 'static>(mut self, path: &'static str, act: &'static str, handler: H) -> Self {
        self.router = self.router.route(path, routing::post(handler));
        self.list.push(Route { method: "POST", path, act });
        self
    }

    #[must_use]
    pub fn merge(mut self, other: Routes) -> Self {
        self.router = self.router.merge(other.router);
        self.list.extend(other.list);
        self
    }
}

pub fn all() -> Routes {
    Routes::new()
        .get("/healthz", "public", healthz)
        .get("/assets/{file}", "public", assets::serve)
        .get("/licenses", "public", assets::licences)
        .merge(account::routes())
        .merge(draft::routes())
        .merge(duty::routes())
        .merge(signin::routes())
        .merge(people::routes())
        .merge(live::routes())
        .merge(home::routes())
        .merge(search::routes())
        .merge(consultation::routes())
        .merge(case::routes())
        .merge(consent::routes())
        .merge(team::routes())
        .merge(timeline::routes())
        .merge(document::routes())
        .merge(score::routes())
        .merge(profile::routes())
        .merge(emergency::routes())
        .merge(appointment::routes())
        .merge(monitoring::routes())
        .merge(viewing::routes())
        .merge(protection::routes())
        .merge(retention::routes())
        .merge(family::routes())
        .merge(break_glass::routes())
        .merge(alert::routes())
        .merge(resource::routes())
        .merge(terms::routes())
        .merge(relocation::routes())
        .merge(cover::routes())
        .merge(referral::routes())
        .merge(opposition::routes())
        .merge(overview::routes())
}

pub fn router(app: App) -> Router {
    let fallback = || async { web::Error::NotFound };
    all()
        .router
        .fallback(fallback)
        .method_not_allowed_fallback(up)
        // A directory file may have 50 MiB; ordinary forms have their own, smaller limit (web::FORM_BYTES).
        .layer(axum::extract::DefaultBodyLimit::max(usize::try_from(MAX_BYTES).unwrap_or(usize::MAX) + 64 * 1024))
        .layer(middleware::from_fn_with_state(app.clone(), web::guard))
        .layer(tower_http::compression::CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest))
        .with_state(app)
}

/// The address of a form that was refused, opened again: the page that the form stood on.
async fn up(method: axum::http::Method, uri: axum::http::Uri) -> axum::response::Response {
    match uri.path().rsplit_once('/') {
        Some((parent, _)) if method == axum::http::Method::GET => {
            web::see_other(if parent.is_empty() { "/" } else { parent })
        }
        _ => web::Error::NotFound.into_response(),
    }
}

async fn healthz(
    axum::extract::State(app): axum::extract::State<App>,
) -> web::Result<axum::Json<platform::serde_json::Value>> {
    let tx = app.store.read().await?;
    let (schema,): (i64,) = tx.one("/* routes::healthz */ SELECT MAX(version) FROM schema_migration", vec![]).await?;
    let standing = backup::standing(&tx).await?;
    let backup = match (app.demo, standing.is_late(app.now()), standing.last) {
        (true, ..) => "off",
        (_, true, _) => "late",
        (_, _, None) => "none",
        _ => "ok",
    };
    Ok(axum::Json(json!({
        "status": "ok",
        "backup": backup,
        "version": env!("CARGO_PKG_VERSION"),
        "engine": app.store.db().engine().name(),
        "schema": schema,
        "time": app.now().to_string(),
    })))
}

#[cfg(test)]
mod abuse_tests;
#[cfg(test)]
mod headers_tests;
#[cfg(test)]
mod limits_tests;
#[cfg(test)]
mod tests;
