//! The parts of a typed date, taken from the front one after another, with any space behind them.

use super::date::DateError;
use super::era::Era;

/// A number with the count of its digits, since 06 and 2006 differ in kind.
#[derive(Clone, Copy)]
pub struct Number {
    pub digits: usize,
    pub value: u32,
}

/// What is left to be read.
pub struct Rest<'a>(pub &'a str);

impl Rest<'_> {
    /// The era in front, as 令和, 令 or R, with the point of "R.6.7.3".
    pub fn era(&mut self) -> Option<Era> {
        let found = Era::ALL.into_iter().find(|era| {
            let letter = [era.letter(), era.letter().to_ascii_lowercase()];
            self.take(era.name()) || self.take_if(|c| era.name().starts_with(c) || letter.contains(&c)).is_some()
        })?;
        self.take(".");
        Some(found)
    }

    /// The number in front, or 元 for the first year of an era.
    pub fn year(&mut self, era: Option<Era>) -> Option<Number> {
        if era.is_some() && self.take("元") {
            return Some(Number { digits: 1, value: 1 });
        }
        self.number(8)
    }

    /// The month and the day, behind 年 and 月 or behind the same mark twice.
    pub fn month_and_day(&mut self) -> Option<(u32, u32)> {
        let in_kanji = self.take("年");
        let mark = if in_kanji { None } else { Some(self.mark()?) };
        let month = self.number(2)?;
        let parted = match mark {
            None => self.take("月"),
            Some(mark) => self.mark() == Some(mark),
        };
        let day = self.number(2).filter(|_| parted)?;
        if in_kanji && !self.take("日") {
            return None;
        }
        Some((month.value, day.value))
    }

    /// The weekday behind, as (日) or 日曜日, which must be the end.
    pub fn weekday(&mut self) -> Result<Option<char>, DateError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let in_brackets = self.take("(");
        let typed = self.take_if(|c| "日月火水木金土".contains(c));
        let named = self.take("曜日") || self.take("曜");
        let closed = if in_brackets { self.take(")") } else { named };
        if typed.is_none() || !closed || !self.0.is_empty() {
            return Err(DateError::Unreadable);
        }
        Ok(typed)
    }

    /// A mark between numbers: every kind of hyphen counts as one, since keyboards give many.
    fn mark(&mut self) -> Option<char> {
        let mark = self.take_if(|c| "./-‐–—−ー".contains(c))?;
        Some(if matches!(mark, '.' | '/') { mark } else { '-' })
    }

    /// A number of one digit up to this many, and no digit more.
    fn number(&mut self, most: usize) -> Option<Number> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=most).contains(&digits) {
            return None;
        }
        let value = self.0[..digits].parse().ok()?;
        self.0 = self.0[digits..].trim_start();
        Some(Number { digits, value })
    }

    fn take(&mut self, text: &str) -> bool {
        let Some(rest) = self.0.strip_prefix(text) else {
            return false;
        };
        self.0 = rest.trim_start();
        true
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let c = self.0.chars().next().filter(|&c| wanted(c))?;
        self.0 = self.0[c.len_utf8()..].trim_start();
        Some(c)
    }
}
