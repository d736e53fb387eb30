//! The design system of つむぐ as typed functions that return markup.
//!
//! It knows no database, no request and no clock: every function turns plain values into
//! [`maud::Markup`]. Text given as `&str` is always escaped. No function writes an inline style or an
//! inline script, so pages work under `style-src 'self'; script-src 'self'`.
//! The classes used here are defined in `crates/tsumugi/web/css`, the `data-` attributes in
//! `crates/tsumugi/web/tsumugi.js`; every page also works without the script.

mod chart;
mod control;
mod field;
mod icon;
mod input;
mod label;
mod map;
mod menu;
pub mod outline;
mod parts;
mod record;
mod shell;

pub use chart::*;
pub use control::*;
pub use field::*;
pub use icon::{Icon, icon};
pub use map::*;
pub use outline::{FIVE, Outline, VIEW_BOX};
pub use parts::*;
pub use record::*;
pub use shell::*;
