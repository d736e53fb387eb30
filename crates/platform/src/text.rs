//! Hygiene of typed text: what a person sees is what is stored, and nothing else.
//!
//! Names keep the form in which their bearers write them: IVS, 𠮷 and compatibility ideographs such as
//! 神 survive; only the two ways of encoding one character (か + ゛ and が) become one.
//! Searching does its own folding ([`crate::japanese::fold`]).

use unicode_normalization::UnicodeNormalization;

use crate::japanese::fold::{is_invisible, is_variation_selector};
pub use crate::japanese::my_number::looks_like_my_number;
pub use crate::japanese::phone::phone;
pub use crate::japanese::reading::kana;

/// A character takes four bytes at most, and twice as many leave room for marks written apart; more
/// than that is refused before any work is spent on it.
const BYTES_PER_CHAR: usize = 8;

/// Why a typed text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Nothing but white space was typed.
    Empty,
    /// More characters than the field holds.
    TooLong { max: usize, got: usize },
    /// Something that the field never holds.
    Forbidden(ForbiddenKind),
}

/// What a field never holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForbiddenKind {
    /// Control characters.
    Control,
    /// Line breaks within a line.
    LineBreak,
    /// Marks that turn the direction of writing and so make a text read as another.
    Bidi,
    /// Characters that nobody sees, and variation selectors with nothing before them to vary.
    Invisible,
    /// Private use (外字), which every computer shows differently.
    PrivateUse,
    /// Noncharacters and U+FFFD, the traces of a text read in the wrong encoding.
    Garbled,
    /// In a reading: anything but kana.
    NotKana,
    /// In a telephone number: anything but 10 or 11 digits that begin with 0.
    NotPhone,
    /// Twelve digits that may be a マイナンバー.
    MyNumber,
}

impl TextError {
    /// What the person is told about the field of this label.
    pub fn sentence(&self, label: &str) -> String {
        match self {
            Self::Empty => format!("{label}を入力してください。"),
            Self::TooLong { max, got } => {
                format!("{label}は{max}文字以内で入力してください（いまは{got}文字です）。")
            }
            Self::Forbidden(kind) => kind.sentence(label),
        }
    }
}

impl ForbiddenKind {
    fn sentence(self, label: &str) -> String {
        let retype = "貼り付けた場合は、手で入力し直してください。";
        match self {
            Self::Control => format!("{label}に使えない制御文字が含まれています。{retype}"),
            Self::LineBreak => format!("{label}は改行せずに1行で入力してください。"),
            Self::Bidi => {
                format!("{label}に文字の向きを変える見えない記号が含まれています。{retype}")
            }
            Self::Invisible => format!("{label}に見えない文字が含まれています。{retype}"),
            Self::PrivateUse => format!(
                "{label}に外字が含まれています。外字はほかの端末で表示できないため、一般の漢字かひらがなで入力してください。"
            ),
            Self::Garbled => {
                format!("{label}に文字化けした文字が含まれています。入力し直してください。")
            }
            Self::NotKana => {
                format!("{label}は、ひらがなかカタカナだけで入力してください。")
            }
            Self::NotPhone => format!("{label}は、0から始まる10桁か11桁の数字で入力してください（例：046-822-0000）。"),
            Self::MyNumber => format!(
                "{label}にマイナンバーの可能性がある12桁の数字が含まれています。マイナンバーは預かれないため、消してください。別の番号の場合は、途中に「、」を入れてください。"
            ),
        }
    }
}

/// One line: NFC, trimmed, not empty, of at most `max_chars` characters (code points).
///
/// # Errors
///
/// [`TextError`], also for anything that looks like a マイナンバー.
pub fn line(raw: &str, max_chars: usize) -> Result<String, TextError> {
    clean(raw, max_chars, |_| false)
}

