//! 封緘: columns that nobody reads without the root key: telephone numbers, what callers said, notes about families, drafts.
//!
//! root key (outside the database) → key of a municipality → key of a case, a consultation or a person → value.
//! A value is sealed to its table, column, row and owner, so it opens nowhere else.

mod rotate;
#[cfg(test)]
mod tests;

pub use rotate::{Rotated, rotate, rotate_root};

use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader, Writer},
    id::Mint,
    row,
};
use vault::field::Key;

/// The tenant of what belongs to no municipality.
pub const AREA: &str = "area";

row! {
    pub struct Wrapped { pub wrapped: Vec<u8>, pub master_id: Uuid, pub tenant: String, pub master: Vec<u8> }
    pub struct Master { pub id: Uuid, pub wrapped: Vec<u8> }
}

/// The key of one owner's sealed values.
#[derive(Clone, Debug)]
pub struct DataKey {
    owner: Uuid,
    key: Key,
}

fn shut(what: &str, id: Uuid) -> DbError {
    tracing::error!("sealed {what} of {id} does not open");
    DbError::Decode(format!("sealed {what} of {id}"))
}

fn master_place(id: Uuid, tenant: &str) -> Vec<u8> {
    [b"master_key\0".as_slice(), id.as_bytes(), tenant.as_bytes()].concat()
}

fn key_place(owner: Uuid, master: Uuid) -> Vec<u8> {
    [b"sealing_key\0".as_slice(), owner.as_bytes(), master.as_bytes()].concat()
}

impl DataKey {
    fn place(&self, column: &str, row: Uuid) -> Vec<u8> {
        [column.as_bytes(), b"\0", row.as_bytes(), self.owner.as_bytes()].concat()
    }

    /// Seals a text to `table.column` of a row. An empty text is no value.
    pub fn seal(&self, column: &'static str, row: impl Into<Uuid>, text: &str) -> Option<Vec<u8>> {
        (!text.is_empty()).then(|| self.key.seal(&self.place(column, row.into()), text.as_bytes()))
    }

    /// Seals piece `n` of something larger.
    pub fn seal_bytes(&self, column: &'static str, row: impl Into<Uuid>, n: i64, clear: &[u8]) -> Vec<u8> {
        self.key.seal(&self.piece_place(column, row.into(), n), clear)
    }

    pub fn open_bytes(&self, column: &'static str, row: Uuid, n: i64, sealed: &[u8]) -> Result<Vec<u8>, DbError> {
        self.key.open(&self.piece_place(column, row, n), sealed).map_err(|_| shut(column, row))
    }

    fn piece_place(&self, column: &str, row: Uuid, n: i64) -> Vec<u8> {
        [self.place(column, row).as_slice(), &n.to_be_bytes()].concat()
    }

    fn open(&self, column: &'static str, row: Uuid, sealed: &[u8]) -> Result<String, DbError> {
        let clear = self.key.open(&self.place(column, row), sealed).map_err(|_| shut(column, row))?;
        String::from_utf8(clear).map_err(|_| shut(column, row))
    }
}

/// A sealed text in clear; no value is an empty text, and a value without a key is a fault.
pub fn text(
    key: Option<&DataKey>,
    column: &'static str,
    row: impl Into<Uuid>,
    sealed: Option<&[u8]>,
) -> Result<String, DbError> {
    let row = row.into();
    match (sealed, key) {
        (None, _) => Ok(String::new()),
        (Some(sealed), Some(key)) => key.open(column, row, sealed),
        (Some(_), None) => Err(shut(column, row)),
    }
}

/// The key of an owner; None where nothing of theirs was ever sealed, or where it was destroyed.
pub async fn key_of(tx: &Reader, owner: impl Into<Uuid>) -> Result<Option<DataKey>, DbError> {
    let owner = owner.into();
    let sql = "/* sealing::key_of unscoped: a key is no data; whoever asks has shown that they see the owner */
        SELECT k.wrapped, m.id AS master_id, m.tenant, m.wrapped AS master
          FROM sealing_key k JOIN master_key m ON m.id = k.master_id WHERE k.owner_id = $1";
    let found: Option<Wrapped> = tx.opt(sql, args![owner]).await?;
    found.map(|w| unwrapped(tx, owner, &w)).transpose()
}

/// The key of an owner, where there is anything to open.
pub async fn key_if(tx: &Reader, owner: impl Into<Uuid>, any: bool) -> Result<Option<DataKey>, DbError> {
    if any { key_of(tx, owner).await } else { Ok(None) }
}

