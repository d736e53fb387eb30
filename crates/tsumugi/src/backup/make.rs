//! Makes a backup: one snapshot, every table, straight into the encrypted file; nothing readable is ever on the disk.

use super::{archive, store};
use crate::{journal, policy};
use ed25519_dalek::SigningKey;
use platform::{
    Timestamp, Uuid,
    db::{Db, DbError},
    id::{Mint, hex},
    serde_json::{self, json},
};
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use vault::{
    archive::{Archive, Recipient, Written},
    signed,
};

/// Where backups go and who can read them.
pub struct Target {
    pub folder: PathBuf,
    pub recipients: Vec<Recipient>,
    pub key: SigningKey,
    /// How many of the newest ones stay in the folder.
    pub keep: usize,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub file: PathBuf,
    pub bytes: u64,
    pub rows: u64,
    pub journal_seq: i64,
}

/// `tsumugi-20261123T173000Z`, which sorts by time.
fn name(at: Timestamp) -> String {
    format!("tsumugi-{}", at.strftime("%Y%m%dT%H%M%SZ"))
}

/// Makes a backup and notes in the database how that ended.
pub async fn make(db: &Db, mint: &Mint, target: &Target, clock: &platform::clock::Clock) -> Result<Made, String> {
    let begun = clock.now();
    let outcome = write(db, target, begun).await;
    let (trouble, file, bytes, seq) = match &outcome {
        Ok(made) => ("", file_name(&made.file), i64::try_from(made.bytes).unwrap_or(i64::MAX), made.journal_seq),
        Err(trouble) => (trouble.as_str(), String::new(), 0, 0),
    };
    let run = store::Run {
        begun_at: begun,
        ended_at: clock.now(),
        trouble: trouble.to_owned(),
        file,
        bytes,
        journal_seq: seq,
    };
    let noted = note(db, mint, &run).await;
    let made = outcome?;
    noted.map_err(|e| format!("バックアップは取れましたが、データベースに書けませんでした：{e}"))?;
    thin_out(target, begun)?;
    Ok(made)
}

async fn note(db: &Db, mint: &Mint, run: &store::Run) -> Result<(), String> {
    let id: Uuid = mint.uuid(run.ended_at);
    let mut tx = journal::Store::new(db.clone()).begin().await.map_err(|e| format!("{e:?}"))?;
    store::add(&mut tx, id, run).await.map_err(|e| e.to_string())?;
    let detail = if run.trouble.is_empty() { "made" } else { "failed" };
    let permit = policy::by_operator("backup.make");
    let object = journal::Object::new("backup_run", id);
    tx.commit(&permit, mint, run.ended_at, object, None, detail).await.map_err(|e| format!("{e:?}"))
}

async fn write(db: &Db, target: &Target, at: Timestamp) -> Result<Made, String> {
    if target.recipients.len() < 2 {
        return Err(
            "バックアップの受取人は、運用する人と市町の保管者の2つ以上を指定してください（片方の鍵をなくしても開けるように）。"
                .to_owned(),
        );
    }
    let said = |e: io::Error| format!("バックアップを {} に書けません：{e}", target.folder.display());
    fs::create_dir_all(&target.folder).map_err(said)?;
    let file = target.folder.join(format!("{}.age", name(at)));
    let part = target.folder.join(format!("{}.age.part", name(at)));
    let written = fill(db, &part, &target.recipients, at).await;
    let (written, counts, journal_seq) = match written {
        Ok(done) => done,
        Err(trouble) => {
            let _ = fs::remove_file(&part);
            return Err(trouble);
        }
    };
    let description = json!({
        "file": file_name(&file), "bytes": written.bytes, "sha256": hex(&written.sha256),
        "at": at.to_string(), "engine": db.engine().name(), "version": env!("CARGO_PKG_VERSION"),
        "journal_seq": journal_seq, "rows": &counts,
    });
    let signed = signed::sign("backup", &description.to_string(), &target.key);
    let beside = file.with_extension("signed");
    let put = || {
        let mut out = File::create(&beside)?;
        out.write_all(signed.as_bytes())?;
        out.sync_all()?;
        // A backup without its description is none, so the description is there first.
        fs::rename(&part, &file)?;
        File::open(&target.folder)?.sync_all()
    };
    put().map_err(said)?;
    Ok(Made { file, bytes: written.bytes, rows: counts.values().sum(), journal_seq })
}

