//! Clients that write without a pause, and the ledger of what they were told.

use super::SEED;
use crate::{
    bench::{
        http::{self, Wire},
        random::Random,
        subjects,
    },
    command::Outcome,
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{runtime::Runtime, task::JoinHandle};

/// A form that was sent, and what is known of its fate.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Stands in the record and in no other one.
    pub mark: String,
    path: String,
    body: Vec<(String, String)>,
}

/// Everything that was acknowledged so far, and what still waits for an answer.
#[derive(Default)]
pub struct Ledger {
    /// With the second since 1970 at which the answer had come.
    pub acknowledged: Vec<(String, f64)>,
    /// Sent and not answered when the server was killed: sent again with the same key after its restart.
    pub open: Vec<Sent>,
    /// Answered with "not now": nothing was kept, and nobody was told so.
    pub refused: usize,
    number: usize,
}

/// Everybody who writes in one run, whatever servers come and go.
pub struct Crowd {
    pub runtime: Runtime,
    pub ledger: Arc<Mutex<Ledger>>,
}

/// What a client needs of a server that has just started.
#[derive(Clone)]
pub struct Desk {
    pub address: SocketAddr,
    pub cookie: String,
    pub cases: Vec<String>,
}

impl Crowd {
    pub fn new() -> Outcome<Crowd> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| format!("No runtime for the clients: {error}."))?;
        Ok(Crowd { runtime, ledger: Arc::default() })
    }

    /// Signs a coordinator in and looks for their cases.
    pub fn sit_down(&self, address: SocketAddr) -> Outcome<Desk> {
        self.runtime.block_on(async {
            let mut wire = Wire::open(address).await?;
            let cookie = subjects::sign_in(&mut wire, "coordinator").await?;
            let found = subjects::discover(&mut wire, &cookie, &mut Random::new(SEED, 1)).await?;
            Ok(Desk { address, cookie, cases: found.cases })
        })
    }

    /// Lets so many write until the server is gone. `stream` gives each a chance of its own.
    pub fn begin(&self, desk: &Desk, count: usize, seed: u64, stream: u64) -> Vec<JoinHandle<Outcome<()>>> {
        let one = |client: usize| {
            let work = Client {
                cookie: desk.cookie.clone(),
                cases: desk.cases.clone(),
                random: Random::new(seed, stream + client as u64),
                ledger: Arc::clone(&self.ledger),
            };
            self.runtime.spawn(work.work(desk.address))
        };
        (0..count).map(one).collect()
    }

    /// Waits for those who write, after their server is gone.
    pub fn wait<T>(&self, clients: Vec<JoinHandle<Outcome<T>>>) -> Outcome<Vec<T>> {
        let ended = |client: JoinHandle<Outcome<T>>| {
            self.runtime.block_on(client).map_err(|error| format!("A client failed: {error}."))?
        };
        clients.into_iter().map(ended).collect()
    }
}

pub fn locked(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Seconds since 1970.
pub fn now() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// One connection that writes without a pause.
struct Client {
    cookie: String,
    cases: Vec<String>,
    random: Random,
    ledger: Arc<Mutex<Ledger>>,
}

impl Client {
    /// Sends one form after the other until the server is gone.
    async fn work(mut self, address: SocketAddr) -> Outcome<()> {
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
        let (mark, (day, time)) = if number.is_multiple_of(3) {
            (format!("印{number:08}"), Default::default())
        } else {
            let (day, time) = minute(number);
            (format!("{day}T{time}"), (day, time))
        };
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
                field("title", "家庭訪問"),
                field("on", &day),
                field("time", &time),
                field("body", "夜間の吸引は2〜3回"),
                field("minutes", "30"),
                field("paid_by", "entrusted"),
            ]);
            format!("/cases/{}/timeline", self.random.pick(&self.cases))
        };
        Sent { mark, path, body }
    }
}

/// A minute of its own for each number, from the year 2000 on; months have 28 days here.
fn minute(number: usize) -> (String, String) {
    let (day, month) = (number / 1440 % 28 + 1, number / (1440 * 28) % 12 + 1);
    let year = 2000 + number / (1440 * 28 * 12);
    (format!("{year}-{month:02}-{day:02}"), format!("{:02}:{:02}", number / 60 % 24, number % 60))
}

pub async fn send(wire: &mut Wire, cookie: &str, sent: &Sent) -> Outcome<u16> {
    let fields: Vec<(&str, &str)> = sent.body.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    Ok(wire.exchange(&http::post(&sent.path, cookie, &fields)).await?.status)
}
