//! Handing a consultation over: offered, received or returned, and taken back by the sender.

use super::store::{Consultation, hide_from, own_key, show_to, step};
use crate::{
    app::App,
    journal::Draft,
    sealing,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Error,
};
use platform::{
    Timestamp, args,
    db::{DbError, Reader},
    id::{ConsultationId, HandoverId, PersonId},
    japanese::business::Reply,
    row,
};

/// A consultation that ends takes its open offer with it.
pub(super) async fn recall_open(tx: &mut Draft, id: ConsultationId, now: Timestamp) -> Result<(), DbError> {
    let sql = "/* consultation::recall_open */
        UPDATE handover SET status = 'recalled', ended_at = $2
         WHERE consultation_id = $1 AND status = 'offered' RETURNING to_id";
    // Who never received it has no reason to see it any more.
    for (to,) in tx.all::<(PersonId,)>(sql, args![id, now]).await? {
        hide_from(tx, id, to.into()).await?;
    }
    Ok(())
}

row! {
    pub struct Kept {
        pub id: HandoverId, pub from_id: PersonId, pub from_name: String, pub to_id: PersonId, pub to_name: String, pub note: Option<Vec<u8>>,
        pub offered_at: Timestamp, pub status: String, pub ended_at: Option<Timestamp>, pub reason: Option<Vec<u8>>,
    }
}

const NOTE: &str = "handover.note";
const REASON: &str = "handover.reason";

/// An offer, with what was said in clear.
#[derive(Clone, Debug)]
pub struct Handover {
    kept: Kept,
    pub note: String,
    pub reason: String,
}

impl std::ops::Deref for Handover {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

pub async fn handovers(tx: &Reader, id: ConsultationId) -> Result<Vec<Handover>, DbError> {
    let sql = "/* consultation::handovers */
        SELECT h.id, h.from_id, f.name AS from_name, h.to_id, t.name AS to_name, h.note, h.offered_at, h.status, h.ended_at, h.reason
          FROM handover h JOIN person f ON f.id = h.from_id JOIN person t ON t.id = h.to_id
         WHERE h.consultation_id = $1 ORDER BY h.offered_at DESC, h.id DESC LIMIT 50";
    let rows: Vec<Kept> = tx.all(sql, args![id]).await?;
    let key = sealing::key_if(tx, id.0, !rows.is_empty()).await?;
    let clear = |kept: Kept| {
        let note = sealing::text(key.as_ref(), NOTE, kept.id.0, kept.note.as_deref())?;
        let reason = sealing::text(key.as_ref(), REASON, kept.id.0, kept.reason.as_deref())?;
        Ok(Handover { kept, note, reason })
    };
    rows.into_iter().map(clear).collect()
}

/// Offers a consultation; it stays with the sender until it is received.
#[expect(clippy::too_many_arguments, reason = "the columns of one offer")]
pub async fn offer(
    app: &App,
    tx: &mut Draft,
    id: HandoverId,
    consultation: ConsultationId,
    from: PersonId,
    to: PersonId,
    note: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "/* consultation::offer */
        INSERT INTO handover (id, consultation_id, from_id, to_id, note, offered_at, status) VALUES ($1, $2, $3, $4, $5, $6, 'offered')";
    let note = own_key(tx, consultation).await?.seal(NOTE, id.0, note);
    tx.exec(sql, args![id, consultation, from, to, note, now]).await?;
    let received: (Timestamp,) = tx
        .one("/* consultation::offer */ SELECT received_at FROM consultation WHERE id = $1", args![consultation])
        .await?;
    show_to(tx, consultation, to.into(), received.0).await?;
    let due = app.calendar.due(now, Reply::SameDay);
    let to_name = crate::case::name_of_person(tx, to).await?;
    let item = |kind, subject: PersonId, waits_for| Item {
        kind,
        subject: subject.into(),
        object_kind: ObjectKind::Consultation,
        object: consultation.0,
        case: None,
        waits_for,
        due,
    };
    waiting::put(tx, &app.mint, now, item(WaitingKind::Handover, to, "")).await?;
    waiting::put(tx, &app.mint, now, item(WaitingKind::HandoverPending, from, &to_name)).await?;
    Ok(())
}

/// The sender takes an open offer back; false where it had ended already.
pub async fn recall_offer(
    app: &App,
    tx: &mut Draft,
    c: &Consultation,
    h: &Handover,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "/* consultation::recall_offer */
        UPDATE handover SET status = 'recalled', ended_at = $2 WHERE id = $1 AND status = 'offered'";
    if tx.exec(sql, args![h.id, now]).await? == 0 {
        return Ok(false);
    }
    waiting::clear(tx, c.id.0, WaitingKind::Handover).await?;
    waiting::clear(tx, c.id.0, WaitingKind::HandoverPending).await?;
    hide_from(tx, c.id, h.to_id.into()).await?;
    step(app, tx, c.id, h.from_id, c.status, "引継ぎの申し出を取り消した", now).await?;
    Ok(true)
}

/// Ends an open offer by its receiver; received, the consultation and what waits about it change hands. False: it had ended.
pub async fn answer_offer(
    app: &App,
    tx: &mut Draft,
    c: &Consultation,
    h: &Handover,
    received: bool,
    reason: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let status = if received { "received" } else { "returned" };
    let sql = "/* consultation::answer_offer */
        UPDATE handover SET status = $2, ended_at = $3, reason = $4 WHERE id = $1 AND status = 'offered'";
    let reason = own_key(tx, c.id).await?.seal(REASON, h.id.0, reason);
    if tx.exec(sql, args![h.id, status, now, reason]).await? == 0 {
        return Ok(false);
    }
    waiting::clear(tx, c.id.0, WaitingKind::Handover).await?;
    waiting::clear(tx, c.id.0, WaitingKind::HandoverPending).await?;
    if received {
        let sql = "/* consultation::answer_offer */ UPDATE consultation SET owner_id = $2, version = version + 1 WHERE id = $1";
        tx.exec(sql, args![c.id, h.to_id]).await?;
        waiting::hand_on(tx, c.id.0, c.owner_id, h.to_id).await?;
        waiting::clear(tx, c.id.0, WaitingKind::KeeperStopped).await?;
    } else {
        hide_from(tx, c.id, h.to_id.into()).await?;
    }
    let note =
        format!("{} → {} {}", h.from_name, h.to_name, if received { "引継ぎを受け取った" } else { "引継ぎを返した" });
    step(app, tx, c.id, h.to_id, c.status, &note, now).await?;
    Ok(true)
}