/// The key of an owner from the rows that hold it, for lists that join them.
pub fn unwrapped(tx: &Reader, owner: impl Into<Uuid>, w: &Wrapped) -> Result<DataKey, DbError> {
    let owner = owner.into();
    let master =
        tx.roots().unwrap(&master_place(w.master_id, &w.tenant), &w.master).map_err(|_| shut("key", w.master_id))?;
    let key = master.unwrap(&key_place(owner, w.master_id), &w.wrapped).map_err(|_| shut("key", owner))?;
    Ok(DataKey { owner, key })
}

/// The key of an owner who may have one already.
pub async fn key_for(
    tx: &mut Writer,
    mint: &Mint,
    owner: impl Into<Uuid>,
    tenant: &str,
    now: Timestamp,
) -> Result<DataKey, DbError> {
    let owner = owner.into();
    if let Some(key) = key_of(tx, owner).await? {
        return Ok(key);
    }
    new_key(tx, mint, owner, tenant, now).await?;
    // Where two came at once, the first one's key is everybody's.
    key_of(tx, owner).await?.ok_or_else(|| shut("key", owner))
}

/// The key of an owner who has just come to be.
pub async fn new_key(
    tx: &mut Writer,
    mint: &Mint,
    owner: impl Into<Uuid>,
    tenant: &str,
    now: Timestamp,
) -> Result<DataKey, DbError> {
    let (owner, key) = (owner.into(), Key::new(mint.secret()));
    let (id, master) = master(tx, mint, tenant, now).await?;
    let sql = "/* sealing::new_key */
        INSERT INTO sealing_key (owner_id, master_id, wrapped, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT (owner_id) DO NOTHING";
    tx.exec(sql, args![owner, id, master.wrap(&key_place(owner, id), &key), now]).await?;
    Ok(DataKey { owner, key })
}

/// The newest key of a tenant; the first call makes it.
async fn master(tx: &mut Writer, mint: &Mint, tenant: &str, now: Timestamp) -> Result<(Uuid, Key), DbError> {
    let sql =
        "/* sealing::master */ SELECT id, wrapped FROM master_key WHERE tenant = $1 ORDER BY version DESC LIMIT 1";
    let mut found: Option<Master> = tx.opt(sql, args![tenant]).await?;
    if found.is_none() {
        add_master(tx, mint, tenant, 1, now).await?;
        found = tx.opt(sql, args![tenant]).await?;
    }
    let found = found.ok_or_else(|| DbError::Failed("no key of the municipality".to_owned()))?;
    let key = tx.roots().unwrap(&master_place(found.id, tenant), &found.wrapped).map_err(|_| shut("key", found.id))?;
    Ok((found.id, key))
}

async fn add_master(tx: &mut Writer, mint: &Mint, tenant: &str, version: i64, now: Timestamp) -> Result<(), DbError> {
    let none = || DbError::Failed("this installation was started without a root key".to_owned());
    let (id, key) = (mint.uuid(now), Key::new(mint.secret()));
    let wrapped = tx.roots().sealing().ok_or_else(none)?.wrap(&master_place(id, tenant), &key);
    let sql = "/* sealing::add_master */
        INSERT INTO master_key (id, tenant, version, wrapped, made_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, version) DO NOTHING";
    tx.exec(sql, args![id, tenant, version, wrapped, now]).await.map(drop)
}

/// Whether the root keys open every key of a municipality: a root key of another installation does not, and must not be used.
pub async fn fits(tx: &Reader) -> Result<bool, DbError> {
    let sql = "/* sealing::fits */ SELECT id, tenant, wrapped FROM master_key ORDER BY tenant, version LIMIT 10000";
    let all: Vec<(Uuid, String, Vec<u8>)> = tx.all(sql, vec![]).await?;
    Ok(all.iter().all(|(id, tenant, wrapped)| tx.roots().unwrap(&master_place(*id, tenant), wrapped).is_ok()))
}

/// Puts the key of an owner under the key of another tenant: the case belongs to another municipality now.
pub async fn move_to(
    tx: &mut Writer,
    mint: &Mint,
    owner: impl Into<Uuid>,
    tenant: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let owner = owner.into();
    let Some(own) = key_of(tx, owner).await? else { return Ok(()) };
    let (id, master) = master(tx, mint, tenant, now).await?;
    let sql = "/* sealing::move_to */ UPDATE sealing_key SET master_id = $2, wrapped = $3 WHERE owner_id = $1";
    tx.exec(sql, args![owner, id, master.wrap(&key_place(owner, id), &own.key)]).await.map(drop)
}

/// Destroys the key of an owner: what was sealed under it is noise from now on, in every backup as soon as its key is gone there too.
pub async fn destroy(tx: &mut Writer, owner: impl Into<Uuid>) -> Result<(), DbError> {
    tx.exec("/* sealing::destroy */ DELETE FROM sealing_key WHERE owner_id = $1", args![owner.into()]).await.map(drop)
}
