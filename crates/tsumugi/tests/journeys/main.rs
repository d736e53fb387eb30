//! Whole stories across the slices, each on both engines, readable from top to bottom.

#[macro_use]
#[path = "../../src/testing.rs"]
mod testing;

mod directory;
mod nicu;
mod nursery;
