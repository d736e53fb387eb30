//! Taking in a public file: rows are staged and compared first, shown, and only then applied, all at once.

use crate::{
    account::Actor,
    app::App,
    area::Municipality,
    exchange::directory::{self, Entry, Format, Kind, Row, RowError},
    journal::{Draft, Object},
    policy::{self, ImportResources},
    web::Error,
};
use platform::{
    Date, Timestamp, args,
    db::{DbError, Json, Reader},
    id::{ImportId, OrganisationId, PersonId, ResourceId},
    japanese::fold::fold,
    row,
    serde_json::{Value, json},
    vocabulary,
};
use sha2::{Digest, Sha256};
use std::{
    io::{BufReader, Read, Seek},
    ops::ControlFlow,
};

vocabulary! {
    /// What a row of a file would do to the directory.
    pub enum Outcome { New = "new" "新しい", Changed = "changed" "変わった", Same = "same" "同じ", Gone = "gone" "なくなった", Error = "error" "読めない" }
}

vocabulary! {
    pub enum RunStatus { Reading = "reading" "読込み中", Preview = "preview" "確認待ち", Applied = "applied" "取込み済み", Failed = "failed" "中止" }
}

row! {
    pub struct Run {
        pub id: ImportId, pub file_name: String, pub format: String, pub encoding: String, pub by: String, pub at: Timestamp, pub status: RunStatus,
        pub added: i64, pub changed: i64, pub same: i64, pub gone: i64, pub elsewhere: i64, pub repeated: i64, pub errors: i64,
    }
    pub struct Staged { pub line: i64, pub outcome: Outcome, pub source_key: String, pub kind: String, pub digest: String, pub payload: Option<Json>, pub message: String, pub column_name: String }
    pub struct Existing { pub id: ResourceId, pub digest: String, pub gone_on: Option<Date> }
}

const BATCH: usize = 500;

pub async fn runs(tx: &Reader) -> Result<Vec<Run>, DbError> {
    let sql = "/* resource::runs */
        SELECT r.id, r.file_name, r.format, r.encoding, p.name AS by, r.at, r.status, r.added, r.changed, r.same, r.gone, r.elsewhere, r.repeated, r.errors
          FROM import_run r JOIN person p ON p.id = r.by_id ORDER BY r.at DESC, r.id DESC LIMIT 50";
    tx.all(sql, vec![]).await
}

pub async fn run(tx: &Reader, id: ImportId) -> Result<Option<Run>, DbError> {
    let sql = "/* resource::run */
        SELECT r.id, r.file_name, r.format, r.encoding, p.name AS by, r.at, r.status, r.added, r.changed, r.same, r.gone, r.elsewhere, r.repeated, r.errors
          FROM import_run r JOIN person p ON p.id = r.by_id WHERE r.id = $1";
    tx.opt(sql, args![id]).await
}

pub async fn rows(tx: &Reader, id: ImportId, outcome: Outcome, limit: i64) -> Result<Vec<Staged>, DbError> {
    let sql = "/* resource::rows */
        SELECT line, outcome, source_key, kind, digest, payload, message, column_name FROM import_row
         WHERE import_id = $1 AND outcome = $2 ORDER BY line, kind LIMIT $3";
    tx.all(sql, args![id, outcome, limit]).await
}

/// What the blocking reader hands over: a batch of rows, or the end with the head of the file.
enum Piece {
    Rows(Vec<Row>),
    End(Result<directory::Head, directory::FileError>),
}

