//! よくある相談: answers that may be used again, without personal data, with a date to look at them again.

use super::{model::Topic, store};
use crate::{
    account::Actor,
    app::App,
    journal::Object,
    once,
    policy::{self, ReadAnswerCards, WriteAnswerCard},
    view,
    web::{self, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::extract::State;
use jiff::ToSpan;
use maud::{Markup, html};
use platform::{
    Date, args,
    db::{DbError, Json, Reader},
    form::{Errors, Fields, Parse},
    id::{AnswerCardId, ConsultationId},
    japanese::fold,
    row,
    serde_json::json,
    vocabulary::Vocabulary as _,
};

row! {
    pub struct Told { pub child_name: Option<String>, pub child_kana: Option<String>, pub asker_name: Option<String>, pub asker_place: Option<String> }
    pub struct Card { pub id: AnswerCardId, pub question: String, pub answer: String, pub topics: Json, pub review_on: Date, pub by: String, pub from_id: Option<ConsultationId>, pub version: i64 }
}

async fn search(tx: &Reader, text: &str, topic: Option<Topic>) -> std::result::Result<Vec<Card>, DbError> {
    let sql = "/* consultation::search */
        SELECT c.id, c.question, c.answer, c.topics, c.review_on, p.name AS by, c.from_id, c.version FROM answer_card c JOIN person p ON p.id = c.made_by
         WHERE c.retired_at IS NULL AND ($1 = '' OR c.fold LIKE $2) ORDER BY c.made_at DESC, c.id DESC LIMIT 200";
    let folded = fold::fold(text);
    let mut cards: Vec<Card> = tx.all(sql, args![&folded, format!("%{}%", folded.replace(['%', '_'], ""))]).await?;
    if let Some(topic) = topic {
        cards.retain(|c| store::topics_of(&c.topics).contains(&topic));
    }
    Ok(cards)
}

async fn find(tx: &Reader, id: AnswerCardId) -> Result<Card> {
    let sql = "/* consultation::find */
        SELECT c.id, c.question, c.answer, c.topics, c.review_on, p.name AS by, c.from_id, c.version FROM answer_card c JOIN person p ON p.id = c.made_by
         WHERE c.id = $1 AND c.retired_at IS NULL";
    tx.opt(sql, args![id]).await?.ok_or(Error::NotFound)
}

pub async fn list(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    policy::by_role::<ReadAnswerCards>(&actor)?;
    let text = query.get("q").trim();
    let topic = Topic::from_code(query.get("topic"));
    let cards = search(&app.store.read().await?, text, topic).await?;
    let mut tabs =
        vec![ui::Tab { href: "/answer-cards".to_owned(), label: "すべて", current: topic.is_none(), count: None }];
    tabs.extend(Topic::ALL.iter().map(|t| ui::Tab {
        href: format!("/answer-cards?topic={}", t.code()),
        label: t.label(),
        current: topic == Some(*t),
        count: None,
    }));
    let writes = policy::by_role::<WriteAnswerCard>(&actor).is_ok();
    let body = html! {
        (ui::heading(&ui::Heading { over: "地域づくり", title: "よくある相談", actions: html! { @if writes { (ui::link_button("/answer-cards/new", "カードを書く", Some(ui::Icon::Plus), true)) } } }))
        section.panel {
            form.filter method="get" action="/answer-cards" role="search" aria-label="よくある相談を探す" { (ui::form_row(html! { (ui::Field::new("q", "ことばで探す").value(text).max(60).text()) (ui::button("探す", false)) })) }
            (ui::chips("内容で絞り込む", &tabs))
            @if cards.is_empty() { (ui::empty("この条件のカードはありません", html! { p { "相談の助言から、名前などを含まないカードを作れます。" } })) }
            @for c in &cards { (ui::pad(html! {
                h2.card-title { a href=(format!("/answer-cards/{}", c.id)) { (c.question) } }
                p { (view::cut(&c.answer, 120)) }
                p { small { (store::topics_of(&c.topics).iter().map(|t| t.label()).collect::<Vec<_>>().join("、")) "　見直す日 " (view::day_short(c.review_on)) @if c.review_on <= app.today() { " " (ui::tag(ui::Tone::Warn, "見直しの時期です")) } } }
            })) }
        }
    };
    Ok(web::page(&app, &actor, "cards", "よくある相談", body))
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<AnswerCardId>) -> Result<Markup> {
    policy::by_role::<ReadAnswerCards>(&actor)?;
    let card = find(&app.store.read().await?, id).await?;
    let fields = Fields::default()
        .with("question", &card.question)
        .with("answer", &card.answer)
        .with("review_on", card.review_on.to_string())
        .with("version", card.version.to_string());
    let fields = store::topics_of(&card.topics).iter().fold(fields, |f, t| f.with("topic", t.code()));
    Ok(card_page(&app, &actor, &card, &fields, &Errors::default(), html! {}))
}

fn card_page(app: &App, actor: &Actor, card: &Card, fields: &Fields, errors: &Errors, extra: Markup) -> Markup {
    let writes = policy::by_role::<WriteAnswerCard>(actor).is_ok();
    web::page(
        app,
        actor,
        "cards",
        "よくある相談",
        html! {
            (ui::heading(&ui::Heading { over: "よくある相談", title: &card.question, actions: html! {} }))
            (extra)
            (ui::panel("答え", html! {}, ui::pad(html! { p { (view::lines(&card.answer)) } p { small { "書いた人 " (card.by) "　見直す日 " (view::day(card.review_on)) } } })))
            @if writes { (ui::panel("直す", html! {}, ui::pad(form(app, &format!("/answer-cards/{}", card.id), fields, errors)))) }
        },
    )
}

fn form(app: &App, action: &str, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    view::form(
        app,
        fields,
        action,
        html! {
            @if fields.has("version") { input type="hidden" name="version" value=(fields.get("version")); }
            @if fields.has("from") { input type="hidden" name="from" value=(fields.get("from")); }
            (view::summary(errors))
            p { "名前、生年月日、病院名など、だれのことかわかる内容は書かないでください。" }
            (f("question", "質問").required().max(120).text())
            (f("answer", "答え").required().max(4000).area(8))
            (f("topic", "内容").required().checks(&Topic::options(), &fields.all("topic")))
            (f("review_on", "見直す日").required().date())
        },
        ui::button("カードを保存する", true),
    )
}

fn blank_page(app: &App, actor: &Actor, fields: &Fields, errors: &Errors) -> Markup {
    web::page(
        app,
        actor,
        "cards",
        "カードを書く",
        html! {
            (ui::heading(&ui::Heading { over: "よくある相談", title: "カードを書く", actions: html! {} }))
            (ui::panel("質問と答え", html! {}, ui::pad(form(app, "/answer-cards/new", fields, errors))))
        },
    )
}

pub async fn blank(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    policy::by_role::<WriteAnswerCard>(&actor)?;
    let year_later = app.today().checked_add(1.year()).unwrap_or(app.today());
    let mut fields = Fields::default().with("review_on", year_later.to_string());
    if let Ok(id) = query.get("from").parse::<ConsultationId>() {
        let tx = app.store.read().await?;
        let c = store::find(&tx, &actor, id, app.now()).await?;
        let advice =
            store::advices(&tx, id).await?.pop().map(|a| a.body).or_else(|| c.response.clone()).unwrap_or_default();
        fields = fields.with("answer", advice).with("from", id.to_string());
        for topic in store::topics_of(&c.topics) {
            fields = fields.with("topic", topic.code());
        }
    }
    Ok(blank_page(&app, &actor, &fields, &Errors::default()))
}

struct Written {
    question: String,
    answer: String,
    topics: Vec<Topic>,
    review_on: Date,
}

fn parse(fields: &Fields, today: Date, names: &[String]) -> std::result::Result<Written, Errors> {
    let mut p = Parse::new(fields);
    let question = p.line("question", "質問", 120);
    let answer = p.paragraph("answer", "答え", 4000);
    let topics = p.choices("topic", "内容");
    if topics.is_empty() {
        p.fail("topic", "内容を1つ以上選んでください。");
    }
    let review_on = p.date("review_on", "見直す日");
    if review_on <= today && review_on != Date::default() {
        p.fail("review_on", "見直す日は、明日以降の日付にしてください。");
    }
    // カードはだれでも読む。もとの相談の名前が残っていたら保存しない。
    for (field, text) in [("question", &question), ("answer", &answer)] {
        let folded = fold::fold(text);
        if names.iter().any(|n| folded.contains(&fold::fold(n))) {
            p.fail(field, "もとの相談の名前や所属が残っています。だれのことかわからない書き方に直してください。");
        }
    }
    p.finish(Written { question, answer, topics, review_on })
}

/// Names of the consultation that the card came from, in whole and by their parts.
async fn names_of(tx: &Reader, from: Option<ConsultationId>) -> Result<Vec<String>> {
    let Some(id) = from else { return Ok(vec![]) };
    let sql = "/* consultation::names_of */ SELECT child_name, child_kana, asker_name, asker_place FROM consultation WHERE id = $1";
    let Some(told) = tx.opt::<Told>(sql, args![id]).await? else { return Ok(vec![]) };
    let mut names = Vec::new();
    for text in [told.child_name, told.child_kana, told.asker_name, told.asker_place].into_iter().flatten() {
        names.extend(text.split([' ', '　']).filter(|n| n.chars().count() >= 2).map(str::to_owned));
        names.push(text);
    }
    Ok(names)
}

pub async fn create(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<WriteAnswerCard>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let from = fields.get("from").parse::<ConsultationId>().ok();
    if let Some(id) = from {
        store::find(&tx, &actor, id, now).await?;
    }
    let names = names_of(&tx, from).await?;
    let card = match parse(&fields, app.today(), &names) {
        Ok(card) => card,
        Err(errors) => return Ok(unprocessable(blank_page(&app, &actor, &fields, &errors))),
    };
    let id: AnswerCardId = app.mint.id(now);
    let place = format!("/answer-cards/{id}");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let sql = "/* consultation::create */
        INSERT INTO answer_card (id, question, answer, topics, fold, review_on, made_by, made_at, from_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let topics = json!(card.topics.iter().map(|t| t.code()).collect::<Vec<_>>());
    let folded = fold::fold(&format!("{}{}", card.question, card.answer));
    tx.exec(sql, args![id, &card.question, &card.answer, topics, folded, card.review_on, actor.person, now, from])
        .await?;
    tx.commit(&permit, &app.mint, now, Object::new("answer_card", id.0), None, "").await?;
    Ok(see_other(&place))
}

pub async fn save(State(app): State<App>, actor: Actor, Key(id): Key<AnswerCardId>, Form(fields): Form) -> Result {
    let permit = policy::by_role::<WriteAnswerCard>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let before = find(&tx, id).await?;
    let card = match parse(&fields, app.today(), &names_of(&tx, before.from_id).await?) {
        Ok(card) => card,
        Err(errors) => return Ok(unprocessable(card_page(&app, &actor, &before, &fields, &errors, html! {}))),
    };
    let sql = "/* consultation::save */
        UPDATE answer_card SET question = $3, answer = $4, topics = $5, fold = $6, review_on = $7, version = version + 1 WHERE id = $1 AND version = $2";
    let topics = json!(card.topics.iter().map(|t| t.code()).collect::<Vec<_>>());
    let folded = fold::fold(&format!("{}{}", card.question, card.answer));
    let version: i64 = fields.get("version").parse().unwrap_or(-1);
    if tx.exec(sql, args![id, version, &card.question, &card.answer, topics, folded, card.review_on]).await? == 0 {
        let again = view::on_newer(&fields, before.version);
        let extra = ui::notice(
            ui::Tone::Alert,
            "ほかの人が先に直しました",
            html! { p { "上がいまの答え、下があなたの入力です。見比べて、よければもう一度保存してください。" } },
        );
        return Err(Error::Conflict(Box::new(card_page(&app, &actor, &before, &again, &Errors::default(), extra))));
    }
    tx.commit(&permit, &app.mint, now, Object::new("answer_card", id.0), None, "saved").await?;
    Ok(see_other(&format!("/answer-cards/{id}")))
}
