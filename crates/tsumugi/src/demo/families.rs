//! Made-up children and their families. 「架空データ」

use super::{
    awkward::{self, Awkward, Fate},
    dice::{Days, Dice, Stream, shift},
    names::{Generation, Name, Names},
};
use crate::{
    area::{Care, Municipality},
    case::{CloseReason, Custody, FamilyRelation, Guardian, Residence, Sex},
};
use platform::{Date, vocabulary::Vocabulary as _};

/// Residents of the five municipalities at the census of 2020: the cases are spread as the people are.
const RESIDENTS: [usize; 5] = [388_504, 172_821, 56_981, 42_098, 31_627];
/// How many of the usual 94 cases each municipality has; beyond that, chance decides how a case stands.
const USUAL: [usize; 5] = [53, 23, 8, 6, 4];
/// Weights of the ages 0 to 17.
const AGES: [usize; 18] = [9, 10, 9, 8, 8, 7, 7, 5, 4, 4, 4, 4, 3, 3, 3, 2, 2, 2];

/// A place in the list of cases, and what is known of it before any day.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    pub index: usize,
    pub municipality: Municipality,
    pub nth: usize,
    pub awkward: Option<Awkward>,
}

/// A name and sex, which do not depend on the day.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    pub surname: Name,
    pub given: Name,
    pub sex: Sex,
}

impl Identity {
    pub fn written(&self) -> String {
        format!("{} {}", self.surname.written, self.given.written)
    }
    pub fn kana(&self) -> String {
        format!("{} {}", self.surname.kana, self.given.kana)
    }
}

#[derive(Clone, Debug)]
pub struct Child {
    pub seat: Seat,
    pub identity: Identity,
    pub birth: Date,
    pub residence: Residence,
    pub residence_note: &'static str,
    pub languages: &'static str,
    pub care: Vec<Care>,
    pub mobile: bool,
    pub family: Vec<Guardian>,
    pub fate: Fate,
    pub opened: Date,
    /// The last day of the story: today, or the day on which the case was closed.
    pub last: Date,
}

/// Largest remainders, so that 94 cases are 53, 23, 8, 6 and 4.
pub fn spread(cases: usize) -> [usize; 5] {
    let all: usize = RESIDENTS.iter().sum();
    let mut counts = RESIDENTS.map(|r| cases * r / all);
    let mut order: Vec<usize> = (0..5).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(cases * RESIDENTS[i] % all));
    let left = cases - counts.iter().sum::<usize>();
    for &i in order.iter().take(left) {
        counts[i] += 1;
    }
    counts
}

pub fn seats(cases: usize) -> Vec<Seat> {
    let mut seats = Vec::with_capacity(cases);
    for (&municipality, count) in Municipality::ALL.iter().zip(spread(cases)) {
        for nth in 0..count {
            seats.push(Seat { index: seats.len(), municipality, nth, awkward: awkward::of(municipality, nth) });
        }
    }
    seats
}

/// The case whose household this one shares, or its own.
fn home(seat: &Seat) -> usize {
    match seat.awkward {
        Some(Awkward::Twin { second: true } | Awkward::Sibling { second: true }) => seat.index - 1,
        _ => seat.index,
    }
}

pub fn identity(seed: u64, seat: &Seat, names: &Names) -> Identity {
    let like = match seat.awkward {
        Some(Awkward::SameName { second: true }) => seat.index - 1,
        _ => seat.index,
    };
    let mut own = Dice::new(seed, Stream::Name, like);
    let sex = if own.chance(52) { Sex::Male } else { Sex::Female };
    let given = names.given(if sex == Sex::Male { Generation::Boy } else { Generation::Girl }, &mut own);
    let house = if like == seat.index { home(seat) } else { like };
    let surname = names.surname(&mut Dice::new(seed, Stream::Household, house));
    match seat.awkward {
        Some(Awkward::Written(surname, given, sex) | Awkward::Foreign { surname, given, sex, .. }) => {
            Identity { surname, given, sex }
        }
        _ => Identity { surname, given, sex },
    }
}

