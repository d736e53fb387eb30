//! The page of a case's documents: what there is, to whom it is shown, and how one is added or taken away.

use super::{
    PARTS, PaperKind,
    store::{self, Document, New},
};
use crate::{
    account::Actor,
    app::App,
    case, consent,
    journal::Object,
    once,
    policy::{self, AddDocument, Category, ReadDocuments, RecordConsent, RemoveDocument, Seen},
    sealing, view,
    waiting::{self, WaitingKind},
    web::{self, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::{
    body::{Body, Bytes},
    extract::{
        Multipart, State,
        multipart::{MultipartError, MultipartRejection},
    },
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use files::{Inspected, Kind, MAX_BYTES};
use futures_util::{StreamExt as _, stream};
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::{Errors, Fields, Parse},
    id::{CaseId, ConsentId, DocumentId},
    text,
    vocabulary::Vocabulary as _,
};
use std::time::Duration;
use tokio::{sync::Semaphore, time::timeout};

/// Documents on a page, and of those that were taken away.
const PAGE: i64 = 30;
/// Files that are taken in at one time: each is held in memory until it is kept.
static PLACES: Semaphore = Semaphore::const_new(6);
/// How long somebody waits for such a place, and how long a file may take to come.
const PATIENCE: Duration = Duration::from_secs(20);
const SLOWEST: Duration = Duration::from_secs(180);

pub async fn list(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Query(query): Query) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadDocuments>(&actor, &seen)?;
    let mut fields = Fields::default().with("offset", query.get("offset"));
    // Who comes from a consent brings its signed paper.
    if query.has("consent") {
        for name in ["consent", "kind", "category"] {
            fields = fields.with(name, query.get(name));
        }
        fields = fields.with("title", "署名した同意書");
    }
    let body = body(&app, &tx, &seen, &fields, &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(web::page(&app, &actor, "cases", "書類", body))
}

async fn body(app: &App, tx: &Reader, seen: &Seen, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let offset = fields.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 100_000);
    let (case, kept, gone) = tokio::join!(
        case::find(tx, seen),
        store::list(tx, seen, true, PAGE + 1, offset),
        store::list(tx, seen, false, PAGE, 0),
    );
    let (case, mut kept, gone) = (case?, kept?, gone?);
    let more = kept.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    kept.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let page = |at: i64| format!("/cases/{}/documents?offset={at}", seen.case());
    let (prev, next) = ((offset > 0).then(|| page((offset - PAGE).max(0))), more.then(|| page(offset + PAGE)));
    let open = case.status != case::Status::Closed;
    let adds = seen.allows::<AddDocument>() && open;
    let hidden = !seen.shows(Category::Documents) || PARTS.iter().any(|p| !seen.shows(*p));
    Ok(html! {
        (case::header(app, &case, seen, "/documents"))
        (view::summary(errors))
        (ui::stack(html! {
            (ui::panel("預かっている書類", html! { @if adds { a href="#add" { "書類を加える" } } }, html! {
                @if kept.is_empty() && (hidden || offset > 0) { (ui::empty("見られる書類はありません", html! {})) }
                @else if kept.is_empty() { (ui::empty("書類はまだありません", html! { p { "指示書、受給者証の写し、サマリーなどを、ここに置きます。中身は封緘して保管します。" } })) }
                @else { (table(app, seen, &kept, (fields, errors), open)) }
                @if prev.is_some() || next.is_some() { (ui::pager(&view::shown(offset, kept.len()), prev.as_deref(), next.as_deref())) }
                @if hidden { (case::not_agreed("ほかの機関が置いた書類のうち、同意のない情報のもの")) }
            }))
            @if adds { div id="add" { (ui::panel("書類を加える", html! {}, ui::pad(add_form(app, seen.case(), fields, errors)))) } }
            @if !gone.is_empty() { (ui::panel("取り下げた書類", html! { "新しい順に" (PAGE) "件まで" }, html! { ul.plain { @for d in &gone { li {
                b { (d.title) } " " (ui::tag(ui::Tone::Neutral, d.row.kind.label())) br;
                small { @if let Some(at) = d.row.removed_at { (view::moment_of_year(at)) } @if let Some(who) = &d.row.remover { "・" (who) } "・理由 " (d.remove_reason) }
            } } } })) }
        }))
    })
}

fn table(app: &App, seen: &Seen, kept: &[Document], (fields, errors): (&Fields, &Errors), open: bool) -> Markup {
    let empty = Fields::default();
    ui::table(
        "預かっている書類",
        &["書類", "種類", "だれに見えるか", "加えた人", ""],
        html! {
            @for d in kept { tr {
                th scope="row" { a href=(format!("/documents/{}", d.row.id)) { (d.title) } small { (d.file_name) "・" (size(d.row.size)) @if d.row.cleaned { "・撮影場所などを取り除き済み" } } }
                td data-l="種類" { (d.row.kind.label()) small { (d.format().map_or("", Kind::label)) } }
                td data-l="だれに見えるか" { (short(d.row.category)) "の同意のある人" }
                td data-l="加えた人" { (d.row.by) small { (d.row.place) "・" (view::moment_of_year(d.row.added_at)) } }
                td { @if open && may_remove(seen, d) { (ui::details("取り下げる", view::form(app, &empty, &format!("/documents/{}/remove", d.row.id), html! {
                    input type="hidden" name="offset" value=(fields.get("offset"));
                    (ui::Field::new("reason", "理由").scope(&d.row.id.to_string()).value(if fields.get("document") == d.row.id.to_string() { fields.get("reason") } else { "" }).error(errors.of("reason").filter(|_| fields.get("document") == d.row.id.to_string())).required().max(200).text())
                }, ui::button("取り下げる", false)))) } }
            } }
        },
    )
}

fn add_form(app: &App, id: CaseId, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let limit = format!("{}MBまで。PDF、JPEG、PNG、HEIC、Excel、Word、テキスト", MAX_BYTES / 1024 / 1024);
    let parts: Vec<(&str, &str)> = PARTS.iter().map(|c| (c.code(), c.label())).collect();
    html! {
        form method="post" action=(format!("/cases/{id}/documents")) enctype="multipart/form-data" novalidate {
            (once::field(app, fields))
            @if fields.has("consent") { input type="hidden" name="consent" value=(fields.get("consent")); p { (ui::tag(ui::Tone::Info, "同意の書面")) " 署名した同意書の写しとして、その同意に結び付けます。" } }
            (f("title", "書類の名前").hint("例 医師指示書（R8年4月）").required().max(80).text())
            (f("kind", "種類").required().select(&PaperKind::options()))
            (f("category", "何についての書類か").hint("「書類」とこの情報の両方に同意のある機関の人が見られます").required().radios(&parts))
            (f("file", "ファイル").hint(&limit).required().file(".pdf,.jpg,.jpeg,.png,.heic,.heif,.xlsx,.docx,.txt"))
            p { small { "写真の撮影場所や日時は、取り除いて預かります。マクロやパスワードのある文書は預かれません。" } }
            div.acts { (ui::button("書類を加える", true)) }
        }
    }
}

fn short(category: Category) -> &'static str {
    category.label().split('（').next().unwrap_or("")
}

