//! SQL of people, their roles and invitations.

use crate::{
    account::{self, OrganisationKind, Profession, setup},
    app::App,
    area::{AREA_NAME, Municipality, PREFECTURE_CODE},
    journal::Draft,
    policy::Role,
    terms,
};
use platform::{
    Date, Timestamp, args,
    db::{DbError, Reader, Writer},
    id::{InvitationId, OrganisationId, PersonId, SeatId},
    row,
    vocabulary::Vocabulary as _,
};

row! {
    pub struct Listed {
        pub id: PersonId, pub name: String, pub kana: String, pub profession: Profession, pub role: Option<Role>, pub place: Option<String>,
        pub keys: i64, pub invited: i64, pub seen_at: Option<Timestamp>, pub disabled_at: Option<Timestamp>,
    }
    pub struct Person { pub id: PersonId, pub name: String, pub kana: String, pub profession: Profession, pub created_at: Timestamp, pub disabled_at: Option<Timestamp> }
    pub struct Grant { pub seat_id: SeatId, pub role: Role, pub place: String, pub since: Date, pub until: Option<Date> }
    pub struct Place { pub id: OrganisationId, pub name: String, pub kind: OrganisationKind }
    pub struct Invitation {
        pub id: InvitationId, pub purpose: String, pub person_id: Option<PersonId>, pub made_by: Option<PersonId>, pub maker: Option<String>, pub made_at: Timestamp,
        pub approved_by: Option<PersonId>, pub token_hash: Option<Vec<u8>>, pub code_hash: Option<Vec<u8>>, pub expires_at: Timestamp, pub tries: i64,
        pub used_at: Option<Timestamp>, pub revoked_at: Option<Timestamp>,
    }
}

/// The prefecture, the area and its municipalities, which every installation of this area has.
pub async fn establish(
    app: &App,
    tx: &mut Writer,
    phone: &str,
    since: Date,
    at: Timestamp,
) -> Result<Vec<(&'static str, OrganisationId)>, DbError> {
    let new = |kind, name, kana, code, parent| setup::Organisation {
        kind,
        name,
        kana,
        code,
        municipality: code.filter(|_| kind == OrganisationKind::Municipality),
        parent,
        phone,
        since,
    };
    let prefecture = new(OrganisationKind::Prefecture, "神奈川県", "かながわけん", Some(PREFECTURE_CODE), None);
    let prefecture = setup::organisation(app, tx, &prefecture, at).await?;
    let area = new(OrganisationKind::Area, AREA_NAME, "よこすかみうらけんいき", None, Some(prefecture));
    let area = setup::organisation(app, tx, &area, at).await?;
    let mut all = vec![(PREFECTURE_CODE, prefecture), ("area", area)];
    let kana = ["よこすかし", "かまくらし", "ずしし", "みうらし", "はやままち"];
    for (m, kana) in Municipality::ALL.iter().zip(kana) {
        let hall = new(OrganisationKind::Municipality, m.label(), kana, Some(m.code()), Some(area));
        all.push((m.code(), setup::organisation(app, tx, &hall, at).await?));
    }
    terms::bring_along(tx, since, at).await?;
    Ok(all)
}

pub async fn organisation_of(tx: &Reader, code: &str) -> Result<Option<OrganisationId>, DbError> {
    let sql = "/* people::organisation_of */ SELECT id FROM organisation WHERE code = $1";
    Ok(tx.opt::<(OrganisationId,)>(sql, args![code]).await?.map(|(id,)| id))
}

pub async fn has_administrator(tx: &Reader) -> Result<bool, DbError> {
    let sql = "/* people::has_administrator */
        SELECT k.id FROM passkey k JOIN role_grant g ON g.person_id = k.person_id JOIN seat s ON s.id = g.seat_id AND s.role = 'admin'
         WHERE k.removed_at IS NULL AND g.until IS NULL LIMIT 1";
    Ok(tx.opt::<(platform::Uuid,)>(sql, vec![]).await?.is_some())
}

/// The staff. Guardians are known to the lead of their child's case, not to an administrator.
pub async fn list(
    tx: &Reader,
    text: &str,
    today: Date,
    now: Timestamp,
    limit: i64,
    offset: i64,
) -> Result<Vec<Listed>, DbError> {
    let sql = "/* people::list */
        SELECT p.id, p.name, p.kana, p.profession, s.role, o.name AS place,
               (SELECT COUNT(*) FROM passkey k WHERE k.person_id = p.id AND k.removed_at IS NULL) AS keys,
               (SELECT COUNT(*) FROM invitation i WHERE i.person_id = p.id AND i.used_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $6) AS invited,
               (SELECT MAX(e.seen_at) FROM session e WHERE e.person_id = p.id) AS seen_at, p.disabled_at
          FROM person p LEFT JOIN role_grant g ON g.person_id = p.id AND g.since <= $3 AND (g.until IS NULL OR g.until > $3)
          LEFT JOIN seat s ON s.id = g.seat_id LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE ($1 = '' OR p.name LIKE $2 OR p.kana LIKE $2 OR o.name LIKE $2)
           AND p.profession <> 'family'
         ORDER BY p.kana, p.id, s.id LIMIT $4 OFFSET $5";
    tx.all(sql, args![text, format!("%{}%", text.replace(['%', '_'], "")), today, limit, offset, now]).await
}

