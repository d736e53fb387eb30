//! 一回だけのリンク: an agency without an account answers by a link and a code that was told by telephone.
//!
//! The link alone shows nothing. Five wrong codes end it, one answer ends it, a newer link ends it, time ends it.

use super::{
    kept::{Child, Referral},
    model::{self, Status},
    store::{self, Mover},
};
use crate::{
    account,
    app::{self, App},
    case,
    exchange::directory::Kind,
    journal::{Draft, Object},
    policy, view,
    web::{Error, Form, Result},
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::IntoResponse,
};
use jiff::ToSpan;
use maud::{Markup, html};
use platform::{
    Timestamp, args,
    db::Reader,
    form::{Errors, Fields},
    id::{LinkId, ReferralId},
    row,
};

/// Wrong codes after which a link is dead: a guess has a chance of 5 in 1,000,000.
const TRIES: i64 = 5;

/// A link and its code, known only at this moment.
pub struct Made {
    pub path: String,
    pub code: String,
    pub expires_at: Timestamp,
}

row! {
    pub struct Link { pub id: LinkId, pub referral_id: ReferralId, pub code_hash: Vec<u8>, pub expires_at: Timestamp, pub tries: i64, pub used_at: Option<Timestamp>, pub revoked_at: Option<Timestamp> }
}

/// Makes a link and ends every earlier one of the referral.
pub async fn make(app: &App, tx: &mut Draft, referral: ReferralId, now: Timestamp) -> Result<Made> {
    let sql = "/* referral::make */ UPDATE referral_link SET revoked_at = $2 WHERE referral_id = $1 AND revoked_at IS NULL AND used_at IS NULL";
    tx.exec(sql, args![referral, now]).await?;
    let token = app.mint.token();
    let code = app.mint.six_digits();
    let expires_at = now.checked_add(app.settings.link_hours.hours()).map_err(|e| Error::Internal(e.to_string()))?;
    let sql = "/* referral::make */
        INSERT INTO referral_link (id, referral_id, token_hash, code_hash, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let (token_hash, code_hash) = account::link_hashes(&token, &code);
    tx.exec(sql, args![app.mint.id::<LinkId>(now), referral, token_hash, code_hash, now, expires_at]).await?;
    Ok(Made { path: format!("/answer/{token}"), code, expires_at })
}

async fn find(tx: &Reader, token: &str) -> Result<Link> {
    let sql = "/* referral::find unscoped: the secret link is its own right */ SELECT id, referral_id, code_hash, expires_at, tries, used_at, revoked_at FROM referral_link WHERE token_hash = $1";
    tx.opt(sql, args![account::hash(token.as_bytes())]).await?.ok_or(Error::NotFound)
}

/// Why a link that exists cannot be used any more.
fn dead(link: &Link, now: Timestamp) -> Option<&'static str> {
    if link.used_at.is_some() {
        Some(
            "このリンクでの回答は、すでに受け取っています。ありがとうございました。変更があるときは、依頼した人に電話してください。",
        )
    } else if link.revoked_at.is_some() || link.tries >= TRIES {
        Some("このリンクは使えなくなりました。新しいリンクを、依頼した人に頼んでください。")
    } else if link.expires_at <= now {
        Some("このリンクの期限が切れました。新しいリンクを、依頼した人に頼んでください。")
    } else {
        None
    }
}

fn ended(app: &App, sentence: &str) -> axum::response::Response {
    let page = app::framed(
        "回答",
        app.demo,
        html! {
            (ui::heading(&ui::Heading { over: "", title: "このリンクは終わっています", actions: html! {} }))
            (ui::panel("お知らせ", html! {}, ui::pad(html! { p { (sentence) } })))
        },
    );
    (StatusCode::GONE, page).into_response()
}

fn code_page(app: &App, token: &str, errors: &Errors, left: i64) -> Markup {
    app::framed(
        "回答",
        app.demo,
        html! {
            (ui::heading(&ui::Heading { over: "つなぎの依頼", title: "番号を入力してください", actions: html! {} }))
            (ui::panel("確認", html! {}, ui::pad(html! {
                p { "電話で伝えられた6けたの番号を入力すると、依頼の内容が開きます。" }
                (view::summary(errors))
                form method="post" action=(format!("/answer/{token}")) novalidate {
                    (ui::Field::new("code", "6けたの番号").required().error(errors.of("code")).inputmode("numeric").max(6).text())
                    div.acts { (ui::button("依頼を開く", true)) }
                }
                @if left < TRIES { p { "あと" (left) "回まちがえると、このリンクは使えなくなります。" } }
            })))
        },
    )
}

pub async fn ask_code(State(app): State<App>, Path(token): Path<String>) -> Result {
    let link = find(&app.store.read().await?, &token).await?;
    match dead(&link, app.now()) {
        Some(sentence) => Ok(ended(&app, sentence)),
        None => Ok(code_page(&app, &token, &Errors::default(), TRIES - link.tries).into_response()),
    }
}

