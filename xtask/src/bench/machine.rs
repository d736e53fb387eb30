//! What the figures were measured on.

use super::cluster::DURABLE;
use crate::command::{self, Outcome};
use std::{fs, path::Path};

/// Facts in the order in which they are printed.
pub fn facts(folder: &Path, date: Option<&str>) -> Outcome<Vec<(&'static str, String)>> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = first_value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = first_value("/proc/meminfo", "MemTotal").unwrap_or_default();
    let memory = memory.split_whitespace().next().and_then(|kilo| kilo.parse::<f64>().ok()).unwrap_or(0.0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let date = match date {
        Some(date) => date.to_owned(),
        None => said("date", &["+%Y-%m-%d"])?,
    };
    Ok(vec![
        ("Date", date),
        ("Commit", commit()?),
        ("Compiler", said("rustc", &["--version"])?),
        ("Processor", format!("{cores} cores, {cpu}")),
        ("Memory", format!("{:.1} GB", memory * 1024.0 / 1e9)),
        ("Kernel", format!("Linux {}", kernel.trim())),
        ("File system of the data", file_system(folder)),
        ("SQLite", format!("{}, journal_mode=WAL, synchronous=FULL", rusqlite::version())),
        ("PostgreSQL", format!("{}, Unix socket, {}", postgres(), DURABLE.join(", "))),
    ])
}

fn first_value(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim().to_owned())
    })
}

fn said(program: &str, arguments: &[&str]) -> Outcome<String> {
    let mut command = command::command(program);
    let answer = command.args(arguments).output().map_err(|error| format!("{program} did not start: {error}."))?;
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

fn commit() -> Outcome<String> {
    let commit = said("git", &["rev-parse", "--short=12", "HEAD"])?;
    // The page that this run writes is no change of what was measured.
    let changes = said("git", &["status", "--porcelain", "--", ".", ":!docs"])?;
    Ok(if changes.is_empty() { commit } else { format!("{commit} with changes that are not committed") })
}

fn postgres() -> String {
    let programs = crate::postgres::programs();
    let version = programs.and_then(|bin| said(&bin.join("postgres").to_string_lossy(), &["--version"]).ok());
    version.as_deref().and_then(|text| text.split_whitespace().nth(2)).unwrap_or("not installed").to_owned()
}

/// The kind of file system under a folder: a flush to memory would cost nothing.
fn file_system(folder: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let best = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(mounted, _)| folder.starts_with(mounted))
        .max_by_key(|(mounted, _)| mounted.len());
    best.map_or_else(|| "unknown".to_owned(), |(_, kind)| kind.to_owned())
}
