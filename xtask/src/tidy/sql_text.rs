//! SQL as text: whether a string is SQL, what its name comment says, and which tables it reads.

/// What a string literal is.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Shape {
    Sql,
    /// SQL whose first keyword is in lower case.
    LowerCase,
    Prose,
}

/// The comment that every statement begins with: `/* slice::function */` or `/* slice::function unscoped: reason */`.
#[derive(Debug, PartialEq, Eq)]
pub struct Name<'a> {
    pub slice: &'a str,
    pub function: &'a str,
    pub unscoped: Option<&'a str>,
}

/// A literal is SQL when it begins with one of five keywords, after at most one comment.
pub fn shape(literal: &str) -> Shape {
    let body = after_comment(literal).trim_start();
    let Some((first, rest)) = body.split_once([' ', '\n']) else {
        return Shape::Prose;
    };
    let after = rest.trim_start();
    match first {
        "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "WITH" => Shape::Sql,
        // Lower-case words also begin sentences, so these need a second keyword.
        "select" if rest.contains("from ") || rest.contains("from\n") => Shape::LowerCase,
        "insert" if after.starts_with("into ") => Shape::LowerCase,
        "delete" if after.starts_with("from ") => Shape::LowerCase,
        "update" if rest.contains(" set ") || rest.contains("\nset ") => Shape::LowerCase,
        "with" if rest.contains(" as (") => Shape::LowerCase,
        _ => Shape::Prose,
    }
}

fn after_comment(literal: &str) -> &str {
    let text = literal.trim_start();
    if let Some(rest) = text.strip_prefix("/*") {
        rest.split_once("*/").map_or("", |(_, body)| body)
    } else if let Some(rest) = text.strip_prefix("--") {
        rest.split_once('\n').map_or("", |(_, body)| body)
    } else {
        text
    }
}

/// Reads the comment that a statement begins with.
pub fn name(sql: &str) -> Option<Name<'_>> {
    let comment = sql.trim_start().strip_prefix("/*")?.split_once("*/")?.0.trim();
    let (path, note) =
        comment.split_once(char::is_whitespace).map_or((comment, ""), |(path, note)| (path, note.trim()));
    let (slice, function) = path.split_once("::")?;
    let identifier = |word: &str| !word.is_empty() && word.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
    let unscoped = note.strip_prefix("unscoped:").map(str::trim);
    let well_formed = identifier(slice)
        && identifier(function)
        && (note.is_empty() || unscoped.is_some_and(|reason| !reason.is_empty()));
    well_formed.then_some(Name { slice, function, unscoped })
}

/// The words and marks of a statement, without comments, strings and quoted names.
pub fn words(sql: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '\'' || first == '"' {
            rest[1..].find(first).map_or(rest.len(), |end| end + 2)
        } else if first == '_' || first == '$' || first.is_alphanumeric() {
            let end = rest.find(|c: char| c != '_' && c != '$' && !c.is_alphanumeric()).unwrap_or(rest.len());
            all.push(&rest[..end]);
            end
        } else {
            if !first.is_whitespace() {
                all.push(&rest[..first.len_utf8()]);
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    all
}

/// Whether a statement reads at all: it has a SELECT somewhere.
pub fn selects(words: &[&str]) -> bool {
    words.contains(&"SELECT")
}

/// The tables that stand after FROM and JOIN. What a DELETE deletes from is not read.
pub fn tables_read<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut tables = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let opens = *word == "JOIN" || (*word == "FROM" && (index == 0 || words[index - 1] != "DELETE"));
        if opens {
            tables_after(&words[index + 1..], &mut tables);
        }
    }
    tables
}

/// Reads `a AS x, b y, c` up to the first word that ends such a list. A subselect has a FROM of its own.
fn tables_after<'a>(words: &[&'a str], tables: &mut Vec<&'a str>) {
    let mut rest = words.iter().copied().filter(|word| !matches!(*word, "ONLY" | "LATERAL" | "AS")).peekable();
    while let Some(table) = rest.next().filter(|word| is_name(word)) {
        tables.push(table);
        if rest.peek().is_some_and(|alias| is_name(alias)) {
            rest.next();
        }
        if rest.next() != Some(",") {
            return;
        }
    }
}

/// Our keywords are in upper case and our names are not.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c == '_' || c.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_told_from_prose() {
        assert_eq!(shape("SELECT 1"), Shape::Sql);
        assert_eq!(shape("\n  /* case::find */\n  WITH x AS (SELECT 1) SELECT * FROM x"), Shape::Sql);
        assert_eq!(shape("/* case::find */ select id from child_case"), Shape::LowerCase);
        assert_eq!(shape("select one of the persons"), Shape::Prose);
        assert_eq!(shape("DELETED"), Shape::Prose);
        assert_eq!(shape("更新しました"), Shape::Prose);
    }

    #[test]
    fn the_name_comment_is_read() {
        assert_eq!(name("/* case::find */ SELECT 1"), Some(Name { slice: "case", function: "find", unscoped: None }));
        assert_eq!(name("/* case::count unscoped: a sum */ SELECT 1").and_then(|name| name.unscoped), Some("a sum"));
        assert_eq!(name("/* case::count unscoped: */ SELECT 1"), None);
        assert_eq!(name("/* finds a case */ SELECT 1"), None);
        assert_eq!(name("SELECT 1"), None);
    }

    #[test]
    fn tables_are_those_after_from_and_join() {
        let read = |sql| tables_read(&words(sql));
        assert_eq!(
            read("SELECT c.id FROM child_case AS c, consent k JOIN area a ON a.id = c.area WHERE 'FROM referral' = ''"),
            ["child_case", "consent", "area"]
        );
        assert_eq!(read("SELECT 1 FROM (SELECT id FROM referral) r -- FROM consent"), ["referral"]);
        assert_eq!(read("DELETE FROM consent WHERE id IN (SELECT id FROM team_member)"), ["team_member"]);
        assert_eq!(read("INSERT INTO consent (a) VALUES ($1)"), Vec::<&str>::new());
    }
}
