//! 超重症児スコア・準超重症児スコア: the older score, which fees of medical care still use. Pure.
//!
//! Points after 日本障害者リハビリテーション協会 (items 1 to 13) and the usual wording of item 14 and of the limits, which nobody has
//! compared with the notice yet (未確認).

use platform::{
    form::{Fields, Parse},
    vocabulary,
    vocabulary::Vocabulary as _,
};

/// Under which version results are kept.
pub const VERSION: &str = "超重症児スコア（未確認）";
/// Where the points are from.
pub const SOURCE: &str = "日本障害者リハビリテーション協会の資料による超重症児スコア。14と判定の境は未確認";

vocabulary! {
    /// A line that is there or not.
    pub enum Item {
        Respirator = "s1" "レスピレーター管理（毎日行うカフマシン・NIPPV・CPAP等を含む）",
        Airway = "s2" "気管内挿管・気管切開",
        Nasopharyngeal = "s3" "鼻咽頭エアウェイ",
        Oxygen = "s4" "酸素吸入、またはSpO₂ 90％以下が10％以上",
        Nebuliser = "s6" "ネブライザー 6回／日以上、または継続使用",
        CentralNutrition = "s7" "中心静脈栄養（IVH）",
        Tension = "s9" "過緊張で、発汗による更衣と姿勢修正を3回／日以上",
        Dialysis = "s10" "継続する透析（腹膜灌流を含む）",
        Catheter = "s11" "定期導尿 3回／日以上（人工膀胱を含む）",
        Stoma = "s12" "人工肛門",
        Turning = "s13" "体位交換 6回／日以上",
        FeedingPump = "s8p" "持続注入ポンプを使用（腸瘻・腸管栄養のとき）",
    }
}

vocabulary! {
    /// How often secretions are sucked off.
    pub enum Suctioning {
        Hourly = "hourly" "1回／時間以上",
        Sixfold = "sixfold" "6回／日以上",
    }
}

vocabulary! {
    /// How the child is fed; one of them counts.
    pub enum Feeding {
        Bowel = "bowel" "腸瘻・腸管栄養",
        Tube = "tube" "経管（経鼻・胃瘻を含む）",
        Mouth = "mouth" "経口摂取（全介助）",
    }
}

vocabulary! {
    /// How long the state has lasted.
    pub enum Lasting {
        SixMonths = "six_months" "6か月以上続いている",
        NicuMonth = "nicu_month" "NICU等を退室した子どもで、1か月以上続いている",
        Shorter = "shorter" "まだ続いていない",
    }
}

