//! The binary: `demo`, `serve`, and what an operator needs.

use ed25519_dalek::SigningKey;
use platform::{
    clock::Clock,
    db::{Db, Engine},
    id::{Mint, hex},
    japanese::business::Calendar,
};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};
use tsumugi::{
    app::{App, Settings},
    consent, demo,
    journal::{self, Store, checkpoint},
    people, referral, routes, schema, signin,
};

/// Pages are many small strings that live for a millisecond; this allocator is about a tenth faster on them (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
つむぐ — 医療的ケア児等コーディネーターの仕事場

  tsumugi demo     架空データで試す（127.0.0.1 だけで動く）
      --data DIR | --database URL | --config FILE   置き場所（既定は一時フォルダー）
      --listen ADDR    既定 127.0.0.1:8080
      --cases N        架空のケースの数（既定 94）
      --seed N         乱数の種（既定 20260401）
      --list           サインインできる人をJSONで出して終わる
  tsumugi serve    本番（パスキーでサインインする）
      --data DIR | --database URL | --config FILE   --listen ADDR
      --origin URL     ブラウザーから見えるアドレス（例 https://tsumugi.example.jp）
  tsumugi migrate  データベースを新しい版にする
  tsumugi journal verify  記録簿の鎖を初めから終わりまで確かめる
      --data DIR | --database URL | --config FILE
      --checkpoint FILE   別の場所に取っておいた控えとも照らす
  tsumugi help
";

/// Where the data are and what was asked for.
struct Options {
    command: String,
    data: Option<PathBuf>,
    database: Option<String>,
    listen: SocketAddr,
    origin: Option<String>,
    /// Where the key of the journal's notes is, where notes are written, and which ones are compared.
    key: Option<PathBuf>,
    notes: Option<PathBuf>,
    checkpoint: Option<PathBuf>,
    cases: u32,
    seed: u64,
    list: bool,
}

impl Options {
    /// The key lies beside the data unless the configuration names another place.
    fn key_file(&self) -> Option<PathBuf> {
        self.key.clone().or_else(|| Some(self.data.as_ref()?.join("journal.key")))
    }

    fn notes_file(&self) -> Option<PathBuf> {
        self.notes.clone().or_else(|| Some(self.data.as_ref()?.join("journal.checkpoints")))
    }
}

fn options() -> Result<Options, String> {
    use lexopt::prelude::{Long, Short, Value, ValueExt};
    let mut parser = lexopt::Parser::from_env();
    let mut o = Options {
        command: String::new(),
        data: None,
        database: None,
        listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
        origin: None,
        key: None,
        notes: None,
        checkpoint: None,
        cases: 94,
        seed: 20_260_401,
        list: false,
    };
    let said = |e: lexopt::Error| e.to_string();
    while let Some(arg) = parser.next().map_err(said)? {
        match arg {
            Value(v) if o.command == "journal" => o.command = format!("journal {}", v.string().map_err(said)?),
            Value(v) if o.command.is_empty() => o.command = v.string().map_err(said)?,
            Long("data") => o.data = Some(parser.value().map_err(said)?.into()),
            Long("database") => o.database = Some(parser.value().map_err(said)?.string().map_err(said)?),
            Long("config") => config(&mut o, &parser.value().map_err(said)?.string().map_err(said)?)?,
            Long("listen") => o.listen = parser.value().map_err(said)?.parse().map_err(said)?,
            Long("origin") => o.origin = Some(parser.value().map_err(said)?.string().map_err(said)?),
            Long("checkpoint") => o.checkpoint = Some(parser.value().map_err(said)?.into()),
            Long("cases") => o.cases = parser.value().map_err(said)?.parse().map_err(said)?,
            Long("seed") => o.seed = parser.value().map_err(said)?.parse().map_err(said)?,
            Long("list") => o.list = true,
            Long("help") | Short('h') => o.command = "help".to_owned(),
            other => return Err(other.unexpected().to_string()),
        }
    }
    Ok(o)
}

