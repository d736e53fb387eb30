//! Home, and an empty list.

use crate::list::cases_panel;
use maud::{Markup, html};
use ui::*;

pub fn kid(name: &'static str, kana: &'static str, age: &'static str, place: &'static str) -> Markup {
    child(&Child { name, kana, age, place, href: Some("case.html") })
}

fn task(day: &str, note: &str, title: &str, sub: Markup, t: Tone, words: &str) -> Row {
    Row {
        when: html! { b { (day) } @if !note.is_empty() { " " span { (note) } } },
        icon: None,
        title: html! { a href="case.html" { (title) } },
        sub,
        side: tag(t, words),
    }
}

pub fn home() -> Markup {
    let hinata = || kid("葉月 ひなた", "はづき ひなた", "2歳4か月", "三浦市");
    let haruto = || kid("久里 はると", "くり はると", "0歳7か月", "横須賀市");
    let sakura = || kid("由比 さくら", "ゆい さくら", "5歳11か月", "鎌倉市");
    let late = [
        task(
            "11/20（金）",
            "4日超過",
            "退院前カンファレンスの結果をチームに共有する",
            haruto(),
            Tone::Alert,
            "期限超過",
        ),
        task("11/23（月）", "1日超過", "訪問看護ステーションの受入れ回答を確認する", hinata(), Tone::Alert, "期限超過"),
    ];
    let today = [
        task("10:00", "三浦市", "家庭訪問（訪問看護に同行）", hinata(), Tone::Info, "訪問"),
        task("13:30", "オンライン", "退院支援会議", haruto(), Tone::Info, "会議"),
        task("16:00", "鎌倉市", "就学に向けた医療的ケアの協議", sakura(), Tone::Info, "会議"),
        task(
            "今日中",
            "",
            "相談の一次判定をする（新規 3件）",
            html! { "横須賀市 2件・葉山町 1件　受付から24時間以内" },
            Tone::Warn,
            "期限 今日",
        ),
        task(
            "今日中",
            "",
            "短期入所の空き照会に回答を登録する",
            html! { "照会先 3事業所のうち 2件回答あり" },
            Tone::Neutral,
            "照会",
        ),
    ];
    let changes = [
        Row {
            when: html! {},
            icon: Some((Icon::Warn, Tone::Alert)),
            title: html! { a href="case.html" { "夜間の吸引が増えています" } },
            sub: html! { (hinata()) br; "1晩あたり 4回 → 9回（7日間）。訪問看護・家族の2者が報告。" },
            side: html! {},
        },
        Row {
            when: html! {},
            icon: Some((Icon::Clock, Tone::Warn)),
            title: html! { a href="case.html" { "就学まで あと128日" } },
            sub: html! { (sakura()) br; "学校の看護師配置が未定です。市の判断期限は 12月15日。" },
            side: html! {},
        },
        Row {
            when: html! {},
            icon: Some((Icon::Bell, Tone::Info)),
            title: html! { a href="list.html" { "受給者証の期限が30日以内　2件" } },
            sub: html! { "田越 そうた、一色 ゆづき" },
            side: html! {},
        },
    ];
    let waiting = [
        Row {
            when: html! {},
            icon: Some((Icon::Send, Tone::Neutral)),
            title: html! { a href="referral.html" { "児童発達支援 こもれび" } },
            sub: html! { "葉月 ひなた　週2回・医療的ケア対応　5日目" },
            side: tag(Tone::Neutral, "照会中"),
        },
        Row {
            when: html! {},
            icon: Some((Icon::Check, Tone::Ok)),
            title: html! { a href="referral.html" { "訪問看護 うみかぜ" } },
            sub: html! { "久里 はると　12月1日から週3回" },
            side: tag(Tone::Ok, "受入れ"),
        },
    ];
    html! {
        (heading(&Heading {
            over: "令和8年11月24日（火）",
            title: "今日の仕事",
            actions: html! {
                (link_button("empty.html", "記録する", Some(Icon::Pen), false))
                (link_button("intake.html", "相談を受け付ける", Some(Icon::Inbox), true))
            },
        }))
        (figures("受持ちの数", &[
            Figure { label: "期限を過ぎたタスク", value: 2, unit: "件", href: "#", bad: true },
            Figure { label: "今日のタスク", value: 5, unit: "件", href: "#", bad: false },
            Figure { label: "未対応の相談", value: 4, unit: "件", href: "#", bad: true },
            Figure { label: "返答待ちのつなぎ", value: 3, unit: "件", href: "#", bad: false },
            Figure { label: "受持ちケース", value: 18, unit: "人", href: "list.html", bad: false },
        ]))
        (two(
            panel("タスク", html! { a href="list.html" { "すべて見る（11件）" } }, html! {
                (group_head("期限を過ぎています", 2, true)) (worklist(&late))
                (group_head("今日", 5, false)) (worklist(&today))
            }),
            html! {
                (panel("見守りの変化", html! { "過去7日" }, worklist(&changes)))
                (panel("つなぎの返答待ち", html! { a href="list.html" { "すべて見る（3件）" } }, worklist(&waiting)))
            },
        ))
        (cases_panel("受持ちケース"))
    }
}

pub fn nothing() -> Markup {
    html! {
        (heading(&Heading { over: "", title: "相談の受付", actions: link_button("intake.html", "相談を受け付ける", Some(Icon::Plus), true) }))
        (notice(Tone::Ok, "相談を引き継ぎました", html! { p { "引継ぎ先：観音崎 遥（コーディネーター）。あなたの一覧からは外れました。" } }))
        (panel("未対応の相談", html! {}, empty("未対応の相談はありません", html! {
            p { "新しい相談が届くと、ここに現れ、件数が左のメニューに出ます。" }
            (link_button("intake.html", "相談を受け付ける", None, false))
        })))
        (notice(Tone::Warn, "送信待ちが1件あります", html! { p { "病院からの退院連絡に、まだ返事をしていません。" } }))
        (notice(Tone::Info, "12月から照会の様式が変わります", html! { p { "古い様式で届いたものも読み取れます。" } }))
    }
}
