//! The steps of the database schema, in order.

use platform::db::Migration;

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));
