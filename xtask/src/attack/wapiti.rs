//! wapiti: pages are crawled with a role's session, and what they ask for is tried.

use super::{
    BUSY, Target,
    report::Row,
    tools::{SAME_SITE, Tools, json},
};
use crate::{bench::product::Product, command::Outcome};
use serde_json::Value;
use std::{collections::BTreeSet, fs, process::Stdio};

impl Tools {
    /// What looks severe is tried once more, alone, against a product that nobody has attacked yet (`again`): texts that an
    /// earlier form has stored and that a list shows are no finding.
    pub fn wapiti(&self, target: &Target, again: impl FnOnce() -> Outcome<(Product, Target)>) -> Outcome<Row> {
        let (mut severe, mut other, mut pages) = (Vec::new(), Vec::new(), 0);
        for role in BUSY {
            let found = self.wapiti_once(target, role, "/", "folder")?;
            pages += found["infos"]["crawled_pages_nbr"].as_u64().unwrap_or_default();
            for (level, path, told) in findings(&found, role) {
                if level >= 3 { severe.push((role, path, told)) } else { other.push(told) }
            }
        }
        let mut high = Vec::new();
        if !severe.is_empty() {
            let (server, fresh) = again()?;
            let mut met = BTreeSet::new();
            for (role, path, told) in severe {
                let place = (role, path.split(['?', '#']).next().unwrap_or_default().to_owned());
                if met.insert(place) {
                    let once = self.wapiti_once(&fresh, role, &path, "page")?;
                    high.extend(
                        findings(&once, role).into_iter().filter(|(level, ..)| *level >= 3).map(|(.., told)| told),
                    );
                }
                other.push(format!("(not seen again on a fresh database unless named above) {told}"));
            }
            drop(server);
        }
        if pages < 20 {
            high.push(format!("only {pages} pages were crawled"));
        }
        other.sort();
        other.dedup();
        Ok(Row {
            tool: "wapiti".to_owned(),
            what: format!("crawled pages and forms of {}", BUSY.join(", ")),
            asked: format!("{pages} pages"),
            high,
            other,
            note: format!("at most {} minutes for each role", target.minutes),
        })
    }

    fn wapiti_once(&self, target: &Target, role: &str, path: &str, scope: &str) -> Outcome<Value> {
        let out = target.folder.join(format!("wapiti-{role}.json"));
        let _ = fs::remove_file(&out);
        let seconds = target.minutes * 60;
        let mut wapiti = self.python("wapiti");
        wapiti
            .args(["-u", &format!("{}{path}", target.base), "--scope", scope, "-f", "json", "-o"])
            .arg(&out)
            .args(["-H", SAME_SITE, "-H", &format!("Cookie: {}", target.cookie(role))])
            .args([
                "-m",
                "sql,xss,permanentxss,exec,file,redirect,crlf,http_headers,cookieflags,csp",
                "--flush-session",
                "--verify-ssl",
                "0",
            ])
            // Signing out ends the session with which it looks.
            .args([
                "-x",
                &format!("{}/sign-out", target.base),
                "-d",
                "4",
                "--max-links-per-page",
                "40",
                "--max-files-per-dir",
                "40",
            ])
            .args([
                "--max-scan-time",
                &seconds.to_string(),
                "--max-attack-time",
                &(seconds / 5).to_string(),
                "--tasks",
                "8",
            ])
            .arg("--store-session")
            .arg(target.folder.join("wapiti"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = wapiti.status().map_err(|error| format!("wapiti did not start: {error}."))?;
        json(&out).map_err(|sentence| format!("wapiti ({status}): {sentence}"))
    }
}

/// Level, path with its parameters, and the words of each finding.
fn findings(found: &Value, role: &str) -> Vec<(u64, String, String)> {
    let mut all = Vec::new();
    for (kind, ones) in found["vulnerabilities"].as_object().into_iter().flatten() {
        for one in ones.as_array().into_iter().flatten() {
            let said = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let told = format!("{role}: {kind}: {} {} {}", said("method"), said("path"), said("info"));
            // The first line of the request has the parameters as well.
            let path = said("http_request").split_whitespace().nth(1).map_or_else(|| said("path"), str::to_owned);
            all.push((one["level"].as_u64().unwrap_or_default(), path, told));
        }
    }
    all
}
