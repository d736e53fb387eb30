//! Puts entries into the chain and verifies it. SQLite seals in the act's own transaction, for it has one writer;
//! on PostgreSQL the writer of reads does the same for its many, and one node at a time seals what acts have committed, within a second.

use super::{
    chain::{self, Entry, Fault, Hash, Sealed, Walk, What},
    checkpoint::{Checkpoint, Notes},
};
use platform::{
    Timestamp, Uuid, args,
    db::{Db, DbError, Engine, Reader, Writer},
    id::Mint,
    row,
};

/// Entries that are read at once.
const BATCH: i64 = 2_000;
/// Entries of the queue that are sealed at once: as long as that takes, nobody else can seal.
const QUEUE: i64 = 300;

row! {
    /// An entry that no hash covers yet.
    pub struct Queued {
        pub id: Uuid, pub at: Timestamp, pub person_id: Option<Uuid>, pub seat_id: Option<Uuid>,
        pub session_id: Option<Uuid>, pub kind: String, pub act: String, pub basis: String,
        pub purpose: String, pub classes: String, pub policy: String, pub object_kind: String, pub object_id: Option<Uuid>, pub case_id: Option<Uuid>, pub detail: String,
    }
    pub struct Head { pub installation: Uuid, pub seq: i64, pub hash: Vec<u8> }
}

const SEAL: &str = "/* journal::seal */ INSERT INTO journal_seal (seq, entry_id, hash) VALUES ($1, $2, $3)";

/// Holds the head of the chain until the end of the transaction; the first call begins the chain.
async fn hold(tx: &mut Writer, mint: &Mint) -> Result<Head, DbError> {
    let sql = "/* journal::hold */ UPDATE journal_head SET seq = seq WHERE id = 1 RETURNING installation, seq, hash";
    if let Some(head) = tx.opt(sql, vec![]).await? {
        return Ok(head);
    }
    let installation = Uuid::from_bytes(mint.secret::<16>());
    let begin = "/* journal::hold */ INSERT INTO journal_head (id, installation, seq, hash) VALUES (1, $1, 0, $2) ON CONFLICT (id) DO NOTHING";
    tx.exec(begin, args![installation, chain::genesis(installation).to_vec()]).await?;
    tx.one(sql, vec![]).await
}

/// Adds entries to the chain in the order given. On PostgreSQL the head is held until the end of the transaction.
pub async fn seal(tx: &mut Writer, engine: Engine, mint: &Mint, entries: &[Entry<'_>]) -> Result<(), DbError> {
    let known = if engine == Engine::Sqlite { head(tx).await? } else { None };
    let head = match known {
        Some(head) => head,
        None => hold(tx, mint).await?,
    };
    extend(tx, head, entries).await
}

async fn extend(tx: &mut Writer, head: Head, entries: &[Entry<'_>]) -> Result<(), DbError> {
    let mut seq = head.seq;
    let mut hash: Hash =
        head.hash.as_slice().try_into().map_err(|_| DbError::Decode("the head of the journal".to_owned()))?;
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        seq += 1;
        hash = chain::next(&hash, seq, entry);
        rows.push(args![seq, entry.id, hash.to_vec()]);
    }
    tx.exec_each(SEAL, rows).await?;
    let sql = "/* journal::seal */ UPDATE journal_head SET seq = $1, hash = $2 WHERE id = 1";
    tx.exec(sql, args![seq, hash.to_vec()]).await?;
    Ok(())
}

/// Seals what waits, in the order of the queue. The number of sealed entries.
pub async fn seal_queue(db: &Db, mint: &Mint) -> Result<usize, DbError> {
    let mut tx = db.begin().await?;
    let waiting = "/* journal::seal_queue */ SELECT entry_id FROM journal_queue LIMIT 1";
    if tx.opt::<(Uuid,)>(waiting, vec![]).await?.is_none() {
        return Ok(0);
    }
    let head = hold(&mut tx, mint).await?;
    let sql = "/* journal::seal_queue */
        SELECT j.id, j.at, j.person_id, j.seat_id, j.session_id, j.kind, j.act, j.basis, j.purpose, j.classes, j.policy, j.object_kind, j.object_id, j.case_id, j.detail
          FROM journal_queue q JOIN journal j ON j.id = q.entry_id ORDER BY q.entry_id LIMIT $1";
    let rows: Vec<Queued> = tx.all(sql, args![QUEUE]).await?;
    let entries: Vec<Entry<'_>> = rows.iter().map(Queued::entry).collect();
    extend(&mut tx, head, &entries).await?;
    let done = entries.iter().map(|e| args![e.id]).collect();
    tx.exec_each("/* journal::seal_queue */ DELETE FROM journal_queue WHERE entry_id = $1", done).await?;
    let sealed = entries.len();
    tx.commit().await?;
    Ok(sealed)
}

impl Queued {
    fn entry(&self) -> Entry<'_> {
        Entry {
            id: self.id,
            at: self.at,
            person_id: self.person_id,
            seat_id: self.seat_id,
            session_id: self.session_id,
            kind: &self.kind,
            act: &self.act,
            basis: &self.basis,
            purpose: &self.purpose,
            classes: &self.classes,
            policy: &self.policy,
            object_kind: &self.object_kind,
            object_id: self.object_id,
            case_id: self.case_id,
            detail: &self.detail,
        }
    }
}

/// What a verification saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub entries: i64,
    /// Entries that wait to be sealed.
    pub waiting: i64,
    pub head: Hash,
    pub fault: Option<Fault>,
}

