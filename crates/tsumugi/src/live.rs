//! いま: an open page is told within a second that something changed; it then asks again for what it shows.
//!
//! A stream carries no data, so nothing can leak by it. It ends within a second when the session or the person's right ends.

use crate::{
    account::{self, Actor},
    app::App,
    routes::Routes,
    web::{Error, Query, Result},
};
use axum::{
    Json,
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use platform::{
    args,
    id::{CaseId, SubjectId},
    live::Announcement,
    serde_json::json,
};
use std::{convert::Infallible, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};

pub fn routes() -> Routes {
    Routes::new().get("/live", "self", live)
}

async fn live(
    State(app): State<App>,
    actor: std::result::Result<Actor, Error>,
    Query(query): Query,
) -> Result<Response> {
    if query.has("poll") {
        // Where a proxy swallows streams: the page asks every 15 seconds and reloads its parts each time.
        let ended = matches!(actor, Err(Error::SignIn | Error::Locked { .. }));
        let since = app.now().as_millisecond();
        return Ok(Json(json!({ "since": since, "changed": !ended, "ended": ended })).into_response());
    }
    let actor = actor?;
    let bus = app.store.db().bus().listen();
    let events = stream::unfold((app, actor, bus, false), next);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}

type State4 = (App, Actor, Receiver<Announcement>, bool);

/// The next event of one stream, after at most a second's wait between two checks of the session.
async fn next((app, actor, mut bus, ended): State4) -> Option<(std::result::Result<Event, Infallible>, State4)> {
    if ended {
        return None;
    }
    loop {
        let heard = tokio::time::timeout(Duration::from_millis(900), bus.recv()).await;
        if !still_allowed(&app, &actor).await {
            let last = Event::default().event("ended").data("ended");
            return Some((Ok(last), (app, actor, bus, true)));
        }
        let tell = match heard {
            Err(_) => false,
            Ok(Ok(what)) => concerns(&app, &actor, &what).await,
            Ok(Err(RecvError::Lagged(_))) => true,
            Ok(Err(RecvError::Closed)) => return None,
        };
        if tell {
            let event = Event::default().event("changed").data("changed");
            return Some((Ok(event), (app, actor, bus, false)));
        }
    }
}

async fn still_allowed(app: &App, actor: &Actor) -> bool {
    match app.store.read().await {
        Ok(tx) => account::session_is_live(&tx, actor.session, app.now()).await.unwrap_or(false),
        Err(_) => false,
    }
}

/// Whether this actor would see the thing that changed.
async fn concerns(app: &App, actor: &Actor, what: &Announcement) -> bool {
    let Some((kind, id)) = what.0.split_once(':') else { return false };
    let Ok(tx) = app.store.read().await else { return false };
    let now = app.now();
    match kind {
        "case" => match id.parse::<CaseId>() {
            Ok(case) => crate::policy::see_case(&tx, actor, case, now).await.is_ok(),
            Err(_) => false,
        },
        "subject" => {
            let sql = "/* live::concerns */
                SELECT subject_id FROM account_subject
                 WHERE person_id = $1 AND subject_id = $2 AND since <= $3 AND (until IS NULL OR until > $3)
                UNION ALL SELECT holder_id FROM cover
                 WHERE substitute_id = $1 AND holder_id = $2 AND begun_at IS NOT NULL AND ended_at IS NULL AND ends_at > $3 LIMIT 1";
            match id.parse::<SubjectId>() {
                Ok(subject) => {
                    matches!(tx.opt::<(SubjectId,)>(sql, args![actor.person, subject, now]).await, Ok(Some(_)))
                }
                Err(_) => false,
            }
        }
        _ => false,
    }
}