fn size(bytes: i64) -> String {
    if bytes < 1024 * 1024 {
        format!("{} KB", (bytes + 1023) / 1024)
    } else {
        format!("{:.1} MB", bytes as f64 / 1024.0 / 1024.0)
    }
}

/// Whoever carries the case may take any away, an agency its own.
fn may_remove(seen: &Seen, d: &Document) -> bool {
    seen.allows::<RemoveDocument>() && (seen.shows_all() || d.row.organisation_id == seen.own_agency())
}

/// What came with the form: the typed fields, and the file if one was chosen and not too large.
struct Received {
    fields: Fields,
    file: Option<(String, Vec<u8>)>,
    too_large: bool,
}

async fn receive(mut parts: Multipart) -> Result<Received> {
    let broken = |_: MultipartError| web::no_file();
    let mut got = Received { fields: Fields::default(), file: None, too_large: false };
    while let Some(mut part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or("").to_owned();
        let is_file = name == "file";
        let given = part.file_name().unwrap_or("").to_owned();
        let limit = if is_file { MAX_BYTES } else { web::FORM_BYTES };
        let mut bytes = Vec::new();
        loop {
            let chunk = match part.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                // More than any request may have: what was typed before it is still there.
                Err(e) if is_file && e.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
                    got.too_large = true;
                    return Ok(got);
                }
                Err(e) => return Err(broken(e)),
            };
            if bytes.len() + chunk.len() > limit {
                // The rest is read and forgotten, so that the browser shows the answer.
                got.too_large |= is_file;
                bytes.clear();
                while matches!(part.chunk().await, Ok(Some(_))) {}
                break;
            }
            bytes.extend_from_slice(&chunk);
        }
        if is_file {
            got.file = (!given.is_empty() && !got.too_large).then_some((given, bytes));
        } else if let Ok(text) = String::from_utf8(bytes) {
            got.fields = got.fields.with(&name, text);
        }
    }
    Ok(got)
}

