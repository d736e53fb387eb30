//! What happened to a referral, for its own page and for the timeline of its case.

use super::{
    kept::{NOTE, Referral},
    model::Status,
};
use crate::{exchange::directory::Kind, policy::Seen, sealing};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::ReferralId,
    row,
};

row! {
    pub struct Escalation { pub milestone: String, pub level: String, pub at: Timestamp }
    pub struct KeptEvent { pub id: Uuid, pub at: Timestamp, pub by_label: String, pub step: String, pub status: Status, pub note: Option<Vec<u8>> }
    pub struct KeptOfCase {
        pub id: Uuid, pub referral_id: ReferralId, pub at: Timestamp, pub by_label: String, pub step: String, pub status: Status, pub note: Option<Vec<u8>>,
        pub organisation: String, pub kind: Kind,
    }
}

#[derive(Clone, Debug)]
pub struct Event {
    pub at: Timestamp,
    pub by_label: String,
    pub step: String,
    pub status: Status,
    pub note: String,
}

/// An event with the referral that it belongs to.
#[derive(Clone, Debug)]
pub struct CaseEvent {
    pub referral_id: ReferralId,
    pub event: Event,
    pub organisation: String,
    pub kind: Kind,
}

pub async fn events(tx: &Reader, r: &Referral) -> Result<Vec<Event>, DbError> {
    let sql = "/* referral::events unscoped: the referral was shown by see() */
        SELECT id, at, by_label, move AS step, status, note FROM referral_event WHERE referral_id = $1
         ORDER BY at, CASE WHEN move = 'create' THEN 0 ELSE 1 END, id LIMIT 200";
    let (rows, key) = tokio::join!(tx.all::<KeptEvent>(sql, args![r.id]), sealing::key_of(tx, r.case_id.0));
    let key = key?;
    let open = |e: KeptEvent| {
        let note = sealing::text(key.as_ref(), NOTE, e.id, e.note.as_deref())?;
        Ok(Event { at: e.at, by_label: e.by_label, step: e.step, status: e.status, note })
    };
    rows?.into_iter().map(open).collect()
}

pub async fn escalations(tx: &Reader, id: ReferralId) -> Result<Vec<Escalation>, DbError> {
    let sql = "/* referral::escalations unscoped: see() checked the case of this referral */ SELECT milestone, level, at FROM referral_escalation WHERE referral_id = $1 ORDER BY at LIMIT 50";
    tx.all(sql, args![id]).await
}

/// Events of all referrals of a case in a span of time, the newest first. What was only drafted is nobody's news.
pub async fn of_case_between(
    tx: &Reader,
    seen: &Seen,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<CaseEvent>, DbError> {
    let sql = "/* referral::of_case_between unscoped: takes Seen */
        SELECT e.id, r.id AS referral_id, e.at, e.by_label, e.move AS step, e.status, e.note, o.name AS organisation, s.kind
          FROM referral r JOIN referral_event e ON e.referral_id = r.id
          JOIN organisation o ON o.id = r.organisation_id JOIN service s ON s.id = r.service_id
         WHERE r.case_id = $1 AND e.at >= $2 AND e.at < $3 AND e.status NOT IN ('draft', 'entered_in_error') AND r.sent_at IS NOT NULL
         ORDER BY e.at DESC, e.id DESC LIMIT 200";
    let (rows, key) =
        tokio::join!(tx.all::<KeptOfCase>(sql, args![seen.case(), from, to]), sealing::key_of(tx, seen.case().0));
    let key = key?;
    let open = |e: KeptOfCase| {
        let note = sealing::text(key.as_ref(), NOTE, e.id, e.note.as_deref())?;
        let event = Event { at: e.at, by_label: e.by_label, step: e.step, status: e.status, note };
        Ok(CaseEvent { referral_id: e.referral_id, event, organisation: e.organisation, kind: e.kind })
    };
    rows?.into_iter().map(open).collect()
}
