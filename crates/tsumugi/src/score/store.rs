//! SQL of score sheets.

use super::{
    ScoreKind,
    form::New,
    model::{self, Scored, Ticked},
    severe::Severe,
    sheet::Judge,
    table,
};
use crate::{
    account::Actor,
    case,
    journal::Draft,
    policy::Seen,
    sealing::{self, DataKey},
    web::Error,
};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    form::{Fields, Parse},
    id::{CaseId, DocumentId, Mint, PersonId},
    japanese::date,
    row,
    vocabulary::Vocabulary as _,
};

const BODY: &str = "score_sheet.body";
const REASON: &str = "score_sheet.withdrawn_reason";

row! {
    /// A sheet as the database keeps it.
    pub struct Kept {
        pub id: Uuid, pub case_id: CaseId, pub kind: ScoreKind, pub rules: String, pub judged_on: Date, pub valid_until: Option<Date>,
        pub by_physician: bool, pub body: Vec<u8>, pub document_id: Option<DocumentId>, pub recorder: String, pub recorded_at: Timestamp,
        pub withdrawn_at: Option<Timestamp>, pub withdrawer: Option<String>, pub reason: Option<Vec<u8>>,
    }
}

/// A sheet with what stands on it.
#[derive(Clone, Debug)]
pub struct Sheet {
    kept: Kept,
    pub fields: Fields,
    pub withdrawn_for: String,
}

impl std::ops::Deref for Sheet {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

impl Sheet {
    fn of(kept: Kept, key: Option<&DataKey>) -> Result<Sheet, DbError> {
        let body = sealing::text(key, BODY, kept.id, Some(&kept.body))?;
        let withdrawn_for = sealing::text(key, REASON, kept.id, kept.reason.as_deref())?;
        Ok(Sheet { fields: Fields::parse(body.as_bytes()), withdrawn_for, kept })
    }

    pub fn judge(&self) -> Judge {
        if self.by_physician { Judge::Physician } else { Judge::Estimate }
    }

    /// What was ticked; of a sheet of the other kind nothing.
    pub fn ticked(&self) -> Ticked {
        Ticked::parse(&mut Parse::new(&self.fields), table::of_version(&self.rules))
    }

    pub fn scored(&self) -> Scored {
        self.ticked().scored(table::of_version(&self.rules))
    }

    pub fn severe(&self) -> Severe {
        Severe::parse(&mut Parse::new(&self.fields))
    }

    /// The result in one line, for a paper.
    pub fn in_words(&self) -> String {
        let total = self.total();
        let class = model::class(total, table::of_version(&self.rules)).label();
        format!("{total}点（{class}、{} {}）", date::wareki_short(self.judged_on), self.judge().label())
    }

