//! SQL of the directory. Public data: what is said about an agency, never about a child.

use super::model::{Capacity, Known, Search};
use crate::{
    area::{Care, Municipality},
    exchange::directory::Kind,
    journal::Draft,
};
use platform::{
    Date, args,
    db::{DbError, Reader},
    id::{OrganisationId, PersonId, ResourceId, SearchId},
    japanese::fold,
    row,
    vocabulary::Vocabulary as _,
};

row! {
    pub struct Service {
        pub id: ResourceId, pub organisation_id: OrganisationId, pub name: String, pub kana: String, pub kind: Kind, pub municipality: Municipality,
        pub corporation: String, pub postal: String, pub address: String, pub phone: String, pub fax: String, pub url: String,
        pub latitude: Option<f64>, pub longitude: Option<f64>, pub source: String, pub hours: String, pub closed_days: String,
        pub places: Option<i64>, pub transport: Known, pub mobile_ok: Known, pub age_from: Option<i64>, pub age_to: Option<i64>,
        pub capacity: Capacity, pub capacity_note: String, pub confirmed_on: Option<Date>, pub confirmed_by: Option<String>, pub note: String,
        pub gone_on: Option<Date>, pub version: i64, pub has_account: bool,
        /// Entered by hand, and no file names the institution.
        pub ours: bool,
    }
}

pub async fn find(tx: &Reader, id: ResourceId, today: Date) -> Result<Option<Service>, DbError> {
    let sql = "/* resource::find */
        SELECT s.id, s.organisation_id, o.name, o.kana, s.kind, s.municipality, o.corporation, o.postal, o.address, o.phone, o.fax, o.url,
               o.latitude, o.longitude, s.source, s.hours, s.closed_days, s.places, s.transport, s.mobile_ok, s.age_from, s.age_to, s.capacity,
               s.capacity_note, s.confirmed_on, p.name AS confirmed_by, s.note, s.gone_on, s.version,
               EXISTS (SELECT 1 FROM seat t JOIN role_grant g ON g.seat_id = t.id AND g.since <= $2 AND (g.until IS NULL OR g.until > $2)
                          JOIN person w ON w.id = g.person_id AND w.disabled_at IS NULL
                        WHERE t.organisation_id = o.id AND t.role IN ('supporter', 'manager')) AS has_account,
               s.source = 'hand' AND NOT EXISTS (SELECT 1 FROM service f WHERE f.organisation_id = o.id AND f.source <> 'hand') AS ours
          FROM service s JOIN organisation o ON o.id = s.organisation_id LEFT JOIN person p ON p.id = s.confirmed_by WHERE s.id = $1";
    tx.opt(sql, args![id, today]).await
}

/// At most `limit` services that fit, in kana order. Several kinds of care must all be possible.
pub async fn search(tx: &Reader, s: &Search, limit: i64, today: Date) -> Result<Vec<Service>, DbError> {
    let sql = "/* resource::search */
        SELECT s.id, s.organisation_id, o.name, o.kana, s.kind, s.municipality, o.corporation, o.postal, o.address, o.phone, o.fax, o.url,
               o.latitude, o.longitude, s.source, s.hours, s.closed_days, s.places, s.transport, s.mobile_ok, s.age_from, s.age_to, s.capacity,
               s.capacity_note, s.confirmed_on, p.name AS confirmed_by, s.note, s.gone_on, s.version,
               EXISTS (SELECT 1 FROM seat t JOIN role_grant g ON g.seat_id = t.id AND g.since <= $10 AND (g.until IS NULL OR g.until > $10)
                          JOIN person w ON w.id = g.person_id AND w.disabled_at IS NULL
                        WHERE t.organisation_id = o.id AND t.role IN ('supporter', 'manager')) AS has_account,
               s.source = 'hand' AND NOT EXISTS (SELECT 1 FROM service f WHERE f.organisation_id = o.id AND f.source <> 'hand') AS ours
          FROM service s JOIN organisation o ON o.id = s.organisation_id LEFT JOIN person p ON p.id = s.confirmed_by
         WHERE s.gone_on IS NULL AND ($1 = '' OR s.kind = $1)
           AND ($2 = '' OR EXISTS (SELECT 1 FROM service_area a WHERE a.service_id = s.id AND a.municipality = $2))
           AND ($4 = 0 OR (SELECT COUNT(*) FROM service_care c WHERE c.service_id = s.id AND $3 LIKE '%,' || c.care || ',%') = $4)
           AND ($5 = FALSE OR s.capacity = 'open') AND ($6 = FALSE OR s.mobile_ok = 'yes')
           AND ($7 = '' OR s.name_fold LIKE $8)
         ORDER BY s.kana_fold, s.id LIMIT $9";
    let care: Vec<&str> = s.care.iter().map(|c| c.code()).collect();
    let count = i64::try_from(care.len()).unwrap_or(0);
    let text = fold::fold(&s.text);
    let like = format!("%{}%", text.replace(['%', '_'], ""));
    tx.all(
        sql,
        args![
            s.kind.map_or("", Kind::code),
            s.municipality.map_or("", |m| m.code()),
            format!(",{},", care.join(",")),
            count,
            s.open,
            s.mobile,
            text,
            like,
            limit,
            today
        ],
    )
    .await
}

