//! SQL of what was corrected. The values are sealed with the key of the case.

use super::Change;
use crate::{
    account::Actor,
    journal::Draft,
    policy::Seen,
    sealing::{self, DataKey},
};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, Mint},
    row,
    serde_json::{self, Value, json},
    vocabulary,
};

vocabulary! {
    pub enum Subject { Case = "case" "基本情報", Family = "family" "家族" }
}

row! {
    pub struct Kept { pub id: Uuid, pub subject: Subject, pub body: Vec<u8>, pub guarded: bool, pub by: String, pub at: Timestamp }
}

/// One correction. `about` and `changes` are empty where they are kept with the protected facts.
#[derive(Clone, Debug)]
pub struct Entry {
    kept: Kept,
    pub about: String,
    pub changes: Vec<Change>,
}

impl std::ops::Deref for Entry {
    type Target = Kept;
    fn deref(&self) -> &Kept {
        &self.kept
    }
}

const BODY: &str = "record_change.body";

fn put(about: &str, changes: &[Change]) -> String {
    let fields: Vec<Value> = changes.iter().map(|c| json!([c.label, c.before, c.after])).collect();
    json!({ "about": about, "fields": fields }).to_string()
}

fn take(text: &str) -> (String, Vec<Change>) {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let word = |v: &Value| v.as_str().unwrap_or("").to_owned();
    let fields = value["fields"].as_array().cloned().unwrap_or_default();
    let change = |f: &Value| Change { label: word(&f[0]), before: word(&f[1]), after: word(&f[2]) };
    (word(&value["about"]), fields.iter().map(change).collect())
}

/// Keeps what a correction replaced; nothing where nothing changed.
#[expect(clippy::too_many_arguments, reason = "the columns of one correction")]
pub async fn write(
    tx: &mut Draft,
    mint: &Mint,
    key: &DataKey,
    case: CaseId,
    (subject, object): (Subject, Uuid),
    about: &str,
    changes: &[Change],
    by: &Actor,
    now: Timestamp,
) -> Result<(), DbError> {
    if changes.is_empty() {
        return Ok(());
    }
    let id = mint.uuid(now);
    let sql = "/* history::write */
        INSERT INTO record_change (id, case_id, subject, object_id, body, by_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    tx.exec(sql, args![id, case, subject, object, key.seal(BODY, id, &put(about, changes)), by.person, now]).await?;
    Ok(())
}

/// The newest corrections of a case.
pub async fn list(tx: &Reader, seen: &Seen, limit: i64, offset: i64) -> Result<Vec<Entry>, DbError> {
    let sql = "/* history::list unscoped: takes Seen */
        SELECT c.id, c.subject, c.body, c.guarded, p.name AS by, c.at FROM record_change c JOIN person p ON p.id = c.by_id
         WHERE c.case_id = $1 ORDER BY c.at DESC, c.id DESC LIMIT $2 OFFSET $3";
    let rows: Vec<Kept> = tx.all(sql, args![seen.case(), limit, offset]).await?;
    let key = sealing::key_of(tx, seen.case().0).await?;
    let open = |kept: Kept| {
        if kept.guarded {
            return Ok(Entry { kept, about: String::new(), changes: Vec::new() });
        }
        let text = sealing::text(key.as_ref(), BODY, kept.id, Some(&kept.body))?;
        let (about, changes) = take(&text);
        Ok(Entry { kept, about, changes })
    };
    rows.into_iter().map(open).collect()
}

/// What was kept about somebody who was entered by mistake goes with them: it belongs to another child.
pub async fn forget(tx: &mut Draft, case: CaseId, object: Uuid) -> Result<(), DbError> {
    let sql = "/* history::forget unscoped: of the case just seen */ DELETE FROM record_change WHERE case_id = $1 AND object_id = $2 AND subject = 'family'";
    tx.exec(sql, args![case, object]).await.map(drop)
}

/// A protection begins: what was corrected so far may lead to the child, and goes under the key of the protected facts.
pub async fn guard(tx: &mut Draft, case: CaseId, own: Option<&DataKey>, guarded: &DataKey) -> Result<(), DbError> {
    let sql = "/* history::guard unscoped: of the case whose protection begins */
        SELECT id, body FROM record_change WHERE case_id = $1 AND guarded = FALSE ORDER BY at LIMIT 10000";
    let rows: Vec<(Uuid, Vec<u8>)> = tx.all(sql, args![case]).await?;
    for (id, body) in rows {
        let text = sealing::text(own, BODY, id, Some(&body))?;
        let sql = "/* history::guard */ UPDATE record_change SET body = $2, guarded = TRUE WHERE id = $1";
        tx.exec(sql, args![id, guarded.seal(BODY, id, &text)]).await?;
    }
    Ok(())
}