/// The newest entry is later than the clock by more than a minute: since when. A clock that went back makes times worthless,
/// and everything that ends by the clock live again.
pub async fn clock_is_behind(tx: &Reader, now: Timestamp) -> Result<Option<Timestamp>, DbError> {
    let sql = "/* journal::clock_is_behind */
        SELECT j.at FROM journal_seal s JOIN journal j ON j.id = s.entry_id ORDER BY s.seq DESC LIMIT 1";
    let last: Option<(Timestamp,)> = tx.opt(sql, vec![]).await?;
    Ok(last.map(|(at,)| at).filter(|at| at.duration_since(now) > jiff::SignedDuration::from_secs(60)))
}

/// How far the chain has come; None before the first entry.
pub async fn head(tx: &Reader) -> Result<Option<Head>, DbError> {
    tx.opt("/* journal::head */ SELECT installation, seq, hash FROM journal_head WHERE id = 1", vec![]).await
}

/// Walks the whole chain from the first entry and compares it with its head and with notes that were kept elsewhere.
pub async fn verify(tx: &Reader, notes: &[Checkpoint]) -> Result<Verified, DbError> {
    let head = head(tx).await?;
    let sql = "/* journal::verify */ SELECT COUNT(*) FROM journal_queue";
    let (waiting,): (i64,) = tx.one(sql, vec![]).await?;
    let Some(head) = head else {
        let sql = "/* journal::verify */ SELECT COUNT(*) FROM journal";
        let (entries,): (i64,) = tx.one(sql, vec![]).await?;
        let fault = (entries > waiting || !notes.is_empty()).then_some(Fault { seq: 1, what: What::Truncated });
        return Ok(Verified { entries: 0, waiting, head: [0; 32], fault });
    };
    let mut walk = Walk::begin(head.installation);
    let mut notes = Notes::new(notes, head.installation);
    let fault = along(tx, &mut walk, &mut notes, i64::MAX).await?;
    let (entries, hash) = walk.place();
    let fault = fault.or_else(|| walk.end((head.seq, &head.hash)).and_then(|()| notes.end()).err());
    let fault = match fault {
        Some(fault) => Some(fault),
        None => stranger(tx, entries, waiting).await?,
    };
    Ok(Verified { entries, waiting, head: hash, fault })
}

/// Walks a part of the chain, from one place to another, both with it. The hash before the first place is taken as it stands, and
/// nothing is said about what comes before and after. `entries` is the last place that was walked.
pub async fn verify_part(tx: &Reader, notes: &[Checkpoint], from: i64, to: Option<i64>) -> Result<Verified, DbError> {
    let Some(head) = head(tx).await? else { return verify(tx, notes).await };
    let to = to.unwrap_or(head.seq);
    if from <= 1 && to >= head.seq {
        return verify(tx, notes).await;
    }
    let sql = "/* journal::verify_part */ SELECT hash FROM journal_seal WHERE seq = $1";
    let before: Option<(Vec<u8>,)> = tx.opt(sql, args![from - 1]).await?;
    let before = before.and_then(|(hash,)| hash.as_slice().try_into().ok());
    let mut walk = match before {
        Some(hash) if from > 1 => Walk::resume(from - 1, hash),
        _ if from <= 1 => Walk::begin(head.installation),
        _ => {
            let fault = Some(Fault { seq: from - 1, what: What::Gap });
            return Ok(Verified { entries: 0, waiting: 0, head: [0; 32], fault });
        }
    };
    let within: Vec<Checkpoint> = notes.iter().filter(|n| (from..=to).contains(&n.seq)).cloned().collect();
    let mut notes = Notes::new(&within, head.installation);
    let fault = along(tx, &mut walk, &mut notes, to).await?;
    let (entries, hash) = walk.place();
    let short = (entries < to).then_some(Fault { seq: entries + 1, what: What::Truncated });
    Ok(Verified { entries, waiting: 0, head: hash, fault: fault.or(short) })
}

/// Walks on to a place or to the end; the first bad place ends the walk.
async fn along(tx: &Reader, walk: &mut Walk, notes: &mut Notes<'_>, to: i64) -> Result<Option<Fault>, DbError> {
    let sql = "/* journal::along */
        SELECT s.seq, s.hash, j.id, j.at, j.person_id, j.seat_id, j.session_id, j.kind, j.act, j.basis, j.purpose, j.classes, j.policy, j.object_kind, j.object_id, j.case_id, j.detail
          FROM journal_seal s LEFT JOIN journal j ON j.id = s.entry_id WHERE s.seq > $1 AND s.seq <= $3 ORDER BY s.seq LIMIT $2";
    loop {
        let rows: Vec<Sealed> = tx.all(sql, args![walk.place().0, BATCH, to]).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for s in &rows {
            if let Err(found) = walk.step(s).and_then(|()| notes.passed(walk.place().0, &walk.place().1)) {
                return Ok(Some(found));
            }
        }
    }
}

/// Entries that stand neither in the chain nor in the queue were put there by something else than the product.
async fn stranger(tx: &Reader, entries: i64, waiting: i64) -> Result<Option<Fault>, DbError> {
    let sql = "/* journal::stranger */ SELECT COUNT(*) FROM journal";
    let (all,): (i64,) = tx.one(sql, vec![]).await?;
    Ok((all != entries + waiting).then_some(Fault { seq: entries, what: What::Inserted }))
}
