//! Four eyes for roles: what one administrator gives, another one approves, as soon as there are two.

use crate::{
    account::{Actor, setup},
    app::App,
    journal::Draft,
    policy::Role,
    waiting::{self, Item, ObjectKind, WaitingKind},
    web::Result,
};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{OrganisationId, PersonId},
    row,
};

row! {
    pub struct Proposal {
        pub id: Uuid, pub person_id: PersonId, pub organisation_id: OrganisationId, pub role: Role, pub place: String, pub made_by: PersonId,
        pub maker: String, pub made_at: Timestamp,
    }
}

/// What became of a role that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    Now,
    /// Another administrator must approve it.
    Proposed,
    /// It waits for that already.
    Waiting,
}

/// The administrators who could approve what this one does: not stopped, with a role that is live and a way to sign in.
async fn others(tx: &Reader, app: &App, actor: PersonId, person: PersonId) -> Result<Vec<PersonId>, DbError> {
    let sql = "/* people::others */
        SELECT DISTINCT p.id FROM person p JOIN role_grant g ON g.person_id = p.id AND g.since <= $3 AND (g.until IS NULL OR g.until > $3)
          JOIN seat s ON s.id = g.seat_id AND s.role = 'admin'
         WHERE p.disabled_at IS NULL AND p.id <> $1 AND p.id <> $2
           AND ($4 OR EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = p.id AND k.removed_at IS NULL AND k.suspended_at IS NULL))
         ORDER BY p.id LIMIT 50";
    // The demo has no passkeys.
    let found: Vec<(PersonId,)> = tx.all(sql, args![actor, person, app.today(), app.passkeys.is_none()]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Gives a role, or puts it before the other administrators. At once where nobody else could approve it: there is one
/// administrator, or the only other one is the person who gets the role.
pub async fn give(
    app: &App,
    tx: &mut Draft,
    actor: &Actor,
    person: PersonId,
    (organisation, role): (OrganisationId, Role),
    now: Timestamp,
) -> Result<Given> {
    let others = others(tx, app, actor.person, person).await?;
    if others.is_empty() {
        setup::grant(app, tx, person, organisation, role, app.today(), now).await?;
        return Ok(Given::Now);
    }
    let id = app.mint.uuid(now);
    let sql = "/* people::give */
        INSERT INTO role_proposal (id, person_id, organisation_id, role, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (person_id, organisation_id, role) WHERE decided_at IS NULL DO NOTHING";
    if tx.exec(sql, args![id, person, organisation, role, actor.person, now]).await? == 0 {
        return Ok(Given::Waiting);
    }
    for other in others {
        let item = Item {
            kind: WaitingKind::RoleApproval,
            subject: other.into(),
            object_kind: ObjectKind::Person,
            // The page of the person; one thing to look at, however many roles wait there.
            object: person.0,
            case: None,
            waits_for: "",
            due: app.closing_time(app.today()),
        };
        waiting::keep(tx, &app.mint, now, item).await?;
    }
    Ok(Given::Proposed)
}

/// The roles of a person that wait for an approval, the oldest first.
pub async fn open(tx: &Reader, person: PersonId) -> Result<Vec<Proposal>, DbError> {
    let sql = "/* people::open */
        SELECT r.id, r.person_id, r.organisation_id, r.role, o.name AS place, r.made_by, m.name AS maker, r.made_at
          FROM role_proposal r JOIN organisation o ON o.id = r.organisation_id JOIN person m ON m.id = r.made_by
         WHERE r.person_id = $1 AND r.decided_at IS NULL ORDER BY r.made_at, r.id LIMIT 50";
    tx.all(sql, args![person]).await
}

/// Approves or turns down. None: it is not there any more, or it is one's own to approve.
pub async fn decide(
    app: &App,
    tx: &mut Draft,
    actor: &Actor,
    person: PersonId,
    (id, approve): (Uuid, bool),
    now: Timestamp,
) -> Result<Option<Proposal>> {
    let Some(proposal) = open(tx, person).await?.into_iter().find(|p| p.id == id) else { return Ok(None) };
    if approve && proposal.made_by == actor.person {
        return Ok(None);
    }
    let sql = "/* people::decide */
        UPDATE role_proposal SET decided_by = $2, decided_at = $3, approved = $4 WHERE id = $1 AND decided_at IS NULL";
    if tx.exec(sql, args![id, actor.person, now, approve]).await? == 0 {
        return Ok(None);
    }
    if approve {
        setup::grant(app, tx, person, proposal.organisation_id, proposal.role, app.today(), now).await?;
    }
    if open(tx, person).await?.is_empty() {
        waiting::clear(tx, person.0, WaitingKind::RoleApproval).await?;
    }
    Ok(Some(proposal))
}
