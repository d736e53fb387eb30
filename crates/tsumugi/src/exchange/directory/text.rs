//! Values as they are kept: repaired where that is certain, dropped where it is not.

use unicode_normalization::UnicodeNormalization;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Control,
    Direction,
    Unreadable,
    PrivateUse,
    TooLong(usize),
}

impl Refusal {
    /// What is wrong, for the person who chose the file.
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Control => "改行や制御文字など、使えない文字が入っています。".into(),
            Self::Direction => "表示を乱す、目に見えない文字が入っています。".into(),
            Self::Unreadable => "文字化けした文字が入っています。".into(),
            Self::PrivateUse => "外字（そのパソコンだけの文字）が入っているため、正しく読み取れません。".into(),
            Self::TooLong(most) => format!("{most}文字を超えています。"),
        }
    }
}

/// The longest text of one line and of several, in characters.
///
/// The longest line in the real files has 60; a limit keeps a shifted file from filling the pages.
pub(super) const LINE: usize = 300;
pub(super) const PROSE: usize = 4_000;

/// A name: nothing is changed but the space around it, and nothing invisible is let through.
pub(super) fn name(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    check(text, LINE, |_| false)?;
    Ok(text.to_owned())
}

/// One line of text: line ends inside a cell become one space each.
pub(super) fn line(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    check(text, LINE, breaks)?;
    Ok(text.replace(breaks, " "))
}

/// Text of several lines, kept with its line ends.
pub(super) fn prose(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    check(text, PROSE, breaks)?;
    Ok(text.to_owned())
}

fn breaks(c: char) -> bool {
    matches!(c, '\n' | '\t')
}

fn check(text: &str, most: usize, allowed: impl Fn(char) -> bool) -> Result<(), Refusal> {
    for (count, c) in text.chars().enumerate() {
        if count >= most {
            return Err(Refusal::TooLong(most));
        }
        match c {
            _ if allowed(c) => {}
            '\u{FFFD}' => return Err(Refusal::Unreadable),
            // CP932 has room for 1,880 characters that each computer fills as it likes.
            '\u{E000}'..='\u{F8FF}' | '\u{F0000}'.. => return Err(Refusal::PrivateUse),
            // With these a name can be shown in another order than it is stored, or look like another.
            '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' => {
                return Err(Refusal::Direction);
            }
            '\u{2028}' | '\u{2029}' => return Err(Refusal::Control),
            _ if c.is_control() => return Err(Refusal::Control),
            _ => {}
        }
    }
    Ok(())
}

/// Codes and readings in one width: `Ａ１` becomes `A1`, `ｶﾅ` becomes `カナ`.
pub(super) fn one_width(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

/// A telephone number in ASCII, grouped as in the file; the many dashes of Japanese keyboards become `-`.
pub(super) fn phone(text: &str) -> String {
    one_width(text)
        .chars()
        .map(|c| if matches!(c, '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー') { '-' } else { c })
        .collect()
}

/// Whether a spreadsheet has turned a number into `1.41E+09`, which cannot be turned back.
pub(super) fn is_destroyed_number(code: &str) -> bool {
    let Some((digits, power)) = code.split_once(['E', 'e']) else {
        return false;
    };
    let power = power.strip_prefix('+').unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_number(power) && is_number(&digits.replacen('.', "", 1))
}

/// `238-0013`, or empty unless there are exactly seven digits.
pub(super) fn postal(text: &str) -> String {
    let plain = phone(text);
    let plain = plain.trim_start_matches('〒').trim();
    let digits = plain.replacen('-', "", 1);
    if digits.len() == 7 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{}-{}", &digits[..3], &digits[3..])
    } else {
        String::new()
    }
}

/// A whole number of persons, with or without 人 or 名 behind it; nothing where it is not just that.
pub(super) fn capacity(text: &str) -> Option<i64> {
    let plain = one_width(text).replace(',', "");
    let number = plain.trim_end_matches(['人', '名']).trim_end();
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse().ok().filter(|persons| *persons <= 100_000)
}

