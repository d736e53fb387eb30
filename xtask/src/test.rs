//! `cargo xtask test`: everything that must hold before a change may land, in one command.

use crate::{
    browser, canary,
    command::{self, Outcome},
    packages,
    postgres::Private,
    suite, tidy, torture,
};
use std::{process::ExitCode, time::Instant};

/// Which part of the tests is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Rust,
    Torture,
    Browser,
    Tidy,
}

/// How often the server is killed on each engine; `cargo xtask torture` does it more often.
const KILLS: usize = 8;
/// Power cuts in the tests; `cargo xtask torture --power` makes more.
const CUTS: usize = 40;
/// Edits in the tests; `cargo xtask torture --edits` makes more.
const EDITS: usize = 2_000;

#[derive(Debug, PartialEq, Eq)]
struct Plan {
    only: Option<Part>,
    filter: Option<String>,
}

/// How many tests ran, and how they ended.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Totals {
    pub passed: usize,
    pub failed: usize,
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, more: Totals) {
        self.passed += more.passed;
        self.failed += more.failed;
    }
}

/// Runs the parts that are asked for and closes with the line that the CI reads.
pub fn run(arguments: &[String]) -> ExitCode {
    let plan = match Plan::parse(arguments) {
        Ok(plan) => plan,
        Err(sentence) => {
            eprintln!("{sentence}");
            return ExitCode::FAILURE;
        }
    };
    let begun = Instant::now();
    let mut totals = Totals::default();
    let outcome = plan.carry_out(&mut totals);
    println!("\nThe whole took {:.1} s.", begun.elapsed().as_secs_f64());
    if let Err(sentence) = &outcome {
        println!("NOT PASSED: {sentence}");
        if totals.passed > 0 && totals.failed == 0 {
            // The closing line must not read like a success when a check beside the tests failed.
            totals.failed = 1;
        }
    }
    if totals != Totals::default() {
        println!("{} passed, {} failed", totals.passed, totals.failed);
    }
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Plan {
    fn parse(arguments: &[String]) -> Outcome<Plan> {
        let mut plan = Plan { only: None, filter: None };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match (argument.as_str(), rest.next().map(String::as_str)) {
                ("--only", Some("rust")) => plan.only = Some(Part::Rust),
                ("--only", Some("torture")) => plan.only = Some(Part::Torture),
                ("--only", Some("browser")) => plan.only = Some(Part::Browser),
                ("--only", Some("tidy")) => plan.only = Some(Part::Tidy),
                ("--filter", Some(expression)) => plan.filter = Some(expression.to_owned()),
                _ => {
                    return Err("The flags are --only rust|torture|browser|tidy and --filter EXPR.".to_owned());
                }
            }
        }
        Ok(plan)
    }

    fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    fn carry_out(&self, totals: &mut Totals) -> Outcome<()> {
        let browser = self.wants(Part::Browser);
        step("packages", || {
            packages::install(if browser { packages::FOR_BROWSER } else { packages::FOR_DATABASES })?;
            if browser { packages::install_npm_packages() } else { Ok(()) }
        })?;
        let target = command::target_folder()?;
        let logs = command::emptied(&target.join("test-logs"))?;
        if self.wants(Part::Tidy) {
            step("format", || {
                command::succeed(
                    command::cargo(&["fmt", "--all", "--check"]),
                    "Some files are not formatted; run cargo fmt --all.",
                )
            })?;
            step("clippy", || {
                let clippy = command::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
                command::succeed(clippy, "clippy found something to mend.")
            })?;
        }
        let postgres = step("private PostgreSQL", Private::start)?;
        if self.wants(Part::Tidy) {
            step("tidy", || tidy::check(&postgres, false))?;
        }
        if self.wants(Part::Rust) {
            let report = step("rust tests", || suite::run(&target, &logs, &postgres.url, self.filter.as_deref()))?;
            *totals += report.totals;
            if report.totals.failed > 0 {
                return Err("Some Rust tests failed.".to_owned());
            }
            step("canary", || canary::search(&[vec![logs.clone()], report.outputs].concat()))?;
        }
        if self.wants(Part::Torture) {
            step("kills under load", || {
                command::product()?;
                let all = torture::on_both(&target.join("debug/tsumugi"), &target, &postgres, KILLS)?;
                println!("{}", torture::table(&all));
                Ok(())
            })?;
            step("edits of the same records", || {
                let folder = command::emptied(&target.join("xtask/edits"))?;
                let all = torture::edits::run(&target.join("debug/tsumugi"), &folder, &postgres, EDITS)?;
                println!("{}", torture::edits::table(&all));
                Ok(())
            })?;
            step("rotations of keys", || {
                let folder = command::emptied(&target.join("xtask/keys"))?;
                println!(
                    "{}",
                    torture::keys::table(&torture::keys::run(&target.join("debug/tsumugi"), &folder, KILLS)?)
                );
                Ok(())
            })?;
            step("power cuts", || {
                let folder = command::emptied(&target.join("xtask/power"))?;
                torture::power::short(&target.join("debug/tsumugi"), &folder, CUTS)
            })?;
        }
        if browser {
            let ran = step("browser tests", || browser::run(&target, &logs, &postgres))?;
            *totals += ran;
            if ran.failed > 0 {
                return Err("Some browser tests failed.".to_owned());
            }
            step("canary after the browser", || canary::search(std::slice::from_ref(&logs)))?;
        }
        Ok(())
    }
}

/// Announces a step and says how long it took.
fn step<T>(name: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("\n== {name}");
    let begun = Instant::now();
    let outcome = work();
    println!("-- {name}: {:.1} s", begun.elapsed().as_secs_f64());
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Outcome<Plan> {
        Plan::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_choose_the_parts() {
        let plan = parsed("--only rust --filter referral").unwrap();
        assert_eq!(plan, Plan { only: Some(Part::Rust), filter: Some("referral".to_owned()) });
        assert!(plan.wants(Part::Rust) && !plan.wants(Part::Tidy));
        assert!(parsed("").unwrap().wants(Part::Browser));
    }

    #[test]
    fn an_unknown_flag_or_a_missing_value_is_refused() {
        assert!(parsed("--only").is_err());
        assert!(parsed("--only everything").is_err());
        assert!(parsed("--fast yes").is_err());
    }
}
