//! SQL of consents.

use super::{
    model::{FOLLOWUP_DAYS, Given, Method, OwnWill, Standing},
    opposed,
};
use crate::{
    account::Actor,
    area::{self, Municipality},
    case,
    journal::Draft,
    policy::{Relation, Role, Seen},
    sealing,
    web::Error,
};
use jiff::ToSpan;
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{ConsentId, DocumentId, Mint, OrganisationId, PersonId, SeatId, SubjectId},
    row,
};

row! {
    pub struct Scope { pub consent_id: ConsentId, pub organisation_id: OrganisationId, pub organisation: String, pub purpose: super::model::Purpose, pub category: super::model::Category }
    pub struct KeptConsent {
        pub id: ConsentId, pub given_by: String, pub explained_by: String, pub given_on: Date, pub form_version: String, pub method: Method, pub own_will: OwnWill,
        pub starts_on: Date, pub ends_on: Date, pub followup_due: Option<Date>, pub followup_done_on: Option<Date>,
        pub withdrawn_at: Option<Timestamp>, pub withdrawn_reason: Option<Vec<u8>>, pub recorded_at: Timestamp,
    }
    pub struct Agency { pub id: OrganisationId, pub name: String, pub ends_on: Date }
    pub struct KeptEmergency {
        pub id: Uuid, pub organisation: String, pub reason: Option<Vec<u8>>, pub by_id: PersonId, pub by: String, pub at: Timestamp,
        pub review_due: Timestamp, pub reviewed_at: Option<Timestamp>, pub review_note: Option<Vec<u8>>,
    }
    pub struct Organisation { pub id: OrganisationId, pub name: String, pub municipality: Option<String> }
}

pub(super) const WITHDRAWN: &str = "consent.withdrawn_reason";
const DISCLOSED: &str = "emergency_disclosure.reason";
const REVIEWED: &str = "emergency_disclosure.review_note";

/// A consent, with the reason of its withdrawal in clear.
#[derive(Clone, Debug)]
pub struct Consent {
    kept: KeptConsent,
    pub withdrawn_reason: String,
}

impl std::ops::Deref for Consent {
    type Target = KeptConsent;
    fn deref(&self) -> &KeptConsent {
        &self.kept
    }
}

/// What was told in an emergency, with its words in clear.
#[derive(Clone, Debug)]
pub struct Emergency {
    kept: KeptEmergency,
    pub reason: String,
    pub review_note: String,
}

impl std::ops::Deref for Emergency {
    type Target = KeptEmergency;
    fn deref(&self) -> &KeptEmergency {
        &self.kept
    }
}

impl Consent {
    pub fn standing(&self, today: Date) -> Standing {
        Standing::of(self.starts_on, self.ends_on, self.withdrawn_at.is_some(), today)
    }
}

const OWN_WILL: &str = "consent.own_will_note";

/// Why something that names the child may go to an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis(pub String);

/// A live consent for the agency, or an emergency of the last days; none means that nothing may go.
pub async fn basis_for(
    tx: &Reader,
    seen: &Seen,
    to: OrganisationId,
    now: Timestamp,
    today: Date,
) -> Result<Option<Basis>, Error> {
    let sql = "/* consent::basis_for unscoped: takes Seen */
        SELECT c.id FROM consent c
         WHERE c.case_id = $1 AND c.withdrawn_at IS NULL AND c.starts_on <= $3 AND c.ends_on >= $3
           AND EXISTS (SELECT 1 FROM consent_scope s WHERE s.consent_id = c.id AND s.organisation_id = $2 AND s.category = 'identity')
         ORDER BY c.ends_on DESC LIMIT 1";
    if let Some((id,)) = tx.opt::<(ConsentId,)>(sql, args![seen.case(), to, today]).await? {
        return Ok(Some(Basis(format!("consent:{id}"))));
    }
    let since = emergency_since(now)?;
    let sql = "/* consent::basis_for unscoped: takes Seen */
        SELECT id FROM emergency_disclosure WHERE case_id = $1 AND organisation_id = $2 AND at >= $3 ORDER BY at DESC LIMIT 1";
    Ok(tx.opt::<(Uuid,)>(sql, args![seen.case(), to, since]).await?.map(|(id,)| Basis(format!("emergency:{id}"))))
}

