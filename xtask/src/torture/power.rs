//! The power goes: what a server under load wrote is recorded by strace, and played again up to a moment by chance, where of all
//! that was not yet durable each sector is there, is missing, or belongs to a write whose other half is missing.
//!
//! What had been acknowledged before that moment must be in the database that is left, which must be whole. A run of the same
//! record in which nothing was ever made durable must do harm, or the whole would show nothing.

use super::{
    Findings, SEED, check,
    clients::{Crowd, locked},
    trace::{self, Did, Event},
};
use crate::{
    bench::{
        place::{Engine, Place},
        product::{self, Product},
        random::Random,
    },
    command::{self, Outcome},
};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

const SECTOR: usize = 512;
const WRITERS: usize = 8;
const LOAD: Duration = Duration::from_secs(4);
/// Cuts that are looked at with the product's own walk through the journal; all are looked at with SQLite.
const WALKS: usize = 25;

/// What the cuts of one run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    pub cuts: usize,
    pub events: usize,
    pub syncs: usize,
    /// Acknowledged writes that were looked for, over all cuts.
    pub looked_for: usize,
    /// Cuts after which an acknowledged write was missing.
    pub lost: usize,
    /// Cuts after which the database or its journal was broken, or an act half done.
    pub corrupt: usize,
}

impl Cuts {
    fn harm(&self) -> usize {
        self.lost + self.corrupt
    }
}

/// A record of what the product did to its files, with what it had acknowledged when.
struct Record {
    base: BTreeMap<PathBuf, Vec<u8>>,
    events: Vec<Event>,
    acknowledged: Vec<(String, f64)>,
    refused: usize,
    /// Whether the product ended by itself.
    gave_up: bool,
}

/// A few cuts of both kinds, for the tests. Where the system lets no process watch another, that is said, and nothing is shown.
pub fn short(program: &Path, folder: &Path, cuts: usize) -> Outcome<()> {
    let may = command::command("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        println!("NOT TESTED: this system lets strace watch no process, so no power was cut.");
        return Ok(());
    }
    println!("{}", table(&run(program, folder, cuts)?));
    println!("{}", flush_table(&failing_flush(program, folder, cuts / 2)?));
    Ok(())
}

/// What happened when the disk stopped keeping what it was told to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flush {
    pub acknowledged: usize,
    pub refused: usize,
    pub gave_up: bool,
    pub cuts: usize,
    pub lost: usize,
    pub corrupt: usize,
}

/// From one moment on every flush fails: nothing more may be acknowledged, the product must end by itself, and what a power cut
/// leaves then must have everything that was acknowledged.
pub fn failing_flush(program: &Path, folder: &Path, cuts: usize) -> Outcome<Flush> {
    let record = record(program, folder, Some("inject=fdatasync,fsync:error=EIO:when=60+"))?;
    // From the last flush that did something to the end.
    let last = record.events.iter().rposition(|e| matches!(e.did, Did::Sync { .. })).unwrap_or(0);
    let after = cut(program, folder, &record, (cuts, last), true)?;
    let told = Flush {
        acknowledged: record.acknowledged.len(),
        refused: record.refused,
        gave_up: record.gave_up,
        cuts,
        lost: after.lost,
        corrupt: after.corrupt,
    };
    if told.acknowledged == 0 || told.refused == 0 || !told.gave_up || told.lost + told.corrupt > 0 {
        return Err(format!("A failing flush was not met as it must be: {told:?}"));
    }
    Ok(told)
}

/// So many cuts with the syncs as they were, and as many with none.
pub fn run(program: &Path, folder: &Path, cuts: usize) -> Outcome<(Cuts, Cuts)> {
    let record = record(program, folder, None)?;
    let honest = cut(program, folder, &record, (cuts, 0), true)?;
    let control = cut(program, folder, &record, (cuts.min(60), 0), false)?;
    if honest.harm() > 0 {
        return Err(format!("The power went and did harm: {honest:?}"));
    }
    if honest.looked_for == 0 || honest.syncs < 20 {
        return Err(format!("Too little was recorded to show anything: {honest:?}"));
    }
    if control.harm() == 0 {
        return Err(format!("Without any sync nothing was lost either, so the cuts show nothing: {control:?}"));
    }
    Ok((honest, control))
}

pub fn flush_table(f: &Flush) -> String {
    format!(
        "| Every flush fails | Acknowledged before | Refused | Ended by itself | Cuts after it | With a loss | With damage |\n|---|--:|--:|---|--:|--:|--:|\n| SQLite | {} | {} | {} | {} | {} | {} |\n",
        f.acknowledged,
        f.refused,
        if f.gave_up { "yes" } else { "no" },
        f.cuts,
        f.lost,
        f.corrupt
    )
}

