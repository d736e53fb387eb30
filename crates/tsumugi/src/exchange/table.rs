//! A table as CSV or .xlsx: the same rows as on the screen, safe against formulas in cells.

use crate::web::{self, Result};
use axum::response::Response;

/// A table that leaves the product.
pub struct Table {
    pub name: &'static str,
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

/// UTF-8 with BOM, because spreadsheets on Windows read it right. A cell that would be a formula gets an apostrophe.
pub fn csv(table: &Table) -> Result<Response> {
    let mut out =
        csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(vec![0xEF, 0xBB, 0xBF]);
    let failed = |e: csv::Error| web::Error::Internal(e.to_string());
    out.write_record(&table.head).map_err(failed)?;
    for row in &table.rows {
        out.write_record(row.iter().map(|cell| defused(cell))).map_err(failed)?;
    }
    let bytes = out.into_inner().map_err(|e| web::Error::Internal(e.to_string()))?;
    Ok(web::download(&format!("{}.csv", table.name), "text/csv; charset=utf-8", bytes))
}

/// Cells are typed as text, so no formula can start.
pub fn xlsx(table: &Table, title: &str) -> Result<Response> {
    let bytes =
        paper::sheet(&paper::Sheet { title, head: &table.head, rows: &table.rows }).map_err(web::Error::Internal)?;
    Ok(web::download(
        &format!("{}.xlsx", table.name),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        bytes,
    ))
}

fn defused(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abuse_12_a_cell_that_would_be_a_formula_is_defused() {
        assert_eq!(defused("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        for first in ["=", "+", "-", "@", "\t", "\r"] {
            assert_eq!(defused(&format!("{first}1")), format!("'{first}1"));
        }
        assert_eq!(defused("はまゆう=青"), "はまゆう=青");
    }
}