row! {
    /// How many people can sign in, how many of them have no passkey, how many invitations wait.
    pub struct Census { pub active: i64, pub keyless: i64, pub invited: i64 }
}

pub async fn census(tx: &Reader, today: Date, now: Timestamp) -> Result<Census, DbError> {
    let sql = "/* people::census */
        SELECT COUNT(*) AS active,
               COUNT(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = p.id AND k.removed_at IS NULL)) AS keyless,
               (SELECT COUNT(*) FROM invitation i WHERE i.used_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $2) AS invited
          FROM person p
         WHERE p.disabled_at IS NULL AND p.profession <> 'family' AND EXISTS (
               SELECT 1 FROM role_grant g WHERE g.person_id = p.id AND g.since <= $1 AND (g.until IS NULL OR g.until > $1))";
    tx.one(sql, args![today, now]).await
}

pub async fn find(tx: &Reader, id: PersonId) -> Result<Option<Person>, DbError> {
    let sql = "/* people::find */ SELECT id, name, kana, profession, created_at, disabled_at FROM person WHERE id = $1";
    tx.opt(sql, args![id]).await
}

/// Guardians belong to the lead of their child's case.
pub async fn is_guardian(tx: &Reader, id: PersonId) -> Result<bool, DbError> {
    let sql = "/* people::is_guardian */ SELECT id FROM person WHERE id = $1 AND profession = 'family'";
    Ok(tx.opt::<(PersonId,)>(sql, args![id]).await?.is_some())
}

pub async fn grants(tx: &Reader, id: PersonId) -> Result<Vec<Grant>, DbError> {
    let sql = "/* people::grants */
        SELECT g.seat_id, s.role, o.name AS place, g.since, g.until FROM role_grant g JOIN seat s ON s.id = g.seat_id
          JOIN organisation o ON o.id = s.organisation_id WHERE g.person_id = $1 ORDER BY g.since DESC, g.id DESC LIMIT 50";
    tx.all(sql, args![id]).await
}

/// Where a role can be given: the offices, and sites by a piece of their name.
pub async fn places(tx: &Reader, text: &str) -> Result<Vec<Place>, DbError> {
    let sql = "/* people::places */
        SELECT id, name, kind FROM organisation WHERE ($1 = '' AND kind <> 'site') OR ($1 <> '' AND name LIKE $2) ORDER BY kana, id LIMIT 30";
    tx.all(sql, args![text, format!("%{}%", text.replace(['%', '_'], ""))]).await
}

pub async fn place(tx: &Reader, id: OrganisationId) -> Result<Option<Place>, DbError> {
    tx.opt("/* people::place */ SELECT id, name, kind FROM organisation WHERE id = $1", args![id]).await
}

/// Ends a role on a day that has come: the grant, and what the person sees by the seat.
pub async fn end_grant(
    tx: &mut Draft,
    person: PersonId,
    seat: SeatId,
    today: Date,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* people::end_grant */ UPDATE role_grant SET until = $3 WHERE person_id = $1 AND seat_id = $2 AND until IS NULL";
    let ended = tx.exec(sql, args![person, seat, today]).await? > 0;
    let sql = "/* people::end_grant */ UPDATE account_subject SET until = $3 WHERE person_id = $1 AND subject_id = $2 AND until IS NULL";
    tx.exec(sql, args![person, seat, now]).await?;
    tx.announce("person", person);
    Ok(ended)
}

/// From this moment the person signs in nowhere, and what is open ends.
pub async fn disable(tx: &mut Draft, person: PersonId, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* people::disable */ UPDATE person SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL";
    let disabled = tx.exec(sql, args![person, now]).await? == 1;
    revoke(tx, person, now).await?;
    tx.announce("person", person);
    Ok(disabled)
}

/// The invitations of a person, the newest first.
pub async fn invitations(tx: &Reader, person: PersonId) -> Result<Vec<Invitation>, DbError> {
    let sql = "/* people::invitations */
        SELECT i.id, i.purpose, i.person_id, i.made_by, m.name AS maker, i.made_at, i.approved_by, i.token_hash, i.code_hash, i.expires_at, i.tries, i.used_at, i.revoked_at
          FROM invitation i LEFT JOIN person m ON m.id = i.made_by WHERE i.person_id = $1 ORDER BY i.made_at DESC, i.id DESC LIMIT 20";
    tx.all(sql, args![person]).await
}

pub async fn by_token(tx: &Reader, token: &str) -> Result<Option<Invitation>, DbError> {
    let sql = "/* people::by_token */
        SELECT i.id, i.purpose, i.person_id, i.made_by, m.name AS maker, i.made_at, i.approved_by, i.token_hash, i.code_hash, i.expires_at, i.tries, i.used_at, i.revoked_at
          FROM invitation i LEFT JOIN person m ON m.id = i.made_by WHERE i.token_hash = $1";
    tx.opt(sql, args![account::hash(token.as_bytes())]).await
}

/// An earlier invitation dies with a newer one, and with the person's access.
pub async fn revoke(tx: &mut Draft, person: PersonId, now: Timestamp) -> Result<(), DbError> {
    let sql = "/* people::revoke */ UPDATE invitation SET revoked_at = $2 WHERE person_id = $1 AND used_at IS NULL AND revoked_at IS NULL";
    tx.exec(sql, args![person, now]).await?;
    Ok(())
}
