use super::{Source, Target, drill, make, restore, standing};
use crate::testing::{World, empty_postgres, empty_sqlite};
use ed25519_dalek::SigningKey;
use platform::{
    clock::Clock,
    db::{Db, Engine, Plain},
    id::{Mint, hex},
};
use std::{fs, path::PathBuf, sync::Arc};
use tsumugi::{
    app::{App, Settings},
    demo,
    journal::{Store, checkpoint::Checkpoint, head},
};
use vault::archive::Identity;

/// A folder that goes away with its test.
pub struct Place(pub PathBuf);

impl Place {
    pub fn fresh() -> Place {
        let (_, folder) = empty_sqlite();
        Place(folder)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn app(db: Db, w: &World) -> App {
    let settings = Arc::new(Settings::default());
    App { store: Store::new(db), demo: false, settings, mint: Mint::seeded(99), ..w.app.clone() }
}

struct Keys {
    target: Target,
    theirs: Identity,
}

fn keys(folder: &std::path::Path) -> Keys {
    let (ours, theirs) = (Identity::generate(), Identity::generate());
    let recipients = [&ours, &theirs].map(|k| k.recipient().parse().expect("a public key")).to_vec();
    Keys {
        target: Target { folder: folder.to_owned(), recipients, key: SigningKey::from_bytes(&[5; 32]), keep: 3 },
        theirs,
    }
}

fn source(file: &std::path::Path, key: &Identity) -> Source {
    let keys = Identity::of_file(&key.file()).expect("the key");
    let signer = Some(hex(SigningKey::from_bytes(&[5; 32]).verifying_key().as_bytes()));
    Source { file: file.to_owned(), keys, signer }
}

/// Every row of every table but those that are left out, sorted; times as SQLite keeps them.
async fn everything(db: &Db) -> Vec<(String, Vec<String>)> {
    let mut tx = db.read().await.expect("a snapshot");
    let mut all = Vec::new();
    for table in tx.tables().await.expect("tables") {
        if ["session", "ceremony", "journal", "journal_seal", "journal_head", "journal_queue", "backup_run"]
            .contains(&table.name.as_str())
        {
            continue;
        }
        let mut rows = Vec::new();
        tx.dump(&table, &mut |row: &[Plain]| {
            // One engine keeps JSON as it was written, the other in its own order.
            let row: Vec<Plain> = row
                .iter()
                .map(|v| match v {
                    Plain::Text(t) if t.starts_with(['[', '{']) => Plain::Text(
                        platform::serde_json::from_str::<platform::serde_json::Value>(t)
                            .map_or(t.clone(), |v| v.to_string()),
                    ),
                    other => other.clone(),
                })
                .collect();
            rows.push(format!("{row:?}"));
            Ok(())
        })
        .await
        .expect("rows");
        rows.sort();
        all.push((table.name, rows));
    }
    all
}

/// A database of either kind with a small demo, for both directions of a move.
async fn world(engine: Engine) -> World {
    let w = match engine {
        Engine::Sqlite => {
            let (db, folder) = empty_sqlite();
            World::bare(db, Some(folder)).await
        }
        Engine::Postgres => World::bare(empty_postgres().await, None).await,
    };
    demo::load(&w.db, &Clock::fixed(w.app.now()), 7, 6).await.expect("a small demo");
    w
}

async fn empty(engine: Engine) -> (Db, Option<Place>) {
    match engine {
        Engine::Sqlite => {
            let (db, folder) = empty_sqlite();
            (db, Some(Place(folder)))
        }
        Engine::Postgres => (empty_postgres().await, None),
    }
}

/// Everything comes back, the journal is whole, and a case opens, whichever engine it came from and goes to.
async fn there_and_back(from: Engine, to: Engine) {
    let w = world(from).await;
    let (put, folder) = (empty(to).await, Place::fresh());
    let k = keys(&folder.0);
    let made = make(&w.db, &w.app.mint, &k.target, &w.app.clock).await.expect("a backup");
    assert!(made.rows > 500 && made.journal_seq > 10, "{made:?}");
    let raw = fs::read(&made.file).expect("the file");
    let name: Vec<(String,)> = w.all("/* t */ SELECT child_name FROM child_case LIMIT 1", vec![]).await;
    assert!(!raw.windows(name[0].0.len()).any(|part| part == name[0].0.as_bytes()), "nothing readable in the file");
    let before = everything(&w.db).await;
    let new = app(put.0.clone(), &w);
    let notes: Vec<Checkpoint> = Vec::new();
    let drilled = drill(&new, &source(&made.file, &k.theirs), &notes).await.expect("restored");
    assert!(drilled.opened);
    assert_eq!(
        (drilled.restored.rows, drilled.restored.entries, drilled.restored.missing),
        (made.rows, made.journal_seq, 0)
    );
    assert_eq!(everything(&put.0).await, before);
    let told = standing(&w.db.read().await.expect("a snapshot")).await.expect("a standing");
    assert_eq!(told.last.as_ref().map(|l| l.journal_seq), Some(made.journal_seq));
    assert!(!told.is_late(w.app.now()) && told.trouble.is_none());
    // Sessions of that day are not in the file: only the one with which the drill opened its case.
    let tx = put.0.read().await.expect("a snapshot");
    let sessions: (i64,) = tx.one("/* t */ SELECT COUNT(*) FROM session", vec![]).await.expect("a count");
    assert_eq!(sessions.0, 1);
}

#[tokio::test]
async fn what_was_kept_comes_back_on_sqlite() {
    there_and_back(Engine::Sqlite, Engine::Sqlite).await;
}

#[tokio::test]
async fn what_was_kept_comes_back_on_postgres() {
    there_and_back(Engine::Postgres, Engine::Postgres).await;
}

#[tokio::test]
async fn an_area_grows_from_sqlite_to_postgres() {
    there_and_back(Engine::Sqlite, Engine::Postgres).await;
}

#[tokio::test]
async fn an_area_shrinks_from_postgres_to_sqlite() {
    there_and_back(Engine::Postgres, Engine::Sqlite).await;
}

#[tokio::test]
async fn a_backup_that_was_changed_or_is_not_for_us_is_not_restored_on_sqlite() {
    let w = world(Engine::Sqlite).await;
    let folder = Place::fresh();
    let k = keys(&folder.0);
    let made = make(&w.db, &w.app.mint, &k.target, &w.app.clock).await.expect("a backup");
    let refused = async |source: Source| {
        let put = empty(Engine::Sqlite).await;
        let told = restore(&app(put.0.clone(), &w), &source, &[]).await.expect_err("refused");
        let tables = put.0.read().await.expect("a snapshot").tables().await.expect("tables");
        if tables.iter().any(|t| t.name == "child_case") {
            let tx = put.0.read().await.expect("a snapshot");
            let rows: (i64,) = tx.one("/* t */ SELECT COUNT(*) FROM child_case", vec![]).await.expect("a count");
            assert_eq!(rows.0, 0, "all or nothing");
        }
        told
    };
    assert!(refused(source(&made.file, &Identity::generate())).await.contains("この秘密鍵では開けません"));
    let other = Source { signer: Some(hex(&[7; 32])), ..source(&made.file, &k.theirs) };
    assert!(refused(other).await.contains("思っていた鍵の署名ではありません"));
    let whole = fs::read(&made.file).expect("the file");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::write(&made.file, &changed).expect("written");
    assert!(refused(source(&made.file, &k.theirs)).await.contains("署名された説明と合いません"));
    fs::write(&made.file, &whole[..whole.len() - 100]).expect("written");
    assert!(refused(source(&made.file, &k.theirs)).await.contains("署名された説明と合いません"));
    fs::write(&made.file, &whole).expect("written");
    let beside = made.file.with_extension("signed");
    let text = fs::read_to_string(&beside).expect("the description");
    fs::write(&beside, text.replace("\"journal_seq\":", "\"journal_seq\":1")).expect("written");
    assert!(refused(source(&made.file, &k.theirs)).await.contains("署名が合いません"));
    fs::write(&beside, text).expect("written");
    let told = restore(&app(w.db.clone(), &w), &source(&made.file, &k.theirs), &[]).await.expect_err("not over data");
    assert!(told.contains("空ではありません"), "{told}");
}

#[tokio::test]
async fn a_restoration_says_how_many_entries_the_backup_does_not_have_on_sqlite() {
    let w = world(Engine::Sqlite).await;
    let folder = Place::fresh();
    let k = keys(&folder.0);
    let made = make(&w.db, &w.app.mint, &k.target, &w.app.clock).await.expect("a backup");
    let head = head(&w.db.read().await.expect("a snapshot")).await.expect("a head").expect("entries");
    let note =
        Checkpoint { installation: head.installation, seq: made.journal_seq + 40, hash: [0; 32], at: w.app.now() };
    let put = empty(Engine::Sqlite).await;
    let restored = restore(&app(put.0, &w), &source(&made.file, &k.theirs), &[note]).await.expect("restored");
    assert_eq!(restored.missing, 40);
}

#[tokio::test]
async fn a_backup_that_fails_is_noted_and_leaves_no_half_file_on_sqlite() {
    let w = world(Engine::Sqlite).await;
    let folder = Place::fresh();
    let k = keys(&folder.0);
    let one = Target { recipients: k.target.recipients[..1].to_vec(), ..keys(&folder.0).target };
    assert!(make(&w.db, &w.app.mint, &one, &w.app.clock).await.expect_err("one recipient").contains("2つ以上"));
    let file = folder.0.join("a file");
    fs::write(&file, "x").expect("written");
    let nowhere = Target { folder: file.join("under a file"), ..keys(&folder.0).target };
    assert!(make(&w.db, &w.app.mint, &nowhere, &w.app.clock).await.is_err());
    let told = standing(&w.db.read().await.expect("a snapshot")).await.expect("a standing");
    assert!(told.last.is_none() && told.trouble.as_ref().is_some_and(|t| t.trouble.contains("書けません")));
    w.advance_hours(27);
    assert!(told.is_late(w.app.now()));
    let left: Vec<String> =
        fs::read_dir(&folder.0).expect("the folder").filter_map(|f| f.ok()?.file_name().into_string().ok()).collect();
    assert!(left.iter().all(|n| !n.ends_with(".age") && !n.ends_with(".part")), "{left:?}");
}

#[tokio::test]
async fn the_server_makes_one_backup_a_night_on_sqlite() {
    let w = world(Engine::Sqlite).await;
    let folder = Place::fresh();
    let plan = Arc::new(super::Plan { target: keys(&folder.0).target, at: jiff::civil::Time::constant(2, 30, 0, 0) });
    let made = async || {
        let db = w.db.clone();
        super::tick(&w.app, &plan, move || async move { Ok(db) }).await.expect("a tick")
    };
    assert!(made().await, "the first one at once");
    assert!(!made().await);
    w.advance_hours(17);
    assert!(made().await, "03:00 of the next day");
    assert!(!made().await);
    for _ in 0..5 {
        w.advance_hours(24);
        assert!(made().await);
    }
    let kept = fs::read_dir(&folder.0)
        .expect("the folder")
        .filter(|f| f.as_ref().is_ok_and(|f| f.path().extension().is_some_and(|e| e == "age")))
        .count();
    assert_eq!(kept, 3, "the newest stay");
}

#[tokio::test]
async fn a_restoration_wants_the_root_key_and_the_notes_that_fit_on_sqlite() {
    let w = world(Engine::Sqlite).await;
    let folder = Place::fresh();
    let k = keys(&folder.0);
    let made = make(&w.db, &w.app.mint, &k.target, &w.app.clock).await.expect("a backup");
    let (put, _folder) = empty(Engine::Sqlite).await;
    let other = put.clone().with_roots(vault::field::Roots::new(vec![vault::field::Key::new([9; 32])]));
    let told = restore(&app(other, &w), &source(&made.file, &k.theirs), &[]).await.expect_err("another root key");
    assert!(told.contains("封緘の根の鍵"), "{told}");
    let tx = put.read().await.expect("a snapshot");
    let rows: (i64,) = tx.one("/* t */ SELECT COUNT(*) FROM child_case", vec![]).await.expect("a count");
    assert_eq!(rows.0, 0, "nothing of it is kept");
    // A note that was taken before the backup says another hash than the chain in it: the backup is not what was noted.
    let head = head(&w.db.read().await.expect("a snapshot")).await.expect("a head").expect("entries");
    let note =
        Checkpoint { installation: head.installation, seq: made.journal_seq - 3, hash: [1; 32], at: w.app.now() };
    let (put, _folder) = empty(Engine::Sqlite).await;
    let told = restore(&app(put, &w), &source(&made.file, &k.theirs), &[note]).await.expect_err("another chain");
    assert!(told.contains("記録簿に異常"), "{told}");
}

/// Locks of this process on a file, as the kernel counts them.
fn locks(file: &std::path::Path) -> usize {
    use std::os::unix::fs::MetadataExt as _;
    let inode = format!(":{} ", fs::metadata(file).expect("the file").ino());
    let pid = format!(" {} ", std::process::id());
    let all = fs::read_to_string("/proc/locks").expect("the kernel's list");
    all.lines().filter(|l| l.contains(&inode) && l.contains(&pid)).count()
}

#[tokio::test]
async fn a_second_connection_to_the_same_file_leaves_the_servers_locks_alone_on_sqlite() {
    let folder = Place::fresh();
    let file = folder.0.join("locked.sqlite");
    let db = Db::sqlite(&file).expect("a database");
    db.migrate(tsumugi::schema::MIGRATIONS).await.expect("the schema");
    db.read().await.expect("a snapshot").tables().await.expect("tables");
    let before = locks(&file);
    assert!(before > 0, "an open database is locked against being taken away");
    let second = Db::sqlite(&file).expect("the same database");
    second.read().await.expect("a snapshot").tables().await.expect("tables");
    drop(second);
    assert_eq!(locks(&file), before);
}