fn fate(seat: &Seat, dice: &mut Dice) -> Fate {
    let usual = Municipality::ALL.iter().position(|m| *m == seat.municipality).map_or(0, |i| USUAL[i]);
    if seat.nth < usual {
        return awkward::fate(seat.municipality, seat.nth);
    }
    match dice.weighted(&[6, 84, 4, 6]) {
        0 => Fate::Planned,
        1 => Fate::Active,
        2 => Fate::OnHold,
        _ => Fate::Closed(*dice.pick(&[
            CloseReason::Moved,
            CloseReason::NotNeeded,
            CloseReason::FamilyWish,
            CloseReason::Died,
        ])),
    }
}

pub fn child(seed: u64, seat: &Seat, names: &Names, days: &Days) -> Child {
    let identity = identity(seed, seat, names);
    let mut house = Dice::new(seed, Stream::Household, home(seat));
    // The same draw as in `identity`, so that what follows is the same for all children of a household.
    let _ = names.surname(&mut house);
    let mut dice = Dice::new(seed, Stream::Body, seat.index);
    let fate = fate(seat, &mut dice);
    let age = match (seat.awkward, fate) {
        (Some(Awkward::AdultSoon), _) => {
            days.last.checked_sub(jiff::Span::new().years(18)).map_or(6550, |d| days.since(d) - 40)
        }
        (_, Fate::Closed(CloseReason::Adult)) => {
            days.last.checked_sub(jiff::Span::new().years(18)).map_or(6570, |d| days.since(d) + 25)
        }
        (_, Fate::Planned) => dice.between(45, 280),
        (Some(Awkward::Twin { .. }), _) => house.between(700, 1000),
        _ => i32::try_from(dice.weighted(&AGES)).unwrap_or(0) * 365 + dice.between(70, 360),
    };
    let ended = match fate {
        Fate::Closed(CloseReason::Adult) => 20,
        Fate::Closed(_) => dice.between(30, 200),
        _ => 0,
    };
    // A case that was closed had been open for some months.
    let (age, last) = (age.max(ended + if ended > 0 { 240 } else { 0 }), days.back(ended));
    let birth = days.back(age);
    let oldest = (crate::view::days_between(birth, last) - 14).clamp(20, 540);
    let youngest = if fate == Fate::Planned { 20 } else { 45.min(oldest) };
    let opened = match fate {
        Fate::Planned => shift(last, -dice.between(18, oldest.min(90))),
        _ => shift(last, -dice.between(youngest, oldest).max(dice.between(youngest, oldest))),
    };
    let (residence, residence_note) = match fate {
        Fate::Planned => (
            *dice.pick(&[Residence::Nicu, Residence::Gcu, Residence::Gcu, Residence::Ward]),
            "みうら半島こども病院（架空）",
        ),
        Fate::OnHold => (Residence::Ward, "みうら半島こども病院（架空）"),
        _ => (Residence::Home, ""),
    };
    let care = care(fate, age / 365, &mut dice);
    let mobile = mobile(&care, age / 365, &mut dice);
    let languages = if let Some(Awkward::Foreign { languages, .. }) = seat.awkward { languages } else { "日本語" };
    let mut child = Child {
        seat: *seat,
        identity,
        birth,
        residence,
        residence_note,
        languages,
        care,
        mobile,
        family: vec![],
        fate,
        opened,
        last,
    };
    child.family = family(&child, names, days, &mut house);
    if let Some(Awkward::Twin { second } | Awkward::Sibling { second }) = seat.awkward {
        let other = Seat {
            index: if second { seat.index - 1 } else { seat.index + 1 },
            awkward: seat.awkward.map(|a| flipped(a, second)),
            ..*seat
        };
        let found = self::identity(seed, &other, names);
        let relation = if matches!(seat.awkward, Some(Awkward::Twin { .. })) {
            FamilyRelation::Twin
        } else {
            FamilyRelation::Sibling
        };
        let name = (found.written(), found.kana());
        child.family.push(member(relation, name, (relation == FamilyRelation::Twin).then_some(birth), false));
    }
    child
}

