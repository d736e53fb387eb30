//! Lists and searches of cases: the same predicate as for one case, in the statement itself.

use super::{
    model::{Phase, Residence, Status},
    store::care_of,
};
use crate::{
    account::Actor,
    area::{Care, Municipality},
    policy::{self, Role},
};
use platform::{
    Date, Timestamp, args,
    db::{DbError, Json, Reader},
    id::CaseId,
    japanese::{date, fold},
    row,
    vocabulary::Vocabulary as _,
};

row! {
    pub struct Listed {
        pub id: CaseId, pub fiscal_year: i64, pub number: i64, pub child_name: String, pub child_kana: String, pub birth_date: Option<Date>,
        pub municipality: Municipality, pub residence: Residence, pub care: Json, pub status: Status, pub phase: Phase, pub lead: String,
        pub last_contact: Option<Timestamp>, pub open_referrals: i64,
    }
    pub struct Match {
        pub id: CaseId, pub child_name: String, pub child_kana: String, pub birth_date: Option<Date>, pub municipality: Municipality, pub visible: bool,
    }
}

impl Listed {
    pub fn care(&self) -> Vec<Care> {
        care_of(&self.care)
    }
    pub fn number_text(&self) -> String {
        super::model::number_text("", self.fiscal_year, self.number)
    }
}

/// Whose cases a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mine {
    Any,
    Lead,
    Deputy,
}

impl Mine {
    /// The word in the address: 1 for the cases that one leads, 2 for those that one deputises.
    pub fn code(self) -> &'static str {
        match self {
            Mine::Any => "",
            Mine::Lead => "1",
            Mine::Deputy => "2",
        }
    }
    pub fn of(code: &str) -> Mine {
        [Mine::Lead, Mine::Deputy].into_iter().find(|m| m.code() == code).unwrap_or(Mine::Any)
    }
}

/// Which cases a list shows.
pub struct Filter {
    pub municipality: Option<Municipality>,
    pub status: Option<Status>,
    pub mine: Mine,
    pub limit: i64,
    pub offset: i64,
}

/// The actor's visible cases in kana order. One statement, whatever the filter, so that it can be looked at with EXPLAIN.
pub async fn list(tx: &Reader, actor: &Actor, f: &Filter, now: Timestamp) -> Result<Vec<Listed>, DbError> {
    // Whether the actor carries a case, or sees by a consent what the family agreed to tell their agency, is asked for the page alone.
    let sql = "/* case::list */
        SELECT c.id, c.fiscal_year, c.number, c.child_name, c.child_kana, c.birth_date, c.municipality, c.residence,
               CASE WHEN f.whole OR (f.agreed AND (
                         EXISTS (SELECT 1 FROM consent k JOIN consent_scope q ON q.consent_id = k.id AND q.organisation_id = $9 AND q.category = 'care'
                                  WHERE k.case_id = c.id AND k.withdrawn_at IS NULL AND k.starts_on <= $10 AND k.ends_on >= $10)
                      OR EXISTS (SELECT 1 FROM emergency_disclosure d WHERE d.case_id = c.id AND d.organisation_id = $9 AND d.at >= $12)))
                    THEN c.care ELSE $11 END AS care, c.status, c.phase,
               l.name AS lead, CASE WHEN f.whole THEN c.last_contact END AS last_contact,
               (SELECT COUNT(*) FROM referral r WHERE r.case_id = c.id AND (f.whole OR r.organisation_id = $9)
                   AND r.status IN ('draft', 'sent', 'waitlisted', 'needs_info', 'accepted', 'started', 'outcome_reported')) AS open_referrals
          FROM (SELECT m.id, EXISTS (SELECT 1 FROM account_subject s CROSS JOIN case_access a
                                      WHERE s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2) AND a.subject_id = s.subject_id
                                            AND a.case_id = m.id AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
                                            AND (a.relation IN ('lead', 'deputy', 'cover', 'area', 'offered', 'former') OR ($8 AND a.relation = 'team' AND EXISTS (
                                                 SELECT 1 FROM team_member t WHERE t.case_id = m.id AND t.person_id = $1 AND t.organisation_id = $9 AND t.until IS NULL)))) AS whole,
                       EXISTS (SELECT 1 FROM account_subject s CROSS JOIN case_access a
                                WHERE s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2) AND a.subject_id = s.subject_id
                                      AND a.case_id = m.id AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
                                      AND (a.relation = 'municipality' OR (a.relation = 'team' AND EXISTS (
                                           SELECT 1 FROM team_member t WHERE t.case_id = m.id AND t.person_id = $1 AND t.organisation_id = $9 AND t.until IS NULL)))) AS agreed
                  FROM child_case m
                 WHERE EXISTS (SELECT 1 FROM account_subject s CROSS JOIN case_access a
                                WHERE s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2) AND a.subject_id = s.subject_id
                                      AND a.case_id = m.id AND a.relation NOT IN ('referrer', 'asked', 'emergency', 'guardian') AND a.since <= $2 AND (a.until IS NULL OR a.until > $2))
                   AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = m.id AND x.until IS NULL)
                   AND ($3 = '' OR m.municipality = $3)
                   AND (m.status = $4 OR ($4 = '' AND ($5 = '' OR m.status <> 'closed')))
                   AND ($5 = '' OR ($5 = '1' AND m.lead_id = $1) OR ($5 = '2' AND m.deputy_id = $1))
                 ORDER BY m.kana_fold, m.id LIMIT $6 OFFSET $7) f
          CROSS JOIN child_case c CROSS JOIN person l WHERE c.id = f.id AND l.id = c.lead_id
         ORDER BY c.kana_fold, c.id";
    let municipality = f.municipality.map_or("", |m| m.code());
    let status = f.status.map_or("", |s| s.code());
    let told_since = policy::told_since(now);
    let (coordinates, nothing) = (actor.role == Role::Coordinator, platform::serde_json::json!([]));
    let (agency, today) = (actor.organisation, date::jst_date(now));
    let args = args![
        actor.person,
        now,
        municipality,
        status,
        f.mine.code(),
        f.limit,
        f.offset,
        coordinates,
        agency,
        today,
        nothing,
        told_since
    ];
    tx.all(sql, args).await
}

