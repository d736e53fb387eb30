//! 電源なしで持つ時間: how long a child's devices run without mains. Pure.

use super::{
    check::tenths,
    parts::{DEVICE, POWERED},
};
use crate::questionnaire::Row;
use platform::number;

/// What is known about the time without mains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Without {
    /// No device that stops without current is marked as vital.
    NothingVital,
    /// Of these vital devices nobody wrote how long their batteries last.
    Unknown(Vec<String>),
    /// Tenths of hours that the first vital device stops after, and which it is.
    Hours(i64, String),
}

/// The shortest time over the devices that stop without current and on which life depends: inner and outer batteries together.
pub fn without_mains(devices: &[Row]) -> Without {
    let vital: Vec<&Row> = devices
        .iter()
        .filter(|d| DEVICE.answer(d, "critical") == "yes" && POWERED.contains(&DEVICE.answer(d, "kind")))
        .collect();
    let hours = |d: &Row| {
        let (inner, outer) = (tenths(DEVICE.answer(d, "internal")), tenths(DEVICE.answer(d, "external")));
        (inner.is_some() || outer.is_some()).then(|| inner.unwrap_or(0) + outer.unwrap_or(0))
    };
    let name = |d: &Row| DEVICE.answer(d, "name").to_owned();
    let unknown: Vec<String> = vital.iter().filter(|d| hours(d).is_none()).map(|d| name(d)).collect();
    if !unknown.is_empty() {
        return Without::Unknown(unknown);
    }
    let shortest = vital.iter().filter_map(|d| hours(d).map(|h| (h, name(d)))).min();
    shortest.map_or(Without::NothingVital, |(h, name)| Without::Hours(h, name))
}

/// Tenths of hours in words.
pub fn hours_text(tenths: i64) -> String {
    format!("{}時間", number::plain(tenths))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(kind: &str, critical: &str, internal: &str, external: &str) -> Row {
        let of = |code: &str| match code {
            "name" => kind,
            "kind" => kind,
            "critical" => critical,
            "internal" => internal,
            "external" => external,
            _ => "",
        };
        DEVICE.columns.iter().map(|c| of(c.code).to_owned()).collect()
    }

    #[test]
    fn the_first_device_to_stop_counts() {
        let devices = [
            device("ventilator", "yes", "6", "8"),
            device("suction", "yes", "1.5", ""),
            device("oximeter", "no", "0.5", ""),
            device("tracheal_tube", "yes", "", ""),
        ];
        assert_eq!(without_mains(&devices), Without::Hours(15, "suction".to_owned()));
        assert_eq!(without_mains(&devices[..1]), Without::Hours(140, "ventilator".to_owned()));
        assert_eq!((hours_text(15), hours_text(140)), ("1.5時間".to_owned(), "14時間".to_owned()));
    }

    #[test]
    fn what_nobody_wrote_is_not_taken_for_long() {
        let devices = [device("ventilator", "yes", "6", ""), device("oxygen", "yes", "", "")];
        assert_eq!(without_mains(&devices), Without::Unknown(vec!["oxygen".to_owned()]));
        assert_eq!(without_mains(&[device("oximeter", "no", "3", "")]), Without::NothingVital);
        assert_eq!(without_mains(&[]), Without::NothingVital);
    }
}
