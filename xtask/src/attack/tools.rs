//! The attackers' programs: installed once, started against one address, and what they wrote read back.

use super::{Target, forms::Asked, report::Row, served::Served};
use crate::command::{self, Outcome};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// From PyPI, in the versions that were tried.
const PYTHON: [&str; 4] = ["schemathesis==4.32.5", "wapiti3==3.1.8", "sqlmap==1.10.10", "greenlet==3.5.6"];
/// From the distribution.
const PACKAGES: [(&str, &str); 3] = [("ffuf", "ffuf"), ("testssl", "testssl.sh"), ("openssl", "openssl")];
/// A browser says so of its own forms; without it every one of them is refused.
pub const SAME_SITE: &str = "Sec-Fetch-Site: same-origin";

pub struct Tools {
    bin: PathBuf,
}

impl Tools {
    /// A Python environment of its own under the target folder, and the distribution's packages.
    pub fn install() -> Outcome<Tools> {
        let missing: Vec<&str> =
            PACKAGES.iter().filter(|(program, _)| !command::on_path(program)).map(|(_, package)| *package).collect();
        if !missing.is_empty() {
            let by_hand = format!("apt-get install --no-install-recommends {}", missing.join(" "));
            let mut apt = command::command("env");
            apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "--no-install-recommends"])
                .args(&missing);
            command::succeed(apt, &format!("These programs are missing; install them with: {by_hand}"))?;
        }
        let folder = command::target_folder()?.join("xtask/attack");
        let (bin, stamp) = (folder.join("bin"), folder.join("installed"));
        let wanted = PYTHON.join("\n");
        if fs::read_to_string(&stamp).unwrap_or_default() != wanted {
            let mut venv = command::command("python3");
            venv.args(["-m", "venv"]).arg(&folder);
            command::succeed(venv, "No Python environment could be made (python3-venv).")?;
            let mut pip = command::command(&bin.join("pip").to_string_lossy());
            pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(PYTHON);
            command::succeed(pip, "The Python programs could not be installed by pip.")?;
            fs::write(&stamp, wanted).map_err(|error| format!("{} cannot be written: {error}.", stamp.display()))?;
        }
        Ok(Tools { bin })
    }

    pub fn python(&self, name: &str) -> Command {
        command::command(&self.bin.join(name).to_string_lossy())
    }

    /// The versions of what attacked, for the report.
    pub fn versions(&self) -> Outcome<String> {
        let first = |mut c: Command| {
            let out = c.output().map(|o| o.stdout).unwrap_or_default();
            String::from_utf8_lossy(&out).lines().find(|l| !l.trim().is_empty()).unwrap_or("").trim().to_owned()
        };
        let mut ffuf = command::command("ffuf");
        ffuf.arg("-V");
        let mut package = command::command("dpkg-query");
        package.args(["-W", "-f", "testssl.sh ${Version}", "testssl.sh"]);
        let python: Vec<String> = PYTHON.iter().map(|p| p.replace("==", " ")).collect();
        Ok(format!("{}, {}, {}", python.join(", "), first(ffuf), first(package)))
    }

    /// Other people's cases by a program that tries a list of words in an address.
    pub fn ffuf(&self, target: &Target, cases: &[String]) -> Outcome<Row> {
        let words = target.folder.join("cases.txt");
        // And ids that nobody has.
        let unknown = (0..50).map(|n| format!("0193{n:04x}-0000-7000-8000-00000000{n:04x}"));
        let all: Vec<String> = cases.iter().cloned().chain(unknown).collect();
        fs::write(&words, all.join("\n")).map_err(|error| format!("The words cannot be written: {error}."))?;
        let (mut asked, mut high) = (0, Vec::new());
        // Who has no list of cases has no case.
        for role in ["manager", "prefecture", "supervisor", "hospital", "family", "council", "auditor", "admin"] {
            for under in ["", "/timeline", "/viewing/log", "/protected", "/consents/new"] {
                let out = target.folder.join("ffuf.json");
                let mut ffuf = command::command("ffuf");
                ffuf.args(["-s", "-t", "8", "-mc", "all", "-of", "json", "-u"])
                    .arg(format!("{}/cases/FUZZ{under}", target.base))
                    .arg("-w")
                    .arg(&words)
                    .arg("-H")
                    .arg(format!("Cookie: {}", target.cookie(role)))
                    .arg("-o")
                    .arg(&out)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null());
                command::succeed(ffuf, "ffuf did not run to its end.")?;
                let found = json(&out)?;
                for result in found["results"].as_array().map(Vec::as_slice).unwrap_or_default() {
                    asked += 1;
                    let status = result["status"].as_u64().unwrap_or_default();
                    if status != 404 && status != 403 {
                        high.push(format!("{role}: {status} for {}", result["url"]));
                    }
                }
            }
        }
        if asked < all.len() {
            high.push(format!("only {asked} answers: ffuf asked nothing"));
        }
        Ok(Row {
            tool: "ffuf".to_owned(),
            what: format!(
                "{} ids of cases and 50 that nobody has, five addresses, the eight roles without a list of cases",
                cases.len()
            ),
            asked: asked.to_string(),
            high,
            other: Vec::new(),
            note: "every answer is 403 or 404".to_owned(),
        })
    }

    pub fn testssl(&self, server: &Served, folder: &Path) -> Outcome<Row> {
        let out = folder.join("testssl.json");
        let mut testssl = command::command("testssl");
        testssl
            .args(["--quiet", "--color", "0", "--warnings", "off", "--openssl-timeout", "10", "--jsonfile"])
            .arg(&out)
            .arg(server.base.trim_start_matches("https://").trim_start_matches("http://"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // It counts its findings in its exit code.
        let _ = testssl.status().map_err(|error| format!("testssl did not start: {error}."))?;
        let found = json(&out)?;
        let all = found.as_array().cloned().unwrap_or_default();
        let (mut high, mut other) = (Vec::new(), Vec::new());
        for one in &all {
            let (id, severity) = (one["id"].as_str().unwrap_or_default(), one["severity"].as_str().unwrap_or_default());
            let told = format!("{id} ({severity}): {}", one["finding"].as_str().unwrap_or_default());
            // A certificate that this run made for itself is trusted by nobody, has no list of revoked ones and a short life.
            let made_here = id.starts_with("cert_")
                || id.starts_with("cert")
                || id.starts_with("OCSP")
                || id.starts_with("DNS_CAA");
            match severity {
                "HIGH" | "CRITICAL" | "FATAL" if !made_here => high.push(told),
                "HIGH" | "CRITICAL" | "FATAL" | "MEDIUM" | "LOW" | "WARN" => other.push(told),
                _ => {}
            }
        }
        if !all
            .iter()
            .any(|one| one["id"] == "TLS1_3" && one["finding"].as_str().is_some_and(|f| f.starts_with("offered")))
        {
            high.push("TLS 1.3 was not seen: testssl asked nothing".to_owned());
        }
        Ok(Row {
            tool: "testssl.sh".to_owned(),
            what: "the TLS port of the server itself".to_owned(),
            asked: format!("{} checks", all.len()),
            high,
            other,
            note: "with a certificate made for the run: what is said of its chain is counted under Other".to_owned(),
        })
    }

    pub fn schemathesis(&self, server: &Served, folder: &Path) -> Outcome<Row> {
        let out = folder.join("schemathesis.log");
        let log = fs::File::create(&out).map_err(|error| format!("No log: {error}."))?;
        let mut schemathesis = self.python("schemathesis");
        schemathesis
            .args([
                "run",
                "docs/openapi.json",
                "--max-examples",
                "100",
                "--seed",
                "20261123",
                "--no-color",
                "-H",
                SAME_SITE,
            ])
            // Other methods are a page's matter; a well-formed answer to a question that nobody asked must be refused.
            .args(["--exclude-checks", "unsupported_method,positive_data_acceptance", "--url", &server.base])
            .stdout(log.try_clone().map_err(|error| error.to_string())?)
            .stderr(log);
        let status = schemathesis.status().map_err(|error| format!("schemathesis did not start: {error}."))?;
        let text = fs::read_to_string(&out).unwrap_or_default();
        let cases = text.lines().find(|line| line.contains(" generated,")).unwrap_or("").trim().to_owned();
        let mut high = Vec::new();
        if !status.success() {
            high.extend(
                text.lines().filter(|line| line.trim_start().starts_with("- ")).map(|line| line.trim().to_owned()),
            );
            if high.is_empty() {
                high.push(format!(
                    "schemathesis ended with {status}: {}",
                    text.lines().rev().take(8).collect::<Vec<_>>().join(" | ")
                ));
            }
        }
        Ok(Row {
            tool: "schemathesis".to_owned(),
            what: "docs/openapi.json, the addresses that answer JSON".to_owned(),
            asked: cases,
            high,
            other: Vec::new(),
            note: "every answer as described; no error of the server".to_owned(),
        })
    }

    pub fn sqlmap(&self, target: &Target, requests: &[Asked]) -> Outcome<Row> {
        let folder = target.folder.join("sqlmap");
        fs::create_dir_all(&folder).map_err(|error| format!("No folder for sqlmap: {error}."))?;
        let (mut tried, mut parameters, mut high) = (0, 0, Vec::new());
        for asked in requests {
            let mut sqlmap = self.python("sqlmap");
            sqlmap
                .args([
                    "--batch",
                    "--disable-coloring",
                    "--flush-session",
                    "--level",
                    "1",
                    "--risk",
                    "1",
                    "--technique",
                    "BEU",
                ])
                .args(["--timeout", "5", "--retries", "1", "--ignore-code", "400,403,404,409,422", "--skip", "once"])
                // What is typed stands on the page again, so the page is compared by its status and not by its words.
                .args([
                    "--threads",
                    "4",
                    "-H",
                    SAME_SITE,
                    "--cookie",
                    target.cookie(asked.role),
                    "--param-exclude",
                    "tsumugi.*|once|version",
                ])
                .arg("--output-dir")
                .arg(&folder)
                .arg("-u")
                .arg(format!("{}{}", target.base, asked.path));
            if let Some(body) = &asked.body {
                sqlmap.args(["--data", body]);
            }
            let answer = sqlmap.output().map_err(|error| format!("sqlmap did not start: {error}."))?;
            let text = String::from_utf8_lossy(&answer.stdout).into_owned();
            tried += 1;
            parameters += text.matches("does not seem to be injectable").count();
            for line in text.lines().filter(|l| {
                l.contains("is vulnerable")
                    || l.contains("injection point(s)")
                    || l.trim_start().starts_with("Payload:")
            }) {
                high.push(format!("{} {}: {}", asked.role, asked.path, line.trim()));
            }
        }
        if parameters == 0 {
            high.push("no parameter was tried".to_owned());
        }
        Ok(Row {
            tool: "sqlmap".to_owned(),
            what: format!("{tried} addresses and forms with every parameter of theirs"),
            asked: format!("{parameters} parameters"),
            high,
            other: Vec::new(),
            note: "level 1, boolean, error and union".to_owned(),
        })
    }
}

pub fn json(file: &Path) -> Outcome<Value> {
    let bytes = fs::read(file).map_err(|error| format!("{} was not written: {error}.", file.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{} is no JSON: {error}.", file.display()))
}
