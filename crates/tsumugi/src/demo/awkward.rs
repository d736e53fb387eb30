//! The awkward ones: what real lists are full of and made-up ones forget. Each stands at a fixed place of its municipality.

use super::names::Name;
use crate::{
    area::Municipality,
    case::{CloseReason, Sex},
};

/// What is special about a child of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awkward {
    /// One of two children of one birth; the second follows the first.
    Twin {
        second: bool,
    },
    /// A child whose brother or sister is a case as well.
    Sibling {
        second: bool,
    },
    /// Two children of one municipality with the same name and another birthday.
    SameName {
        second: bool,
    },
    /// A name as its bearers write it: 髙, 𠮷, 﨑, or the same reading in other characters.
    Written(Name, Name, Sex),
    /// The name of a family from abroad, with the languages at home.
    Foreign {
        surname: Name,
        given: Name,
        sex: Sex,
        mother: Name,
        father: Name,
        languages: &'static str,
    },
    GuardianElsewhere,
    ContactRestricted,
    /// The case was opened in the first municipality and is now in its own.
    MovedFrom(Municipality),
    AdultSoon,
    NoConsent,
    Expired,
}

/// How a case stands today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Planned,
    Active,
    OnHold,
    Closed(CloseReason),
}

const fn name(written: &'static str, kana: &'static str) -> Name {
    Name { written, kana }
}

/// The awkward child at the n-th place of a municipality.
pub fn of(municipality: Municipality, nth: usize) -> Option<Awkward> {
    use Awkward as A;
    use Municipality as M;
    Some(match (municipality, nth) {
        (M::Yokosuka, 0) => A::Twin { second: false },
        (M::Yokosuka, 1) => A::Twin { second: true },
        (M::Yokosuka, 2) => A::SameName { second: false },
        (M::Yokosuka, 3) => A::SameName { second: true },
        (M::Yokosuka, 4) => A::Written(name("髙橋", "たかはし"), name("結衣", "ゆい"), Sex::Female),
        (M::Yokosuka, 5) => A::Foreign {
            surname: name("グエン", "ぐえん"),
            given: name("ティ マイ", "てぃ まい"),
            sex: Sex::Female,
            mother: name("グエン ティ ラン", "ぐえん てぃ らん"),
            father: name("グエン ヴァン ナム", "ぐえん ゔぁん なむ"),
            languages: "ベトナム語、やさしい日本語",
        },
        (M::Yokosuka, 6) => A::Foreign {
            surname: name("シルバ サントス", "しるば さんとす"),
            given: name("ルカ", "るか"),
            sex: Sex::Male,
            mother: name("サントス マリア", "さんとす まりあ"),
            father: name("シルバ ペドロ", "しるば ぺどろ"),
            languages: "ポルトガル語（母）、日本語（父）",
        },
        (M::Yokosuka, 7) => A::GuardianElsewhere,
        (M::Yokosuka, 8) => A::MovedFrom(M::Kamakura),
        (M::Yokosuka, 10) => A::AdultSoon,
        (M::Yokosuka, 18) => A::Sibling { second: false },
        (M::Yokosuka, 19) => A::Sibling { second: true },
        (M::Yokosuka, 20) | (M::Kamakura, 8) | (M::Hayama, 1) => A::NoConsent,
        (M::Yokosuka, 22 | 27 | 35) | (M::Kamakura, 9 | 14) => A::Expired,
        (M::Yokosuka, 29) => A::Written(name("勅使河原", "てしがわら"), name("凛太郎", "りんたろう"), Sex::Male),
        (M::Kamakura, 0) => A::Written(name("渡辺", "わたなべ"), name("凛", "りん"), Sex::Female),
        (M::Kamakura, 1) => A::Written(name("渡邊", "わたなべ"), name("凜", "りん"), Sex::Female),
        (M::Kamakura, 2) => A::ContactRestricted,
        (M::Kamakura, 3) => A::MovedFrom(M::Zushi),
        (M::Zushi, 0) => A::Written(name("𠮷田", "よしだ"), name("海翔", "かいと"), Sex::Male),
        (M::Miura, 0) => A::Written(name("山﨑", "やまざき"), name("咲希", "さき"), Sex::Female),
        _ => return None,
    })
}

/// How the case at the n-th place stands where the demo has its usual 94 cases.
pub fn fate(municipality: Municipality, nth: usize) -> Fate {
    use Municipality as M;
    match (municipality, nth) {
        (M::Yokosuka, 11..=13) | (M::Kamakura, 4) | (M::Zushi | M::Miura, 1) => Fate::Planned,
        (M::Yokosuka, 14 | 15) | (M::Kamakura, 5) | (M::Zushi, 2) => Fate::OnHold,
        (M::Yokosuka, 9) => Fate::Closed(CloseReason::Died),
        (M::Yokosuka, 16) => Fate::Closed(CloseReason::Moved),
        (M::Yokosuka, 17) | (M::Miura, 2) => Fate::Closed(CloseReason::NotNeeded),
        (M::Kamakura, 6) => Fate::Closed(CloseReason::Adult),
        (M::Kamakura, 7) => Fate::Closed(CloseReason::FamilyWish),
        _ => Fate::Active,
    }
}
