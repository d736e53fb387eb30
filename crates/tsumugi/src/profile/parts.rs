//! What 医療的ケアの状況 consists of. Data, and the few checks between answers.

use crate::{
    policy::Category,
    questionnaire::{Column, Kind, Many, Part, column, decimal, whole},
};

const YES_NO: &[(&str, &str)] = &[("yes", "はい"), ("no", "いいえ")];

const fn line(code: &'static str, label: &'static str, max: usize) -> Column {
    column(code, label, Kind::Line(max))
}
const fn text(code: &'static str, label: &'static str, max: usize) -> Column {
    column(code, label, Kind::Text(max))
}
const fn choice(code: &'static str, label: &'static str, of: &'static [(&'static str, &'static str)]) -> Column {
    column(code, label, Kind::Choice(of))
}
const fn many(noun: &'static str, most: usize) -> Option<Many> {
    Some(Many { noun, most })
}

pub const DIAGNOSIS: Part = Part {
    code: "diagnosis",
    label: "診断名",
    about: "医師が診断した病気や障害。",
    many: many("診断", 20),
    columns: &[
        line("name", "診断名", 80).required(),
        line("since", "いつから", 30).hint("例 生後すぐ、令和6年7月"),
        line("note", "補足", 200),
    ],
};

pub const DOCTOR: Part = Part {
    code: "doctor",
    label: "医師・医療機関",
    about: "主治医、在宅医、急変のときに受け入れる病院、専門外来、歯科、薬局。",
    many: many("医療機関", 15),
    columns: &[
        line("facility", "医療機関", 80).required(),
        choice(
            "role",
            "役割",
            &[
                ("main", "主治医"),
                ("home", "在宅医（訪問診療）"),
                ("emergency", "急変のときの受入れ"),
                ("specialist", "専門外来"),
                ("dentist", "歯科"),
                ("pharmacy", "薬局"),
                ("other", "その他"),
            ],
        )
        .required(),
        line("department", "診療科", 40),
        line("doctor", "医師・担当者", 50),
        column("phone", "電話", Kind::Phone),
        line("often", "受診の間隔", 40).hint("例 月1回、第2水曜"),
        line("note", "補足", 200),
    ],
};

/// Kinds of devices; those that need current are [`POWERED`].
pub const DEVICES: &[(&str, &str)] = &[
    ("ventilator", "人工呼吸器"),
    ("cough_assist", "排痰補助装置"),
    ("oxygen", "酸素濃縮器"),
    ("cylinder", "酸素ボンベ"),
    ("suction", "吸引器"),
    ("oximeter", "パルスオキシメーター"),
    ("nebuliser", "ネブライザー"),
    ("feeding_pump", "注入ポンプ"),
    ("infusion", "輸液・皮下注のポンプ"),
    ("tracheal_tube", "気管カニューレ"),
    ("gastrostomy", "胃瘻ボタン・カテーテル"),
    ("feeding_tube", "栄養チューブ"),
    ("catheter", "導尿の器材"),
    ("stoma", "ストーマの装具"),
    ("other", "その他"),
];

/// Devices that stop without current.
pub const POWERED: &[&str] =
    &["ventilator", "cough_assist", "oxygen", "suction", "oximeter", "nebuliser", "feeding_pump", "infusion"];

