//! つむぐ: the system in which coordinators for children with medical care needs and everybody around them work.
//!
//! One folder per 業務; the order of slices, the invariants and the road of one request stand in ARCHITECTURE.md.

// The tests of the slices and the journeys share one harness that names the product from outside.
#[cfg(test)]
extern crate self as tsumugi;
#[cfg(test)]
#[macro_use]
mod testing;

pub mod account;
pub mod alert;
pub mod app;
pub mod appointment;
pub mod area;
pub mod assets;
pub mod backup;
pub mod break_glass;
pub mod case;
pub mod command;
pub mod consent;
pub mod consultation;
pub mod cover;
pub mod demo;
pub mod document;
pub mod draft;
pub mod duty;
pub mod emergency;
pub mod exchange;
pub mod family;
pub mod history;
pub mod home;
pub mod journal;
pub mod live;
pub mod monitoring;
pub mod once;
pub mod opposition;
pub mod overview;
pub mod people;
pub mod policy;
pub mod profile;
pub mod protection;
pub mod questionnaire;
pub mod referral;
pub mod relocation;
pub mod resource;
pub mod retention;
pub mod routes;
pub mod schema;
pub mod score;
pub mod sealing;
pub mod search;
pub mod signin;
pub mod team;
pub mod terms;
pub mod timeline;
pub mod view;
pub mod viewing;
pub mod waiting;
pub mod web;