/// `[data] dir = "…"` or `[database] url = "…"`, `[http] listen = "…"`, `origin = "…"`, and `[journal] key = "…"`, `checkpoints = "…"`. Unknown keys are refused.
fn config(o: &mut Options, file: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("設定ファイル {file} を読めません：{e}"))?;
    let table: toml::Table = text.parse().map_err(|e| format!("設定ファイル {file} の書き方が違います：{e}"))?;
    for (section, value) in &table {
        let Some(keys) = value.as_table() else {
            return Err(format!("設定 {section} は、[{section}] の下に書きます"));
        };
        for (key, value) in keys {
            let text = value.as_str().unwrap_or_default().to_owned();
            match (section.as_str(), key.as_str()) {
                ("data", "dir") => o.data = Some(text.into()),
                ("database", "url") => o.database = Some(text),
                ("journal", "key") => o.key = Some(text.into()),
                ("journal", "checkpoints") => o.notes = Some(text.into()),
                ("http", "origin") => o.origin = Some(text),
                ("http", "listen") => {
                    o.listen =
                        text.parse().map_err(|_| format!("http.listen は 127.0.0.1:8080 のように書きます（{text}）"))?
                }
                _ => return Err(format!("設定に知らない項目があります：{section}.{key}")),
            }
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("TSUMUGI_LOG").unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let outcome = options().and_then(|o| {
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
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the command line talks to its caller")]
fn say_error(text: &str) {
    eprintln!("tsumugi: {text}");
}

async fn run(o: Options) -> Result<(), String> {
    match o.command.as_str() {
        "demo" => run_demo(o).await,
        "migrate" => {
            let db = open(&o).await?;
            let version = db.migrate(schema::MIGRATIONS).await.map_err(|e| e.to_string())?;
            say(&format!("データベースの版は {version} です。"));
            Ok(())
        }
        "serve" => run_serve(o).await,
        "journal verify" => verify(o).await,
        "" | "help" => {
            say(HELP);
            Ok(())
        }
        other => Err(format!("知らない命令です：{other}\n\n{HELP}")),
    }
}

async fn open(o: &Options) -> Result<Db, String> {
    match (&o.data, &o.database) {
        (Some(_), Some(_)) => Err("--data と --database は、どちらか1つです。".to_owned()),
        (_, Some(url)) => Db::postgres(url).await.map_err(|e| e.to_string()),
        (Some(dir), None) => {
            std::fs::create_dir_all(dir)
                .map_err(|e| format!("データの置き場所 {} を作れません：{e}", dir.display()))?;
            Db::sqlite(&dir.join("tsumugi.sqlite")).map_err(|e| e.to_string())
        }
        (None, None) => Err("データの置き場所を --data DIR か --database URL で指定してください。".to_owned()),
    }
}

async fn run_demo(mut o: Options) -> Result<(), String> {
    if !o.listen.ip().is_loopback() {
        return Err(
            "デモは、この機械の中（127.0.0.1）だけで動かします。--listen に外向きのアドレスは使えません。".to_owned()
        );
    }
    if o.data.is_none() && o.database.is_none() {
        o.data = Some(std::env::temp_dir().join(format!("tsumugi-demo-{}", std::process::id())));
    }
    let db = open(&o).await?;
    db.migrate(schema::MIGRATIONS).await.map_err(|e| e.to_string())?;
    if !demo::is_loaded(&db).await.map_err(|e| e.to_string())? {
        demo::load(&db, &Clock::system(), o.seed, o.cases).await.map_err(|e| format!("{e:?}"))?;
    }
    if o.list {
        say(&demo::list(&db).await.map_err(|e| e.to_string())?);
        return Ok(());
    }
    let app = App {
        store: Store::new(db),
        clock: Clock::system(),
        mint: Mint::random(),
        calendar: Arc::new(Calendar::japan()),
        demo: true,
        settings: Arc::new(Settings { idle_minutes: 600, ..Settings::default() }),
        passkeys: None,
        origin: None,
    };
    serve(app, o.listen).await
}

/// Says whether the journal is whole; the first bad place ends it with an error.
async fn verify(o: Options) -> Result<(), String> {
    let db = open(&o).await?;
    // wall clock: how long the verification took, for its caller.
    let begun = std::time::Instant::now();
    let mut notes = Vec::new();
    if let Some(file) = &o.checkpoint {
        let text = std::fs::read_to_string(file).map_err(|e| format!("控え {} を読めません：{e}", file.display()))?;
        let known = o.key_file().filter(|f| f.exists()).map(|f| checkpoint::key(&f, [0; 32])).transpose()?;
        notes = checkpoint::read_all(&text, known.map(|k| k.verifying_key()).as_ref())?;
    }
    let mut tx = db.read().await.map_err(|e| e.to_string())?;
    let seen = journal::verify(&mut tx, &notes).await.map_err(|e| e.to_string())?;
    let hash = hex(&seen.head);
    let seconds = begun.elapsed().as_secs_f64();
    match seen.fault {
        Some(fault) => Err(format!("記録簿に異常があります。{fault}（ここまで {}件は正しい）", seen.entries)),
        None => {
            say(&format!(
                "記録簿 {}件は、初めから終わりまで正しくつながっています（{seconds:.1}秒）。鎖につなぐのを待つもの {}件。",
                seen.entries, seen.waiting
            ));
            say(&format!("最後の番号 {}　{hash}　照らした控え {}件", seen.entries, notes.len()));
            Ok(())
        }
    }
}

/// The real thing: people sign in by passkeys that are bound to the configured address.
async fn run_serve(o: Options) -> Result<(), String> {
    let origin = match o.origin.clone() {
        Some(origin) => origin.trim_end_matches('/').to_owned(),
        None if o.listen.ip().is_loopback() => format!("http://localhost:{}", o.listen.port()),
        None => {
            return Err("利用者のブラウザーから見えるアドレスを --origin https://… で指定してください（パスキーはこの名前に結び付きます）。".to_owned());
        }
    };
    let passkeys = signin::relying_party(&origin)?;
    let db = open(&o).await?;
    db.migrate(schema::MIGRATIONS).await.map_err(|e| e.to_string())?;
    if demo::is_loaded(&db).await.map_err(|e| e.to_string())? {
        return Err(
            "このデータベースには架空データ（デモ）が入っています。本番には、空のデータベースを使ってください。"
                .to_owned(),
        );
    }
    let app = App {
        store: Store::new(db),
        clock: Clock::system(),
        mint: Mint::random(),
        calendar: Arc::new(Calendar::japan()),
        demo: false,
        settings: Arc::new(Settings::default()),
        passkeys: Some(passkeys),
        origin: Some(origin.clone().into()),
    };
    say("注意：この版には、バックアップと記録の封緘がまだありません。実在する人の情報には使わないでください。");
    match (o.key_file(), o.notes_file()) {
        (Some(key), Some(notes)) => {
            let key = checkpoint::key(&key, app.mint.secret())?;
            if o.notes.is_none() {
                say(
                    "注意：記録簿の控えを、データと同じ場所に書いています。[journal] checkpoints に別の場所を指定してください。",
                );
            }
            tokio::spawn(note_taker(app.clone(), key, notes));
        }
        _ => {
            return Err(
                "記録簿の控えの置き場所を、設定ファイルの [journal] key と checkpoints で指定してください。".to_owned()
            );
        }
    }
    if let Some(path) = people::first_link(&app).await.map_err(|e| format!("{e:?}"))? {
        say("まだ管理者がいません。次のリンクを、1時間のうちに一度だけ、管理者のブラウザーで開いてください。");
        say(&format!("{origin}{path}"));
    }
    serve(app, o.listen).await
}

async fn serve(app: App, listen: SocketAddr) -> Result<(), String> {
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(|e| format!("{listen} で待てません：{e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let url = format!("http://{address}");
    if app.demo {
        say("つむぐのデモです（架空データ）。役割ごとのサインイン：");
        for account in demo::keys(app.store.db()).await.map_err(|e| e.to_string())? {
            say(&format!("  {url}/demo/sign-in?as={account}"));
        }
    }
    say(&url);
    tokio::spawn(clockwork(app.clone()));
    tokio::spawn(sealer(app.clone()));
    axum::serve(listener, routes::router(app)).with_graceful_shutdown(stopped()).await.map_err(|e| e.to_string())
}

/// What happens by the clock, once a minute: escalations, and what begins and ends with consents.
async fn clockwork(app: App) {
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    loop {
        minute.tick().await;
        if let Err(e) = referral::escalate(&app).await {
            tracing::error!("escalation failed: {e:?}");
        }
        if let Err(e) = referral::end_run_out(&app).await {
            tracing::error!("ending of consents failed: {e:?}");
        }
        if let Err(e) = consent::begin_due(&app).await {
            tracing::error!("beginning of consents failed: {e:?}");
        }
        if let Err(e) = consent::remind(&app).await {
            tracing::error!("reminders of consents failed: {e:?}");
        }
    }
}

/// On PostgreSQL entries are put into the chain after their commit, within a second, by whichever node comes first.
async fn sealer(app: App) {
    if app.store.db().engine() == Engine::Sqlite {
        return;
    }
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        loop {
            match journal::seal_queue(app.store.db(), &app.mint).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(e) => {
                    tracing::error!("sealing the journal failed: {e}");
                    break;
                }
            }
        }
    }
}

/// Notes how far the journal has come, after a thousand entries or an hour.
async fn note_taker(app: App, key: SigningKey, file: PathBuf) {
    let read = std::fs::read_to_string(&file).unwrap_or_default();
    let mut last = match checkpoint::read_all(&read, Some(&key.verifying_key())) {
        Ok(all) => all.into_iter().next_back(),
        Err(e) => {
            tracing::error!("the notes of the journal are not what was written: {e}");
            None
        }
    };
    let mut minute = tokio::time::interval(Duration::from_secs(20));
    loop {
        minute.tick().await;
        match checkpoint::note(app.store.db(), &key, &file, last.as_ref(), app.now()).await {
            Ok(Some(made)) => last = Some(made),
            Ok(None) => {}
            Err(e) => tracing::error!("a note of the journal could not be written: {e}"),
        }
    }
}

async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(term) => term,
        Err(_) => return,
    };
    tokio::select! { _ = interrupt => {}, _ = term.recv() => {} }
    // A live page keeps its stream open; the process does not wait for it longer than a moment.
    tokio::spawn(async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        std::process::exit(0);
    });
}