/// Visible cases whose reading begins with `kana` (folded), in kana order: a range scan of the index.
pub async fn by_kana_prefix(
    tx: &Reader,
    actor: &Actor,
    kana: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Match>, DbError> {
    let sql = "/* case::by_kana_prefix */
        SELECT c.id, c.child_name, c.child_kana, c.birth_date, c.municipality, TRUE AS visible FROM child_case c
         WHERE c.kana_fold >= $3 AND c.kana_fold < $4
           AND EXISTS (SELECT 1 FROM account_subject s CROSS JOIN case_access a
                        WHERE s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2) AND a.subject_id = s.subject_id
                              AND a.case_id = c.id AND a.relation NOT IN ('referrer', 'asked', 'emergency', 'guardian') AND a.since <= $2 AND (a.until IS NULL OR a.until > $2))
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = c.id AND x.until IS NULL)
         ORDER BY c.kana_fold, c.id LIMIT $5";
    tx.all(sql, args![actor.person, now, kana, fold::prefix_end(kana), limit]).await
}

/// The visible case with a number of a fiscal year.
pub async fn by_number(
    tx: &Reader,
    actor: &Actor,
    fiscal_year: i16,
    number: i64,
    now: Timestamp,
) -> Result<Option<Match>, DbError> {
    let sql = "/* case::by_number */
        SELECT c.id, c.child_name, c.child_kana, c.birth_date, c.municipality, TRUE AS visible FROM child_case c
         WHERE c.fiscal_year = $3 AND c.number = $4
           AND EXISTS (SELECT 1 FROM account_subject s CROSS JOIN case_access a
                        WHERE s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2) AND a.subject_id = s.subject_id
                              AND a.case_id = c.id AND a.relation NOT IN ('referrer', 'asked', 'emergency', 'guardian') AND a.since <= $2 AND (a.until IS NULL OR a.until > $2))
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = c.id AND x.until IS NULL)";
    tx.opt(sql, args![actor.person, now, i64::from(fiscal_year), number]).await
}

/// Visible cases whose name or reading has `folded` somewhere, but not at the beginning of the reading, in kana order.
/// Nothing for less than two characters.
pub async fn by_part(
    tx: &Reader,
    actor: &Actor,
    folded: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Match>, DbError> {
    let Some((first, last)) = fold::ends(folded) else { return Ok(vec![]) };
    let sql = "/* case::by_part */
        SELECT c.id, c.child_name, c.child_kana, c.birth_date, c.municipality, TRUE AS visible
          FROM case_gram g JOIN child_case c ON c.id = g.case_id
         WHERE g.gram = $3 AND (g.kana_fold < $5 OR g.kana_fold >= $6)
           AND ($3 = $4 OR EXISTS (SELECT 1 FROM case_gram h WHERE h.gram = $4 AND h.kana_fold = g.kana_fold AND h.case_id = g.case_id))
           AND (REPLACE(c.name_fold, $5, '') <> c.name_fold OR REPLACE(c.kana_fold, $5, '') <> c.kana_fold)
           AND EXISTS (SELECT 1 FROM account_subject s CROSS JOIN case_access a
                        WHERE s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2) AND a.subject_id = s.subject_id
                              AND a.case_id = c.id AND a.relation NOT IN ('referrer', 'asked', 'emergency', 'guardian') AND a.since <= $2 AND (a.until IS NULL OR a.until > $2))
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = c.id AND x.until IS NULL)
         ORDER BY g.kana_fold, g.case_id LIMIT $7";
    tx.all(sql, args![actor.person, now, first, last, folded, fold::prefix_end(folded), limit]).await
}

