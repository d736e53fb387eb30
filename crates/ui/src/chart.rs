//! Small charts drawn as SVG, with the same in words for who does not see them.

use maud::{Markup, html};

/// A value that stays until the next one, such as a score that was judged again.
pub struct StepsChart<'a> {
    pub label: &'a str,
    pub unit: &'a str,
    /// A day in words and the value from then on, the oldest first; at least two.
    pub points: &'a [(String, i64)],
    /// The least value that the height stands for, so that small numbers do not look large.
    pub least_top: i64,
    /// Values with a name, drawn as thin lines.
    pub marks: &'a [(i64, &'a str)],
}

const WIDTH: i64 = 640;
const HEIGHT: i64 = 180;
const LEFT: i64 = 52;
const RIGHT: i64 = 20;
const TOP: i64 = 22;
const BOTTOM: i64 = 28;

/// A chart of steps; every value stands beside its point, so that no scale is needed.
pub fn steps_chart(c: &StepsChart<'_>) -> Markup {
    let top = c.points.iter().map(|(_, v)| *v).max().unwrap_or(0).max(c.least_top).max(1);
    let last = i64::try_from(c.points.len()).unwrap_or(1).saturating_sub(1).max(1);
    let x = |i: usize| LEFT + (WIDTH - LEFT - RIGHT) * i64::try_from(i).unwrap_or(0) / last;
    let y = |v: i64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * v.clamp(0, top) / top;
    let words: Vec<String> = c.points.iter().map(|(day, v)| format!("{day} {v}{}", c.unit)).collect();
    let path: String = c
        .points
        .iter()
        .enumerate()
        .map(|(i, (_, v))| if i == 0 { format!("M{} {}", x(i), y(*v)) } else { format!("H{}V{}", x(i), y(*v)) })
        .collect();
    // With many points only some days have room below; the table beside the chart has all.
    let every = c.points.len().div_ceil(6).max(1);
    html! {
        div.chart {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(format!("{}：{}", c.label, words.join("、"))) {
                @for (value, name) in c.marks.iter().filter(|(v, _)| *v <= top) {
                    line x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y(*value)) y2=(y(*value)) class="mark" {}
                    text x="4" y=(y(*value) + 4) class="axis" { (name) }
                }
                path d=(path) class="line" {}
                @for (i, (day, value)) in c.points.iter().enumerate() {
                    circle cx=(x(i)) cy=(y(*value)) r="4" class="dot" {}
                    text x=(x(i)) y=(y(*value) - 9) class="value" text-anchor=(anchor(i, c.points.len())) { (value) }
                    @if i % every == 0 || i + 1 == c.points.len() {
                        text x=(x(i)) y=(HEIGHT - 8) class="axis" text-anchor=(anchor(i, c.points.len())) { (day) }
                    }
                }
            }
        }
    }
}

fn anchor(i: usize, count: usize) -> &'static str {
    if i == 0 {
        "start"
    } else if i + 1 == count {
        "end"
    } else {
        "middle"
    }
}

/// A line as small as a word: days from left to right, the usual range as a band behind it.
pub struct Sparkline<'a> {
    pub label: &'a str,
    /// Day from 0 and value, in order.
    pub points: &'a [(i64, i64)],
    /// The last day of the scale.
    pub span: i64,
    pub band: Option<(i64, i64)>,
}

const SPARK: (i64, i64) = (168, 40);

/// The values stand in the table beside it and below it, so that the picture is none for who does not see it.
pub fn sparkline(s: &Sparkline<'_>) -> Markup {
    let values = || s.points.iter().map(|(_, v)| *v).chain(s.band.iter().flat_map(|(l, h)| [*l, *h]));
    let (Some(low), Some(high)) = (values().min(), values().max()) else {
        return html! { small { "まだ値がありません" } };
    };
    let (width, height) = SPARK;
    let reach = (high - low).max(1);
    let x = |day: i64| 4 + (width - 8) * day.clamp(0, s.span) / s.span.max(1);
    let y = |v: i64| height - 5 - (height - 10) * (v - low) / reach;
    let line: Vec<String> = s.points.iter().map(|(d, v)| format!("{},{}", x(*d), y(*v))).collect();
    html! {
        svg.spark viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(s.label) {
            @if let Some((l, h)) = s.band { rect x="0" width=(width) y=(y(h)) height=((y(l) - y(h)).max(2)) class="band" {} }
            @if line.len() > 1 { polyline points=(line.join(" ")) class="line" {} }
            @if let Some((d, v)) = s.points.last() { circle cx=(x(*d)) cy=(y(*v)) r="3.5" class="dot" {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_stays_in_its_frame_with_one_value_and_with_none() {
        let of =
            |points: &[(i64, i64)], band| sparkline(&Sparkline { label: "吸引", points, span: 13, band }).into_string();
        assert!(of(&[], None).contains("まだ値がありません"));
        assert!(of(&[(13, 5)], None).contains("cx=\"164\""));
        let two = of(&[(0, 30), (13, 90)], Some((30, 50)));
        assert!(
            two.contains("points=\"4,35 164,5\"") && two.contains("class=\"band\"") && !two.contains("style="),
            "{two}"
        );
    }

    #[test]
    fn a_chart_says_in_words_what_it_draws_and_stays_in_its_frame() {
        let points = [("R7.4.1".to_owned(), 18), ("R8.4.1".to_owned(), 47)];
        let chart = StepsChart {
            label: "スコア",
            unit: "点",
            points: &points,
            least_top: 40,
            marks: &[(16, "区分2"), (99, "高すぎる")],
        };
        let svg = steps_chart(&chart).into_string();
        assert!(svg.contains("スコア：R7.4.1 18点、R8.4.1 47点"));
        assert!(svg.contains("区分2") && !svg.contains("高すぎる"));
        assert!(svg.contains(&format!("V{TOP}")), "the highest value is at the top: {svg}");
        assert!(!svg.contains("style="));
    }
}
