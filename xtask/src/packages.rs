//! What the tests need beside Rust and Node: found, installed where that is allowed, named where it is not.

use crate::{
    command::{self, Outcome},
    postgres,
};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// A thing that the tests need and the Debian package that has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    Postgres,
    Chromium,
    Java,
    JapaneseFont,
    Strace,
}

/// What the tests on both databases need.
pub const FOR_DATABASES: &[Need] = &[Need::Postgres, Need::Strace];
/// What the browser tests need.
pub const FOR_BROWSER: &[Need] = &[Need::Postgres, Need::Strace, Need::Chromium, Need::Java, Need::JapaneseFont];

impl Need {
    fn package(self) -> &'static str {
        match self {
            Need::Postgres => "postgresql",
            Need::Chromium => "chromium",
            Need::Java => "default-jre-headless",
            Need::JapaneseFont => "fonts-noto-cjk",
            Need::Strace => "strace",
        }
    }

    fn is_met(self) -> bool {
        match self {
            Need::Postgres => postgres::programs().is_some(),
            Need::Chromium => Path::new("/usr/bin/chromium").is_file(),
            Need::Java => command::on_path("java"),
            Need::Strace => command::on_path("strace"),
            Need::JapaneseFont => {
                Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").is_file()
                    || Command::new("fc-list").arg(":lang=ja").output().is_ok_and(|fonts| !fonts.stdout.is_empty())
            }
        }
    }
}

/// Installs what is missing with apt-get, as root or through a sudo that asks no password.
///
/// # Errors
/// The packages that are missing and the command that installs them, where this program may not.
pub fn install(needs: &[Need]) -> Outcome<()> {
    let missing: Vec<&str> = needs.iter().filter(|need| !need.is_met()).map(|need| need.package()).collect();
    if missing.is_empty() {
        println!("All of {} are here.", needs.iter().map(|need| need.package()).collect::<Vec<_>>().join(", "));
        return Ok(());
    }
    let by_hand = format!("apt-get install --no-install-recommends {}", missing.join(" "));
    if !command::on_path("apt-get") {
        return Err(format!(
            "These Debian packages are missing and there is no apt-get to install them: {}.",
            missing.join(", ")
        ));
    }
    let sudo = !postgres::is_root();
    if sudo && !may_sudo() {
        return Err(format!("These packages are missing: {}. Install them with: sudo {by_hand}", missing.join(", ")));
    }
    println!("Installing {}.", missing.join(", "));
    command::succeed(apt_get(sudo, &["update", "-qq"]), "The package lists could not be fetched by apt-get update.")?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&missing);
    command::succeed(apt_get(sudo, &arguments), &format!("A package could not be installed by: {by_hand}"))?;
    match needs.iter().find(|need| !need.is_met()) {
        None => Ok(()),
        Some(Need::Postgres) => Err("The distribution's PostgreSQL is older than 15; install 15 or newer.".to_owned()),
        Some(need) => Err(format!("{} was installed, but what it should bring was not found.", need.package())),
    }
}

fn apt_get(sudo: bool, arguments: &[&str]) -> Command {
    let mut command = command::command(if sudo { "sudo" } else { "env" });
    if sudo {
        command.args(["-n", "env"]);
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120"]).args(arguments);
    command
}

fn may_sudo() -> bool {
    let asked = Command::new("sudo").args(["-n", "true"]).stdin(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Brings `e2e/node_modules` to the state of its lock file; without a download when it already is.
pub fn install_npm_packages() -> Outcome<()> {
    check_node()?;
    let folder = command::root().join("e2e");
    let lock = read_json(&folder.join("package-lock.json")).ok_or("e2e/package-lock.json is missing or no JSON.")?;
    if read_json(&folder.join("node_modules/.package-lock.json"))
        .is_some_and(|installed| is_up_to_date(&lock, &installed))
    {
        println!("The npm packages of e2e/ are up to date.");
        return Ok(());
    }
    let mut npm = command::command("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    command::succeed(npm, "The npm packages of e2e/ could not be installed.")
}

/// The tests use node's own test runner with `--test-concurrency`, which came with 20.10.
fn check_node() -> Outcome<()> {
    let told = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|_| "Node 20.10 or newer is not installed.".to_owned())?;
    let version = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    match (numbers.next(), numbers.next()) {
        (Some(20), Some(minor)) if minor >= 10 => Ok(()),
        (Some(major), _) if major > 20 => Ok(()),
        _ => Err(format!("Node 20.10 or newer is needed; this is {version}.")),
    }
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// npm keeps what it installed in a hidden lock file: every wanted package must be there, by its hash.
fn is_up_to_date(lock: &Value, installed: &Value) -> bool {
    lock["packages"].as_object().is_some_and(|wanted| {
        wanted
            .iter()
            .filter(|(place, package)| !place.is_empty() && package["optional"] != Value::Bool(true))
            .all(|(place, package)| installed["packages"][place]["integrity"] == package["integrity"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn another_hash_in_the_lock_file_asks_for_an_installation() {
        let lock = json!({"packages": {"": {"name": "e2e"}, "node_modules/a": {"integrity": "sha512-1"}}});
        let same = json!({"packages": {"node_modules/a": {"integrity": "sha512-1", "dev": true}}});
        let other = json!({"packages": {"node_modules/a": {"integrity": "sha512-2"}}});
        assert!(is_up_to_date(&lock, &same));
        assert!(!is_up_to_date(&lock, &other));
        assert!(!is_up_to_date(&lock, &json!({"packages": {}})));
    }
}
