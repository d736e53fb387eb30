//! Typed rows from both databases, by position in the order of the struct's fields.

use super::{DbError, Result};
use jiff::{Timestamp, civil::Date};
use rusqlite::types::ValueRef;
use uuid::Uuid;

/// A type that one column holds. `None` is NULL.
pub trait Cell: Sized {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>>;
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>>;
}

/// A type that is stored as a short code in a text column.
pub trait Code: Sized {
    fn decode(code: &str) -> Result<Self>;
}

/// A row of a result.
pub trait Row: Sized {
    /// Names that the statement must give its columns, in order; empty for tuples.
    const COLUMNS: &'static [&'static str];
    fn from_lite(row: &rusqlite::Row<'_>) -> Result<Self>;
    fn from_pg(row: &tokio_postgres::Row) -> Result<Self>;
}

fn wrong(what: &str, v: ValueRef<'_>) -> DbError {
    DbError::Decode(format!("{what} expected, found {}", v.data_type()))
}

fn pg_error(e: &tokio_postgres::Error) -> DbError {
    DbError::Decode(e.to_string())
}

/// Text that a column holds, without a copy.
pub fn lite_text<'a>(v: ValueRef<'a>, what: &str) -> Result<Option<&'a str>> {
    match v {
        ValueRef::Null => Ok(None),
        ValueRef::Text(t) => std::str::from_utf8(t).map(Some).map_err(|e| DbError::Decode(e.to_string())),
        other => Err(wrong(what, other)),
    }
}

impl Cell for i64 {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        match v {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(n) => Ok(Some(n)),
            other => Err(wrong("integer", other)),
        }
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        row.try_get(i).map_err(|e| pg_error(&e))
    }
}

impl Cell for f64 {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        match v {
            ValueRef::Null => Ok(None),
            ValueRef::Real(n) => Ok(Some(n)),
            #[expect(clippy::cast_precision_loss, reason = "SQLite stores a whole real as an integer")]
            ValueRef::Integer(n) => Ok(Some(n as f64)),
            other => Err(wrong("real", other)),
        }
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        row.try_get(i).map_err(|e| pg_error(&e))
    }
}

impl Cell for bool {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        match v {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(n) => Ok(Some(n != 0)),
            other => Err(wrong("boolean", other)),
        }
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        row.try_get(i).map_err(|e| pg_error(&e))
    }
}

impl Cell for String {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        Ok(lite_text(v, "text")?.map(str::to_owned))
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        row.try_get(i).map_err(|e| pg_error(&e))
    }
}

impl Cell for Uuid {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        match v {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(b) => Uuid::from_slice(b).map(Some).map_err(|e| DbError::Decode(e.to_string())),
            other => Err(wrong("uuid", other)),
        }
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        row.try_get(i).map_err(|e| pg_error(&e))
    }
}

impl Cell for Vec<u8> {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        match v {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(b) => Ok(Some(b.to_vec())),
            other => Err(wrong("bytes", other)),
        }
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        row.try_get(i).map_err(|e| pg_error(&e))
    }
}

impl Cell for Timestamp {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        lite_text(v, "time")?.map(|t| t.parse().map_err(|e: jiff::Error| DbError::Decode(e.to_string()))).transpose()
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        row.try_get(i).map_err(|e| pg_error(&e))
    }
}

impl Cell for Date {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        lite_text(v, "date")?.map(|t| t.parse().map_err(|e: jiff::Error| DbError::Decode(e.to_string()))).transpose()
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        row.try_get(i).map_err(|e| pg_error(&e))
    }
}

/// A JSON column.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub serde_json::Value);

impl Cell for Json {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        lite_text(v, "json")?
            .map(|t| serde_json::from_str(t).map(Json).map_err(|e| DbError::Decode(e.to_string())))
            .transpose()
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        Ok(row.try_get::<_, Option<serde_json::Value>>(i).map_err(|e| pg_error(&e))?.map(Json))
    }
}

impl<T: Cell> Cell for Option<T> {
    fn from_lite(v: ValueRef<'_>) -> Result<Option<Self>> {
        Ok(Some(T::from_lite(v)?))
    }
    fn from_pg(row: &tokio_postgres::Row, i: usize) -> Result<Option<Self>> {
        Ok(Some(T::from_pg(row, i)?))
    }
}