/// The code, and with it either the request or the answer to it.
pub async fn open(State(app): State<App>, Path(token): Path<String>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let link = find(&tx, &token).await?;
    if let Some(sentence) = dead(&link, now) {
        return Ok(ended(&app, sentence));
    }
    let code: String = platform::japanese::fold::fold(fields.get("code"));
    // The try is taken before it is judged, and under the row's lock, so that many at once are not more than five.
    let take = "/* referral::open */
        UPDATE referral_link SET tries = tries + 1 WHERE id = $1 AND tries < $2 AND used_at IS NULL AND revoked_at IS NULL RETURNING tries";
    let taken: Option<(i64,)> = tx.opt(take, args![link.id, TRIES]).await?;
    let Some((tries,)) = taken else {
        return Ok(ended(&app, "このリンクは使えなくなりました。新しいリンクを、依頼した人に頼んでください。"));
    };
    if account::link_hashes(&token, &code).1.as_slice() != link.code_hash.as_slice() {
        tx.commit_housekeeping().await?;
        let left = TRIES - tries;
        if left <= 0 {
            return Ok(ended(
                &app,
                "番号のまちがいが続いたため、このリンクは使えなくなりました。新しいリンクを、依頼した人に頼んでください。",
            ));
        }
        let errors = Errors::one("code", "番号が違います。電話で伝えられた6けたの番号を確かめてください。");
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, code_page(&app, &token, &errors, left)).into_response());
    }
    tx.exec("/* referral::open */ UPDATE referral_link SET tries = tries - 1 WHERE id = $1", args![link.id]).await?;
    let r = store::find(&tx, link.referral_id).await?.ok_or(Error::NotFound)?;
    if model::answers_in(r.status).is_empty() || r.status == Status::Draft {
        return Ok(ended(
            &app,
            "この依頼は、いまは回答を待っていません。変更があるときは、依頼した人に電話してください。",
        ));
    }
    let child = store::child(&tx, &r).await?;
    let permit = policy::by_link(r.case_id);
    if !fields.has("answering") && !fields.has("answer") {
        let sql = "/* referral::open */ UPDATE referral_link SET opened_at = COALESCE(opened_at, $2) WHERE id = $1";
        tx.exec(sql, args![link.id, now]).await?;
        tx.commit(&permit, &app.mint, now, Object::new("referral", r.id.0), None, "opened").await?;
        return Ok(request_page(&app, &token, &r, &child, &fields, &Errors::default()).into_response());
    }
    let step = match model::parse_answer(&fields, app.today()) {
        Ok(step) => step,
        Err(errors) => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, request_page(&app, &token, &r, &child, &fields, &errors))
                .into_response());
        }
    };
    let sql = "/* referral::open */ UPDATE referral_link SET used_at = $2 WHERE id = $1 AND used_at IS NULL";
    let label = format!("{}（リンクで回答）", r.organisation);
    let used = tx.exec(sql, args![link.id, now]).await? == 1;
    if !used || !store::advance(&app, &mut tx, &r, &step, &Mover { actor: None, label: &label }, now).await? {
        return Ok(ended(&app, "この依頼への回答は、すでに受け取っています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("referral", r.id.0), None, step.code()).await?;
    let thanks = app::framed(
        "回答",
        app.demo,
        html! {
            (ui::heading(&ui::Heading { over: "つなぎの依頼", title: "回答を受け取りました", actions: html! {} }))
            (ui::notice(ui::Tone::Ok, "ありがとうございました", html! { p { "依頼した人に伝わりました。このリンクは、もう開けません。" } }))
        },
    );
    Ok(thanks.into_response())
}

/// The minimum that an agency needs to answer.
fn request_page(app: &App, token: &str, r: &Referral, child: &Child, fields: &Fields, errors: &Errors) -> Markup {
    let part = view::Part::new("own", true, fields, errors);
    app::framed(
        "回答",
        app.demo,
        html! {
            (ui::heading(&ui::Heading { over: &format!("つなぎの依頼　{}", r.number_text()), title: &format!("{}のお願い", Kind::label(r.kind)), actions: html! {} }))
            (case::protected_notice(child.protected))
            (ui::two(html! {
                (ui::panel("依頼の内容", html! {}, ui::pad(html! {
                    (case::person_tag(&child.child_name, &child.child_kana, child.birth_date, child.municipality, app.today(), None))
                    p { (case::care_tags(&case::care_of(&child.care))) @if child.mobile { (ui::tag(ui::Tone::Info, "動ける医ケア児")) } }
                    blockquote { (view::lines(&r.request)) }
                    (ui::kv(&[("希望", html! { (r.wish) }), ("依頼した人", html! { (r.sender_place) " コーディネーター " (r.sender) @if !r.sender_phone.is_empty() { "　電話 " (r.sender_phone) } }), ("回答の期限", html! { @if let Some(d) = r.due() { (view::due(d, app.now())) } })]))
                })))
            }, html! {
                (ui::panel("回答する", html! {}, ui::pad(html! {
                    (view::summary(errors))
                    form method="post" action=(format!("/answer/{token}")) novalidate {
                        input type="hidden" name="code" value=(fields.get("code"));
                        input type="hidden" name="answering" value="1";
                        (answer_fields(r.status, &part))
                        div.acts { (ui::button("回答を送る", true)) }
                    }
                })))
            }))
        },
    )
}

/// The fields of an answer, the same for every way to answer.
pub fn answer_fields(status: Status, part: &view::Part<'_>) -> Markup {
    let start = match status {
        Status::Accepted => "始めた日・新しい開始の予定日",
        Status::Waitlisted => "開始の予定日・次に確かめる日",
        _ => "開始の予定日（受け入れるとき）",
    };
    html! {
        (part.field("answer", "回答").required().radios(&model::answers_in(status)))
        (part.field("start_on", start).date())
        (part.field("note", "理由・伝えたいこと").hint("待機・延期・不可・紹介・質問のときは必ず書いてください").max(2000).area(4))
    }
}
