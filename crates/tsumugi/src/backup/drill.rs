//! 復元の訓練: a backup is only one when it was put back and used.

use super::restore::{self, Restored, Source};
use crate::{account, app::App, journal::checkpoint::Checkpoint, routes};
use platform::{
    args,
    id::{CaseId, PersonId, SeatId},
    row,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

row! {
    /// A case and the lead who can open it.
    pub struct Sample { pub id: CaseId, pub child_name: String, pub lead_id: PersonId, pub seat_id: SeatId }
}

/// What a drill showed.
#[derive(Clone, Debug)]
pub struct Drilled {
    pub restored: Restored,
    /// Whether a case was opened; there may be none.
    pub opened: bool,
}

/// Restores into the empty database of `app`, and opens one case through the server as its lead.
pub async fn drill(app: &App, source: &Source, notes: &[Checkpoint]) -> Result<Drilled, String> {
    let restored = restore::restore(app, source, notes).await?;
    let sql = "/* backup::drill unscoped: a drill opens one case of a copy that is thrown away */
        SELECT c.id, c.child_name, c.lead_id, g.seat_id
          FROM child_case c JOIN role_grant g ON g.person_id = c.lead_id AND g.until IS NULL
          JOIN seat s ON s.id = g.seat_id AND s.role = 'coordinator'
          JOIN person p ON p.id = c.lead_id AND p.disabled_at IS NULL
         ORDER BY c.id DESC LIMIT 1";
    let tx = app.store.db().read().await.map_err(|e| e.to_string())?;
    let sample: Option<Sample> = tx.opt(sql, args![]).await.map_err(|e| e.to_string())?;
    drop(tx);
    let Some(sample) = sample else { return Ok(Drilled { restored, opened: false }) };
    let token = account::start_session(app, sample.lead_id, sample.seat_id).await.map_err(|e| format!("{e:?}"))?;
    let cookie = format!("{}={token}", account::cookie_name(app.demo));
    let page = fetch(app, &format!("/cases/{}", sample.id), &cookie).await.map_err(|e| e.to_string())?;
    let name = maud::html! { (sample.child_name) }.into_string();
    if page.starts_with("HTTP/1.1 200") && page.contains(&name) {
        Ok(Drilled { restored, opened: true })
    } else {
        Err(format!("戻したケースの画面が開きません：{}", page.lines().next().unwrap_or("返事なし")))
    }
}

/// One page from the real server, on a port of its own.
async fn fetch(app: &App, path: &str, cookie: &str) -> std::io::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(axum::serve(listener, routes::router(app.clone())).into_future());
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page).await?;
    serving.abort();
    Ok(String::from_utf8_lossy(&page).into_owned())
}
