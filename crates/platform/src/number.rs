//! Numbers with at most one decimal, as people type them, kept as tenths.

/// A number in tenths, within these borders (in tenths too); full-width digits count. None for anything else: a sign, a unit,
/// two decimals, or a decimal where only whole numbers are asked for.
pub fn tenths(raw: &str, least: i64, most: i64, decimal: bool) -> Option<i64> {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        '．' => '.',
        _ => c,
    };
    let typed: String = raw.trim().chars().map(narrow).collect();
    let (whole, tenth) = typed.split_once('.').unwrap_or((&typed, "0"));
    let digits = |s: &str| !s.is_empty() && s.len() <= 6 && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(tenth) || tenth.len() > 1 || (typed.contains('.') && !decimal) {
        return None;
    }
    let n = whole.parse::<i64>().ok()? * 10 + tenth.parse::<i64>().ok()?;
    (least..=most).contains(&n).then_some(n)
}

/// Tenths as they are written: 35 is 3.5, 40 is 4.
pub fn plain(tenths: i64) -> String {
    let (whole, tenth) = (tenths / 10, (tenths % 10).abs());
    if tenth == 0 { whole.to_string() } else { format!("{whole}.{tenth}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_type_and_what_is_no_number() {
        let of = |raw| tenths(raw, 0, 1000, true);
        assert_eq!((of("36.5"), of("１００"), of(" ３．５ "), of("100.1")), (Some(365), Some(1000), Some(35), None));
        for raw in ["", "-1", "1e2", "3.55", "3.", ".5", "1,000", "9999999", "三"] {
            assert_eq!(of(raw), None, "{raw}");
        }
        assert_eq!(tenths("3.5", 0, 1000, false), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(n in 0_i64..1_000_000) {
            prop_assert_eq!(tenths(&plain(n), 0, 1_000_000, true), Some(n));
        }
    }
}
