//! Forms: what was typed is kept, what is wrong is said at the field, and only a whole command comes out.

use crate::{japanese::date, text, vocabulary::Vocabulary};
use jiff::civil::{Date, Time};
use std::{ops::RangeInclusive, str::FromStr};
use uuid::Uuid;

/// The fields of a form as they were typed, in order, several values per name allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

/// A form that nobody has typed into.
pub static NO_FIELDS: Fields = Fields(Vec::new());
/// Nothing is wrong.
pub static NO_ERRORS: Errors = Errors(Vec::new());

impl Fields {
    /// Parses an urlencoded body or query. Broken UTF-8 becomes U+FFFD, which every text field then refuses.
    pub fn parse(bytes: &[u8]) -> Self {
        Fields(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The first value of a name, or "" where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// The fields as an urlencoded text, to keep as a draft.
    pub fn encode(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        out.extend_pairs(self.iter());
        out.finish()
    }
}

/// What is wrong with a form: field name and a sentence for the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(pub Vec<(&'static str, String)>);

impl Errors {
    pub fn one(field: &'static str, sentence: impl Into<String>) -> Self {
        Errors(vec![(field, sentence.into())])
    }

    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(f, _)| *f == field).map(|(_, s)| s.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads fields one by one and remembers every error.
///
/// A reader returns a stand-in value where the field is wrong; [`Parse::finish`] then gives the errors and never the command,
/// so that no stand-in leaves here.
pub struct Parse<'a> {
    fields: &'a Fields,
    errors: Errors,
}

impl<'a> Parse<'a> {
    pub fn new(fields: &'a Fields) -> Self {
        Parse { fields, errors: Errors::default() }
    }

    /// Refuses a field. The first sentence about a field stands.
    pub fn fail(&mut self, field: &'static str, sentence: impl Into<String>) {
        if self.errors.of(field).is_none() {
            self.errors.0.push((field, sentence.into()));
        }
    }

    pub fn raw(&self, field: &str) -> &'a str {
        self.fields.get(field)
    }

    /// The command, or every error in the order of the form; a browser does not send a choice that nobody made, so those come last.
    pub fn finish<T>(mut self, command: T) -> Result<T, Errors> {
        if self.errors.is_empty() {
            return Ok(command);
        }
        let place = |field: &str| self.fields.iter().position(|(name, _)| name == field).unwrap_or(usize::MAX);
        self.errors.0.sort_by_key(|(field, _)| place(field));
        Err(self.errors)
    }

    fn keep<T: Default>(&mut self, field: &'static str, label: &str, read: Result<T, text::TextError>) -> T {
        read.unwrap_or_else(|e| {
            self.fail(field, e.sentence(label));
            T::default()
        })
    }

    /// One required line of at most `max` characters.
    pub fn line(&mut self, field: &'static str, label: &str, max: usize) -> String {
        let read = text::line(self.raw(field), max);
        self.keep(field, label, read)
    }

    pub fn optional_line(&mut self, field: &'static str, label: &str, max: usize) -> Option<String> {
        let read = text::optional_line(self.raw(field), max);
        self.keep(field, label, read)
    }

    pub fn paragraph(&mut self, field: &'static str, label: &str, max: usize) -> String {
        let read = text::paragraph(self.raw(field), max);
        self.keep(field, label, read)
    }

    pub fn optional_paragraph(&mut self, field: &'static str, label: &str, max: usize) -> Option<String> {
        let read = text::optional_paragraph(self.raw(field), max);
        self.keep(field, label, read)
    }

    pub fn kana(&mut self, field: &'static str, label: &str, max: usize) -> String {
        let read = text::kana(self.raw(field), max);
        self.keep(field, label, read)
    }

    pub fn optional_kana(&mut self, field: &'static str, label: &str, max: usize) -> Option<String> {
        if self.raw(field).trim().is_empty() { None } else { Some(self.kana(field, label, max)) }
    }

    pub fn optional_phone(&mut self, field: &'static str, label: &str) -> Option<String> {
        if self.raw(field).trim().is_empty() {
            return None;
        }
        let read = text::phone(self.raw(field));
        Some(self.keep(field, label, read))
    }

    /// A required date in any common style.
    pub fn date(&mut self, field: &'static str, label: &str) -> Date {
        self.optional_date(field, label).unwrap_or_else(|| {
            self.fail(field, format!("{label}を入力してください（例 R6.7.3、2024-07-03、20240703）。"));
            Date::default()
        })
    }

    pub fn optional_date(&mut self, field: &'static str, label: &str) -> Option<Date> {
        let raw = self.raw(field);
        if raw.trim().is_empty() {
            return None;
        }
        match date::parse(raw) {
            Ok(d) => Some(d),
            Err(e) => {
                self.fail(field, format!("{label}：{}", e.sentence()));
                None
            }
        }
    }

    /// A time of day as 14:05, with a colon of either width; None where the field is empty or wrong.
    pub fn optional_time(&mut self, field: &'static str) -> Option<Time> {
        let typed = self.raw(field).trim();
        if typed.is_empty() {
            return None;
        }
        let read =
            typed.split_once([':', '：']).and_then(|(h, m)| Time::new(h.parse().ok()?, m.parse().ok()?, 0, 0).ok());
        if read.is_none() {
            self.fail(field, "時刻は 14:05 のように入力してください。");
        }
        read
    }

    pub fn choice<V: Vocabulary>(&mut self, field: &'static str, label: &str) -> V {
        V::from_code(self.raw(field)).unwrap_or_else(|| {
            self.fail(field, format!("{label}を選んでください。"));
            V::ALL[0]
        })
    }

    /// None where nothing was chosen; an unknown code is an error and never silently dropped.
    pub fn optional_choice<V: Vocabulary>(&mut self, field: &'static str, label: &str) -> Option<V> {
        if self.raw(field).is_empty() { None } else { Some(self.choice(field, label)) }
    }

    pub fn choices<V: Vocabulary>(&mut self, field: &'static str, label: &str) -> Vec<V> {
        let mut out = Vec::new();
        for code in self.fields.all(field) {
            match V::from_code(code) {
                Some(v) if !out.contains(&v) => out.push(v),
                Some(_) => {}
                None => self.fail(field, format!("{label}に知らない項目があります。選び直してください。")),
            }
        }
        out
    }

    pub fn number(&mut self, field: &'static str, label: &str, range: RangeInclusive<i64>) -> i64 {
        let typed: String = self.raw(field).trim().chars().map(narrow_digit).collect();
        match typed.parse() {
            Ok(n) if range.contains(&n) => n,
            _ => {
                self.fail(
                    field,
                    format!("{label}は{}から{}までの数字で入力してください。", range.start(), range.end()),
                );
                0
            }
        }
    }

    pub fn optional_number(&mut self, field: &'static str, label: &str, range: RangeInclusive<i64>) -> Option<i64> {
        if self.raw(field).trim().is_empty() { None } else { Some(self.number(field, label, range)) }
    }

    pub fn id<T: FromStr + From<Uuid>>(&mut self, field: &'static str, label: &str) -> T {
        self.raw(field).parse().unwrap_or_else(|_| {
            self.fail(field, format!("{label}を選んでください。"));
            T::from(Uuid::nil())
        })
    }

    pub fn optional_id<T: FromStr + From<Uuid>>(&mut self, field: &'static str, label: &str) -> Option<T> {
        if self.raw(field).is_empty() { None } else { Some(self.id(field, label)) }
    }

    pub fn ids<T: FromStr>(&mut self, field: &'static str) -> Vec<T> {
        self.fields.all(field).iter().filter_map(|s| s.parse().ok()).collect()
    }

    pub fn ticked(&self, field: &str) -> bool {
        !self.raw(field).is_empty()
    }
}

fn narrow_digit(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        _ => c,
    }
}
