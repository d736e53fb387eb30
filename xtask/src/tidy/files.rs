//! Which files there are, how long they may be, and what none of them may say.

use super::{Finding, RustFile};
use crate::command::{self, Outcome};
use std::{env, fs, path::Path, process::Command};

const LONG: usize = 400;
const TOO_LONG: usize = 600;

/// A file of text with its path from the workspace's folder.
pub struct TextFile {
    pub path: String,
    pub text: String,
}

/// Every Rust file under `crates/`.
pub fn rust_files() -> Outcome<Vec<RustFile>> {
    Ok(under("crates", &["rs"])?.iter().map(|file| RustFile::new(&file.path, &file.text)).collect())
}

/// Every Rust file of this program itself.
pub fn own_rust_files() -> Outcome<Vec<RustFile>> {
    Ok(under("xtask", &["rs"])?.iter().map(|file| RustFile::new(&file.path, &file.text)).collect())
}

/// The SQL files beside the product's sources.
pub fn sql_files() -> Outcome<Vec<TextFile>> {
    under("crates/tsumugi/src", &["sql"])
}

/// The migrations, by name.
pub fn migrations() -> Outcome<Vec<TextFile>> {
    under("crates/tsumugi/migrations", &["sql"])
}

/// The glossary, empty when there is none.
pub fn glossary() -> String {
    fs::read_to_string(command::root().join("docs/glossary.md")).unwrap_or_default()
}

/// A file of more than 400 lines earns a warning, one of more than 600 fails.
pub fn sizes() -> Outcome<Vec<Finding>> {
    let mut all = under("crates", &["rs", "css", "js", "mjs", "sql"])?;
    all.extend(under("xtask", &["rs"])?);
    Ok(all.iter().filter_map(|file| size(&file.path, file.text.lines().count())).collect())
}

fn size(path: &str, lines: usize) -> Option<Finding> {
    if lines > TOO_LONG {
        let sentence = format!("This file has {lines} lines, more than {TOO_LONG}; split it.");
        Some(Finding::new(path, TOO_LONG + 1, "file-size", sentence))
    } else if lines > LONG {
        let sentence = format!("This file has {lines} lines; split it before {TOO_LONG}.");
        Some(Finding::warning(path, LONG + 1, "file-size", sentence))
    } else {
        None
    }
}

/// No tracked file but a lock file names a folder of a developer's machine or a registry's host.
pub fn leaks() -> Outcome<Vec<Finding>> {
    let root = command::root();
    let secrets = secrets(&root);
    let mut findings = Vec::new();
    for path in tracked(&root)? {
        let name = path.rsplit('/').next().unwrap_or_default();
        if matches!(name, "Cargo.lock" | "package-lock.json") {
            continue;
        }
        let Ok(bytes) = fs::read(root.join(&path)) else {
            continue;
        };
        // Pictures, fonts and archives have a zero byte near their beginning.
        if bytes.iter().take(8_192).any(|byte| *byte == 0) {
            continue;
        }
        findings.extend(leaks_in(&path, &String::from_utf8_lossy(&bytes), &secrets));
    }
    Ok(findings)
}

fn leaks_in(path: &str, text: &str, secrets: &[String]) -> Vec<Finding> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let leaked =
                secrets.iter().find(|secret| line.contains(secret.as_str())).cloned().or_else(|| home(path, line))?;
            Some(Finding::new(
                path,
                index + 1,
                "leak",
                format!("{leaked} belongs to somebody's machine or a registry, not into the project."),
            ))
        })
        .collect()
}

/// Fixed words, put together here so that this file does not hold them, and what this very machine adds.
fn secrets(root: &Path) -> Vec<String> {
    let mut all: Vec<String> = [
        ["registry.", "npmjs.", "org"],
        ["registry.", "yarnpkg.", "com"],
        ["index.", "crates.", "io"],
        ["static.", "crates.", "io"],
        ["files.", "pythonhosted.", "org"],
        ["pypi.", "org", "/simple"],
        ["deb.", "debian.", "org"],
        ["/ro", "ot/.", ""],
        ["/Us", "ers/", ""],
        ["C:\\Us", "ers\\", ""],
        ["../", "sha", "red"],
    ]
    .iter()
    .map(|parts| parts.concat())
    .collect();
    let here = [root.to_str(), root.parent().and_then(Path::to_str)].into_iter().flatten().map(str::to_owned);
    // A path of one part, such as /srv, is no secret of anybody's.
    all.extend(here.chain(env::var("HOME")).filter(|path| path.matches('/').count() > 1));
    all.extend(
        root.parent().and_then(Path::to_str).filter(|parent| parent.len() > 1).map(|parent| format!("{parent}/shared")),
    );
    all
}

/// A home folder with something in it; in programs `/home/…` may be the address of a page.
fn home(path: &str, line: &str) -> Option<String> {
    let program = [".rs", ".mjs", ".js"].iter().any(|end| path.ends_with(end));
    let rest = line.split_once(concat!("/ho", "me/")).filter(|_| !program)?.1;
    let (user, _) = rest.split_once('/')?;
    let named = !user.is_empty() && user.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    named.then(|| format!("{}{user}", concat!("/ho", "me/")))
}

/// What git tracks, and what it would if everything were added now.
fn tracked(root: &Path) -> Outcome<Vec<String>> {
    let listed = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("git did not start: {error}."))?;
    if !listed.status.success() {
        return Err(format!("git could not list the files: {}", String::from_utf8_lossy(&listed.stderr).trim()));
    }
    Ok(listed
        .stdout
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect())
}

/// The files with these endings under a folder of the workspace, in alphabetical order; none when there is no folder.
fn under(folder: &str, endings: &[&str]) -> Outcome<Vec<TextFile>> {
    let root = command::root();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    folders.push(path);
                }
            } else if path.extension().and_then(|end| end.to_str()).is_some_and(|end| endings.contains(&end)) {
                let text = fs::read_to_string(&path)
                    .map_err(|error| format!("{} cannot be read: {error}.", path.display()))?;
                let path = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
                found.push(TextFile { path, text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_warned_of_and_longer_ones_refused() {
        assert_eq!(size("a.rs", 400), None);
        assert!(size("a.rs", 401).is_some_and(|finding| finding.warning));
        assert!(size("a.rs", 601).is_some_and(|finding| !finding.warning));
    }

    #[test]
    fn a_path_of_a_machine_or_a_registry_is_a_leak() {
        let secrets = secrets(Path::new("/srv/build/here"));
        let count = |path: &str, line: &str| leaks_in(path, line, &secrets).len();
        assert_eq!(count("a.md", "see /srv/build/here/x"), 1);
        assert_eq!(count("a.toml", &["fetch from https://registry", ".npmjs.org/x"].concat()), 1);
        assert_eq!(count("a.md", &["built in /ho", "me/alice/tsumugi"].concat()), 1);
        assert_eq!(count("a.md", "the data folder is /var/lib/tsumugi"), 0);
        assert_eq!(count("a.rs", &["route(\"/ho", "me/cases/\")"].concat()), 0);
    }
}
