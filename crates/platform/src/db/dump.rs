//! Everything a database holds, table by table, in values that both engines give and take: for backups and for moving
//! from one engine to the other.

use super::{Arg, Conn, DbError, Reader, Result, Writer, lite, own};
use jiff::{Timestamp, civil::Date};
use tokio_postgres::types::Type;

/// A value as SQLite keeps it: times are ISO texts, UUIDs their 16 bytes, truth values 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Plain {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A table with its columns in the order of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
}

impl Table {
    /// Names come from the schema or from a file that somebody could have written: only plain words go into a statement.
    pub fn of(name: &str, columns: Vec<String>) -> Result<Table> {
        let plain =
            |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if plain(name) && !columns.is_empty() && columns.iter().all(|c| plain(c)) {
            Ok(Table { name: name.to_owned(), columns })
        } else {
            Err(DbError::Decode(format!("not a table of ours: {name}")))
        }
    }

    fn quoted(&self) -> String {
        self.columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ")
    }

    fn select(&self) -> String {
        format!("SELECT {} FROM \"{}\"", self.quoted(), self.name)
    }

    fn insert(&self) -> String {
        format!("INSERT INTO \"{}\" ({}) ", self.name, self.quoted())
    }
}

/// What takes rows as they come.
pub type Each<'a> = dyn FnMut(&[Plain]) -> std::io::Result<()> + Send + 'a;

impl Reader {
    /// Every table with its columns, by name.
    pub async fn tables(&self) -> Result<Vec<Table>> {
        let rows: Vec<(String, String)> = match &self.conn {
            Conn::Pg(c) => {
                let sql = "/* dump::tables */
                    SELECT table_name::text, column_name::text FROM information_schema.columns
                     WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position";
                c.all(sql, vec![]).await?
            }
            Conn::LiteRead(_) | Conn::LiteWrite(_) => {
                let sql = "/* dump::tables */
                    SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid";
                self.all(sql, vec![]).await?
            }
        };
        let mut tables: Vec<(String, Vec<String>)> = Vec::new();
        for (table, column) in rows {
            match tables.last_mut().filter(|(name, _)| *name == table) {
                Some((_, columns)) => columns.push(column),
                None => tables.push((table, vec![column])),
            }
        }
        tables.into_iter().map(|(name, columns)| Table::of(&name, columns)).collect()
    }

    /// Gives each row of a table to `each`; how many there were. Rows are not kept in memory.
    pub async fn dump(&mut self, table: &Table, each: &mut Each<'_>) -> Result<u64> {
        match &mut self.conn {
            Conn::LiteRead(c) => lite::dump(own(c), &table.select(), each),
            Conn::LiteWrite(c) => lite::dump(own(c), &table.select(), each),
            Conn::Pg(c) => c.dump(&table.select(), each).await,
        }
    }
}

/// Rules between tables that are off while rows are loaded in any order.
#[must_use = "the rules between tables must be put back with Writer::loaded"]
pub struct Loading(Vec<String>);

impl Writer {
    /// From here on rows may come in any order; [`Writer::loaded`] checks what they refer to.
    pub async fn loading(&mut self) -> Result<Loading> {
        match &mut self.reader.conn {
            Conn::Pg(c) => {
                let sql = "/* dump::loading */
                    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
                           format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
                      FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace";
                let rules: Vec<(String, String)> = c.all(sql, vec![]).await?;
                let (off, on): (Vec<String>, Vec<String>) = rules.into_iter().unzip();
                c.batch(&off.join(";")).await?;
                Ok(Loading(on))
            }
            Conn::LiteWrite(c) => {
                lite::batch(own(c), "PRAGMA defer_foreign_keys = ON")?;
                Ok(Loading(Vec::new()))
            }
            Conn::LiteRead(_) => Err(DbError::Failed("a reader cannot write".to_owned())),
        }
    }

    /// Adds rows to a table, which must have these columns.
    pub async fn load(&mut self, table: &Table, rows: &[Vec<Plain>]) -> Result<()> {
        match &mut self.reader.conn {
            Conn::Pg(c) => c.load(&table.insert(), table.columns.len(), rows).await,
            Conn::LiteWrite(c) => {
                let places: Vec<String> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
                lite::load(own(c), &format!("{}VALUES ({})", table.insert(), places.join(", ")), rows)
            }
            Conn::LiteRead(_) => Err(DbError::Failed("a reader cannot write".to_owned())),
        }
    }

    /// Takes every row of a table away: what a fresh schema brought with it, before the kept rows come.
    pub async fn empty(&mut self, table: &Table) -> Result<()> {
        self.batch(&format!("DELETE FROM \"{}\"", table.name)).await
    }

    /// Puts the rules between tables back. SQLite looks at them when the transaction is committed.
    pub async fn loaded(&mut self, loading: Loading) -> Result<()> {
        if loading.0.is_empty() { Ok(()) } else { self.batch(&loading.0.join(";")).await }
    }

    /// Asks the database itself whether it is whole; `None` where it found nothing wrong. PostgreSQL has no such question:
    /// its rules between tables were looked at when they were put back.
    pub async fn fault(&mut self) -> Result<Option<String>> {
        if matches!(self.reader.conn, Conn::Pg(_)) {
            return Ok(None);
        }
        let whole: Vec<(String,)> = self.all("PRAGMA integrity_check", vec![]).await?;
        if let Some((text,)) = whole.into_iter().find(|(t,)| t != "ok") {
            return Ok(Some(text));
        }
        let torn: Vec<(String,)> =
            self.all("/* dump::fault */ SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1", vec![]).await?;
        Ok(torn.into_iter().next().map(|(table,)| format!("foreign key of {table}")))
    }
}

