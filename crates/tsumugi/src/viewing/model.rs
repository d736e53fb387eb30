//! The journal of one case in words. Pure: many entries of the same kind become one line of a day.

use crate::{
    journal,
    policy::{self, ActPurpose, Relation, Role},
};
use platform::{Date, Timestamp, Uuid, japanese::date, row, vocabulary::Vocabulary as _};

row! {
    /// One entry of the journal about a case.
    pub struct Line {
        pub id: Uuid, pub at: Timestamp, pub kind: String, pub act: String, pub basis: String, pub purpose: Option<ActPurpose>, pub person_id: Option<Uuid>,
        pub name: Option<String>, pub role: Option<Role>, pub place: Option<String>,
    }
}

/// What one person did of one kind on one day, on one basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewed {
    pub day: Date,
    pub first: Timestamp,
    pub last: Timestamp,
    pub times: usize,
    pub name: String,
    pub role: Option<Role>,
    pub place: String,
    pub kind: String,
    pub act: String,
    pub basis: String,
    pub purpose: Option<ActPurpose>,
}

/// Entries (the newest first) put together by day, person, seat, act and basis; each stands where its newest entry stood.
pub fn merge(lines: &[Line]) -> Vec<Viewed> {
    let mut out: Vec<(Option<Uuid>, Viewed)> = Vec::new();
    for l in lines {
        let day = date::jst_date(l.at);
        let place = l.place.clone().unwrap_or_default();
        let same = out.iter_mut().rev().take_while(|(_, v)| v.day == day).find(|(person, v)| {
            *person == l.person_id
                && v.role == l.role
                && v.place == place
                && v.act == l.act
                && v.basis == l.basis
                && v.kind == l.kind
        });
        if let Some((_, v)) = same {
            (v.first, v.times) = (v.first.min(l.at), v.times + 1);
            continue;
        }
        let viewed = Viewed {
            day,
            first: l.at,
            last: l.at,
            times: 1,
            name: l.name.clone().unwrap_or_else(|| nobody(&l.basis).to_owned()),
            role: l.role,
            place,
            kind: l.kind.clone(),
            act: l.act.clone(),
            basis: l.basis.clone(),
            purpose: l.purpose,
        };
        out.push((l.person_id, viewed));
    }
    out.into_iter().map(|(_, v)| v).collect()
}

/// Who acted where nobody was signed in.
fn nobody(basis: &str) -> &'static str {
    match basis {
        "link" => "一回だけのリンクを受け取った事業所",
        _ => "つむぐ（自動）",
    }
}

/// The act in words; a code without words is shown as it is rather than hidden.
pub fn act_label(code: &str) -> &str {
    match code {
        "referral.answer_by_link" => "リンクから依頼に回答する",
        journal::REFUSED => "開こうとした（見られない）",
        "referral.escalate" => "期限の知らせ・同意の期限の処理",
        _ => policy::act_label(code).unwrap_or(code),
    }
}

/// Why it was allowed, in words.
pub fn basis_label(basis: &str) -> &str {
    match basis {
        "link" => "一回だけのリンク",
        "clock" => "自動",
        _ => Relation::from_code(basis)
            .map(|r| r.label())
            .or_else(|| Role::from_code(basis).map(|r| r.label()))
            .unwrap_or(basis),
    }
}

/// The reason of a row of `case_access`, without the id that it may carry.
pub fn reason_label(basis: &str) -> &'static str {
    match basis.split(':').next().unwrap_or("") {
        "lead" | "deputy" => "担当になったため",
        "transfer" => "主担当の引継ぎを受け取ったため",
        "offer" => "主担当の引継ぎを申し出られているため",
        "relocation" => "転居による引継ぎのため",
        "area" => "担当市町の相談を受けるため",
        "team" => "チームの一員であるため",
        "cover" => "休んでいる人の代わりのため",
        "consent" => "家族の同意",
        "emergency" => "緊急時の提供",
        "break_glass" => "緊急の閲覧",
        "guardian" => "保護者であるため",
        _ => "記録を確かめてください",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(minute: i64, person: u128, kind: &str, act: &str) -> Line {
        // 2026-11-24 00:00 in Japan.
        let at = Timestamp::from_second(1_795_446_000 + minute * 60).expect("a time");
        Line {
            id: Uuid::from_u128(1),
            at,
            kind: kind.to_owned(),
            act: act.to_owned(),
            basis: "team".to_owned(),
            purpose: Some(ActPurpose::Support),
            person_id: Some(Uuid::from_u128(person)),
            name: Some(format!("{person}")),
            role: Some(Role::Supporter),
            place: None,
        }
    }

    #[test]
    fn what_one_person_does_again_on_a_day_is_one_line() {
        let lines = [
            line(30, 1, "read", "case.read"),
            line(20, 2, "read", "case.read"),
            line(10, 1, "read", "case.read"),
            line(5, 1, "act", "case.read"),
            line(-5, 1, "read", "case.read"),
        ];
        let seen: Vec<_> =
            merge(&lines).iter().map(|v| (v.name.clone(), v.times, v.kind == "read", v.first < v.last)).collect();
        let one = |name: &str, times, read, span| (name.to_owned(), times, read, span);
        assert_eq!(
            seen,
            [one("1", 2, true, true), one("2", 1, true, false), one("1", 1, false, false), one("1", 1, true, false)],
            "another person, an act and the day before stand for themselves"
        );
    }

    #[test]
    fn every_act_and_relation_has_words() {
        for (code, ..) in policy::CASE_ACTS {
            assert_ne!(act_label(code), *code);
        }
        for r in Relation::ALL {
            assert_eq!(basis_label(r.code()), r.label());
        }
        assert_eq!(reason_label("consent:0192"), "家族の同意");
    }
}