    pub fn total(&self) -> i64 {
        match self.kind {
            ScoreKind::Care => self.scored().total(),
            ScoreKind::Severe => self.severe().total(),
        }
    }
}

/// The sheets of a case, the newest judgement first, those that were withdrawn among them.
pub async fn list(tx: &Reader, seen: &Seen, kind: Option<ScoreKind>, limit: i64) -> Result<Vec<Sheet>, DbError> {
    let sql = "/* score::list unscoped: takes Seen */
        SELECT s.id, s.case_id, s.kind, s.rules, s.judged_on, s.valid_until, s.by_physician, s.body, s.document_id, p.name AS recorder, s.recorded_at,
               s.withdrawn_at, w.name AS withdrawer, s.withdrawn_reason AS reason
          FROM score_sheet s JOIN person p ON p.id = s.recorded_by LEFT JOIN person w ON w.id = s.withdrawn_by
         WHERE s.case_id = $1 AND ($2 = '' OR s.kind = $2) ORDER BY s.judged_on DESC, s.recorded_at DESC, s.id DESC LIMIT $3";
    let kept: Vec<Kept> = tx.all(sql, args![seen.case(), kind.map_or("", |k| k.code()), limit]).await?;
    let key = sealing::key_if(tx, seen.case().0, !kept.is_empty()).await?;
    kept.into_iter().map(|k| Sheet::of(k, key.as_ref())).collect()
}

/// The sheet that counts now: the newest that a physician judged, else the newest estimate.
pub async fn latest(tx: &Reader, seen: &Seen, kind: ScoreKind) -> Result<Option<Sheet>, DbError> {
    let sheets = list(tx, seen, Some(kind), 50).await?;
    Ok(standing(sheets))
}

/// Of the sheets of one kind, the newest first, the one that counts.
pub fn standing(sheets: Vec<Sheet>) -> Option<Sheet> {
    let mut live: Vec<Sheet> = sheets.into_iter().filter(|s| s.withdrawn_at.is_none()).collect();
    let judged = live.iter().position(|s| s.by_physician);
    (!live.is_empty()).then(|| live.swap_remove(judged.unwrap_or(0)))
}

pub async fn case_of(tx: &Reader, id: Uuid) -> Result<CaseId, Error> {
    let sql = "/* score::case_of unscoped: only which case to ask the policy about */ SELECT case_id FROM score_sheet WHERE id = $1";
    Ok(tx.opt::<(CaseId,)>(sql, args![id]).await?.ok_or(Error::NotFound)?.0)
}

pub async fn find(tx: &Reader, seen: &Seen, id: Uuid) -> Result<Sheet, Error> {
    let sql = "/* score::find unscoped: takes Seen */
        SELECT s.id, s.case_id, s.kind, s.rules, s.judged_on, s.valid_until, s.by_physician, s.body, s.document_id, p.name AS recorder, s.recorded_at,
               s.withdrawn_at, w.name AS withdrawer, s.withdrawn_reason AS reason
          FROM score_sheet s JOIN person p ON p.id = s.recorded_by LEFT JOIN person w ON w.id = s.withdrawn_by
         WHERE s.id = $2 AND s.case_id = $1";
    let kept: Kept = tx.opt(sql, args![seen.case(), id]).await?.ok_or(Error::NotFound)?;
    let key = sealing::key_of(tx, seen.case().0).await?;
    Ok(Sheet::of(kept, key.as_ref())?)
}

/// Records a sheet of a case whose row is held.
pub async fn add(
    tx: &mut Draft,
    mint: &Mint,
    case: CaseId,
    new: &New,
    by: PersonId,
    now: Timestamp,
) -> Result<Uuid, DbError> {
    let (id, key) = (mint.uuid(now), case::key(tx, mint, case, now).await?);
    let head = new.head();
    let sql = "/* score::add */
        INSERT INTO score_sheet (id, case_id, kind, rules, judged_on, valid_until, by_physician, body, document_id, recorded_by, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let body = key.seal(BODY, id, &new.body().encode());
    let physician = head.judge == Judge::Physician;
    let args = args![
        id,
        case,
        new.kind(),
        new.rules(),
        head.judged_on,
        head.valid_until,
        physician,
        body,
        head.document.map(DocumentId),
        by,
        now
    ];
    tx.exec(sql, args).await?;
    tx.announce("case", case);
    Ok(id)
}

/// Takes a sheet back that should not have been recorded. False: it was already.
pub async fn withdraw(
    tx: &mut Draft,
    mint: &Mint,
    sheet: &Sheet,
    reason: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<bool, DbError> {
    let key = case::key(tx, mint, sheet.case_id, now).await?;
    let sql = "/* score::withdraw */
        UPDATE score_sheet SET withdrawn_by = $3, withdrawn_at = $4, withdrawn_reason = $5
         WHERE id = $1 AND case_id = $2 AND withdrawn_at IS NULL";
    let args = args![sheet.id, sheet.case_id, by.person, now, key.seal(REASON, sheet.id, reason)];
    Ok(tx.exec(sql, args).await? > 0)
}

row! {
    #[derive(PartialEq, Eq)]
    /// A judgement that comes to its end.
    pub struct Ending {
        pub id: Uuid, pub case_id: CaseId, pub ends_on: Date, pub lead_id: PersonId, pub deputy_id: PersonId, pub renewed: bool,
        pub lead_due: Option<Timestamp>, pub deputy_due: Option<Timestamp>,
    }
}

/// Judgements that end within these days, with what already asks for the next one.
pub async fn ending(tx: &Reader, from: Date, until: Date) -> Result<Vec<Ending>, DbError> {
    let sql = "/* score::ending unscoped: the clock reminds the lead */
        SELECT s.id, s.case_id, s.valid_until AS ends_on, c.lead_id, c.deputy_id,
               (c.status = 'closed' OR EXISTS (SELECT 1 FROM score_sheet n WHERE n.case_id = s.case_id AND n.kind = s.kind AND n.by_physician
                    AND n.withdrawn_at IS NULL AND n.valid_until > s.valid_until)) AS renewed,
               (SELECT w.due_at FROM waiting w WHERE w.object_id = s.id AND w.kind = 'score_ending' AND w.subject_id = c.lead_id) AS lead_due,
               (SELECT w.due_at FROM waiting w WHERE w.object_id = s.id AND w.kind = 'score_ending' AND w.subject_id = c.deputy_id) AS deputy_due
          FROM score_sheet s JOIN child_case c ON c.id = s.case_id
         WHERE s.valid_until >= $1 AND s.valid_until <= $2 AND s.withdrawn_at IS NULL ORDER BY s.valid_until, s.id LIMIT 5000";
    tx.all(sql, args![from, until]).await
}
