//! Words of the directory, and how a need in words becomes a search. Pure.

use crate::{
    area::{Care, Municipality},
    exchange::directory::Kind,
};
use platform::{Date, form::Fields, japanese::fold::fold, vocabulary, vocabulary::Vocabulary};

vocabulary! {
    pub enum Capacity { Open = "open" "空きあり", Waitlist = "waitlist" "待機あり", Full = "full" "満員", Ask = "ask" "要確認" }
}

vocabulary! {
    /// What is known of a yes-or-no question.
    pub enum Known { Yes = "yes" "対応できる", No = "no" "対応できない", Unknown = "unknown" "未確認" }
}

impl Vocabulary for Kind {
    const ALL: &'static [Self] = &Kind::ALL;
    fn code(self) -> &'static str {
        Kind::code(self)
    }
    fn label(self) -> &'static str {
        Kind::label(self)
    }
}
impl From<Kind> for platform::db::Arg {
    fn from(k: Kind) -> Self {
        platform::db::Arg::Text(Kind::code(k).to_owned())
    }
}
impl platform::db::Code for Kind {
    fn decode(code: &str) -> Result<Self, platform::db::DbError> {
        Kind::from_code(code).ok_or_else(|| platform::db::DbError::Decode(format!("Kind has no value {code:?}")))
    }
}
platform::cell_by_code!(Kind);

/// `(code, label)` of every kind, for a select.
pub trait KindExt {
    fn choices() -> Vec<(&'static str, &'static str)>;
}
impl KindExt for Kind {
    fn choices() -> Vec<(&'static str, &'static str)> {
        let mut all = vec![("", "すべての種別")];
        all.extend(<Kind as Vocabulary>::options());
        all
    }
}

/// What somebody looks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    pub kind: Option<Kind>,
    pub care: Vec<Care>,
    pub municipality: Option<Municipality>,
    pub open: bool,
    pub mobile: bool,
    /// Words that are no kind, care or place: part of a name.
    pub text: String,
}

impl Search {
    /// From fields, and from a need in words such as 「訪問看護, 人工呼吸器, 逗子市, 空きあり」.
    pub fn parse(fields: &Fields) -> Search {
        let mut s = Search {
            kind: Kind::from_code(fields.get("kind")),
            care: fields.all("care").iter().filter_map(|c| Care::from_code(c)).collect(),
            municipality: Municipality::from_code(fields.get("municipality")),
            open: !fields.get("open").is_empty(),
            mobile: !fields.get("mobile").is_empty(),
            text: String::new(),
        };
        let mut rest = Vec::new();
        for word in fields.get("need").split([',', '、', '，', ' ', '　', ';']).filter(|w| !w.trim().is_empty()) {
            let key = fold(word);
            if let Some(m) =
                Municipality::ALL.iter().find(|m| fold(m.label()).starts_with(&key) && key.chars().count() >= 2)
            {
                s.municipality = Some(*m);
            } else if let Some(c) = Care::ALL.iter().find(|c| fold(c.label()) == key || synonym(&key) == Some(**c)) {
                if !s.care.contains(c) {
                    s.care.push(*c);
                }
            } else if let Some(k) =
                <Kind as Vocabulary>::ALL.iter().find(|k| fold(k.label()) == key || short(&key) == Some(**k))
            {
                s.kind = Some(*k);
            } else if ["空きあり", "空き"].iter().any(|w| fold(w) == key) {
                s.open = true;
            } else if ["動ける", "動ける医ケア児", "歩ける"].iter().any(|w| fold(w) == key) {
                s.mobile = true;
            } else {
                rest.push(word.trim());
            }
        }
        s.text = rest.join("");
        s
    }

    /// True where it says what is needed, so that finding nothing is evidence of a gap.
    pub fn is_need(&self) -> bool {
        self.kind.is_some() || !self.care.is_empty()
    }

    /// The same search as a query string.
    pub fn query(&self) -> String {
        let mut q = form_urlencoded::Serializer::new(String::new());
        q.append_pair("kind", self.kind.map_or("", Kind::code))
            .append_pair("municipality", self.municipality.map_or("", |m| m.code()));
        for c in &self.care {
            q.append_pair("care", c.code());
        }
        if self.open {
            q.append_pair("open", "1");
        }
        if self.mobile {
            q.append_pair("mobile", "1");
        }
        q.append_pair("need", &self.text);
        q.finish()
    }
}