pub const DEVICE: Part = Part {
    code: "device",
    label: "機器・器材",
    about: "使っている機器と器材、その設定・サイズ・交換の予定、止まったときの連絡先、電源。",
    many: many("機器・器材", 30),
    columns: &[
        line("name", "機種・品名", 80).required(),
        choice("kind", "種類", DEVICES).required(),
        line("size", "サイズ", 40).hint("例 内径4.0mm、14Fr 2.0cm"),
        text("setting", "設定", 300).hint("モード、圧、回数、流量など、単位も書きます"),
        column("exchanged", "前に交換した日", Kind::Date),
        column("every", "交換の間隔", whole(1, 730, "日")),
        column("next", "次に交換する日", Kind::Date).hint("空のときは、前の日と間隔から"),
        line("spare", "予備", 60).hint("例 同じサイズ2本、一つ小さいもの1本"),
        line("vendor", "業者", 60),
        column("phone", "業者の電話（24時間）", Kind::Phone),
        choice("critical", "止まると命に関わる", YES_NO),
        column("watts", "消費電力", whole(0, 3000, "W")),
        column("internal", "内部バッテリー", decimal(0, 72, "時間")),
        column("external", "外部バッテリー", decimal(0, 240, "時間")).hint("持っている分を合わせて"),
    ],
};

pub const BREATHING: Part = Part {
    code: "breathing",
    label: "呼吸・酸素・吸引",
    about: "呼吸器の使い方、酸素、吸引の回数。",
    many: None,
    columns: &[
        choice(
            "ventilator",
            "人工呼吸器を使う時間",
            &[("all_day", "一日中"), ("night", "夜間・睡眠時"), ("part", "そのほかの時間帯"), ("none", "使っていない")],
        ),
        line("mode", "呼吸器のモードと設定", 120),
        column("off", "呼吸器を外していられる時間", whole(0, 1440, "分")),
        line("oxygen", "酸素の量", 20).hint("例 0.25L/分"),
        line("oxygen_when", "酸素を使うとき", 80).hint("例 一日中、睡眠時、SpO₂が90％を下回ったとき"),
        choice(
            "suction",
            "吸引するところ",
            &[("mouth", "口・鼻"), ("trachea", "気管"), ("both", "口・鼻と気管"), ("none", "吸引しない")],
        ),
        column("suction_day", "吸引の回数（日中）", whole(0, 200, "回")),
        column("suction_night", "吸引の回数（夜間）", whole(0, 200, "回")),
        text("note", "補足", 500),
    ],
};

pub const FEEDING: Part = Part {
    code: "feeding",
    label: "栄養・水分",
    about: "食べる・注入する方法、内容、量、速さ。",
    many: None,
    columns: &[
        choice(
            "route",
            "方法",
            &[
                ("mouth", "口から"),
                ("nasal", "経鼻胃管"),
                ("gastrostomy", "胃瘻"),
                ("nasal_bowel", "経鼻腸管"),
                ("jejunostomy", "腸瘻"),
                ("central", "中心静脈栄養"),
                ("mixed", "口と注入の併用"),
            ],
        ),
        line("product", "製剤・食形態", 120),
        column("amount", "1回の量", whole(0, 2000, "mL")),
        column("times", "1日の回数", whole(0, 24, "回")),
        column("speed", "速さ", decimal(0, 1000, "mL/時")),
        line("clock", "時刻", 120).hint("例 7:00 11:00 15:00 19:00"),
        line("position", "姿勢", 120),
        text("note", "補足", 500).hint("固定の長さ、確かめ方、とろみなど"),
    ],
};

pub const MEDICINE: Part = Part {
    code: "medicine",
    label: "薬",
    about: "続けて使う薬と、必要なときに使う薬（頓用）。",
    many: many("薬", 40),
    columns: &[
        line("name", "薬の名前", 80).required(),
        choice(
            "form",
            "形",
            &[
                ("powder", "散・細粒"),
                ("tablet", "錠・カプセル"),
                ("liquid", "液・シロップ"),
                ("suppository", "坐薬"),
                ("patch", "貼り薬"),
                ("inhaled", "吸入"),
                ("injection", "注射"),
                ("other", "その他"),
            ],
        ),
        line("dose", "1回の量", 40).hint("単位も書きます"),
        line("when", "時刻・使うとき", 80).hint("例 朝・夕、38.5度以上のとき"),
        line("purpose", "何の薬か", 60),
        line("note", "補足", 200),
    ],
};

