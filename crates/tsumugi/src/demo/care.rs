//! Writes profiles and scores of the demo.

use super::{
    dice::{Days, Dice, Stream, shift, time},
    families::Child,
    finish::at,
    plan::Who,
    play::Play,
    profiles::profile_of,
};
use crate::{area::Care, journal::Draft, policy::WriteCare, profile, score, web::Error};
use platform::{Date, form::Fields, id::CaseId, japanese::date};

/// What a physician would tick for the child's care.
pub fn score_fields(child: &Child, judged: Date, dice: &mut Dice) -> Fields {
    let mut f = Fields::default()
        .with("judge", "physician")
        .with("judged_on", date::iso(judged))
        .with("physician", "主治医（架空）")
        .with("facility", "みうら半島こども病院（架空）");
    for care in &child.care {
        let level = if child.mobile || dice.chance(40) { "high" } else { "low" };
        f = match care {
            Care::Ventilator => {
                let machine = if child.care.contains(&Care::Tracheostomy) { "ventilator" } else { "nasal_mask" };
                f.with("machine", machine).with("l1", ["high", "middle", "low"][dice.below(3)])
            }
            Care::Tracheostomy => f.with("l2", level),
            Care::NasalAirway => f.with("l3", level),
            Care::Oxygen => f.with("l4", level),
            Care::Suction => f.with("l5", level),
            Care::Nebulizer => f.with("l6", "yes"),
            Care::TubeFeeding => f.with("l7a", level),
            Care::CentralLine => f.with("l8", level),
            Care::Injection => f.with("l9a", level),
            Care::BloodSugar => f.with("l10", level),
            Care::Dialysis => f.with("l11", level),
            Care::Catheter => f.with("l12a", "yes"),
            Care::Bowel => f.with("l13c", "yes"),
            Care::Seizure => f.with("l14", level).with("ordered", "1").with("within_a_year", "1"),
        };
    }
    f
}

/// Profiles and scores of every case; every tenth child's is not written yet.
pub async fn tell(play: &Play<'_>, tx: &mut Draft, days: &Days) -> Result<(), Error> {
    for (index, live) in play.lives.iter().enumerate() {
        let Some(id) = live.id else { continue };
        let child = &play.cases[index].child;
        let mut dice = Dice::new(play.world.seed, Stream::Care, index);
        if index % 10 == 9 {
            continue;
        }
        scores(play, tx, days, index, id, &mut dice).await?;
        let written = shift(child.last, -dice.between(4, 220)).max(shift(child.opened, 6)).min(child.last);
        for (part, rows) in profile_of(child, child.last, &mut dice) {
            // Some parts of some children are still open, as they are in life.
            if dice.chance(12) {
                continue;
            }
            let now = time(written, 16, 20).min(days.end);
            let who = play.who(index, Who::Lead).person;
            let made = profile::write(tx, &play.app.mint, id, part, 0, &rows, who, now).await?;
            play.journal::<WriteCare>(&at(play.app, now).0, tx, index, Who::Lead, ("profile_part", made), part.code)
                .await?;
        }
    }
    Ok(())
}

/// One judgement, for every third child an older one as well.
async fn scores(
    play: &Play<'_>,
    tx: &mut Draft,
    days: &Days,
    index: usize,
    id: CaseId,
    dice: &mut Dice,
) -> Result<(), Error> {
    let child = &play.cases[index].child;
    let newest = shift(child.last, -dice.between(10, 340)).max(child.birth);
    let older = shift(newest, -330).max(child.birth);
    let judged = if index.is_multiple_of(3) && older < newest { vec![older, newest] } else { vec![newest] };
    for on in judged {
        let fields = score_fields(child, on, dice);
        let new = score::New::parse(score::ScoreKind::Care, &fields, Some(child.birth), days.last)
            .map_err(|e| Error::Internal(format!("score of case {index}: {e:?}")))?;
        let now = time(shift(child.opened, 4).max(on).min(child.last), 15, 10).min(days.end);
        let who = play.who(index, Who::Lead).person;
        let made = score::add(tx, &play.app.mint, id, &new, who, now).await?;
        play.journal::<WriteCare>(&at(play.app, now).0, tx, index, Who::Lead, ("score_sheet", made), "added").await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{demo::families, questionnaire};

    #[test]
    fn what_the_demo_writes_could_have_been_typed() {
        let clock = platform::Timestamp::from_second(1_795_500_000).expect("a time");
        let calendar = std::sync::Arc::new(platform::japanese::business::Calendar::japan());
        let (days, names) = (Days::until(clock, &calendar), crate::demo::names::Names::new());
        for seat in families::seats(60) {
            let child = families::child(7, &seat, &names, &days);
            let mut dice = Dice::new(7, Stream::Care, seat.index);
            for (part, rows) in profile_of(&child, child.last, &mut dice) {
                assert_eq!(questionnaire::read(part, &part.to_fields(&rows)), Ok(rows), "{}", part.code);
            }
            let fields = score_fields(&child, child.last, &mut dice);
            assert!(score::New::parse(score::ScoreKind::Care, &fields, Some(child.birth), days.last).is_ok());
        }
    }
}
