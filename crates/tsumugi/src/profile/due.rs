//! Days that stand in a profile and must not be missed: what they are, and when they are put before somebody. Pure.

use super::parts::{CERTIFICATE, DEVICE};
use crate::{
    questionnaire::{Part, Row},
    waiting::WaitingKind,
};
use jiff::ToSpan;
use platform::{Date, vocabulary};

vocabulary! {
    /// What a watched day is.
    pub enum DueKind {
        Certificate = "certificate" "手帳・受給者証・指示書の終わる日",
        Device = "device" "機器・器材の交換日",
        Sheet = "sheet" "救急サマリーの見直し",
    }
}

impl DueKind {
    pub const fn waiting(self) -> WaitingKind {
        match self {
            DueKind::Certificate => WaitingKind::CertificateEnding,
            DueKind::Device => WaitingKind::DeviceExchange,
            DueKind::Sheet => WaitingKind::SheetReview,
        }
    }

    /// How many days before it is put before the lead, and how many days before it is due.
    pub const fn lead_times(self) -> (i64, i64) {
        match self {
            DueKind::Certificate => (60, 30),
            DueKind::Device => (14, 0),
            DueKind::Sheet => (30, 0),
        }
    }

    /// By which day it must be done, once it is time to say so.
    pub fn due(self, day: Date, today: Date) -> Option<Date> {
        let (asked, due) = self.lead_times();
        let left = i64::from((day - today).get_days());
        (left <= asked).then(|| day.checked_sub(due.days()).ok()).flatten()
    }

    pub fn of(part: &Part) -> Option<DueKind> {
        match part.code {
            "certificate" => Some(DueKind::Certificate),
            "device" => Some(DueKind::Device),
            _ => None,
        }
    }
}

/// The day of a device by which it is to be exchanged.
pub fn next_exchange(row: &Row) -> Option<Date> {
    let day = |code| DEVICE.answer(row, code).parse::<Date>().ok();
    let counted = || {
        let every: i64 = DEVICE.answer(row, "every").parse().ok()?;
        day("exchanged")?.checked_add(every.days()).ok()
    };
    day("next").or_else(counted)
}

/// The watched days of a part.
pub fn days(part: &Part, rows: &[Row]) -> Vec<Date> {
    match DueKind::of(part) {
        Some(DueKind::Device) => rows.iter().filter_map(next_exchange).collect(),
        Some(DueKind::Certificate) => {
            rows.iter().filter_map(|row| CERTIFICATE.answer(row, "until").parse().ok()).collect()
        }
        Some(DueKind::Sheet) | None => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn device(answers: &[(&str, &str)]) -> Row {
        DEVICE
            .columns
            .iter()
            .map(|c| answers.iter().find(|(code, _)| *code == c.code).map_or("", |(_, v)| v).to_owned())
            .collect()
    }

    #[test]
    fn the_next_exchange_is_the_day_that_was_typed_else_counted() {
        let counted = device(&[("exchanged", "2026-11-20"), ("every", "14")]);
        assert_eq!(next_exchange(&counted), Some(date(2026, 12, 4)));
        let typed = device(&[("exchanged", "2026-11-20"), ("every", "14"), ("next", "2026-12-01")]);
        assert_eq!(next_exchange(&typed), Some(date(2026, 12, 1)));
        assert_eq!(next_exchange(&device(&[("exchanged", "2026-11-20")])), None);
        assert_eq!(days(&DEVICE, &[counted, typed]), [date(2026, 12, 4), date(2026, 12, 1)]);
    }

    #[test]
    fn a_certificate_is_put_forward_sixty_days_before_and_a_device_fourteen() {
        let day = date(2027, 3, 31);
        let of = |kind: DueKind, left: i64| kind.due(day, day.checked_sub(left.days()).expect("a day"));
        assert_eq!((of(DueKind::Certificate, 61), of(DueKind::Certificate, 60)), (None, Some(date(2027, 3, 1))));
        assert_eq!((of(DueKind::Device, 15), of(DueKind::Device, 14)), (None, Some(day)));
        assert_eq!(of(DueKind::Device, -3), Some(day), "what was missed stays");
    }
}
