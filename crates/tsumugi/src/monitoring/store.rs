//! SQL of what is watched.

use super::{
    model::{Band, Day, Measure, Rule, RuleKind, Scale, daily},
    typed::{NewItem, NewRule},
};
use crate::{
    account::Actor,
    case,
    journal::Draft,
    policy::Seen,
    sealing::{self, DataKey},
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    form::Fields,
    id::{CaseId, Mint, OrganisationId, PersonId},
    row,
    vocabulary::Vocabulary as _,
};

const ITEM: &str = "watch_item.body";
const ENTRY: &str = "watch_entry.body";
const RULE: &str = "watch_rule.body";

row! {
    pub struct KeptItem { pub id: Uuid, pub body: Vec<u8>, pub by_family: bool, pub since: Date, pub last_day: Option<Date> }
    pub struct KeptEntry {
        pub id: Uuid, pub item_id: Uuid, pub day: Date, pub body: Vec<u8>, pub reporter_id: PersonId, pub reporter: String, pub place: String,
        pub reported_at: Timestamp,
    }
    pub struct KeptRule {
        pub id: Uuid, pub item_id: Uuid, pub kind: RuleKind, pub days: i64, pub body: Vec<u8>, pub urgent: bool, pub hit_since: Option<Timestamp>,
        pub last_hit: Option<Timestamp>,
    }
}

/// Something that is watched, in clear.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: Uuid,
    pub measure: Measure,
    pub name: String,
    /// The usual range where somebody set it by hand.
    pub band: Option<Band>,
    pub by_family: bool,
    pub since: Date,
    pub last_day: Option<Date>,
}

impl Item {
    pub fn scale(&self) -> Scale {
        self.measure.scale()
    }
}

/// What was reported for one day.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: Uuid,
    pub item: Uuid,
    pub day: Date,
    pub value: i64,
    pub note: String,
    pub reporter_id: PersonId,
    pub reporter: String,
    pub place: String,
    pub reported_at: Timestamp,
}

/// A rule in clear, with whether it is hit.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: Uuid,
    pub item: Uuid,
    pub rule: Rule,
    pub urgent: bool,
    pub hit_since: Option<Timestamp>,
    pub last_hit: Option<Timestamp>,
}

fn fields(key: Option<&DataKey>, column: &'static str, id: Uuid, body: &[u8]) -> Result<Fields, DbError> {
    Ok(Fields::parse(sealing::text(key, column, id, Some(body))?.as_bytes()))
}

fn number(fields: &Fields, name: &str) -> Option<i64> {
    fields.get(name).parse().ok()
}

/// What is watched now and the actor sees, the oldest first.
pub async fn items(tx: &Reader, seen: &Seen) -> Result<Vec<Item>, DbError> {
    let key = sealing::key_of(tx, seen.case().0).await?;
    let mut items = items_of(tx, key.as_ref(), seen.case()).await?;
    items.retain(|i| seen.shows(i.measure.category()));
    Ok(items)
}

/// The same for the clock and for the family's page, which have no [`Seen`].
pub async fn items_of(tx: &Reader, key: Option<&DataKey>, case: CaseId) -> Result<Vec<Item>, DbError> {
    let sql = "/* monitoring::items_of unscoped: after see_case or see_child, or by the clock */
        SELECT id, body, by_family, since, last_day FROM watch_item WHERE case_id = $1 AND ended_at IS NULL ORDER BY made_at, id LIMIT 30";
    let kept: Vec<KeptItem> = tx.all(sql, args![case]).await?;
    let open = |k: KeptItem| {
        let f = fields(key, ITEM, k.id, &k.body)?;
        let band = number(&f, "low").zip(number(&f, "high")).map(|(low, high)| Band { low, high });
        let measure = Measure::from_code(f.get("measure")).unwrap_or(Measure::Count);
        Ok(Item {
            id: k.id,
            measure,
            name: f.get("name").to_owned(),
            band,
            by_family: k.by_family,
            since: k.since,
            last_day: k.last_day,
        })
    };
    kept.into_iter().map(open).collect()
}

