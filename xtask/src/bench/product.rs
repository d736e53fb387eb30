//! The product as its users start it: built for release, filled, started, measured from outside, stopped by its process id.

use super::place::Place;
use crate::command::{self, Outcome};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// The seed of the demo's made-up people.
const SEED: &str = "20260401";

/// Builds the product for release and gives its program.
pub fn build() -> Outcome<PathBuf> {
    command::succeed(command::cargo(&["build", "--release", "-p", "tsumugi"]), "The product did not build.")?;
    Ok(command::target_folder()?.join("release/tsumugi"))
}

/// Makes the schema and the demo with so many cases, and waits until that is done.
pub fn fill(program: &Path, place: &Place, cases: u32, log: &Path) -> Outcome<()> {
    let mut command = demo(program, place, log)?;
    command.args(["--seed", SEED, "--list", "--cases"]).arg(cases.to_string()).stdout(Stdio::null());
    command::succeed(command, "The demo could not be loaded.").map_err(|sentence| with_log(&sentence, log))
}

/// A running product. Dropping it stops exactly that process.
pub struct Product {
    pub address: SocketAddr,
    /// From the spawn of the process to the first 200 of /healthz.
    pub cold_start: Duration,
    child: Child,
    /// Kept open, because a program whose output nobody reads any more is ended by the next line.
    _output: BufReader<ChildStdout>,
}

/// Resident memory in megabytes (of 1,000,000 bytes).
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    pub peak: f64,
    pub now: f64,
    /// The part of `now` that is the process's own; the rest are pages of files, the database's mapped ones among them.
    pub own: f64,
}

impl Product {
    /// Starts the product on a place that is filled already.
    pub fn start(program: &Path, place: &Place, log: &Path) -> Outcome<Product> {
        let mut command = demo(program, place, log)?;
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("The product did not start: {error}."))?;
        let output = child.stdout.take().ok_or("The product has no output.")?;
        let mut output = BufReader::new(output);
        match address(&mut output).and_then(|address| answers(address).map(|()| address)) {
            Ok(address) => Ok(Product { address, cold_start: begun.elapsed(), child, _output: output }),
            Err(sentence) => {
                command::stop(&mut child, "TERM", Duration::from_secs(5));
                Err(with_log(&sentence, log))
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process ended by itself within the time, and well.
    pub fn ended(&mut self, patience: Duration) -> Option<bool> {
        command::wait(&mut self.child, patience)
    }

    /// The time that the process has had on any core so far, to a hundredth of a second.
    pub fn time_on_cores(&self) -> Outcome<Duration> {
        let file = format!("/proc/{}/stat", self.child.id());
        let text = fs::read_to_string(&file).map_err(|error| format!("{file} cannot be read: {error}."))?;
        // The name of the program stands in brackets and may have spaces; user and system time are the 12th and 13th after it.
        let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Ends the process at once, in the middle of whatever it does.
    pub fn kill(mut self) -> Outcome<()> {
        let told = |error: std::io::Error| format!("The product could not be killed: {error}.");
        self.child.kill().map_err(told)?;
        self.child.wait().map(drop).map_err(told)
    }

    pub fn memory(&self) -> Outcome<Memory> {
        let file = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(&file).map_err(|error| format!("{file} cannot be read: {error}."))?;
        let of = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let kilo = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
            kilo.map(|kilo| kilo * 1024.0 / 1e6).ok_or_else(|| format!("{file} has no {name}."))
        };
        Ok(Memory { peak: of("VmHWM")?, now: of("VmRSS")?, own: of("RssAnon")? })
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        command::stop(&mut self.child, "TERM", Duration::from_secs(10));
    }
}

fn demo(program: &Path, place: &Place, log: &Path) -> Outcome<Command> {
    let log = File::options().create(true).append(true).open(log);
    let log = log.map_err(|error| format!("No log file for the product: {error}."))?;
    let mut command = command::command(&program.to_string_lossy());
    command.arg("demo").args(place.options()).stderr(Stdio::from(log));
    Ok(command)
}

/// The last line of the product's greeting is its address alone.
fn address(output: &mut BufReader<ChildStdout>) -> Outcome<SocketAddr> {
    let mut line = String::new();
    loop {
        line.clear();
        let read = output.read_line(&mut line).map_err(|error| format!("The product's output ended: {error}."))?;
        if read == 0 {
            return Err("The product ended before it said its address.".to_owned());
        }
        if let Some(found) = line.trim().strip_prefix("http://").and_then(|rest| rest.parse().ok()) {
            return Ok(found);
        }
    }
}

fn answers(address: SocketAddr) -> Outcome<()> {
    let begun = Instant::now();
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
        let mut first = [0; 12];
        stream.read_exact(&mut first)?;
        Ok(first == *b"HTTP/1.1 200")
    };
    while !matches!(ask(), Ok(true)) {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err("The product does not answer /healthz with 200.".to_owned());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn with_log(sentence: &str, log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    format!("{sentence} Its log ends:\n{}", lines[lines.len().saturating_sub(10)..].join("\n"))
}
