//! Pages of consultations.

pub mod act;
pub mod intake;
pub mod list;
pub mod show;

use super::model::Status;

/// How a state looks in a list.
pub fn tone(status: Status) -> ui::Tone {
    match status {
        Status::Received => ui::Tone::Warn,
        Status::Triaging | Status::WaitingInfo => ui::Tone::Info,
        Status::CaseOpened | Status::Linked | Status::Advised => ui::Tone::Ok,
        Status::HandedOver | Status::Withdrawn | Status::Duplicate => ui::Tone::Neutral,
    }
}
