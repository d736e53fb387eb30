//! 記録簿: one entry for every act and every read of personal data, in the same transaction as the data.
//!
//! A [`Draft`] is a write transaction that nobody but [`Draft::commit`] can end well, and that wants a permit:
//! so no slice can change anything without an entry here.

use crate::{
    account::Actor,
    policy::{CaseAct, Permit, RoleAct},
    web::Error,
};
use platform::{
    Timestamp, Uuid, args,
    db::{Db, DbError, Reader, Writer},
    id::{CaseId, Mint},
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
pub struct Draft(Writer);

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
    INSERT INTO journal (id, at, person_id, seat_id, act, basis, object_kind, object_id, case_id, detail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

impl Draft {
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
        let actor = &by.actor;
        self.0
            .exec(
                INSERT,
                args![
                    mint.uuid(at),
                    at,
                    actor.person_or_none(),
                    actor.seat_or_none(),
                    by.code(),
                    by.basis(),
                    object.kind,
                    object.id,
                    by.case().or(case),
                    detail,
                ],
            )
            .await?;
        self.0.commit().await?;
        Ok(())
    }

    /// Ends a change that is nobody's act and about nobody's data: a session that was seen, a draft, a search without a name.
    pub async fn commit_housekeeping(self) -> Result<(), Error> {
        Ok(self.0.commit().await?)
    }
}

struct ReadEntry {
    args: Vec<platform::db::Arg>,
    done: oneshot::Sender<Result<(), String>>,
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

    pub async fn begin(&self) -> Result<Draft, Error> {
        Ok(Draft(self.db.begin().await?))
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
        self.enter(&by.actor, by.code(), by.basis(), mint, at, object, by.case()).await
    }

    /// Records that personal data outside a case (a list, a consultation, a search result) were read.
    pub async fn read_by_role<A: RoleAct>(
        &self,
        by: &Permit<A>,
        mint: &Mint,
        at: Timestamp,
        object: Object,
    ) -> Result<(), Error> {
        self.enter(&by.actor, by.code(), by.basis(), mint, at, object, None).await
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of one journal entry")]
    async fn enter(
        &self,
        actor: &Actor,
        act: &str,
        basis: &str,
        mint: &Mint,
        at: Timestamp,
        object: Object,
        case: Option<CaseId>,
    ) -> Result<(), Error> {
        let args = args![
            mint.uuid(at),
            at,
            actor.person_or_none(),
            actor.seat_or_none(),
            act,
            basis,
            object.kind,
            object.id,
            case,
            "",
        ];
        let (done, durable) = oneshot::channel();
        let lost = || Error::Internal("the journal of reads has stopped".to_owned());
        self.reads.send(ReadEntry { args, done }).await.map_err(|_| lost())?;
        durable.await.map_err(|_| lost())?.map_err(Error::Internal)
    }
}

/// One writer for the entries of reads: whatever waits is committed at once, and every page waits for that commit.
async fn write_reads(db: Db, mut waiting: mpsc::Receiver<ReadEntry>) {
    while let Some(first) = waiting.recv().await {
        let mut batch = vec![first];
        while batch.len() < 500 {
            match waiting.try_recv() {
                Ok(next) => batch.push(next),
                Err(_) => break,
            }
        }
        let (rows, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|entry| (entry.args, entry.done)).unzip();
        let outcome = async {
            let mut tx = db.begin().await?;
            tx.exec_each(INSERT, rows).await?;
            tx.commit().await
        }
        .await
        .map_err(|e: DbError| e.to_string());
        for answer in answers {
            let _ = answer.send(outcome.clone());
        }
    }
}
