//! A referral with its steps, and a case with its timeline.

use crate::daily::kid;
use maud::{Markup, html};
use ui::*;

fn step<'a>(label: &'a str, note: &'a str, state: StepState) -> Step<'a> {
    Step { label, note, state }
}

pub fn referral() -> Markup {
    use StepState::{Ahead, Done, Now, Stopped};
    html! {
        (heading(&Heading {
            over: "つなぎ　R8-0142",
            title: "児童発達支援 こもれび への依頼",
            actions: html! { (link_button("#", "電話で確かめる", Some(Icon::Phone), false)) (link_button("#", "催促する", Some(Icon::Bell), true)) },
        }))
        (panel("進みぐあい", tag(Tone::Warn, "返答待ち 5日目"), steps("つなぎの進みぐあい", &[
            step("下書き", "11/18", Done), step("依頼", "11/19 相模野", Done), step("受入", "期限 11/26", Now),
            step("開始", "", Ahead), step("結果", "", Ahead), step("確認", "", Ahead),
        ])))
        (two(
            panel("依頼の内容", html! { a href="#" { "直す" } }, pad(kv(&[
                ("お子さん", kid("葉月 ひなた", "はづき ひなた", "2歳4か月", "三浦市")),
                ("お願いしたいこと", html! { "週2回・送迎あり・人工呼吸器に対応できる看護師" }),
                ("始めたい時期", html! { (time("2026-12", "令和8年12月")) }),
                ("同意", html! { (tag(Tone::Ok, "同意あり")) " 9機関・令和9年3月末まで" }),
                ("一度だけの画面", html! { code #link { "https://example.invalid/answers/3f9c" } " " (copy_button("link", "コピーする", "コピーしました")) }),
            ]))),
            panel("終わったつなぎ", html! {}, steps("短期入所への依頼", &[
                step("下書き", "11/02", Done), step("依頼", "11/02", Done), step("受入", "空きなし", Stopped),
            ])),
        ))
    }
}

pub fn case() -> Markup {
    let entry = |id, iso, day, time, kind, tone, title, by, text: &str, foot: Markup| Entry {
        id,
        iso,
        day,
        time,
        kind,
        tone,
        title,
        by,
        body: html! { p { (text) } },
        foot,
    };
    html! {
        section.panel.case {
            div {
                h1 { ruby { "葉月 ひなた" rp { "（" } rt { "はづき ひなた" } rp { "）" } } small { " さん" } }
                (tags(&[(Tone::Alert, "要対応"), (Tone::Neutral, "在宅移行後"), (Tone::Neutral, "人工呼吸器"), (Tone::Neutral, "経管栄養")]))
            }
            div.meta {
                span { b { "2歳4か月" } "（令和6年7月3日生）" } span { "三浦市" } span { "主担当 " b { "相模野 瑞希" } }
                span { "番号 " b { "R8-0142" } } span { "あなたは " b { "主担当" } }
            }
            div.act { (link_button("#", "記録する", Some(Icon::Pen), true)) (link_button("#", "つなぐ", Some(Icon::Send), false)) }
        }
        (tabs("ケースの中", &["全体", "経過記録", "チーム", "支援計画", "見守り", "課題", "書類", "同意と閲覧履歴"]
            .iter().enumerate().map(|(i, label)| Tab { href: "case.html".into(), label, current: i == 1, count: (i == 5).then_some(2) })
            .collect::<Vec<_>>()))
        (notice(Tone::Alert, "夜間の吸引が7日間で 4回 → 9回 に増えています", html! {
            p { "訪問看護（11/22）と家族（11/20）が報告。主治医への連絡がまだです。" }
            (link_button("#", "主治医に連絡する", Some(Icon::Phone), false))
        }))
        (two(
            panel("経過", html! { a href="#" { "すべて見る（64件）" } }, timeline(&[
                entry("e4", "2026-11-22T14:10:00+09:00", "11/22（日）", "14:10", "観察", Tone::Alert, "吸引回数の増加", "訪問看護 うみかぜ・観音崎 看護師", "夜間9回。痰は白色・粘稠。SpO₂ 93〜96％。母の疲労が強く、短期入所の希望あり。", html! { span { "閲覧 5機関" } a href="#e4" { "課題にする" } }),
                entry("e3", "2026-11-20T19:32:00+09:00", "11/20（金）", "19:32", "連絡", Tone::Warn, "家族からの連絡", "母（家族アプリ）", "「夜ほとんど眠れていません。次の受診まで待ってよいか相談したいです。」", html! {}),
                entry("e2", "2026-11-19T15:00:00+09:00", "11/19（木）", "15:00", "決定", Tone::Info, "担当者会議（6名）", "コーディネーター 相模野", "児発の受入れ照会を継続。短期入所は圏域外も含めて探す。次回 12月10日。", html! {}),
                entry("e1", "2026-11-05T11:00:00+09:00", "11/05（木）", "11:00", "書類", Tone::Neutral, "人工呼吸器の設定変更", "こども医療センター", "設定変更の指示書を共有しました。", html! {}),
            ])),
            html! {
                (panel("つないだ先の状況", html! {}, pad(kv(&[
                    ("訪問看護", html! { (tag(Tone::Ok, "利用中")) " うみかぜ・週3回" }),
                    ("児童発達支援", html! { (tag(Tone::Warn, "照会 5日目")) " こもれび" }),
                    ("短期入所", html! { (tag(Tone::Alert, "空きなし")) " 3件に照会" }),
                    ("居宅介護", html! { (tag(Tone::Ok, "利用中")) " 土曜 3時間" }),
                    ("保育所", html! { (tag(Tone::Info, "協議中")) " 令和9年4月 希望" }),
                ]))))
                (panel("チーム", html! { a href="#" { "開く" } }, html! {
                    ul.plain {
                        li { (tag(Tone::Neutral, "医療")) " " b { "観音崎 遥" } " 看護師" br; small { "訪問看護 うみかぜ" } }
                        li { (tag(Tone::Neutral, "福祉")) " " b { "浦賀 健" } " 相談支援専門員" br; small { "相談支援 なぎさ" } }
                    }
                }))
                (panel("記録を探す", html! {}, html! {
                    form.filter method="get" action="case.html" role="search" aria-label="記録を探す" {
                        (form_row(html! { (Field::new("text", "文章で探す").text()) (button("探す", false)) }))
                    }
                    ul.menu { li { a href="home.html" { (icon(Icon::Home)) "今日の仕事" } } li { a href="list.html" { (icon(Icon::Person)) b { "コーディネーター" } " 相模野 瑞希 " small { "横須賀・三浦圏域" } } } }
                }))
                (panel("基本情報", html! { a href="#" { "直す" } }, pad(kv(&[
                    ("生年月日", html! { (time("2024-07-03", "令和6年7月3日")) "（2歳4か月）" }),
                    ("受給者証", html! { (time("2027-03-31", "令和9年3月31日")) "まで" }),
                    ("急変のとき", html! { a.num href="tel:0000000000" { "00-0000-0000" } "（24時間）" }),
                ]))))
            },
        ))
    }
}
