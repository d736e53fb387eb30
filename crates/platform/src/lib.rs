//! Words that a library or a hospital could use too: database, clock, ids, vocabularies, forms, Japanese dates.
//! Nothing here knows a child or a case.

pub mod clock;
pub mod db;
pub mod form;
pub mod id;
pub mod japanese;
pub mod live;
pub mod number;
pub mod text;
pub mod throttle;
pub mod vocabulary;

pub use jiff::{Timestamp, civil::Date};
pub use serde_json;
pub use uuid::Uuid;
