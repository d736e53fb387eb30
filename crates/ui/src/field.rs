//! Form fields: one builder, a label above, hints instead of placeholders, errors wired to their field.

use maud::{Markup, html};

/// A field of a form, finished by one of [`text`](Field::text), [`tel`](Field::tel),
/// [`number`](Field::number), [`date`](Field::date), [`area`](Field::area), [`select`](Field::select),
/// [`radios`](Field::radios), [`checks`](Field::checks) and [`checkbox`](Field::checkbox).
///
/// The control has the id `f-{name}`, its hint `f-{name}-hint`, its error `f-{name}-error`;
/// with a [`scope`](Field::scope) `f-{scope}-{name}` and so on.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) label: &'a str,
    pub(crate) required: bool,
    pub(crate) hint: &'a str,
    pub(crate) value: &'a str,
    pub(crate) error: Option<&'a str>,
    pub(crate) max: Option<usize>,
    pub(crate) autocomplete: &'a str,
    pub(crate) inputmode: Option<&'a str>,
    pub(crate) live: Option<(&'a str, &'a str)>,
    pub(crate) autofocus: bool,
    pub(crate) minutes: bool,
}

impl<'a> Field<'a> {
    /// A field that is optional, empty and without hint. Browsers do not remember what is typed,
    /// because devices are shared, unless [`autocomplete`](Field::autocomplete) says so.
    pub fn new(name: &'a str, label: &'a str) -> Self {
        Self {
            name,
            scope: "",
            label,
            required: false,
            hint: "",
            value: "",
            error: None,
            max: None,
            autocomplete: "off",
            inputmode: None,
            live: None,
            autofocus: false,
            minutes: false,
        }
    }

    /// Tells forms of one page apart that have fields of the same name; error links carry `{scope}-{name}`.
    pub fn scope(self, scope: &'a str) -> Self {
        Self { scope, ..self }
    }

    /// Says 「※必須」 beside the label. The server checks; the browser does not block sending.
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// An example or an explanation, always visible between label and control.
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// What the control holds; for choices the value of the chosen one.
    pub fn value(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    /// What is wrong and how to mend it, in one sentence.
    pub fn error(self, error: Option<&'a str>) -> Self {
        Self { error, ..self }
    }

    /// The greatest number of characters.
    pub fn max(self, max: usize) -> Self {
        Self { max: Some(max), ..self }
    }

    /// The HTML `autocomplete` token.
    pub fn autocomplete(self, token: &'a str) -> Self {
        Self { autocomplete: token, ..self }
    }

    /// The HTML `inputmode`, which chooses the keyboard on phones.
    pub fn inputmode(self, mode: &'a str) -> Self {
        Self { inputmode: Some(mode), ..self }
    }

    /// Asks `url` for a part of the page while one types, with the whole form as the query,
    /// and puts the answer into the element the selector `target` names.
    pub fn live(self, url: &'a str, target: &'a str) -> Self {
        Self { live: Some((url, target)), ..self }
    }

    /// The first field of a page whose only purpose is its form.
    pub fn autofocus(self) -> Self {
        Self { autofocus: true, ..self }
    }

    /// Counts the minutes the page is visible into this field, until the person types a number.
    pub fn minutes(self) -> Self {
        Self { minutes: true, ..self }
    }

    pub(crate) fn id(&self) -> String {
        if self.scope.is_empty() { format!("f-{}", self.name) } else { format!("f-{}-{}", self.scope, self.name) }
    }

    /// The ids of all texts that explain the control, for `aria-describedby`.
    pub(crate) fn described_by(&self, hint: bool, unit: bool) -> Option<String> {
        let parts = [(hint, "hint"), (unit, "unit"), (self.error.is_some(), "error")];
        let ids: Vec<String> =
            parts.iter().filter(|(there, _)| *there).map(|(_, part)| format!("{}-{part}", self.id())).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    pub(crate) fn invalid(&self) -> Option<&'static str> {
        self.error.is_some().then_some("true")
    }

    pub(crate) fn mark(&self) -> Markup {
        html! { @if self.required { " " span.required { "※必須" } } }
    }

    pub(crate) fn hint_text(&self, hint: &str) -> Markup {
        html! { @if !hint.is_empty() { p.hint id={ (self.id()) "-hint" } { (hint) } } }
    }

    pub(crate) fn error_text(&self) -> Markup {
        html! {
            @if let Some(error) = self.error {
                p.error id={ (self.id()) "-error" } {
                    (crate::icon(crate::Icon::Warn))
                    span { (error) }
                }
            }
        }
    }
}

/// The list of all errors above a form, each leading to its field; nothing when there is none.
/// A pair is the name of the field and a sentence.
pub fn error_summary(errors: &[(&str, String)]) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.error-summary role="alert" tabindex="-1" {
                h2 { (crate::icon(crate::Icon::Warn)) "入力を確かめてください（" (errors.len()) "件）" }
                ul {
                    @for (name, sentence) in errors {
                        li { a href={ "#f-" (name) } { (sentence) } }
                    }
                }
            }
        }
    }
}

