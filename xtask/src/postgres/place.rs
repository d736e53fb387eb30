//! Where a private server lives: its programs, the user that it runs as and its folder.

use crate::command::{self, Outcome};
use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

/// The user that the server runs as, when the caller is root, whom PostgreSQL refuses.
pub struct Owner {
    user: u32,
    group: u32,
}

/// The folder of the newest installed server programs of version 15 or later.
pub fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin)| *version >= 15 && bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .max()
        .map(|(_, bin)| bin)
}

/// Whether this process is root's, as the kernel tells it.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

pub fn unprivileged() -> Outcome<Owner> {
    if !command::setpriv() {
        return Err(
            "PostgreSQL does not run as root, and there is no setpriv to become another user (Debian: util-linux)."
                .to_owned(),
        );
    }
    let users = fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd cannot be read: {error}."))?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| {
            let mut fields =
                users.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(name))?.skip(2);
            Some(Owner { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
        })
        .ok_or_else(|| "PostgreSQL does not run as root, and there is no user postgres or nobody.".to_owned())
}

pub fn privileges(owner: Option<&Owner>) -> Vec<String> {
    owner.map_or_else(Vec::new, |owner| {
        vec![
            format!("--reuid={}", owner.user),
            format!("--regid={}", owner.group),
            "--clear-groups".to_owned(),
            "--no-new-privs".to_owned(),
        ]
    })
}

/// A new folder in `/tmp`: a socket's path may have 107 bytes at most, and the server's user must reach it.
pub fn new_folder(owner: Option<&Owner>) -> Outcome<PathBuf> {
    let process = std::process::id();
    for number in 0..1_000 {
        let folder = PathBuf::from(format!("/tmp/tsumugi-pg-{process}-{number}"));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => {
                if let Some(owner) = owner {
                    std::os::unix::fs::chown(&folder, Some(owner.user), Some(owner.group)).map_err(|error| {
                        format!("{} cannot be given to PostgreSQL's user: {error}.", folder.display())
                    })?;
                }
                return Ok(folder);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("{} cannot be made: {error}.", folder.display())),
        }
    }
    Err("/tmp is full of folders of earlier private PostgreSQL servers; remove /tmp/tsumugi-pg-*.".to_owned())
}

pub fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        eprintln!("{} could not be removed: {error}.", folder.display());
    }
}
