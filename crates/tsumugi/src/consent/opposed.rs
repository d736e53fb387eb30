//! 反対の申し出: what a guardian or the child does not want told is taken out of what others agreed to, until the opposition ends.
//!
//! A row of a consent stands either in `consent_scope`, and counts, or in `consent_opposed`, and does not; so everything that
//! asks what may be told asks one table.

use super::store::Scope;
use crate::{
    case::FamilyRelation,
    journal::Draft,
    policy::{self, Seen},
    sealing,
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, OrganisationId},
    row,
};

row! {
    pub struct Kept {
        pub id: Uuid, pub by_person: Option<Uuid>, pub by_name: Option<String>, pub relation: Option<FamilyRelation>,
        pub organisation: Option<String>, pub category: Option<super::model::Category>, pub reason: Vec<u8>, pub on_day: Date,
        pub recorder: String, pub recorded_at: Timestamp, pub ended_at: Option<Timestamp>, pub ender: Option<String>, pub end_reason: Option<Vec<u8>>,
    }
}

/// An opposition with what was said.
#[derive(Clone, Debug)]
pub struct Opposition {
    kept: Kept,
    pub said: String,
    pub end_said: String,
}

impl std::ops::Deref for Opposition {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

pub const REASON: &str = "consent_opposition.reason";
pub const END_REASON: &str = "consent_opposition.end_reason";

impl Opposition {
    /// 母 髙橋 みどりさん, or 本人.
    pub fn who(&self) -> String {
        use platform::vocabulary::Vocabulary as _;
        match (&self.by_name, self.relation) {
            (Some(name), Some(relation)) => format!("{}（{}）", name, relation.label()),
            _ => "本人".to_owned(),
        }
    }

    pub fn to_whom(&self) -> &str {
        self.organisation.as_deref().unwrap_or("すべての機関")
    }

    pub fn what(&self) -> &'static str {
        use platform::vocabulary::Vocabulary as _;
        self.category.map_or("すべての情報", |c| c.label())
    }
}

/// The oppositions of a case, those that count first.
pub async fn oppositions(tx: &Reader, seen: &Seen) -> Result<Vec<Opposition>, DbError> {
    let sql = "/* consent::oppositions unscoped: takes Seen */
        SELECT x.id, x.by_person, f.name AS by_name, f.relation, o.name AS organisation, x.category, x.reason, x.on_day, r.name AS recorder,
               x.recorded_at, x.ended_at, e.name AS ender, x.end_reason
          FROM consent_opposition x JOIN person r ON r.id = x.recorded_by LEFT JOIN case_person f ON f.id = x.by_person
          LEFT JOIN organisation o ON o.id = x.organisation_id LEFT JOIN person e ON e.id = x.ended_by
         WHERE x.case_id = $1 ORDER BY (CASE WHEN x.ended_at IS NULL THEN 0 ELSE 1 END), x.recorded_at DESC, x.id LIMIT 50";
    let rows: Vec<Kept> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_of(tx, seen.case().0).await?;
    let open = |kept: Kept| {
        let said = sealing::text(key.as_ref(), REASON, kept.id, Some(&kept.reason))?;
        let end_said = sealing::text(key.as_ref(), END_REASON, kept.id, kept.end_reason.as_deref())?;
        Ok(Opposition { kept, said, end_said })
    };
    rows.into_iter().map(open).collect()
}

/// Whether somebody opposes anything.
pub async fn any(tx: &Reader, seen: &Seen) -> Result<bool, DbError> {
    let sql = "/* consent::any unscoped: takes Seen */ SELECT id FROM consent_opposition WHERE case_id = $1 AND ended_at IS NULL LIMIT 1";
    Ok(tx.opt::<(Uuid,)>(sql, args![seen.case()]).await?.is_some())
}