/// Entries of a case from a day on that were not taken back, the newest first.
pub async fn entries(
    tx: &Reader,
    key: Option<&DataKey>,
    case: CaseId,
    from: Date,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let sql = "/* monitoring::entries unscoped: after see_case or see_child, or by the clock */
        SELECT e.id, e.item_id, e.day, e.body, e.reported_by AS reporter_id, p.name AS reporter, o.name AS place, e.reported_at
          FROM watch_entry e JOIN person p ON p.id = e.reported_by JOIN organisation o ON o.id = e.organisation_id
         WHERE e.case_id = $1 AND e.day >= $2 AND e.voided_at IS NULL ORDER BY e.day DESC, e.reported_at DESC, e.id DESC LIMIT $3";
    let kept: Vec<KeptEntry> = tx.all(sql, args![case, from, limit]).await?;
    let open = |k: KeptEntry| {
        let f = fields(key, ENTRY, k.id, &k.body)?;
        Ok(Entry {
            id: k.id,
            item: k.item_id,
            day: k.day,
            value: number(&f, "value").unwrap_or(0),
            note: f.get("note").to_owned(),
            reporter_id: k.reporter_id,
            reporter: k.reporter,
            place: k.place,
            reported_at: k.reported_at,
        })
    };
    kept.into_iter().map(open).collect()
}

/// One value a day of an item, the oldest first.
pub fn days_of(item: &Item, entries: &[Entry]) -> Vec<Day> {
    let own = entries.iter().filter(|e| e.item == item.id).map(|e| Day { day: e.day, value: e.value });
    daily(own.collect(), item.scale().worse)
}

/// The rules of a case that count.
pub async fn rules(tx: &Reader, key: Option<&DataKey>, case: CaseId) -> Result<Vec<Kept>, DbError> {
    let sql = "/* monitoring::rules unscoped: after see_case or see_child, or by the clock */
        SELECT id, item_id, kind, days, body, urgent, hit_since, last_hit FROM watch_rule
         WHERE case_id = $1 AND ended_at IS NULL ORDER BY made_at, id LIMIT 100";
    let kept: Vec<KeptRule> = tx.all(sql, args![case]).await?;
    let open = |k: KeptRule| {
        let f = fields(key, RULE, k.id, &k.body)?;
        let rule = Rule { kind: k.kind, value: number(&f, "value").unwrap_or(0), days: k.days };
        Ok(Kept { id: k.id, item: k.item_id, rule, urgent: k.urgent, hit_since: k.hit_since, last_hit: k.last_hit })
    };
    kept.into_iter().map(open).collect()
}

