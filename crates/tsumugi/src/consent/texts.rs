//! 同意書の文: each municipality's own words on the form of consent, by version. Where it has none, a sample stands there and says so.

use crate::{
    account::Actor,
    app::App,
    area::Municipality,
    journal::Object,
    once,
    policy::{self, PublishConsentText},
    view,
    web::{self, Error, Form, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Date, Uuid, args,
    db::{DbError, Reader},
    form::{Errors, Fields, Parse},
    row,
    vocabulary::Vocabulary as _,
};

row! {
    pub struct Published { pub label: String, pub body: String, pub source: String, pub effective_on: Date, pub publisher: String }
}

/// What stands on a form of consent: its version, and what the family is told, line by line.
#[derive(Clone, Debug)]
pub struct Text {
    pub label: String,
    pub lines: Vec<String>,
    pub source: String,
    /// The municipality's own words; else the sample's.
    pub own: bool,
}

const SAMPLE: [&str; 6] = [
    "伝える情報は、上に書いた目的のためだけに使います。",
    "同意は、いつでも、一部だけでも取りやめられます。取りやめても、支援を受けられなくなることはありません。",
    "取りやめると、その機関は、すぐに新しく見られなくなります。それまでにその機関が書いたものは、消せない場合があります。",
    "だれがいつ見たかは記録され、いつでも確かめられます。",
    "命や体に差し迫った危険があるときは、同意がなくても、必要なことだけを伝える場合があります（個人情報保護法27条・69条）。",
    "期間が終わる前に、もう一度説明します。",
];

fn lines(body: &str) -> Vec<String> {
    body.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

/// The words that count in a municipality on a day.
pub async fn on(tx: &Reader, m: Municipality, day: Date) -> Result<Text, DbError> {
    let sql = "/* consent::on */
        SELECT t.label, t.body, t.source, t.effective_on, p.name AS publisher FROM consent_text t JOIN person p ON p.id = t.published_by
         WHERE t.municipality = $1 AND t.effective_on <= $2 ORDER BY t.effective_on DESC, t.published_at DESC LIMIT 1";
    let found: Option<Published> = tx.opt(sql, args![m, day]).await?;
    Ok(found.map_or_else(
        || Text {
            label: "見本 第1版".to_owned(),
            lines: SAMPLE.iter().map(|l| (*l).to_owned()).collect(),
            source: "この製品の見本（未確認）。市町の定める様式があるときは、それを使ってください".to_owned(),
            own: false,
        },
        |t| Text { label: t.label, lines: lines(&t.body), source: t.source, own: true },
    ))
}

struct New {
    label: String,
    body: String,
    source: String,
    effective_on: Date,
}

impl New {
    fn parse(fields: &Fields, today: Date) -> Result<New, Errors> {
        let mut p = Parse::new(fields);
        let new = New {
            label: p.line("label", "版の名前", 40),
            body: p.paragraph("body", "お伝えすること", 2000),
            source: p.line("source", "出典", 200),
            effective_on: p.date("effective_on", "使い始める日"),
        };
        if new.effective_on < today && !p.raw("effective_on").is_empty() {
            p.fail("effective_on", "使い始める日は、今日か、今日より後の日にしてください。");
        }
        if lines(&new.body).len() > 12 {
            p.fail("body", "お伝えすることは12行までにしてください。長い行が多いと、2枚目にわたります。");
        }
        p.finish(new)
    }
}

fn own_municipality(actor: &Actor) -> Result<Municipality> {
    actor.municipality.as_deref().and_then(Municipality::from_code).ok_or(Error::Forbidden)
}

pub async fn show(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<PublishConsentText>(&actor)?;
    let tx = app.store.read().await?;
    page(&app, &tx, &actor, &Fields::default(), &Errors::default()).await
}

async fn page(app: &App, tx: &Reader, actor: &Actor, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let (m, today) = (own_municipality(actor)?, app.today());
    let now = on(tx, m, today).await?;
    let sql = "/* consent::page */
        SELECT t.label, t.body, t.source, t.effective_on, p.name AS publisher FROM consent_text t JOIN person p ON p.id = t.published_by
         WHERE t.municipality = $1 ORDER BY t.effective_on DESC, t.published_at DESC LIMIT 30";
    let all: Vec<Published> = tx.all(sql, args![m]).await?;
    let f = |name, label| view::field(fields, errors, name, label);
    let body = html! {
        (ui::heading(&ui::Heading { over: m.label(), title: "同意書の文", actions: html! {} }))
        (ui::panel("いま使われている文", html! { "版 " (now.label) }, ui::pad(html! {
            @if !now.own { p { (ui::tag(ui::Tone::Warn, "未確認")) " " (m.label()) "の文がまだないため、見本を使っています。" } }
            ul.plain { @for l in &now.lines { li { (l) } } }
            p { small { "出典：" (now.source) } }
        })))
        (ui::panel("新しい版を決める", html! {}, ui::pad(view::form(app, fields, "/consent-texts", html! {
            (view::summary(errors))
            (ui::form_row(html! { (f("label", "版の名前").required().hint("例 横須賀市 第2版").max(40).text()) (f("effective_on", "使い始める日").required().date()) }))
            (f("body", "お伝えすること").required().hint("1行に1つ、12行まで。短いほど1枚に収まります。紙には、この前に目的・伝える情報・相手・期間が、後に署名の欄が入ります").max(2000).area(8))
            (f("source", "出典").required().hint("例 横須賀市個人情報取扱要領 様式3（令和8年4月1日）").max(200).text())
            p { "決めた文は直せません。古い版で記録した同意は、そのまま有効です。" }
        }, ui::button("この文に決める", true)))))
        @if !all.is_empty() { (ui::panel("これまでの版", html! { "新しい順に30件まで" }, html! { ul.plain { @for t in &all { li {
            b { (t.label) } " " (view::day(t.effective_on)) "から" br; small { (t.publisher) "・出典：" (t.source) }
            (ui::details("文を見る", html! { ul.plain { @for l in lines(&t.body) { li { (l) } } } }))
        } } } })) }
    };
    Ok(web::page(app, actor, "consent_texts", "同意書の文", body))
}

pub async fn publish(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<PublishConsentText>(&actor)?;
    let (now, m) = (app.now(), own_municipality(&actor)?);
    policy::proved(&app, &actor, now)?;
    let new = match New::parse(&fields, app.today()) {
        Ok(new) => new,
        Err(errors) => {
            let tx = app.store.read().await?;
            return Ok(unprocessable(page(&app, &tx, &actor, &fields, &errors).await?));
        }
    };
    let mut tx = app.store.begin().await?;
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/consent-texts", now).await? {
        return Ok(see_other(&before));
    }
    let id: Uuid = app.mint.uuid(now);
    let sql = "/* consent::publish */
        INSERT INTO consent_text (id, municipality, label, body, source, effective_on, published_by, published_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (municipality, label) DO NOTHING";
    let args = args![id, m, &new.label, &new.body, &new.source, new.effective_on, actor.person, now];
    if tx.exec(sql, args).await? == 0 {
        let errors = Errors::one("label", "この名前の版は、もうあります。別の名前にしてください。");
        return Ok(unprocessable(page(&app, &tx, &actor, &fields, &errors).await?));
    }
    tx.commit(&permit, &app.mint, now, Object::new("consent_text", id), None, "published").await?;
    Ok(see_other("/consent-texts"))
}
