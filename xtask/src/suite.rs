//! The Rust tests of the workspace, run by nextest where it is installed and by cargo where it is not.

use crate::{
    command::{self, Outcome},
    test::Totals,
};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::Stdio,
};

/// What a run of the Rust tests leaves behind.
pub struct Report {
    pub totals: Totals,
    /// Files with everything that the tests printed, passing ones included.
    pub outputs: Vec<PathBuf>,
}

/// What is asked of a run, whoever carries it out.
struct Wish<'a> {
    target: &'a Path,
    logs: &'a Path,
    postgres: &'a str,
    filter: Option<&'a str>,
}

/// A name, and the packages in cargo's words.
type Part = (&'static str, &'static [&'static str]);

/// What is built and run together. The oracle's language of policies switches features of shared libraries on that the product is
/// not shipped with, so the product is tested without it first.
const PARTS: [Part; 2] = [("product", &["--workspace", "--exclude", "oracle"]), ("oracle", &["-p", "oracle"])];

/// One test that ran.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    name: String,
    passed: bool,
}

/// Runs the tests against the private server at `postgres` and counts them.
///
/// # Errors
/// When no test could run. Failing tests are counted in the report.
pub fn run(target: &Path, logs: &Path, postgres: &str, filter: Option<&str>) -> Outcome<Report> {
    let nextest = command::on_path("cargo-nextest");
    if !nextest {
        println!("cargo-nextest is not installed; cargo runs the tests itself.");
    }
    let (mut outputs, mut ran, mut succeeded) = (Vec::new(), Vec::new(), true);
    let wish = Wish { target, logs, postgres, filter };
    for part in PARTS {
        let (output, some, well) = if nextest { with_nextest(&wish, part)? } else { with_cargo(&wish, part)? };
        outputs.push(output);
        ran.extend(some);
        succeeded &= well;
    }
    let ends = |suffix: &str| ran.iter().filter(|test| test.name.ends_with(suffix)).count();
    let (sqlite, postgresql) = (ends("::sqlite"), ends("::postgres"));
    println!("{sqlite} tests on SQLite, {postgresql} on PostgreSQL, {} pure", ran.len() - sqlite - postgresql);
    let passed = ran.iter().filter(|test| test.passed).count();
    let totals = Totals { passed, failed: ran.len() - passed };
    if !succeeded && totals.failed == 0 {
        return Err("The Rust tests did not run to their end; see above.".to_owned());
    }
    if ran.is_empty() {
        return Err("No test was counted: the reports name none.".to_owned());
    }
    Ok(Report { totals, outputs })
}

fn with_nextest(wish: &Wish<'_>, (name, packages): Part) -> Outcome<(PathBuf, Vec<Ran>, bool)> {
    // nextest keeps its reports in the workspace's own target folder, wherever cargo builds.
    let report = command::root().join("target/nextest/xtask/junit.xml");
    // The report of an earlier run must not be counted when this one does not compile.
    let _ = fs::remove_file(&report);
    let configuration = format!("xtask:{}", command::root().join("xtask/nextest.toml").display());
    let mut nextest = command::cargo(&["nextest", "run", "--profile", "xtask", "--tool-config-file", &configuration]);
    // A filter may name tests of one part alone.
    nextest.args(packages).args(["--no-tests", if wish.filter.is_some() { "pass" } else { "fail" }]);
    if let Some(expression) = wish.filter {
        // An expression has parentheses, as in test(referral); anything else is a part of a name.
        nextest.args(if expression.contains('(') { vec!["-E", expression] } else { vec![expression] });
    }
    nextest.env("TSUMUGI_TEST_PG", wish.postgres).env("TSUMUGI_TEST_LOGS", wish.logs);
    let status = nextest.status().map_err(|error| format!("nextest did not start: {error}."))?;
    let ran = fs::read_to_string(&report).map(|xml| read_junit(&xml)).unwrap_or_default();
    let kept = wish.target.join(format!("xtask/rust-{name}.xml"));
    if report.exists() {
        let keep = fs::create_dir_all(wish.target.join("xtask")).and_then(|()| fs::copy(&report, &kept));
        keep.map_err(|error| format!("{} cannot be written: {error}.", kept.display()))?;
    }
    Ok((kept, ran, status.success()))
}

fn with_cargo(wish: &Wish<'_>, (name, packages): Part) -> Outcome<(PathBuf, Vec<Ran>, bool)> {
    // All targets are everything but the documentation's examples.
    let mut cargo = command::cargo(&["test", "--all-targets", "--no-fail-fast"]);
    cargo
        .args(packages)
        .arg("--")
        .args(wish.filter)
        .arg("--show-output")
        .env("TSUMUGI_TEST_PG", wish.postgres)
        .env("TSUMUGI_TEST_LOGS", wish.logs);
    let report = wish.target.join(format!("cargo-test-{name}.txt"));
    let mut file =
        fs::File::create(&report).map_err(|error| format!("{} cannot be written: {error}.", report.display()))?;
    let mut child = cargo.stdout(Stdio::piped()).spawn().map_err(|error| format!("cargo did not start: {error}."))?;
    let mut ran = Vec::new();
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok) {
        println!("{line}");
        writeln!(file, "{line}").map_err(|error| format!("{} cannot be written: {error}.", report.display()))?;
        ran.extend(read_cargo(&line));
    }
    let status = child.wait().map_err(|error| format!("cargo was lost: {error}."))?;
    Ok((report, ran, status.success()))
}

/// The test cases of a JUnit report, in which nextest escapes whatever a test printed.
fn read_junit(xml: &str) -> Vec<Ran> {
    xml.split("<testcase ")
        .skip(1)
        .filter_map(|case| {
            let name = case.split_once("name=\"")?.1.split_once('"')?.0.to_owned();
            Some(Ran { name, passed: !case.contains("<failure") && !case.contains("<error") })
        })
        .collect()
}

/// The test of a line such as `test referral::tests::answers::sqlite ... ok`; ignored tests did not run.
fn read_cargo(line: &str) -> Option<Ran> {
    let (name, end) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let passed = match end {
        "ok" => true,
        "FAILED" => false,
        _ => return None,
    };
    let name = name.trim_end_matches(" - should panic").to_owned();
    Some(Ran { name, passed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(name: &str, passed: bool) -> Ran {
        Ran { name: name.to_owned(), passed }
    }

    #[test]
    fn a_junit_report_tells_names_and_ends() {
        let xml = r#"<testsuites><testsuite name="tsumugi"><testcase name="a::sqlite" classname="tsumugi" time="0.1">
            <system-out>printed &lt;failure&gt;</system-out></testcase>
            <testcase name="a::postgres" classname="tsumugi"><failure type="test failure"/></testcase></testsuite></testsuites>"#;
        assert_eq!(read_junit(xml), [ran("a::sqlite", true), ran("a::postgres", false)]);
    }

    #[test]
    fn the_lines_of_cargo_tell_names_and_ends() {
        assert_eq!(read_cargo("test a::sqlite ... ok"), Some(ran("a::sqlite", true)));
        assert_eq!(read_cargo("test a::b - should panic ... FAILED"), Some(ran("a::b", false)));
        assert_eq!(read_cargo("test a::slow ... ignored"), None);
        assert_eq!(read_cargo("test result: ok. 3 passed; 0 failed"), None);
    }
}
