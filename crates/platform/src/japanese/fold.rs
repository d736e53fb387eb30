//! The search key: two writings of one name give the same key.
//!
//! Trigram indexes find nothing for words of two characters such as 胃瘻, so the product makes its
//! own grams of two and three characters; the same key and the same grams feed SQLite and PostgreSQL.

use unicode_normalization::UnicodeNormalization;

use super::variants::searched_form;

/// The key by which a text is searched.
///
/// Full and half width, upper and lower case, katakana and hiragana, small and large kana, old and
/// new character forms are one; white space, the marks ・ . - and invisible characters are dropped.
/// The long-vowel mark ー and the iteration marks 々ゝ stay.
/// Folding a folded text changes nothing.
pub fn fold(s: &str) -> String {
    let lower = s.nfkc().collect::<String>().to_lowercase();
    lower
        .chars()
        .filter(|&c| !is_dropped(c))
        .map(|c| searched_form(large(hiragana(c))))
        // What was dropped can have stood between a kana and its voicing mark, and these join now.
        .nfkc()
        .collect()
}

/// The sorted distinct grams of two and of three characters of an already folded text.
///
/// A text of one character gives that character, an empty text gives nothing.
pub fn grams(folded: &str) -> Vec<String> {
    let chars: Vec<char> = folded.chars().collect();
    let mut grams: Vec<String> = match chars.as_slice() {
        [only] => vec![only.to_string()],
        chars => chars.windows(2).chain(chars.windows(3)).map(|some| some.iter().collect()).collect(),
    };
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The first and the last gram of a folded text, as long as they can be: whoever has the text has both.
/// `None` for less than two characters.
pub fn ends(folded: &str) -> Option<(String, String)> {
    let chars: Vec<char> = folded.chars().collect();
    let length = chars.len().min(3);
    (length >= 2).then(|| (chars[..length].iter().collect(), chars[chars.len() - length..].iter().collect()))
}

/// The smallest text greater than every text that begins with this prefix, by code point.
///
/// It closes a range scan: `kana >= prefix AND kana < prefix_end`, which an ordinary index serves
/// on both engines without LIKE.
/// An empty prefix, or one made only of the last code point, gives `"\u{10FFFF}"`, above which no
/// text of the product lies, because [`crate::text`] refuses that code point.
pub fn prefix_end(folded: &str) -> String {
    let mut chars: Vec<char> = folded.chars().collect();
    while let Some(last) = chars.pop() {
        // A range of characters steps over the surrogates, which are no characters.
        if let Some(next) = (last..=char::MAX).nth(1) {
            chars.push(next);
            return chars.into_iter().collect();
        }
    }
    char::MAX.to_string()
}

/// The hiragana of a katakana (iteration marks as well); every other character as it is.
pub(crate) fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' | 'ヽ' | 'ヾ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}