fn flipped(a: Awkward, second: bool) -> Awkward {
    match a {
        Awkward::Twin { .. } => Awkward::Twin { second: !second },
        _ => Awkward::Sibling { second: !second },
    }
}

/// Care that occurs together as it does in life: a ventilator brings 気管切開, 吸引 and 経管栄養 with it.
fn care(fate: Fate, years: i32, dice: &mut Dice) -> Vec<Care> {
    let weights = if fate == Fate::Planned {
        [45, 10, 25, 20, 0, 0, 0]
    } else if years < 3 {
        [24, 12, 16, 34, 2, 6, 6]
    } else {
        [20, 13, 10, 29, 12, 10, 6]
    };
    let mut all = match dice.weighted(&weights) {
        0 => with(
            dice,
            &[Care::Ventilator],
            &[
                (Care::Tracheostomy, 80),
                (Care::Suction, 95),
                (Care::TubeFeeding, 80),
                (Care::Oxygen, 45),
                (Care::Nebulizer, 30),
            ],
        ),
        1 => with(
            dice,
            &[Care::Tracheostomy, Care::Suction],
            &[(Care::TubeFeeding, 60), (Care::Oxygen, 30), (Care::Nebulizer, 40)],
        ),
        2 => with(dice, &[Care::Oxygen], &[(Care::TubeFeeding, 35), (Care::Suction, 20), (Care::NasalAirway, 10)]),
        3 => with(dice, &[Care::TubeFeeding], &[(Care::Suction, 45), (Care::Nebulizer, 15), (Care::NasalAirway, 10)]),
        4 => with(dice, &[Care::Injection, Care::BloodSugar], &[]),
        5 => with(dice, &[Care::Catheter], &[(Care::Bowel, 45)]),
        _ => with(dice, &[], &[(Care::CentralLine, 60), (Care::Bowel, 40), (Care::Dialysis, 12)]),
    };
    if all.is_empty() || (!all.contains(&Care::Injection) && dice.chance(18)) {
        all.push(Care::Seizure);
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn with(dice: &mut Dice, always: &[Care], often: &[(Care, usize)]) -> Vec<Care> {
    let mut all = always.to_vec();
    all.extend(often.iter().filter(|(_, percent)| dice.chance(*percent)).map(|(care, _)| *care));
    all
}

/// 動ける医療的ケア児: seldom with a ventilator, always with insulin alone.
fn mobile(care: &[Care], years: i32, dice: &mut Dice) -> bool {
    let percent = if care.contains(&Care::Injection) {
        100
    } else if care.contains(&Care::Ventilator) {
        10
    } else if care.contains(&Care::Tracheostomy) {
        40
    } else {
        45
    };
    years >= 2 && dice.chance(percent)
}

fn member(relation: FamilyRelation, (name, kana): (String, String), birth: Option<Date>, guardian: bool) -> Guardian {
    let custody = if guardian { Custody::Full } else { Custody::None };
    Guardian {
        relation,
        name,
        kana,
        birth,
        guardian,
        custody,
        contact_restricted: false,
        together: true,
        municipality: None,
        phone: None,
        note: String::new(),
    }
}

fn family(child: &Child, names: &Names, days: &Days, dice: &mut Dice) -> Vec<Guardian> {
    let surname = child.identity.surname;
    let full =
        |given: Name| (format!("{} {}", surname.written, given.written), format!("{} {}", surname.kana, given.kana));
    let phone = |dice: &mut Dice| Some(format!("0{}0-0000-{:04}", dice.pick(&[7, 8, 9]), dice.below(10_000)));
    // Parents of two cases are as old in both.
    let since = if matches!(child.seat.awkward, Some(Awkward::Sibling { .. })) {
        3000
    } else {
        days.since(child.birth).min(6000)
    };
    let adult = |dice: &mut Dice| Some(days.back(dice.between(24, 42) * 365 + since));
    let mut mother = member(FamilyRelation::Mother, full(names.given(Generation::Woman, dice)), adult(dice), true);
    let mut father = member(FamilyRelation::Father, full(names.given(Generation::Man, dice)), adult(dice), true);
    (mother.phone, father.phone) = (phone(dice), phone(dice));
    let kind = dice.weighted(&[76, 15, 4, 5]);
    let mut all = match child.seat.awkward {
        Some(Awkward::Foreign { mother: m, father: f, .. }) => {
            (mother.name, mother.kana) = (m.written.to_owned(), m.kana.to_owned());
            (father.name, father.kana) = (f.written.to_owned(), f.kana.to_owned());
            mother.note = "電話より、短い文章のほうが伝わりやすい。".to_owned();
            vec![mother, father]
        }
        Some(Awkward::GuardianElsewhere) => vec![mother, elsewhere(father, "横浜市")],
        Some(Awkward::ContactRestricted) => {
            father = elsewhere(father, "");
            (father.municipality, father.phone, father.guardian) = (None, None, false);
            (father.custody, father.contact_restricted) = (Custody::None, true);
            father.note = "連絡しない。住まいと通う先を伝えない。".to_owned();
            vec![mother, father]
        }
        _ => match kind {
            0 => vec![mother, father],
            1 => vec![mother],
            2 => vec![father],
            _ => {
                let place = *dice.pick(&["藤沢市", "横浜市", "川崎市"]);
                vec![mother, elsewhere(father, place)]
            }
        },
    };
    if dice.chance(14) && !matches!(child.seat.awkward, Some(Awkward::Foreign { .. })) {
        let mut grandmother =
            member(FamilyRelation::Grandparent, full(names.given(Generation::Woman, dice)), None, false);
        (grandmother.together, grandmother.phone) = (dice.chance(50), phone(dice));
        all.push(grandmother);
    }
    let siblings = if child.seat.awkward.is_some() { 0 } else { dice.weighted(&[52, 35, 13]) };
    for _ in 0..siblings {
        let who = if dice.chance(50) { Generation::Girl } else { Generation::Boy };
        let given = names.given(who, dice);
        let years = dice.between(1, 15);
        if given.written != child.identity.given.written {
            all.push(member(FamilyRelation::Sibling, full(given), Some(days.back(years * 365 + 40)), false));
        }
    }
    all
}

/// A guardian who does not live with the child.
fn elsewhere(mut guardian: Guardian, place: &str) -> Guardian {
    guardian.together = false;
    guardian.municipality = Some(place.to_owned());
    guardian
}

/// Lead and deputy as positions among the coordinators: 横須賀市 0 and 2, 逗子市 1, 鎌倉市 3, 三浦市 4, 葉山町 5.
/// The two of 横須賀市 lead 18 each, and their colleagues of the small places help out with the rest.
pub fn keepers(seat: &Seat) -> (usize, usize) {
    let by_turns = |two: [usize; 2]| two[seat.nth % 2];
    match seat.municipality {
        Municipality::Yokosuka => match seat.nth * 7 % 53 {
            0..=17 => (0, 2),
            18..=35 => (2, 0),
            36..=44 => (4, by_turns([0, 2])),
            _ => (5, by_turns([0, 2])),
        },
        Municipality::Kamakura => (3, [1, 5, 0][seat.nth % 3]),
        Municipality::Zushi => (1, by_turns([5, 0])),
        Municipality::Miura => (4, by_turns([2, 0])),
        Municipality::Hayama => (5, by_turns([1, 0])),
    }
}
