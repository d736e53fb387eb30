//! A small tokenizer of Rust: enough to tell code from comments and strings.

/// What a token is.
#[derive(Debug, PartialEq, Eq, Clone)]
pub enum Kind {
    /// An identifier or keyword, a raw one without its `r#`.
    Word(String),
    /// A string literal's value, with its escapes resolved.
    Text(String),
    /// A comment with its slashes.
    Comment(String),
    /// One character of punctuation.
    Mark(char),
    /// A number, a character, a byte or a lifetime.
    Other,
}

/// A token and the line, counted from 1, on which it begins.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

impl Token {
    pub fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    pub fn word(&self) -> Option<&str> {
        if let Kind::Word(word) = &self.kind { Some(word) } else { None }
    }

    pub fn text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }
}

/// All tokens of a text, comments among them.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { rest: text, line: 1 };
    let mut all = Vec::new();
    loop {
        reader.skip(|c| c.is_whitespace());
        let line = reader.line;
        match reader.token() {
            Some(kind) => all.push(Token { kind, line }),
            None => return all,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (head, tail) = self.rest.split_at(bytes.min(self.rest.len()));
        self.line += head.matches('\n').count();
        self.rest = tail;
        head
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn token(&mut self) -> Option<Kind> {
        let first = self.rest.chars().next()?;
        if self.rest.starts_with("//") {
            return Some(Kind::Comment(self.skip(|c| c != '\n').to_owned()));
        }
        if self.rest.starts_with("/*") {
            return Some(Kind::Comment(self.block_comment().to_owned()));
        }
        if first == '"' {
            self.take(1);
            return Some(Kind::Text(self.quoted()));
        }
        if first == '\'' {
            return Some(self.after_apostrophe());
        }
        if first.is_ascii_digit() {
            self.number();
            return Some(Kind::Other);
        }
        if first == '_' || first.is_alphabetic() {
            return Some(self.word_or_prefixed());
        }
        self.take(first.len_utf8());
        Some(Kind::Mark(first))
    }

    /// Block comments nest in Rust.
    fn block_comment(&mut self) -> &'a str {
        let (mut depth, mut at) = (0_usize, 0);
        while at < self.rest.len() {
            if self.rest[at..].starts_with("/*") {
                depth += 1;
                at += 2;
            } else if self.rest[at..].starts_with("*/") {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    break;
                }
            } else {
                at += self.rest[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        self.take(at)
    }

    fn number(&mut self) {
        self.skip(|c| c == '_' || c.is_alphanumeric());
        let mut next = self.rest.chars();
        if next.next() == Some('.') && next.next().is_some_and(|c| c.is_ascii_digit()) {
            self.take(1);
            self.skip(|c| c == '_' || c.is_alphanumeric());
        }
    }

    /// `'a'` and `'\n'` are characters, `'a` is a lifetime.
    fn after_apostrophe(&mut self) -> Kind {
        let mut next = self.rest.chars().skip(1);
        let (first, second) = (next.next(), next.next());
        self.take(1);
        if first == Some('\\') {
            self.take(1);
            self.take(self.rest.chars().next().map_or(0, char::len_utf8));
            self.skip(|c| c != '\'');
            self.take(1);
        } else if second == Some('\'') {
            self.take(first.map_or(0, char::len_utf8) + 1);
        } else {
            self.skip(|c| c == '_' || c.is_alphanumeric());
        }
        Kind::Other
    }

    fn word_or_prefixed(&mut self) -> Kind {
        let word = self.skip(|c| c == '_' || c.is_alphanumeric());
        let hashes = self.rest.len() - self.rest.trim_start_matches('#').len();
        let quote = self.rest[hashes..].starts_with('"');
        match word {
            "r" | "br" | "cr" if quote => {
                self.take(hashes + 1);
                Kind::Text(self.raw(hashes))
            }
            "b" | "c" if quote && hashes == 0 => {
                self.take(1);
                Kind::Text(self.quoted())
            }
            "b" if self.rest.starts_with('\'') => self.after_apostrophe(),
            "r" if hashes == 1 => {
                self.take(1);
                Kind::Word(self.skip(|c| c == '_' || c.is_alphanumeric()).to_owned())
            }
            _ => Kind::Word(word.to_owned()),
        }
    }

    fn raw(&mut self, hashes: usize) -> String {
        let end = format!("\"{}", "#".repeat(hashes));
        let length = self.rest.find(&end).unwrap_or(self.rest.len());
        let value = self.take(length).to_owned();
        self.take(end.len());
        value
    }

    fn quoted(&mut self) -> String {
        let mut value = String::new();
        while let Some(c) = self.rest.chars().next() {
            self.take(c.len_utf8());
            match c {
                '"' => break,
                '\\' => self.escape(&mut value),
                _ => value.push(c),
            }
        }
        value
    }

    fn escape(&mut self, value: &mut String) {
        let Some(c) = self.rest.chars().next() else {
            return;
        };
        self.take(c.len_utf8());
        match c {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            '0' => value.push('\0'),
            '\n' => _ = self.skip(char::is_whitespace),
            'x' => value.extend(u32::from_str_radix(self.take(2), 16).ok().and_then(char::from_u32)),
            'u' => {
                let digits = self.skip(|c| c != '}').trim_start_matches('{').replace('_', "");
                self.take(1);
                value.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text).into_iter().map(|token| token.kind).collect()
    }

    fn text(value: &str) -> Kind {
        Kind::Text(value.to_owned())
    }

    #[test]
    fn strings_of_every_form_give_their_value() {
        assert_eq!(kinds(r#""a\"b\n\u{3042}""#), [text("a\"b\nあ")]);
        assert_eq!(kinds("\"one \\\n      two\""), [text("one two")]);
        assert_eq!(kinds(r###"r#"a "quoted" // no comment"#"###), [text("a \"quoted\" // no comment")]);
        assert_eq!(kinds(r#"b"bytes" br"raw""#), [text("bytes"), text("raw")]);
    }

    #[test]
    fn characters_lifetimes_and_numbers_do_not_open_strings() {
        let word = |name: &str| Kind::Word(name.to_owned());
        assert_eq!(kinds("'\"' '\\'' b'\"' 'あ'"), [Kind::Other, Kind::Other, Kind::Other, Kind::Other]);
        assert_eq!(kinds("&'a x"), [Kind::Mark('&'), Kind::Other, word("x")]);
        assert_eq!(kinds("0..1.5e3_f64"), [Kind::Other, Kind::Mark('.'), Kind::Mark('.'), Kind::Other]);
        assert_eq!(kinds("r#type r"), [word("type"), word("r")]);
    }

    #[test]
    fn comments_nest_and_lines_are_counted() {
        let all = tokens("/* a /* b */ \"c\" */\n// \"d\"\nx\n\"two\nlines\" y");
        let lines: Vec<usize> = all.iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5]);
        assert!(matches!(&all[0].kind, Kind::Comment(comment) if comment.ends_with("\"c\" */")));
    }
}
