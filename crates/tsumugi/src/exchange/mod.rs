//! やりとりする形式: files that come in and go out. Pure readers and writers; slices give and take plain values.

pub mod directory;
pub mod table;
