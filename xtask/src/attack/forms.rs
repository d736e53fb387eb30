//! What a program that tries parameters needs: the addresses with a question mark, and every form of every page, filled.

use super::{BUSY, Target, doors};
use crate::{
    bench::http::{Wire, encoded},
    command::Outcome,
};
use std::collections::BTreeSet;

/// A request that may be tried with other values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub role: &'static str,
    pub path: String,
    /// Form fields, encoded; none for a GET.
    pub body: Option<String>,
}

/// Addresses whose parameters reach the database.
const QUERIES: [(&str, &str); 12] = [
    ("coordinator", "/search?q=%E3%81%BF"),
    ("coordinator", "/cases?municipality=142018&status=active&mine=1&offset=0"),
    ("coordinator", "/consultations?status=&municipality=142018&offset=0"),
    ("coordinator", "/board?who=mine&when=all&offset=0"),
    ("coordinator", "/referrals?state=live&offset=0"),
    ("coordinator", "/resources?need=%E8%A8%AA%E5%95%8F&kind=&municipality=142018&offset=0"),
    ("coordinator", "/answer-cards?q=%E5%90%B8%E5%BC%95"),
    ("coordinator", "/duty?municipality=142018"),
    ("admin", "/people?q=%E3%81%82&offset=0"),
    ("city", "/cases?municipality=142018&offset=0"),
    ("supporter", "/referrals?state=&offset=0"),
    ("family", "/live?poll=1"),
];

/// Pages whose forms are tried, beside those of one case.
const PAGES: [(&str, &str); 9] = [
    ("coordinator", "/consultations/new"),
    ("coordinator", "/cases/new"),
    ("coordinator", "/resources/new"),
    ("coordinator", "/answer-cards/new"),
    ("coordinator", "/inquiries/new"),
    ("coordinator", "/break-glass"),
    ("city", "/duty"),
    ("admin", "/people/new"),
    ("supporter", "/inquiries"),
];

pub async fn requests(target: &Target) -> Outcome<Vec<Asked>> {
    let mut wire = Wire::open(target.base.trim_start_matches("http://").parse().map_err(|e| format!("{e}"))?).await?;
    let mut all: Vec<Asked> =
        QUERIES.iter().map(|(role, path)| Asked { role, path: (*path).to_owned(), body: None }).collect();
    let mut pages: Vec<(&'static str, String)> = PAGES.iter().map(|(role, path)| (*role, (*path).to_owned())).collect();
    if let Some(case) = doors::every_case(target).await?.first() {
        let under = [
            "/timeline?kind=visit&q=%E8%A8%AA",
            "/timeline",
            "/consents/new",
            "/team",
            "/edit",
            "/viewing",
            "/documents",
        ];
        pages.extend(under.iter().map(|under| ("coordinator", format!("/cases/{case}{under}"))));
        all.push(Asked { role: "coordinator", path: format!("/cases/{case}{}", under[0]), body: None });
    }
    let mut met = BTreeSet::new();
    for (role, path) in pages {
        let page = wire.get(&path, target.cookie(role)).await?;
        for (action, body) in forms(&page.text()) {
            // Signing out would end the session that the other requests need.
            if action != "/sign-out" && met.insert(action.clone()) {
                all.push(Asked { role, path: action, body: Some(body) });
            }
        }
    }
    let known = |asked: &Asked| BUSY.contains(&asked.role);
    Ok(all.into_iter().filter(known).collect())
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag.get(at..).and_then(|rest| rest.split('"').next())
}

/// The forms of a page that send something: where to, and their fields with what stands in them or a word.
pub fn forms(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for form in page.split("<form").skip(1) {
        let form = form.split("</form>").next().unwrap_or_default();
        let head = form.split('>').next().unwrap_or_default();
        if attribute(head, "method") != Some("post") || head.contains("multipart") {
            continue;
        }
        let Some(action) = attribute(head, "action") else { continue };
        let mut fields: Vec<(String, String)> = Vec::new();
        for kind in ["<input", "<textarea", "<select"] {
            for tag in form.split(kind).skip(1) {
                let tag = tag.split('>').next().unwrap_or_default();
                let Some(name) = attribute(tag, "name") else { continue };
                if !fields.iter().any(|(known, _)| known == name) {
                    let value = attribute(tag, "value").filter(|v| !v.is_empty()).unwrap_or("1");
                    fields.push((name.to_owned(), value.to_owned()));
                }
            }
        }
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if !body.is_empty() {
            found.push((action.to_owned(), body.join("&")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_fields_and_no_other() {
        let page = r#"<form method="get" action="/search"><input name="q"></form>
            <form method="post" action="/a"><input type="hidden" name="once" value="x y"><select name="kind"><option value="z"></select><textarea name="body"></textarea></form>"#;
        assert_eq!(forms(page), [("/a".to_owned(), "once=x%20y&body=1&kind=1".to_owned())]);
    }
}
