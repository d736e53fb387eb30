//! Child processes, none of which outlives this one, and where the workspace is.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};
use tokio::signal::unix::{SignalKind, signal};

/// A step either ends well or with a sentence that says what is wrong and what to do about it.
pub type Outcome<T> = Result<T, String>;

/// The folder of the workspace, wherever it was moved to since this program was built.
pub fn root() -> PathBuf {
    let manifest =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// The folder that cargo builds into, asked from cargo because three settings can move it.
pub fn target_folder() -> Outcome<PathBuf> {
    let answer = cargo(&["metadata", "--no-deps", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo metadata did not start: {error}."))?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&answer.stdout).map_err(|error| format!("cargo metadata answered no JSON: {error}."))?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| "cargo metadata names no target directory.".to_owned())
}

/// A command in the workspace's folder, without standard input.
/// The kernel ends it when this program dies, however it dies.
pub fn command(program: &str) -> Command {
    dying_with_parent(program, "TERM", &[])
}

/// Like [`command`], with the signal that the child gets when this program dies and further options of setpriv.
pub fn dying_with_parent(program: &str, signal: &str, options: &[String]) -> Command {
    let mut command = if setpriv() {
        let mut wrapped = Command::new("setpriv");
        wrapped.args(["--pdeathsig", signal]).args(options).arg("--").arg(program);
        wrapped
    } else {
        Command::new(program)
    };
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Whether util-linux's setpriv is here, as it is on every Debian.
pub fn setpriv() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| on_path("setpriv"))
}

/// The cargo that runs this program.
pub fn cargo(arguments: &[&str]) -> Command {
    let program = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = command(&program);
    command.args(arguments);
    command
}

/// Builds the product for steps that start it. Together with all targets of the tests, for alone it would have other features of
/// shared libraries, and the typesetter would be compiled a second time.
///
/// # Errors
/// When it does not build.
pub fn product() -> Outcome<()> {
    succeed(cargo(&["build", "--workspace", "--exclude", "oracle", "--all-targets"]), "The product did not build.")
}

/// A folder of this name with nothing in it.
pub fn emptied(folder: &Path) -> Outcome<PathBuf> {
    let told = |what: &str| format!("{} cannot be {what}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}.", told("emptied")))?;
    }
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}.", told("made")))?;
    Ok(folder.to_owned())
}

/// Runs a command with its output on the terminal.
///
/// # Errors
/// `complaint` when it ends with anything but success.
pub fn succeed(mut command: Command, complaint: &str) -> Outcome<()> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{complaint} ({status})")),
        Err(error) => Err(format!("{complaint} (it did not start: {error})")),
    }
}

/// Whether a program of this name can be started.
pub fn on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Asks exactly this child to end, waits, and ends it by force when it does not.
pub fn stop(child: &mut Child, signal: &str, patience: Duration) {
    let pid = child.id().to_string();
    if matches!(child.try_wait(), Ok(None)) {
        // The shell's own kill, because a bare Debian has no other.
        let _ = Command::new("sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal, &pid]).status();
    }
    if wait(child, patience).is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Whether the child ended well within the time; `None` when it still runs.
pub fn wait(child: &mut Child, patience: Duration) -> Option<bool> {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if begun.elapsed() < patience => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) => return None,
            Err(_) => return Some(false),
        }
    }
}

/// On Ctrl-C or a polite request to end, stops the private servers, removes their folders and leaves.
pub fn stop_on_signals() {
    std::thread::spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return;
        };
        let heard = runtime.block_on(async {
            let mut interrupt = signal(SignalKind::interrupt()).ok()?;
            let mut terminate = signal(SignalKind::terminate()).ok()?;
            tokio::select! { _ = interrupt.recv() => Some(130), _ = terminate.recv() => Some(143) }
        });
        if let Some(code) = heard {
            crate::postgres::stop_all();
            eprintln!("Stopped by a signal.");
            std::process::exit(code);
        }
    });
}
