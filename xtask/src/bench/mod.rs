//! `cargo xtask bench`: what the product does in a second, measured from outside over HTTP, beside the machine's own limits.

mod cluster;
pub mod http;
mod load;
pub mod machine;
pub mod place;
mod plan;
pub mod product;
pub mod random;
mod raw;
mod report;
pub mod subjects;
mod work;

use crate::command::{self, Outcome};
use cluster::Cluster;
use http::Wire;
use load::Force;
use place::{Engine, Folder, Place, Rows};
use plan::Plan;
use product::Product;
use random::Random;
use raw::Raw;
use report::{Chapter, Figure};
use std::{
    fs,
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use subjects::Subjects;

const SEED: u64 = 20_260_401;
const ROLE: &str = "coordinator";
const STARTS: usize = 5;

/// Builds, measures, prints, and keeps the figures of a whole run in the documentation.
pub fn run(arguments: &[String]) -> Outcome<()> {
    let plan = Plan::parse(arguments)?;
    if cfg!(debug_assertions) {
        return in_release(arguments);
    }
    let program = product::build()?;
    let folder = Folder::new()?;
    let facts = machine::facts(folder.path(), plan.date.as_deref())?;
    eprintln!("bare route");
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let force = Force { address: nowhere, connections: plan.connections, seconds: plan.seconds.min(5.0), seed: SEED };
    let route = raw::route(&force)?;
    let mut chapters = Vec::new();
    for engine in &plan.engines {
        chapters.push(Ground::lay(*engine, &program, folder.path())?.measure(&plan)?);
    }
    let text = report::markdown(&plan, &facts, &route, &chapters);
    println!("{text}");
    if plan.is_whole() {
        report::keep(&text)
    } else {
        eprintln!("A part of the figures does not replace those in docs/performance.md.");
        Ok(())
    }
}

/// A generator without optimisation would take the server's share of the cores.
fn in_release(arguments: &[String]) -> Outcome<()> {
    command::succeed(command::cargo(&["build", "--release", "-p", "xtask"]), "The generator did not build.")?;
    let program = command::target_folder()?.join("release/xtask");
    let failed = std::process::Command::new(program).arg("bench").args(arguments).exec();
    Err(format!("The generator did not start: {failed}."))
}

/// What one engine's measurement stands on.
struct Ground {
    engine: Engine,
    program: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    place: Place,
    cluster: Option<Cluster>,
}

impl Ground {
    fn lay(engine: Engine, program: &Path, folder: &Path) -> Outcome<Ground> {
        let folder = folder.join(engine.label());
        fs::create_dir(&folder).map_err(|error| format!("{} cannot be made: {error}.", folder.display()))?;
        let cluster = if engine == Engine::Postgres { Some(Cluster::start()?) } else { None };
        let place = match &cluster {
            Some(cluster) => Place::Postgres(cluster.create_database("tsumugi")?),
            None => Place::Sqlite(folder.join("data")),
        };
        let log = folder.join("log");
        Ok(Ground { engine, program: program.to_owned(), folder, log, place, cluster })
    }

    fn raw(&self, plan: &Plan) -> Outcome<Raw> {
        let seconds = plan.seconds.min(2.0);
        eprintln!("{}: raw limits", self.engine.label());
        match &self.cluster {
            Some(cluster) => raw::postgres(cluster, plan.connections, seconds),
            None => raw::sqlite(&self.folder, seconds),
        }
    }

    fn measure(&self, plan: &Plan) -> Outcome<Chapter> {
        eprintln!("{}: loading {} cases", self.engine.label(), plan.cases);
        product::fill(&self.program, &self.place, plan.cases, &self.log)?;
        self.place.settle()?;
        let before = self.raw(plan)?;
        let mut starts = Vec::new();
        for _ in 1..STARTS {
            starts.push(Product::start(&self.program, &self.place, &self.log)?.cold_start);
        }
        let product = Product::start(&self.program, &self.place, &self.log)?;
        starts.push(product.cold_start);
        let after_start = product.memory()?;
        let (cookie, subjects) = look_around(product.address)?;
        let cases = self.place.count(Rows::Cases)?;
        let mut remarks = Vec::new();
        if cases < i64::from(plan.cases) {
            remarks.push(format!("The demo made {cases} of the {} cases that were asked for.", plan.cases));
        }
        let journal = self.place.count(Rows::Journal)?;
        let subjects = Arc::new(subjects);
        let figures = self.work(plan, &product, &cookie, &subjects, &mut remarks)?;
        let journal = self.place.count(Rows::Journal)? - journal;
        let after_work = product.memory()?;
        drop(product);
        let raw = [before, self.raw(plan)?];
        let cases = (cases, subjects.visible, subjects.waiting);
        Ok(Chapter { engine: self.engine, cases, starts, after_start, after_work, raw, figures, journal, remarks })
    }

    fn work(
        &self,
        plan: &Plan,
        product: &Product,
        cookie: &str,
        subjects: &Arc<Subjects>,
        remarks: &mut Vec<String>,
    ) -> Outcome<Vec<Figure>> {
        let force =
            Force { address: product.address, connections: plan.connections, seconds: plan.seconds, seed: SEED };
        let mut figures = Vec::new();
        for work in work::all(cookie, subjects) {
            if plan.only.as_ref().is_some_and(|only| only != work.name) {
                continue;
            }
            if !work.has_subjects {
                remarks.push(format!("\"{}\" was not measured, because no case is visible.", work.job.title));
                continue;
            }
            eprintln!("{}: {}", self.engine.label(), work.job.title);
            let before = work.rows.map(|rows| self.place.count(rows)).transpose()?;
            let begun = product.time_on_cores()?;
            let measured = load::drive(&force, &work.job)?;
            let used = product.time_on_cores()?.saturating_sub(begun);
            let after = work.rows.map(|rows| self.place.count(rows)).transpose()?;
            let rows = after.zip(before).map(|(after, before)| after - before);
            if rows.is_some_and(|rows| u64::try_from(rows).ok() != Some(measured.acknowledged)) {
                return Err(format!(
                    "{}: {} were acknowledged, but the database has {} rows more.",
                    work.job.title,
                    measured.acknowledged,
                    rows.unwrap_or_default()
                ));
            }
            figures.push(Figure { work, measured, used, rows });
        }
        Ok(figures)
    }
}

/// Signs in and finds out what there is to ask about.
fn look_around(address: SocketAddr) -> Outcome<(String, Subjects)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("No runtime for the first look: {error}."))?;
    runtime.block_on(async {
        let mut wire = Wire::open(address).await?;
        let cookie = subjects::sign_in(&mut wire, ROLE).await?;
        let subjects = subjects::discover(&mut wire, &cookie, &mut Random::new(SEED, 0)).await?;
        Ok((cookie, subjects))
    })
}
