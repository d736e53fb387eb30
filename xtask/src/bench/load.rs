//! The load generator: some connections that each send the next request when the last is answered.

use super::{
    http::{Parts, Wire},
    random::Random,
};
use crate::command::Outcome;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Makes one request from the chance of its connection.
pub type Make = Arc<dyn Fn(&mut Random) -> Vec<u8> + Send + Sync>;

/// How hard and how long.
#[derive(Clone, Copy, Debug)]
pub struct Force {
    pub address: SocketAddr,
    pub connections: usize,
    pub seconds: f64,
    pub seed: u64,
}

/// What is sent, and what must come back.
#[derive(Clone)]
pub struct Job {
    pub title: &'static str,
    pub status: u16,
    /// How the answer's location begins; empty where there is none.
    pub location: &'static str,
    /// What the first answer on each connection must contain, so that a page of nothing is not measured.
    pub proof: &'static str,
    pub make: Make,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Answered requests for each second of the measured time.
    pub rate: f64,
    /// Each measured latency in microseconds, in order.
    pub latencies: Vec<u64>,
    /// Answers as expected, those of the warm-up included.
    pub acknowledged: u64,
}

impl Measured {
    /// The latency in milliseconds that `percent` of the requests did not exceed.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.latencies.len() * percent).div_ceil(100).max(1);
        let micros = self.latencies.get(rank - 1).copied().unwrap_or(0);
        Duration::from_micros(micros).as_secs_f64() * 1000.0
    }
}

/// Runs the job for the time asked for, after a warm-up of a tenth of it and half a second at least.
///
/// # Errors
/// A sentence about the first answer that was not as expected.
pub fn drive(force: &Force, job: &Job) -> Outcome<Measured> {
    // One thread sends and receives everything, so that the server has what is left of two cores.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("No runtime for the load: {error}."))?;
    runtime.block_on(async {
        let mut wires = Vec::new();
        for _ in 0..force.connections {
            wires.push(Wire::open(force.address).await?);
        }
        let from = Instant::now() + Duration::from_secs_f64((force.seconds / 10.0).max(0.5));
        let until = from + Duration::from_secs_f64(force.seconds);
        let mut tasks = JoinSet::new();
        for (stream, wire) in (1_u64..).zip(wires) {
            tasks.spawn(work(wire, job.clone(), Random::new(force.seed, stream), from, until));
        }
        let mut all = Measured::default();
        let mut last = until;
        while let Some(ended) = tasks.join_next().await {
            let one = ended.map_err(|error| format!("A connection's task failed: {error}."))??;
            all.acknowledged += one.acknowledged;
            all.latencies.extend(one.latencies);
            last = last.max(one.last);
        }
        all.latencies.sort_unstable();
        let count = u32::try_from(all.latencies.len()).unwrap_or(u32::MAX);
        all.rate = f64::from(count) / last.duration_since(from).as_secs_f64();
        Ok(all)
    })
}

struct Worked {
    latencies: Vec<u64>,
    acknowledged: u64,
    last: Instant,
}

async fn work(mut wire: Wire, job: Job, mut random: Random, from: Instant, until: Instant) -> Outcome<Worked> {
    let mut worked = Worked { latencies: Vec::with_capacity(65_536), acknowledged: 0, last: from };
    loop {
        let request = (job.make)(&mut random);
        let begun = Instant::now();
        if begun >= until {
            return Ok(worked);
        }
        let parts = wire.exchange(&request).await.map_err(|error| format!("{}: {error}", job.title))?;
        let ended = Instant::now();
        check(&wire, &parts, &job, worked.acknowledged == 0)?;
        worked.acknowledged += 1;
        if begun >= from {
            worked.latencies.push(u64::try_from(ended.duration_since(begun).as_micros()).unwrap_or(u64::MAX));
            worked.last = ended;
        }
    }
}

fn check(wire: &Wire, parts: &Parts, job: &Job, first: bool) -> Outcome<()> {
    if parts.status == job.status && job.location.is_empty() && !first {
        return Ok(());
    }
    let answer = wire.answer(parts);
    let text = answer.text();
    let fault = if answer.status != job.status {
        format!("status {} where {} was expected", answer.status, job.status)
    } else if !answer.header("location").unwrap_or_default().starts_with(job.location) {
        format!("a location that does not begin with {}: {:?}", job.location, answer.header("location"))
    } else if first && !text.contains(job.proof) {
        format!("a page without {}", job.proof)
    } else {
        return Ok(());
    };
    let line: String = text.lines().next().unwrap_or_default().chars().take(400).collect();
    Err(format!("{}: {fault}. The answer begins: {line}", job.title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_latencies_that_were_measured() {
        let measured = Measured { latencies: (1..=200).map(|n| n * 1000).collect(), ..Measured::default() };
        let of = |percent| format!("{:.1}", measured.percentile(percent));
        assert_eq!([of(50), of(95), of(99), of(100)], ["100.0", "190.0", "198.0", "200.0"]);
        assert_eq!(format!("{:.1}", Measured::default().percentile(99)), "0.0");
    }
}
