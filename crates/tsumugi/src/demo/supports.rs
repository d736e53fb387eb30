//! Which agencies a family uses or asks for.

use super::{
    awkward::Fate,
    dice::Dice,
    histories::{Story, has_supporter},
    sites::Place,
};
use crate::{area::Care, exchange::directory::Kind};

/// Positions of the places that this family uses or asks for, each kind once.
pub fn choose(story: &mut Story<'_>) -> Vec<usize> {
    let (child, places) = (&story.case.child, story.world.places);
    let years = story.days.since(child.birth) / 365;
    let dice = &mut story.dice;
    let mut chosen: Vec<usize> = Vec::new();
    let mut wish = |kind: Kind, percent: usize, dice: &mut Dice| {
        let fits = |p: &Place| p.kind == kind && p.areas.contains(&child.seat.municipality);
        let can = |p: &Place| p.care.is_empty() || child.care.iter().all(|c| p.care.contains(c));
        let all: Vec<usize> = (0..places.len()).filter(|&i| fits(&places[i])).collect();
        // Mostly somebody asks where the care is possible, and sometimes in vain.
        let able: Vec<usize> = all.iter().copied().filter(|&i| can(&places[i])).collect();
        let from = if able.is_empty() || dice.chance(12) { &all } else { &able };
        if !from.is_empty() && dice.chance(percent) {
            chosen.push(*dice.pick(from));
        }
    };
    let nursing = if child.care.contains(&Care::Injection) { 30 } else { 85 };
    if !has_supporter(child) {
        wish(Kind::HomeNursing, nursing, dice);
    }
    wish(Kind::ChildConsultation, 55, dice);
    if years < 1 {
        wish(Kind::Clinic, 70, dice);
        wish(Kind::VisitingChildDevelopment, 15, dice);
    } else if years < 6 {
        wish(Kind::ChildDevelopment, 65, dice);
        wish(Kind::Nursery, 40, dice);
        wish(Kind::NurseryVisit, 20, dice);
        wish(Kind::Clinic, 20, dice);
    } else {
        wish(Kind::AfterSchoolDay, 70, dice);
        wish(Kind::HomeHelp, 25, dice);
        wish(Kind::Clinic, 20, dice);
    }
    wish(Kind::ShortStay, 35, dice);
    wish(Kind::Hospital, if child.fate == Fate::Planned { 100 } else { 20 }, dice);
    if has_supporter(child) {
        // The agency with an account comes last, where the newest request stands.
        chosen.retain(|&i| !places[i].account);
        chosen.extend(places.iter().position(|p| p.account));
    }
    let most = if story.world.lean { 2 } else { 5 };
    if chosen.len() > most {
        chosen.drain(..chosen.len() - most);
    }
    chosen
}
