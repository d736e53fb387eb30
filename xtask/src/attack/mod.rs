//! `cargo xtask attack`: well-known attackers' programs against the running product, with every role's session.
//!
//! Everything happens on loopback, against a demo of its own. What a program finds is judged here; anything of high severity
//! fails the run, and all of it stands in docs/security/attack.md.

mod doors;
mod forms;
mod report;
mod served;
mod tools;
mod wapiti;

use crate::{
    bench::{
        http::Wire,
        place::{Folder, Place},
        product::{self, Product},
        subjects,
    },
    command::{self, Outcome},
};
use report::Row;
use std::path::{Path, PathBuf};
use tools::Tools;

/// The keys of the demo's accounts: one for each role, and two more municipalities.
pub const ROLES: [&str; 14] = [
    "coordinator",
    "coordinator2",
    "supporter",
    "manager",
    "city",
    "city2",
    "privacy",
    "prefecture",
    "supervisor",
    "hospital",
    "family",
    "council",
    "auditor",
    "admin",
];

/// Roles whose sessions the slow programs take; the others see less of the same pages.
pub const BUSY: [&str; 5] = ["coordinator", "supporter", "city", "family", "admin"];

/// The running target of an attack.
pub struct Target {
    pub base: String,
    /// A cookie for each of [`ROLES`].
    pub cookies: Vec<(&'static str, String)>,
    /// Where the programs leave what they write.
    pub folder: PathBuf,
    /// Minutes that a slow program may take for one role.
    pub minutes: u64,
}

impl Target {
    pub fn cookie(&self, role: &str) -> &str {
        self.cookies.iter().find(|(r, _)| *r == role).map_or("", |(_, cookie)| cookie)
    }
}

/// `--only doors|forms|ffuf|wapiti|sqlmap|schemathesis|testssl` runs one of them and writes no report; `--minutes N` bounds the slow ones.
pub fn run(arguments: &[String]) -> Outcome<()> {
    let (mut only, mut minutes) = (None, 4);
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        match (flag.as_str(), rest.next()) {
            ("--only", Some(name)) => only = Some(name.clone()),
            ("--minutes", Some(n)) => minutes = n.parse().map_err(|_| "--minutes takes a number.".to_owned())?,
            _ => return Err("The flags are --only NAME and --minutes N.".to_owned()),
        }
    }
    let tools = Tools::install()?;
    let program = product::build()?;
    let folder = Folder::new()?;
    let place = Place::Sqlite(folder.path().join("data"));
    let log = folder.path().join("server.log");
    product::fill(&program, &place, 94, &log)?;
    let server = Product::start(&program, &place, &log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    let cookies = runtime.block_on(sign_in(&server))?;
    let target =
        Target { base: format!("http://{}", server.address), cookies, folder: folder.path().to_owned(), minutes };
    let mut rows = Vec::new();
    let wanted = |name: &str| only.as_deref().is_none_or(|o| o == name);
    if wanted("doors") {
        println!("-- doors");
        rows.push(runtime.block_on(doors::walk(&target))?);
    }
    if wanted("ffuf") {
        println!("-- ffuf");
        rows.push(tools.ffuf(&target, &runtime.block_on(doors::every_case(&target))?)?);
    }
    if wanted("testssl") {
        println!("-- testssl");
        rows.push(testssl(&tools, &program, folder.path())?);
    }
    if wanted("schemathesis") {
        println!("-- schemathesis");
        rows.push(schemathesis(&tools, &program, folder.path())?);
    }
    if wanted("sqlmap") {
        println!("-- sqlmap");
        let asked = runtime.block_on(forms::requests(&target))?;
        rows.push(tools.sqlmap(&target, &asked)?);
    }
    if wanted("wapiti") {
        println!("-- wapiti");
        let again = || {
            let place = Place::Sqlite(folder.path().join("again"));
            product::fill(&program, &place, 20, &log)?;
            let server = Product::start(&program, &place, &log)?;
            let cookies = runtime.block_on(sign_in(&server))?;
            let base = format!("http://{}", server.address);
            Ok((server, Target { base, cookies, folder: folder.path().to_owned(), minutes }))
        };
        rows.push(tools.wapiti(&target, again)?);
    }
    drop(server);
    println!("{}", report::table(&rows));
    if only.is_none() {
        report::write(&rows, &tools)?;
    }
    let high: Vec<&str> = rows.iter().filter(|row| !row.high.is_empty()).map(|row| row.tool.as_str()).collect();
    if high.is_empty() { Ok(()) } else { Err(format!("Findings of high severity by {}.", high.join(", "))) }
}

async fn sign_in(server: &Product) -> Outcome<Vec<(&'static str, String)>> {
    let mut wire = Wire::open(server.address).await?;
    let mut cookies = Vec::new();
    for role in ROLES {
        cookies.push((role, subjects::sign_in(&mut wire, role).await?));
    }
    Ok(cookies)
}

/// The product with a certificate of its own making, which is what testssl looks at.
fn testssl(tools: &Tools, program: &Path, folder: &Path) -> Outcome<Row> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut openssl = command::command("openssl");
    openssl
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(std::process::Stdio::null());
    command::succeed(openssl, "openssl made no certificate.")?;
    let file = folder.join("tls.toml");
    let text = format!(
        "[data]\ndir = {:?}\n\n[http]\norigin = \"https://localhost\"\ncertificate = {certificate:?}\ncertificate_key = {key:?}\n",
        folder.join("tls-data")
    );
    std::fs::write(&file, text).map_err(|error| format!("{} cannot be written: {error}.", file.display()))?;
    // The server takes neither of them where others can read them.
    let mut chmod = command::command("chmod");
    chmod.arg("600").arg(&key).arg(&file);
    command::succeed(chmod, "The files cannot be made private.")?;
    let server = served::Served::start(program, &["serve".as_ref(), "--config".as_ref(), file.as_os_str()], folder)?;
    tools.testssl(&server, folder)
}

/// The product with passkeys, whose JSON addresses schemathesis knows from docs/openapi.json.
fn schemathesis(tools: &Tools, program: &Path, folder: &Path) -> Outcome<Row> {
    let data = folder.join("serve-data");
    let server = served::Served::start(program, &["serve".as_ref(), "--data".as_ref(), data.as_os_str()], folder)?;
    tools.schemathesis(&server, folder)
}
