//! New keys for old ones, while people work. Safe to stop at any moment and to start again.

use super::{add_master, key_place, master_place, shut};
use crate::{
    journal::{Object, Store},
    policy,
    web::Error,
};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::Mint,
    row,
};
use vault::field::{Key, Roots};

/// Keys that are wrapped anew in one transaction.
const BATCH: i64 = 300;

row! {
    pub struct Line { pub id: Uuid, pub tenant: String, pub version: i64 }
    pub struct Kept { pub id: Uuid, pub tenant: String, pub wrapped: Vec<u8> }
    pub struct Owner { pub owner_id: Uuid, pub wrapped: Vec<u8> }
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Keys of municipalities that were replaced and are gone.
    pub masters: usize,
    /// Keys of cases, consultations and people that were wrapped anew.
    pub keys: usize,
}

/// Gives every municipality a new key, wraps everything under it anew, and deletes the old ones.
pub async fn rotate(store: &Store, mint: &Mint, now: Timestamp) -> Result<Rotated, Error> {
    // New keys under a root that does not open the old ones would lock everybody out.
    if !super::fits(&store.read().await?).await? {
        return Err(Error::refused("封緘の根の鍵が、このデータベースのものではありません。"));
    }
    begin(store, mint, now).await?;
    let mut done = Rotated::default();
    loop {
        let old = outdated(store).await?;
        if old.is_empty() {
            break;
        }
        for line in old {
            done.keys += empty(store, line.id).await?;
            // A key that was made under the old one meanwhile keeps it alive until the next round.
            let mut tx = store.begin().await?;
            let sql = "/* sealing::rotate */
                DELETE FROM master_key WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM sealing_key k WHERE k.master_id = master_key.id)";
            let gone = match tx.exec(sql, args![line.id]).await {
                Ok(n) => n > 0,
                Err(DbError::Rule(_)) => false,
                Err(e) => return Err(e.into()),
            };
            if gone {
                let permit = policy::by_operator("keys.rotate");
                tx.commit(&permit, mint, now, Object::new("master_key", line.id), None, "destroyed").await?;
                done.masters += 1;
            }
        }
    }
    Ok(done)
}

/// A new key for each tenant that has only one; where there are two, an earlier rotation did not come to its end.
pub(super) async fn begin(store: &Store, mint: &Mint, now: Timestamp) -> Result<(), Error> {
    let mut tx = store.begin().await?;
    let sql = "/* sealing::begin */ SELECT id, tenant, version FROM master_key ORDER BY tenant, version LIMIT 10000";
    let all: Vec<Line> = tx.all(sql, vec![]).await?;
    for line in &all {
        if all.iter().filter(|l| l.tenant == line.tenant).count() == 1 {
            add_master(&mut tx, mint, &line.tenant, line.version + 1, now).await?;
        }
    }
    tx.commit_housekeeping().await
}

/// Keys of tenants that have a newer one.
async fn outdated(store: &Store) -> Result<Vec<Line>, Error> {
    let sql = "/* sealing::outdated */
        SELECT m.id, m.tenant, m.version FROM master_key m
         WHERE EXISTS (SELECT 1 FROM master_key n WHERE n.tenant = m.tenant AND n.version > m.version) ORDER BY m.tenant, m.version LIMIT 10000";
    Ok(store.read().await?.all(sql, vec![]).await?)
}

/// Wraps what is under an old key under its tenant's newest one.
async fn empty(store: &Store, old: Uuid) -> Result<usize, Error> {
    let mut count = 0;
    loop {
        let mut tx = store.begin().await?;
        let sql = "/* sealing::empty */ SELECT owner_id, wrapped FROM sealing_key WHERE master_id = $1 ORDER BY owner_id LIMIT $2";
        let owners: Vec<Owner> = tx.all(sql, args![old, BATCH]).await?;
        if owners.is_empty() {
            return Ok(count);
        }
        let (from, to) = (line(&tx, old).await?, newest(&tx, old).await?);
        let (before, after) = (unwrapped(&tx, &from)?, unwrapped(&tx, &to)?);
        let mut rows = Vec::with_capacity(owners.len());
        for o in &owners {
            let key =
                before.unwrap(&key_place(o.owner_id, from.id), &o.wrapped).map_err(|_| shut("key", o.owner_id))?;
            rows.push(args![o.owner_id, to.id, after.wrap(&key_place(o.owner_id, to.id), &key), old]);
        }
        count += rows.len();
        let sql = "/* sealing::empty */ UPDATE sealing_key SET master_id = $2, wrapped = $3 WHERE owner_id = $1 AND master_id = $4";
        tx.exec_each(sql, rows).await?;
        tx.commit_housekeeping().await?;
    }
}

fn unwrapped(tx: &Reader, line: &Kept) -> Result<Key, DbError> {
    tx.roots().unwrap(&master_place(line.id, &line.tenant), &line.wrapped).map_err(|_| shut("key", line.id))
}

async fn line(tx: &Reader, id: Uuid) -> Result<Kept, DbError> {
    tx.one("/* sealing::line */ SELECT id, tenant, wrapped FROM master_key WHERE id = $1", args![id]).await
}

async fn newest(tx: &Reader, old: Uuid) -> Result<Kept, DbError> {
    let sql = "/* sealing::newest */
        SELECT n.id, n.tenant, n.wrapped FROM master_key m JOIN master_key n ON n.tenant = m.tenant
         WHERE m.id = $1 ORDER BY n.version DESC LIMIT 1";
    tx.one(sql, args![old]).await
}

/// Wraps the keys of the municipalities under the first of `roots`, whichever of them they were under; how many there are.
///
/// The server must know both root keys while this runs; afterwards the old one opens nothing any more.
pub async fn rotate_root(store: &Store, roots: &Roots, mint: &Mint, now: Timestamp) -> Result<usize, Error> {
    let none = || Error::Internal("this installation was started without a root key".to_owned());
    let new = roots.sealing().ok_or_else(none)?;
    let mut tx = store.begin().await?;
    let sql =
        "/* sealing::rotate_root */ SELECT id, tenant, wrapped FROM master_key ORDER BY tenant, version LIMIT 10000";
    let all: Vec<Kept> = tx.all(sql, vec![]).await?;
    for m in &all {
        let place = master_place(m.id, &m.tenant);
        let key = roots.unwrap(&place, &m.wrapped).map_err(|_| shut("key", m.id))?;
        let sql = "/* sealing::rotate_root */ UPDATE master_key SET wrapped = $2 WHERE id = $1";
        tx.exec(sql, args![m.id, new.wrap(&place, &key)]).await?;
    }
    let id = mint.uuid(now);
    let permit = policy::by_operator("keys.rotate_root");
    tx.commit(&permit, mint, now, Object::new("root_key", id), None, "").await?;
    Ok(all.len())
}
