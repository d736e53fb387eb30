//! What the product is built from: licences that may be passed on, one source, nothing that no code uses.

use super::{Finding, RustFile};
use crate::command::{self, Outcome};
use serde_json::Value;

/// Licences whose terms an Apache-2.0 program can keep by naming them (NOTICE.md).
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    // File by file: its sources are passed on unchanged.
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// The rules `licence`, `source` and `unused-dependency`.
pub fn check(rust: &[&RustFile]) -> Outcome<Vec<Finding>> {
    let answer = command::cargo(&["metadata", "--format-version", "1", "--locked"])
        .output()
        .map_err(|error| format!("cargo metadata did not start: {error}."))?;
    let metadata: Value =
        serde_json::from_slice(&answer.stdout).map_err(|error| format!("cargo metadata answered no JSON: {error}."))?;
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut findings = Vec::new();
    for package in packages {
        findings.extend(from_elsewhere(package));
        if package["source"].is_null() {
            let manifest = package["manifest_path"].as_str().unwrap_or_default();
            let path = manifest.strip_prefix(root).unwrap_or(manifest).trim_start_matches('/');
            findings.extend(unused(package, path, rust));
        }
    }
    Ok(findings)
}

fn from_elsewhere(package: &Value) -> Vec<Finding> {
    let name = format!("{} {}", package["name"].as_str().unwrap_or("?"), package["version"].as_str().unwrap_or("?"));
    let licence = package["license"].as_str().unwrap_or("no licence");
    let mut findings = Vec::new();
    if !may_be_passed_on(licence) {
        findings.push(Finding::new("Cargo.lock", 1, "licence", format!("{name} has the licence {licence}.")));
    }
    if package["source"].as_str().is_some_and(|source| !source.ends_with("crates.io-index")) {
        findings.push(Finding::new("Cargo.lock", 1, "source", format!("{name} does not come from crates.io.")));
    }
    findings
}

/// Whether an SPDX expression leaves a choice that is allowed: one alternative of `OR`, all parts of `AND`.
fn may_be_passed_on(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], "");
    // Old manifests write a slash for OR. An OR inside an AND is read as the weaker demand for each part.
    flat.split(" AND ")
        .all(|part| part.split(" OR ").flat_map(|one| one.split('/')).any(|one| LICENCES.contains(&one.trim())))
}

fn unused(package: &Value, manifest: &str, rust: &[&RustFile]) -> Vec<Finding> {
    let folder = manifest.trim_end_matches("Cargo.toml");
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let used = |name: &str| {
        let files = rust.iter().filter(|file| file.path.starts_with(folder));
        files.into_iter().any(|file| {
            (0..file.code.len()).any(|at| file.stands(at, &[name, ":", ":"]) || file.stands(at, &["use", name]))
        })
    };
    dependencies
        .iter()
        .filter_map(|one| one["rename"].as_str().or_else(|| one["name"].as_str()))
        .filter(|name| !used(&name.replace('-', "_")))
        .map(|name| Finding::new(manifest, 1, "unused-dependency", format!("No file of {folder} uses {name}.")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_licence_is_allowed_where_one_choice_is() {
        for good in
            ["MIT", "MIT OR Apache-2.0", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"]
        {
            assert!(may_be_passed_on(good), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "no licence", "AGPL-3.0-only", ""] {
            assert!(!may_be_passed_on(bad), "{bad}");
        }
    }

    #[test]
    fn a_package_from_elsewhere_is_found() {
        let good = json!({"name": "a", "version": "1", "license": "MIT", "source": "registry+https://github.com/rust-lang/crates.io-index"});
        assert_eq!(from_elsewhere(&good), []);
        let bad = json!({"name": "a", "version": "1", "license": "SSPL-1.0", "source": "git+https://example.org/a"});
        let rules: Vec<&str> = from_elsewhere(&bad).iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["licence", "source"]);
    }

    #[test]
    fn a_dependency_without_a_use_is_found() {
        let package =
            json!({"dependencies": [{"name": "serde-json", "rename": null}, {"name": "csv", "rename": null}]});
        let file = RustFile::new("crates/x/src/lib.rs", "fn a() { serde_json::from_str(\"csv\") }");
        let found = unused(&package, "crates/x/Cargo.toml", &[&file]);
        assert_eq!(found.len(), 1);
        assert!(found[0].sentence.contains("csv"), "{found:?}");
    }
}
