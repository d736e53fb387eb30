//! Calls that became no case. They have no day of closing: their time counts from the last thing that happened to them, and all of
//! a municipality that are over go together.

use super::store::GRACE_DAYS;
use crate::{
    account::Actor,
    app::App,
    journal::{Draft, Object},
    once,
    policy::{self, DecideRetention},
    view,
    web::{Error, Form, Result, see_other},
};
use axum::extract::State;
use jiff::ToSpan as _;
use maud::{Markup, html};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    form::Fields,
    japanese::date,
    row,
};

/// Calls that are erased in one transaction.
const BATCH: i64 = 200;

row! {
    pub struct Decision { pub id: Uuid, pub ended_before: Timestamp, pub decided_by: String, pub due_at: Timestamp }
    pub struct Done { pub ended_before: Timestamp, pub decided_by: String, pub done_at: Timestamp, pub erased: i64 }
}

/// What the page of the officer says about calls.
pub struct Standing {
    pub over: i64,
    pub decision: Option<Decision>,
    pub done: Vec<Done>,
}

/// Whatever happened to a call before this moment is over.
fn cutoff(app: &App) -> Timestamp {
    let day = app.today().checked_sub(app.settings.retention_years.years()).unwrap_or(platform::Date::MIN);
    date::jst_next_midnight(day)
}

pub async fn standing(app: &App, tx: &Reader, actor: &Actor) -> Result<Standing, DbError> {
    let municipality = actor.municipality.clone().unwrap_or_default();
    let sql = "/* retention::standing unscoped: an officer is told how many, and shown no call */
        SELECT COUNT(*) FROM consultation c
         WHERE c.municipality = $1 AND c.case_id IS NULL AND c.received_at < $2 AND c.status NOT IN ('received', 'triaging', 'waiting_info')
           AND NOT EXISTS (SELECT 1 FROM consultation_step s WHERE s.consultation_id = c.id AND s.at >= $2)
           AND NOT EXISTS (SELECT 1 FROM advice a WHERE a.consultation_id = c.id AND a.at >= $2)
           AND NOT EXISTS (SELECT 1 FROM consultation d WHERE d.id = c.duplicate_of AND d.case_id IS NOT NULL)";
    let (over,): (i64,) = tx.one(sql, args![&municipality, cutoff(app)]).await?;
    let sql = "/* retention::standing */
        SELECT e.id, e.ended_before, p.name AS decided_by, e.due_at FROM call_erasure e JOIN person p ON p.id = e.decided_by
         WHERE e.municipality = $1 AND e.cancelled_at IS NULL AND e.done_at IS NULL";
    let decision = tx.opt(sql, args![&municipality]).await?;
    let sql = "/* retention::standing */
        SELECT e.ended_before, p.name AS decided_by, e.done_at, e.erased FROM call_erasure e JOIN person p ON p.id = e.decided_by
         WHERE e.municipality = $1 AND e.done_at IS NOT NULL ORDER BY e.decided_at DESC LIMIT 10";
    Ok(Standing { over, decision, done: tx.all(sql, args![&municipality]).await? })
}

pub fn panel(app: &App, s: &Standing) -> Markup {
    let empty = Fields::default();
    let years = app.settings.retention_years;
    ui::panel(
        "ケースにならなかった相談",
        html! { "最後の記録から" (years) "年" },
        html! {
            @match &s.decision {
                Some(d) => (ui::pad(html! {
                    p { (ui::tag(ui::Tone::Alert, "消去を待っています")) " " (view::day(date::jst_date(d.ended_before))) "より前に終わった相談。" (view::moment_of_year(d.due_at)) "に消えます。" small { (d.decided_by) "が決めました" } }
                    (view::form(app, &empty, "/retention/calls/keep", html! {}, ui::button("消去を取りやめる", false)))
                })),
                None if s.over == 0 => (ui::empty("保存期間を過ぎた相談はありません", html! {})),
                None => (ui::pad(html! {
                    p { "保存期間を過ぎた相談が" b { (s.over) } "件あります。名前と内容は、ここには出ません。" }
                    (ui::details("まとめて消去を決める", view::form(app, &empty, "/retention/calls/erase", html! {
                        p { (GRACE_DAYS) "日後に、これらの相談の記録と封緘の鍵がすべて消えます。それまでは取りやめられます。" }
                    }, ui::button("消去を決める", false))))
                })),
            }
            @if !s.done.is_empty() { ul.plain { @for d in &s.done { li {
                (view::moment_of_year(d.done_at)) " " (d.erased) "件を消去 " small { (view::day_short(date::jst_date(d.ended_before))) "より前・" (d.decided_by) "が決めました" }
            } } } }
        },
    )
}

pub async fn decide(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<DecideRetention>(&actor)?;
    let now = app.now();
    policy::proved(&app, &actor, now)?;
    let mut tx = app.store.begin().await?;
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/retention", now).await? {
        return Ok(see_other(&before));
    }
    if standing(&app, &tx, &actor).await?.over == 0 {
        return Err(Error::refused("保存期間を過ぎた相談はありません。"));
    }
    let id = app.mint.uuid(now);
    let sql = "/* retention::decide */
        INSERT INTO call_erasure (id, municipality, ended_before, decided_by, decided_at, due_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let due = now + jiff::SignedDuration::from_hours(24 * GRACE_DAYS);
    let municipality = actor.municipality.clone().unwrap_or_default();
    tx.exec(sql, args![id, municipality, cutoff(&app), actor.person, now, due]).await?;
    tx.commit(&permit, &app.mint, now, Object::new("call_erasure", id), None, "decided").await?;
    Ok(see_other("/retention"))
}