pub async fn add_item(
    tx: &mut Draft,
    mint: &Mint,
    case: CaseId,
    new: &NewItem,
    by: PersonId,
    today: Date,
    now: Timestamp,
) -> Result<Uuid, DbError> {
    let (id, key) = (mint.uuid(now), case::key(tx, mint, case, now).await?);
    let sql = "/* monitoring::add_item */
        INSERT INTO watch_item (id, case_id, body, by_family, since, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let body = key.seal(ITEM, id, &new.fields().encode());
    tx.exec(sql, args![id, case, body, new.by_family, today, by, now]).await?;
    tx.announce("case", case);
    Ok(id)
}

/// Watches something no more, with its rules. False: it was ended already.
pub async fn end_item(tx: &mut Draft, case: CaseId, id: Uuid, by: PersonId, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* monitoring::end_item */ UPDATE watch_item SET ended_by = $3, ended_at = $4 WHERE id = $1 AND case_id = $2 AND ended_at IS NULL";
    if tx.exec(sql, args![id, case, by, now]).await? == 0 {
        return Ok(false);
    }
    let sql = "/* monitoring::end_item */ UPDATE watch_rule SET ended_by = $2, ended_at = $3 WHERE item_id = $1 AND ended_at IS NULL";
    tx.exec(sql, args![id, by, now]).await?;
    Ok(true)
}

pub async fn add_rule(
    tx: &mut Draft,
    mint: &Mint,
    case: CaseId,
    new: &NewRule,
    by: PersonId,
    now: Timestamp,
) -> Result<Uuid, DbError> {
    let (id, key) = (mint.uuid(now), case::key(tx, mint, case, now).await?);
    let sql = "/* monitoring::add_rule */
        INSERT INTO watch_rule (id, case_id, item_id, kind, days, body, urgent, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let body = key.seal(RULE, id, &Fields::default().with("value", new.rule.value.to_string()).encode());
    tx.exec(sql, args![id, case, new.item, new.rule.kind, new.rule.days, body, new.urgent, by, now]).await?;
    Ok(id)
}

pub async fn end_rule(tx: &mut Draft, case: CaseId, id: Uuid, by: PersonId, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* monitoring::end_rule */ UPDATE watch_rule SET ended_by = $3, ended_at = $4 WHERE id = $1 AND case_id = $2 AND ended_at IS NULL";
    Ok(tx.exec(sql, args![id, case, by, now]).await? > 0)
}

/// Who reports, and for which agency.
pub struct Reporter {
    pub person: PersonId,
    pub organisation: OrganisationId,
}

impl From<&Actor> for Reporter {
    fn from(actor: &Actor) -> Reporter {
        Reporter { person: actor.person, organisation: actor.organisation }
    }
}

#[expect(clippy::too_many_arguments, reason = "the columns of one entry")]
pub async fn add_entry(
    tx: &mut Draft,
    mint: &Mint,
    case: CaseId,
    item: Uuid,
    (day, value): (Date, i64),
    note: &str,
    by: &Reporter,
    now: Timestamp,
) -> Result<Uuid, DbError> {
    let (id, key) = (mint.uuid(now), case::key(tx, mint, case, now).await?);
    let sql = "/* monitoring::add_entry */
        INSERT INTO watch_entry (id, case_id, item_id, day, body, reported_by, organisation_id, reported_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let body = Fields::default().with("value", value.to_string()).with("note", note);
    tx.exec(sql, args![id, case, item, day, key.seal(ENTRY, id, &body.encode()), by.person, by.organisation, now])
        .await?;
    let sql = "/* monitoring::add_entry */ UPDATE watch_item SET last_day = $2 WHERE id = $1 AND (last_day IS NULL OR last_day < $2)";
    tx.exec(sql, args![item, day]).await?;
    Ok(id)
}

/// Takes an entry back: one's own, or anybody's where `any`. False: it is not there, or was taken back already.
pub async fn void(
    tx: &mut Draft,
    case: CaseId,
    id: Uuid,
    by: PersonId,
    any: bool,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* monitoring::void */
        UPDATE watch_entry SET voided_by = $3, voided_at = $4
         WHERE id = $1 AND case_id = $2 AND (reported_by = $3 OR $5) AND voided_at IS NULL RETURNING item_id";
    let Some((item,)) = tx.all::<(Uuid,)>(sql, args![id, case, by, now, any]).await?.into_iter().next() else {
        return Ok(false);
    };
    // Silence counts from the last entry that stands.
    let sql = "/* monitoring::void */
        UPDATE watch_item SET last_day = (SELECT MAX(e.day) FROM watch_entry e WHERE e.item_id = $1 AND e.voided_at IS NULL) WHERE id = $1";
    tx.exec(sql, args![item]).await?;
    Ok(true)
}

/// Notes that a rule is hit from now on, or is not any more.
pub async fn set_hit(tx: &mut Draft, rule: Uuid, hit: bool, now: Timestamp) -> Result<(), DbError> {
    if hit {
        let sql = "/* monitoring::set_hit */ UPDATE watch_rule SET hit_since = $2, last_hit = $2 WHERE id = $1";
        tx.exec(sql, args![rule, now]).await?;
    } else {
        tx.exec("/* monitoring::set_hit */ UPDATE watch_rule SET hit_since = NULL WHERE id = $1", args![rule]).await?;
    }
    Ok(())
}

/// Whether a case still goes on, for the clock, which has no [`Seen`].
pub async fn goes_on(tx: &Reader, case: CaseId) -> Result<bool, DbError> {
    let sql = "/* monitoring::goes_on unscoped: the clock asks before it writes */ SELECT id FROM child_case WHERE id = $1 AND status <> 'closed'";
    Ok(tx.opt::<(CaseId,)>(sql, args![case]).await?.is_some())
}

/// Cases with a rule about missing entries that may be hit today, at most 500.
pub async fn silent(tx: &Reader, today: Date) -> Result<Vec<CaseId>, DbError> {
    let sql = "/* monitoring::silent unscoped: the clock looks for entries that are missing */
        SELECT DISTINCT r.case_id FROM watch_rule r JOIN watch_item i ON i.id = r.item_id JOIN child_case c ON c.id = r.case_id
         WHERE r.kind = 'missing' AND r.days = $2 AND r.ended_at IS NULL AND r.hit_since IS NULL AND c.status <> 'closed' AND COALESCE(i.last_day, i.since) <= $1
         LIMIT 500";
    let mut all: Vec<CaseId> = Vec::new();
    for days in 1..=super::typed::LONGEST_ROW {
        let day = today.checked_sub(jiff::ToSpan::days(days)).unwrap_or(today);
        all.extend(tx.all::<(CaseId,)>(sql, args![day, days]).await?.into_iter().map(|(c,)| c));
    }
    all.sort();
    all.dedup();
    Ok(all)
}