/// An emergency carries what was told for seven days.
pub(super) fn emergency_since(now: Timestamp) -> Result<Timestamp, Error> {
    now.checked_sub((24 * 7).hours()).map_err(|e| Error::Internal(e.to_string()))
}

/// Agencies with a live consent today, and until when.
pub async fn standing(tx: &Reader, seen: &Seen, today: Date) -> Result<Vec<Agency>, DbError> {
    let sql = "/* consent::standing unscoped: takes Seen */
        SELECT o.id, o.name, MAX(c.ends_on) AS ends_on FROM consent c JOIN consent_scope s ON s.consent_id = c.id
          JOIN organisation o ON o.id = s.organisation_id
         WHERE c.case_id = $1 AND c.withdrawn_at IS NULL AND c.starts_on <= $2 AND c.ends_on >= $2
         GROUP BY o.id, o.name, o.kana ORDER BY o.kana LIMIT 100";
    tx.all(sql, args![seen.case(), today]).await
}

pub async fn list(tx: &Reader, seen: &Seen) -> Result<(Vec<Consent>, Vec<Scope>), DbError> {
    let sql = "/* consent::list unscoped: takes Seen */
        SELECT c.id, f.name AS given_by, p.name AS explained_by, c.given_on, c.form_version, c.method, c.own_will, c.starts_on, c.ends_on,
               c.followup_due, c.followup_done_on, c.withdrawn_at, c.withdrawn_reason, c.recorded_at
          FROM consent c JOIN case_person f ON f.id = c.given_by JOIN person p ON p.id = c.explained_by
         WHERE c.case_id = $1 ORDER BY c.given_on DESC, c.id DESC LIMIT 50";
    let kept: Vec<KeptConsent> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_if(tx, seen.case().0, kept.iter().any(|c| c.withdrawn_reason.is_some())).await?;
    let clear = |kept: KeptConsent| {
        let withdrawn_reason = sealing::text(key.as_ref(), WITHDRAWN, kept.id.0, kept.withdrawn_reason.as_deref())?;
        Ok(Consent { kept, withdrawn_reason })
    };
    let consents = kept.into_iter().map(clear).collect::<Result<_, DbError>>()?;
    let sql = "/* consent::list unscoped: takes Seen */
        SELECT s.consent_id, s.organisation_id, o.name AS organisation, s.purpose, s.category FROM consent c
          JOIN consent_scope s ON s.consent_id = c.id JOIN organisation o ON o.id = s.organisation_id
         WHERE c.case_id = $1 ORDER BY o.kana, s.purpose, s.category LIMIT 2000";
    Ok((consents, tx.all(sql, args![seen.case()]).await?))
}

/// The consents that somebody may read about: all for who sees the whole case, else those that name the own agency, and of them only
/// what is said to it.
pub async fn readable(tx: &Reader, seen: &Seen, agency: OrganisationId) -> Result<(Vec<Consent>, Vec<Scope>), DbError> {
    let (mut consents, mut scopes) = list(tx, seen).await?;
    if !seen.shows_all() {
        scopes.retain(|s| s.organisation_id == agency);
        consents.retain(|c| scopes.iter().any(|s| s.consent_id == c.id));
    }
    Ok((consents, scopes))
}

pub async fn emergencies(tx: &Reader, seen: &Seen) -> Result<Vec<Emergency>, DbError> {
    let sql = "/* consent::emergencies unscoped: takes Seen */
        SELECT e.id, o.name AS organisation, e.reason, e.by_id, p.name AS by, e.at, e.review_due, e.reviewed_at, e.review_note
          FROM emergency_disclosure e JOIN organisation o ON o.id = e.organisation_id JOIN person p ON p.id = e.by_id
         WHERE e.case_id = $1 ORDER BY e.at DESC LIMIT 20";
    let rows: Vec<KeptEmergency> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_if(tx, seen.case().0, !rows.is_empty()).await?;
    let clear = |kept: KeptEmergency| {
        let reason = sealing::text(key.as_ref(), DISCLOSED, kept.id, kept.reason.as_deref())?;
        let review_note = sealing::text(key.as_ref(), REVIEWED, kept.id, kept.review_note.as_deref())?;
        Ok(Emergency { kept, reason, review_note })
    };
    rows.into_iter().map(clear).collect()
}

