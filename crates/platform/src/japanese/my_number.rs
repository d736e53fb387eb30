//! Recognising マイナンバー, which the product never takes.
//!
//! 行政手続における特定の個人を識別するための番号の利用等に関する法律 (番号法) forbids keeping the
//! number where no law names the purpose, and the coordination of care is no such purpose.
//! The check digit (検査用数字) is that of 平成26年総務省令第85号 第5条.

use unicode_normalization::UnicodeNormalization;

/// Whether a text holds twelve digits that can be a マイナンバー.
///
/// Twelve digits in a row, or three groups of four as on the card, with a space or a hyphen between
/// them, in half or full width; a fourth group makes it a card number of another kind.
/// About one in ten other numbers of twelve digits passes the check too, so what is refused on
/// this answer is refused with a sentence that says so.
pub fn looks_like_my_number(s: &str) -> bool {
    let mut groups: Vec<u32> = Vec::new();
    for run in runs(&s.nfkc().collect::<String>()) {
        let is_group = run.digits.len() == 4;
        if !(is_group && run.joined) {
            if is_my_number(&groups) {
                return true;
            }
            groups.clear();
        }
        if is_group {
            groups.extend(run.digits);
        } else if is_my_number(&run.digits) {
            return true;
        }
    }
    is_my_number(&groups)
}

/// Digits in a row.
struct Run {
    digits: Vec<u32>,
    /// Whether one space or hyphen alone parts it from the run before.
    joined: bool,
}

fn runs(s: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut gap = String::new();
    let mut in_run = false;
    for c in s.chars() {
        let Some(digit) = c.to_digit(10) else {
            in_run = false;
            gap.push(c);
            continue;
        };
        if let Some(run) = runs.last_mut().filter(|_| in_run) {
            run.digits.push(digit);
        } else {
            let joined = matches!(gap.as_str(), " " | "-" | "‐" | "–" | "−" | "ー");
            let digits = vec![digit];
            runs.push(Run { digits, joined });
        }
        in_run = true;
        gap.clear();
    }
    runs
}

/// Twelve digits of which the last is the check digit of the eleven before.
fn is_my_number(digits: &[u32]) -> bool {
    let [body @ .., check] = digits else {
        return false;
    };
    // 省令第5条: counted from the right, the first six digits weigh 2 to 7, the other five 2 to 6.
    let weights = [2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6];
    let sum: u32 = body.iter().rev().zip(weights).map(|(digit, weight)| digit * weight).sum();
    let expected = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    body.len() == weights.len() && *check == expected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_valid_number_is_recognised_however_it_is_typed() {
        for typed in [
            "123456789018",
            "１２３４５６７８９０１８",
            "1234-5678-9018",
            "1234 5678 9018",
            "1234　5678　9018",
            "１２３４－５６７８－９０１８",
            "番号は123456789018です",
            "2026年 1234 5678 9018",
        ] {
            assert!(looks_like_my_number(typed), "{typed}");
        }
    }

    #[test]
    fn the_weights_of_the_ordinance_are_used() {
        // A single 1 gives 11 less its weight: the weights here are 2, 7 and 6.
        assert!(looks_like_my_number("000000000019"));
        assert!(looks_like_my_number("000001000004"));
        assert!(looks_like_my_number("100000000005"));
        // Six times two leaves a remainder of 1, which gives 0 and not 10.
        assert!(looks_like_my_number("000000000060"));
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for typed in [
            "",
            "123456789017",
            "1234567890180",
            "0123456789018",
            "090-1234-5678",
            "046-822-4000",
            "2026-11-22 1405",
            "1234-5678-9018-0000",
            "0000-1234-5678-9018",
            "1234、5678、9018",
            "12345678901",
        ] {
            assert!(!looks_like_my_number(typed), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn exactly_one_check_digit_fits_eleven_digits(body in "[0-9]{11}") {
            let fitting = (0..10).filter(|check| looks_like_my_number(&format!("{body}{check}")));
            prop_assert_eq!(fitting.count(), 1);
        }

        #[test]
        fn a_slip_in_one_digit_is_noticed_or_gives_the_check_digit_zero(
            body in "[0-9]{11}", at in 0usize..11, slip in 1u32..10,
        ) {
            let digits: Vec<u32> = body.chars().filter_map(|c| c.to_digit(10)).collect();
            let check = (0..10).find(|&check| is_my_number(&[digits.as_slice(), &[check]].concat()));
            let check = check.expect("every body has one check digit");
            let mut slipped = digits;
            slipped[at] = (slipped[at] + slip) % 10;
            slipped.push(check);
            prop_assert!(!is_my_number(&slipped) || check == 0);
        }
    }
}
