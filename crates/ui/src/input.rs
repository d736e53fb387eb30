//! The controls that finish a [`Field`].

use crate::Field;
use maud::{Markup, html};

/// The examples under every date field; the server reads all of these.
const DATE_HINT: &str = "例 R6.7.3、2024-07-03、20240703";

impl Field<'_> {
    /// One line of text.
    pub fn text(self) -> Markup {
        self.wrap("", self.hint, "", self.input("text", self.inputmode, "", self.hint, false))
    }

    /// A phone number.
    pub fn tel(self) -> Markup {
        self.wrap("", self.hint, "", self.input("tel", self.inputmode, "w-m", self.hint, false))
    }

    /// A number with its unit behind it.
    pub fn number(self, unit: &str) -> Markup {
        let mode = self.inputmode.or(Some("numeric"));
        self.wrap("", self.hint, unit, self.input("text", mode, "w-s num", self.hint, !unit.is_empty()))
    }

    /// A date in one text field, in any common way of writing; a calendar is not needed to type it.
    pub fn date(self) -> Markup {
        let hint = match self.hint {
            "" => DATE_HINT.to_owned(),
            own => format!("{own}（{DATE_HINT}）"),
        };
        self.wrap("", &hint, "", self.input("text", self.inputmode, "w-m", &hint, false))
    }

    /// One file; `accept` is the browser's list of endings and types.
    pub fn file(self, accept: &str) -> Markup {
        let control = html! {
            input type="file" id=(self.id()) name=(self.name) accept=(accept) aria-required=[self.aria_required()]
                aria-invalid=[self.invalid()] aria-describedby=[self.described_by(!self.hint.is_empty(), false)];
        };
        self.wrap("", self.hint, "", control)
    }

    /// Several lines of text; grows with what is typed where the browser can.
    pub fn area(self, rows: u8) -> Markup {
        let (url, target) = self.live.unzip();
        // Where the height follows the text, `rows` does not count, so a class keeps the least height.
        let class = match rows {
            0..=3 => "area-s",
            4..=7 => "area-m",
            _ => "area-l",
        };
        let control = html! {
            textarea.(class) id=(self.id()) name=(self.name) rows=(rows) maxlength=[self.max] autocomplete=(self.autocomplete)
                inputmode=[self.inputmode] autofocus[self.autofocus] aria-required=[self.aria_required()]
                aria-invalid=[self.invalid()] aria-describedby=[self.described_by(!self.hint.is_empty(), false)]
                hx-post=[url] hx-trigger=[url.map(|_| TRIGGER)] hx-target=[target]
                hx-include=[url.map(|_| "closest form")] hx-sync=[url.map(|_| "this:replace")] {
                // A browser drops the first line break after the tag, so one is given away.
                "\n" (self.value)
            }
        };
        self.wrap("", self.hint, "", control)
    }

    /// One of seven or more; pairs are value and words. A pair with an empty value first means "not chosen".
    pub fn select(self, options: &[(&str, &str)]) -> Markup {
        let (url, target) = self.live.unzip();
        let control = html! {
            select id=(self.id()) name=(self.name) autocomplete=(self.autocomplete) autofocus[self.autofocus]
                aria-required=[self.aria_required()] aria-invalid=[self.invalid()]
                aria-describedby=[self.described_by(!self.hint.is_empty(), false)]
                hx-post=[url] hx-trigger=[url.map(|_| "change")] hx-target=[target]
                hx-include=[url.map(|_| "closest form")] hx-sync=[url.map(|_| "this:replace")] {
                // Without it a browser would send the first of them for what nobody chose, or for who is not there any more.
                @if !options.iter().any(|(value, _)| *value == self.value) { option value="" selected { "選んでください" } }
                @for (value, words) in options {
                    option value=(value) selected[*value == self.value] { (words) }
                }
            }
        };
        self.wrap("", self.hint, "", control)
    }

    /// One of up to seven, all visible, as buttons beside each other; below each other on phones.
    pub fn radios(self, options: &[(&str, &str)]) -> Markup {
        let body = html! {
            div.seg {
                @for (i, (value, words)) in options.iter().enumerate() {
                    label {
                        input type="radio" id=(self.choice_id(i)) name=(self.name) value=(value)
                            checked[*value == self.value] autofocus[self.autofocus && i == 0];
                        span { (words) }
                    }
                }
            }
        };
        self.group(Some("radiogroup"), body)
    }

    /// Any number of choices; `selected` holds the values chosen.
    pub fn checks(self, options: &[(&str, &str)], selected: &[&str]) -> Markup {
        let (url, target) = self.live.unzip();
        let body = html! {
            div.checks {
                @for (i, (value, words)) in options.iter().enumerate() {
                    label {
                        input type="checkbox" id=(self.choice_id(i)) name=(self.name) value=(value)
                            checked[selected.contains(value)] hx-post=[url] hx-trigger=[url.map(|_| "change")] hx-target=[target]
                            hx-include=[url.map(|_| "closest form")] hx-sync=[url.map(|_| "this:replace")];
                        span { (words) }
                    }
                }
            }
        };
        self.group(None, body)
    }

    /// A single yes. It sends `{name}=1`, and is ticked when the value given is not empty.
    pub fn checkbox(self) -> Markup {
        let (url, target) = self.live.unzip();
        html! {
            div.field.has-error[self.error.is_some()] {
                div.checks {
                    label.single {
                        input type="checkbox" id=(self.id()) name=(self.name) value="1" checked[!self.value.is_empty()]
                            aria-invalid=[self.invalid()] aria-required=[self.aria_required()]
                            aria-describedby=[self.described_by(!self.hint.is_empty(), false)]
                            hx-post=[url] hx-trigger=[url.map(|_| "change")] hx-target=[target]
                            hx-include=[url.map(|_| "closest form")] hx-sync=[url.map(|_| "this:replace")];
                        span { (self.label) (self.mark()) }
                    }
                }
                (self.hint_text(self.hint))
                (self.error_text())
            }
        }
    }

    fn input(&self, kind: &str, mode: Option<&str>, class: &str, hint: &str, unit: bool) -> Markup {
        let (url, target) = self.live.unzip();
        html! {
            input type=(kind) id=(self.id()) name=(self.name) value=(self.value)
                class=[(!class.is_empty()).then_some(class)] maxlength=[self.max] autocomplete=(self.autocomplete)
                inputmode=[mode] autofocus[self.autofocus] data-minutes=[self.minutes.then_some("")]
                aria-required=[self.aria_required()] aria-invalid=[self.invalid()]
                aria-describedby=[self.described_by(!hint.is_empty(), unit)]
                hx-post=[url] hx-trigger=[url.map(|_| TRIGGER)] hx-target=[target]
                hx-include=[url.map(|_| "closest form")] hx-sync=[url.map(|_| "this:replace")];
        }
    }

    /// Label, hint, control and error of a field with one control.
    fn wrap(&self, class: &str, hint: &str, unit: &str, control: Markup) -> Markup {
        html! {
            div.field.has-error[self.error.is_some()] .(class)[!class.is_empty()] {
                label for=(self.id()) { (self.label) (self.mark()) }
                (self.hint_text(hint))
                @if unit.is_empty() { (control) } @else {
                    div.with-unit { (control) span.unit id={ (self.id()) "-unit" } { (unit) } }
                }
                (self.error_text())
            }
        }
    }

    /// Legend, hint, choices and error of a field with several controls.
    fn group(&self, role: Option<&str>, body: Markup) -> Markup {
        let radio = role.is_some();
        html! {
            fieldset.field.has-error[self.error.is_some()] role=[role]
                aria-required=[self.aria_required().filter(|_| radio)] aria-invalid=[self.invalid().filter(|_| radio)]
                aria-describedby=[self.described_by(!self.hint.is_empty(), false)] {
                legend { (self.label) (self.mark()) }
                (self.hint_text(self.hint))
                (body)
                (self.error_text())
            }
        }
    }

    /// The first choice has the id of the field, so that the error summary can lead to it.
    fn choice_id(&self, i: usize) -> String {
        if i == 0 { self.id() } else { format!("{}-{}", self.id(), i + 1) }
    }

    fn aria_required(&self) -> Option<&'static str> {
        self.required.then_some("true")
    }
}

const TRIGGER: &str = "input changed delay:250ms";