vocabulary! {
    /// What the score says.
    pub enum Verdict {
        Severe = "severe" "超重症児（25点以上）",
        Semi = "semi" "準超重症児（10〜24点）",
        None = "none" "どちらでもない",
        Moves = "moves" "対象外（運動機能が座位より高い）",
        Early = "early" "まだ判定できない（状態の続いた期間が足りない）",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Severe {
    /// The child moves no further than sitting.
    pub sits_at_most: bool,
    pub items: Vec<Item>,
    pub suctioning: Option<Suctioning>,
    pub feeding: Option<Feeding>,
    pub lasting: Lasting,
}

impl Item {
    pub fn points(self) -> i64 {
        match self {
            Item::Respirator | Item::CentralNutrition | Item::Dialysis => 10,
            Item::Airway => 8,
            Item::Nasopharyngeal | Item::Oxygen | Item::Catheter | Item::Stoma => 5,
            Item::Nebuliser | Item::Tension | Item::Turning | Item::FeedingPump => 3,
        }
    }
}

impl Severe {
    pub fn parse(p: &mut Parse<'_>) -> Severe {
        let severe = Severe {
            sits_at_most: p.ticked("sits"),
            items: p.choices("item", "当てはまるもの"),
            suctioning: p.optional_choice("suctioning", "吸引"),
            feeding: p.optional_choice("feeding", "栄養"),
            lasting: p.choice("lasting", "続いている期間"),
        };
        if severe.items.contains(&Item::FeedingPump) && severe.feeding != Some(Feeding::Bowel) {
            p.fail("item", "持続注入ポンプは、栄養が「腸瘻・腸管栄養」のときだけ数えます。栄養を選び直すか、ポンプの印を外してください。");
        }
        severe
    }

    pub fn fields(&self, mut fields: Fields) -> Fields {
        for item in &self.items {
            fields = fields.with("item", item.code());
        }
        if self.sits_at_most {
            fields = fields.with("sits", "1");
        }
        fields
            .with("suctioning", self.suctioning.map_or("", |s| s.code()))
            .with("feeding", self.feeding.map_or("", |f| f.code()))
            .with("lasting", self.lasting.code())
    }

    /// What counts, in words and points.
    pub fn rows(&self) -> Vec<(&'static str, i64)> {
        let mut rows: Vec<(&'static str, i64)> = self.items.iter().map(|i| (i.label(), i.points())).collect();
        match self.suctioning {
            Some(Suctioning::Hourly) => rows.push(("頻回の吸引（1回／時間以上）", 8)),
            Some(Suctioning::Sixfold) => rows.push(("頻回の吸引（6回／日以上）", 3)),
            None => {}
        }
        match self.feeding {
            Some(Feeding::Bowel) => rows.push(("腸瘻・腸管栄養", 8)),
            Some(Feeding::Tube) => rows.push(("経管（経鼻・胃瘻を含む）", 5)),
            Some(Feeding::Mouth) => rows.push(("経口摂取（全介助）", 3)),
            None => {}
        }
        rows
    }

    pub fn total(&self) -> i64 {
        self.rows().iter().map(|(_, points)| points).sum()
    }

    pub fn verdict(&self) -> Verdict {
        match self.total() {
            _ if !self.sits_at_most => Verdict::Moves,
            t if t < 10 => Verdict::None,
            _ if self.lasting == Lasting::Shorter => Verdict::Early,
            t if t < 25 => Verdict::Semi,
            _ => Verdict::Severe,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Severe, Vec<&'static str>> {
        let fields = pairs.iter().fold(Fields::default(), |f, (n, v)| f.with(n, *v));
        let mut p = Parse::new(&fields);
        let severe = Severe::parse(&mut p);
        p.finish(severe).map_err(|e| e.0.iter().map(|(f, _)| *f).collect())
    }

    #[test]
    fn twenty_five_and_ten_are_the_borders() {
        let base = [("sits", "1"), ("lasting", "six_months")];
        let of = |more: &[(&str, &str)]| {
            let severe = read(&[&base, more].concat()).expect("possible");
            (severe.total(), severe.verdict())
        };
        assert_eq!(of(&[("item", "s1"), ("item", "s2"), ("feeding", "tube"), ("item", "s13")]), (26, Verdict::Severe));
        assert_eq!(of(&[("item", "s1"), ("item", "s2"), ("feeding", "tube")]), (23, Verdict::Semi));
        assert_eq!(of(&[("item", "s1")]), (10, Verdict::Semi));
        assert_eq!(of(&[("suctioning", "hourly")]), (8, Verdict::None));
        assert_eq!(of(&[("item", "s1"), ("item", "s7"), ("item", "s4")]), (25, Verdict::Severe));
    }

    #[test]
    fn who_moves_further_or_has_not_been_so_long_enough_gets_no_verdict() {
        let moves = read(&[("lasting", "six_months"), ("item", "s1"), ("item", "s7")]).expect("possible");
        assert_eq!((moves.total(), moves.verdict()), (20, Verdict::Moves));
        let early = read(&[("sits", "1"), ("lasting", "shorter"), ("item", "s1")]).expect("possible");
        assert_eq!(early.verdict(), Verdict::Early);
        let nicu = read(&[("sits", "1"), ("lasting", "nicu_month"), ("item", "s1")]).expect("possible");
        assert_eq!(nicu.verdict(), Verdict::Semi);
    }

    #[test]
    fn a_pump_counts_with_feeding_into_the_bowel_only() {
        assert_eq!(read(&[("lasting", "shorter"), ("item", "s8p"), ("feeding", "tube")]), Err(vec!["item"]));
        let bowel = read(&[("lasting", "shorter"), ("item", "s8p"), ("feeding", "bowel")]).expect("possible");
        assert_eq!(bowel.total(), 11);
        assert_eq!(read(&[("item", "s1")]), Err(vec!["lasting"]));
    }

    #[test]
    fn a_sheet_is_read_again_as_it_was_written() {
        let severe = read(&[
            ("sits", "1"),
            ("lasting", "nicu_month"),
            ("item", "s1"),
            ("item", "s12"),
            ("suctioning", "sixfold"),
            ("feeding", "mouth"),
        ])
        .expect("possible");
        let fields = severe.fields(Fields::default());
        let mut p = Parse::new(&fields);
        let again = Severe::parse(&mut p);
        assert_eq!(p.finish(again).expect("possible"), severe);
    }
}
