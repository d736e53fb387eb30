//! The intake form with errors, and the one-time answer page for people without an account.

use maud::{Markup, html};
use ui::*;

const SOURCES: [(&str, &str); 6] = [
    ("family", "家族"),
    ("hospital", "病院"),
    ("office", "支援機関"),
    ("city", "市町"),
    ("school", "保育所・学校"),
    ("other", "その他"),
];

pub fn intake() -> Markup {
    let errors = [
        ("child_name", "お子さんの氏名を入力してください。分からないときは「不明」と書きます。".to_owned()),
        ("born_on", "生年月日「R8.13.40」を読み取れません。例のどれかの形で書いてください。".to_owned()),
        ("urgency", "急ぎの度合いを選んでください。".to_owned()),
    ];
    let error = |name: &str| errors.iter().find(|(n, _)| *n == name).map(|(_, e)| e.as_str());
    html! {
        (heading(&Heading { over: "令和8年11月24日（火）10:12 受付", title: "相談を受け付ける", actions: html! {} }))
        (error_summary(&errors))
        (two(
            html! {
                form method="post" action="/consultations" data-draft="/consultations/draft" novalidate {
                    input type="hidden" name="draft" value="0192";
                    (panel("相談", draft_state(), pad(html! {
                        (Field::new("source", "相談者").required().value("family").radios(&SOURCES))
                        (form_row(html! {
                            (Field::new("caller", "相談者の氏名").value("葉月 由美").autocomplete("off").max(60).text())
                            (Field::new("phone", "折り返しの電話番号").tel())
                        }))
                        (form_row(html! {
                            (Field::new("child_name", "お子さんの氏名").required().max(60).error(error("child_name"))
                                .live("/consultations/matches", "#matches").text())
                            (Field::new("child_kana", "ふりがな").value("はづき ひなた").text())
                        }))
                        (form_row(html! {
                            (Field::new("born_on", "生年月日").value("R8.13.40").error(error("born_on")).date())
                            (Field::new("place", "お住まいの市町").select(&[("", "選んでください"), ("142018", "横須賀市"), ("142042", "鎌倉市"), ("142085", "逗子市"), ("142107", "三浦市"), ("143014", "葉山町")]))
                        }))
                        (Field::new("care", "医療的ケア").hint("分かる範囲で、いくつでも。").checks(
                            &[("vent", "人工呼吸器"), ("trach", "気管切開"), ("suction", "吸引"), ("o2", "酸素"), ("tube", "経管栄養"), ("cath", "導尿"), ("iv", "中心静脈栄養"), ("unknown", "まだ分からない")],
                            &["vent", "tube"],
                        ))
                        (Field::new("urgency", "急ぎの度合い").required().error(error("urgency")).radios(&[("now", "いますぐ"), ("week", "今週中"), ("later", "急がない")]))
                        (Field::new("note", "相談の内容").required().hint("話されたことばのまま書くと、あとで役に立ちます。").value("夜の吸引が増えて眠れていない。\n退院のときに聞いた短期入所を使いたい。").area(5))
                        (Field::new("minutes", "対応にかかった時間").hint("画面を見ている間に数えます。書き直せます。").minutes().number("分"))
                        (Field::new("told", "個人情報の取扱いを説明し、相談者の了承を得た").value("1").checkbox())
                        (actions(html! { (button("受け付ける", true)) (button_value("then", "list", "受け付けて一覧に戻る", false)) }))
                    })))
                }
            },
            html! {
                (panel("同じお子さんかもしれません", tag(Tone::Warn, "1人"), html! {
                    div #matches {
                        (worklist(&[Row {
                            when: html! {},
                            icon: Some((Icon::Person, Tone::Info)),
                            title: html! { a href="case.html" { "葉月 ひなた" } },
                            sub: html! { "はづき ひなた　2歳4か月・三浦市　" (time("2024-07-03", "令和6年7月3日")) "生" },
                            side: button("この子にする", false),
                        }]))
                    }
                }))
                (panel("電話で聞くこと", html! {}, pad(html! {
                    (kv(&[("いま困ること", html! { "ことばのまま" }), ("いつまでに", html! { "退院や入園の日" }), ("だれと", html! { "もうつながっている人" }), ("連絡の方法", html! { "電話できる時間帯" })]))
                    (details("緊急のとき", html! { p { "呼吸や意識の様子がおかしいときは、まず 119 番を案内します。" } }))
                })))
            },
        ))
    }
}

pub fn answer() -> Markup {
    html! {
        (heading(&Heading { over: "横須賀・三浦圏域 医療的ケア児等コーディネーターから", title: "受入れの照会に答える", actions: html! {} }))
        (notice(Tone::Info, "この画面は一度だけ使えます", html! { p { "令和8年12月1日（火）まで。お子さんの氏名は、お返事のあとに電話でお伝えします。" } }))
        (panel("照会の内容", tag(Tone::Neutral, "回答待ち"), pad(kv(&[
            ("お願いしたいこと", html! { "児童発達支援　週2回" }),
            ("お子さん", html! { "2歳・三浦市・人工呼吸器と経管栄養" }),
            ("始めたい時期", html! { (time("2026-12", "令和8年12月中")) }),
        ]))))
        form method="post" action="/answers/x" novalidate {
            (panel("お返事", html! {}, pad(html! {
                (Field::new("answer", "受け入れられますか").required().radios(&[("yes", "受け入れられる"), ("later", "時期をずらせば"), ("no", "受け入れられない")]))
                (Field::new("from", "いつから").date())
                (Field::new("reason", "条件や、むずかしい理由").hint("足りないもの（看護師、車、部屋など）を書いてくださると、地域の課題として市町に届けます。").area(3))
                (Field::new("by", "お名前").required().text())
                (actions(button("返事を送る", true)))
            })))
        }
    }
}
