//! The canary: no name of a demo child may occur in anything that the tests or the product printed.

use crate::command::{self, Outcome};
use std::{
    fs,
    path::{Path, PathBuf},
};

const NAMES: &str = "crates/tsumugi/testdata/canary-names.txt";

/// Searches files, and folders with all their files, for the names of `testdata/canary-names.txt`.
///
/// # Errors
/// When a name was found; each place is printed.
pub fn search(places: &[PathBuf]) -> Outcome<()> {
    let Ok(text) = fs::read_to_string(command::root().join(NAMES)) else {
        println!("There is no {NAMES}, so nothing was searched.");
        return Ok(());
    };
    let names = spellings(&text);
    let mut files = Vec::new();
    places.iter().for_each(|place| list(place, &mut files));
    let mut found = 0;
    for file in &files {
        let bytes = fs::read(file).map_err(|error| format!("{} cannot be read: {error}.", file.display()))?;
        for (line, name) in hits(&String::from_utf8_lossy(&bytes), &names) {
            println!("{}:{line}: canary: the name of a child, {name}, stands in this output.", file.display());
            found += 1;
        }
    }
    println!("Searched {} files for {} spellings.", files.len(), names.len());
    if found == 0 { Ok(()) } else { Err("Children's names were found in logs or test output.".to_owned()) }
}

/// Every name as it is written, without its space, with a full-width space, and as it would stand in a URL.
/// Empty lines and lines that begin with `#` are no names.
fn spellings(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for name in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = name.split_whitespace().collect();
        for written in [words.join(" "), words.concat(), words.join("\u{3000}")] {
            let encoded: String = written.bytes().map(|byte| format!("%{byte:02X}")).collect();
            all.extend([encoded.to_lowercase(), encoded, written]);
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn hits<'a>(text: &'a str, names: &'a [String]) -> impl Iterator<Item = (usize, &'a str)> {
    text.lines().enumerate().flat_map(move |(index, line)| {
        names.iter().filter(move |name| line.contains(name.as_str())).map(move |name| (index + 1, name.as_str()))
    })
}

fn list(place: &Path, files: &mut Vec<PathBuf>) {
    if let Ok(entries) = fs::read_dir(place) {
        entries.flatten().for_each(|entry| list(&entry.path(), files));
    } else if place.is_file() {
        files.push(place.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_spelt() {
        let names = spellings("# children\n\n海野 つむぎ\n");
        for line in [
            "opened for 海野 つむぎ",
            "q=海野つむぎ",
            "海野\u{3000}つむぎ",
            "GET /?q=%E6%B5%B7%E9%87%8E%E3%81%A4%E3%82%80%E3%81%8E",
        ] {
            assert_eq!(hits(&format!("started\n{line}\n"), &names).next().map(|hit| hit.0), Some(2), "{line}");
        }
    }

    #[test]
    fn ids_alone_are_no_hit() {
        let names = spellings("海野 つむぎ");
        assert_eq!(hits("Opened case 01939d0e\n海野さん", &names).count(), 0);
    }
}
