//! 記録簿: one entry for every act and every read of personal data, in the same transaction as the data.
//!
//! A [`Draft`] is a write transaction that nobody but [`Draft::commit`] can end well, and that wants a permit:
//! so no slice can change anything without an entry here.

mod chain;
pub mod checkpoint;
#[cfg(test)]
mod outage_tests;
mod seal;
#[cfg(test)]
mod tests;

pub use chain::{Fault, What};
pub use seal::{Verified, clock_is_behind, head, seal_queue, verify, verify_part};

use crate::{
    account::Actor,
    policy::{self, CaseAct, Permit, RoleAct},
    web::Error,
};
use chain::Entry;
use platform::{
    Timestamp, Uuid, args,
    db::{Arg, Db, DbError, Engine, Reader, Writer},
    id::{CaseId, Mint},
    vocabulary::Vocabulary as _,
};
use std::ops::{Deref, DerefMut};
use tokio::sync::{mpsc, oneshot};

/// The database as slices may use it: snapshots to read, drafts to write.
#[derive(Clone)]
pub struct Store {
    db: Db,
    reads: mpsc::Sender<ReadEntry>,
}

/// A write transaction in the making. Dropped, it leaves nothing.
pub struct Draft(Writer, Engine);

impl Deref for Draft {
    type Target = Writer;
    fn deref(&self) -> &Writer {
        &self.0
    }
}
impl DerefMut for Draft {
    fn deref_mut(&mut self) -> &mut Writer {
        &mut self.0
    }
}

/// What an act was about.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    pub kind: &'static str,
    pub id: Uuid,
}

impl Object {
    pub fn new(kind: &'static str, id: impl Into<Uuid>) -> Self {
        Object { kind, id: id.into() }
    }
}

const INSERT: &str = "/* journal::commit */
    INSERT INTO journal (id, at, person_id, seat_id, session_id, kind, act, basis, purpose, classes, policy, object_kind, object_id, case_id, detail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

/// The act of an entry about what was refused.
pub const REFUSED: &str = "refused";

/// What was done, why it was allowed, and which classes of personal data were in sight.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    pub act: &'static str,
    pub basis: &'static str,
    pub classes: &'static str,
}

impl<A> From<&Permit<A>> for Ground {
    fn from(by: &Permit<A>) -> Self {
        Ground { act: by.code(), basis: by.basis(), classes: by.classes() }
    }
}

/// One entry, before it is written.
struct Record {
    id: Uuid,
    at: Timestamp,
    person_id: Option<Uuid>,
    seat_id: Option<Uuid>,
    session_id: Option<Uuid>,
    kind: &'static str,
    act: &'static str,
    basis: &'static str,
    purpose: &'static str,
    classes: &'static str,
    policy: &'static str,
    object: Object,
    case_id: Option<Uuid>,
    detail: String,
}

impl Record {
    /// `kind` is "read", "act" or "refused".
    fn new(
        kind: &'static str,
        (actor, ground): (&Actor, Ground),
        mint: &Mint,
        at: Timestamp,
        object: Object,
        case: Option<CaseId>,
        detail: &str,
    ) -> Self {
        Record {
            id: mint.uuid(at),
            at,
            person_id: actor.person_or_none().map(|p| p.0),
            seat_id: actor.seat_or_none().map(|s| s.0),
            session_id: actor.session_or_none().map(|s| s.0),
            kind,
            act: ground.act,
            basis: ground.basis,
            // What somebody who saw nothing wanted, nobody knows.
            purpose: if kind == "refused" { "" } else { policy::purpose(ground.act, ground.basis).code() },
            classes: ground.classes,
            policy: policy::version(),
            object,
            case_id: case.map(|c| c.0),
            detail: detail.to_owned(),
        }
    }

    fn args(&self) -> Vec<Arg> {
        args![
            self.id,
            self.at,
            self.person_id,
            self.seat_id,
            self.session_id,
            self.kind,
            self.act,
            self.basis,
            self.purpose,
            self.classes,
            self.policy,
            self.object.kind,
            self.object.id,
            self.case_id,
            &self.detail,
        ]
    }

    fn entry(&self) -> Entry<'_> {
        Entry {
            id: self.id,
            at: self.at,
            person_id: self.person_id,
            seat_id: self.seat_id,
            session_id: self.session_id,
            kind: self.kind,
            act: self.act,
            basis: self.basis,
            purpose: self.purpose,
            classes: self.classes,
            policy: self.policy,
            object_kind: self.object.kind,
            object_id: Some(self.object.id),
            case_id: self.case_id,
            detail: &self.detail,
        }
    }
}

/// Writes entries and puts them into the chain, or into the queue of the node that seals.
///
/// Acts on PostgreSQL go into the queue, for an act that held the head of the chain would make all others wait;
/// reads are written by one writer for many, which seals them itself.
async fn write(
    tx: &mut Writer,
    (engine, queue): (Engine, bool),
    mint: &Mint,
    records: &[Record],
) -> Result<(), DbError> {
    tx.exec_each(INSERT, records.iter().map(Record::args).collect()).await?;
    match (engine, queue) {
        (Engine::Sqlite, _) | (Engine::Postgres, false) => {
            let entries: Vec<Entry<'_>> = records.iter().map(Record::entry).collect();
            seal::seal(tx, engine, mint, &entries).await
        }
        (Engine::Postgres, true) => {
            let sql = "/* journal::write */ INSERT INTO journal_queue (entry_id) VALUES ($1)";
            tx.exec_each(sql, records.iter().map(|r| args![r.id]).collect()).await?;
            Ok(())
        }
    }
}

