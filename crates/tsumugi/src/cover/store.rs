//! SQL of covers: who stands in for whom, and what they see for it.

use super::model::New;
use crate::{
    account::{Actor, Profession},
    app::App,
    area::Field,
    case,
    journal::{Draft, Object},
    policy::{self, Relation, Role},
    web::Result,
};
use jiff::SignedDuration;
use platform::{
    Date, Timestamp, args,
    db::{DbError, Reader},
    id::{CaseId, CoverId, MemberId, OrganisationId, PersonId, SeatId},
    japanese::date,
    row,
};

row! {
    /// A cover, with the names of both.
    pub struct Cover {
        pub id: CoverId, pub seat_id: SeatId, pub holder_id: PersonId, pub holder: String, pub substitute_id: PersonId, pub substitute: String,
        pub role: Role, pub organisation_id: OrganisationId, pub starts_at: Timestamp, pub ends_at: Timestamp, pub begun_at: Option<Timestamp>, pub ended_at: Option<Timestamp>,
    }
    pub struct Colleague { pub id: PersonId, pub name: String, pub kana: String }
    pub struct Membership { pub case_id: CaseId, pub field: Field, pub function: String }
}

impl Cover {
    pub fn first_day(&self) -> Date {
        date::jst_date(self.starts_at)
    }
    pub fn last_day(&self) -> Date {
        date::jst_date(self.ends_at - SignedDuration::from_secs(1))
    }
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.ends_at > now
    }
    fn basis(&self) -> String {
        policy::cover_basis(self.id)
    }
}

/// Covers that somebody gave or took, those that count first.
pub async fn list(tx: &Reader, person: PersonId) -> Result<Vec<Cover>, DbError> {
    let sql = "/* cover::list */
        SELECT v.id, v.seat_id, v.holder_id, h.name AS holder, v.substitute_id, s.name AS substitute, t.role, t.organisation_id, v.starts_at, v.ends_at, v.begun_at, v.ended_at
          FROM cover v JOIN person h ON h.id = v.holder_id JOIN person s ON s.id = v.substitute_id JOIN seat t ON t.id = v.seat_id
         WHERE v.holder_id = $1 OR v.substitute_id = $1 ORDER BY v.ends_at DESC, v.id LIMIT 40";
    tx.all(sql, args![person]).await
}

pub async fn find(tx: &Reader, id: CoverId) -> Result<Option<Cover>, DbError> {
    let sql = "/* cover::find */
        SELECT v.id, v.seat_id, v.holder_id, h.name AS holder, v.substitute_id, s.name AS substitute, t.role, t.organisation_id, v.starts_at, v.ends_at, v.begun_at, v.ended_at
          FROM cover v JOIN person h ON h.id = v.holder_id JOIN person s ON s.id = v.substitute_id JOIN seat t ON t.id = v.seat_id
         WHERE v.id = $1";
    tx.opt(sql, args![id]).await
}

/// Covers that run now or begin within a week, for both of them.
pub async fn now_for(tx: &Reader, person: PersonId, now: Timestamp) -> Result<Vec<Cover>, DbError> {
    let sql = "/* cover::now_for */
        SELECT v.id, v.seat_id, v.holder_id, h.name AS holder, v.substitute_id, s.name AS substitute, t.role, t.organisation_id, v.starts_at, v.ends_at, v.begun_at, v.ended_at
          FROM cover v JOIN person h ON h.id = v.holder_id JOIN person s ON s.id = v.substitute_id JOIN seat t ON t.id = v.seat_id
         WHERE (v.holder_id = $1 OR v.substitute_id = $1) AND v.ends_at > $2 AND v.ended_at IS NULL AND v.starts_at <= $3
         ORDER BY v.starts_at, v.id LIMIT 10";
    let week = now + SignedDuration::from_hours(24 * 7);
    tx.all(sql, args![person, now, week]).await
}

/// Who sits on the same seat and can stand in.
pub async fn colleagues(tx: &Reader, actor: &Actor, now: Timestamp) -> Result<Vec<Colleague>, DbError> {
    let sql = "/* cover::colleagues */
        SELECT DISTINCT p.id, p.name, p.kana FROM account_subject a JOIN person p ON p.id = a.person_id AND p.disabled_at IS NULL
         WHERE a.subject_id = $1 AND a.person_id <> $2 AND a.since <= $3 AND (a.until IS NULL OR a.until > $3) ORDER BY p.kana, p.id LIMIT 200";
    tx.all(sql, args![actor.seat, actor.person, now]).await
}

