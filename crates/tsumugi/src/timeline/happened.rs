//! 動き: what the acts on a case did (the call, its states, consents, referrals), to stand between what people wrote.

use crate::{
    account::Actor,
    case, consent, consultation,
    policy::{Category, ReadReferral, ReviewEmergency, Seen},
    referral,
};
use platform::{
    Timestamp,
    db::{DbError, Reader},
    vocabulary::Vocabulary as _,
};

/// One thing that an act did, with the page that shows it whole.
pub struct Happened {
    pub at: Timestamp,
    pub kind: &'static str,
    pub tone: ui::Tone,
    pub title: String,
    pub note: String,
    pub by: String,
    pub href: String,
    /// What the link says.
    pub open: &'static str,
}

/// What happened from `from` until just before `to`, the newest first.
pub async fn between(
    tx: &Reader,
    actor: &Actor,
    seen: &Seen,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Vec<Happened>, DbError> {
    let case = seen.case();
    let mut all: Vec<Happened> = Vec::new();
    if !seen.shows(Category::Plan) {
        return Ok(all);
    }
    for o in consultation::origins(tx, actor, case, now).await? {
        all.push(Happened {
            at: o.received_at,
            kind: "相談",
            tone: ui::Tone::Neutral,
            title: format!("相談 {} を受け付けた", case::number_text("", o.fiscal_year, o.number)),
            note: String::new(),
            by: String::new(),
            href: format!("/consultations/{}", o.id),
            open: "相談を開く",
        });
    }
    for s in case::steps(tx, seen).await? {
        all.push(Happened {
            at: s.at,
            kind: "状態",
            tone: ui::Tone::Neutral,
            title: format!("{}・{}", s.status.label(), s.phase.label()),
            note: s.reason,
            by: s.by,
            href: format!("/cases/{case}"),
            open: "ケースの全体を見る",
        });
    }
    let (consents, _) = consent::readable(tx, seen, actor.organisation).await?;
    for c in consents {
        let line = |at, tone, title: &str, note| Happened {
            at,
            kind: "同意",
            tone,
            title: title.to_owned(),
            note,
            by: String::new(),
            href: format!("/cases/{case}/consents"),
            open: "同意の画面を見る",
        };
        if let Some(at) = c.withdrawn_at {
            let why = if seen.shows(Category::Family) { c.withdrawn_reason.clone() } else { String::new() };
            all.push(line(at, ui::Tone::Warn, "同意が取りやめられた", why));
        }
        all.push(line(c.recorded_at, ui::Tone::Ok, "同意を記録した", format!("説明した人：{}", c.explained_by)));
    }
    let told = if seen.allows::<ReviewEmergency>() { consent::emergencies(tx, seen).await? } else { vec![] };
    for e in told {
        all.push(Happened {
            at: e.at,
            kind: "緊急",
            tone: ui::Tone::Alert,
            title: format!("同意なしで伝えた: {}", e.organisation),
            by: e.by.clone(),
            note: e.reason,
            href: format!("/cases/{case}/consents"),
            open: "同意の画面を見る",
        });
    }
    // Who was offered the lead reads the case, but the referrals only after the receipt.
    let referrals =
        if seen.allows::<ReadReferral>() { referral::of_case_between(tx, seen, from, to).await? } else { vec![] };
    for e in referrals {
        all.push(Happened {
            at: e.event.at,
            kind: "つなぎ",
            tone: referral::tone(e.event.status),
            title: format!("{}: {}", e.organisation, referral::move_label(&e.event.step)),
            note: e.event.note,
            by: e.event.by_label,
            href: format!("/referrals/{}", e.referral_id),
            open: "つなぎを開く",
        });
    }
    all.retain(|h| h.at >= from && h.at < to);
    all.sort_by_key(|h| std::cmp::Reverse(h.at));
    Ok(all)
}