impl From<&rusqlite::types::ValueRef<'_>> for Plain {
    fn from(v: &rusqlite::types::ValueRef<'_>) -> Self {
        use rusqlite::types::ValueRef as V;
        match v {
            V::Null => Plain::Null,
            V::Integer(n) => Plain::Int(*n),
            V::Real(n) => Plain::Real(*n),
            V::Text(t) => Plain::Text(String::from_utf8_lossy(t).into_owned()),
            V::Blob(b) => Plain::Bytes(b.to_vec()),
        }
    }
}

impl rusqlite::ToSql for Plain {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, Value, ValueRef};
        Ok(match self {
            Plain::Null => ToSqlOutput::Owned(Value::Null),
            Plain::Int(n) => ToSqlOutput::Owned(Value::Integer(*n)),
            Plain::Real(n) => ToSqlOutput::Owned(Value::Real(*n)),
            Plain::Text(t) => ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())),
            Plain::Bytes(b) => ToSqlOutput::Borrowed(ValueRef::Blob(b)),
        })
    }
}

impl Plain {
    /// As the column of a PostgreSQL table wants it.
    pub(super) fn for_pg(&self, ty: &Type) -> Result<Arg> {
        let wrong = || DbError::Decode(format!("a value does not fit a column of type {ty}"));
        Ok(match (self, ty) {
            (Plain::Null, _) => Arg::Null,
            (Plain::Int(n), t) if *t == Type::BOOL => Arg::Bool(*n != 0),
            (Plain::Int(n), t) if *t == Type::FLOAT8 => {
                #[expect(clippy::cast_precision_loss, reason = "SQLite stores a whole real as an integer")]
                let real = *n as f64;
                Arg::Real(real)
            }
            (Plain::Int(n), _) => Arg::Int(*n),
            (Plain::Real(n), _) => Arg::Real(*n),
            (Plain::Bytes(b), t) if *t == Type::UUID => Arg::Uuid(uuid::Uuid::from_slice(b).map_err(|_| wrong())?),
            (Plain::Bytes(b), _) => Arg::Bytes(b.clone()),
            (Plain::Text(s), t) if *t == Type::TIMESTAMPTZ => Arg::Time(s.parse::<Timestamp>().map_err(|_| wrong())?),
            (Plain::Text(s), t) if *t == Type::DATE => Arg::Date(s.parse::<Date>().map_err(|_| wrong())?),
            (Plain::Text(s), t) if *t == Type::JSONB || *t == Type::JSON => {
                Arg::Json(serde_json::from_str(s).map_err(|_| wrong())?)
            }
            (Plain::Text(s), _) => Arg::Text(s.clone()),
        })
    }

    /// One column of a PostgreSQL row.
    pub(super) fn of_pg(row: &tokio_postgres::Row, i: usize) -> Result<Plain> {
        fn get<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a tokio_postgres::Row, i: usize) -> Result<Option<T>> {
            row.try_get(i).map_err(|e| DbError::Decode(e.to_string()))
        }
        let ty = row.columns().get(i).map_or(Type::UNKNOWN, |c| c.type_().clone());
        let plain = match ty {
            Type::BOOL => get::<bool>(row, i)?.map(|v| Plain::Int(i64::from(v))),
            Type::INT2 => get::<i16>(row, i)?.map(|v| Plain::Int(v.into())),
            Type::INT4 => get::<i32>(row, i)?.map(|v| Plain::Int(v.into())),
            Type::INT8 => get::<i64>(row, i)?.map(Plain::Int),
            Type::FLOAT8 => get::<f64>(row, i)?.map(Plain::Real),
            Type::UUID => get::<uuid::Uuid>(row, i)?.map(|v| Plain::Bytes(v.as_bytes().to_vec())),
            Type::BYTEA => get::<Vec<u8>>(row, i)?.map(Plain::Bytes),
            Type::DATE => get::<Date>(row, i)?.map(|v| Plain::Text(v.to_string())),
            Type::TIMESTAMPTZ => get::<Timestamp>(row, i)?.map(|v| Plain::Text(time(v))),
            Type::JSONB | Type::JSON => get::<serde_json::Value>(row, i)?.map(|v| Plain::Text(v.to_string())),
            Type::TEXT | Type::VARCHAR | Type::NAME => get::<String>(row, i)?.map(Plain::Text),
            other => return Err(DbError::Decode(format!("columns of type {other} are not dumped"))),
        };
        Ok(plain.unwrap_or(Plain::Null))
    }
}

/// Milliseconds, as SQLite keeps a time; finer only where a time is finer, so that nothing is lost.
fn time(v: Timestamp) -> String {
    if v.as_microsecond() % 1000 == 0 { format!("{v:.3}") } else { format!("{v:.6}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_become_part_of_a_statement() {
        assert!(Table::of("child_case", vec!["id".to_owned()]).is_ok());
        for (name, column) in [("a\"; DROP TABLE b", "id"), ("a", "b\""), ("", "id"), ("a", ""), ("A", "id")] {
            assert!(Table::of(name, vec![column.to_owned()]).is_err(), "{name} {column}");
        }
        assert!(Table::of("a", vec![]).is_err());
    }

    #[test]
    fn a_time_keeps_its_microseconds() {
        let at = |us| time(Timestamp::from_microsecond(us).expect("a time"));
        assert_eq!(at(1_000), "1970-01-01T00:00:00.001Z");
        assert_eq!(at(1_001), "1970-01-01T00:00:00.001001Z");
    }
}