pub fn table((honest, control): &(Cuts, Cuts)) -> String {
    let row = |name: &str, c: &Cuts| {
        format!(
            "| {name} | {} | {} | {} | {} | {} | {} |\n",
            c.cuts, c.events, c.syncs, c.looked_for, c.lost, c.corrupt
        )
    };
    format!(
        "| Power cuts on SQLite | Cuts | Events | Syncs | Acknowledged, looked for | Cuts with a loss | Cuts with damage |\n|---|--:|--:|--:|--:|--:|--:|\n{}{}",
        row("As it is", honest),
        row("Control: no sync counted", control)
    )
}

fn io(what: &Path) -> impl Fn(std::io::Error) -> String {
    let what = what.display().to_string();
    move |error| format!("{what}: {error}.")
}

/// The files of the database as they lie there now.
fn files(data: &Path) -> Outcome<BTreeMap<PathBuf, Vec<u8>>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(data).map_err(io(data))?.flatten() {
        let path = entry.path();
        // The index of the log in shared memory is made anew after a crash.
        if path.is_file() && !path.to_string_lossy().ends_with("-shm") {
            all.insert(path.clone(), fs::read(&path).map_err(io(&path))?);
        }
    }
    Ok(all)
}

/// Watches a running process; ends with it.
pub fn strace(pid: u32, out: &Path, more: &[&str]) -> Outcome<Child> {
    let mut strace = command::command("strace");
    strace
        .args([
            "-f",
            "-ttt",
            "-xx",
            "-s",
            "1000000",
            "-e",
            "trace=openat,close,pwrite64,fsync,fdatasync,ftruncate,unlink",
        ])
        .args(more)
        .args(["-o"])
        .arg(out)
        .args(["-p", &pid.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = strace.spawn().map_err(|error| format!("strace did not start: {error}."))?;
    let status = format!("/proc/{pid}/status");
    let begun = Instant::now();
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let watched = text.lines().any(|l| l.strip_prefix("TracerPid:").is_some_and(|id| id.trim() != "0"));
        if watched {
            // Its threads follow at once.
            std::thread::sleep(Duration::from_millis(300));
            return Ok(child);
        }
        if begun.elapsed() > Duration::from_secs(10) {
            return Err("strace may not watch other processes here (ptrace).".to_owned());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn open_files(pid: u32) -> Outcome<HashMap<i32, PathBuf>> {
    let folder = PathBuf::from(format!("/proc/{pid}/fd"));
    let entries = fs::read_dir(&folder).map_err(io(&folder))?.flatten();
    Ok(entries.filter_map(|e| Some((e.file_name().to_str()?.parse().ok()?, fs::read_link(e.path()).ok()?))).collect())
}

/// `fault` is an option of strace that makes calls fail; then the product must end by itself.
fn record(program: &Path, folder: &Path, fault: Option<&str>) -> Outcome<Record> {
    let (data, log, out) = (folder.join("power-data"), folder.join("power.log"), folder.join("power.trace"));
    let place = Place::Sqlite(data.clone());
    if data.exists() {
        fs::remove_dir_all(&data).map_err(io(&data))?;
    }
    product::fill(program, &place, 20, &log)?;
    let mut product = Product::start(program, &place, &log)?;
    let crowd = Crowd::new()?;
    let desk = crowd.sit_down(product.address)?;
    // What lies there before the first recorded write; the clock of the product may write at any time, so it is compared.
    let (base, mut watcher, open) = loop {
        std::thread::sleep(Duration::from_millis(300));
        let base = files(&data)?;
        let open = open_files(product.pid())?;
        let watcher = strace(product.pid(), &out, &fault.map_or(vec![], |f| vec!["-e", f]))?;
        if files(&data)? == base {
            break (base, watcher, open);
        }
        command::stop(&mut { watcher }, "TERM", Duration::from_secs(5));
    };
    let clients = crowd.begin(&desk, WRITERS, SEED, 100);
    let gave_up = if fault.is_some() {
        product.ended(Duration::from_secs(30)) == Some(false)
    } else {
        std::thread::sleep(LOAD);
        false
    };
    product.kill()?;
    crowd.wait(clients)?;
    command::wait(&mut watcher, Duration::from_secs(20));
    let text = fs::read_to_string(&out).map_err(io(&out))?;
    let events =
        trace::read(&text, &open, &|file| file.starts_with(&data) && !file.to_string_lossy().ends_with("-shm"))?;
    if events.is_empty() {
        return Err("strace recorded no write of the database: nothing can be said of a power cut.".to_owned());
    }
    let mut ledger = locked(&crowd.ledger);
    let acknowledged = std::mem::take(&mut ledger.acknowledged);
    Ok(Record { base, events, acknowledged, refused: ledger.refused, gave_up })
}

/// The files as a disk would have them if the power went just before event `end`.
fn left(record: &Record, end: usize, durable: bool, random: &mut Random) -> BTreeMap<PathBuf, Vec<u8>> {
    // For each file, how much of what was written to it is durable.
    let mut safe: HashMap<&Path, usize> = HashMap::new();
    for event in record.events.iter().take(end) {
        if let (Did::Sync { covers }, true) = (&event.did, durable) {
            safe.insert(&event.file, *covers);
        }
    }
    // What is not durable: all there, nothing there, each sector by chance, or the last write torn.
    let manner = random.below(4);
    let mut files = record.base.clone();
    for (n, event) in record.events.iter().take(end).enumerate() {
        let is_safe = safe.get(event.file.as_path()).is_some_and(|covers| n < *covers);
        let file = files.entry(event.file.clone()).or_default();
        match &event.did {
            Did::Sync { .. } => {}
            Did::Truncate { length } => {
                if is_safe || manner == 0 || random.below(2) == 0 {
                    file.resize(*length, 0);
                }
            }
            Did::Remove => {
                files.remove(&event.file);
            }
            Did::Write { offset, bytes } => {
                let mut from = 0;
                while from < bytes.len() {
                    let to = ((offset + from) / SECTOR * SECTOR + SECTOR - offset).min(bytes.len());
                    let there = is_safe
                        || match manner {
                            0 => true,
                            1 => false,
                            2 => random.below(2) == 0,
                            // All but a part of what was written last.
                            _ => n + 3 < end || random.below(2) == 0,
                        };
                    if there {
                        if file.len() < offset + to {
                            file.resize(offset + to, 0);
                        }
                        if let (Some(place), Some(part)) =
                            (file.get_mut(offset + from..offset + to), bytes.get(from..to))
                        {
                            place.copy_from_slice(part);
                        }
                    }
                    from = to;
                }
            }
        }
    }
    files
}

/// So many cuts at moments by chance, from event `from` on.
fn cut(program: &Path, folder: &Path, record: &Record, (cuts, from): (usize, usize), durable: bool) -> Outcome<Cuts> {
    let mut random = Random::new(SEED, if durable { 7 } else { 8 });
    let syncs = record.events.iter().filter(|e| matches!(e.did, Did::Sync { .. })).count();
    let mut told = Cuts { cuts, events: record.events.len(), syncs, ..Cuts::default() };
    let place = folder.join("power-left");
    for nth in 0..cuts {
        let end = from + 1 + random.below(record.events.len() - from);
        // Cuts just before and just after a sync are where an early answer would be found out.
        let end = if random.below(2) == 0 {
            let next = record.events.iter().skip(end).position(|e| matches!(e.did, Did::Sync { .. }));
            next.map_or(end, |n| end + n + random.below(2))
        } else {
            end
        };
        let now = record.events.get(end).map_or(f64::MAX, |event| event.at);
        let due: Vec<String> =
            record.acknowledged.iter().filter(|(_, at)| *at < now).map(|(mark, _)| mark.clone()).collect();
        told.looked_for += due.len();
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).map_err(io(&place))?;
        for (path, bytes) in left(record, end, durable, &mut random) {
            let file = place.join(path.file_name().unwrap_or_default());
            fs::write(&file, bytes).map_err(io(&file))?;
        }
        match look(program, &place, &due, nth < WALKS) {
            Ok(f) => {
                told.lost += usize::from(f.lost > 0);
                told.corrupt += usize::from(f.twice > 0 || f.half > 0 || f.journal != "whole");
            }
            // A database that cannot be opened is damage, not a fault of the test.
            Err(_) => told.corrupt += 1,
        }
    }
    Ok(told)
}

fn look(program: &Path, place: &Path, due: &[String], walk: bool) -> Outcome<Findings> {
    let file = place.join("tsumugi.sqlite");
    let text = |error: rusqlite::Error| error.to_string();
    let open = rusqlite::Connection::open(&file).map_err(text)?;
    let whole: String = open.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(text)?;
    let broken: i64 =
        open.query_row("SELECT COUNT(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).map_err(text)?;
    drop(open);
    if whole != "ok" || broken > 0 {
        return Err(format!("{whole}, {broken} references broken"));
    }
    check::found(&Place::Sqlite(place.to_owned()), due, 0, || {
        if walk {
            check::journal(program, &Place::Sqlite(place.to_owned()), Engine::Sqlite)
        } else {
            Ok("whole".to_owned())
        }
    })
}
