//! `cargo xtask torture`: a server that is killed in the middle of its work, again and again. What it had acknowledged must be
//! there afterwards, once and whole, and the journal must be unbroken.

mod check;
mod clients;
pub mod edits;
pub mod keys;
pub mod power;
mod trace;

use crate::{
    bench::{
        http::Wire,
        place::{Engine, Place},
        product::Product,
        random::Random,
    },
    command::{self, Outcome},
    postgres::Private,
};
use check::Findings;
use clients::{Crowd, locked, now, send};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

const CLIENTS: usize = 16;
const SEED: u64 = 20_261_123;

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
        let crowd = Crowd::new()?;
        let mut random = Random::new(SEED, 0);
        let mut again = 0;
        for round in 0..self.rounds {
            let product = Product::start(self.program, &self.place, &self.log)?;
            let desk = crowd.sit_down(product.address)?;
            again += locked(&crowd.ledger).open.len();
            let clients = crowd.begin(&desk, CLIENTS, SEED ^ (round as u64) << 8, 0);
            std::thread::sleep(Duration::from_millis(20 + random.below(400) as u64));
            product.kill()?;
            crowd.wait(clients)?;
        }
        // What was under way at the last kill is sent once more, and answered.
        let product = Product::start(self.program, &self.place, &self.log)?;
        let left = std::mem::take(&mut locked(&crowd.ledger).open);
        again += left.len();
        let desk = crowd.sit_down(product.address)?;
        crowd.runtime.block_on(async {
            let mut wire = Wire::open(desk.address).await?;
            for sent in left {
                let answer = send(&mut wire, &desk.cookie, &sent).await?;
                if answer != 303 {
                    return Err(format!("A form that was sent again was answered with {answer}."));
                }
                locked(&crowd.ledger).acknowledged.push((sent.mark, now()));
            }
            Ok::<_, String>(())
        })?;
        drop(product);
        let refused = locked(&crowd.ledger).refused;
        if refused > 0 {
            return Err(format!("{refused} forms were refused though nothing was wrong with the database."));
        }
        let acknowledged: Vec<String> =
            std::mem::take(&mut locked(&crowd.ledger).acknowledged).into_iter().map(|(mark, _)| mark).collect();
        check::look(self.program, &self.place, self.engine, &acknowledged, again)
    }
}