/// Reads a file on a thread of its own and stages its rows in small transactions, so that others can write meanwhile.
pub async fn previewed<R>(
    app: &App,
    by: PersonId,
    file_name: &str,
    source: R,
) -> Result<Result<ImportId, String>, Error>
where
    R: Read + Seek + Send + 'static,
{
    let now = app.now();
    let id: ImportId = app.mint.id(now);
    let mut tx = app.store.begin().await?;
    let sql = "/* resource::previewed */
        INSERT INTO import_run (id, file_name, format, encoding, by_id, at, status) VALUES ($1, $2, '', '', $3, $4, $5)";
    tx.exec(sql, args![id, file_name, by, now, RunStatus::Reading]).await?;
    tx.commit_housekeeping().await?;
    let (give, mut take) = tokio::sync::mpsc::channel::<Piece>(4);
    tokio::task::spawn_blocking(move || {
        let mut batch = Vec::with_capacity(BATCH);
        let outcome = directory::read(BufReader::new(source), &mut |row| {
            batch.push(row);
            if batch.len() == BATCH && give.blocking_send(Piece::Rows(std::mem::take(&mut batch))).is_err() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        let _ = give.blocking_send(Piece::Rows(batch));
        let _ = give.blocking_send(Piece::End(outcome));
    });
    // The format is known only with the head, so rows wait for it as far as they must: keys are compared at the end.
    let (mut elsewhere, mut repeated) = (0_i64, 0_i64);
    while let Some(piece) = take.recv().await {
        match piece {
            Piece::Rows(batch) => {
                let mut tx = app.store.begin().await?;
                for row in batch {
                    match row {
                        Row::Entry(entry) => stage(&mut tx, id, &entry).await?,
                        Row::Elsewhere { .. } => elsewhere += 1,
                        Row::Repeated { .. } => repeated += 1,
                        Row::Error(e) => stage_error(&mut tx, id, &e).await?,
                    }
                }
                tx.commit_housekeeping().await?;
            }
            Piece::End(Err(e)) => {
                let mut tx = app.store.begin().await?;
                tx.exec("/* resource::previewed */ UPDATE import_run SET status = 'failed' WHERE id = $1", args![id])
                    .await?;
                tx.commit_housekeeping().await?;
                return Ok(Err(e.sentence()));
            }
            Piece::End(Ok(head)) => {
                compare(app, id, &head, elsewhere, repeated).await?;
                return Ok(Ok(id));
            }
        }
    }
    Err(Error::Internal("the reader of a directory file stopped".to_owned()))
}

async fn stage(tx: &mut Draft, id: ImportId, e: &Entry) -> Result<(), DbError> {
    let payload = json!({
        "name": e.name, "kana": e.kana, "corporation": e.corporation, "municipality": e.municipality, "postal": e.postal, "address": e.address,
        "phone": e.phone, "fax": e.fax, "url": e.url, "latitude": e.latitude, "longitude": e.longitude, "hours": e.hours, "closed": e.closed,
        "note": note(e), "capacity": e.capacity,
    });
    let digest: String =
        Sha256::digest(payload.to_string().as_bytes()).iter().take(16).map(|b| format!("{b:02x}")).collect();
    for kind in &e.kinds {
        let sql = "/* resource::stage */
            INSERT INTO import_row (import_id, line, outcome, source_key, kind, digest, payload, municipality) VALUES ($1, $2, 'new', $3, $4, $5, $6, $7)";
        let line = i64::try_from(e.line).unwrap_or(i64::MAX);
        tx.exec(sql, args![id, line, &e.key, *kind, &digest, payload.clone(), e.municipality]).await?;
    }
    Ok(())
}

fn note(e: &Entry) -> String {
    let departments = (!e.departments.is_empty()).then(|| format!("診療科目：{}", e.departments.join("、")));
    [Some(e.note.clone()), departments].into_iter().flatten().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n")
}

async fn stage_error(tx: &mut Draft, id: ImportId, e: &RowError) -> Result<(), DbError> {
    let sql = "/* resource::stage_error */
        INSERT INTO import_row (import_id, line, outcome, message, column_name) VALUES ($1, $2, 'error', $3, $4)";
    tx.exec(sql, args![id, i64::try_from(e.line).unwrap_or(i64::MAX), &e.message, &e.column]).await?;
    Ok(())
}

/// Compares what was staged with the directory, and writes the exact summary.
async fn compare(app: &App, id: ImportId, head: &directory::Head, elsewhere: i64, repeated: i64) -> Result<(), Error> {
    let source = head.format.code();
    let mut tx = app.store.begin().await?;
    let sql = "/* resource::compare */
        UPDATE import_row SET outcome = 'changed' WHERE import_id = $1 AND outcome = 'new' AND EXISTS (
            SELECT 1 FROM service s WHERE s.source = $2 AND s.source_key = import_row.source_key AND s.kind = import_row.kind)";
    tx.exec(sql, args![id, source]).await?;
    let sql = "/* resource::compare */
        UPDATE import_row SET outcome = 'same' WHERE import_id = $1 AND outcome = 'changed' AND EXISTS (
            SELECT 1 FROM service s WHERE s.source = $2 AND s.source_key = import_row.source_key AND s.kind = import_row.kind
               AND s.digest = import_row.digest AND s.gone_on IS NULL)";
    tx.exec(sql, args![id, source]).await?;
    let sql = "/* resource::compare */
        SELECT COUNT(*) FROM service s WHERE s.source = $2 AND s.gone_on IS NULL AND NOT EXISTS (
            SELECT 1 FROM import_row r WHERE r.import_id = $1 AND r.source_key = s.source_key AND r.kind = s.kind)
           AND EXISTS (SELECT 1 FROM import_row k WHERE k.import_id = $1 AND k.kind = s.kind AND k.municipality = s.municipality)";
    let (missing,): (i64,) = tx.one(sql, args![id, source]).await?;
    let sql = "/* resource::compare */ SELECT outcome, COUNT(*) FROM import_row WHERE import_id = $1 GROUP BY outcome";
    let counts: Vec<(Outcome, i64)> = tx.all(sql, args![id]).await?;
    let unread = counts.iter().any(|(k, n)| *k == Outcome::Error && *n > 0);
    // A row that cannot be read may be the one that seems to be missing: nothing is called gone on a guess.
    let gone = if unread { 0 } else { missing };
    let of = |o: Outcome| counts.iter().find(|(k, _)| *k == o).map_or(0, |(_, n)| *n);
    let sql = "/* resource::compare */
        UPDATE import_run SET format = $2, encoding = $3, status = $4, added = $5, changed = $6, same = $7, gone = $8, elsewhere = $9,
               repeated = $10, errors = $11 WHERE id = $1";
    let args = args![
        id,
        source,
        head.encoding.label(),
        RunStatus::Preview,
        of(Outcome::New),
        of(Outcome::Changed),
        of(Outcome::Same),
        gone,
        elsewhere,
        repeated,
        of(Outcome::Error)
    ];
    tx.exec(sql, args).await?;
    tx.commit_housekeeping().await
}

/// Applies a staged file in one transaction. False: it was applied already. Applying the same file twice changes nothing.
pub async fn applied(app: &App, actor: &Actor, id: ImportId) -> Result<bool, Error> {
    let permit = policy::by_role::<ImportResources>(actor)?;
    let (now, today) = (app.now(), app.today());
    let mut tx = app.store.begin().await?;
    let found = run(&tx, id).await?.ok_or(Error::NotFound)?;
    let sql = "/* resource::applied */ UPDATE import_run SET status = 'applied' WHERE id = $1 AND status = 'preview'";
    if tx.exec(sql, args![id]).await? == 0 {
        return Ok(false);
    }
    for outcome in [Outcome::New, Outcome::Changed] {
        let staged = rows(&tx, id, outcome, i64::from(u32::MAX)).await?;
        for row in &staged {
            apply_row(app, &mut tx, &found.format, row, now, today).await?;
        }
    }
    if found.errors > 0 {
        tx.commit(&permit, &app.mint, now, Object::new("import_run", id.0), None, &found.format).await?;
        return Ok(true);
    }
    let sql = "/* resource::applied */
        UPDATE service SET gone_on = $3, version = version + 1 WHERE source = $2 AND gone_on IS NULL AND NOT EXISTS (
            SELECT 1 FROM import_row r WHERE r.import_id = $1 AND r.source_key = service.source_key AND r.kind = service.kind)
           AND EXISTS (SELECT 1 FROM import_row k WHERE k.import_id = $1 AND k.kind = service.kind AND k.municipality = service.municipality)";
    tx.exec(sql, args![id, &found.format, today]).await?;
    tx.commit(&permit, &app.mint, now, Object::new("import_run", id.0), None, &found.format).await?;
    Ok(true)
}

async fn apply_row(
    app: &App,
    tx: &mut Draft,
    source: &str,
    row: &Staged,
    now: Timestamp,
    today: Date,
) -> Result<(), Error> {
    let Some(Json(p)) = &row.payload else { return Ok(()) };
    let text = |name: &str| p.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let kind = Kind::from_code(&row.kind).unwrap_or(Kind::Other);
    let (name, kana) = (text("name"), text("kana"));
    let municipality = text("municipality");
    let organisation = site(app, tx, p, now, today).await?;
    let kana_fold = if kana.is_empty() { fold(&name) } else { fold(&kana) };
    let existing: Option<Existing> = tx
        .opt(
            "/* resource::apply_row */ SELECT id, digest, gone_on FROM service WHERE source = $1 AND source_key = $2 AND kind = $3",
            args![source, &row.source_key, kind],
        )
        .await?;
    let existing = match existing {
        Some(found) => Some(found),
        None => by_hand(tx, organisation, kind).await?,
    };
    if let Some(e) = existing {
        let sql = "/* resource::apply_row */
            UPDATE service SET organisation_id = $2, digest = $3, municipality = $4, name_fold = $5, kana_fold = $6, hours = $7, closed_days = $8,
                   places = $9, note = $10, source = $11, source_key = $12, gone_on = NULL, version = version + 1 WHERE id = $1";
        let args = args![
            e.id,
            organisation,
            &row.digest,
            &municipality,
            fold(&name),
            kana_fold,
            text("hours"),
            text("closed"),
            p.get("capacity").and_then(Value::as_i64),
            text("note"),
            source,
            &row.source_key
        ];
        tx.exec(sql, args).await?;
        return Ok(());
    }
    let id: ResourceId = app.mint.id(now);
    let new = NewService { id, source, key: &row.source_key, digest: &row.digest, kind, organisation, payload: p };
    insert(tx, &new).await?;
    Ok(())
}

/// What somebody entered by hand before the file knew it: the file takes it over, with its confirmations and referrals.
async fn by_hand(tx: &mut Draft, organisation: OrganisationId, kind: Kind) -> Result<Option<Existing>, DbError> {
    let sql = "/* resource::by_hand */
        SELECT id, digest, gone_on FROM service WHERE source = $1 AND organisation_id = $2 AND kind = $3 ORDER BY id LIMIT 1";
    tx.opt(sql, args![super::hand::BY_HAND, organisation, kind]).await
}

/// A service that is not in the directory yet, with what a file or a person says about it.
pub struct NewService<'a> {
    pub id: ResourceId,
    pub source: &'a str,
    pub key: &'a str,
    pub digest: &'a str,
    pub kind: Kind,
    pub organisation: OrganisationId,
    pub payload: &'a Value,
}

pub async fn insert(tx: &mut Draft, n: &NewService<'_>) -> Result<(), DbError> {
    let text = |name: &str| n.payload.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let (name, kana, municipality) = (text("name"), text("kana"), text("municipality"));
    let sql = "/* resource::insert */
        INSERT INTO service (id, organisation_id, kind, field, source, source_key, digest, municipality, name_fold, kana_fold, hours, closed_days, places, note)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let args = args![
        n.id,
        n.organisation,
        n.kind,
        n.kind.field().code(),
        n.source,
        n.key,
        n.digest,
        &municipality,
        fold(&name),
        if kana.is_empty() { fold(&name) } else { fold(&kana) },
        text("hours"),
        text("closed"),
        n.payload.get("capacity").and_then(Value::as_i64),
        text("note")
    ];
    tx.exec(sql, args).await?;
    // A file says where a service stands, not whom it serves; until somebody confirms, that is the area served.
    let sql = "/* resource::insert */ INSERT INTO service_area (service_id, municipality) VALUES ($1, $2)";
    tx.exec(sql, args![n.id, municipality]).await?;
    Ok(())
}

/// The same name at the same address is the same site.
pub fn site_key(p: &Value) -> String {
    let text = |name: &str| p.get(name).and_then(Value::as_str).unwrap_or("");
    format!("{}|{}|{}", fold(text("name")), text("municipality"), fold(text("address")))
}

/// The site of a row: the same name at the same address is the same site, whichever file it came from.
pub async fn site(
    app: &App,
    tx: &mut Draft,
    p: &Value,
    now: Timestamp,
    today: Date,
) -> Result<OrganisationId, DbError> {
    let text = |name: &str| p.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let (name, municipality) = (text("name"), text("municipality"));
    let number = |name: &str| p.get(name).and_then(Value::as_f64);
    let address = text("address");
    let key = site_key(p);
    let sql = "/* resource::site */
        INSERT INTO organisation (id, kind, name, kana, municipality, corporation, postal, address, phone, fax, url, latitude, longitude, site_key, since)
        VALUES ($1, 'site', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (site_key) WHERE site_key IS NOT NULL DO UPDATE SET kana = CASE WHEN excluded.kana = '' THEN organisation.kana ELSE excluded.kana END,
            corporation = CASE WHEN excluded.corporation = '' THEN organisation.corporation ELSE excluded.corporation END,
            phone = CASE WHEN excluded.phone = '' THEN organisation.phone ELSE excluded.phone END,
            fax = CASE WHEN excluded.fax = '' THEN organisation.fax ELSE excluded.fax END,
            url = CASE WHEN excluded.url = '' THEN organisation.url ELSE excluded.url END,
            latitude = COALESCE(excluded.latitude, organisation.latitude), longitude = COALESCE(excluded.longitude, organisation.longitude)
        RETURNING id";
    let id: OrganisationId = app.mint.id(now);
    let args = args![
        id,
        name,
        text("kana"),
        municipality,
        text("corporation"),
        text("postal"),
        address,
        text("phone"),
        text("fax"),
        text("url"),
        number("latitude"),
        number("longitude"),
        key,
        today
    ];
    Ok(tx.one::<(OrganisationId,)>(sql, args).await?.0)
}

/// The label of a stored format code.
pub fn format_label(code: &str) -> &'static str {
    Format::from_code(code).map_or("—", |f| f.label())
}

/// Municipality of a staged row, for the preview.
pub fn place(row: &Staged) -> &'static str {
    use platform::vocabulary::Vocabulary as _;
    let code = row.payload.as_ref().and_then(|Json(p)| p.get("municipality").and_then(Value::as_str)).unwrap_or("");
    Municipality::from_code(code).map_or("", |m| m.label())
}
