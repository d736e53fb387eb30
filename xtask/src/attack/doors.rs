//! Every known case, asked for by every role: it opens where it stands in that role's own list, and nowhere else.

use super::{ROLES, Target, report::Row};
use crate::{bench::http::Wire, command::Outcome};
use std::{collections::BTreeSet, net::SocketAddr};

/// Pages under a case that a role opens or does not.
const UNDER: [&str; 6] = ["", "/consents", "/team", "/timeline", "/referrals", "/documents"];

fn address(target: &Target) -> Outcome<SocketAddr> {
    target.base.trim_start_matches("http://").parse().map_err(|e| format!("{}: {e}", target.base))
}

fn ids(page: &str) -> BTreeSet<String> {
    let is_id = |s: &str| s.len() == 36 && s.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    page.split("href=\"/cases/")
        .skip(1)
        .filter_map(|rest| rest.get(..36))
        .filter(|s| is_id(s))
        .map(str::to_owned)
        .collect()
}

async fn listed(wire: &mut Wire, cookie: &str) -> Outcome<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for offset in (0..2_000).step_by(30) {
        let page = wire.get(&format!("/cases?all=1&status=&offset={offset}"), cookie).await?;
        let some = ids(&page.text());
        let before = all.len();
        all.extend(some);
        if page.status != 200 || all.len() == before {
            break;
        }
    }
    Ok(all)
}

/// The cases that any role lists.
pub async fn every_case(target: &Target) -> Outcome<Vec<String>> {
    let mut wire = Wire::open(address(target)?).await?;
    let mut all = BTreeSet::new();
    for role in ROLES {
        all.extend(listed(&mut wire, target.cookie(role)).await?);
    }
    Ok(all.into_iter().collect())
}

pub async fn walk(target: &Target) -> Outcome<Row> {
    let cases = every_case(target).await?;
    let mut wire = Wire::open(address(target)?).await?;
    let (mut asked, mut opened, mut high) = (0, 0, Vec::new());
    for role in ROLES {
        let cookie = target.cookie(role);
        let own = listed(&mut wire, cookie).await?;
        for case in &cases {
            for under in UNDER {
                let page = wire.get(&format!("/cases/{case}{under}"), cookie).await?;
                asked += 1;
                opened += usize::from(page.status == 200);
                if page.status >= 500 || (page.status == 200 && !own.contains(case)) {
                    high.push(format!(
                        "{role} got {} for /cases/{case}{under}, which is not in the role's list",
                        page.status
                    ));
                }
                if under.is_empty() && own.contains(case) && page.status != 200 {
                    high.push(format!("{role} lists {case} and got {}", page.status));
                }
            }
        }
    }
    if cases.len() < 50 || opened == 0 {
        high.push(format!("only {} cases and {opened} open pages: this walk proves nothing", cases.len()));
    }
    Ok(Row {
        tool: "Every case by every role".to_owned(),
        what: format!("{} cases, {} pages of each, {} roles", cases.len(), UNDER.len(), ROLES.len()),
        asked: asked.to_string(),
        high,
        other: Vec::new(),
        note: format!("{opened} opened, each of a case in the role's own list"),
    })
}
