//! What a coordinator can see, read off the product's own lists: the subjects of the requests.

use super::{
    http::{Wire, get},
    random::Random,
};
use crate::command::Outcome;
use std::collections::BTreeSet;

/// So many cases are opened, again and again, in random order.
const OPENED: usize = 1000;

/// A worker's waiting list by due time.
pub const BOARD: &str = "/board?who=mine&when=all";

#[derive(Debug, Default)]
pub struct Subjects {
    /// Active cases that the signed-in person sees, at most [`OPENED`] of them, by chance.
    pub cases: Vec<String>,
    /// How many of them there are in all.
    pub visible: usize,
    /// First two or three characters of readings.
    pub prefixes: Vec<String>,
    /// Two neighbouring kanji that are not a name's first characters.
    pub pieces: Vec<String>,
    /// Rows that the page of the waiting list shows before anything is written.
    pub waiting: usize,
}

/// Signs in as a role of the demo and gives the session's cookie.
pub async fn sign_in(wire: &mut Wire, role: &str) -> Outcome<String> {
    let answer = wire.get(&format!("/demo/sign-in?as={role}"), "").await?;
    let cookie = answer.header("set-cookie").and_then(|value| value.split(';').next());
    match cookie {
        Some(pair) if answer.status == 303 => Ok(pair.to_owned()),
        _ => Err(format!("The demo did not sign {role} in (status {}).", answer.status)),
    }
}

/// Walks through the list of active cases to its end: a closed one takes no entries.
pub async fn discover(wire: &mut Wire, cookie: &str, random: &mut Random) -> Outcome<Subjects> {
    let mut rows = Vec::new();
    loop {
        let parts = wire.exchange(&get(&format!("/cases?status=active&offset={}", rows.len()), cookie)).await?;
        let answer = wire.answer(&parts);
        if answer.status != 200 {
            return Err(format!("The list of cases answered with status {}.", answer.status));
        }
        let found = listed(&answer.text());
        let more = !found.is_empty();
        rows.extend(found);
        if !more {
            break;
        }
    }
    let visible = rows.len();
    random.shuffle(&mut rows);
    rows.truncate(OPENED);
    let board = wire.get(BOARD, cookie).await?.text();
    let mut subjects =
        Subjects { visible, waiting: board.matches("<td data-l=\"期限\">").count(), ..Subjects::default() };
    let (mut prefixes, mut pieces) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let kana: Vec<char> = row.kana.chars().filter(|c| !c.is_whitespace()).collect();
        if kana.len() > 3 {
            prefixes.insert(kana.iter().take(2 + random.below(2)).collect::<String>());
        }
        let name: Vec<char> = row.name.chars().filter(|c| !c.is_whitespace()).collect();
        for pair in name.windows(2).skip(1) {
            if pair.iter().all(|c| is_kanji(*c)) {
                pieces.insert(pair.iter().collect::<String>());
            }
        }
        subjects.cases.push(row.id);
    }
    subjects.prefixes = prefixes.into_iter().collect();
    subjects.pieces = pieces.into_iter().collect();
    Ok(subjects)
}

struct Listed {
    id: String,
    name: String,
    kana: String,
}

fn is_kanji(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}

/// The children of a list, each once.
fn listed(page: &str) -> Vec<Listed> {
    const LINK: &str = "<a class=\"child-name\" href=\"/cases/";
    page.split(LINK)
        .skip(1)
        .filter_map(|rest| {
            let (id, rest) = rest.split_once("\">")?;
            let (name, rest) = rest.split_once("</a>")?;
            // The reading stands in brackets that are elements of their own.
            let kana =
                rest.split_once("（</span>").and_then(|(_, rest)| rest.split_once('<')).map_or("", |(kana, _)| kana);
            Some(Listed { id: id.to_owned(), name: name.to_owned(), kana: kana.to_owned() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gives_ids_names_and_readings() {
        let page = "<a class=\"child-name\" href=\"/cases/1\">海風 一郎</a><span class=\"child-kana\"><span class=\"paren\">（</span>\
                    うみかぜ いちろう<span class=\"paren\">）</span></span><a class=\"child-name\" href=\"/cases/2\">森</a>";
        let rows = listed(page);
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].id.as_str(), rows[0].name.as_str(), rows[0].kana.as_str()),
            ("1", "海風 一郎", "うみかぜ いちろう")
        );
        assert_eq!((rows[1].id.as_str(), rows[1].kana.as_str()), ("2", ""));
    }
}