impl Draft {
    /// Writes an entry without ending the act, for the demo, which does many acts in one transaction.
    pub(crate) async fn enter(
        &mut self,
        (actor, ground): (&Actor, Ground),
        mint: &Mint,
        at: Timestamp,
        object: Object,
        case: Option<CaseId>,
        detail: &str,
    ) -> Result<(), DbError> {
        let record = Record::new("act", (actor, ground), mint, at, object, case, detail);
        write(&mut self.0, (self.1, true), mint, &[record]).await
    }

    /// Ends the act: the entry and the changes become durable together, or not at all.
    ///
    /// `detail` holds codes and ids only, never a personal value.
    pub async fn commit<A>(
        mut self,
        by: &Permit<A>,
        mint: &Mint,
        at: Timestamp,
        object: Object,
        case: Option<CaseId>,
        detail: &str,
    ) -> Result<(), Error> {
        self.enter((&by.actor, by.into()), mint, at, object, by.case().or(case), detail).await?;
        self.0.commit().await?;
        Ok(())
    }

    /// Ends a change that is nobody's act and about nobody's data: a session that was seen, a draft, a search without a name.
    pub async fn commit_housekeeping(self) -> Result<(), Error> {
        Ok(self.0.commit().await?)
    }
}

struct ReadEntry {
    record: Record,
    done: oneshot::Sender<Result<(), DbError>>,
}

impl Store {
    pub fn new(db: Db) -> Self {
        let (reads, waiting) = mpsc::channel(4096);
        tokio::spawn(write_reads(db.clone(), waiting));
        Store { db, reads }
    }

    pub async fn read(&self) -> Result<Reader, Error> {
        Ok(self.db.read().await?)
    }

    /// A reader for one statement ([`Db::glance`]).
    pub async fn glance(&self) -> Result<Reader, Error> {
        Ok(self.db.glance().await?)
    }

    pub async fn begin(&self) -> Result<Draft, Error> {
        Ok(Draft(self.db.begin().await?, self.db.engine()))
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Records that a case was read, and returns when that is durable: no page without its trace.
    pub async fn read_of_case<A: CaseAct>(
        &self,
        by: &Permit<A>,
        mint: &Mint,
        at: Timestamp,
        object: Object,
    ) -> Result<(), Error> {
        self.queue("read", (&by.actor, by.into()), mint, at, object, by.case()).await
    }

    /// Records that personal data outside a case (a list, a consultation, a search result) were read.
    pub async fn read_by_role<A: RoleAct>(
        &self,
        by: &Permit<A>,
        mint: &Mint,
        at: Timestamp,
        object: Object,
    ) -> Result<(), Error> {
        self.queue("read", (&by.actor, by.into()), mint, at, object, None).await
    }

    /// Records that somebody who is signed in asked for what is not there for them, or may not do what they tried.
    pub async fn refused(&self, actor: &Actor, mint: &Mint, at: Timestamp, object: Object) -> Result<(), Error> {
        let case = matches!(object.kind, "case" | "child").then_some(CaseId(object.id));
        let ground = Ground { act: REFUSED, basis: actor.role.code(), classes: "" };
        self.queue("refused", (actor, ground), mint, at, object, case).await
    }

    async fn queue(
        &self,
        kind: &'static str,
        (actor, ground): (&Actor, Ground),
        mint: &Mint,
        at: Timestamp,
        object: Object,
        case: Option<CaseId>,
    ) -> Result<(), Error> {
        let record = Record::new(kind, (actor, ground), mint, at, object, case, "");
        let (done, durable) = oneshot::channel();
        let lost = || Error::Internal("the journal of reads has stopped".to_owned());
        self.reads.send(ReadEntry { record, done }).await.map_err(|_| lost())?;
        Ok(durable.await.map_err(|_| lost())??)
    }
}

/// Entries of one commit of the writer of reads.
const ENTRIES: usize = 500;
/// How often it lets others run before it commits.
const ROUNDS: usize = 4;

/// Takes in what waits, and lets requests that are ready run before the commit as long as that brings more entries: every commit
/// costs a flush and empties the page caches of the readers, so that a busy server wants few of them. An idle one loses nothing.
///
/// It ends after [`ROUNDS`] rounds however many keep coming, so that who waits first is not kept for ever.
async fn gather<T>(waiting: &mut mpsc::Receiver<T>, batch: &mut Vec<T>) {
    for _ in 0..ROUNDS {
        tokio::task::yield_now().await;
        let before = batch.len();
        while batch.len() < ENTRIES {
            let Ok(next) = waiting.try_recv() else { break };
            batch.push(next);
        }
        if batch.len() == before || batch.len() == ENTRIES {
            break;
        }
    }
}

/// One writer for the entries of reads: whatever waits is committed at once, and every page waits for that commit.
async fn write_reads(db: Db, mut waiting: mpsc::Receiver<ReadEntry>) {
    // Only the very first entry of an installation needs a random number here.
    let mint = Mint::random();
    while let Some(first) = waiting.recv().await {
        let mut batch = vec![first];
        gather(&mut waiting, &mut batch).await;
        let (records, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|entry| (entry.record, entry.done)).unzip();
        let outcome = async {
            let mut tx = db.begin().await?;
            write(&mut tx, (db.engine(), false), &mint, &records).await?;
            tx.commit().await
        }
        .await;
        for answer in answers {
            let _ = answer.send(outcome.clone());
        }
    }
}