/// Cases that may be the same child, of every municipality. What is not visible leaves this slice as a count only.
pub async fn matches(
    tx: &Reader,
    actor: &Actor,
    name: &str,
    kana: &str,
    now: Timestamp,
) -> Result<(Vec<Match>, usize), DbError> {
    let (name, kana) = (fold::fold(name), fold::fold(kana));
    let mut found: Vec<Match> = Vec::new();
    for text in [&kana, &name] {
        let Some((first, last)) = fold::ends(text) else { continue };
        let sql = "/* case::matches unscoped: what is not visible leaves as a count only */
            SELECT c.id, c.child_name, c.child_kana, c.birth_date, c.municipality,
                   EXISTS (SELECT 1 FROM account_subject s CROSS JOIN case_access a
                            WHERE s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2) AND a.subject_id = s.subject_id
                                  AND a.case_id = c.id AND a.relation NOT IN ('referrer', 'asked', 'emergency', 'guardian') AND a.since <= $2
                                  AND (a.until IS NULL OR a.until > $2)) AS visible
              FROM case_gram g JOIN child_case c ON c.id = g.case_id
             WHERE g.gram = $3
               AND ($3 = $4 OR EXISTS (SELECT 1 FROM case_gram h WHERE h.gram = $4 AND h.kana_fold = g.kana_fold AND h.case_id = g.case_id))
               AND (REPLACE(c.name_fold, $5, '') <> c.name_fold OR REPLACE(c.kana_fold, $5, '') <> c.kana_fold)
               AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = g.case_id AND x.until IS NULL)
             ORDER BY g.kana_fold, g.case_id LIMIT 500";
        let rows: Vec<Match> = tx.all(sql, args![actor.person, now, first, last, text]).await?;
        for row in rows {
            if !found.iter().any(|m| m.id == row.id) {
                found.push(row);
            }
        }
    }
    // The whole name first, then names that only contain what was typed.
    found.sort_by_key(|m| fold::fold(&m.child_kana) != kana && fold::fold(&m.child_name) != name);
    let hidden = found.iter().filter(|m| !m.visible).count();
    found.retain(|m| m.visible);
    found.truncate(8);
    Ok((found, hidden))
}

/// How many open cases the actor leads; for other roles, how many are visible.
pub async fn count_mine(tx: &Reader, actor: &Actor, now: Timestamp) -> Result<i64, DbError> {
    if actor.role == Role::Coordinator {
        let sql = "/* case::count_mine unscoped: own work is always visible */
            SELECT COUNT(*) FROM child_case WHERE lead_id = $1 AND status <> 'closed'";
        return Ok(tx.one::<(i64,)>(sql, args![actor.person]).await?.0);
    }
    let sql = "/* case::count_mine */
        SELECT COUNT(DISTINCT a.case_id) FROM account_subject s CROSS JOIN case_access a
         WHERE s.person_id = $1 AND s.since <= $2 AND (s.until IS NULL OR s.until > $2) AND a.subject_id = s.subject_id
           AND a.relation NOT IN ('referrer', 'asked', 'emergency', 'guardian') AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = a.case_id AND x.until IS NULL)";
    Ok(tx.one::<(i64,)>(sql, args![actor.person, now]).await?.0)
}

/// The open cases that the actor leads, the longest without contact first.
pub async fn list_mine(tx: &Reader, actor: &Actor, now: Timestamp, limit: i64) -> Result<Vec<Listed>, DbError> {
    // The few that are shown are chosen first, in the order of the index; only they are looked up.
    let sql = "/* case::list_mine */
        SELECT c.id, c.fiscal_year, c.number, c.child_name, c.child_kana, c.birth_date, c.municipality, c.residence, c.care, c.status, c.phase,
               l.name AS lead, c.last_contact,
               (SELECT COUNT(*) FROM referral r WHERE r.case_id = c.id
                   AND r.status IN ('draft', 'sent', 'waitlisted', 'needs_info', 'accepted', 'started', 'outcome_reported')) AS open_referrals
          FROM (SELECT m.id, m.last_contact FROM child_case m WHERE m.lead_id = $1 AND m.status <> 'closed'
                   AND EXISTS (SELECT 1 FROM case_access a WHERE a.subject_id = $1 AND a.case_id = m.id AND a.since <= $2 AND (a.until IS NULL OR a.until > $2))
                 ORDER BY m.last_contact NULLS FIRST, m.id LIMIT $3) f
          JOIN child_case c ON c.id = f.id JOIN person l ON l.id = c.lead_id
         ORDER BY f.last_contact NULLS FIRST, f.id";
    tx.all(sql, args![actor.person, now, limit]).await
}
