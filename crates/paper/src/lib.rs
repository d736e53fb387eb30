//! Papers and spreadsheets from plain values. Knows no database and no page.

mod form;
#[cfg(feature = "pdf")]
mod glyphs;
#[cfg(feature = "pdf")]
mod pdf;
mod sheet;

pub use form::{Form, Made};
#[cfg(feature = "pdf")]
pub use pdf::{FONT_LICENCE, pdf};
pub use sheet::{Sheet, sheet};

/// Papers are not in this build.
#[cfg(not(feature = "pdf"))]
pub const FONT_LICENCE: &str = "";

/// Papers are not in this build.
///
/// # Errors
/// Always.
#[cfg(not(feature = "pdf"))]
pub fn pdf(_: Form, _: String, _: Made) -> Result<Vec<u8>, String> {
    Err("this build makes no papers".to_owned())
}
