//! 医療的ケアの状況 of the demo: what follows from a child's care, invented and marked as such.

use super::{
    dice::{Dice, shift},
    families::Child,
};
use crate::{
    area::Care,
    profile,
    questionnaire::{Part, Row},
};
use platform::{Date, japanese::date, number};

type Answers<'a> = &'a [(&'a str, &'a str)];

fn row(part: &Part, answers: Answers<'_>) -> Row {
    part.columns.iter().map(|c| answers.iter().find(|(n, _)| *n == c.code).map_or("", |(_, v)| v).to_owned()).collect()
}

/// Every part that has something to say for a child, in rows.
pub fn profile_of(child: &Child, today: Date, dice: &mut Dice) -> Vec<(&'static Part, Vec<Row>)> {
    let has = |care| child.care.contains(&care);
    let day = |d: i32| date::iso(shift(today, d));
    let of = |code: &str| profile::part_of(code).map(|(part, _)| part);
    let mut out = Vec::new();
    let mut put = |code: &str, answers: Vec<Vec<(&str, String)>>| {
        let Some(part) = of(code) else { return };
        let rows = answers
            .iter()
            .map(|a| row(part, &a.iter().map(|(n, v)| (*n, v.as_str())).collect::<Vec<_>>()))
            .collect::<Vec<_>>();
        if !rows.is_empty() {
            out.push((part, rows));
        }
    };
    let s = |text: &str| text.to_owned();
    let names = [
        "超低出生体重児・慢性肺疾患",
        "脳性麻痺",
        "先天性ミオパチー",
        "染色体の病気",
        "先天性心疾患の術後",
        "気管軟化症",
        "てんかん性脳症",
        "食道閉鎖症の術後",
    ];
    put("diagnosis", vec![vec![("name", s(names[dice.below(names.len())])), ("since", s("生後すぐ"))]]);
    put(
        "doctor",
        vec![
            vec![
                ("facility", s("みうら半島こども病院（架空）")),
                ("role", s("main")),
                ("department", s("小児科")),
                ("doctor", s("主治医")),
                ("phone", s("046-000-0001")),
                ("often", s("月1回")),
            ],
            vec![
                ("facility", s("みさき在宅クリニック（架空）")),
                ("role", s("home")),
                ("department", s("訪問診療")),
                ("phone", s("046-000-0002")),
                ("often", s("月2回")),
            ],
            vec![
                ("facility", s("みうら半島こども病院（架空）")),
                ("role", s("emergency")),
                ("department", s("救急外来")),
                ("phone", s("046-000-0003")),
            ],
        ],
    );
    let mut devices: Vec<Vec<(&str, String)>> = Vec::new();
    let vendor = || [("vendor", s("かもめ医療機器（架空）")), ("phone", s("046-000-0010"))];
    if has(Care::Ventilator) {
        let external =
            if dice.chance(80) { ("external", dice.between(4, 16).to_string()) } else { ("external", String::new()) };
        let mode = if has(Care::Tracheostomy) {
            "気管切開 SIMV 呼吸回数20回/分"
        } else {
            "鼻マスク S/T 吸気圧12 呼気圧5cmH2O"
        };
        devices.push(
            [
                vec![
                    ("name", s("在宅用人工呼吸器 架空Ａ型")),
                    ("kind", s("ventilator")),
                    ("setting", s(mode)),
                    ("critical", s("yes")),
                    ("watts", s("120")),
                    ("internal", dice.between(3, 9).to_string()),
                    external,
                ],
                vendor().to_vec(),
            ]
            .concat(),
        );
    }
    if has(Care::Tracheostomy) {
        let size = 3 + dice.below(2);
        devices.push(vec![
            ("name", format!("気管カニューレ 内径{size}.5mm")),
            ("kind", s("tracheal_tube")),
            ("size", format!("内径{size}.5mm")),
            ("exchanged", day(-dice.between(1, 13))),
            ("every", s("14")),
            ("spare", s("同じサイズ1本、一つ小さいもの1本")),
            ("critical", s("yes")),
        ]);
    }
    if has(Care::Suction) || has(Care::Tracheostomy) {
        devices.push(
            [
                vec![
                    ("name", s("吸引器 架空Ｂ型")),
                    ("kind", s("suction")),
                    ("setting", s("吸引圧 20kPa、カテーテル8Fr")),
                    ("critical", s(if has(Care::Tracheostomy) { "yes" } else { "no" })),
                    ("watts", s("60")),
                    ("internal", s("1.5")),
                    ("spare", s("手動吸引器1台")),
                ],
                vendor().to_vec(),
            ]
            .concat(),
        );
    }
    if has(Care::Oxygen) {
        devices.push(
            [
                vec![
                    ("name", s("酸素濃縮器 架空Ｃ型")),
                    ("kind", s("oxygen")),
                    ("setting", s("0.5L/分")),
                    ("critical", s("yes")),
                    ("watts", s("150")),
                    ("external", if dice.chance(70) { s("8") } else { String::new() }),
                ],
                vendor().to_vec(),
            ]
            .concat(),
        );
        devices.push(vec![
            ("name", s("携帯用酸素ボンベ")),
            ("kind", s("cylinder")),
            ("spare", s("2本")),
            ("note", String::new()),
        ]);
    }
    if has(Care::TubeFeeding) {
        devices.push(vec![
            ("name", s("胃瘻ボタン 14Fr 2.0cm")),
            ("kind", s("gastrostomy")),
            ("size", s("14Fr 2.0cm")),
            ("exchanged", day(-dice.between(30, 150))),
            ("every", s("180")),
        ]);
    }
    if has(Care::Ventilator) || has(Care::Oxygen) || has(Care::Tracheostomy) {
        devices.push(vec![
            ("name", s("パルスオキシメーター 架空Ｄ型")),
            ("kind", s("oximeter")),
            ("critical", s("no")),
            ("internal", s("3")),
        ]);
    }
    put("device", devices);
    let night = dice.between(2, 6);
    put(
        "breathing",
        if has(Care::Ventilator) || has(Care::Suction) || has(Care::Oxygen) {
            vec![vec![
                (
                    "ventilator",
                    s(if has(Care::Ventilator) {
                        if has(Care::Tracheostomy) { "all_day" } else { "night" }
                    } else {
                        "none"
                    }),
                ),
                ("off", if has(Care::Ventilator) { s("10") } else { String::new() }),
                ("oxygen", if has(Care::Oxygen) { s("0.5L/分") } else { String::new() }),
                ("suction", s(if has(Care::Tracheostomy) { "both" } else { "mouth" })),
                ("suction_day", dice.between(4, 20).to_string()),
                ("suction_night", night.to_string()),
            ]]
        } else {
            vec![]
        },
    );
    put(
        "feeding",
        vec![if has(Care::TubeFeeding) {
            vec![
                ("route", s("gastrostomy")),
                ("product", s("半消化態栄養剤")),
                ("amount", s("180")),
                ("times", s("5")),
                ("speed", s("150")),
                ("clock", s("7:00 11:00 15:00 19:00 23:00")),
                ("position", s("上体を30度起こし、注入後30分はそのまま")),
            ]
        } else {
            vec![("route", s("mouth")), ("product", s("きざみ食、水分にとろみ")), ("times", s("3"))]
        }],
    );
    let mut medicine = vec![vec![
        ("name", s("去痰薬シロップ（架空）")),
        ("form", s("liquid")),
        ("dose", s("2mL")),
        ("when", s("朝・昼・夕")),
    ]];
    if has(Care::Seizure) {
        medicine.push(vec![
            ("name", s("抗けいれん坐薬（架空）")),
            ("form", s("suppository")),
            ("dose", s("1個")),
            ("when", s("5分たっても発作が止まらないとき")),
            ("purpose", s("発作のとき")),
        ]);
    }
    put("medicine", medicine);
    put("allergy", vec![vec![("what", s(if dice.chance(25) { "ラテックス" } else { "なし" }))]]);
    put(
        "seizure",
        vec![vec![
            (
                "kind",
                if has(Care::Seizure) {
                    s("全身がつっぱり、目が上を向く。1〜2分で止まる")
                } else {
                    String::new()
                },
            ),
            ("often", if has(Care::Seizure) { s("月2〜3回") } else { String::new() }),
            (
                "rescue",
                if has(Care::Seizure) {
                    s("横向きに寝かせ、5分で坐薬。酸素を1L/分にする")
                } else {
                    String::new()
                },
            ),
            ("call", s("発作が10分続く、SpO₂が85％を下回ったまま戻らない、カニューレが入らない")),
        ]],
    );
    put(
        "normal",
        vec![vec![
            ("temperature_low", s("36.2")),
            ("temperature_high", s("37.2")),
            ("spo2_low", s("94")),
            ("spo2_high", s("98")),
            ("pulse_low", s("90")),
            ("pulse_high", s("125")),
            ("weight", format!("{}kg", number::plain(60 + i64::from(dice.between(0, 140))))),
            ("measured", day(-dice.between(5, 80))),
        ]],
    );
    put(
        "movement",
        vec![vec![
            ("mobility", s(if child.mobile { "walks" } else { ["lies", "lies", "sits", "crawls"][dice.below(4)] })),
            ("intellect", s(if dice.chance(60) { "b20" } else { "" })),
        ]],
    );
    put(
        "self",
        vec![vec![
            ("communication", s("「はい」は目を閉じる。いやなときは顔をそむける")),
            ("likes", s("電車の歌、抱っこで窓の外を見ること")),
            ("dislikes", s("急な大きい音")),
            ("calm", s("胸に手をあてて、ゆっくり声をかける")),
            ("vaccine", s("年齢どおりに済み")),
        ]],
    );
    put(
        "certificate",
        vec![
            vec![("kind", s("day_service")), ("from", day(-200)), ("until", day(ends(dice)))],
            vec![("kind", s("physical")), ("grade", s("1級"))],
            vec![("kind", s("chronic")), ("until", day(ends(dice)))],
            vec![
                ("kind", s("nursing_order")),
                ("issuer", s("みうら半島こども病院（架空）")),
                ("from", day(-120)),
                ("until", day(ends(dice))),
            ],
        ],
    );
    let who = |t: &str| ("who", s(t));
    put(
        "day",
        vec![
            vec![("time", s("06:30")), ("what", s("起きる・吸引・着替え")), who("母")],
            vec![("time", s("07:00")), ("what", s("注入・薬")), who("母")],
            vec![("time", s("10:00")), ("what", s("訪問看護（週3回）")), who("訪問看護")],
            vec![("time", s("15:00")), ("what", s("注入・昼寝")), who("母")],
            vec![("time", s("19:00")), ("what", s("入浴・注入")), who("父・母")],
            vec![("time", s("23:00")), ("what", s("注入・夜のはじめの吸引")), who("母")],
            vec![("time", s("03:00")), ("what", s("吸引・体の向きを変える")), who("母")],
        ],
    );
    put(
        "household",
        vec![vec![
            ("carer", s("母")),
            ("sleep", format!("{}.5", dice.between(3, 5))),
            ("wakes", night.to_string()),
            ("helper", s(if dice.chance(50) { "祖母（週1回）" } else { "なし" })),
            ("work", s("父は日勤と夜勤。母は休職中")),
            ("house", s("集合住宅3階、エレベーターあり")),
            ("car", s("car")),
        ]],
    );
    out
}

/// In how many days a paper ends: of one in twelve soon.
fn ends(dice: &mut Dice) -> i32 {
    if dice.chance(8) { dice.between(5, 55) } else { dice.between(70, 330) }
}
