//! The commands of the binary, and what they share.

mod backup;
mod demo;
mod journal;
mod keys;
mod notes;
mod options;
mod serve;

use options::Options;

use crate::{
    app::{App, Settings},
    journal::Store,
    schema,
};
use platform::{clock::Clock, db::Db, id::Mint, japanese::business::Calendar};
use std::{os::unix::fs::DirBuilderExt as _, process::ExitCode, sync::Arc};

/// What the binary does, from its arguments to its end: `demo`, `serve`, and what an operator needs.
pub fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("TSUMUGI_LOG").unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let outcome = Options::read().and_then(|o| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
        runtime.block_on(run(o))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            say_error(&sentence);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the command line talks to its caller")]
pub fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the command line talks to its caller")]
fn say_error(text: &str) {
    eprintln!("tsumugi: {text}");
}

async fn run(o: Options) -> Result<(), String> {
    match o.command.as_str() {
        "demo" => demo::run(o).await,
        "migrate" => {
            let db = open(&o).await?;
            let version = db.migrate(schema::MIGRATIONS).await.map_err(|e| e.to_string())?;
            say(&format!("データベースの版は {version} です。"));
            Ok(())
        }
        "serve" => serve::run(o).await,
        "journal verify" => journal::verify(o).await,
        "backup" => backup::make(o).await,
        "backup key" => backup::key(&o),
        "restore" => backup::restore(o).await,
        "keys new" => keys::new(&o),
        "keys rotate" => keys::rotate(o).await,
        "keys rotate-root" => keys::rotate_root(o).await,
        "drill" => backup::drill(o).await,
        "" | "help" => {
            say(options::HELP);
            Ok(())
        }
        other => Err(format!("知らない命令です：{other}\n\n{}", options::HELP)),
    }
}

async fn open(o: &Options) -> Result<Db, String> {
    // A new root key is made only with a new database, so it comes first.
    if let Some(dir) = &o.data {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|e| format!("データの置き場所 {} を作れません：{e}", dir.display()))?;
    }
    let roots = keys::roots(o)?;
    let db = match (&o.data, &o.database) {
        (Some(_), Some(_)) => Err("--data と --database は、どちらか1つです。".to_owned()),
        (_, Some(url)) => Db::postgres(url).await.map_err(|e| e.to_string()),
        (Some(dir), None) => Db::sqlite(&dir.join("tsumugi.sqlite")).map_err(|e| e.to_string()),
        (None, None) => Err("データの置き場所を --data DIR か --database URL で指定してください。".to_owned()),
    }?;
    Ok(db.with_roots(roots))
}

/// The product on a database, with the time of this machine.
fn app(db: Db, demo: bool, settings: Settings) -> App {
    App {
        store: Store::new(db),
        clock: Clock::system(),
        mint: Mint::random(),
        calendar: Arc::new(Calendar::japan()),
        demo,
        settings: Arc::new(settings),
        passkeys: None,
        origin: None,
        throttle: crate::app::throttle(),
    }
}
