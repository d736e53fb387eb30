//! Pages that say why something did not work. Nothing that was typed is lost on them: it can be read, copied and sent again.

use super::Error;
use crate::{account::Actor, app, app::App};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};
use platform::form::Fields;

/// What went wrong, before it is known who asked and what was typed.
#[derive(Clone)]
pub struct Trouble {
    status: StatusCode,
    title: &'static str,
    sentence: String,
    /// A second try with the same fields can succeed without looking first.
    again: bool,
    /// Where a person signs in or proves who they are before that.
    door: &'static str,
}

impl Trouble {
    fn new(status: StatusCode, title: &'static str, sentence: impl Into<String>, again: bool) -> Self {
        Trouble { status, title, sentence: sentence.into(), again, door: "/sign-in" }
    }

    fn behind(self, door: &'static str) -> Self {
        Trouble { door, ..self }
    }

    /// A form that arrived after the session had ended.
    pub fn signed_out() -> Self {
        Trouble::new(
            StatusCode::UNAUTHORIZED,
            "サインインの時間が切れました",
            "サインインの時間が切れていたため、まだ保存していません。別の画面でもう一度サインインしてから、下の「同じ内容でもう一度送る」を押してください。",
            true,
        )
    }

    /// Whether it is not there, or not there for this person.
    pub fn is_closed_door(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// The page for the person who asked, in their frame where they are signed in; `sent` is where a form went and its fields.
    pub fn page(&self, app: &App, viewer: Option<&Actor>, sent: Option<(&str, &Fields)>) -> Response {
        let body = self.body(sent, viewer.is_some());
        let page = match viewer {
            Some(actor) => app::page(app, actor, "", self.title, "", body),
            None => app::framed(self.title, app.demo, body),
        };
        (self.status, page).into_response()
    }

    fn body(&self, sent: Option<(&str, &Fields)>, inside: bool) -> Markup {
        let texts: Vec<&str> = sent.iter().flat_map(|(_, typed)| texts(typed)).collect();
        let again = sent.filter(|_| self.again);
        html! {
            (ui::heading(&ui::Heading { over: "", title: self.title, actions: html! {} }))
            (ui::notice(if self.status == StatusCode::NOT_FOUND { ui::Tone::Info } else { ui::Tone::Alert }, &self.sentence, html! {
                @if sent.is_some() { p { "保存されている内容は変わっていません。" } }
                @if !inside && self.status == StatusCode::NOT_FOUND { p { "リンクを受け取った人は、アドレスを確かめるか、送った人に電話してください。" } }
            }))
            @if self.status == StatusCode::UNAUTHORIZED { p { a href=(self.door) target="_blank" rel="noopener" { @match self.door { "/prove" => "別の画面で、パスキーで確かめる", "/terms" => "別の画面で、約束を読んで承諾する", "/lock" => "別の画面で鍵を開ける", _ => "別の画面でサインインする" } } } }
            @if let Some((path, typed)) = again {
                form method="post" action=(path) {
                    @for (name, value) in typed.iter() { input type="hidden" name=(name) value=(value); }
                    div.acts { (ui::button("同じ内容でもう一度送る", false)) }
                }
            }
            @if !texts.is_empty() {
                (ui::panel("入力した文章", html! {}, ui::pad(html! {
                    p { "ここから写して使えます。" }
                    @for text in texts { blockquote { (crate::view::lines(text)) } }
                })))
            }
            div.acts {
                @if self.status == StatusCode::CONFLICT { @if let Some((path, _)) = sent { (ui::link_button(path, "元の画面でいまの状態を見る", None, true)) } }
                @if inside { (ui::link_button("/", "今日の仕事へ戻る", None, false)) } @else { (ui::link_button("/sign-in", "サインインへ", None, false)) }
            }
        }
    }
}

/// What a person typed: texts, days, times and numbers; not choices and ids, which are codes.
fn texts(typed: &Fields) -> impl Iterator<Item = &str> {
    typed
        .iter()
        .filter(|(name, value)| !matches!(*name, "once" | "version" | "draft" | "object") && !value.trim().is_empty())
        .map(|(_, value)| value)
        .filter(|value| !value.is_ascii() || typed_number(value))
}

/// 2026-11-23, 14:05, 45 or 046-822-0000, but not the six digits of a municipality.
fn typed_number(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    digits > 1 && digits != 6 && value.bytes().all(|b| b.is_ascii_digit() || b"-./:+".contains(&b))
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound | Error::SignIn | Error::Conflict(_) => Trouble::new(
                StatusCode::NOT_FOUND,
                "見つかりません",
                "このページは見つかりません。アドレスが違うか、見る権限がありません。",
                false,
            ),
            Error::Forbidden => Trouble::new(
                StatusCode::FORBIDDEN,
                "この操作はできません",
                "いまの役割では、この操作はできません。必要なときは、担当のコーディネーターに連絡してください。",
                false,
            ),
            // What was refused once is refused again until something else changes: look first.
            Error::Prove => Trouble::new(
                StatusCode::UNAUTHORIZED,
                "もう一度、本人であることを確かめます",
                "この操作の前に、パスキーで本人であることを確かめます。確かめてから5分のあいだ使えます。",
                true,
            )
            .behind("/prove"),
            Error::Locked { .. } => Trouble::new(
                StatusCode::UNAUTHORIZED,
                "画面に鍵がかかっています",
                "別の画面で鍵を開けてから、もう一度送ってください。",
                true,
            )
            .behind("/lock"),
            Error::Terms { .. } => Trouble::new(
                StatusCode::UNAUTHORIZED,
                "はじめに、取扱いの約束を承諾します",
                "個人情報の取扱いの約束に新しい版があります。別の画面で事業所として承諾してから、もう一度送ってください。",
                true,
            )
            .behind("/terms"),
            Error::TooOften => Trouble::new(
                StatusCode::TOO_MANY_REQUESTS,
                "少し待ってください",
                "短い間に、何度も開こうとされました。1分ほど待ってから、もう一度試してください。ほかの人の利用は止まりません。",
                false,
            ),
            Error::Refused(sentence) => Trouble::new(StatusCode::CONFLICT, "受け付けられませんでした", sentence, false),
            Error::Unavailable(text) => {
                let operation = format!("{:08x}", fnv(text.as_bytes()));
                tracing::error!(operation, "{text}");
                let sentence = format!(
                    "いま、データを保存する場所を使えません（ディスクが一杯、データベースの停止など）。少し待ってから、もう一度試してください。続くときは、番号「{operation}」を管理者に伝えてください。"
                );
                Trouble::new(StatusCode::SERVICE_UNAVAILABLE, "いまは保存できません", sentence, true)
            }
            Error::Internal(text) => {
                let operation = format!("{:08x}", fnv(text.as_bytes()));
                tracing::error!(operation, "{text}");
                let sentence = format!(
                    "申し訳ありません。システムの中で問題が起きました。少し待ってから、もう一度試してください。直らないときは、番号「{operation}」を管理者に伝えてください。"
                );
                Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, "処理できませんでした", sentence, true)
            }
        }
    }
}

impl IntoResponse for Error {
    /// The pages of a sign-in and of a conflict are whole; the guard draws the others, for it knows who asked and what was typed.
    fn into_response(self) -> Response {
        match self {
            Error::SignIn => {
                let to = HeaderValue::from_static("/sign-in");
                (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
            }
            Error::Locked { writes: false } => {
                let to = HeaderValue::from_static("/lock");
                (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
            }
            Error::Terms { writes: false } => {
                let to = HeaderValue::from_static("/terms");
                (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
            }
            Error::Conflict(markup) => (StatusCode::CONFLICT, Html(markup.into_string())).into_response(),
            other => {
                let trouble = Trouble::from(other);
                let mut res = trouble.status.into_response();
                res.extensions_mut().insert(trouble);
                res
            }
        }
    }
}

/// A short name for an error text, the same for the same text, so that page and log can be put together.
fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}
