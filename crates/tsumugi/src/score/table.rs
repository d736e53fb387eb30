//! 医療的ケアスコアの表: lines, points and what "watching" means, as versioned rows. Pure data.
//!
//! Points and criteria follow the form of the 厚生労働省事務連絡 令和3年3月23日（医療的ケアの新スコア）. Nobody has compared them
//! with the paper yet, so that each result says 「未確認」; three ways of counting are open and stand beside each result.

use platform::{Date, vocabulary};

vocabulary! {
    /// A line of the sheet.
    pub enum Line {
        Ventilator = "l1" "人工呼吸器の管理",
        Tracheostomy = "l2" "気管切開の管理",
        Airway = "l3" "鼻咽頭エアウェイの管理",
        Oxygen = "l4" "酸素療法",
        Suction = "l5" "吸引（口鼻腔・気管内吸引）",
        Nebuliser = "l6" "ネブライザーの管理",
        Stomach = "l7a" "経管栄養：経鼻胃管、胃瘻",
        Bowel = "l7b" "経管栄養：経鼻腸管、経胃瘻腸管、腸瘻、食道瘻",
        FeedingPump = "l7c" "経管栄養：持続経管注入ポンプの使用",
        CentralLine = "l8" "中心静脈カテーテルの管理",
        Injection = "l9a" "皮下注射（インスリン、麻薬など）",
        InjectionPump = "l9b" "持続皮下注射ポンプの使用",
        Glucose = "l10" "血糖測定（持続血糖測定器を含む）",
        Dialysis = "l11" "継続的な透析（血液透析、腹膜透析を含む）",
        Catheter = "l12a" "導尿：間欠的導尿",
        IndwellingCatheter = "l12b" "導尿：持続的導尿（尿道留置カテーテル、膀胱瘻、腎瘻、尿路ストーマ）",
        Stoma = "l13a" "排便管理：消化管ストーマ",
        Evacuation = "l13b" "排便管理：摘便、洗腸",
        Enema = "l13c" "排便管理：浣腸",
        Seizure = "l14" "けいれん時の坐剤挿入、吸引、酸素投与、迷走神経刺激装置の作動等の処置",
    }
}

vocabulary! {
    /// How closely somebody must watch.
    pub enum Watch {
        High = "high" "高",
        Middle = "middle" "中",
        Low = "low" "低",
    }
}

vocabulary! {
    /// What stands in the first line; several of them count once.
    pub enum Machine {
        Ventilator = "ventilator" "人工呼吸器（気管切開・マスク）",
        NasalMask = "nasal_mask" "鼻マスク式補助換気法",
        HighFlow = "high_flow" "ハイフローセラピー",
        Percussion = "percussion" "間歇的陽圧吸入法・パーカッションベンチレーター",
        CoughAssist = "cough_assist" "排痰補助装置",
        ChestOscillation = "chest_oscillation" "高頻度胸壁振動装置",
    }
}

/// The points of a line; `high` and `middle` are added for watching, a low one adds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    pub basic: i64,
    pub high: Option<i64>,
    pub middle: Option<i64>,
}

/// One version of the table with what the notice leaves open.
#[derive(Debug)]
pub struct Rules {
    pub version: &'static str,
    pub from: Date,
    pub source: &'static str,
    /// Who compared it with the notice; None: 未確認.
    pub verified: Option<&'static str>,
    /// Whether two ways of feeding by tube (7の(1)と(2)) both count; else the higher of them.
    pub both_tubes: bool,
    /// Whether several kinds of 排便管理 all count; else the highest of them.
    pub each_bowel: bool,
    /// The least total of 区分1, 区分2, 区分3.
    pub categories: [i64; 3],
    pub points: fn(Line) -> Points,
}

const fn p(basic: i64, high: i64) -> Points {
    Points { basic, high: Some(high), middle: None }
}
const fn unwatched(basic: i64) -> Points {
    Points { basic, high: None, middle: None }
}

