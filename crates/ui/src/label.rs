//! Where the boxes of words stand on a map, and how they are drawn.

use crate::Area;
use maud::{Markup, html};

/// The height of a box and the least distance between two; phones draw boxes 1.4 times as large.
const HEIGHT: f64 = 50.0;
const CLEAR: f64 = 74.0;

/// Where a box stands: its centre, its width, and the end of its leader line when it stands beside its area.
pub(crate) struct Spot {
    x: f64,
    y: f64,
    width: f64,
    leader: Option<(f64, f64)>,
}

/// A closed ring of points.
type Ring = Vec<(f64, f64)>;

/// One spot for each area: on the area where the box fits, otherwise at the left or right edge,
/// on as little land as possible, with a short leader line, and clear of other boxes.
pub(crate) fn place(areas: &[Area], width: f64, height: f64) -> Vec<Spot> {
    let land: Vec<Vec<Ring>> = areas.iter().map(|a| rings(a.path)).collect();
    let mut spots: Vec<Option<Spot>> = areas
        .iter()
        .zip(&land)
        .map(|(area, shape)| {
            let (x, y) = area.label_xy;
            let w = box_width(area);
            let edges = [(x - w / 2.0, y), (x + w / 2.0, y), (x, y - HEIGHT / 2.0), (x, y + HEIGHT / 2.0)];
            let fits = edges.iter().all(|point| inside(*point, shape));
            fits.then_some(Spot { x, y, width: w, leader: None })
        })
        .collect();
    for i in 0..areas.len() {
        if spots[i].is_none() {
            let taken: Vec<(f64, f64, f64)> = spots.iter().flatten().map(|s| (s.x, s.y, s.width)).collect();
            spots[i] = Some(beside(&areas[i], &land, &taken, width, height));
        }
    }
    spots.into_iter().flatten().collect()
}

/// The cheapest spot at an edge of the map.
fn beside(area: &Area, land: &[Vec<Ring>], taken: &[(f64, f64, f64)], width: f64, height: f64) -> Spot {
    let w = box_width(area);
    let (ax, ay) = area.label_xy;
    let cost = |x: f64, y: f64| -> f64 {
        let crowded = taken.iter().filter(|(tx, ty, tw)| (tx - x).abs() < (tw + w) * 0.7 && (ty - y).abs() < CLEAR);
        let over = (0..15).filter(|k| {
            let point = (x - w / 2.0 + w / 4.0 * f64::from(k % 5), y - HEIGHT / 2.0 + HEIGHT / 2.0 * f64::from(k / 5));
            land.iter().any(|shape| inside(point, shape))
        });
        let length = (x - ax).hypot(y - ay);
        // A leader line close to level reads best.
        crowded.count() as f64 * 10_000.0 + over.count() as f64 * 40.0 + length + (y - ay).abs()
    };
    let mut best = (f64::INFINITY, 0.0, 0.0);
    for x in [10.0 + w / 2.0, width - 10.0 - w / 2.0] {
        let mut y = HEIGHT;
        while y <= height - HEIGHT {
            let here = cost(x, y);
            if here < best.0 {
                best = (here, x, y);
            }
            y += 6.0;
        }
    }
    Spot { x: best.1, y: best.2, width: w, leader: Some((ax, ay)) }
}

/// Full-width characters are one em wide, others about half.
fn box_width(area: &Area) -> f64 {
    let ems = |text: &str| text.chars().map(|c| if c.is_ascii() { 0.58 } else { 1.0 }).sum::<f64>();
    (ems(area.name) * 18.0).max(ems(area.text) * 16.0) + 22.0
}

/// The rings of a path of absolute `M`, `L` and `Z`.
fn rings(path: &str) -> Vec<Ring> {
    path.split('M')
        .map(|part| {
            let numbers: Vec<f64> = part.split(['L', 'Z', ' ', ',']).filter_map(|n| n.parse().ok()).collect();
            numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<Ring>()
        })
        .filter(|ring| ring.len() > 2)
        .collect()
}

/// The even-odd rule.
fn inside((x, y): (f64, f64), shape: &[Ring]) -> bool {
    shape.iter().flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1))).fold(
        false,
        |within, ((ax, ay), (bx, by))| {
            let crosses = (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax;
            within != crosses
        },
    )
}

/// The line from a box to its area, drawn below all boxes.
pub(crate) fn leader(spot: &Spot) -> Markup {
    html! {
        @if let Some((x, y)) = spot.leader {
            path d=(format!("M{:.0} {:.0}L{x:.0} {y:.0}", spot.x, spot.y)) stroke="#00343d" stroke-width="2" fill="none" {}
            circle cx=(x) cy=(y) r="5.5" fill="#00343d" stroke="#fff" stroke-width="2" {}
        }
    }
}

/// The box with name and text; a link where the area has one.
pub(crate) fn boxed(area: &Area, spot: &Spot) -> Markup {
    let class = match spot.leader {
        None => "map-label",
        Some((x, _)) if x > spot.x => "map-label at-left",
        Some(_) => "map-label at-right",
    };
    let (left, top) = (spot.x - spot.width / 2.0, spot.y - HEIGHT / 2.0);
    let inner = html! {
        rect x=(format!("{left:.0}")) y=(format!("{top:.0}")) width=(format!("{:.0}", spot.width)) height=(HEIGHT) rx="9"
            fill="#fff" stroke="#00343d" stroke-width="1.5" {}
        text x=(format!("{:.0}", spot.x)) y=(format!("{:.0}", spot.y - 4.0)) font-size="17" font-weight="700"
            text-anchor="middle" fill="#1a1a1a" { (area.name) }
        text x=(format!("{:.0}", spot.x)) y=(format!("{:.0}", spot.y + 17.0)) font-size="16" text-anchor="middle"
            fill="#333" { " " (area.text) }
    };
    html! {
        @match area.href {
            Some(href) => a class=(class) href=(href) { (inner) },
            None => g class=(class) { (inner) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FIVE;

    fn areas() -> Vec<Area<'static>> {
        let area = |o: &crate::Outline| Area {
            code: o.code,
            name: o.name,
            path: o.path,
            label_xy: o.label,
            value: 1,
            text: "配置 1・児 41",
            href: None,
            class: 1,
        };
        FIVE.iter().map(area).collect()
    }

    #[test]
    fn large_areas_hold_their_box_and_small_ones_get_a_leader_line() {
        let spots = place(&areas(), 600.0, 640.0);
        let with_leader: Vec<bool> = spots.iter().map(|s| s.leader.is_some()).collect();
        assert!(!with_leader[0], "横須賀市");
        assert!(with_leader[2], "逗子市");
        assert!(with_leader[4], "葉山町");
    }

    #[test]
    fn no_two_boxes_touch_and_all_stay_on_the_map() {
        let spots = place(&areas(), 600.0, 640.0);
        for (i, a) in spots.iter().enumerate() {
            assert!(a.x - a.width / 2.0 >= 0.0 && a.x + a.width / 2.0 <= 600.0);
            assert!(a.y - HEIGHT / 2.0 >= 0.0 && a.y + HEIGHT / 2.0 <= 640.0);
            for b in &spots[i + 1..] {
                let apart = (a.x - b.x).abs() > (a.width + b.width) / 2.0 || (a.y - b.y).abs() > HEIGHT;
                assert!(apart, "two boxes touch");
            }
        }
    }

    #[test]
    fn a_hole_is_not_inside() {
        let shape = rings("M0 0L10 0L10 10L0 10ZM4 4L6 4L6 6L4 6Z");
        assert!(inside((2.0, 2.0), &shape) && !inside((5.0, 5.0), &shape));
    }
}