pub const ALLERGY: Part = Part {
    code: "allergy",
    label: "アレルギー・禁忌",
    about: "食べ物、薬、ラテックスなど。ないことを確かめたときは「なし」と書きます。",
    many: many("アレルギー・禁忌", 20),
    columns: &[
        line("what", "何に", 80).required(),
        line("reaction", "出たこと", 120),
        line("action", "出たときにすること", 200),
    ],
};

pub const SEIZURE: Part = Part {
    code: "seizure",
    label: "発作・急変のとき",
    about: "発作の様子、頓用の薬、救急車を呼ぶ目安。",
    many: None,
    columns: &[
        text("kind", "発作の様子", 300),
        line("often", "頻度・最後の発作", 80),
        text("rescue", "発作のときにすること・頓用の薬", 500),
        text("call", "救急車を呼ぶ目安", 500).hint("例 5分たっても止まらない、SpO₂が85％を下回る"),
        text("resuscitation", "呼吸が止まったときの手順", 500),
    ],
};

pub const NORMAL: Part = Part {
    code: "normal",
    label: "ふだんの値",
    about: "具合のよいときの値。いつもと違うことに気づくためのものです。",
    many: None,
    columns: &[
        column("temperature_low", "体温 下", decimal(33, 42, "℃")),
        column("temperature_high", "体温 上", decimal(33, 42, "℃")),
        column("spo2_low", "SpO₂ 下", whole(50, 100, "％")),
        column("spo2_high", "SpO₂ 上", whole(50, 100, "％")),
        column("pulse_low", "脈拍 下", whole(30, 250, "回/分")),
        column("pulse_high", "脈拍 上", whole(30, 250, "回/分")),
        column("breath_low", "呼吸数 下", whole(5, 100, "回/分")),
        column("breath_high", "呼吸数 上", whole(5, 100, "回/分")),
        line("colour", "顔色・唇の色", 80),
        line("weight", "体重", 12).hint("例 2.35kg"),
        column("height", "身長", decimal(20, 220, "cm")),
        column("measured", "体重・身長を測った日", Kind::Date),
        line("blood", "血液型", 20).hint("検査で確かめたときだけ"),
    ],
};

/// 運動機能 in the five steps of 大島分類, from who lies to who runs.
pub const MOBILITY: &[(&str, &str)] = &[
    ("lies", "寝たきり"),
    ("sits", "座れる"),
    ("crawls", "いざり・つかまり立ち（歩行障害）"),
    ("walks", "歩ける"),
    ("runs", "走れる"),
];
/// 知的発達 in the five bands of 大島分類, from the lowest.
pub const INTELLECT: &[(&str, &str)] =
    &[("b20", "IQ 20以下"), ("b35", "IQ 21〜35"), ("b50", "IQ 36〜50"), ("b70", "IQ 51〜70"), ("b80", "IQ 71〜80")];

pub const MOVEMENT: Part = Part {
    code: "movement",
    label: "運動と知的発達",
    about: "大島分類の目安に使います。スコアとは別に記録します。",
    many: None,
    columns: &[
        choice("mobility", "運動", MOBILITY),
        choice("intellect", "知的発達", INTELLECT).hint("検査などで確かめたときだけ"),
        column("tested", "確かめた日", Kind::Date),
        text("note", "補足", 300).hint("寝返り、移乗、目が離せないことなど"),
    ],
};

pub const SELF: Part = Part {
    code: "self",
    label: "本人のこと",
    about: "伝え方、好きなこと、落ち着く方法、感染症と予防接種、治療についての希望。",
    many: None,
    columns: &[
        text("communication", "伝え方・受け取り方", 300).hint("表情、視線、手のサイン、文字盤、機器など"),
        text("likes", "好きなこと", 300),
        text("dislikes", "苦手なこと", 300),
        text("calm", "落ち着く方法", 300),
        text("posture", "姿勢・移動で気をつけること", 300),
        text("infection", "感染症", 300).hint("かかったもの、保菌、気をつけること"),
        text("vaccine", "予防接種", 300),
        text("wishes", "治療についての本人・家族の希望", 500).hint("話し合って決めたことを、そのままの言葉で"),
        column("wished", "希望を確かめた日", Kind::Date),
    ],
};

