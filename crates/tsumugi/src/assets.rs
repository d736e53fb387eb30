//! The browser's files, embedded with a hash in their name so that they may be kept for a year.

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

pub struct Asset {
    pub name: &'static str,
    pub url: &'static str,
    pub bytes: &'static [u8],
    pub gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

pub fn url(name: &str) -> &'static str {
    ASSETS.iter().find(|a| a.name == name).map_or("", |a| a.url)
}

pub async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|a| a.url.strip_prefix("/assets/") == Some(file.as_str())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match file.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    let kept = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    let takes_gzip =
        headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("gzip"));
    if takes_gzip {
        (kept, [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))], asset.gzip).into_response()
    } else {
        (kept, asset.bytes).into_response()
    }
}

pub async fn licences() -> Markup {
    crate::app::public_page(
        "ライセンス",
        html! {
            (ui::heading(&ui::Heading { over: "", title: "使っている部品のライセンス", actions: html! {} }))
            @for (title, text) in LICENCES.iter().copied().chain([("Noto Sans JP（書類の書体）", paper::FONT_LICENCE)]) { (ui::panel(title, html! {}, ui::pad(html! { pre { (text) } }))) }
        },
    )
}
