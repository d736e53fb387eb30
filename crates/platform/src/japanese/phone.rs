//! Telephone numbers of Japan, as they are typed.

use unicode_normalization::UnicodeNormalization;

use crate::text::{ForbiddenKind, TextError, line};

/// A telephone number: digits of half width with the hyphens that were typed.
///
/// Spaces and brackets between the digits become hyphens: (046) 822-0000 is 046-822-0000.
///
/// # Errors
///
/// As for [`line()`], and [`ForbiddenKind::NotPhone`] unless 10 or 11 digits begin with 0.
pub fn phone(raw: &str) -> Result<String, TextError> {
    let typed: String = line(raw, 40)?.nfkc().collect();
    let mut number = String::new();
    for c in typed.chars() {
        match c {
            '0'..='9' => number.push(c),
            '-' | '‐' | '‑' | '–' | '—' | '―' | '−' | 'ー' | ' ' | '(' | ')' => {
                if !number.is_empty() && !number.ends_with('-') {
                    number.push('-');
                }
            }
            _ => return Err(TextError::Forbidden(ForbiddenKind::NotPhone)),
        }
    }
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if !(10..=11).contains(&digits) || !number.starts_with('0') || number.ends_with('-') {
        return Err(TextError::Forbidden(ForbiddenKind::NotPhone));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_hyphens_in_half_width() {
        for (typed, number) in [
            ("046-822-4000", "046-822-4000"),
            ("０４６－８２２－４０００", "046-822-4000"),
            ("046ー822ー4000", "046-822-4000"),
            ("(046) 822-4000", "046-822-4000"),
            ("046(822)4000", "046-822-4000"),
            ("090 1234 5678", "090-1234-5678"),
            (" 09012345678 ", "09012345678"),
            ("0120-00-0000", "0120-00-0000"),
        ] {
            assert_eq!(phone(typed).as_deref(), Ok(number), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        for typed in [
            "046-822-400",
            "090-1234-56789",
            "146-822-4000",
            "+81-46-822-4000",
            "046-822-4000-",
            "046-822-4000 内線12",
            "なし",
            "046/822/4000",
        ] {
            assert_eq!(phone(typed), Err(TextError::Forbidden(ForbiddenKind::NotPhone)), "{typed}");
        }
        assert_eq!(phone(" "), Err(TextError::Empty));
        assert_eq!(
            TextError::Forbidden(ForbiddenKind::NotPhone).sentence("電話番号"),
            "電話番号は、0から始まる10桁か11桁の数字で入力してください（例：046-822-0000）。"
        );
    }
}
