//! One statement for many rows: inserts, and what asks for one key.

/// A statement for one row that can be one for many: its part before what is repeated.
pub enum Shape {
    /// `INSERT … VALUES ($1, …)`
    Insert(&'static str),
    /// `… WHERE x = $1`, up to `x`
    Equal(&'static str),
}

pub fn shape(sql: &'static str, columns: usize) -> Option<Shape> {
    let equal = sql.strip_suffix(" = $1").filter(|head| columns == 1 && !head.contains('$')).map(Shape::Equal);
    insert_head(sql, columns).map(Shape::Insert).or(equal)
}

impl Shape {
    pub fn of(&self, columns: usize, rows: usize) -> String {
        match self {
            Shape::Insert(head) => many_rows(head, columns, rows),
            Shape::Equal(head) => {
                let all: Vec<String> = (1..=rows).map(|n| format!("${n}")).collect();
                format!("{head} IN ({})", all.join(", "))
            }
        }
    }
}

/// An insert of one row without anything after its values, up to `VALUES `.
fn insert_head(sql: &'static str, columns: usize) -> Option<&'static str> {
    let (head, values) = sql.rsplit_once("VALUES ")?;
    let plain: Vec<String> = (1..=columns).map(|n| format!("${n}")).collect();
    (values.trim() == format!("({})", plain.join(", "))).then_some(head)
}

/// The insert for several rows, its parameters numbered through.
pub fn many_rows(head: &str, columns: usize, rows: usize) -> String {
    let row = |r: usize| (1..=columns).map(|n| format!("${}", r * columns + n)).collect::<Vec<_>>().join(", ");
    format!("{head}VALUES {}", (0..rows).map(|r| format!("({})", row(r))).collect::<Vec<_>>().join(", "))
}

/// Rows in pieces of 64, 32, … 1, so that few different statements are prepared.
pub fn chunks<T>(mut rows: &[T]) -> Vec<&[T]> {
    let mut out = Vec::new();
    while !rows.is_empty() {
        let n = 1 << rows.len().ilog2().min(6);
        let (some, rest) = rows.split_at(n);
        out.push(some);
        rows = rest;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_insert_becomes_one_of_many_rows_and_nothing_else_does() {
        let head = insert_head("/* a */ INSERT INTO t (a, b) VALUES ($1, $2)", 2).expect("plain");
        assert_eq!(many_rows(head, 2, 3), "/* a */ INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4), ($5, $6)");
        for other in [
            "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO NOTHING",
            "INSERT INTO t (a, b) VALUES ($1, 'x')",
            "DELETE FROM t WHERE a = $1",
        ] {
            assert_eq!(insert_head(other, 1), None, "{other}");
        }
    }

    #[test]
    fn what_asks_for_one_key_asks_for_many() {
        let many = |sql, columns| shape(sql, columns).map(|s| s.of(columns, 3));
        assert_eq!(many("DELETE FROM q WHERE id = $1", 1).as_deref(), Some("DELETE FROM q WHERE id IN ($1, $2, $3)"));
        assert_eq!(many("UPDATE t SET a = $2 WHERE id = $1", 2), None);
        assert_eq!(many("UPDATE t SET a = $1 WHERE b = 1 AND id = $1", 1), None, "a parameter that stands twice");
        assert_eq!(many("DELETE FROM q WHERE id = $1 AND x", 1), None);
    }

    #[test]
    fn rows_are_cut_into_few_sizes_and_none_is_lost() {
        for n in 0..300 {
            let rows: Vec<usize> = (0..n).collect();
            let cut = chunks(&rows);
            assert!(cut.iter().all(|c| c.len().is_power_of_two() && c.len() <= 64));
            assert_eq!(cut.concat(), rows);
        }
    }
}