/// Organisations to choose recipients from: by part of the name, or those that already belong to the case.
pub async fn candidates(tx: &Reader, seen: &Seen, text: &str) -> Result<Vec<Organisation>, DbError> {
    let sql = "/* consent::candidates unscoped: takes Seen */
        SELECT o.id, o.name, o.municipality FROM organisation o
         WHERE ($2 <> '' AND o.name LIKE $3)
            OR ($2 = '' AND (o.kind = 'municipality'
                OR EXISTS (SELECT 1 FROM team_member t WHERE t.organisation_id = o.id AND t.case_id = $1)
                OR EXISTS (SELECT 1 FROM referral r WHERE r.organisation_id = o.id AND r.case_id = $1)
                OR EXISTS (SELECT 1 FROM seat s WHERE s.organisation_id = o.id AND s.role IN ('supporter', 'manager', 'hospital'))))
         ORDER BY o.kana, o.id LIMIT 40";
    tx.all(sql, args![seen.case(), text, format!("%{}%", text.replace(['%', '_'], ""))]).await
}

pub async fn organisation(tx: &Reader, id: OrganisationId) -> Result<Option<Organisation>, DbError> {
    let sql = "/* consent::organisation */ SELECT id, name, municipality FROM organisation WHERE id = $1";
    tx.opt(sql, args![id]).await
}

/// Whether somebody who can consent in this case is the child; none: nobody of that id can.
pub async fn consenter(tx: &Reader, seen: &Seen, person: Uuid) -> Result<Option<bool>, DbError> {
    let sql = "/* consent::consenter unscoped: takes Seen */ SELECT relation = 'self' FROM case_person WHERE id = $1 AND case_id = $2 AND (guardian = TRUE OR relation = 'self')";
    Ok(tx.opt::<(bool,)>(sql, args![person, seen.case()]).await?.map(|(own,)| own))
}

