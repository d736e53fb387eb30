//! 見守り of the demo: five weeks of nights of some children; with a few of them the last nights were heavier.

use super::{
    awkward::Fate,
    dice::{Days, Dice, Stream, shift, time},
    finish::at,
    plan::Who,
    play::Play,
};
use crate::{
    area::Care,
    journal::Draft,
    monitoring::{self, Measure, NewItem, NewRule, Reporter, Rule, RuleKind},
    policy::{ReportMonitoring, SetMonitoring},
    web::Error,
};
use platform::{Uuid, id::CaseId};

/// Nights that are told.
const NIGHTS: i32 = 35;

/// Watches every sixth active child, and the first four of the first coordinator whose secretions are sucked off.
pub async fn tell(play: &Play<'_>, tx: &mut Draft, days: &Days) -> Result<(), Error> {
    let mut own = 0;
    for (index, live) in play.lives.iter().enumerate() {
        let Some(id) = live.id else { continue };
        let case = &play.cases[index];
        if case.child.fate != Fate::Active || case.child.last != days.last {
            continue;
        }
        let first = case.lead == 0 && own < 4 && case.child.care.contains(&Care::Suction);
        own += i32::from(first);
        if first || index.is_multiple_of(6) {
            one(play, tx, days, index, id, (first && own <= 2) || index.is_multiple_of(12)).await?;
        }
    }
    Ok(())
}

/// `worse`: the last nights were heavier.
async fn one(play: &Play<'_>, tx: &mut Draft, days: &Days, index: usize, id: CaseId, worse: bool) -> Result<(), Error> {
    let mut dice = Dice::new(play.world.seed, Stream::Watch, index);
    let (child, lead) = (&play.cases[index].child, play.who(index, Who::Lead));
    let first = shift(days.last, -NIGHTS).max(child.opened);
    let begun = time(first, 9, 30).min(days.end);
    let app = at(play.app, begun).0;
    let mut made: Vec<(Measure, Uuid)> = Vec::new();
    for (measure, by_family) in
        [(Measure::NightSuction, true), (Measure::CarerSleep, true), (Measure::OxygenLow, false)]
    {
        if measure == Measure::NightSuction && !child.care.contains(&Care::Suction) {
            continue;
        }
        let item = NewItem {
            measure,
            name: platform::vocabulary::Vocabulary::label(measure).to_owned(),
            band: None,
            by_family,
        };
        let item_id = monitoring::add_item(tx, &app.mint, id, &item, lead.person, first, begun).await?;
        play.journal::<SetMonitoring>(&app, tx, index, Who::Lead, ("watch_item", item_id), "added").await?;
        made.push((measure, item_id));
    }
    for (measure, item) in &made {
        let rules: &[(RuleKind, i64, i64, bool)] = match measure {
            Measure::NightSuction => &[(RuleKind::OverUsual, 0, 3, true)],
            Measure::CarerSleep => &[(RuleKind::Missing, 0, 5, false)],
            _ => &[(RuleKind::Below, 880, 0, true)],
        };
        for (kind, value, row, urgent) in rules {
            let new = NewRule { item: *item, rule: Rule { kind: *kind, value: *value, days: *row }, urgent: *urgent };
            monitoring::add_rule(tx, &app.mint, id, &new, lead.person, begun).await?;
        }
    }
    let reporter = Reporter::from(lead);
    for back in (1..=NIGHTS).rev() {
        let day = shift(days.last, -back);
        if day < first || dice.chance(8) {
            continue;
        }
        let now = time(day, 8, dice.between(0, 50)).min(days.end);
        let app = at(play.app, now).0;
        for (measure, item) in &made {
            let value = match measure {
                Measure::NightSuction if worse && back <= 4 => i64::from(7 + dice.between(0, 3)) * 10,
                Measure::NightSuction => i64::from(dice.between(3, 5)) * 10,
                Measure::CarerSleep if worse && back <= 4 => i64::from(dice.between(30, 40)),
                Measure::CarerSleep => i64::from(dice.between(48, 62)),
                _ => i64::from(dice.between(92, 96)) * 10,
            };
            monitoring::add_entry(tx, &app.mint, id, *item, (day, value), "", &reporter, now).await?;
        }
        play.journal::<ReportMonitoring>(&app, tx, index, Who::Lead, ("watch_entry", id.0), "reported").await?;
    }
    let now = time(days.last, 8, 55).min(days.end);
    monitoring::look(&at(play.app, now).0, tx, id, now).await?;
    Ok(())
}