fn points_2021(line: Line) -> Points {
    use Line as L;
    match line {
        L::Ventilator => Points { basic: 10, high: Some(2), middle: Some(1) },
        L::Tracheostomy | L::Stomach | L::Bowel | L::CentralLine | L::Dialysis => p(8, 2),
        L::Oxygen | L::Suction => p(8, 1),
        L::Airway | L::Injection | L::Stoma => p(5, 1),
        L::FeedingPump | L::InjectionPump | L::Glucose | L::IndwellingCatheter => p(3, 1),
        L::Seizure => p(3, 2),
        L::Nebuliser | L::Enema => unwatched(3),
        L::Catheter | L::Evacuation => unwatched(5),
    }
}

/// The versions, the newest last.
pub const VERSIONS: &[Rules] = &[Rules {
    version: "令和3年4月",
    from: Date::constant(2021, 4, 1),
    source: "厚生労働省事務連絡 令和3年3月23日「医療的ケアの新スコア」",
    verified: None,
    both_tubes: false,
    each_bowel: true,
    categories: [3, 16, 32],
    points: points_2021,
}];

/// The table that counts for a judgement of this day; the first one where the day is before all of them.
pub fn on(day: Date) -> &'static Rules {
    VERSIONS.iter().rev().find(|r| r.from <= day).unwrap_or(&VERSIONS[0])
}

/// The table with which an older result was made.
pub fn of_version(version: &str) -> &'static Rules {
    VERSIONS.iter().find(|r| r.version == version).unwrap_or(&VERSIONS[0])
}

impl Line {
    /// Its number on the sheet.
    pub fn number(self) -> &'static str {
        use Line as L;
        match self {
            L::Ventilator => "1",
            L::Tracheostomy => "2",
            L::Airway => "3",
            L::Oxygen => "4",
            L::Suction => "5",
            L::Nebuliser => "6",
            L::Stomach => "7(1)",
            L::Bowel => "7(2)",
            L::FeedingPump => "7(3)",
            L::CentralLine => "8",
            L::Injection => "9(1)",
            L::InjectionPump => "9(2)",
            L::Glucose => "10",
            L::Dialysis => "11",
            L::Catheter => "12(1)",
            L::IndwellingCatheter => "12(2)",
            L::Stoma => "13(1)",
            L::Evacuation => "13(2)",
            L::Enema => "13(3)",
            L::Seizure => "14",
        }
    }

    /// When watching counts as high, in the words of the sheet. Empty where nothing is watched.
    pub fn watched_for(self) -> &'static str {
        use Line as L;
        match self {
            L::Ventilator => {
                "高は、自発呼吸がない等のため、外れる等のトラブルに直ちに対応が必要。中は、おおむね15分以内に対応が必要"
            }
            L::Tracheostomy => {
                "高は、自発運動等によりカニューレが抜ける等のトラブルに直ちに対応が必要（人工呼吸器があるときは加えません）"
            }
            L::Airway => "高は、上気道の狭窄が著明なため、抜けたときに直ちに対応が必要",
            L::Oxygen => "高は、酸素の中止で短時間のうちに健康や生命に悪影響",
            L::Suction => "高は、自発運動等により吸引の実施が困難",
            L::Stomach | L::Bowel => "高は、自発運動等により栄養管を抜く等の可能性",
            L::FeedingPump => "高は、自発運動等により注入ポンプが倒れる可能性",
            L::CentralLine => "高は、自発運動等により抜く可能性",
            L::Injection => "高は、自発運動等により安全に実施できない可能性",
            L::InjectionPump => "高は、自発運動等により抜く等の可能性",
            L::Glucose => "高は、血糖測定とその後の対応が頻回に必要になる可能性",
            L::Dialysis => "高は、自発運動等により透析カテーテルを抜く等の可能性",
            L::IndwellingCatheter => "高は、自発運動等により抜く等の可能性",
            L::Stoma => "高は、自発運動等によりストーマを抜く等の可能性",
            L::Seizure => "高は、けいれんが10分以上重積する、または短時間に何度も繰り返す可能性が高い",
            L::Nebuliser | L::Catheter | L::Evacuation | L::Enema => "",
        }
    }
}