/// Whether a character is seen by nobody: variation selectors, zero-width and other format marks.
pub(crate) fn is_invisible(c: char) -> bool {
    is_variation_selector(c)
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'..='\u{200D}'
            | '\u{2060}'..='\u{2064}' | '\u{206A}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Whether a character chooses the shape of the one before it (IVS for 葛 or 辻 and the like).
pub(crate) fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// The marks between the parts of a name, in every shape that a keyboard gives them.
fn is_dropped(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_invisible(c)
        || matches!(c, '・' | '·' | '‧' | '•' | '゠' | '.' | '-' | '\u{2010}'..='\u{2015}' | '−')
}

/// The large kana of a small one: キャ and キヤ are one reading on old forms without small letters.
fn large(c: char) -> char {
    match c {
        'ぁ' => 'あ',
        'ぃ' => 'い',
        'ぅ' => 'う',
        'ぇ' => 'え',
        'ぉ' => 'お',
        'っ' => 'つ',
        'ゃ' => 'や',
        'ゅ' => 'ゆ',
        'ょ' => 'よ',
        'ゎ' => 'わ',
        'ゕ' => 'か',
        'ゖ' => 'け',
        'ㇰ' => 'く',
        'ㇱ' => 'し',
        'ㇲ' => 'す',
        'ㇳ' => 'と',
        'ㇴ' => 'ぬ',
        'ㇵ' => 'は',
        'ㇶ' => 'ひ',
        'ㇷ' => 'ふ',
        'ㇸ' => 'へ',
        'ㇹ' => 'ほ',
        'ㇺ' => 'む',
        'ㇻ' => 'ら',
        'ㇼ' => 'り',
        'ㇽ' => 'る',
        'ㇾ' => 'れ',
        'ㇿ' => 'ろ',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn variants_of_a_name_give_one_key() {
        for (one, other) in [
            ("髙橋", "高橋"),
            ("山﨑", "山崎"),
            ("山嵜", "山崎"),
            ("齋藤", "斉藤"),
            ("斎藤", "齊藤"),
            ("渡邉", "渡辺"),
            ("渡邊", "渡辺"),
            ("𠮷田", "吉田"),
            ("桒原", "桑原"),
            ("\u{585A}本", "\u{FA10}本"),
            ("\u{FA19}谷", "神谷"),
            ("葛\u{E0100}城", "葛城"),
            ("胃瘘", "胃瘻"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
    }

    #[test]
    fn width_case_and_script_of_kana_do_not_matter() {
        assert_eq!(fold("ﾚｽﾊﾟｲﾄ"), "れすぱいと");
        assert_eq!(fold("レスパイト"), fold("れすぱいと"));
        assert_eq!(fold("ＮＩＣＵ"), "nicu");
        assert_eq!(fold("ｼﾞｭﾝ"), fold("じゆん"));
        assert_eq!(fold("ハット"), fold("はつと"));
        assert_eq!(fold("茅ヶ崎"), fold("茅ケ崎"));
        assert_eq!(fold("ヴィラ"), "ゔいら");
    }

    #[test]
    fn spaces_marks_and_invisible_characters_do_not_matter() {
        for name in ["山田　花子", "山田 花子", "山田・花子", "山田\u{200B}花子", " 山田-花子\t"]
        {
            assert_eq!(fold(name), "山田花子");
        }
        assert_eq!(fold("　・.-"), "");
    }

    #[test]
    fn long_vowels_and_iteration_marks_stay() {
        assert_eq!(fold("ｺｰﾋｰ"), "こーひー");
        assert_eq!(fold("佐々木"), "佐々木");
        assert_eq!(fold("いすヾ"), fold("いすゞ"));
    }

    #[test]
    fn a_voicing_mark_written_apart_joins_its_kana() {
        assert_eq!(fold("か゛"), "が");
        assert_eq!(fold("ㇷ゚"), "ぷ");
    }

    #[test]
    fn grams_are_sorted_and_distinct_pairs_and_triples() {
        assert_eq!(grams("あいあい"), ["あい", "あいあ", "いあ", "いあい"]);
        assert_eq!(grams("胃瘻"), ["胃瘻"]);
        assert_eq!(grams("胃"), ["胃"]);
        assert!(grams("").is_empty());
    }

    #[test]
    fn the_end_of_a_prefix_follows_its_last_character() {
        assert_eq!(prefix_end("やま"), "やみ");
        assert_eq!(prefix_end("a\u{10FFFF}"), "b");
        assert_eq!(prefix_end("\u{D7FF}"), "\u{E000}");
        assert_eq!(prefix_end(""), "\u{10FFFF}");
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(s in any::<String>()) {
            prop_assert_eq!(fold(&fold(&s)), fold(&s));
        }

        #[test]
        fn folding_japanese_twice_is_folding_once(s in "[\u{3000}-\u{30FF}\u{31F0}-\u{33FF}\u{3400}-\u{3500}\u{4E00}-\u{9FFF}\u{F900}-\u{FAFF}\u{FE00}-\u{FE0F}\u{FF00}-\u{FFEF}\u{20000}-\u{20FFF} .-]{0,12}") {
            prop_assert_eq!(fold(&fold(&s)), fold(&s));
        }

        #[test]
        fn a_prefix_range_holds_exactly_what_begins_with_the_prefix(
            prefix in "[あ-ん\u{D7F0}-\u{D7FF}]{1,3}",
            rest in any::<String>(),
            other in "[あ-ん]{0,4}",
        ) {
            let end = prefix_end(&prefix);
            let longer = format!("{prefix}{rest}");
            prop_assert!(prefix <= longer && longer < end);
            let within = prefix <= other && other < end;
            prop_assert_eq!(within, other.starts_with(&prefix));
        }

        #[test]
        fn every_gram_of_a_part_is_a_gram_of_the_whole(
            before in "[あ-お]{0,3}", part in "[あ-お]{2,4}", after in "[あ-お]{0,3}",
        ) {
            let whole = grams(&format!("{before}{part}{after}"));
            prop_assert!(grams(&part).iter().all(|gram| whole.binary_search(gram).is_ok()));
            let (first, last) = ends(&part).expect("two characters at least");
            prop_assert!(part.starts_with(&first) && part.ends_with(&last));
            prop_assert!(whole.contains(&first) && whole.contains(&last));
        }
    }
}