/// The encrypted file itself, with everything that one snapshot holds.
async fn fill(
    db: &Db,
    part: &Path,
    recipients: &[Recipient],
    at: Timestamp,
) -> Result<(Written, archive::Counts, i64), String> {
    let said = |e: io::Error| format!("バックアップを {} に書けません：{e}", part.display());
    let lost = |e: DbError| format!("データベースを読めません：{e}");
    use std::os::unix::fs::OpenOptionsExt as _;
    let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part).map_err(said)?;
    let packed = Archive::create(io::BufWriter::with_capacity(256 * 1024, out), recipients).map_err(said)?;
    let mut lines = io::BufWriter::with_capacity(64 * 1024, packed);
    let mut tx = db.read().await.map_err(lost)?;
    let (schema,): (i64,) =
        tx.one("/* backup::fill */ SELECT MAX(version) FROM schema_migration", vec![]).await.map_err(lost)?;
    let begin = json!({ "tsumugi": archive::FORM, "schema": schema, "at": at.to_string() });
    archive::write_line(&mut lines, &begin).map_err(said)?;
    let mut counts = BTreeMap::new();
    for table in tx.tables().await.map_err(lost)? {
        if archive::LEFT_OUT.contains(&table.name.as_str()) {
            continue;
        }
        archive::write_line(&mut lines, &archive::table_line(&table)).map_err(said)?;
        let rows = tx.dump(&table, &mut |row| archive::write_row(&mut lines, row)).await.map_err(lost)?;
        counts.insert(table.name, rows);
    }
    let journal_seq = journal::head(&tx).await.map_err(lost)?.map_or(0, |h| h.seq);
    archive::write_line(&mut lines, &json!({ "rows": &counts })).map_err(said)?;
    let packed = lines.into_inner().map_err(|e| said(e.into_error()))?;
    let (out, written) = packed.finish().map_err(said)?;
    out.into_inner().map_err(|e| said(e.into_error()))?.sync_all().map_err(said)?;
    Ok((written, counts, journal_seq))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The backups of a folder that are older than the newest `keep`.
fn surplus(mut names: Vec<String>, keep: usize) -> Vec<String> {
    let ours = |n: &String| {
        n.strip_prefix("tsumugi-")
            .and_then(|n| n.strip_suffix(".age"))
            .is_some_and(|at| at.len() == 16 && at.bytes().all(|b| b.is_ascii_digit() || b == b'T' || b == b'Z'))
    };
    names.retain(ours);
    names.sort();
    names.truncate(names.len().saturating_sub(keep.max(1)));
    names
}

fn thin_out(target: &Target, at: Timestamp) -> Result<(), String> {
    let said = |e: io::Error| format!("古いバックアップを片付けられません：{e}");
    let all = fs::read_dir(&target.folder).map_err(said)?;
    let names: Vec<String> = all.filter_map(|f| f.ok()?.file_name().into_string().ok()).collect();
    for half in names.iter().filter(|n| is_forgotten(n, at)) {
        fs::remove_file(target.folder.join(half)).map_err(said)?;
    }
    for name in surplus(names, target.keep) {
        let file = target.folder.join(name);
        fs::remove_file(&file).map_err(said)?;
        let _ = fs::remove_file(file.with_extension("signed"));
    }
    Ok(())
}

/// Whether this is the half of a backup that was broken off a day ago or longer.
fn is_forgotten(file: &str, at: Timestamp) -> bool {
    let yesterday = at.checked_sub(jiff::SignedDuration::from_hours(24)).unwrap_or(at);
    file.starts_with("tsumugi-") && file.ends_with(".age.part") && *file < *format!("{}.age.part", name(yesterday))
}

/// The description of a backup, whose signature is right; `signer` is the key that it must have, where it is known.
pub fn description(file: &Path, signer: Option<&str>) -> Result<(serde_json::Value, String), String> {
    let beside = file.with_extension("signed");
    let text = fs::read_to_string(&beside)
        .map_err(|e| format!("バックアップの説明 {} を読めません：{e}", beside.display()))?;
    let (text, key) = signed::check("backup", &text, signer).map_err(|e| format!("{}：{e}", beside.display()))?;
    let value = serde_json::from_str(text).map_err(|_| format!("{}：形が違います", beside.display()))?;
    Ok((value, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_half_of_a_broken_backup_goes_after_a_day() {
        let at: Timestamp = "2026-11-23T17:30:00Z".parse().expect("a time");
        let gone = |file: &str| is_forgotten(file, at);
        assert!(gone("tsumugi-20261121T173000Z.age.part") && gone("tsumugi-20261122T172900Z.age.part"));
        for kept in [
            "tsumugi-20261123T173000Z.age.part",
            "tsumugi-20261122T180000Z.age.part",
            "tsumugi-20261101T173000Z.age",
            "other-20261101T173000Z.age.part",
        ] {
            assert!(!gone(kept), "{kept}");
        }
    }

    #[test]
    fn the_newest_stay_and_only_our_files_are_looked_at() {
        let file = |day: u8| format!("tsumugi-202611{day:02}T173000Z.age");
        let mut all: Vec<String> = (1..=9).map(file).collect();
        all.extend(
            ["家計簿.age", "tsumugi-.age", "tsumugi-old.age", "tsumugi-20261101T173000Z.signed", "tsumugi.sqlite"]
                .map(str::to_owned),
        );
        assert_eq!(surplus(all.clone(), 7), [file(1), file(2)]);
        assert_eq!(surplus(all.clone(), 0).len(), 8, "the newest one always stays");
        assert!(surplus(all, 100).is_empty());
        assert_eq!(name("2026-11-23T17:30:00Z".parse().expect("a time")), "tsumugi-20261123T173000Z");
    }
}
