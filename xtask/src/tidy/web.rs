//! What the pages may not have: other htmx attributes than the ten, inline styles and inline scripts.

use super::{Finding, RustFile, tokens::Kind};

const ALLOWED: &[&str] = &[
    "hx-get",
    "hx-post",
    "hx-trigger",
    "hx-target",
    "hx-swap",
    "hx-select",
    "hx-include",
    "hx-sync",
    "hx-indicator",
    "hx-push-url",
];

/// The rules `hx-attribute` and `inline-style`. A test may name what it looks for.
pub fn check(file: &RustFile) -> Vec<Finding> {
    let templates = file.inside_macro("html");
    let in_template = |index| templates.iter().any(|range| range.contains(&index));
    let mut findings = Vec::new();
    for (index, token) in file.code.iter().enumerate() {
        if file.is_test(index) {
            continue;
        }
        let mut say = |rule, sentence: String| findings.push(Finding::new(&file.path, token.line, rule, sentence));
        match &token.kind {
            Kind::Word(word) if word == "hx" && file.stands(index + 1, &["-"]) => {
                let name = attribute(file, index);
                if !ALLOWED.contains(&name.as_str()) {
                    say("hx-attribute", format!("{name} is not one of the htmx attributes that this project uses."));
                }
            }
            Kind::Word(word) if word == "style" && in_template(index) && is_style(file, index) => {
                say(
                    "inline-style",
                    "A style belongs into a style sheet; the content security policy refuses it here.".to_owned(),
                );
            }
            Kind::Word(word) if word == "script" && in_template(index) && is_inline_script(file, index) => {
                say(
                    "inline-style",
                    "A script belongs into a file of its own; the content security policy refuses it here.".to_owned(),
                );
            }
            Kind::Text(text) => {
                for (rule, sentence) in in_string(text) {
                    say(rule, sentence);
                }
            }
            _ => {}
        }
    }
    findings
}

/// The name `hx-push-url` from its words and hyphens.
fn attribute(file: &RustFile, start: usize) -> String {
    let mut name = "hx".to_owned();
    let mut index = start + 1;
    while file.stands(index, &["-"]) {
        let Some(word) = file.code.get(index + 1).and_then(|token| token.word()) else {
            break;
        };
        name = format!("{name}-{word}");
        index += 2;
    }
    name
}

/// `style="…"` as an attribute, or `style { … }` as an element; not `let style = …` or `font-style="…"`.
fn is_style(file: &RustFile, index: usize) -> bool {
    let attribute =
        file.stands(index + 1, &["="]) && !file.stands(index + 2, &["="]) && !file.stands(index + 2, &[">"]);
    let before = index.checked_sub(1).map(|before| &file.code[before].kind);
    let bound = matches!(before, Some(Kind::Mark('-' | '.')))
        || matches!(before, Some(Kind::Word(word)) if word == "let" || word == "mut");
    attribute && !bound || is_element(file, index) && file.stands(index + 1, &["{"])
}

/// A `script` element is fine with a `src` and nothing inside.
fn is_inline_script(file: &RustFile, index: usize) -> bool {
    if !is_element(file, index) {
        return false;
    }
    let mut at = index + 1;
    let mut named = false;
    while let Some(token) = file.code.get(at) {
        match &token.kind {
            // The value of an attribute: src=(path) or src={ … }.
            Kind::Mark('=')
                if file.code.get(at + 1).is_some_and(|next| matches!(next.kind, Kind::Mark('(' | '{' | '['))) =>
            {
                at = file.closing(at + 1);
            }
            Kind::Mark('{') => return !named || file.closing(at) != at + 1,
            Kind::Mark(';') => return !named,
            Kind::Word(word) if word == "src" => named = true,
            _ => {}
        }
        at += 1;
    }
    !named
}

/// Elements begin after another one's end, at the beginning of a block, or after a splice or a text.
fn is_element(file: &RustFile, index: usize) -> bool {
    let before = index.checked_sub(1).map(|before| &file.code[before].kind);
    matches!(before, None | Some(Kind::Mark('{' | '}' | ';' | ')' | '(') | Kind::Text(_)))
        && !matches!(file.code.get(index + 1).map(|token| &token.kind), Some(Kind::Mark(')' | ',' | ':' | '?')))
}

/// What a string must not hold, should it ever be printed as HTML.
fn in_string(text: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (place, _) in text.match_indices("hx-") {
        let glued = text[..place].ends_with(|c: char| c.is_alphanumeric() || c == '-');
        let name: String = text[place..].chars().take_while(|c| *c == '-' || c.is_ascii_alphanumeric()).collect();
        let is_attribute = text[place + name.len()..].starts_with(['=', ':']);
        if !glued && (name == "hx-on" || is_attribute && !ALLOWED.contains(&name.as_str())) {
            found.push(("hx-attribute", format!("{name} is not one of the htmx attributes that this project uses.")));
        }
    }
    for (place, _) in text.match_indices("js:") {
        if text[..place].is_empty() || text[..place].ends_with([' ', '"', '\'', '{', '=']) {
            found.push(("hx-attribute", "js: would run a string as a program.".to_owned()));
        }
    }
    if text.contains("javascript:") {
        found.push(("hx-attribute", "javascript: would run a string as a program.".to_owned()));
    }
    if ["<style", "<script", " style=\"", " style='"].iter().any(|bad| text.contains(bad)) {
        found
            .push(("inline-style", "HTML is written with maud, and neither styles nor scripts are inline.".to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<&'static str> {
        check(&RustFile::new("crates/ui/src/page.rs", text)).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn the_ten_attributes_are_fine_and_no_other() {
        assert_eq!(rules(r##"html! { form hx-post="/x" hx-push-url="true" hx-target:inherited="#a" {} }"##), [""; 0]);
        assert_eq!(rules(r#"html! { button hx-on:click="alert(1)" {} }"#), ["hx-attribute"]);
        assert_eq!(rules(r#"html! { button hx-vals="js:{a: 1}" {} }"#), ["hx-attribute", "hx-attribute"]);
        assert_eq!(rules(r#"PreEscaped("<a hx-delete='/x'>")"#), ["hx-attribute"]);
    }

    #[test]
    fn headers_of_htmx_and_file_names_are_no_attributes() {
        assert_eq!(rules(r#"let h = headers.get("hx-request"); let f = "app.js: missing"; let n = a - hx;"#), [""; 0]);
    }

    #[test]
    fn styles_and_scripts_are_files() {
        assert_eq!(
            rules(
                r#"html! { script src=(path) defer {} link rel="stylesheet"; p font-style="x" { (style) } @let style = 1; }"#
            ),
            [""; 0]
        );
        assert_eq!(rules(r#"html! { p style="color: red" {} }"#), ["inline-style"]);
        assert_eq!(rules(r#"html! { head { style { "p {}" } } }"#), ["inline-style"]);
        assert_eq!(rules(r#"html! { script { "alert(1)" } }"#), ["inline-style"]);
        assert_eq!(rules(r#"html! { script src="/a.js" { "alert(1)" } }"#), ["inline-style"]);
        assert_eq!(rules(r#"let style = "x"; let script = 1;"#), [""; 0]);
    }

    #[test]
    fn a_test_may_name_what_it_looks_for() {
        assert_eq!(rules(r#"#[cfg(test)] mod tests { const A: &str = "<script"; }"#), [""; 0]);
    }
}
