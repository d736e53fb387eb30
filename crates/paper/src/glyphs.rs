//! Characters that the font of the papers has not: a paper is made all the same, at two in the morning as well.

use typst::text::Font;
use unicode_normalization::UnicodeNormalization as _;

/// Stands where a character cannot be printed; printers of Japan know it as the mark of a missing type.
const MISSING: char = '〓';

/// Marks that choose a form of the character before them. Where the font has not that form, the character is printed as usual.
fn is_variation(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180D}')
}

fn printable(fonts: &[Font], c: char) -> bool {
    c.is_ascii() || fonts.iter().any(|f| f.info().coverage.contains(u32::from(c)))
}

/// A JSON text in which every character can be printed: by its plain form (₂ becomes 2), else as 〓.
pub fn displayable(fonts: &[Font], json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars().filter(|c| !is_variation(*c)) {
        if printable(fonts, c) {
            out.push(c);
            continue;
        }
        let plain: String = std::iter::once(c).nfkc().collect();
        // What has a meaning in JSON must not come in by a detour.
        let safe = |p: char| printable(fonts, p) && !p.is_control() && p != '"' && p != '\\';
        if !plain.is_empty() && plain.chars().all(safe) { out.push_str(&plain) } else { out.push(MISSING) }
    }
    out
}
