//! The list of cases: filters, table, pages.

use crate::daily::kid;
use maud::{Markup, html};
use ui::*;

fn filters() -> Markup {
    let tab = |label, current, count| Tab { href: "list.html".into(), label, current, count: Some(count) };
    chips(
        "ケースの絞り込み",
        &[
            tab("すべて", true, 18),
            tab("要対応", false, 1),
            tab("注意", false, 4),
            tab("退院支援中", false, 2),
            tab("就学・移行期", false, 5),
            tab("90日以上 接触なし", false, 1),
        ],
    )
}

pub fn cases_panel(title: &str) -> Markup {
    panel(title, html! { a href="list.html" { "一覧を開く（18人）" } }, html! { (filters()) (cases()) })
}

type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Tone,
    &'static str,
    &'static [&'static str],
    i64,
    &'static str,
    &'static str,
);

const CASES: [Case; 5] = [
    (
        "葉月 ひなた",
        "はづき ひなた",
        "2歳4か月",
        "三浦市",
        Tone::Alert,
        "要対応",
        &["人工呼吸器", "気管切開", "経管栄養"],
        34,
        "11/20 家族から電話",
        "11/24 訪問",
    ),
    (
        "久里 はると",
        "くり はると",
        "0歳7か月",
        "横須賀市",
        Tone::Warn,
        "注意",
        &["人工呼吸器", "胃ろう"],
        26,
        "11/19 退院前会議",
        "11/24 退院支援会議",
    ),
    (
        "由比 さくら",
        "ゆい さくら",
        "5歳11か月",
        "鎌倉市",
        Tone::Warn,
        "注意",
        &["吸引", "経管栄養"],
        16,
        "11/17 保育所と面談",
        "11/24 教育委員会",
    ),
    (
        "田越 そうた",
        "たごえ そうた",
        "9歳2か月",
        "逗子市",
        Tone::Ok,
        "安定",
        &["導尿"],
        5,
        "11/12 見守り",
        "12/08 見守り",
    ),
    (
        "一色 ゆづき",
        "いっしき ゆづき",
        "17歳8か月",
        "葉山町",
        Tone::Ok,
        "安定",
        &["酸素", "吸引"],
        16,
        "11/10 移行の会議",
        "12/02 見学",
    ),
];

fn cases() -> Markup {
    table(
        "受持ちケース",
        &["氏名", "状態", "医療的ケア", "スコア", "最後の接触", "次の予定"],
        html! {
            @for (name, kana, age, place, t, state, care, score, last, next) in CASES {
                tr {
                    th scope="row" { (kid(name, kana, age, place)) }
                    td data-l="状態" { (tag(t, state)) }
                    td data-l="医療的ケア" { (tags(&care.iter().map(|c| (Tone::Neutral, *c)).collect::<Vec<_>>())) }
                    td.num data-l="スコア" { (score) }
                    td data-l="最後の接触" { (last) }
                    td data-l="次の予定" { (next) }
                }
            }
        },
    )
}

pub fn list() -> Markup {
    html! {
        (heading(&Heading {
            over: "",
            title: "ケース",
            actions: html! { (link_button("#", "Excelで出す", Some(Icon::Download), false)) },
        }))
        (tabs("ケースの見方", &[
            Tab { href: "list.html".into(), label: "受持ち", current: true, count: Some(18) },
            Tab { href: "list.html".into(), label: "圏域のすべて", current: false, count: Some(77) },
            Tab { href: "empty.html".into(), label: "終了したケース", current: false, count: None },
        ]))
        (panel("受持ち 18人", html! { "氏名のふりがな順" }, html! {
            (filters()) (cases()) (pager("18人中 1～5人", None, Some("list.html")))
        }))
    }
}
