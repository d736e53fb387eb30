//! `cargo xtask tidy`: the part of the invariants that a program can check.
//! Each rule is a function from sources to findings, with a good and a bad example in its tests.

mod dependencies;
mod files;
mod names;
mod plans;
mod prepare;
mod rust_source;
mod slices;
mod sql;
mod sql_text;
mod statements;
mod tokens;
mod web;

use crate::{command::Outcome, postgres::Private};
use rust_source::RustFile;
use std::fmt;

/// Something that a rule says about a place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    sentence: String,
    /// A warning is printed and fails nothing.
    warning: bool,
}

impl Finding {
    fn new(path: &str, line: usize, rule: &'static str, sentence: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line, rule, sentence: sentence.into(), warning: false }
    }

    fn warning(path: &str, line: usize, rule: &'static str, sentence: impl Into<String>) -> Finding {
        Finding { warning: true, ..Finding::new(path, line, rule, sentence) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.warning { "warning: " } else { "" };
        write!(out, "{}:{}: {}: {mark}{}", self.path, self.line, self.rule, self.sentence)
    }
}

/// The command: `--unscoped` lists every statement that reads a case-bound table without `case_access`,
/// `--plans` keeps the plans of today as the reviewed ones.
pub fn run(arguments: &[String]) -> Outcome<()> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => check(&Private::start()?, false),
        ["--plans"] => check(&Private::start()?, true),
        ["--unscoped"] => {
            let statements = statements::statements(&files::rust_files()?, &files::sql_files()?);
            for line in sql::unscoped(&statements) {
                println!("{line}");
            }
            Ok(())
        }
        _ => Err("The flags of tidy are --unscoped and --plans.".to_owned()),
    }
}

/// Checks every rule and prints what it finds.
///
/// # Errors
/// When there is a finding that is more than a warning.
pub fn check(postgres: &Private, keep_plans: bool) -> Outcome<()> {
    let rust = files::rust_files()?;
    let sql_files = files::sql_files()?;
    let order = slices::Order::parse(include_str!("slices.txt"));
    let statements = statements::statements(&rust, &sql_files);
    let mut findings = Vec::new();
    for file in &rust {
        findings.extend(slices::check(file, &order));
        findings.extend(web::check(file));
        findings.extend(names::wall_clock(file));
    }
    findings.extend(sql::check(&statements, &rust));
    findings.extend(names::vocabularies(&rust, &files::glossary()));
    findings.extend(files::sizes()?);
    findings.extend(files::leaks()?);
    let own = files::own_rust_files()?;
    findings.extend(dependencies::check(&rust.iter().chain(&own).collect::<Vec<_>>())?);
    let prepared = prepare::check(&statements, postgres, keep_plans, &mut findings)?;
    findings.sort();
    findings.iter().for_each(|finding| println!("{finding}"));
    let fatal = findings.iter().filter(|finding| !finding.warning).count();
    println!(
        "{} Rust files; {} SQL statements, {} of them unscoped (cargo xtask tidy --unscoped lists them).",
        rust.len(),
        statements.len(),
        sql::unscoped(&statements).len()
    );
    println!("{prepared}");
    if fatal == 0 { Ok(()) } else { Err(format!("tidy has {fatal} findings.")) }
}
