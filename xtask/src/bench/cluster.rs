//! A PostgreSQL server that flushes, unlike the private one of the tests, which would lie about every commit.

use crate::{
    command::{self, Outcome},
    postgres::{Session, explain, is_root, programs},
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Set on the command line, so that no file can say otherwise.
pub const DURABLE: [&str; 3] = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// The user that Debian's package makes, whom the server runs as where the caller is root.
const USER: &str = "postgres";

/// A running server. Dropping it stops exactly that process and removes its folder.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    postmaster: Child,
}

impl Cluster {
    pub fn start() -> Outcome<Cluster> {
        let programs =
            programs().ok_or("PostgreSQL 15 or newer is not installed (Debian: apt-get install postgresql).")?;
        // A socket's path may have 107 bytes at most, and the server's user must reach it.
        let folder = PathBuf::from(format!("/tmp/tsumugi-bench-pg-{}", std::process::id()));
        let port = 40_000 + u16::try_from(std::process::id() % 20_000).unwrap_or_default();
        make(&folder)?;
        let launched = initialise(&programs, &folder).and_then(|()| launch(&programs, &folder, port));
        let postmaster = launched.inspect_err(|_| remove(&folder))?;
        let mut cluster = Cluster { folder, port, postmaster };
        cluster.wait_until_it_answers()?;
        Ok(cluster)
    }

    pub fn create_database(&self, name: &str) -> Outcome<String> {
        let session = Session::open(&self.address("postgres"))?;
        let made = session.run(session.client.batch_execute(&format!("CREATE DATABASE \"{name}\"")));
        made.map_err(|error| format!("The database {name} could not be made: {}", explain(&error)))?;
        Ok(self.address(name))
    }

    pub fn address(&self, database: &str) -> String {
        format!("postgres://postgres@/{database}?host={}&port={}", self.folder.display(), self.port)
    }

    fn wait_until_it_answers(&mut self) -> Outcome<()> {
        let begun = Instant::now();
        while Session::open(&self.address("postgres")).is_err() {
            let alive = matches!(self.postmaster.try_wait(), Ok(None));
            if !alive || begun.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(format!("PostgreSQL does not answer. Its log says:\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        command::stop(&mut self.postmaster, "QUIT", Duration::from_secs(10));
        remove(&self.folder);
    }
}

fn make(folder: &Path) -> Outcome<()> {
    let mut install = command::command("install");
    install.args(["-d", "-m", "700"]);
    if is_root() {
        install.args(["-o", USER]);
    }
    install.arg(folder);
    command::succeed(install, "The folder for PostgreSQL could not be made.")
}

/// A command of PostgreSQL in its own folder, which it leaves for an unprivileged user when the caller is root.
fn as_owner(program: &Path, folder: &Path) -> Command {
    let mut options = Vec::new();
    if is_root() {
        options.extend([format!("--reuid={USER}"), format!("--regid={USER}"), "--clear-groups".to_owned()]);
        options.push("--no-new-privs".to_owned());
    }
    // INT asks for a fast shutdown: the server ends its clients' sessions and leaves.
    let mut command = command::dying_with_parent(&program.to_string_lossy(), "INT", &options);
    command.current_dir(folder).env("LC_ALL", "C.UTF-8");
    command
}

fn initialise(programs: &Path, folder: &Path) -> Outcome<()> {
    let mut initdb = as_owner(&programs.join("initdb"), folder);
    initdb.arg("-D").arg(folder.join("data"));
    initdb.args(["-U", "postgres", "--auth=trust", "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8"]);
    let answer = initdb.output().map_err(|error| format!("initdb did not start: {error}."))?;
    if answer.status.success() {
        Ok(())
    } else {
        Err(format!("initdb failed: {}", String::from_utf8_lossy(&answer.stderr).trim()))
    }
}

fn launch(programs: &Path, folder: &Path, port: u16) -> Outcome<Child> {
    let told = |error: std::io::Error| format!("No log file for PostgreSQL: {error}.");
    let log = File::create(folder.join("log")).map_err(told)?;
    let again = log.try_clone().map_err(told)?;
    let mut server = as_owner(&programs.join("postgres"), folder);
    server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder).arg("-p").arg(port.to_string());
    let quiet = ["listen_addresses=", "unix_socket_permissions=0700", "max_connections=200", "timezone=UTC"];
    for setting in DURABLE.iter().chain(&quiet) {
        server.args(["-c", setting]);
    }
    server.stdout(Stdio::from(log)).stderr(Stdio::from(again));
    // A process group of its own: Ctrl-C on the terminal reaches it through this program only.
    std::os::unix::process::CommandExt::process_group(&mut server, 0);
    server.spawn().map_err(|error| format!("PostgreSQL did not start: {error}."))
}

fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        eprintln!("{} could not be removed: {error}.", folder.display());
    }
}
