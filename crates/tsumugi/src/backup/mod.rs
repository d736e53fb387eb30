//! バックアップ: the whole database in one file that only its recipients can read, back again, and the proof that it can be had back.

mod archive;
mod drill;
mod make;
mod restore;
mod schedule;
mod store;
#[cfg(test)]
pub mod tests;

pub use drill::{Drilled, drill};
pub use make::{Made, Target, make};
pub use restore::{Restored, Source, restore};
pub use schedule::{Plan, tick};
pub use store::{Standing, standing};

use maud::{Markup, html};
use platform::{Timestamp, japanese::date};

/// Hours after which somebody must look why there is no backup.
const LATE_HOURS: i64 = 26;

/// How things stand, for whoever keeps the system.
pub fn panel(standing: &Standing, now: Timestamp) -> Markup {
    let moment = |t: Timestamp| crate::view::moment(t);
    ui::panel(
        "バックアップ",
        html! { @if standing.is_late(now) { (ui::tag(ui::Tone::Alert, "26時間以上ありません")) } @else { (ui::tag(ui::Tone::Ok, "取れています")) } },
        ui::pad(html! {
            (ui::kv(&[
                ("最後に取れたバックアップ", html! { @match &standing.last { Some(l) => { (moment(l.ended_at)) " " small { (date::iso(date::jst_date(l.ended_at))) "・" (size(l.bytes)) "・記録簿 " (l.journal_seq) "件まで" } }, None => "まだありません" } }),
                ("取れなかったバックアップ", html! { @match &standing.trouble { Some(t) => { (moment(t.ended_at)) " " (t.trouble) }, None => "最後に取れたあと、ありません" } }),
            ]))
            p { small { "バックアップから戻せることは、サーバーで " code { "tsumugi drill" } " を実行すると確かめられます。" } }
        }),
    )
}

/// Bytes in words.
fn size(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["バイト", "KB", "MB", "GB"];
    let (mut value, mut unit) = (bytes, 0);
    while value >= 10_000 && unit + 1 < UNITS.len() {
        value /= 1_000;
        unit += 1;
    }
    format!("{value} {}", UNITS.get(unit).copied().unwrap_or_default())
}