/// Records a consent. What somebody opposes is taken out at once; the rest counts.
pub async fn record(
    tx: &mut Draft,
    mint: &Mint,
    id: ConsentId,
    seen: &Seen,
    g: &Given,
    now: Timestamp,
) -> Result<Option<Date>, Error> {
    let followup = if g.method == Method::Oral {
        Some(g.on.checked_add(FOLLOWUP_DAYS.days()).map_err(|e| Error::Internal(e.to_string()))?)
    } else {
        None
    };
    let note = match &g.own_will_note {
        Some(note) => Some(case::key(tx, mint, seen.case(), now).await?.seal(OWN_WILL, id.0, note)),
        None => None,
    };
    let sql = "/* consent::record */
        INSERT INTO consent (id, case_id, given_by, explained_by, given_on, form_version, method, own_will, own_will_note, starts_on, ends_on, followup_due, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let args = args![
        id,
        seen.case(),
        g.by,
        g.explained_by,
        g.on,
        &g.form_version,
        g.method,
        g.own_will,
        note,
        g.starts,
        g.ends,
        followup,
        now
    ];
    tx.exec(sql, args).await?;
    for recipient in &g.recipients {
        for purpose in &g.purposes {
            for category in &g.categories {
                let sql = "/* consent::record */
                    INSERT INTO consent_scope (consent_id, organisation_id, purpose, category) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (consent_id, organisation_id, purpose, category) DO NOTHING";
                tx.exec(sql, args![id, *recipient, *purpose, *category]).await?;
            }
        }
    }
    if opposed::any(tx, seen).await? {
        opposed::settle(tx, seen.case()).await?;
    }
    let today = platform::japanese::date::jst_date(now);
    if g.starts <= today && g.ends >= today {
        // 市町職員は、同意のある住民のケースだけを見る。
        let seats = "/* consent::record unscoped: takes Seen */
            SELECT DISTINCT s.id FROM consent_scope k JOIN organisation o ON o.id = k.organisation_id AND o.kind = 'municipality'
              JOIN seat s ON s.organisation_id = o.id AND s.role IN ('city', 'privacy')
             WHERE k.consent_id = $1 AND k.category = 'identity' ORDER BY s.id";
        for (seat,) in tx.all::<(SeatId,)>(seats, args![id]).await? {
            case::grant(tx, seen.case(), seat.into(), Relation::Municipality, &format!("consent:{id}"), now).await?;
        }
    }
    tx.announce("case", seen.case());
    Ok(followup)
}

/// The signed papers of consents that are kept as documents.
pub async fn papers(tx: &Reader, seen: &Seen) -> Result<Vec<(ConsentId, DocumentId)>, DbError> {
    let sql = "/* consent::papers unscoped: takes Seen */
        SELECT d.consent_id, d.id FROM consent c JOIN document d ON d.consent_id = c.id AND d.removed_at IS NULL
         WHERE c.case_id = $1 ORDER BY d.added_at, d.id LIMIT 200";
    tx.all(sql, args![seen.case()]).await
}

/// How the child's own will was found out, where that was written.
pub async fn own_will(tx: &Reader, seen: &Seen) -> Result<Vec<(ConsentId, String)>, DbError> {
    let sql = "/* consent::own_will unscoped: takes Seen */
        SELECT id, own_will_note FROM consent WHERE case_id = $1 AND own_will_note IS NOT NULL ORDER BY id LIMIT 50";
    let rows: Vec<(ConsentId, Vec<u8>)> = tx.all(sql, args![seen.case()]).await?;
    let key = sealing::key_of(tx, seen.case().0).await?;
    rows.into_iter().map(|(id, note)| Ok((id, sealing::text(key.as_ref(), OWN_WILL, id.0, Some(&note))?))).collect()
}

pub async fn followed_up(tx: &mut Draft, seen: &Seen, id: ConsentId, today: Date) -> Result<bool, DbError> {
    let sql = "/* consent::followed_up */
        UPDATE consent SET followup_done_on = $3, version = version + 1
         WHERE id = $1 AND case_id = $2 AND followup_due IS NOT NULL AND followup_done_on IS NULL";
    Ok(tx.exec(sql, args![id, seen.case(), today]).await? == 1)
}

#[expect(clippy::too_many_arguments, reason = "the columns of one disclosure")]
pub async fn disclose(
    tx: &mut Draft,
    mint: &Mint,
    id: Uuid,
    seen: &Seen,
    to: OrganisationId,
    reason: &str,
    by: &Actor,
    now: Timestamp,
    due: Timestamp,
) -> Result<(), DbError> {
    let sql = "/* consent::disclose */
        INSERT INTO emergency_disclosure (id, case_id, organisation_id, reason, by_id, at, review_due) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let key = case::key(tx, mint, seen.case(), now).await?;
    tx.exec(sql, args![id, seen.case(), to, key.seal(DISCLOSED, id, reason), by.person, now, due]).await?;
    tx.announce("case", seen.case());
    Ok(())
}

/// Who reviews: this person, or the municipality's coordinators while somebody stands in for them.
pub async fn present(tx: &Reader, person: PersonId, m: Municipality, now: Timestamp) -> Result<SubjectId, Error> {
    let sql = "/* consent::present */
        SELECT id FROM cover WHERE holder_id = $1 AND begun_at IS NOT NULL AND ended_at IS NULL AND ends_at > $2 LIMIT 1";
    if tx.opt::<(Uuid,)>(sql, args![person, now]).await?.is_some()
        && let Some(seat) = area::seat_of(tx, m, Role::Coordinator).await?
    {
        return Ok(seat.into());
    }
    Ok(person.into())
}

/// A review by somebody else than the one who disclosed; false when it was reviewed already or is one's own.
pub async fn reviewed(
    tx: &mut Draft,
    mint: &Mint,
    id: Uuid,
    seen: &Seen,
    by: &Actor,
    note: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* consent::reviewed */
        UPDATE emergency_disclosure SET reviewed_by = $3, reviewed_at = $4, review_note = $5
         WHERE id = $1 AND case_id = $2 AND reviewed_at IS NULL AND by_id <> $3";
    let note = case::key(tx, mint, seen.case(), now).await?.seal(REVIEWED, id, note);
    Ok(tx.exec(sql, args![id, seen.case(), by.person, now, note]).await? == 1)
}
