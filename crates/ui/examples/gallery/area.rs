//! The map page.

use maud::{Markup, html};
use ui::*;

pub fn region() -> Markup {
    let numbers: [(i64, &str, &str, u8); 5] = [
        (2, "配置 2・児 41", "41", 2),
        (1, "配置 1・児 19", "19", 1),
        (0, "配置 0・児 7", "7", 0),
        (0, "配置 0・児 6", "6", 0),
        (1, "配置 1・児 5未満", "5未満", 1),
    ];
    let areas: Vec<Area> = FIVE
        .iter()
        .zip(&numbers)
        .map(|(o, (value, text, _, class))| Area {
            code: o.code,
            name: o.name,
            path: o.path,
            label_xy: o.label,
            value: *value,
            text,
            href: Some("list.html"),
            class: *class,
        })
        .collect();
    html! {
        (heading(&Heading {
            over: "令和8年11月24日 現在",
            title: "横須賀・三浦圏域の状況",
            actions: html! { (link_button("#", "Excelで出す", Some(Icon::Download), false)) (link_button("#", "協議の場の資料", Some(Icon::Report), false)) },
        }))
        (figures("圏域の数", &[
            Figure { label: "把握している児", value: 77, unit: "人", href: "#", bad: false },
            Figure { label: "支援中のケース", value: 70, unit: "人", href: "#", bad: false },
            Figure { label: "コーディネーター", value: 4, unit: "人", href: "#", bad: false },
            Figure { label: "配置のない市町", value: 2, unit: "市", href: "#", bad: true },
        ]))
        (two(
            panel("配置の地図", html! {}, region_map(
                "コーディネーターの配置",
                "横須賀市に2人、鎌倉市と葉山町に1人ずつ。逗子市と三浦市には配置がありません。",
                VIEW_BOX,
                &areas,
                &[(2, "2人以上"), (1, "1人"), (0, "配置なし（圏域で対応）")],
            )),
            html! {
                (panel("市町ごとの状況", html! {}, table("市町ごとの状況", &["市町", "児", "配置", "協議の場"], html! {
                    @for (o, (value, _, kids, _)) in FIVE.iter().zip(&numbers) {
                        tr {
                            th scope="row" { (o.name) }
                            td.num data-l="児" { (kids) }
                            td.num data-l="配置" { (value) }
                            td data-l="協議の場" { (if *value > 0 { tag(Tone::Ok, "実施 1回") } else { tag(Tone::Warn, "未開催") }) }
                        }
                    }
                })))
                (panel("個別課題から見えた地域課題", html! { a href="#" { "すべて（9件）" } }, worklist(&[
                    issue("短期入所の不足（人工呼吸器対応）", "11人のケースから・3市　→ 圏域の協議の場 12/15", Tone::Alert, "優先"),
                    issue("学校・保育所の看護師配置", "6人のケースから・鎌倉市、三浦市　→ 市の協議の場 12/10", Tone::Warn, "検討中"),
                    issue("退院前の情報提供が遅い", "4人のケースから・病院2か所　→ スーパーバイザーチームへ", Tone::Info, "上申"),
                ])))
            },
        ))
    }
}

fn issue(title: &str, sub: &str, t: Tone, words: &str) -> Row {
    Row {
        when: html! {},
        icon: None,
        title: html! { a href="#" { (title) } },
        sub: html! { (sub) },
        side: tag(t, words),
    }
}
