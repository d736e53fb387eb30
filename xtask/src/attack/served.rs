//! A server of the product that is neither the measured demo nor the tests': started with options of its own.

use crate::command::{self, Outcome};
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

/// A server of the product that is neither demo nor measured, ended when this is dropped.
pub struct Served {
    child: Child,
    /// As it printed it.
    pub base: String,
}

impl Served {
    pub fn start(program: &Path, arguments: &[&OsStr], folder: &Path) -> Outcome<Served> {
        let log = fs::File::create(folder.join("served.log")).map_err(|error| format!("No log: {error}."))?;
        let mut child = command::command(&program.to_string_lossy())
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("The product did not start: {error}."))?;
        let lines =
            child.stdout.take().map(|out| BufReader::new(out).lines()).into_iter().flatten().map_while(Result::ok);
        let mut lines = lines.inspect(|_| ());
        let base = lines.by_ref().find_map(|line| {
            let line = line.trim();
            let rest = line.strip_prefix("http").map(|_| line)?;
            let port = rest.rsplit_once(':')?.1.trim_end_matches('/');
            port.parse::<u16>().is_ok().then(|| rest.trim_end_matches('/').to_owned())
        });
        // Whoever prints on must find somebody who reads.
        std::thread::spawn(move || lines.for_each(drop));
        match base {
            Some(base) => Ok(Served { child, base }),
            None => {
                command::stop(&mut child, "TERM", Duration::from_secs(5));
                let said = fs::read_to_string(folder.join("served.log")).unwrap_or_default();
                Err(format!("The product printed no address. {said}"))
            }
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        command::stop(&mut self.child, "TERM", Duration::from_secs(5));
    }
}