/// Several lines: as [`line()`], but tabs and line breaks are kept, the latter all as `\n`.
///
/// # Errors
///
/// As for [`line()`].
pub fn paragraph(raw: &str, max_chars: usize) -> Result<String, TextError> {
    // Word processors break lines with U+2028 and the like, which a text area shows as breaks too.
    let unified = raw.replace("\r\n", "\n").replace(['\r', '\u{0B}', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    clean(&unified, max_chars, |c| matches!(c, '\n' | '\t'))
}

/// As [`line()`], but a blank field is `None`.
///
/// # Errors
///
/// As for [`line()`], without [`TextError::Empty`].
pub fn optional_line(raw: &str, max_chars: usize) -> Result<Option<String>, TextError> {
    unless_blank(line(raw, max_chars))
}

/// As [`paragraph`], but a blank field is `None`.
///
/// # Errors
///
/// As for [`line()`], without [`TextError::Empty`].
pub fn optional_paragraph(raw: &str, max_chars: usize) -> Result<Option<String>, TextError> {
    unless_blank(paragraph(raw, max_chars))
}

fn unless_blank(cleaned: Result<String, TextError>) -> Result<Option<String>, TextError> {
    match cleaned {
        Err(TextError::Empty) => Ok(None),
        other => other.map(Some),
    }
}

fn clean(raw: &str, max: usize, kept: impl Fn(char) -> bool) -> Result<String, TextError> {
    let trimmed = raw.trim();
    if trimmed.is_empty() {
        return Err(TextError::Empty);
    }
    if trimmed.len() > max.saturating_mul(BYTES_PER_CHAR) {
        return Err(TextError::TooLong { max, got: trimmed.chars().count() });
    }
    // NFC alone would turn the compatibility ideograph 神 (U+FA19) into 神 for good; with its standard
    // variation sequence the form of the name is kept.
    let cleaned: String = trimmed.cjk_compat_variants().nfc().collect();
    let mut before = None;
    for c in cleaned.chars() {
        if let Some(kind) = forbidden(c, before).filter(|_| !kept(c)) {
            return Err(TextError::Forbidden(kind));
        }
        before = Some(c);
    }
    let cleaned = within(cleaned, max)?;
    if looks_like_my_number(&cleaned) {
        return Err(TextError::Forbidden(ForbiddenKind::MyNumber));
    }
    Ok(cleaned)
}

/// The text, if it has no more than so many characters.
pub(crate) fn within(text: String, max: usize) -> Result<String, TextError> {
    match text.chars().count() {
        got if got > max => Err(TextError::TooLong { max, got }),
        _ => Ok(text),
    }
}

fn forbidden(c: char, before: Option<char>) -> Option<ForbiddenKind> {
    let nothing_to_vary = || before.is_none_or(|b| b.is_whitespace() || b.is_control() || is_variation_selector(b));
    match c {
        '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(ForbiddenKind::LineBreak),
        c if c.is_control() => Some(ForbiddenKind::Control),
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            Some(ForbiddenKind::Bidi)
        }
        '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}' => {
            Some(ForbiddenKind::PrivateUse)
        }
        '\u{FFFD}' | '\u{FDD0}'..='\u{FDEF}' => Some(ForbiddenKind::Garbled),
        c if u32::from(c) & 0xFFFE == 0xFFFE => Some(ForbiddenKind::Garbled),
        c if is_variation_selector(c) => nothing_to_vary().then_some(ForbiddenKind::Invisible),
        c if is_invisible(c) => Some(ForbiddenKind::Invisible),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(raw: &str) -> Option<ForbiddenKind> {
        match line(raw, 50) {
            Err(TextError::Forbidden(kind)) => Some(kind),
            _ => None,
        }
    }

    #[test]
    fn a_line_is_trimmed_and_composed() {
        let typed = "　山田 花子 \n";
        assert_eq!(line(typed, 50).as_deref(), Ok("山田 花子"));
        assert_eq!(line("か\u{3099}く", 2).as_deref(), Ok("がく"));
        assert_eq!(line(" 　\t", 50), Err(TextError::Empty));
    }

    #[test]
    fn names_keep_the_form_in_which_they_are_written() {
        for name in ["𠮷田", "髙橋", "山﨑", "葛\u{E0100}城", "ﾔﾏﾀﾞ"] {
            assert_eq!(line(name, 50).as_deref(), Ok(name));
        }
        assert_eq!(line("\u{FA19}谷", 50).as_deref(), Ok("神\u{FE00}谷"));
    }

    #[test]
    fn abuse_15_what_nobody_sees_or_everybody_sees_differently_is_refused() {
        for (raw, kind) in [
            ("山\u{7}田", ForbiddenKind::Control),
            ("山\t田", ForbiddenKind::Control),
            ("山\n田", ForbiddenKind::LineBreak),
            ("山\u{2028}田", ForbiddenKind::LineBreak),
            ("山\u{202E}田", ForbiddenKind::Bidi),
            ("山\u{2066}\u{200F}田", ForbiddenKind::Bidi),
            ("山\u{61C}田", ForbiddenKind::Bidi),
            ("山\u{200B}田", ForbiddenKind::Invisible),
            ("山田\u{FEFF}", ForbiddenKind::Invisible),
            ("\u{2060}", ForbiddenKind::Invisible),
            ("\u{FE0F}", ForbiddenKind::Invisible),
            ("山\u{E0100}\u{E0101}田", ForbiddenKind::Invisible),
            ("山\u{E000}田", ForbiddenKind::PrivateUse),
            ("山\u{10FFFD}田", ForbiddenKind::PrivateUse),
            ("山\u{FFFD}田", ForbiddenKind::Garbled),
            ("山\u{FDD0}田", ForbiddenKind::Garbled),
            ("山\u{10FFFF}田", ForbiddenKind::Garbled),
            ("番号 1234-5678-9018", ForbiddenKind::MyNumber),
        ] {
            assert_eq!(refused(raw), Some(kind), "{raw:?}");
        }
    }

    #[test]
    fn a_paragraph_keeps_its_lines_and_tabs() {
        assert_eq!(paragraph("一\r\n二\r三\t四\u{2028}五\n", 50).as_deref(), Ok("一\n二\n三\t四\n五"));
        let control = Err(TextError::Forbidden(ForbiddenKind::Control));
        assert_eq!(paragraph("一\u{1B}二", 50), control);
    }

    #[test]
    fn a_blank_optional_field_is_nothing_but_a_bad_one_is_refused() {
        assert_eq!(optional_line(" ", 5), Ok(None));
        assert_eq!(optional_paragraph("\r\n", 5), Ok(None));
        assert_eq!(optional_line("山", 5), Ok(Some("山".to_owned())));
        assert!(optional_line("山\n田", 5).is_err());
    }

    #[test]
    fn the_limit_counts_characters_and_stops_floods_of_bytes() {
        assert!(line(&"𠮷".repeat(50), 50).is_ok());
        let error = line(&"あ".repeat(63), 50).expect_err("63 characters are more than 50");
        assert_eq!(
            error.sentence("お子さんの氏名"),
            "お子さんの氏名は50文字以内で入力してください（いまは63文字です）。"
        );
        // 17 bytes for one character, though they would compose into few characters.
        let piled = format!("a{}", "\u{301}".repeat(8));
        assert_eq!(line(&piled, 2), Err(TextError::TooLong { max: 2, got: 9 }));
    }

    proptest! {
        #[test]
        fn what_was_accepted_is_accepted_unchanged(raw in any::<String>(), max in 1usize..40) {
            if let Ok(text) = paragraph(&raw, max) {
                prop_assert!(text.chars().count() <= max);
                prop_assert_eq!(paragraph(&text, max), Ok(text));
            }
        }
    }
}