/// What consents name and oppositions take out.
pub async fn taken_out(tx: &Reader, seen: &Seen) -> Result<Vec<Scope>, DbError> {
    let sql = "/* consent::taken_out unscoped: takes Seen */
        SELECT s.consent_id, s.organisation_id, o.name AS organisation, s.purpose, s.category FROM consent c
          JOIN consent_opposed s ON s.consent_id = c.id JOIN organisation o ON o.id = s.organisation_id
         WHERE c.case_id = $1 ORDER BY o.kana, s.purpose, s.category LIMIT 2000";
    tx.all(sql, args![seen.case()]).await
}

/// Sorts what the consents of a case name by the oppositions that count now. Whoever calls it holds the case.
pub async fn settle(tx: &mut Draft, case: CaseId) -> Result<(), DbError> {
    let back = "/* consent::settle unscoped: what counts is the same for everybody */
        INSERT INTO consent_scope (consent_id, organisation_id, purpose, category)
        SELECT s.consent_id, s.organisation_id, s.purpose, s.category FROM consent_opposed s JOIN consent c ON c.id = s.consent_id
         WHERE c.case_id = $1
        ON CONFLICT (consent_id, organisation_id, purpose, category) DO NOTHING";
    tx.exec(back, args![case]).await?;
    let clear = "/* consent::settle unscoped: what counts is the same for everybody */
        DELETE FROM consent_opposed WHERE consent_id IN (SELECT id FROM consent WHERE case_id = $1)";
    tx.exec(clear, args![case]).await?;
    let out = "/* consent::settle unscoped: what counts is the same for everybody */
        INSERT INTO consent_opposed (consent_id, organisation_id, purpose, category)
        SELECT s.consent_id, s.organisation_id, s.purpose, s.category FROM consent c JOIN consent_scope s ON s.consent_id = c.id
         WHERE c.case_id = $1 AND EXISTS (
               SELECT 1 FROM consent_opposition x WHERE x.case_id = $1 AND x.ended_at IS NULL
                  AND (x.organisation_id IS NULL OR x.organisation_id = s.organisation_id) AND (x.category IS NULL OR x.category = s.category))";
    tx.exec(out, args![case]).await?;
    let gone = "/* consent::settle unscoped: what counts is the same for everybody */
        DELETE FROM consent_scope WHERE consent_id IN (SELECT id FROM consent WHERE case_id = $1) AND EXISTS (
               SELECT 1 FROM consent_opposed o WHERE o.consent_id = consent_scope.consent_id AND o.organisation_id = consent_scope.organisation_id
                  AND o.purpose = consent_scope.purpose AND o.category = consent_scope.category)";
    tx.exec(gone, args![case]).await?;
    tx.announce("case", case);
    Ok(())
}

/// Agencies that a live consent names and that an opposition leaves without a basis; what an emergency told is carried for its days.
pub async fn left(tx: &Reader, case: CaseId, today: Date, now: Timestamp) -> Result<Vec<OrganisationId>, DbError> {
    let sql = "/* consent::left unscoped: the basis of these agencies has ended */
        SELECT DISTINCT s.organisation_id FROM consent l JOIN consent_opposed s ON s.consent_id = l.id AND s.category = 'identity'
         WHERE l.case_id = $1 AND l.withdrawn_at IS NULL AND l.starts_on <= $2 AND l.ends_on >= $2
           AND NOT EXISTS (SELECT 1 FROM emergency_disclosure e WHERE e.case_id = $1 AND e.organisation_id = s.organisation_id AND e.at >= $3)
           AND NOT EXISTS (
               SELECT 1 FROM consent c JOIN consent_scope o ON o.consent_id = c.id
                WHERE c.case_id = $1 AND o.organisation_id = s.organisation_id AND o.category = 'identity' AND c.withdrawn_at IS NULL
                  AND c.starts_on <= $2 AND c.ends_on >= $2)";
    let rows: Vec<(OrganisationId,)> = tx.all(sql, args![case, today, policy::told_since(now)]).await?;
    Ok(rows.into_iter().map(|(o,)| o).collect())
}
