//! Puts a backup into an empty database of either engine, all of it or nothing.

use super::{
    archive::{Counts, LEFT_OUT, Lines, Read},
    make,
};
use crate::{
    app::App,
    journal::{self, Object, checkpoint::Checkpoint},
    policy, schema, sealing,
};
use platform::{
    db::{Db, DbError, Migration, Table},
    id::hex,
    serde_json::Value,
};
use std::{collections::BTreeMap, fs::File, io::BufReader, path::PathBuf};
use vault::archive::{self, Identity};

/// Rows that are loaded at once.
const BATCH: usize = 512;

/// A backup and what is needed to open it.
pub struct Source {
    pub file: PathBuf,
    pub keys: Vec<Identity>,
    /// The public key that must have signed it, where it is known.
    pub signer: Option<String>,
}

/// What was put back.
#[derive(Clone, Debug)]
pub struct Restored {
    pub rows: u64,
    pub tables: usize,
    pub entries: i64,
    /// The key that had signed the backup.
    pub signer: String,
    /// Entries of the journal that a note elsewhere knows of and this backup does not have.
    pub missing: i64,
}

/// Checks who wrote the file and that it is what they wrote, loads every row, compares the numbers, walks the journal.
///
/// The database must be empty. `app` is built on it; an entry about the restoration is the first new one of the journal.
pub async fn restore(app: &App, source: &Source, notes: &[Checkpoint]) -> Result<Restored, String> {
    let (description, signer) = make::description(&source.file, source.signer.as_deref())?;
    let said = |e: std::io::Error| format!("バックアップ {} を読めません：{e}", source.file.display());
    let measured = archive::measure(BufReader::new(File::open(&source.file).map_err(said)?)).map_err(said)?;
    if description.get("sha256").and_then(Value::as_str) != Some(hex(&measured.sha256).as_str()) {
        return Err(
            "バックアップのファイルが、署名された説明と合いません。写すときに壊れたか、変えられています。".to_owned()
        );
    }
    let input = BufReader::new(File::open(&source.file).map_err(said)?);
    let mut lines = Lines::new(archive::open(input, &source.keys)?);
    let Some(Read::Begin { schema }) = lines.next()? else {
        return Err("バックアップの初めの行が、つむぐのものではありません。".to_owned());
    };
    prepare(app.store.db(), schema).await?;
    let told: Option<Counts> = description.get("rows").and_then(|r| platform::serde_json::from_value(r.clone()).ok());
    let told = told.ok_or("バックアップの説明に件数がありません。")?;
    let counts = load(app, &mut lines, &told, notes).await?;
    app.store.db().migrate(schema::MIGRATIONS).await.map_err(broken)?;
    let newest = notes.iter().map(|n| n.seq).max().unwrap_or(0);
    let tables = counts.len();
    // The entry about the restoration, and on SQLite none else, has come after what the backup had.
    let entries = description.get("journal_seq").and_then(Value::as_i64).unwrap_or(0);
    Ok(Restored { rows: counts.values().sum(), tables, entries, signer, missing: (newest - entries).max(0) })
}

fn broken(e: DbError) -> String {
    format!("データベース：{e}")
}

/// Brings an empty database to the schema that the backup had.
async fn prepare(db: &Db, schema: i64) -> Result<(), String> {
    if !db.read().await.map_err(broken)?.tables().await.map_err(broken)?.is_empty() {
        return Err("戻す先のデータベースが空ではありません。新しい置き場所を指定してください。".to_owned());
    }
    let steps: Vec<Migration> = schema::MIGRATIONS.iter().copied().filter(|m| m.version <= schema).collect();
    if steps.last().map(|m| m.version) != Some(schema) {
        return Err(format!(
            "このバックアップは、新しい版（データベースの版 {schema}）で取られています。新しいプログラムで戻してください。"
        ));
    }
    db.migrate(&steps).await.map(drop).map_err(broken)
}

/// All rows in one transaction, with the entry about it.
async fn load<R: std::io::Read>(
    app: &App,
    lines: &mut Lines<R>,
    signed: &Counts,
    notes: &[Checkpoint],
) -> Result<Counts, String> {
    let mut tx = app.store.begin().await.map_err(|e| format!("{e:?}"))?;
    let known = tx.tables().await.map_err(broken)?;
    let loading = tx.loading().await.map_err(broken)?;
    for table in known.iter().filter(|t| !LEFT_OUT.contains(&t.name.as_str())) {
        tx.empty(table).await.map_err(broken)?;
    }
    let mut counts: Counts = BTreeMap::new();
    let mut table: Option<Table> = None;
    let mut rows = Vec::with_capacity(BATCH);
    let told = loop {
        let line = lines.next()?.ok_or("バックアップが途中で切れています。")?;
        let full = rows.len() >= BATCH || !matches!(line, Read::Row(_));
        if let Some(table) = table.as_ref().filter(|_| full && !rows.is_empty()) {
            tx.load(table, &rows).await.map_err(broken)?;
            rows.clear();
        }
        match line {
            Read::Row(row) => {
                let table = table.as_ref().filter(|t| t.columns.len() == row.len());
                let table = table.ok_or("バックアップの行が表と合いません。")?;
                *counts.entry(table.name.clone()).or_default() += 1;
                rows.push(row);
            }
            Read::Table(new) => {
                let ours = |t: &&Table| t.name == new.name && new.columns.iter().all(|c| t.columns.contains(c));
                if known.iter().find(ours).is_none() || LEFT_OUT.contains(&new.name.as_str()) {
                    return Err(format!("バックアップの表 {} が、データベースの版と合いません。", new.name));
                }
                counts.entry(new.name.clone()).or_default();
                table = Some(new);
            }
            Read::End(told) => break told,
            Read::Begin { .. } => return Err("バックアップが二つつながっています。".to_owned()),
        }
    };
    if told != counts {
        return Err("バックアップの件数が、その終わりの行と合いません。".to_owned());
    }
    if *signed != counts {
        return Err("バックアップの件数が、署名された説明と合いません。".to_owned());
    }
    tx.loaded(loading).await.map_err(broken)?;
    // Everything is looked at before it is kept: what is wrong leaves an empty database behind.
    if let Some(fault) = tx.fault().await.map_err(broken)? {
        return Err(format!("戻したデータベースに異常があります：{fault}"));
    }
    let head = journal::head(&tx).await.map_err(broken)?;
    // Notes of what came after the backup are not in it; those of what came before must fit.
    let known: Vec<Checkpoint> =
        notes.iter().filter(|n| head.as_ref().is_some_and(|h| n.seq <= h.seq)).cloned().collect();
    let seen = journal::verify(&tx, &known).await.map_err(broken)?;
    if let Some(fault) = seen.fault {
        return Err(format!("戻した記録簿に異常があります：{fault}"));
    }
    if !sealing::fits(&tx).await.map_err(broken)? {
        return Err(
            "封緘の根の鍵が、このバックアップのものではありません。--root-key FILE で指定してください。".to_owned()
        );
    }
    let permit = policy::by_operator("backup.restore");
    let id = app.mint.uuid(app.now());
    tx.commit(&permit, &app.mint, app.now(), Object::new("backup_restore", id), None, "")
        .await
        .map_err(|e| format!("{e:?}"))?;
    Ok(counts)
}
