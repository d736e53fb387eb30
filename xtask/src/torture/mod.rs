//! `cargo xtask torture`: a server that is killed in the middle of its work, again and again. What it had acknowledged must be
//! there afterwards, once and whole, and the journal must be unbroken.

mod check;
pub mod edits;
pub mod keys;
pub mod power;
mod trace;

use crate::{
    bench::{
        http::{self, Wire},
        place::{Engine, Place},
        product::Product,
        random::Random,
        subjects,
    },
    command::{self, Outcome},
    postgres::Private,
};
use check::Findings;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

const CLIENTS: usize = 16;
const SEED: u64 = 20_261_123;

/// A form that was sent, and what is known of its fate.
#[derive(Clone, Debug)]
struct Sent {
    /// Stands in the record and in no other one.
    mark: String,
    path: String,
    body: Vec<(String, String)>,
}

/// Everything that was acknowledged so far, and what still waits for an answer.
#[derive(Default)]
struct Ledger {
    /// With the second since 1970 at which the answer had come.
    acknowledged: Vec<(String, f64)>,
    /// Sent and not answered when the server was killed: sent again with the same key after its restart.
    open: Vec<Sent>,
    /// Answered with "not now": nothing was kept, and nobody was told so.
    refused: usize,
    number: usize,
}

/// One run on one engine.
struct Run<'a> {
    engine: Engine,
    program: &'a Path,
    place: Place,
    log: PathBuf,
    rounds: usize,
}

/// `--rounds N` kills on each engine, 200 without it; instead of them `--power N` cuts of the power on SQLite, or
/// `--edits N` edits of the same few records on each engine, or `--keys N` rotations of keys that are killed.
pub fn run(arguments: &[String]) -> Outcome<()> {
    let number =
        |n: &str| n.parse::<usize>().map_err(|_| "--rounds, --power, --edits and --keys take a number.".to_owned());
    let rounds = match arguments {
        [] => 200,
        [flag, n] if flag == "--rounds" => number(n)?,
        [flag, n] if flag == "--power" => {
            command::succeed(command::cargo(&["build", "--release", "-p", "tsumugi"]), "The product did not build.")?;
            let target = command::target_folder()?;
            let folder = command::emptied(&target.join("xtask/power"))?;
            let program = target.join("release/tsumugi");
            println!("{}", power::table(&power::run(&program, &folder, number(n)?)?));
            println!("{}", power::flush_table(&power::failing_flush(&program, &folder, number(n)?.min(100))?));
            return Ok(());
        }
        [flag, n] if flag == "--keys" => {
            command::succeed(command::cargo(&["build", "--release", "-p", "tsumugi"]), "The product did not build.")?;
            let target = command::target_folder()?;
            let folder = command::emptied(&target.join("xtask/keys"))?;
            println!("{}", keys::table(&keys::run(&target.join("release/tsumugi"), &folder, number(n)?)?));
            return Ok(());
        }
        [flag, n] if flag == "--edits" => {
            let postgres = Private::start()?;
            command::succeed(command::cargo(&["build", "--release", "-p", "tsumugi"]), "The product did not build.")?;
            let target = command::target_folder()?;
            let folder = command::emptied(&target.join("xtask/edits"))?;
            let all = edits::run(&target.join("release/tsumugi"), &folder, &postgres, number(n)?)?;
            println!("{}", edits::table(&all));
            return Ok(());
        }
        _ => return Err("The flags are --rounds N, --power N, --edits N and --keys N.".to_owned()),
    };
    let postgres = Private::start()?;
    command::succeed(command::cargo(&["build", "--release", "-p", "tsumugi"]), "The product did not build.")?;
    let target = command::target_folder()?;
    println!("{}", table(&on_both(&target.join("release/tsumugi"), &target, &postgres, rounds)?));
    Ok(())
}

/// Kills on both engines; an error where anything was lost, doubled, half done, or the journal broken.
pub fn on_both(
    program: &Path,
    target: &Path,
    postgres: &Private,
    rounds: usize,
) -> Outcome<Vec<(Engine, usize, Findings)>> {
    let folder = command::emptied(&target.join("xtask/torture"))?;
    let places = [
        (Engine::Sqlite, Place::Sqlite(folder.join("data"))),
        (Engine::Postgres, Place::Postgres(postgres.create_database("torture")?)),
    ];
    let mut all = Vec::new();
    for (engine, place) in places {
        let log = folder.join(format!("{}.log", engine.label()));
        let findings = Run { engine, program, place, log, rounds }.carry_out()?;
        findings.judge(engine)?;
        all.push((engine, rounds, findings));
    }
    Ok(all)
}

pub fn table(all: &[(Engine, usize, Findings)]) -> String {
    let mut out = String::from(
        "| Engine | Kills | Acknowledged | Sent again | Lost | Twice | Half done | Journal |\n|---|--:|--:|--:|--:|--:|--:|---|\n",
    );
    for (engine, kills, f) in all {
        out.push_str(&format!(
            "| {} | {kills} | {} | {} | {} | {} | {} | {} |\n",
            engine.label(),
            f.acknowledged,
            f.again,
            f.lost,
            f.twice,
            f.half,
            f.journal
        ));
    }
    out
}

