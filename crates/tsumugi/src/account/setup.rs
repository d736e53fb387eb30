//! Organisations, people and the seats that they hold: the rows that everything else stands on.

use super::{OrganisationKind, Profession};
use crate::{app::App, policy::Role};
use platform::{
    Date, Timestamp, args,
    db::{DbError, Writer},
    id::{OrganisationId, PersonId, SeatId},
};

/// An organisation as it is first written down.
pub struct Organisation<'a> {
    pub kind: OrganisationKind,
    pub name: &'a str,
    pub kana: &'a str,
    /// 全国地方公共団体コード, for municipalities and the prefecture.
    pub code: Option<&'a str>,
    pub municipality: Option<&'a str>,
    pub parent: Option<OrganisationId>,
    pub phone: &'a str,
    pub since: Date,
}

pub async fn organisation(
    app: &App,
    tx: &mut Writer,
    o: &Organisation<'_>,
    at: Timestamp,
) -> Result<OrganisationId, DbError> {
    let id: OrganisationId = app.mint.id(at);
    let sql = "/* account::organisation */
        INSERT INTO organisation (id, kind, parent_id, name, kana, code, municipality, phone, since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    tx.exec(sql, args![id, o.kind, o.parent, o.name, o.kana, o.code, o.municipality, o.phone, o.since]).await?;
    Ok(id)
}

pub async fn person(
    app: &App,
    tx: &mut Writer,
    name: &str,
    kana: &str,
    profession: Profession,
    at: Timestamp,
) -> Result<PersonId, DbError> {
    let id: PersonId = app.mint.id(at);
    let sql =
        "/* account::person */ INSERT INTO person (id, name, kana, profession, created_at) VALUES ($1, $2, $3, $4, $5)";
    tx.exec(sql, args![id, name, kana, profession, at]).await?;
    let sql = "/* account::person */ INSERT INTO account_subject (person_id, subject_id, since) VALUES ($1, $2, $3)";
    tx.exec(sql, args![id, id.0, at]).await?;
    Ok(id)
}

/// Gives a person a role at an organisation from a day on. The seat is made where there is none.
pub async fn grant(
    app: &App,
    tx: &mut Writer,
    person: PersonId,
    organisation: OrganisationId,
    role: Role,
    since: Date,
    at: Timestamp,
) -> Result<SeatId, DbError> {
    let sql = "/* account::grant */ SELECT id FROM seat WHERE organisation_id = $1 AND role = $2";
    let seat = match tx.opt::<(SeatId,)>(sql, args![organisation, role]).await? {
        Some((seat,)) => seat,
        None => {
            let seat: SeatId = app.mint.id(at);
            let sql = "/* account::grant */ INSERT INTO seat (id, organisation_id, role) VALUES ($1, $2, $3)";
            tx.exec(sql, args![seat, organisation, role]).await?;
            seat
        }
    };
    let sql = "/* account::grant */ INSERT INTO role_grant (id, person_id, seat_id, since) VALUES ($1, $2, $3, $4)";
    tx.exec(sql, args![app.mint.uuid(at), person, seat, since]).await?;
    let sql = "/* account::grant */
        INSERT INTO account_subject (person_id, subject_id, since) VALUES ($1, $2, $3)
        ON CONFLICT (person_id, subject_id) DO UPDATE SET until = NULL";
    tx.exec(sql, args![person, seat.0, at]).await?;
    Ok(seat)
}