pub const CERTIFICATE: Part = Part {
    code: "certificate",
    label: "手帳・受給者証・指示書",
    about: "期限のあるものは、終わる日を入れると、近づいたときに知らせます。",
    many: many("手帳・証・指示書", 30),
    columns: &[
        choice(
            "kind",
            "種類",
            &[
                ("physical", "身体障害者手帳"),
                ("intellectual", "療育手帳"),
                ("mental", "精神障害者保健福祉手帳"),
                ("day_service", "通所受給者証"),
                ("welfare", "障害福祉サービス受給者証"),
                ("chronic", "小児慢性特定疾病 医療受給者証"),
                ("rare", "指定難病 医療受給者証"),
                ("rearing", "自立支援医療（育成医療）"),
                ("allowance", "特別児童扶養手当"),
                ("welfare_allowance", "障害児福祉手当"),
                ("equipment", "日常生活用具の給付"),
                ("nursing_order", "訪問看護指示書"),
                ("care_order", "医療的ケアの指示書（園・学校）"),
                ("medical_card", "こども医療証・重度医療証"),
                ("other", "その他"),
            ],
        )
        .required(),
        line("grade", "等級・内容", 80),
        line("number", "番号", 30),
        line("issuer", "交付元・指示した医師", 80),
        column("from", "始まる日", Kind::Date),
        column("until", "終わる日", Kind::Date),
        line("note", "補足", 200),
    ],
};

pub const HOUSEHOLD: Part = Part {
    code: "household",
    label: "家族の様子と住まい",
    about: "主に介護する人の眠りと体調、仕事、きょうだい、家と車。",
    many: None,
    columns: &[
        line("carer", "主に介護する人", 40),
        column("sleep", "主に介護する人の睡眠（1日）", decimal(0, 24, "時間")),
        column("wakes", "夜に起きる回数", whole(0, 50, "回")),
        text("health", "介護する人の体調", 300),
        line("helper", "代わりに介護できる人", 120),
        text("work", "仕事", 300),
        text("siblings", "きょうだいの様子", 300),
        text("house", "住まい", 300).hint("階、エレベーター、段差、ベッドの場所"),
        text("bath", "入浴", 200),
        choice("car", "車", &[("wheelchair", "ある（車いすのまま乗れる）"), ("car", "ある"), ("none", "ない")]),
        text("note", "補足", 500),
    ],
};

pub const DAY: Part = Part {
    code: "day",
    label: "一日の流れ",
    about: "ふつうの一日。夜のケアも書くと、だれがいつ担っているかが見えます。",
    many: many("時刻", 48),
    columns: &[
        column("time", "時刻", Kind::Time).required(),
        line("what", "すること", 120).required(),
        line("who", "だれが", 60),
    ],
};

/// Every part, in the order of the page, with the class of information that decides who sees it.
pub const PARTS: [(&Part, Category); 14] = [
    (&DIAGNOSIS, Category::Care),
    (&DOCTOR, Category::Care),
    (&SEIZURE, Category::Care),
    (&ALLERGY, Category::Care),
    (&DEVICE, Category::Care),
    (&BREATHING, Category::Care),
    (&FEEDING, Category::Care),
    (&MEDICINE, Category::Care),
    (&NORMAL, Category::Care),
    (&MOVEMENT, Category::Care),
    (&SELF, Category::Care),
    (&CERTIFICATE, Category::Care),
    (&DAY, Category::Family),
    (&HOUSEHOLD, Category::Family),
];

pub fn part_of(code: &str) -> Option<(&'static Part, Category)> {
    PARTS.iter().find(|(p, _)| p.code == code).copied()
}
