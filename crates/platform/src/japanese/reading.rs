//! Readings of names (ふりがな), by which lists are ordered and searched.

use unicode_normalization::UnicodeNormalization;

use super::fold::hiragana;
use crate::text::{ForbiddenKind, TextError, line, within};

/// A reading: hiragana with ー, ・ and single spaces, whichever kana and width were typed.
///
/// # Errors
///
/// As for [`line()`], and [`ForbiddenKind::NotKana`].
pub fn kana(raw: &str, max_chars: usize) -> Result<String, TextError> {
    // Half-width kana write a voicing mark apart, so that a reading may take twice the characters.
    let cleaned = line(raw, max_chars.saturating_mul(2))?;
    let wide: String = cleaned.nfkc().map(hiragana).collect();
    let words: Vec<&str> = wide.split_whitespace().collect();
    let reading = words.join(" ");
    if !reading.chars().all(|c| matches!(c, 'ぁ'..='ゖ' | 'ゝ' | 'ゞ' | 'ー' | '・' | ' ')) {
        return Err(TextError::Forbidden(ForbiddenKind::NotKana));
    }
    within(reading, max_chars)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn any_kana_of_any_width_becomes_hiragana() {
        for typed in ["やまだ はなこ", "ヤマダ　ハナコ", "ﾔﾏﾀﾞ  ﾊﾅｺ", "　やまだ　 はなこ　"]
        {
            assert_eq!(kana(typed, 50).as_deref(), Ok("やまだ はなこ"), "{typed}");
        }
        assert_eq!(kana("ﾏｲｹﾙ･ｼﾞｮｰﾝｽﾞ", 50).as_deref(), Ok("まいける・じょーんず"));
        assert_eq!(kana("みすヾ", 50).as_deref(), Ok("みすゞ"));
        assert_eq!(kana("ヴァン", 50).as_deref(), Ok("ゔぁん"));
    }

    #[test]
    fn anything_but_kana_is_refused() {
        for typed in ["山田", "やまだ123", "Yamada", "やまだ-はなこ", "や、ま", "゛や"] {
            assert_eq!(kana(typed, 50), Err(TextError::Forbidden(ForbiddenKind::NotKana)), "{typed}");
        }
        assert_eq!(kana("　", 50), Err(TextError::Empty));
    }

    #[test]
    fn the_limit_counts_the_reading_and_not_the_typing() {
        assert!(kana("ｶﾞｷﾞｸﾞ", 3).is_ok());
        assert_eq!(kana("がぎぐげ", 3), Err(TextError::TooLong { max: 3, got: 4 }));
    }

    proptest! {
        #[test]
        fn a_reading_read_again_is_the_same(typed in "[ぁ-ゖァ-ヺｦ-ﾟー・ 　]{0,12}") {
            if let Ok(reading) = kana(&typed, 30) {
                prop_assert_eq!(kana(&reading, 30), Ok(reading));
            }
        }
    }
}
