//! Documents in the database: a row of what it is, and its bytes in sealed pieces.

use super::{PARTS, PaperKind};
use crate::{
    account::Actor,
    journal::Draft,
    policy::{Category, Seen},
    sealing::{self, DataKey},
};
use files::{Inspected, Kind};
use platform::{
    Timestamp, args,
    db::{Arg, DbError, Reader},
    id::{CaseId, ConsentId, DocumentId, OrganisationId},
    row,
};
use sha2::{Digest, Sha256};

/// How many bytes of a file lie in one piece.
const PIECE: usize = 256 * 1024;

row! {
    pub struct Stored {
        pub id: DocumentId, pub case_id: CaseId, pub kind: PaperKind, pub category: Category, pub title: Vec<u8>, pub file_name: Vec<u8>,
        pub format: String, pub size: i64, pub parts: i64, pub cleaned: bool, pub organisation_id: OrganisationId, pub place: String,
        pub by: String, pub added_at: Timestamp, pub removed_at: Option<Timestamp>, pub remover: Option<String>, pub remove_reason: Option<Vec<u8>>,
    }
}

/// A document with its names in clear.
#[derive(Clone, Debug)]
pub struct Document {
    pub row: Stored,
    pub title: String,
    pub file_name: String,
    pub remove_reason: String,
}

impl Document {
    fn of(row: Stored, key: Option<&DataKey>) -> Result<Self, DbError> {
        let text = |column, sealed| sealing::text(key, column, row.id.0, sealed);
        let (title, file_name) =
            (text("document.title", Some(&row.title))?, text("document.file_name", Some(&row.file_name))?);
        let remove_reason = text("document.remove_reason", row.remove_reason.as_deref())?;
        Ok(Document { title, file_name, remove_reason, row })
    }

    pub fn format(&self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.endings()[0] == self.row.format)
    }
}

/// The agency whose own files are always in sight, and for each part whether files that tell of it are.
fn sight(seen: &Seen) -> Vec<Arg> {
    let may = |c: Category| seen.shows(Category::Documents) && seen.shows(c);
    let [care, family, plan] = PARTS.map(may);
    args![seen.own_agency(), care, family, plan]
}

/// Documents of a case that the actor may see, the newest first: those that are kept, or those that were taken away.
pub async fn list(tx: &Reader, seen: &Seen, kept: bool, limit: i64, offset: i64) -> Result<Vec<Document>, DbError> {
    some(tx, seen, (None, Some(kept)), limit, offset).await
}

/// One document that the actor may see.
pub async fn find(tx: &Reader, seen: &Seen, id: DocumentId) -> Result<Option<Document>, DbError> {
    Ok(some(tx, seen, (Some(id), None), 1, 0).await?.pop())
}

async fn some(
    tx: &Reader,
    seen: &Seen,
    (only, kept): (Option<DocumentId>, Option<bool>),
    limit: i64,
    offset: i64,
) -> Result<Vec<Document>, DbError> {
    let sql = "/* document::some unscoped: takes Seen */
        SELECT d.id, d.case_id, d.kind, d.category, d.title, d.file_name, d.format, d.size, d.parts, d.cleaned, d.organisation_id,
               o.name AS place, p.name AS by, d.added_at, d.removed_at, r.name AS remover, d.remove_reason
          FROM document d JOIN organisation o ON o.id = d.organisation_id JOIN person p ON p.id = d.added_by
               LEFT JOIN person r ON r.id = d.removed_by
         WHERE d.case_id = $5 AND (CAST($6 AS UUID) IS NULL OR d.id = $6)
           AND (CAST($7 AS BOOLEAN) IS NULL OR (d.removed_at IS NULL) = $7)
           AND (d.organisation_id = $1 OR (d.category = 'care' AND $2) OR (d.category = 'family' AND $3) OR (d.category = 'plan' AND $4))
         ORDER BY d.added_at DESC, d.id DESC LIMIT $8 OFFSET $9";
    let mut args = sight(seen);
    args.extend(args![seen.case(), only, kept, limit, offset]);
    let (rows, key) = tokio::join!(tx.all::<Stored>(sql, args), sealing::key_of(tx, seen.case().0));
    let key = key?;
    rows?.into_iter().map(|row| Document::of(row, key.as_ref())).collect()
}

