//! やりとりする形式: files that come in and go out. Readers and writers; slices give and take plain values.

pub mod directory;
pub mod print;
pub mod table;
