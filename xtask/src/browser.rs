//! The browser tests: the product's demo on each database engine, and node's test runner in front of it.

use crate::{
    command::{self, Outcome},
    postgres::Private,
    test::Totals,
};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::mpsc,
    time::Duration,
};

const START: Duration = Duration::from_secs(180);
const TESTS: Duration = Duration::from_secs(1_800);

/// A running demo. Dropping it ends exactly that process.
struct Demo {
    child: Child,
    address: String,
    printed: PathBuf,
}

/// Builds the product once and runs every `e2e/*.test.mjs` against its demo on SQLite and on PostgreSQL.
pub fn run(target: &Path, logs: &Path, postgres: &Private) -> Outcome<Totals> {
    let tests = tests()?;
    let mut totals = Totals::default();
    if tests.is_empty() {
        println!("There are no browser tests yet (e2e/*.test.mjs).");
        return Ok(totals);
    }
    command::product()?;
    let data = target.join("xtask/demo-data");
    if data.exists() {
        fs::remove_dir_all(&data).map_err(|error| format!("{} cannot be removed: {error}.", data.display()))?;
    }
    fs::create_dir_all(&data).map_err(|error| format!("{} cannot be made: {error}.", data.display()))?;
    let database = postgres.create_database("browser")?;
    let engines = [
        ("sqlite", ["--data".to_owned(), data.display().to_string()]),
        ("postgres", ["--database".to_owned(), database]),
    ];
    for (engine, place) in engines {
        println!("-- on {engine}");
        let demo = Demo::start(target, logs, engine, &place)?;
        totals += demo.test(target, engine, &tests)?;
    }
    Ok(totals)
}

/// The test files, as paths from the workspace's folder, in alphabetical order.
fn tests() -> Outcome<Vec<String>> {
    let entries =
        fs::read_dir(command::root().join("e2e")).map_err(|error| format!("e2e/ cannot be read: {error}."))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| format!("e2e/{name}"))
        .collect();
    names.sort_unstable();
    Ok(names)
}

impl Demo {
    fn start(target: &Path, logs: &Path, engine: &str, place: &[String]) -> Outcome<Demo> {
        let printed = logs.join(format!("demo-{engine}.out.log"));
        let spoken = logs.join(format!("demo-{engine}.err.log"));
        let file =
            |path: &Path| File::create(path).map_err(|error| format!("{} cannot be written: {error}.", path.display()));
        let (mut out, errors) = (file(&printed)?, file(&spoken)?);
        let mut child = command::command(&target.join("debug/tsumugi").to_string_lossy())
            .args(["demo", "--listen", "127.0.0.1:0"])
            .args(place)
            .stdout(Stdio::piped())
            .stderr(Stdio::from(errors))
            .spawn()
            .map_err(|error| format!("The demo did not start: {error}."))?;
        let (sender, receiver) = mpsc::channel();
        let lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        // The demo may go on printing, and nobody may leave its pipe full.
        std::thread::spawn(move || {
            for line in lines.into_iter().flatten().map_while(Result::ok) {
                let _ = writeln!(out, "{line}");
                if let Some(address) = address(&line) {
                    let _ = sender.send(address);
                }
            }
        });
        let mut demo = Demo { child, address: String::new(), printed };
        match receiver.recv_timeout(START) {
            Ok(address) => {
                demo.address = address;
                Ok(demo)
            }
            Err(_) => {
                let said = fs::read_to_string(&spoken).unwrap_or_default();
                let last: Vec<&str> = said.lines().rev().take(20).collect();
                let last: Vec<&str> = last.into_iter().rev().collect();
                Err(format!("The demo on {engine} printed no address. It said last:\n{}", last.join("\n")))
            }
        }
    }

    fn test(&self, target: &Path, engine: &str, tests: &[String]) -> Outcome<Totals> {
        let tap = target.join(format!("xtask/browser-{engine}.tap"));
        let mut node = command::command("node");
        node.args(["--test", "--test-concurrency=1"])
            .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
            .arg("--test-reporter=tap")
            .arg(format!("--test-reporter-destination={}", tap.display()))
            .args(tests)
            .env("TSUMUGI_URL", &self.address)
            .env("TSUMUGI_ENGINE", engine)
            .env("TSUMUGI_BINARY", target.join("debug/tsumugi"))
            .env("TSUMUGI_DEMO_OUTPUT", &self.printed);
        let mut child = node.spawn().map_err(|error| format!("node did not start: {error}."))?;
        let ended = command::wait(&mut child, TESTS);
        if ended.is_none() {
            command::stop(&mut child, "TERM", Duration::from_secs(10));
            return Err(format!("The browser tests on {engine} did not end within {} minutes.", TESTS.as_secs() / 60));
        }
        let totals = read_tap(&fs::read_to_string(&tap).unwrap_or_default());
        match (ended, totals) {
            (Some(true), totals) if totals.passed > 0 => Ok(totals),
            (Some(true), _) => Err(format!("The browser tests on {engine} ran no test.")),
            (_, totals) if totals.failed > 0 => Ok(totals),
            _ => Err(format!("The browser tests on {engine} did not run to their end; see above.")),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        command::stop(&mut self.child, "TERM", Duration::from_secs(10));
    }
}

/// The address in a line of the demo, without what follows the port.
fn address(line: &str) -> Option<String> {
    let place = line.find("http://127.0.0.1:")?;
    let (host, rest) = line[place..].split_at("http://127.0.0.1:".len());
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty()).then(|| format!("{host}{port}"))
}

/// The sums that node writes at the end of its TAP report. A cancelled test has not passed.
fn read_tap(tap: &str) -> Totals {
    let sum = |name: &str| {
        let prefix = format!("# {name} ");
        tap.lines().rev().find_map(|line| line.strip_prefix(&prefix)?.trim().parse::<usize>().ok()).unwrap_or(0)
    };
    Totals { passed: sum("pass"), failed: sum("fail") + sum("cancelled") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_line_that_has_it() {
        assert_eq!(
            address("つむぐ: http://127.0.0.1:41234/ で待っています"),
            Some("http://127.0.0.1:41234".to_owned())
        );
        assert_eq!(address("http://127.0.0.1:/"), None);
        assert_eq!(address("loading"), None);
    }

    #[test]
    fn the_sums_of_tap_are_read_and_a_cancelled_test_counts_as_failed() {
        let tap = "ok 1 - a\n1..1\n# tests 4\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0\n";
        assert_eq!(read_tap(tap), Totals { passed: 2, failed: 2 });
    }
}
