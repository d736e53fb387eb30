//! What answers of a part mean together. Pure.

use super::parts::{INTELLECT, MOBILITY};
use crate::questionnaire::{Part, Row, Wrong};
use platform::{Date, number};

/// What single answers cannot show: an end before a beginning, an interval without a day to count from.
pub fn check(part: &Part, rows: &[Row], today: Date) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let mut fail = |column: &'static str, sentence: &str| {
            wrong.push(Wrong { row: i, column, sentence: sentence.to_owned() });
        };
        let day = |code| part.answer(row, code).parse::<Date>().ok();
        let amount = |code| tenths(part.answer(row, code));
        match part.code {
            "device" => {
                if !part.answer(row, "every").is_empty() && day("exchanged").is_none() && day("next").is_none() {
                    fail("exchanged", "交換の間隔を入れるときは、前に交換した日か、次に交換する日も入力してください。");
                }
                if day("exchanged").is_some_and(|d| d > today) {
                    fail("exchanged", "前に交換した日が今日より後の日付です。");
                }
                if day("next").zip(day("exchanged")).is_some_and(|(n, e)| n <= e) {
                    fail("next", "次に交換する日は、前に交換した日より後の日付にしてください。");
                }
            }
            "certificate" if day("from").zip(day("until")).is_some_and(|(f, u)| u < f) => {
                fail("until", "終わる日は、始まる日より後の日付にしてください。");
            }
            "normal" => {
                let pairs = [
                    ("temperature_low", "temperature_high", "体温の下は、上より低い値にしてください。"),
                    ("spo2_low", "spo2_high", "SpO₂の下は、上より低い値にしてください。"),
                    ("pulse_low", "pulse_high", "脈拍の下は、上より低い値にしてください。"),
                    ("breath_low", "breath_high", "呼吸数の下は、上より低い値にしてください。"),
                ];
                for (low, high, sentence) in pairs {
                    if amount(low).zip(amount(high)).is_some_and(|(l, h)| l > h) {
                        fail(low, sentence);
                    }
                }
            }
            _ => {}
        }
    }
    wrong
}

/// A number of the form in tenths.
pub fn tenths(value: &str) -> Option<i64> {
    number::tenths(value, 0, 1_000_000, true)
}

/// 大島分類 of mobility and intellect: 1 to 4 is 重症心身障害, 5 to 9 stands around it. None where one of them is not known.
///
/// Source: 大島一良 1971, as it is commonly printed; 未確認.
pub fn oshima(mobility: &str, intellect: &str) -> Option<u8> {
    const TABLE: [[u8; 5]; 5] = [
        // lies, sits, crawls, walks, runs
        [1, 2, 5, 10, 17],
        [4, 3, 6, 11, 18],
        [9, 8, 7, 12, 19],
        [16, 15, 14, 13, 20],
        [25, 24, 23, 22, 21],
    ];
    let at = |list: &[(&str, &str)], code: &str| list.iter().position(|(c, _)| *c == code);
    Some(TABLE[at(INTELLECT, intellect)?][at(MOBILITY, mobility)?])
}

#[cfg(test)]
mod tests {
    use super::{
        super::parts::{CERTIFICATE, DEVICE, DEVICES, NORMAL, PARTS, POWERED},
        *,
    };
    use jiff::civil::date;

    fn row(part: &Part, answers: &[(&str, &str)]) -> Row {
        part.columns
            .iter()
            .map(|c| answers.iter().find(|(code, _)| *code == c.code).map_or("", |(_, v)| v).to_owned())
            .collect()
    }

    #[test]
    fn every_part_and_every_question_has_its_own_code_and_what_it_cannot_be_shown_without() {
        for (i, (part, _)) in PARTS.iter().enumerate() {
            assert!(PARTS.iter().skip(i + 1).all(|(other, _)| other.code != part.code));
            for (j, c) in part.columns.iter().enumerate() {
                assert!(part.columns.iter().skip(j + 1).all(|other| other.code != c.code), "{}.{}", part.code, c.code);
                assert!(!["drop", "more", "version", "once", "seen"].contains(&c.code));
            }
            assert_eq!(part.many.is_some(), part.columns.iter().any(|c| c.required), "{}", part.code);
        }
        for kind in POWERED {
            assert!(DEVICES.iter().any(|(code, _)| code == kind), "{kind}");
        }
    }

    #[test]
    fn what_belongs_together_is_checked_together() {
        let today = date(2026, 11, 24);
        let wrong = |part: &Part, answers: &[(&str, &str)]| {
            check(part, &[row(part, answers)], today).iter().map(|w| w.column).collect::<Vec<_>>()
        };
        assert_eq!(wrong(&DEVICE, &[("every", "14")]), ["exchanged"]);
        assert_eq!(wrong(&DEVICE, &[("every", "14"), ("exchanged", "2026-11-25")]), ["exchanged"]);
        assert_eq!(wrong(&DEVICE, &[("exchanged", "2026-11-20"), ("next", "2026-11-20")]), ["next"]);
        assert!(wrong(&DEVICE, &[("every", "14"), ("exchanged", "2026-11-20")]).is_empty());
        assert_eq!(wrong(&CERTIFICATE, &[("from", "2026-11-20"), ("until", "2026-11-19")]), ["until"]);
        assert_eq!(wrong(&NORMAL, &[("temperature_low", "37.1"), ("temperature_high", "36.9")]), ["temperature_low"]);
        assert!(
            wrong(&NORMAL, &[("temperature_low", "36"), ("temperature_high", "36.9"), ("spo2_low", "97")]).is_empty()
        );
    }

    #[test]
    fn oshima_counts_from_the_corner_outwards() {
        assert_eq!((oshima("lies", "b20"), oshima("sits", "b20")), (Some(1), Some(2)));
        assert_eq!((oshima("sits", "b35"), oshima("lies", "b35")), (Some(3), Some(4)));
        assert_eq!(
            (oshima("crawls", "b20"), oshima("lies", "b50"), oshima("runs", "b80")),
            (Some(5), Some(9), Some(21))
        );
        assert_eq!((oshima("", "b20"), oshima("runs", "")), (None, None));
        let mut all: Vec<u8> =
            MOBILITY.iter().flat_map(|(m, _)| INTELLECT.iter().filter_map(|(i, _)| oshima(m, i))).collect();
        all.sort_unstable();
        assert_eq!(all, (1..=25).collect::<Vec<u8>>(), "each number once");
    }
}
