//! The texts of the demo, from `data/demo`. They describe nobody.

use super::dice::Dice;
use crate::{
    area::{Care, PaidBy},
    timeline::EntryKind,
};
use platform::vocabulary::Vocabulary as _;

/// Lines of a table with a head, each cut at its tabs.
pub fn table(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect())
}

/// An entry of a timeline that may be written for a child with such care at such an age.
pub struct Template {
    pub kind: EntryKind,
    care: Vec<Care>,
    stages: Vec<&'static str>,
    pub minutes: i64,
    pub paid_by: PaidBy,
    pub title: &'static str,
    pub body: &'static str,
}

impl Template {
    pub fn fits(&self, stage: &str, care: &[Care]) -> bool {
        let any_time = self.stages.contains(&"*") && !matches!(stage, "start" | "hold" | "end" | "loss");
        (any_time || self.stages.contains(&stage))
            && (self.care.is_empty() || self.care.iter().any(|c| care.contains(c)))
    }
}

/// What is asked of a kind of service, and what it answers.
pub struct Ask {
    pub kind: &'static str,
    pub request: &'static str,
    pub wish: &'static str,
    pub accept: &'static str,
    pub outcome: &'static str,
}

pub struct Texts {
    pub entries: Vec<Template>,
    asks: Vec<Ask>,
    answers: Vec<(&'static str, &'static str)>,
}

impl Texts {
    pub fn new() -> Texts {
        let entries = table(include_str!("../../data/demo/entries.tsv")).filter_map(|line| {
            let [kind, care, stage, minutes, paid_by, title, body] = line[..] else { return None };
            Some(Template {
                kind: EntryKind::from_code(kind)?,
                care: care.split('/').filter_map(Care::from_code).collect(),
                stages: stage.split('/').collect(),
                minutes: minutes.parse().ok()?,
                paid_by: PaidBy::from_code(paid_by)?,
                title,
                body,
            })
        });
        let asks = table(include_str!("../../data/demo/referrals.tsv")).filter_map(|line| {
            let [kind, request, wish, accept, outcome] = line[..] else { return None };
            Some(Ask { kind, request, wish, accept, outcome })
        });
        let answers = table(include_str!("../../data/demo/answers.tsv"))
            .filter_map(|line| if let [step, text] = line[..] { Some((step, text)) } else { None });
        Texts { entries: entries.collect(), asks: asks.collect(), answers: answers.collect() }
    }

    /// What is asked of a kind of service; a clinic's words where the kind has none of its own.
    pub fn ask(&self, kind: &str, dice: &mut Dice) -> &Ask {
        let fitting: Vec<&Ask> = self.asks.iter().filter(|a| a.kind == kind).collect();
        fitting.get(dice.below(fitting.len())).copied().unwrap_or(&self.asks[0])
    }

    /// What is said with a move of a referral.
    pub fn answer(&self, step: &str, dice: &mut Dice) -> String {
        let fitting: Vec<&str> = self.answers.iter().filter(|(s, _)| *s == step).map(|(_, t)| *t).collect();
        if fitting.is_empty() { String::new() } else { (*dice.pick(&fitting)).to_owned() }
    }
}
