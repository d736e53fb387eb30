//! Values that both databases can bind.

use jiff::{Timestamp, civil::Date};
use postgres_types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use uuid::Uuid;

/// A bound value. Times have milliseconds, dates are ISO, on both engines.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    Null,
    Uuid(Uuid),
    Text(String),
    Int(i64),
    Real(f64),
    Bool(bool),
    Time(Timestamp),
    Date(Date),
    Bytes(Vec<u8>),
    Json(serde_json::Value),
}

macro_rules! from {
    ($($t:ty => $v:ident),* $(,)?) => { $(
        impl From<$t> for Arg { fn from(v: $t) -> Self { Arg::$v(v.into()) } }
    )* };
}
from! {
    Uuid => Uuid, String => Text, &str => Text, &String => Text, i64 => Int, i32 => Int, u32 => Int, i16 => Int, f64 => Real,
    bool => Bool, Timestamp => Time, Date => Date, Vec<u8> => Bytes, &[u8] => Bytes, serde_json::Value => Json,
}
impl<const N: usize> From<[u8; N]> for Arg {
    fn from(v: [u8; N]) -> Self {
        Arg::Bytes(v.to_vec())
    }
}
impl<T: Into<Arg>> From<Option<T>> for Arg {
    fn from(v: Option<T>) -> Self {
        v.map_or(Arg::Null, Into::into)
    }
}

impl rusqlite::ToSql for Arg {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Arg::Null => ToSqlOutput::Owned(Value::Null),
            Arg::Uuid(v) => ToSqlOutput::Borrowed(ValueRef::Blob(v.as_bytes())),
            Arg::Text(v) => ToSqlOutput::Borrowed(ValueRef::Text(v.as_bytes())),
            Arg::Int(v) => ToSqlOutput::Owned(Value::Integer(*v)),
            Arg::Real(v) => ToSqlOutput::Owned(Value::Real(*v)),
            Arg::Bool(v) => ToSqlOutput::Owned(Value::Integer(i64::from(*v))),
            Arg::Time(v) => ToSqlOutput::Owned(Value::Text(format!("{v:.3}"))),
            Arg::Date(v) => ToSqlOutput::Owned(Value::Text(v.to_string())),
            Arg::Bytes(v) => ToSqlOutput::Borrowed(ValueRef::Blob(v)),
            Arg::Json(v) => ToSqlOutput::Owned(Value::Text(v.to_string())),
        })
    }
}

impl ToSql for Arg {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Arg::Null => Ok(IsNull::Yes),
            Arg::Uuid(v) => v.to_sql(ty, out),
            Arg::Text(v) => v.to_sql(ty, out),
            Arg::Int(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
            Arg::Int(v) => v.to_sql(ty, out),
            Arg::Real(v) => v.to_sql(ty, out),
            Arg::Bool(v) => v.to_sql(ty, out),
            Arg::Time(v) => v.to_sql(ty, out),
            Arg::Date(v) => v.to_sql(ty, out),
            Arg::Bytes(v) => v.to_sql(ty, out),
            Arg::Json(v) => v.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