/// Looks at the file away from the tasks that answer pages.
async fn inspected(name: String, bytes: Vec<u8>) -> Result<std::result::Result<Inspected, files::Refused>> {
    let looked = tokio::task::spawn_blocking(move || files::inspect(&name, bytes)).await;
    looked.map_err(|e| Error::Internal(e.to_string()))
}

pub async fn add(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<CaseId>,
    parts: std::result::Result<Multipart, MultipartRejection>,
) -> Result {
    let now = app.now();
    // Whether the actor may at all is asked before a large file is taken in.
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    policy::on_case::<AddDocument>(&actor, &seen)?;
    drop(tx);
    let busy = |_| Error::Unavailable("too many files at once".to_owned());
    let place = timeout(PATIENCE, PLACES.acquire()).await.map_err(busy)?;
    let _place = place.map_err(|e| Error::Internal(e.to_string()))?;
    let got = timeout(SLOWEST, receive(parts.map_err(|_| web::no_file())?)).await.map_err(|_| web::no_file())??;
    let mut p = Parse::new(&got.fields);
    let title = p.line("title", "書類の名前", 80);
    let kind: PaperKind = p.choice("kind", "種類");
    let category: Category = p.choice("category", "何についての書類か");
    let consent: Option<ConsentId> = p.optional_id("consent", "同意");
    if !PARTS.contains(&category) {
        p.fail("category", "「何についての書類か」を選んでください。");
    }
    let mut file = None;
    match got.file {
        Some((name, bytes)) => {
            let shown = text::line(&name, 120).unwrap_or_else(|_| "名前なし".to_owned());
            match inspected(name, bytes).await? {
                Ok(kept) => file = Some((shown, kept)),
                Err(refused) => p.fail("file", refused.to_string()),
            }
        }
        None if got.too_large => p.fail("file", files::Refused::TooLarge.to_string()),
        None => p.fail("file", "「ファイル」を選んでください。"),
    }
    let checked = p.finish(file);
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<AddDocument>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    let errors = match checked {
        Ok(None) => Errors::one("file", "「ファイル」を選んでください。"),
        Err(errors) => errors,
        Ok(Some((file_name, file))) => {
            let place = format!("/cases/{id}/documents");
            if let Some(before) = once::claim(&app, &mut tx, &got.fields, &actor, &place, now).await? {
                return Ok(see_other(&before));
            }
            let known = match consent {
                Some(consent) if seen.allows::<RecordConsent>() => {
                    consent::list(&tx, &seen).await?.0.iter().any(|c| c.id == consent)
                }
                Some(_) => false,
                None => true,
            };
            if !known {
                return Err(Error::NotFound);
            }
            let key = case::key(&mut tx, &app.mint, id, now).await?;
            let new = New { id: app.mint.id(now), kind, category, consent, title: &title, file_name: &file_name };
            if store::add(&mut tx, &key, id, &actor, &new, &file, now).await? {
                let object = Object::new("document", new.id.0);
                // The paper that an oral consent still wanted is here.
                if let Some(consent) = consent
                    && consent::followed_up(&mut tx, &seen, consent, app.today()).await?
                {
                    waiting::clear(&mut tx, consent.0, WaitingKind::ConsentFollowup).await?;
                }
                tx.commit(&permit, &app.mint, now, object, None, category.code()).await?;
                return Ok(see_other(&place));
            }
            Errors::one("file", "同じ中身の書類を、自分の機関がもう置いています。")
        }
    };
    drop(tx);
    let tx = app.store.read().await?;
    let body = body(&app, &tx, &seen, &got.fields, &errors).await?;
    Ok(unprocessable(web::page(&app, &actor, "cases", "書類", body)))
}