/// Words of the field for a kind of care.
fn synonym(key: &str) -> Option<Care> {
    let table = [
        ("呼吸器", Care::Ventilator),
        ("気切", Care::Tracheostomy),
        ("酸素", Care::Oxygen),
        ("胃ろう", Care::TubeFeeding),
        ("胃瘻", Care::TubeFeeding),
        ("経鼻", Care::TubeFeeding),
        ("経管", Care::TubeFeeding),
        ("IVH", Care::CentralLine),
        ("インスリン", Care::Injection),
        ("ストーマ", Care::Bowel),
        ("浣腸", Care::Bowel),
        ("てんかん", Care::Seizure),
    ];
    table.iter().find(|(w, _)| fold(w) == key).map(|(_, c)| *c)
}

/// Short names of the field for a kind of service.
fn short(key: &str) -> Option<Kind> {
    let table = [
        ("訪看", Kind::HomeNursing),
        ("児発", Kind::ChildDevelopment),
        ("放デイ", Kind::AfterSchoolDay),
        ("放課後デイ", Kind::AfterSchoolDay),
        ("ショート", Kind::ShortStay),
        ("ショートステイ", Kind::ShortStay),
        ("ヘルパー", Kind::HomeHelp),
        ("保育園", Kind::Nursery),
        ("こども園", Kind::CertifiedChildcare),
        ("相談支援", Kind::ChildConsultation),
        ("レスパイト", Kind::ShortStay),
    ];
    table.iter().find(|(w, _)| fold(w) == key).map(|(_, k)| *k)
}

/// City and town halls, degrees north and east: the point from which a distance is told.
fn hall(m: Municipality) -> (f64, f64) {
    match m {
        Municipality::Yokosuka => (35.2813, 139.6722),
        Municipality::Kamakura => (35.3192, 139.5467),
        Municipality::Zushi => (35.2955, 139.5803),
        Municipality::Miura => (35.1440, 139.6207),
        Municipality::Hayama => (35.2724, 139.5861),
    }
}

/// Kilometres between a municipality's hall and a place, on a plane good enough for 40 km.
pub fn distance_km(from: Municipality, at: Municipality, point: Option<(f64, f64)>) -> f64 {
    let (a, b) = (hall(from), point.unwrap_or_else(|| hall(at)));
    let north = (b.0 - a.0) * 111.0;
    let east = (b.1 - a.1) * 111.0 * a.0.to_radians().cos();
    north.hypot(east)
}

/// True where nobody confirmed the capacity within `days`.
pub fn is_stale(confirmed_on: Option<Date>, today: Date, days: i32) -> bool {
    confirmed_on.is_none_or(|d| crate::view::days_between(d, today) > days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_need_in_words_becomes_a_search() {
        let s = Search::parse(&Fields::default().with("need", "訪問看護, 人工呼吸器、逗子市 空きあり"));
        assert_eq!(
            (s.kind, s.care, s.municipality, s.open),
            (Some(Kind::HomeNursing), vec![Care::Ventilator], Some(Municipality::Zushi), true)
        );
        assert_eq!(s.text, "");
    }

    #[test]
    fn words_of_the_trade_are_understood_and_other_words_are_part_of_a_name() {
        let s = Search::parse(&Fields::default().with("need", "訪看 胃瘻 気切 はまゆう"));
        assert_eq!((s.kind, s.care.len(), s.text.as_str()), (Some(Kind::HomeNursing), 2, "はまゆう"));
        let again = Search::parse(&Fields::parse(s.query().as_bytes()));
        assert_eq!(s, again);
    }

    #[test]
    fn a_capacity_is_stale_the_day_after_its_last_good_day() {
        let confirmed = Some(date(2026, 9, 1));
        assert!(!is_stale(confirmed, date(2026, 10, 31), 60));
        assert!(is_stale(confirmed, date(2026, 11, 1), 60));
        assert!(is_stale(None, date(2026, 9, 1), 60));
    }

    #[test]
    fn a_place_is_nearest_to_itself() {
        for &a in Municipality::ALL {
            assert!(distance_km(a, a, None) < 0.001);
            for &b in Municipality::ALL.iter().filter(|b| **b != a) {
                assert!((2.0..35.0).contains(&distance_km(a, b, None)), "{a:?} {b:?}");
            }
        }
    }
}
