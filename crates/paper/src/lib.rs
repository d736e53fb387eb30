//! Papers and spreadsheets from plain values. Knows no database and no page.

mod pdf;
mod sheet;

pub use pdf::{FONT_LICENCE, Form, Made, pdf};
pub use sheet::{Sheet, sheet};