/// The document and what the actor may do with its case, or nothing at all.
async fn found(tx: &Reader, actor: &Actor, id: DocumentId, now: platform::Timestamp) -> Result<(Seen, Document)> {
    let case = store::case_of(tx, id).await?.ok_or(Error::NotFound)?;
    let seen = policy::see_case(tx, actor, case, now).await?;
    let document = store::find(tx, &seen, id).await?.ok_or(Error::NotFound)?;
    Ok((seen, document))
}

/// The file itself, to be saved: never shown by the product, and in a sandbox where a browser shows it after all.
pub async fn fetch(State(app): State<App>, actor: Actor, Key(id): Key<DocumentId>) -> Result<Response> {
    let now = app.now();
    let tx = app.store.read().await?;
    let (seen, document) = found(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadDocuments>(&actor, &seen)?;
    let kind = document.format().filter(|_| document.row.removed_at.is_none()).ok_or(Error::NotFound)?;
    let key = sealing::key_of(&tx, seen.case().0).await?.ok_or(Error::NotFound)?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("document", id.0)).await?;
    let (store, parts) = (app.store.clone(), document.row.parts);
    // Piece by piece, each in a reading of its own: a slow line holds neither memory nor a connection.
    let pieces = stream::unfold((store, key, 0_i64), move |(store, key, n)| async move {
        if n >= parts {
            return None;
        }
        let piece = async { store::piece(&store.glance().await?, &key, id, n).await.map_err(Error::from) }.await;
        let piece = piece.map(Bytes::from).map_err(|_| std::io::Error::other("a piece of a document"));
        Some((piece, (store, key, n + 1)))
    });
    // What packs an answer for the browser asks once more after the end.
    let mut answer = Body::from_stream(pieces.fuse()).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type()));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(document.row.size));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(web::SANDBOX));
    let name = web::attachment(&document.file_name, kind.endings()[0]);
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment")),
    );
    Ok(answer)
}

pub async fn remove(State(app): State<App>, actor: Actor, Key(id): Key<DocumentId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (seen, document) = found(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<RemoveDocument>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    if !may_remove(&seen, &document) {
        return Err(Error::refused("ほかの機関が置いた書類は、主担当・副担当が取り下げます。"));
    }
    let place = format!("/cases/{}/documents", seen.case());
    let mut p = Parse::new(&fields);
    let reason = p.line("reason", "理由", 200);
    if let Err(errors) = p.finish(()) {
        drop(tx);
        let tx = app.store.read().await?;
        let fields = fields.with("document", id.to_string());
        let body = body(&app, &tx, &seen, &fields, &errors).await?;
        return Ok(unprocessable(web::page(&app, &actor, "cases", "書類", body)));
    }
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let key = case::key(&mut tx, &app.mint, seen.case(), now).await?;
    if !store::remove(&mut tx, &key, id, &actor, &reason, now).await? {
        return Err(Error::refused("この書類は、もう取り下げられています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("document", id.0), None, "").await?;
    Ok(see_other(&place))
}