/// The case that a document belongs to, to ask whether the actor sees it; nothing else is told.
pub async fn case_of(tx: &Reader, id: DocumentId) -> Result<Option<CaseId>, DbError> {
    let sql = "/* document::case_of unscoped: leads to the case, which is asked for next */ SELECT case_id FROM document WHERE id = $1";
    Ok(tx.opt::<(CaseId,)>(sql, args![id]).await?.map(|(case,)| case))
}

/// What is known of a new file besides its bytes.
pub struct New<'a> {
    pub id: DocumentId,
    pub kind: PaperKind,
    pub category: Category,
    /// The consent whose signed paper it is.
    pub consent: Option<ConsentId>,
    pub title: &'a str,
    pub file_name: &'a str,
}

/// Keeps a file under the key of its case. False: the agency has put the same file there already.
pub async fn add(
    tx: &mut Draft,
    key: &DataKey,
    case: CaseId,
    by: &Actor,
    new: &New<'_>,
    file: &Inspected,
    now: Timestamp,
) -> Result<bool, DbError> {
    let digest: [u8; 32] = Sha256::digest(&file.bytes).into();
    let pieces: Vec<&[u8]> = file.bytes.chunks(PIECE).collect();
    let sql = "/* document::add */
        INSERT INTO document (id, case_id, kind, category, title, file_name, format, size, parts, digest, cleaned, organisation_id, added_by, added_at, consent_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (case_id, organisation_id, digest) WHERE removed_at IS NULL DO NOTHING";
    let args = args![
        new.id,
        case,
        new.kind,
        new.category,
        key.seal("document.title", new.id.0, new.title),
        key.seal("document.file_name", new.id.0, new.file_name),
        file.kind.endings()[0],
        i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
        i64::try_from(pieces.len()).unwrap_or(i64::MAX),
        key.seal_bytes("document.digest", case.0, 0, &digest),
        file.cleaned,
        by.organisation,
        by.person,
        now,
        new.consent
    ];
    if tx.exec(sql, args).await? == 0 {
        return Ok(false);
    }
    let sql = "/* document::add */ INSERT INTO document_part (document_id, n, body) VALUES ($1, $2, $3)";
    let rows = pieces.into_iter().zip(0_i64..);
    let rows = rows.map(|(piece, n)| args![new.id, n, key.seal_bytes("document_part.body", new.id.0, n, piece)]);
    tx.exec_each(sql, rows.collect()).await?;
    Ok(true)
}

/// One piece of a document in clear.
pub async fn piece(tx: &Reader, key: &DataKey, id: DocumentId, n: i64) -> Result<Vec<u8>, DbError> {
    let sql = "/* document::piece unscoped: whoever holds the key of the case has shown that they see the document */
        SELECT body FROM document_part WHERE document_id = $1 AND n = $2";
    let (sealed,): (Vec<u8>,) = tx.one(sql, args![id, n]).await?;
    key.open_bytes("document_part.body", id.0, n, &sealed)
}

/// Takes a document out of sight. Its bytes stay until the case's time is over. False: somebody was faster.
pub async fn remove(
    tx: &mut Draft,
    key: &DataKey,
    id: DocumentId,
    by: &Actor,
    reason: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "/* document::remove */
        UPDATE document SET removed_by = $2, removed_at = $3, remove_reason = $4 WHERE id = $1 AND removed_at IS NULL";
    let reason = key.seal("document.remove_reason", id.0, reason);
    Ok(tx.exec(sql, args![id, by.person, now, reason]).await? == 1)
}
