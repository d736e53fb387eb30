//! What was tried and found, as a table in docs/security/attack.md.

use super::tools::Tools;
use crate::{
    bench::machine,
    command::{self, Outcome},
};
use std::{fmt::Write as _, fs};

const BEGIN: &str = "<!-- attack: begin -->";
const END: &str = "<!-- attack: end -->";

/// One program and what it found.
pub struct Row {
    pub tool: String,
    pub what: String,
    pub asked: String,
    /// Findings that fail the run.
    pub high: Vec<String>,
    /// Findings that somebody should look at.
    pub other: Vec<String>,
    pub note: String,
}

pub fn table(rows: &[Row]) -> String {
    let mut text =
        String::from("| Program | Against | Requests | High | Other | Remark |\n|---|---|--:|--:|--:|---|\n");
    for row in rows {
        let (high, other) = (row.high.len(), row.other.len());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {} | {} | {high} | {other} | {} |", row.tool, row.what, row.asked, row.note);
    }
    for (title, of) in [
        ("High", rows.iter().map(|r| (&r.tool, &r.high)).collect::<Vec<_>>()),
        ("Other", rows.iter().map(|r| (&r.tool, &r.other)).collect()),
    ] {
        let found: Vec<String> =
            of.iter().flat_map(|(tool, all)| all.iter().take(40).map(move |one| format!("- {tool}: {one}"))).collect();
        if !found.is_empty() {
            let _ = write!(text, "\n{title}:\n\n{}\n", found.join("\n"));
        }
    }
    text
}

/// Puts the table and the machine between the marks of the document.
pub fn write(rows: &[Row], tools: &Tools) -> Outcome<()> {
    let file = command::root().join("docs/security/attack.md");
    let old = fs::read_to_string(&file).map_err(|error| format!("{} cannot be read: {error}.", file.display()))?;
    let (before, rest) = old.split_once(BEGIN).ok_or("attack.md has no mark for its beginning.")?;
    let (_, after) = rest.split_once(END).ok_or("attack.md has no mark for its end.")?;
    let mut facts = String::new();
    for (name, value) in machine::facts(&command::root(), None)? {
        let _ = writeln!(facts, "| {name} | {value} |");
    }
    let text = format!(
        "{before}{BEGIN}\n\n| Machine and versions | |\n|---|---|\n{facts}| Programs | {} |\n\n{}\n{END}{after}",
        tools.versions()?,
        table(rows)
    );
    fs::write(&file, text).map_err(|error| format!("{} cannot be written: {error}.", file.display()))
}