impl Run<'_> {
    fn carry_out(&self) -> Outcome<Findings> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| format!("No runtime for the clients: {error}."))?;
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let mut random = Random::new(SEED, 0);
        let mut again = 0;
        for round in 0..self.rounds {
            let product = Product::start(self.program, &self.place, &self.log)?;
            let address = product.address;
            let (cookie, cases) = runtime.block_on(async {
                let mut wire = Wire::open(address).await?;
                let cookie = subjects::sign_in(&mut wire, "coordinator").await?;
                let found = subjects::discover(&mut wire, &cookie, &mut Random::new(SEED, 1)).await?;
                Ok::<_, String>((cookie, found.cases))
            })?;
            again += locked(&ledger).open.len();
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let work = Client {
                        cookie: cookie.clone(),
                        cases: cases.clone(),
                        random: Random::new(SEED ^ (round as u64) << 8, client as u64),
                        ledger: Arc::clone(&ledger),
                    };
                    runtime.spawn(work.work(address))
                })
                .collect();
            std::thread::sleep(Duration::from_millis(20 + random.below(400) as u64));
            product.kill()?;
            for client in clients {
                runtime.block_on(client).map_err(|error| format!("A client failed: {error}."))??;
            }
        }
        // What was under way at the last kill is sent once more, and answered.
        let product = Product::start(self.program, &self.place, &self.log)?;
        let left = std::mem::take(&mut locked(&ledger).open);
        again += left.len();
        runtime.block_on(async {
            let mut wire = Wire::open(product.address).await?;
            let cookie = subjects::sign_in(&mut wire, "coordinator").await?;
            for sent in left {
                let answer = send(&mut wire, &cookie, &sent).await?;
                if answer != 303 {
                    return Err(format!("A form that was sent again was answered with {answer}."));
                }
                locked(&ledger).acknowledged.push((sent.mark, now()));
            }
            Ok(())
        })?;
        drop(product);
        let refused = locked(&ledger).refused;
        if refused > 0 {
            return Err(format!("{refused} forms were refused though nothing was wrong with the database."));
        }
        let acknowledged: Vec<String> =
            std::mem::take(&mut locked(&ledger).acknowledged).into_iter().map(|(mark, _)| mark).collect();
        check::look(self.program, &self.place, self.engine, &acknowledged, again)
    }
}

fn locked(ledger: &Mutex<Ledger>) -> std::sync::MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

struct Client {
    cookie: String,
    cases: Vec<String>,
    random: Random,
    ledger: Arc<Mutex<Ledger>>,
}

impl Client {
    /// Sends one form after the other until the server is gone.
    async fn work(mut self, address: std::net::SocketAddr) -> Outcome<()> {
        let Ok(mut wire) = Wire::open(address).await else { return Ok(()) };
        loop {
            let sent = self.next();
            match send(&mut wire, &self.cookie, &sent).await {
                Ok(303) => locked(&self.ledger).acknowledged.push((sent.mark, now())),
                Ok(503) => locked(&self.ledger).refused += 1,
                Ok(status) => return Err(format!("{} was answered with {status}.", sent.path)),
                // The server is gone: nobody knows whether this one was kept.
                Err(_) => {
                    locked(&self.ledger).open.push(sent);
                    return Ok(());
                }
            }
        }
    }

    /// What was left open at the last kill, else a new form.
    fn next(&mut self) -> Sent {
        let number = {
            let mut ledger = locked(&self.ledger);
            if let Some(sent) = ledger.open.pop() {
                return sent;
            }
            ledger.number += 1;
            ledger.number
        };
        let mark = format!("印{number:08}");
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut body = vec![field("once", &self.random.uuid()), field("draft", &self.random.uuid())];
        let path = if number.is_multiple_of(3) {
            body.extend([
                field("concern", "訪問看護を増やせるか知りたい"),
                field("topic", "services"),
                field("urgency", "usual"),
                field("channel", "phone"),
                field("kind", "individual"),
                field("paid_by", "entrusted"),
                field("asker_kind", "hospital"),
                field("asker_place", &mark),
                field("municipality", "142018"),
                field("route", "mine"),
                field("consent_state", "oral"),
            ]);
            "/consultations/new".to_owned()
        } else {
            body.extend([
                field("kind", "visit"),
                field("title", &mark),
                field("body", "夜間の吸引は2〜3回"),
                field("minutes", "30"),
                field("paid_by", "entrusted"),
            ]);
            format!("/cases/{}/timeline", self.random.pick(&self.cases))
        };
        Sent { mark, path, body }
    }
}

async fn send(wire: &mut Wire, cookie: &str, sent: &Sent) -> Outcome<u16> {
    let fields: Vec<(&str, &str)> = sent.body.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    Ok(wire.exchange(&http::post(&sent.path, cookie, &fields)).await?.status)
}