/// The first services whose name has the text, for the search over everything.
pub async fn named(tx: &Reader, text: &str, today: Date) -> Result<Vec<Service>, DbError> {
    search(tx, &Search { text: text.to_owned(), ..Search::default() }, 5, today).await
}

pub async fn care_of(tx: &Reader, id: ResourceId) -> Result<Vec<Care>, DbError> {
    let sql = "/* resource::care_of */ SELECT care FROM service_care WHERE service_id = $1 ORDER BY care";
    let mut care: Vec<Care> = tx.all::<(Care,)>(sql, args![id]).await?.into_iter().map(|(c,)| c).collect();
    care.sort();
    Ok(care)
}

pub async fn areas_of(tx: &Reader, id: ResourceId) -> Result<Vec<Municipality>, DbError> {
    let sql =
        "/* resource::areas_of */ SELECT municipality FROM service_area WHERE service_id = $1 ORDER BY municipality";
    Ok(tx.all::<(Municipality,)>(sql, args![id]).await?.into_iter().map(|(m,)| m).collect())
}

/// Evidence for the council: what was looked for and not found, once a day for an organisation. No personal data.
pub async fn note_unmet(
    tx: &mut Draft,
    id: SearchId,
    s: &Search,
    by: OrganisationId,
    today: Date,
) -> Result<(), DbError> {
    let sql = "/* resource::note_unmet */
        INSERT INTO unmet_search (id, on_day, organisation_id, kind, care, municipality, open_only) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (on_day, organisation_id, kind, care, municipality, open_only) DO NOTHING";
    let mut care: Vec<&str> = s.care.iter().map(|c| c.code()).collect();
    care.sort_unstable();
    let municipality = s.municipality.map_or("", |m| m.code());
    tx.exec(sql, args![id, today, by, s.kind.map_or("", Kind::code), care.join(","), municipality, s.open]).await?;
    Ok(())
}

row! {
    pub struct Unmet { pub kind: String, pub municipality: String, pub total: i64 }
}

/// What was looked for in vain since a day, the most frequent first.
pub async fn unmet(tx: &Reader, since: Date) -> Result<Vec<Unmet>, DbError> {
    let sql = "/* resource::unmet */
        SELECT kind, municipality, COUNT(*) AS total FROM unmet_search WHERE on_day >= $1 GROUP BY kind, municipality
         ORDER BY COUNT(*) DESC, kind, municipality LIMIT 10";
    tx.all(sql, args![since]).await
}

/// What somebody confirmed about a service.
pub struct Confirmed {
    pub capacity: Capacity,
    pub capacity_note: String,
    pub transport: Known,
    pub mobile_ok: Known,
    pub age_from: Option<i64>,
    pub age_to: Option<i64>,
    pub care: Vec<Care>,
    pub areas: Vec<Municipality>,
}

/// Saves a confirmation against the version that the person saw. False: somebody was faster.
pub async fn confirm(
    tx: &mut Draft,
    id: ResourceId,
    version: i64,
    c: &Confirmed,
    by: PersonId,
    today: Date,
) -> Result<bool, DbError> {
    let sql = "/* resource::confirm */
        UPDATE service SET capacity = $3, capacity_note = $4, transport = $5, mobile_ok = $6, age_from = $7, age_to = $8, confirmed_on = $9,
               confirmed_by = $10, version = version + 1 WHERE id = $1 AND version = $2";
    let args =
        args![id, version, c.capacity, &c.capacity_note, c.transport, c.mobile_ok, c.age_from, c.age_to, today, by];
    if tx.exec(sql, args).await? == 0 {
        return Ok(false);
    }
    tx.exec("/* resource::confirm */ DELETE FROM service_care WHERE service_id = $1", args![id]).await?;
    for care in &c.care {
        tx.exec(
            "/* resource::confirm */ INSERT INTO service_care (service_id, care) VALUES ($1, $2)",
            args![id, *care],
        )
        .await?;
    }
    tx.exec("/* resource::confirm */ DELETE FROM service_area WHERE service_id = $1", args![id]).await?;
    for area in &c.areas {
        tx.exec(
            "/* resource::confirm */ INSERT INTO service_area (service_id, municipality) VALUES ($1, $2)",
            args![id, *area],
        )
        .await?;
    }
    Ok(true)
}

/// An agency that answers about its capacity confirms it at the same time.
pub async fn set_capacity(
    tx: &mut Draft,
    id: ResourceId,
    capacity: Capacity,
    note: &str,
    by: Option<PersonId>,
    today: Date,
) -> Result<(), DbError> {
    let sql = "/* resource::set_capacity */
        UPDATE service SET capacity = $2, capacity_note = $3, confirmed_on = $4, confirmed_by = $5, version = version + 1 WHERE id = $1";
    tx.exec(sql, args![id, capacity, note, today, by]).await?;
    Ok(())
}