/// Holds the two people until the end of the act, in one order, so that arrangements about them come one after the other.
pub async fn hold(tx: &mut Draft, one: PersonId, other: PersonId) -> Result<(), DbError> {
    let mut both = [one, other];
    both.sort();
    for person in both {
        tx.exec("/* cover::hold */ UPDATE person SET name = name WHERE id = $1", args![person]).await?;
    }
    Ok(())
}

/// Whether somebody is away themselves, with a cover, at any moment of a period.
pub async fn is_away(tx: &Reader, person: PersonId, (from, to): (Timestamp, Timestamp)) -> Result<bool, DbError> {
    let sql = "/* cover::is_away */
        SELECT id FROM cover WHERE holder_id = $1 AND ended_at IS NULL AND starts_at < $3 AND ends_at > $2 LIMIT 1";
    Ok(tx.opt::<(CoverId,)>(sql, args![person, from, to]).await?.is_some())
}

/// How long somebody was or will be away with a cover, counting those that lie within a week of a period.
pub async fn away_nearby(
    tx: &Reader,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
) -> Result<SignedDuration, DbError> {
    let week = SignedDuration::from_hours(24 * 7);
    let sql = "/* cover::away_nearby */
        SELECT starts_at, COALESCE(ended_at, ends_at) AS over_at FROM cover
         WHERE holder_id = $1 AND ends_at > $2 AND starts_at < $3 AND (ended_at IS NULL OR begun_at IS NOT NULL) ORDER BY starts_at LIMIT 100";
    let near: Vec<(Timestamp, Timestamp)> = tx.all(sql, args![person, from - week, to + week]).await?;
    Ok(near.iter().map(|(starts, over)| over.duration_since(*starts)).sum())
}

/// Whether somebody stands in for another at any moment of a period.
pub async fn stands_in(tx: &Reader, person: PersonId, (from, to): (Timestamp, Timestamp)) -> Result<bool, DbError> {
    let sql = "/* cover::stands_in */
        SELECT id FROM cover WHERE substitute_id = $1 AND ended_at IS NULL AND starts_at < $3 AND ends_at > $2 LIMIT 1";
    Ok(tx.opt::<(CoverId,)>(sql, args![person, from, to]).await?.is_some())
}

pub async fn add(tx: &mut Draft, id: CoverId, actor: &Actor, new: &New, now: Timestamp) -> Result<(), DbError> {
    let (starts, ends) = new.times(now);
    let sql = "/* cover::add */ INSERT INTO cover (id, seat_id, holder_id, substitute_id, starts_at, ends_at, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    tx.exec(sql, args![id, actor.seat, actor.person, new.substitute, starts, ends, now]).await?;
    tx.announce("subject", actor.person);
    tx.announce("subject", new.substitute);
    Ok(())
}

