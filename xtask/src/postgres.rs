//! A private PostgreSQL server: its own folder, a Unix socket and no network, gone when it is dropped.

mod place;

use crate::command::{self, Outcome};
use place::{Owner, new_folder, privileges, remove, unprivileged};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

pub use place::{is_root, programs};

/// Every server that runs, so that the signal handler reaches them too.
static RUNNING: Mutex<Vec<Server>> = Mutex::new(Vec::new());

struct Server {
    folder: PathBuf,
    postmaster: Child,
}

/// A running server. Dropping it stops exactly that process and removes its folder.
pub struct Private {
    /// The address of its `postgres` database, in a form that tokio-postgres and psql read alike.
    pub url: String,
    folder: PathBuf,
    port: u16,
}

impl Private {
    /// Makes a data folder and starts a server on it, which takes one or two seconds.
    ///
    /// # Errors
    /// A sentence with the server's last words when it does not answer.
    pub fn start() -> Outcome<Private> {
        let programs =
            programs().ok_or("PostgreSQL 15 or newer is not installed (Debian: apt-get install postgresql).")?;
        let owner = if is_root() { Some(unprivileged()?) } else { None };
        let folder = new_folder(owner.as_ref())?;
        let port = 40_000 + u16::try_from(std::process::id() % 20_000).unwrap_or_default();
        let private = Private { url: address(&folder, port, "postgres"), folder, port };
        private.launch(&programs, owner.as_ref()).inspect_err(|_| remove(&private.folder))?;
        private.wait_until_it_answers()?;
        Ok(private)
    }

    /// Creates an empty database and gives its address.
    pub fn create_database(&self, name: &str) -> Outcome<String> {
        let session = Session::open(&self.url)?;
        session.run(session.client.batch_execute(&format!("CREATE DATABASE \"{name}\""))).map_err(|error| {
            format!("The private PostgreSQL could not create the database {name}: {}", explain(&error))
        })?;
        Ok(address(&self.folder, self.port, name))
    }

    fn launch(&self, programs: &Path, owner: Option<&Owner>) -> Outcome<()> {
        let data = self.folder.join("data");
        let log =
            File::create(self.folder.join("log")).map_err(|error| format!("No log file for PostgreSQL: {error}."))?;
        let again = log.try_clone().map_err(|error| format!("No log file for PostgreSQL: {error}."))?;
        let as_owner = |program: &str| {
            // INT asks for a fast shutdown: the server ends its clients' sessions and leaves.
            let mut command =
                command::dying_with_parent(&programs.join(program).to_string_lossy(), "INT", &privileges(owner));
            command.current_dir(&self.folder).env("LC_ALL", "C.UTF-8");
            command
        };
        let mut initdb = as_owner("initdb");
        initdb.arg("-D").arg(&data).args([
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "--no-instructions",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]);
        let answer = initdb.output().map_err(|error| format!("initdb did not start: {error}."))?;
        if !answer.status.success() {
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&answer.stderr).trim()));
        }
        let mut server = as_owner("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(&self.folder).arg("-p").arg(self.port.to_string());
        for setting in [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "max_connections=200",
            "timezone=UTC",
        ] {
            server.args(["-c", setting]);
        }
        server.stdout(Stdio::from(log)).stderr(Stdio::from(again));
        // A process group of its own: Ctrl-C on the terminal reaches it through this program only.
        std::os::unix::process::CommandExt::process_group(&mut server, 0);
        let postmaster = server.spawn().map_err(|error| format!("PostgreSQL did not start: {error}."))?;
        running().push(Server { folder: self.folder.clone(), postmaster });
        Ok(())
    }

    fn wait_until_it_answers(&self) -> Outcome<()> {
        let begun = Instant::now();
        while Session::open(&self.url).is_err() {
            let alive = running()
                .iter_mut()
                .any(|server| server.folder == self.folder && matches!(server.postmaster.try_wait(), Ok(None)));
            if !alive || begun.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(format!("The private PostgreSQL does not answer. Its log says:\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let mine = {
            let mut servers = running();
            let place = servers.iter().position(|server| server.folder == self.folder);
            place.map(|place| servers.swap_remove(place))
        };
        if let Some(server) = mine {
            server.stop();
        }
    }
}

impl Server {
    fn stop(mut self) {
        // Nobody wants the data any more, so the server need not write them out.
        command::stop(&mut self.postmaster, "QUIT", Duration::from_secs(10));
        remove(&self.folder);
    }
}

/// Stops every private server of this process.
pub fn stop_all() {
    let all = std::mem::take(&mut *running());
    all.into_iter().for_each(Server::stop);
}

/// One connection, used one statement at a time.
pub struct Session {
    pub client: Client,
    runtime: Runtime,
}

impl Session {
    pub fn open(url: &str) -> Outcome<Session> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("No runtime for PostgreSQL: {error}."))?;
        let (client, connection) = runtime
            .block_on(tokio_postgres::connect(url, NoTls))
            .map_err(|error| format!("No connection to PostgreSQL: {}", explain(&error)))?;
        runtime.spawn(connection);
        Ok(Session { client, runtime })
    }

    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// The server's own words, which the driver's short message leaves out.
pub fn explain(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| format!("{error}."), |told| format!("{}.", told.message()))
}

fn running() -> MutexGuard<'static, Vec<Server>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn address(folder: &Path, port: u16, database: &str) -> String {
    format!("postgres://postgres@/{database}?host={}&port={port}", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_server_answers_at_its_address_and_leaves_nothing_behind() {
        let private = Private::start().unwrap();
        let url = private.create_database("another").unwrap();
        let session = Session::open(&url).unwrap();
        let row = session.run(session.client.query_one("SELECT current_database()", &[])).unwrap();
        assert_eq!(row.get::<_, String>(0), "another");
        let folder = private.folder.clone();
        drop(private);
        assert!(!folder.exists());
        assert!(Session::open(&url).is_err());
    }
}