pub async fn cancel(State(app): State<App>, actor: Actor) -> Result {
    let permit = policy::by_role::<DecideRetention>(&actor)?;
    let now = app.now();
    let tx = app.store.begin().await?;
    let sql = "/* retention::cancel */
        UPDATE call_erasure SET cancelled_at = $2 WHERE municipality = $1 AND cancelled_at IS NULL AND done_at IS NULL RETURNING id";
    let municipality = actor.municipality.clone().unwrap_or_default();
    let ended: Option<(Uuid,)> = tx.opt(sql, args![municipality, now]).await?;
    let (id,) = ended.ok_or(Error::NotFound)?;
    tx.commit(&permit, &app.mint, now, Object::new("call_erasure", id), None, "cancelled").await?;
    Ok(see_other("/retention"))
}

/// Carries out what was decided and is due; how many calls are gone. Safe to run at any time and to stop at any moment.
pub async fn erase_due(app: &App) -> Result<usize> {
    let now = app.now();
    let sql = "/* retention::erase_due */
        SELECT id, municipality, ended_before FROM call_erasure WHERE cancelled_at IS NULL AND done_at IS NULL AND due_at <= $1 LIMIT 100";
    let due: Vec<(Uuid, String, Timestamp)> = app.store.glance().await?.all(sql, args![now]).await?;
    let mut count = 0;
    for (id, municipality, before) in due {
        // What cannot be erased is left for the next time and holds up no other town.
        match erase(app, id, &municipality, before, now).await {
            Ok(erased) => count += erased,
            Err(e) => tracing::error!(%id, "calls could not be erased: {e:?}"),
        }
    }
    Ok(count)
}

async fn erase(app: &App, id: Uuid, municipality: &str, before: Timestamp, now: Timestamp) -> Result<usize> {
    let mut count = 0;
    loop {
        let mut tx = app.store.begin().await?;
        let sql = "/* retention::erase unscoped: the clock carries out what an officer decided */
            SELECT c.id FROM consultation c
             WHERE c.municipality = $1 AND c.case_id IS NULL AND c.received_at < $2 AND c.status NOT IN ('received', 'triaging', 'waiting_info')
               AND NOT EXISTS (SELECT 1 FROM consultation_step s WHERE s.consultation_id = c.id AND s.at >= $2)
               AND NOT EXISTS (SELECT 1 FROM advice a WHERE a.consultation_id = c.id AND a.at >= $2)
               AND NOT EXISTS (SELECT 1 FROM consultation d WHERE d.id = c.duplicate_of AND d.case_id IS NOT NULL)
             ORDER BY c.received_at, c.id LIMIT $3";
        let over: Vec<(Uuid,)> = tx.all(sql, args![municipality, before, BATCH]).await?;
        let mut gone = 0_u32;
        for (call,) in &over {
            // Whoever reopens it at this moment comes before, and keeps it, or after, and finds nothing.
            let sql = "/* retention::erase unscoped: the clock carries out what an officer decided */
                UPDATE consultation SET version = version
                 WHERE id = $1 AND case_id IS NULL AND status NOT IN ('received', 'triaging', 'waiting_info')";
            if tx.exec(sql, args![*call]).await? == 1 {
                rows(&mut tx, *call).await?;
                gone += 1;
            }
        }
        let last = i64::try_from(over.len()).unwrap_or(0) < BATCH;
        let sql = "/* retention::erase */ UPDATE call_erasure SET erased = erased + $2 WHERE id = $1";
        tx.exec(sql, args![id, i64::from(gone)]).await?;
        if last {
            let sql = "/* retention::erase */ UPDATE call_erasure SET done_at = $2 WHERE id = $1";
            tx.exec(sql, args![id, now]).await?;
        }
        let permit = policy::by_operator("retention.erase");
        tx.commit(&permit, &app.mint, now, Object::new("call_erasure", id), None, "erased").await?;
        count += usize::try_from(gone).unwrap_or(0);
        if last {
            return Ok(count);
        }
    }
}

/// Everything that tells of one call, and its key.
async fn rows(tx: &mut Draft, call: Uuid) -> Result<(), DbError> {
    const ROWS: [&str; 10] = [
        "/* retention::rows */ DELETE FROM draft WHERE object_id = $1",
        "/* retention::rows */ DELETE FROM waiting WHERE object_id = $1",
        "/* retention::rows */ UPDATE answer_card SET from_id = NULL WHERE from_id = $1",
        "/* retention::rows unscoped: an officer decided that the call goes */ UPDATE consultation SET duplicate_of = NULL WHERE duplicate_of = $1",
        "/* retention::rows */ DELETE FROM advice WHERE consultation_id = $1",
        "/* retention::rows */ DELETE FROM handover WHERE consultation_id = $1",
        "/* retention::rows */ DELETE FROM consultation_step WHERE consultation_id = $1",
        "/* retention::rows */ DELETE FROM consultation_access WHERE consultation_id = $1",
        "/* retention::rows unscoped: an officer decided that the call goes */ DELETE FROM consultation WHERE id = $1",
        "/* retention::rows */ DELETE FROM sealing_key WHERE owner_id = $1",
    ];
    for sql in ROWS {
        tx.exec(sql, args![call]).await?;
    }
    let sql = "/* retention::rows */ DELETE FROM once WHERE location = $1";
    tx.exec(sql, args![format!("/consultations/{call}")]).await.map(drop)
}