/// Gives a [`Code`] type its [`Cell`].
#[macro_export]
macro_rules! cell_by_code {
    ($t:ty) => {
        impl $crate::db::Cell for $t {
            fn from_lite(v: $crate::db::LiteValue<'_>) -> ::std::result::Result<Option<Self>, $crate::db::DbError> {
                $crate::db::lite_text(v, stringify!($t))?.map(<$t as $crate::db::Code>::decode).transpose()
            }
            fn from_pg(row: &$crate::db::PgRow, i: usize) -> ::std::result::Result<Option<Self>, $crate::db::DbError> {
                $crate::db::pg_text(row, i)?.map(<$t as $crate::db::Code>::decode).transpose()
            }
        }
    };
}

pub fn pg_text(row: &tokio_postgres::Row, i: usize) -> Result<Option<&str>> {
    row.try_get(i).map_err(|e| pg_error(&e))
}

/// One column of a SQLite row, by position; in debug builds its name must be the field's.
pub fn lite_cell<T: Cell>(row: &rusqlite::Row<'_>, i: usize, name: &str) -> Result<T> {
    if cfg!(debug_assertions) && !name.is_empty() {
        let found = row.as_ref().column_name(i).unwrap_or("?");
        if found != name {
            return Err(DbError::Decode(format!("column {i} is {found}, the row wants {name}")));
        }
    }
    let v = row.get_ref(i).map_err(|e| DbError::Decode(e.to_string()))?;
    T::from_lite(v)?.ok_or_else(|| DbError::Decode(format!("column {i} ({name}) is NULL")))
}

/// One column of a PostgreSQL row, by position; in debug builds its name must be the field's.
pub fn pg_cell<T: Cell>(row: &tokio_postgres::Row, i: usize, name: &str) -> Result<T> {
    if cfg!(debug_assertions) && !name.is_empty() {
        let found = row.columns().get(i).map_or("?", tokio_postgres::Column::name);
        if found != name {
            return Err(DbError::Decode(format!("column {i} is {found}, the row wants {name}")));
        }
    }
    T::from_pg(row, i)?.ok_or_else(|| DbError::Decode(format!("column {i} ({name}) is NULL")))
}

/// `row! { pub struct X { pub id: CaseId, pub name: String } }`: a struct that a SELECT with these columns, in this order, fills.
#[macro_export]
macro_rules! row {
    ($($(#[$m:meta])* pub struct $t:ident { $($(#[$fm:meta])* pub $f:ident : $ty:ty),* $(,)? })+) => { $(
        $(#[$m])*
        #[derive(Clone, Debug)]
        pub struct $t { $($(#[$fm])* pub $f: $ty),* }

        impl $crate::db::Row for $t {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($f)),*];
            #[expect(unused_assignments, reason = "the last column advances a counter that nobody reads")]
            fn from_lite(row: &$crate::db::LiteRow<'_>) -> ::std::result::Result<Self, $crate::db::DbError> {
                let mut i = 0;
                Ok($t { $($f: { let v = $crate::db::lite_cell(row, i, stringify!($f))?; i += 1; v }),* })
            }
            #[expect(unused_assignments, reason = "the last column advances a counter that nobody reads")]
            fn from_pg(row: &$crate::db::PgRow) -> ::std::result::Result<Self, $crate::db::DbError> {
                let mut i = 0;
                Ok($t { $($f: { let v = $crate::db::pg_cell(row, i, stringify!($f))?; i += 1; v }),* })
            }
        }
    )+ };
}

macro_rules! tuple {
    ($($t:ident $i:tt),+) => {
        impl<$($t: Cell),+> Row for ($($t,)+) {
            const COLUMNS: &'static [&'static str] = &[];
            fn from_lite(row: &rusqlite::Row<'_>) -> Result<Self> {
                Ok(($(lite_cell::<$t>(row, $i, "")?,)+))
            }
            fn from_pg(row: &tokio_postgres::Row) -> Result<Self> {
                Ok(($(pg_cell::<$t>(row, $i, "")?,)+))
            }
        }
    };
}
tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
