//! Two people who edit one thing: what each of them changed is kept apart.

use maud::{Markup, html};
use platform::form::Fields;
use sha2::{Digest, Sha256};

/// What the form showed when it was opened: its version, and a short print of every field, by which a later conflict knows what
/// the person has changed. A form that comes back with an error keeps the first prints.
pub fn version(fields: &Fields, names: &[(&str, &str)]) -> Markup {
    let seen = if fields.has("seen") { fields.get("seen").to_owned() } else { prints(fields, names) };
    html! { @if fields.has("version") {
        input type="hidden" name="version" value=(fields.get("version"));
        input type="hidden" name="seen" value=(seen);
    } }
}

fn prints(fields: &Fields, names: &[(&str, &str)]) -> String {
    names.iter().map(|(name, _)| format!("{name}.{}", print(fields, name))).collect::<Vec<_>>().join(" ")
}

/// Eight hexadecimal digits; a browser sends line breaks in its own way, and an empty box not at all.
fn print(fields: &Fields, name: &str) -> String {
    let mut hash = Sha256::new();
    for value in fields.all(name) {
        let value = value.replace("\r\n", "\n");
        if !value.trim().is_empty() {
            hash.update(value.trim());
            hash.update([0]);
        }
    }
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// What was typed, ready to be saved on top of a newer version.
pub fn on_newer(typed: &Fields, version: i64) -> Fields {
    let kept = typed.iter().filter(|(name, _)| !matches!(*name, "version" | "once" | "seen"));
    kept.fold(Fields::default().with("version", version.to_string()), |fields, (name, value)| fields.with(name, value))
}

/// The same where the form knows what it showed: a field that the person left as it was takes what is stored now.
pub fn merged(typed: &Fields, stored: &Fields, names: &[(&str, &str)]) -> Fields {
    let seen: Vec<&str> = typed.get("seen").split(' ').collect();
    let left = |name: &str| seen.contains(&format!("{name}.{}", print(typed, name)).as_str());
    let known = |name: &str| names.iter().any(|(n, _)| *n == name);
    let mut fields = Fields::default().with("version", stored.get("version")).with("seen", prints(stored, names));
    for (name, value) in
        typed.iter().filter(|(n, _)| !(matches!(*n, "version" | "once" | "seen") || known(n) && left(n)))
    {
        fields = fields.with(name, value);
    }
    for (name, value) in stored.iter().filter(|(n, _)| known(n) && left(n)) {
        fields = fields.with(name, value);
    }
    fields
}

/// What is stored now beside what the person changed, where they differ; `merged` is what stands in the form below.
///
/// `names` must have every field of the form; `words` says what a stored code means to people.
pub fn side_by_side(
    names: &[(&str, &str)],
    words: &dyn Fn(&str, &str) -> String,
    stored: &Fields,
    merged: &Fields,
) -> Markup {
    let told = |fields: &Fields, name: &str| {
        let values: Vec<String> =
            fields.all(name).iter().filter(|v| !v.is_empty()).map(|value| words(name, value)).collect();
        if values.is_empty() { "—".to_owned() } else { values.join("、") }
    };
    let rows: Vec<_> = names
        .iter()
        .map(|(name, label)| (label, told(stored, name), told(merged, name)))
        .filter(|(_, now, typed)| now != typed)
        .collect();
    html! {
        (ui::notice(ui::Tone::Alert, "ほかの人が先に直しました", html! {
            p { "下の欄には、あなたが変えた項目はあなたの入力のまま、そのほかは、いま保存されている内容が入っています。見比べて、よければもう一度保存してください。" }
        }))
        @if !rows.is_empty() {
            (ui::panel("見比べる", html! {}, ui::table("いまの内容とあなたの入力", &["項目", "いま保存されている内容", "あなたの入力"], html! {
                @for (label, now, typed) in &rows { tr { th scope="row" { (label) } td data-l="いま" { (now) } td data-l="入力" { (typed) } } }
            })))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: [(&str, &str); 3] = [("a", "一"), ("b", "二"), ("box", "箱")];

    fn fields(a: &str, b: &str, ticked: bool, version: i64) -> Fields {
        let fields = Fields::default().with("a", a).with("b", b).with("version", version.to_string());
        if ticked { fields.with("box", "1") } else { fields }
    }

    /// What a browser sends for a form that showed `shown`.
    fn sent(shown: &Fields, typed: Fields) -> Fields {
        typed.with("seen", prints(shown, &NAMES))
    }

    proptest! {
        /// For every field: who changed it wins over who did not; where both did, what was typed stands until it is looked at.
        #[test]
        fn a_field_that_was_left_alone_takes_what_is_stored(shown in ("[a-c]{0,2}", "[a-c]{0,2}", any::<bool>()), stored in ("[a-c]{0,2}", "[a-c]{0,2}", any::<bool>()), typed in ("[a-c]{0,2}", "[a-c]{0,2}", any::<bool>())) {
            let of = |t: &(String, String, bool), version| fields(&t.0, &t.1, t.2, version);
            let merged = merged(&sent(&of(&shown, 1), of(&typed, 1)), &of(&stored, 2), &NAMES);
            let expected = |s: &str, now: &str, t: &str| if s == t { now.to_owned() } else { t.to_owned() };
            prop_assert_eq!(merged.get("a"), expected(&shown.0, &stored.0, &typed.0));
            prop_assert_eq!(merged.get("b"), expected(&shown.1, &stored.1, &typed.1));
            let ticked = |yes: bool| if yes { "1" } else { "" };
            prop_assert_eq!(merged.get("box"), expected(ticked(shown.2), ticked(stored.2), ticked(typed.2)));
            prop_assert_eq!(merged.get("version"), "2");
            prop_assert_eq!(merged.get("seen"), prints(&of(&stored, 2), &NAMES));
        }
    }

    #[test]
    fn line_breaks_of_a_browser_are_no_change_and_a_form_without_prints_keeps_everything() {
        let shown = fields("一行\n二行", "", true, 1);
        let merged_one =
            merged(&sent(&shown, fields("一行\r\n二行", "x", true, 1)), &fields("新しい", "y", false, 2), &NAMES);
        assert_eq!((merged_one.get("a"), merged_one.get("b"), merged_one.get("box")), ("新しい", "x", ""));
        let all = merged(&fields("p", "q", false, 1), &fields("新しい", "y", true, 2), &NAMES);
        assert_eq!((all.get("a"), all.get("b"), all.get("box")), ("p", "q", ""));
    }
}
