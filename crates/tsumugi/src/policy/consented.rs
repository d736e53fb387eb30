//! What the consents of today name for the agency of whoever sees a case by a consent.

use super::{
    Relation, Role,
    shown::{self, Category, Shown},
};
use crate::{
    account::{Actor, Profession},
    web::Error,
};
use platform::{Timestamp, args, db::Reader, id::CaseId};

/// What was told in an emergency at this moment or later is known now: it carries seven days.
pub fn told_since(now: Timestamp) -> Timestamp {
    now - jiff::SignedDuration::from_hours(24 * 7)
}

/// Which parts of the case the relations show; asks for consents only where one of them rests on a consent.
pub(super) async fn shown_to(
    tx: &Reader,
    actor: &Actor,
    case: CaseId,
    relations: &[Relation],
    now: Timestamp,
) -> Result<Shown, Error> {
    // A coordinator's seat counts only for a membership of that seat, which is looked at below.
    let whole = shown::shown(relations, Role::Family, Shown::NOTHING, Profession::Other);
    if whole.is_all() || !relations.iter().any(|&r| shown::rests_on_consent(r)) {
        return Ok(whole);
    }
    let sql = "/* policy::shown_to unscoped: see_case showed the case in the same transaction */
        SELECT p.profession, s.category FROM person p
          LEFT JOIN consent c ON c.case_id = $1 AND c.withdrawn_at IS NULL AND c.starts_on <= $4 AND c.ends_on >= $4
          LEFT JOIN consent_scope s ON s.consent_id = c.id AND s.organisation_id = $2
         WHERE p.id = $3";
    let today = platform::japanese::date::jst_date(now);
    let rows: Vec<(Profession, Option<Category>)> =
        tx.all(sql, args![case, actor.organisation, actor.person, today]).await?;
    let mut consented = rows.iter().filter_map(|(_, c)| *c).fold(Shown::NOTHING, Shown::with);
    // What was told in an emergency is known for the seven days that it carries.
    let sql = "/* policy::shown_to unscoped: see_case showed the case in the same transaction */
        SELECT id FROM emergency_disclosure WHERE case_id = $1 AND organisation_id = $2 AND at >= $3 LIMIT 1";
    if tx.opt::<(platform::Uuid,)>(sql, args![case, actor.organisation, told_since(now)]).await?.is_some() {
        consented = consented.with(Category::Care);
    }
    let profession = rows.first().map_or(Profession::Other, |(p, _)| *p);
    let sql = "/* policy::shown_to unscoped: see_case showed the case in the same transaction */
        SELECT id FROM team_member WHERE case_id = $1 AND person_id = $2 AND organisation_id = $3 AND until IS NULL LIMIT 1";
    let member = tx.opt::<(platform::Uuid,)>(sql, args![case, actor.person, actor.organisation]).await?.is_some();
    // Who is in the team for one agency does not see what was agreed for another one in which they sit as well.
    let relations: Vec<Relation> = relations.iter().copied().filter(|r| *r != Relation::Team || member).collect();
    let shown = shown::shown(&relations, actor.role, consented, profession);
    Ok(if shown == Shown::NOTHING { shown.with(Category::Identity) } else { shown })
}