/// Latitude and longitude in degrees, only where both are there and in Japan; in the public lists one row in twelve
/// has 0,0, and some have the two exchanged.
pub(super) fn coordinates(latitude: &str, longitude: &str) -> Option<(f64, f64)> {
    let latitude: f64 = one_width(latitude).parse().ok()?;
    let longitude: f64 = one_width(longitude).parse().ok()?;
    let in_japan = (20.0..=46.0).contains(&latitude) && (122.0..=154.0).contains(&longitude);
    in_japan.then_some((latitude, longitude))
}

#[cfg(test)]
mod tests {
    use super::{Refusal, capacity, coordinates, is_destroyed_number, line, name, one_width, phone, postal, prose};

    #[test]
    fn a_name_keeps_its_characters_and_loses_only_the_space_around_it() {
        for kept in ["髙﨑①㈱ﾃｽﾄ", "ＮＰＯ法人　A", "辻\u{E0100}クリニック", "Café"] {
            assert_eq!(name(&format!("\u{3000} {kept}\n")).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_cannot_be_seen_or_read_is_refused() {
        for (text, refusal) in [
            ("あ\u{0}い", Refusal::Control),
            ("あ\u{80}い", Refusal::Control),
            ("あ\nい", Refusal::Control),
            ("あ\u{2028}い", Refusal::Control),
            ("あ\u{202E}い", Refusal::Direction),
            ("あ\u{200B}い", Refusal::Direction),
            ("あ\u{2067}い", Refusal::Direction),
            ("あ\u{FFFD}い", Refusal::Unreadable),
            ("あ\u{E000}い", Refusal::PrivateUse),
            ("あ\u{100000}い", Refusal::PrivateUse),
        ] {
            assert_eq!(name(text), Err(refusal), "{text:?}");
        }
        assert_eq!(name(&"あ".repeat(301)), Err(Refusal::TooLong(300)));
        assert!(name(&"あ".repeat(300)).is_ok());
    }

    #[test]
    fn line_ends_inside_a_cell_stay_in_prose_and_become_spaces_in_a_line() {
        assert_eq!(line("横須賀市小川町11\n本館").as_deref(), Ok("横須賀市小川町11 本館"));
        assert_eq!(prose("一\n二").as_deref(), Ok("一\n二"));
        assert_eq!(prose("一\u{7}二"), Err(Refusal::Control));
    }

    #[test]
    fn codes_readings_and_numbers_are_brought_to_one_width() {
        assert_eq!(one_width("Ｅ００９ ｶﾞｰｾﾞ "), "E009 ガーゼ");
        assert_eq!(phone("０４６−８２２‐４０００"), "046-822-4000");
        assert_eq!(phone("046(822)4000"), "046(822)4000");
    }

    #[test]
    fn a_postal_code_has_seven_digits_or_is_left_out() {
        for text in ["2380013", "238-0013", "２３８−００１３", "〒238-0013"] {
            assert_eq!(postal(text), "238-0013", "{text}");
        }
        for text in ["", "238001", "23800130", "238-001a", "238--0013"] {
            assert_eq!(postal(text), "", "{text}");
        }
    }

    #[test]
    fn a_capacity_is_a_number_and_nothing_but_a_number() {
        assert_eq!(capacity("２０名"), Some(20));
        assert_eq!(capacity("1,200"), Some(1200));
        for text in ["", "約20", "20-30", "-5", "9999999", "99999999999999999999"] {
            assert_eq!(capacity(text), None, "{text}");
        }
    }

    #[test]
    fn coordinates_come_in_pairs_and_lie_in_japan() {
        assert_eq!(coordinates("35.28", " １３９．６７"), Some((35.28, 139.67)));
        for (latitude, longitude) in [
            ("0", "0"),
            ("35.28", ""),
            ("139.67", "35.28"),
            ("NaN", "139"),
            ("35.28", "13.9"),
            ("3.5", "139.67"),
            ("369.5", "139"),
        ] {
            assert_eq!(coordinates(latitude, longitude), None, "{latitude},{longitude}");
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_has_destroyed_is_recognised() {
        assert!(is_destroyed_number("1.41E+09"));
        assert!(is_destroyed_number("1E+10"));
        for code in ["E0000095600", "1411901232", "A1E+", "1E10x", "E+10"] {
            assert!(!is_destroyed_number(code), "{code}");
        }
    }
}
