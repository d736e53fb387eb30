//! Agencies to refer to: fictional ones 「（架空）」 for the kinds that the public sample has not, and real ones of the directory.
//!
//! Nothing bad is ever told of a real agency: refusals and unanswered requests go to the fictional ones alone.

use super::{dice::shift, people::Account, texts::table};
use crate::{
    app::App,
    area::{Care, Field, Municipality},
    exchange::directory::Kind,
    policy::Role,
    web::Error,
};
use platform::{
    Date, Timestamp, args,
    db::Writer,
    id::{OrganisationId, ResourceId},
    japanese::fold::fold,
    row,
    vocabulary::Vocabulary as _,
};

/// A service that a case of the demo may use.
#[derive(Clone, Debug)]
pub struct Place {
    pub service: ResourceId,
    pub organisation: OrganisationId,
    pub kind: Kind,
    pub areas: Vec<Municipality>,
    pub care: Vec<Care>,
    pub fictional: bool,
    /// Somebody there has an account, so that a request can be sent in the product.
    pub account: bool,
}

impl Place {
    pub fn field(&self) -> Field {
        Field::from_code(self.kind.field().code()).unwrap_or(Field::Welfare)
    }
}

row! {
    pub struct Real { pub id: ResourceId, pub organisation_id: OrganisationId, pub kind: Kind, pub municipality: Municipality }
}

/// Makes the fictional sites, and gives them followed by the real ones that the cases of the demo may use.
pub async fn places(
    app: &App,
    tx: &mut Writer,
    accounts: &[Account],
    since: Date,
    at: Timestamp,
) -> Result<Vec<Place>, Error> {
    let mut all = Vec::new();
    for line in table(include_str!("../../data/demo/sites.tsv")) {
        all.push(site(app, tx, all.len() + 1, &line, accounts, since, at).await?);
    }
    let sql = "/* demo::places */
        SELECT s.id, s.organisation_id, s.kind, s.municipality FROM service s JOIN organisation o ON o.id = s.organisation_id
         WHERE s.source <> 'demo' AND (s.kind IN ('nursery_visit', 'visiting_child_development')
            OR (s.kind = 'clinic' AND (o.name LIKE '%小児%' OR o.name LIKE '%こども%'))) ORDER BY s.kind, s.source_key LIMIT 100";
    let real: Vec<Real> = tx.all(sql, args![]).await?;
    all.extend(real.into_iter().map(|r| Place {
        service: r.id,
        organisation: r.organisation_id,
        kind: r.kind,
        areas: vec![r.municipality],
        care: vec![],
        fictional: false,
        account: false,
    }));
    Ok(all)
}

async fn site(
    app: &App,
    tx: &mut Writer,
    nth: usize,
    line: &[&'static str],
    accounts: &[Account],
    since: Date,
    at: Timestamp,
) -> Result<Place, Error> {
    let text = |i: usize| line.get(i).copied().unwrap_or("");
    let number = |i: usize| text(i).parse::<i64>().ok();
    let (key, name, kana, municipality) = (text(0), text(2), text(3), text(4));
    let kind = Kind::from_code(text(1)).ok_or_else(|| Error::Internal(format!("the demo site {key} has no kind")))?;
    let of_role = |role: Role| accounts.iter().find(|a| a.role == role).map(|a| a.organisation);
    let known = match key {
        "site" => of_role(Role::Supporter),
        "hospital" => of_role(Role::Hospital),
        _ => None,
    };
    let organisation = match known {
        Some(id) => id,
        None => {
            let id: OrganisationId = app.mint.id(at);
            let sql = "/* demo::site */
                INSERT INTO organisation (id, kind, name, kana, municipality, corporation, phone, since) VALUES ($1, 'site', $2, $3, $4, $5, $6, $7)";
            tx.exec(sql, args![id, name, kana, municipality, "架空の法人", format!("046-000-{nth:04}"), since]).await?;
            id
        }
    };
    let confirmed = text(9).parse::<i32>().ok().map(|days| shift(app.today(), -days));
    let by = confirmed.and(accounts.first().map(|a| a.person));
    let service: ResourceId = app.mint.id(at);
    let sql = "/* demo::site */
        INSERT INTO service (id, organisation_id, kind, field, source, source_key, digest, municipality, name_fold, kana_fold, hours, closed_days, places,
               transport, mobile_ok, age_from, age_to, capacity, capacity_note, confirmed_on, confirmed_by, note)
        VALUES ($1, $2, $3, $4, 'demo', $5, '', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    let note = format!("架空データです。{}", text(17));
    let args = args![
        service,
        organisation,
        kind,
        kind.field().code(),
        key,
        municipality,
        fold(name),
        fold(kana),
        text(11),
        text(12),
        number(10),
        text(13),
        text(14),
        number(15),
        number(16),
        text(7),
        text(8),
        confirmed,
        by,
        note
    ];
    tx.exec(sql, args).await?;
    let care: Vec<Care> = text(6).split(',').filter_map(Care::from_code).collect();
    let areas: Vec<Municipality> = text(5).split(',').filter_map(Municipality::from_code).collect();
    for c in &care {
        tx.exec("/* demo::site */ INSERT INTO service_care (service_id, care) VALUES ($1, $2)", args![service, *c])
            .await?;
    }
    for m in &areas {
        tx.exec(
            "/* demo::site */ INSERT INTO service_area (service_id, municipality) VALUES ($1, $2)",
            args![service, *m],
        )
        .await?;
    }
    Ok(Place { service, organisation, kind, areas, care, fictional: true, account: key == "site" })
}
