//! The figures as Markdown, on the terminal and in the documentation.

use super::{
    load::Measured,
    place::Engine,
    plan::Plan,
    product::Memory,
    raw::{self, Raw},
    work::{Limit, Work},
};
use crate::command::{self, Outcome};
use std::{fmt::Write, fs, time::Duration};

const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";
const PAGE: &str = "docs/performance.md";

/// One figure of the product.
pub struct Figure {
    pub work: Work,
    pub measured: Measured,
    /// What the product's process took on the cores, the warm-up included.
    pub used: Duration,
    /// Rows found in the database for the acknowledged writes.
    pub rows: Option<i64>,
}

/// Everything that was measured on one engine.
pub struct Chapter {
    pub engine: Engine,
    /// Cases in the database, cases that the signed-in person sees, rows on the page of the waiting list.
    pub cases: (i64, usize, usize),
    pub starts: Vec<Duration>,
    pub after_start: Memory,
    pub after_work: Memory,
    /// The engine alone, before and after the product's work.
    pub raw: [Raw; 2],
    pub figures: Vec<Figure>,
    /// Entries that the product wrote into its journal while it was measured.
    pub journal: i64,
    /// What could not be measured, in whole sentences.
    pub remarks: Vec<String>,
}

pub fn markdown(plan: &Plan, facts: &[(&str, String)], route: &Measured, chapters: &[Chapter]) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} connections, {} s for each kind of work, {} cases asked for.\n\n| Machine and versions | |\n|---|---|",
        plan.connections, plan.seconds, plan.cases
    );
    for (name, value) in facts {
        let _ = writeln!(out, "| {name} | {} |", value.replace('|', "/"));
    }
    let _ = writeln!(
        out,
        "\nThe bare route answers {} requests a second (p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms).",
        grouped(route.rate),
        route.percentile(50),
        route.percentile(95),
        route.percentile(99)
    );
    for chapter in chapters {
        write_chapter(&mut out, chapter, route);
    }
    out
}

fn write_chapter(out: &mut String, chapter: &Chapter, route: &Measured) {
    let (cases, visible, waiting) = chapter.cases;
    let _ = writeln!(
        out,
        "\n### {}\n\nThe database has {cases} cases; the coordinator who is signed in sees {visible} of them and {waiting} rows on the page of the waiting list.",
        chapter.engine.label()
    );
    for remark in &chapter.remarks {
        let _ = writeln!(out, "{remark}");
    }
    let _ = writeln!(
        out,
        "\n| Work | Aim /s | Measured /s | p50 ms | p95 ms (aim 30) | p99 ms | Errors | Core time µs | Against the raw limit |\n|---|--:|--:|--:|--:|--:|--:|--:|---|"
    );
    for figure in &chapter.figures {
        let m = &figure.measured;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {:.1} | {:.1} | {:.1} | 0 | {} | {} |",
            figure.work.job.title,
            grouped(f64::from(figure.work.aim)),
            grouped(m.rate),
            m.percentile(50),
            m.percentile(95),
            m.percentile(99),
            grouped(
                figure.used.as_secs_f64() * 1e6 / f64::from(u32::try_from(m.acknowledged).unwrap_or(u32::MAX).max(1))
            ),
            ratio(figure, chapter, route)
        );
    }
    let [before, after] = chapter.raw;
    let connections = if chapter.engine == Engine::Sqlite { "one thread" } else { "all connections" };
    let _ = writeln!(
        out,
        "\n| Raw limit of {} ({connections}) | Before /s | After /s |\n|---|--:|--:|\n| Insert of one row, one flush each | {} | {} |\n| Select of one row by its key | {} | {} |\n| {} such selects in one transaction, as a case page asks | {} | {} |",
        chapter.engine.label(),
        grouped(before.insert),
        grouped(after.insert),
        grouped(before.select),
        grouped(after.select),
        raw::PAGE,
        grouped(before.page),
        grouped(after.page)
    );
    write_process(out, chapter);
}

fn write_process(out: &mut String, chapter: &Chapter) {
    let mut starts: Vec<f64> = chapter.starts.iter().map(|start| start.as_secs_f64() * 1000.0).collect();
    starts.sort_by(f64::total_cmp);
    let at = |index: usize| starts.get(index).copied().unwrap_or(0.0);
    let memory = |m: &Memory| format!("{:.0} MB ({:.0} MB its own, the rest mapped files)", m.now, m.own);
    let _ = writeln!(
        out,
        "\n| Process | Aim | Measured |\n|---|--:|---|\n| Cold start, median of {} | 300 ms | {:.0} ms ({:.0} to {:.0}) |\n| Resident after the start | 100 MB | {} |\n| Resident after all work | 100 MB | {} |\n| Peak resident | 100 MB | {:.0} MB |",
        starts.len(),
        at(starts.len() / 2),
        at(0),
        at(starts.len().saturating_sub(1)),
        memory(&chapter.after_start),
        memory(&chapter.after_work),
        chapter.after_work.peak
    );
    let writes = chapter.figures.iter().filter_map(|figure| {
        let rows = figure.rows?;
        Some(format!("{}: {} acknowledged, {rows} rows.", figure.work.job.title, figure.measured.acknowledged))
    });
    let writes: Vec<String> = writes.collect();
    let _ = writeln!(out, "\n{}\nThe journal grew by {} entries.", writes.join("\n"), chapter.journal);
}

/// Writes flush, so they are held against the engine's own flush; pages against a route that does nothing.
fn ratio(figure: &Figure, chapter: &Chapter, route: &Measured) -> String {
    let (limit, name) = match figure.work.limit {
        Limit::BareRoute => (route.rate, "the bare route"),
        Limit::DurableInsert => ((chapter.raw[0].insert + chapter.raw[1].insert) / 2.0, "the one-row insert"),
    };
    if limit > 0.0 { format!("{:.3} of {name}", figure.measured.rate / limit) } else { String::new() }
}

/// A whole number with commas.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Puts the figures between the markers of the documentation and leaves its prose alone.
pub fn keep(figures: &str) -> Outcome<()> {
    let path = command::root().join(PAGE);
    let page = fs::read_to_string(&path).map_err(|error| format!("{PAGE} cannot be read: {error}."))?;
    let page = replaced(&page, figures).ok_or_else(|| format!("{PAGE} has lost its markers {BEGIN} and {END}."))?;
    fs::write(&path, page).map_err(|error| format!("{PAGE} cannot be written: {error}."))
}

fn replaced(page: &str, figures: &str) -> Option<String> {
    let (head, rest) = page.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{BEGIN}\n\n{}\n\n{END}{tail}", figures.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([grouped(0.4), grouped(999.6), grouped(1_234_567.0)], ["0", "1,000", "1,234,567"]);
    }

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let page = format!("# Title\n\n{BEGIN}\nold\n{END}\n\nProse.\n");
        let new = replaced(&page, "\nnew\n").unwrap();
        assert_eq!(new, format!("# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nProse.\n"));
        assert_eq!(replaced(&new, "new").unwrap(), new);
        assert_eq!(replaced("no markers", "new"), None);
    }
}
