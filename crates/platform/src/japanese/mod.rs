//! What a Japanese office needs of writing and of the calendar, as pure functions.
//!
//! Nothing here reads a clock or a database: the day is always a parameter, so every rule can be
//! tested on any day.
//! Times are instants; their day is always the day in Japan, which keeps one offset (+09:00) and
//! no summer time, so that no time zone database is needed.

pub mod age;
pub mod business;
pub mod date;
pub mod era;
pub mod fiscal;
pub mod fold;
pub mod holiday;
pub mod my_number;
mod parse_date;
pub mod phone;
pub mod reading;
mod typed_date;
mod variants;
