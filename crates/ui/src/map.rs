//! The map of an area: which municipality stands where, with boxes of words and a table twin.

use crate::{VIEW_BOX, label, outline, table};
use maud::{Markup, html};

/// One municipality on the map.
pub struct Area<'a> {
    pub code: &'a str,
    pub name: &'a str,
    /// SVG path data in the units of the view box, with absolute `M`, `L` and `Z` only.
    pub path: &'a str,
    /// A point well inside the area; a leader line ends there.
    pub label_xy: (f64, f64),
    /// The exact number. It is never shown: small numbers point at persons, so `text` says what may be shown.
    pub value: i64,
    /// What the box says below the name, e.g. 「配置 1・児 5未満」.
    pub text: &'a str,
    pub href: Option<&'a str>,
    /// 0 is none (hatched), 1 to 3 are shades from light to dark.
    pub class: u8,
}

/// The shades of classes 1 to 3: far enough apart to be told apart without colour.
const SHADES: [&str; 3] = ["#cfe6e9", "#86bcc4", "#3d8794"];

/// The map with legend, source and table twin, to stand in a panel without padding.
/// A legend entry is a class and its words, e.g. `(0, "配置なし（圏域で対応）")`.
pub fn region_map(title: &str, desc: &str, view_box: &str, areas: &[Area], legend: &[(u8, &str)]) -> Markup {
    let id = format!("map-{:08x}", fingerprint(title));
    let hatch = format!("{id}-hatch");
    let [_, _, width, height] = numbers4(view_box);
    let places = label::place(areas, width, height);
    let links = areas.iter().any(|a| a.href.is_some());
    html! {
        div.map {
            svg viewBox=(view_box) role=(if links { "group" } else { "img" })
                aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-desc" } {
                title id={ (id) "-title" } { (title) }
                desc id={ (id) "-desc" } { (desc) "同じ内容の表が下にあります。" }
                (hatch_pattern(&hatch))
                rect width=(width) height=(height) rx="10" fill="#e6f0f4" {}
                @if view_box == VIEW_BOX {
                    path d=(outline::AROUND) fill="#f3f5f4" stroke="#fff" stroke-width="2" stroke-linejoin="round" {}
                }
                g stroke="#00343d" stroke-width="1.8" stroke-linejoin="round" {
                    @for area in areas { path d=(area.path) fill=(fill(area.class, &hatch)) {} }
                }
                @for spot in &places { (label::leader(spot)) }
                @for (area, spot) in areas.iter().zip(&places) { (label::boxed(area, spot)) }
            }
        }
        ul.legend aria-label="凡例" {
            @for (class, words) in legend { li { (swatch(*class, &hatch)) (words) } }
        }
        p.source { "「国土数値情報（行政区域データ）」（国土交通省）を加工" }
        details.fold.map-table {
            summary { "同じ内容を表で見る（" (areas.len()) "件）" }
            (twin(title, areas, legend))
        }
    }
}

/// The same in words.
fn twin(title: &str, areas: &[Area], legend: &[(u8, &str)]) -> Markup {
    let words = |class: u8| legend.iter().find(|(c, _)| *c == class).map_or("", |(_, words)| *words);
    table(
        &format!("{title}（表）"),
        &["市町", "内容", "区分"],
        html! {
            @for area in areas {
                tr {
                    th scope="row" {
                        @match area.href { Some(href) => a href=(href) { (area.name) }, None => (area.name) }
                    }
                    td data-l="内容" { (area.text) }
                    td data-l="区分" { (words(area.class)) }
                }
            }
        },
    )
}

fn hatch_pattern(id: &str) -> Markup {
    html! {
        defs {
            pattern id=(id) width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect width="9" height="9" fill="#fff6ec" {}
                path d="M0 0V9" stroke="#ac3e00" stroke-width="3" {}
            }
        }
    }
}

fn fill(class: u8, hatch: &str) -> String {
    match class {
        0 => format!("url(#{hatch})"),
        shade => SHADES[usize::from(shade.clamp(1, 3)) - 1].to_owned(),
    }
}

fn swatch(class: u8, hatch: &str) -> Markup {
    html! {
        svg width="28" height="18" viewBox="0 0 28 18" aria-hidden="true" {
            rect x="1" y="1" width="26" height="16" rx="3" fill=(fill(class, hatch)) stroke="#00343d" {}
        }
    }
}

/// Four numbers of a `viewBox`; what is missing is zero.
fn numbers4(view_box: &str) -> [f64; 4] {
    let mut out = [0.0; 4];
    for (slot, n) in out.iter_mut().zip(view_box.split([' ', ',']).filter_map(|n| n.parse().ok())) {
        *slot = n;
    }
    out
}

/// FNV-1a, so that two maps on one page have ids of their own that stay the same from day to day.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FIVE;

    fn drawn(href: Option<&'static str>) -> String {
        let areas: Vec<Area> = FIVE
            .iter()
            .zip([2, 1, 0, 0, 1])
            .map(|(o, class)| Area {
                code: o.code,
                name: o.name,
                path: o.path,
                label_xy: o.label,
                value: 4,
                text: "児 5未満",
                href,
                class,
            })
            .collect();
        region_map("配置の地図", "三つの市町に配置。", VIEW_BOX, &areas, &[(0, "配置なし"), (1, "1人"), (2, "2人以上")])
            .into_string()
    }

    #[test]
    fn the_map_has_a_table_twin() {
        let html = drawn(None);
        for place in FIVE {
            assert!(html.contains(&format!("<th scope=\"row\">{}</th>", place.name)));
        }
        assert_eq!(html.matches("<td data-l=\"区分\">配置なし</td>").count(), 2);
    }

    #[test]
    fn none_is_hatched_and_shades_differ_in_lightness() {
        assert_eq!(drawn(None).matches("-hatch)\"").count(), 3, "two areas and the legend");
        let grey = |hex: &str| u32::from_str_radix(&hex[3..5], 16).unwrap_or(0);
        assert!(SHADES.windows(2).all(|pair| grey(pair[0]) > grey(pair[1]) + 30));
    }

    #[test]
    fn the_exact_number_is_not_shown() {
        let html = drawn(None);
        let words = html.split("<path").map(|part| part.split_once('>').map_or("", |(_, rest)| rest));
        assert!(!words.collect::<String>().contains(">4<"));
    }

    #[test]
    fn a_map_with_links_is_no_image_for_screen_readers() {
        assert!(drawn(None).contains("role=\"img\""));
        let html = drawn(Some("/places/1"));
        assert!(html.contains("role=\"group\"") && !html.contains("role=\"img\""));
    }

    #[test]
    fn the_source_is_credited() {
        assert!(drawn(None).contains("「国土数値情報（行政区域データ）」（国土交通省）を加工"));
    }
}