/// Two or three short fields beside each other from 640 px.
pub fn form_row(parts: Markup) -> Markup {
    html! { div.form-row { (parts) } }
}

/// Where the script says whether the draft of this form is saved. Stands inside `form[data-draft]`.
pub fn draft_state() -> Markup {
    html! {
        p.draft-state role="status" data-draft-state="" data-saving="下書きを保存しています…"
            data-saved="下書きを保存しました" data-failed="下書きをまだ保存できていません。つながり次第もう一度送ります。"
            data-signed-out="サインインの時間が切れました。この画面を閉じずに、別の画面でサインインしてください。" {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_wired_to_its_field_by_aria_describedby() {
        let shown = Field::new("born_on", "生年月日").error(Some("読み取れません。")).date().0;
        assert!(shown.contains("id=\"f-born_on\""));
        assert!(shown.contains("aria-describedby=\"f-born_on-hint f-born_on-error\""));
        assert!(shown.contains("aria-invalid=\"true\""));
        assert!(shown.contains("<p class=\"error\" id=\"f-born_on-error\">"));
    }

    #[test]
    fn a_field_without_error_or_hint_is_described_by_nothing() {
        let shown = Field::new("name", "氏名").text().0;
        assert!(!shown.contains("aria-describedby") && !shown.contains("aria-invalid"));
    }

    #[test]
    fn what_was_typed_comes_back_escaped() {
        let typed = "\"><script>";
        let field = Field::new("note", "内容").value(typed).hint(typed).error(Some(typed));
        let all = [
            field.text(),
            field.area(3),
            field.select(&[(typed, typed)]),
            field.radios(&[(typed, typed)]),
            field.checks(&[(typed, typed)], &[typed]),
            field.checkbox(),
            error_summary(&[("note", typed.to_owned())]),
        ];
        for shown in all {
            assert!(!shown.0.contains("<script"), "{}", shown.0);
        }
        assert!(field.area(3).0.contains("\n&quot;&gt;&lt;script&gt;</textarea>"));
    }

    #[test]
    fn required_is_said_in_words_and_the_browser_does_not_block() {
        let shown = Field::new("name", "氏名").required().text().0;
        assert!(shown.contains("※必須") && shown.contains("aria-required=\"true\""));
        assert!(!shown.contains(" required"));
    }

    #[test]
    fn the_summary_leads_to_the_first_choice_of_a_group() {
        let group = Field::new("urgency", "急ぎ").radios(&[("a", "いま"), ("b", "あと")]).0;
        assert!(group.contains("id=\"f-urgency\"") && group.contains("id=\"f-urgency-2\""));
        let summary = error_summary(&[("urgency", "選んでください。".to_owned())]).0;
        assert!(summary.contains("href=\"#f-urgency\"") && summary.contains("tabindex=\"-1\""));
        assert!(error_summary(&[]).0.is_empty());
    }

    #[test]
    fn a_live_field_sends_its_whole_form() {
        let shown = Field::new("child_name", "氏名").live("/consultations/matches", "#matches").text().0;
        for part in [
            "hx-post=\"/consultations/matches\"",
            "hx-trigger=\"input changed delay:250ms\"",
            "hx-target=\"#matches\"",
            "hx-include=\"closest form\"",
            "hx-sync=\"this:replace\"",
        ] {
            assert!(shown.contains(part), "{part}");
        }
    }

    #[test]
    fn shared_devices_remember_nothing_and_no_field_has_a_placeholder() {
        let shown = Field::new("name", "氏名").text().0;
        assert!(shown.contains("autocomplete=\"off\"") && !shown.contains("placeholder"));
    }

    #[test]
    fn the_unit_of_a_number_is_read_with_it() {
        let shown = Field::new("minutes", "時間").minutes().number("分").0;
        assert!(shown.contains("aria-describedby=\"f-minutes-unit\"") && shown.contains("data-minutes"));
    }
}