/// Begins a cover: from now on the substitute sees what the other has.
pub async fn begin(app: &App, tx: &mut Draft, v: &Cover, now: Timestamp) -> Result<(), DbError> {
    let sql =
        "/* cover::begin */ UPDATE cover SET begun_at = $2 WHERE id = $1 AND begun_at IS NULL AND ended_at IS NULL";
    if tx.exec(sql, args![v.id, now]).await? == 0 {
        return Ok(());
    }
    if v.role == Role::Coordinator {
        // The cases of the seat's municipality that the other keeps; what belongs to another of their seats has its own cover.
        let sql = "/* cover::begin unscoped: what the holder keeps, for who stands in */
            INSERT INTO case_access (case_id, subject_id, relation, basis, since, until)
            SELECT c.id, $2, $3, $4, $5, $6 FROM child_case c JOIN organisation o ON o.id = $7 AND o.code = c.municipality
             WHERE (c.lead_id = $1 OR c.deputy_id = $1) AND c.status <> 'closed'
            ON CONFLICT (case_id, subject_id, relation, since) DO NOTHING";
        let args = args![v.holder_id, v.substitute_id, Relation::Cover, v.basis(), now, v.ends_at, v.organisation_id];
        tx.exec(sql, args).await?;
    } else {
        let sql = "/* cover::begin unscoped: the teams of the holder, for who stands in */
            SELECT m.case_id, m.field, m.function FROM team_member m
             WHERE m.person_id = $1 AND m.organisation_id = $2 AND m.until IS NULL AND m.cover_id IS NULL
               AND NOT EXISTS (SELECT 1 FROM team_member o WHERE o.case_id = m.case_id AND o.person_id = $3 AND o.organisation_id = $2 AND o.until IS NULL AND o.cover_id IS NULL)
               AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $3 AND x.case_id = m.case_id AND x.until IS NULL)
             ORDER BY m.case_id LIMIT 1000";
        let teams: Vec<Membership> = tx.all(sql, args![v.holder_id, v.organisation_id, v.substitute_id]).await?;
        let (profession,): (Profession,) =
            tx.one("/* cover::begin */ SELECT profession FROM person WHERE id = $1", args![v.substitute_id]).await?;
        let today = date::jst_date(now);
        for m in teams {
            // A consent that is withdrawn or a member who leaves at this moment comes before or after.
            case::hold(tx, m.case_id).await?;
            let sql = "/* cover::begin unscoped: the teams of the holder, for who stands in */
                SELECT id FROM team_member WHERE case_id = $1 AND person_id = $2 AND organisation_id = $3 AND until IS NULL AND cover_id IS NULL LIMIT 1";
            let still: Option<(MemberId,)> = tx.opt(sql, args![m.case_id, v.holder_id, v.organisation_id]).await?;
            if still.is_none() {
                continue;
            }
            let sql = "/* cover::begin */
                INSERT INTO team_member (id, case_id, person_id, organisation_id, label, profession, field, function, since, cover_id)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
            let id: MemberId = app.mint.id(now);
            let function = format!("{}さんの代わり（{}）", v.holder, m.function);
            let args = args![
                id,
                m.case_id,
                v.substitute_id,
                v.organisation_id,
                &v.substitute,
                profession,
                m.field,
                &function,
                today,
                v.id
            ];
            tx.exec(sql, args).await?;
            let sql = "/* cover::begin */
                INSERT INTO case_access (case_id, subject_id, relation, basis, since, until) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (case_id, subject_id, relation, since) DO NOTHING";
            tx.exec(sql, args![m.case_id, v.substitute_id, Relation::Team, v.basis(), now, v.ends_at]).await?;
            tx.announce("case", m.case_id);
        }
    }
    tx.announce("subject", v.substitute_id);
    Ok(())
}

/// Ends a cover, with all that came with it. False: it had ended.
pub async fn end(tx: &mut Draft, id: CoverId, now: Timestamp) -> Result<bool, DbError> {
    policy::end_cover(tx, id, date::jst_date(now), now).await
}

/// Begins what is due and ends what is over; once a minute. The number of covers that turned.
pub async fn turn(app: &App) -> Result<usize> {
    let sql = "/* cover::turn */
        SELECT v.id, v.seat_id, v.holder_id, h.name AS holder, v.substitute_id, s.name AS substitute, t.role, t.organisation_id, v.starts_at, v.ends_at, v.begun_at, v.ended_at
          FROM cover v JOIN person h ON h.id = v.holder_id JOIN person s ON s.id = v.substitute_id JOIN seat t ON t.id = v.seat_id
         WHERE v.ended_at IS NULL AND (v.ends_at <= $1 OR (v.begun_at IS NULL AND v.starts_at <= $1)) ORDER BY v.ends_at, v.id LIMIT 200";
    let due: Vec<Cover> = app.store.glance().await?.all(sql, args![app.now()]).await?;
    for v in &due {
        // Each has a moment of its own: two people may be away from the same midnight with one who stands in.
        let now = app.now();
        let mut tx = app.store.begin().await?;
        let over = v.ends_at <= now;
        if over {
            end(&mut tx, v.id, now).await?;
        } else {
            begin(app, &mut tx, v, now).await?;
        }
        let what = if over { "ended" } else { "begun" };
        tx.commit(&policy::by_clock(), &app.mint, now, Object::new("cover", v.id.0), None, what).await?;
    }
    Ok(due.len())
}
