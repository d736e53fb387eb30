//! Papers as PDF: made on a thread of its own, two at a time, so that printing slows nobody's page.

use crate::{
    account::Actor,
    app::App,
    web::{self, Error, Result},
};
use axum::response::Response;
use paper::{Form, Made};
use platform::{
    japanese::date,
    serde_json::{Value, json},
};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Papers that are made at once.
static PRESSES: Semaphore = Semaphore::const_new(2);
/// How long somebody waits for a free press.
const PATIENCE: Duration = Duration::from_secs(10);

/// The bytes of a paper. To `data` are added who made it, when, and its number, which stand on every page.
pub async fn pdf(app: &App, actor: &Actor, form: Form, mut data: Value) -> Result<Vec<u8>> {
    let now = app.now();
    let at = date::jst(now);
    let part = |n: i8| u8::try_from(n).unwrap_or(0);
    let made = Made {
        year: i32::from(at.year()),
        month: part(at.month()),
        day: part(at.day()),
        hour: part(at.hour()),
        minute: part(at.minute()),
    };
    data["made_by"] = json!(format!("{}（{}）", actor.name, actor.place));
    data["made_at"] = json!(date::jst_stamp(now));
    // Random, so that a paper that is found can be told from another one of the same minute.
    data["serial"] = json!(app.mint.uuid(now).simple().to_string().split_off(20));
    let busy = || Error::refused("いま、ほかの人の書類を作っています。少し待ってから、もう一度試してください。");
    let press = tokio::time::timeout(PATIENCE, PRESSES.acquire()).await.map_err(|_| busy())?;
    let press = press.map_err(|e| Error::Internal(e.to_string()))?;
    // The press stays busy until the paper is done, also where nobody waits for it any more.
    let bytes = tokio::task::spawn_blocking(move || {
        let _press = press;
        paper::pdf(form, data.to_string(), made)
    })
    .await;
    bytes.map_err(|e| Error::Internal(e.to_string()))?.map_err(Error::Internal)
}

/// Keeps every press busy, for a test of what happens meanwhile.
#[cfg(test)]
pub async fn busy() -> tokio::sync::SemaphorePermit<'static> {
    PRESSES.acquire_many(2).await.expect("the presses")
}

/// A paper to save.
pub fn download(name: &str, bytes: Vec<u8>) -> Response {
    web::download(&format!("{name}.pdf"), "application/pdf", bytes)
}
