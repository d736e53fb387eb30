//! The lines of an archive: what it is, every table with its rows, and how many there were.
//!
//! ```text
//! {"tsumugi":1,"schema":11,"at":"2026-11-23T17:30:00Z"}
//! {"table":"child_case","columns":["id","fiscal_year",…]}
//! [{"b":"0190…"},2026,…]
//! {"rows":{"child_case":94,…}}
//! ```

use platform::{
    db::{Plain, Table},
    id::hex,
    serde_json::{self, Value, json},
};
use serde::{
    Serialize,
    ser::{SerializeMap as _, SerializeSeq as _},
};
use std::{collections::BTreeMap, io};

/// The form of the lines, raised when they change.
pub const FORM: i64 = 1;
/// Sessions and ceremonies of that day must not come alive again.
pub const LEFT_OUT: [&str; 3] = ["session", "ceremony", "schema_migration"];
/// Longer than any row can be; a file with a longer line is not ours.
const LONGEST: u64 = 64 * 1024 * 1024;

/// How many rows each table had.
pub type Counts = BTreeMap<String, u64>;

struct One<'a>(&'a Plain);
impl Serialize for One<'_> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Plain::Null => out.serialize_none(),
            Plain::Int(n) => out.serialize_i64(*n),
            // A whole real would be read back as an integer, which both databases take.
            Plain::Real(n) => out.serialize_f64(*n),
            Plain::Text(t) => out.serialize_str(t),
            Plain::Bytes(b) => {
                let mut map = out.serialize_map(Some(1))?;
                map.serialize_entry("b", &hex(b))?;
                map.end()
            }
        }
    }
}

struct Line<'a>(&'a [Plain]);
impl Serialize for Line<'_> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut list = out.serialize_seq(Some(self.0.len()))?;
        for value in self.0 {
            list.serialize_element(&One(value))?;
        }
        list.end()
    }
}

pub fn write_row(out: &mut impl io::Write, row: &[Plain]) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line(row)).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

pub fn write_line(out: &mut impl io::Write, line: &Value) -> io::Result<()> {
    writeln!(out, "{line}")
}

pub fn table_line(table: &Table) -> Value {
    json!({ "table": table.name, "columns": table.columns })
}

/// A line as it was read.
#[derive(Debug, PartialEq)]
pub enum Read {
    Begin { schema: i64 },
    Table(Table),
    Row(Vec<Plain>),
    End(Counts),
}

fn plain(value: Value) -> Option<Plain> {
    Some(match value {
        Value::Null => Plain::Null,
        Value::Number(n) => match n.as_i64() {
            Some(n) => Plain::Int(n),
            None => Plain::Real(n.as_f64()?),
        },
        Value::String(s) => Plain::Text(s),
        Value::Object(map) => {
            let text = map.get("b")?.as_str().filter(|t| t.is_ascii() && t.len() % 2 == 0)?;
            let bytes = (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok());
            Plain::Bytes(bytes.collect::<Option<_>>()?)
        }
        Value::Bool(_) | Value::Array(_) => return None,
    })
}

/// Reads a line; `None` where it is none of ours.
pub fn read_line(line: &str) -> Option<Read> {
    let whole = |v: &Value| v.as_i64();
    match serde_json::from_str(line).ok()? {
        Value::Array(values) => values.into_iter().map(plain).collect::<Option<_>>().map(Read::Row),
        Value::Object(map) => {
            if let Some(name) = map.get("table") {
                let columns = map.get("columns")?.as_array()?;
                let columns = columns.iter().map(|c| c.as_str().map(str::to_owned)).collect::<Option<_>>()?;
                return Some(Read::Table(Table::of(name.as_str()?, columns).ok()?));
            }
            if let Some(rows) = map.get("rows") {
                let counts = rows.as_object()?.iter().map(|(name, n)| Some((name.clone(), n.as_u64()?)));
                return Some(Read::End(counts.collect::<Option<_>>()?));
            }
            let schema = whole(map.get("schema")?)?;
            (map.get("tsumugi").and_then(whole) == Some(FORM)).then_some(Read::Begin { schema })
        }
        _ => None,
    }
}

/// The lines of an archive, one after the other.
pub struct Lines<R>(io::BufReader<R>);

impl<R: io::Read> Lines<R> {
    pub fn new(input: R) -> Self {
        Lines(io::BufReader::with_capacity(128 * 1024, input))
    }

    /// The next line, or None at the end of the file.
    pub fn next(&mut self) -> Result<Option<Read>, String> {
        use io::{BufRead as _, Read as _};
        let mut line = String::new();
        let taken = (&mut self.0).take(LONGEST).read_line(&mut line);
        match taken.map_err(|e| format!("バックアップが途中で読めなくなりました（{e}）"))? {
            0 => Ok(None),
            _ => read_line(&line)
                .map(Some)
                .ok_or_else(|| "バックアップの中に、つむぐのものでない行があります".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Plain> {
        prop_oneof![
            Just(Plain::Null),
            any::<i64>().prop_map(Plain::Int),
            (-1e6..1e6).prop_map(|n: f64| Plain::Real(n.floor() + 0.5)),
            ".*".prop_map(Plain::Text),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Plain::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn a_row_is_read_back_as_it_was_written(row in proptest::collection::vec(value(), 0..12)) {
            let mut out = Vec::new();
            write_row(&mut out, &row).expect("written");
            prop_assert_eq!(out.iter().filter(|b| **b == b'\n').count(), 1);
            let mut lines = Lines::new(out.as_slice());
            prop_assert_eq!(lines.next(), Ok(Some(Read::Row(row))));
            prop_assert_eq!(lines.next(), Ok(None));
        }
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        for line in [
            "",
            "x",
            "7",
            "[true]",
            "[[1]]",
            "{\"b\":1}",
            "[{\"b\":\"0\"}]",
            "[{\"b\":\"zz\"}]",
            "{\"table\":\"a\\\"\",\"columns\":[\"b\"]}",
            "{\"tsumugi\":2,\"schema\":1}",
        ] {
            assert_eq!(read_line(line), None, "{line}");
        }
        assert_eq!(read_line("{\"tsumugi\":1,\"schema\":11}"), Some(Read::Begin { schema: 11 }));
    }
}
