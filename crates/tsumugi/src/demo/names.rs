//! Names with true readings, from `data/names`.

use super::dice::Dice;

const SURNAMES: &str = include_str!("../../data/names/surnames.csv");
const GIVEN: &str = include_str!("../../data/names/given.csv");

/// A part of a name, as it is written and as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    pub written: &'static str,
    pub kana: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    Girl,
    Boy,
    Woman,
    Man,
}

pub struct Names {
    surnames: Vec<(Name, usize)>,
    bearers: usize,
    given: [Vec<Name>; 4],
}

impl Names {
    pub fn new() -> Names {
        let mut surnames = Vec::new();
        let mut bearers = 0;
        for line in SURNAMES.lines() {
            let mut parts = line.split(',');
            let (Some(written), Some(kana), Some(Ok(count))) =
                (parts.next(), parts.next(), parts.next().map(str::parse::<usize>))
            else {
                continue;
            };
            bearers += count;
            surnames.push((Name { written, kana }, bearers));
        }
        let mut given: [Vec<Name>; 4] = Default::default();
        for line in GIVEN.lines() {
            let mut parts = line.split(',');
            let (Some(who), Some(kana)) = (parts.next(), parts.next()) else { continue };
            let place = match who {
                "girl" => Generation::Girl,
                "boy" => Generation::Boy,
                "woman" => Generation::Woman,
                _ => Generation::Man,
            };
            given[place as usize].extend(parts.map(|written| Name { written, kana }));
        }
        Names { surnames, bearers, given }
    }

    /// A surname, the more often the more people bear it.
    pub fn surname(&self, dice: &mut Dice) -> Name {
        let drawn = dice.below(self.bearers);
        let at = self.surnames.partition_point(|(_, upto)| *upto <= drawn);
        self.surnames[at.min(self.surnames.len() - 1)].0
    }

    pub fn given(&self, who: Generation, dice: &mut Dice) -> Name {
        *dice.pick(&self.given[who as usize])
    }

    /// A whole name of an adult, such as a member of a team.
    pub fn adult(&self, dice: &mut Dice) -> String {
        let who = if dice.chance(70) { Generation::Woman } else { Generation::Man };
        let surname = self.surname(dice);
        format!("{} {}", surname.written, self.given(who, dice).written)
    }
}
