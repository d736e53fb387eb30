//! What is watched and when it is told: added, ended, and tried on the past before it counts.

use super::{
    model::{Measure, RuleKind, band_text, episodes, rule_text},
    pages::{Seeing, see},
    store::{self, Item},
    typed::{LONGEST_ROW, NewItem, NewRule},
    watch,
};
use crate::{
    account::Actor,
    app::App,
    case,
    journal::Object,
    once,
    policy::{Seen, SetMonitoring},
    sealing, view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::{extract::State, response::IntoResponse as _};
use jiff::ToSpan;
use maud::{Markup, html};
use platform::{
    Uuid,
    db::Reader,
    form::{Errors, Fields},
    id::CaseId,
    japanese::date,
    vocabulary::Vocabulary as _,
};

/// How many things may be watched for one child: more is not looked at any more.
const MOST_ITEMS: usize = 12;
/// How many rules one child may have, so that what is told is still read.
const MOST_RULES: usize = 20;

/// Which form of the page was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Item,
    Rule,
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let Seeing { seen, permit } = see::<SetMonitoring>(&tx, &actor, id, now).await?;
    let page =
        page(&app, &tx, &actor, &seen, (Sent::Nothing, &Fields::default(), &Errors::default()), html! {}).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(page)
}

async fn page(
    app: &App,
    tx: &Reader,
    actor: &Actor,
    seen: &Seen,
    (sent, fields, errors): (Sent, &Fields, &Errors),
    preview: Markup,
) -> Result<Markup> {
    let (case, id) = (case::find(tx, seen).await?, seen.case());
    let items = store::items(tx, seen).await?;
    let key = sealing::key_of(tx, id.0).await?;
    let rules = store::rules(tx, key.as_ref(), id).await?;
    let names: Vec<(String, String)> = items.iter().map(|i| (i.id.to_string(), i.name.clone())).collect();
    let item = view::Part::new("item", sent == Sent::Item, fields, errors);
    let rule = view::Part::new("rule", sent == Sent::Rule, fields, errors);
    let none = Fields::default();
    let of = |is: bool| if is { fields } else { &none };
    let body = html! {
        (case::header(app, &case, seen, "/monitoring"))
        (ui::two(html! {
            (ui::panel("見守ること", html! { a href=(format!("/cases/{id}/monitoring")) { "見守りへ戻る" } }, html! {
                @if items.is_empty() { (ui::empty("まだありません", html! { p { "下で加えます。家族が毎日30秒で答えられる数にします。" } })) }
                @else { ul.plain { @for i in &items { li {
                    b { (i.name) } " " small { (i.scale().unit) "・" (i.scale().worse.label()) } @if i.by_family { " " (ui::tag(ui::Tone::Info, "家族も入力")) }
                    @if let Some(b) = i.band { br; small { "ふだん " (band_text(b, &i.scale())) "（手で決めた範囲）" } }
                    (view::form(app, &none, &format!("/cases/{id}/monitoring/items/end"), html! { input type="hidden" name="item" value=(i.id); }, html! { button.btn type="submit" aria-label=(format!("{}の見守りを終える", i.name)) { "終える" } }))
                } } } }
            }))
            (ui::panel("知らせ方", html! {}, html! {
                @if rules.is_empty() { (ui::empty("まだありません", html! { p { "知らせ方がないと、値は記録されるだけで、だれにも知らせません。" } })) }
                @else { ul.plain { @for r in &rules { @if let Some(i) = items.iter().find(|i| i.id == r.item) { li {
                    b { (i.name) } " " (rule_text(&r.rule, &i.scale())) @if r.urgent { " " (ui::tag(ui::Tone::Alert, "急ぐ")) }
                    br; small { @match r.last_hit { Some(at) => { "最後の知らせ " (view::day_short(date::jst_date(at))) } None => "まだ知らせたことがありません" } }
                    (view::form(app, &none, &format!("/cases/{id}/monitoring/rules/end"), html! { input type="hidden" name="rule" value=(r.id); }, html! { button.btn type="submit" aria-label=(format!("{} {}をやめる", i.name, rule_text(&r.rule, &i.scale()))) { "やめる" } }))
                } } } } }
            }))
        }, html! {
            (ui::panel("見守ることを加える", html! {}, ui::pad(view::form(app, of(sent == Sent::Item), &format!("/cases/{id}/monitoring/items"), html! {
                @if sent == Sent::Item { (item.summary()) }
                (item.field("measure", "見守ること").required().select(&Measure::options()))
                (item.field("name", "呼び名").hint("空のときは、そのまま").max(40).text())
                (ui::form_row(html! { (item.field("low", "ふだんの範囲（下）").inputmode("decimal").text()) (item.field("high", "ふだんの範囲（上）").hint("空のときは、この子の35日から").inputmode("decimal").text()) }))
                (item.field("by_family", "家族も毎日入力する").checkbox())
            }, ui::button("加える", true)))))
            @if !items.is_empty() { (ui::panel("知らせ方を加える", html! {}, ui::pad(html! {
                (preview)
                (view::form(app, of(sent == Sent::Rule), &format!("/cases/{id}/monitoring/rules"), html! {
                    @if sent == Sent::Rule { (rule.summary()) }
                    (rule.field("item", "見守ること").required().select(&view::choices(&names)))
                    (rule.field("rule", "知らせるとき").required().select(&RuleKind::options()))
                    (ui::form_row(html! { (rule.field("value", "値").hint("「この値…」のとき").inputmode("decimal").text()) (rule.field("days", "日数").hint(&format!("続けて・入力がない日（1〜{LONGEST_ROW}）")).number("日")) }))
                    (rule.field("urgent", "急ぐ（その日のうちに確かめる）").checkbox())
                }, html! { (ui::button_value("printing", "1", "過去の値で試す", false)) (ui::button("この知らせ方にする", true)) }))
            }))) }
        }))
    };
    Ok(web::page(app, actor, "cases", "見守ることと知らせ方", body))
}

pub async fn add_item(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let Seeing { seen, permit } = see::<SetMonitoring>(&tx, &actor, id, now).await?;
    case::must_be_open(&mut tx, &seen).await?;
    let mut parsed = NewItem::parse(&fields);
    let items = store::items(&tx, &seen).await?;
    if items.len() >= MOST_ITEMS {
        parsed = Err(Errors::one(
            "measure",
            format!("見守ることは{MOST_ITEMS}個までです。使っていないものを終えてから加えてください。"),
        ));
    } else if let Ok(new) = &parsed
        && items.iter().any(|i| i.name == new.name)
    {
        parsed =
            Err(Errors::one("name", format!("「{}」は、もう見守っています。別の呼び名を付けてください。", new.name)));
    }
    let new = match parsed {
        Ok(new) => new,
        Err(errors) => {
            let sent = (Sent::Item, &fields, &errors);
            return Ok(unprocessable(page(&app, &tx, &actor, &seen, sent, html! {}).await?));
        }
    };
    let place = format!("/cases/{id}/monitoring/settings");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let made = store::add_item(&mut tx, &app.mint, id, &new, actor.person, app.today(), now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("watch_item", made), None, "added").await?;
    Ok(see_other(&place))
}

pub async fn end_item(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let Seeing { seen, permit } = see::<SetMonitoring>(&tx, &actor, id, now).await?;
    case::must_be_open(&mut tx, &seen).await?;
    let item: Uuid = fields.get("item").parse().map_err(|_| Error::NotFound)?;
    if !store::end_item(&mut tx, id, item, actor.person, now).await? {
        return Err(Error::refused("この見守りは、すでに終わっています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("watch_item", item), None, "ended").await?;
    Ok(see_other(&format!("/cases/{id}/monitoring/settings")))
}

/// How often a rule would have been told in the days that are there.
async fn tried(app: &App, tx: &Reader, seen: &Seen, item: &Item, new: &NewRule) -> Result<Markup> {
    let today = app.today();
    let key = sealing::key_of(tx, seen.case().0).await?;
    let from = today.checked_sub(watch::LOOK_BACK.days()).unwrap_or(today);
    let entries = store::entries(tx, key.as_ref(), seen.case(), from, watch::READ).await?;
    let days = store::days_of(item, &entries);
    let since = days.first().map_or(item.since, |d| d.day);
    let found = episodes(&new.rule, &item.scale(), item.band, &days, since, today);
    let told: Vec<String> = found.iter().rev().take(8).map(|d| date::month_day_weekday(*d)).collect();
    Ok(ui::notice(
        if found.len() > 6 { ui::Tone::Warn } else { ui::Tone::Info },
        &format!("{}：{}", item.name, rule_text(&new.rule, &item.scale())),
        html! {
            @if days.is_empty() { p { "まだ値がないので、試せません。" } }
            @else { p { "値のある" (days.len()) "日では、" b { (found.len()) "回" } " 知らせていました" @if !told.is_empty() { "（" (told.join("、")) "）" } "。" @if found.len() > 6 { "多すぎると読まれなくなります。" } } }
        },
    ))
}

pub async fn add_rule(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let Seeing { seen, permit } = see::<SetMonitoring>(&tx, &actor, id, now).await?;
    case::must_be_open(&mut tx, &seen).await?;
    let items = store::items(&tx, &seen).await?;
    let item = items.iter().find(|i| i.id.to_string() == fields.get("item"));
    let scale = item.map_or(Measure::Count.scale(), Item::scale);
    let mut parsed = NewRule::parse(&fields, &scale);
    let key = sealing::key_of(&tx, id.0).await?;
    let rules = store::rules(&tx, key.as_ref(), id).await?;
    if item.is_none() {
        parsed = Err(Errors::one("item", "見守ることを選んでください。"));
    } else if rules.len() >= MOST_RULES {
        parsed = Err(Errors::one(
            "rule",
            format!("知らせ方は{MOST_RULES}個までです。使っていないものをやめてから加えてください。"),
        ));
    } else if let Ok(new) = &parsed
        && rules.iter().any(|r| r.item == new.item && r.rule == new.rule)
    {
        parsed = Err(Errors::one("rule", "同じ知らせ方が、もうあります。"));
    }
    let (new, item) = match (parsed, item) {
        (Ok(new), Some(item)) => (new, item),
        (parsed, _) => {
            let errors = parsed.err().unwrap_or_default();
            let sent = (Sent::Rule, &fields, &errors);
            return Ok(unprocessable(page(&app, &tx, &actor, &seen, sent, html! {}).await?));
        }
    };
    if fields.has("printing") {
        let shown = tried(&app, &tx, &seen, item, &new).await?;
        let sent = (Sent::Rule, &fields, &Errors::default());
        return Ok(page(&app, &tx, &actor, &seen, sent, shown).await?.into_response());
    }
    let place = format!("/cases/{id}/monitoring/settings");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    let made = store::add_rule(&mut tx, &app.mint, id, &new, actor.person, now).await?;
    // What is so already is told at once.
    watch::look(&app, &mut tx, id, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("watch_rule", made), None, "added").await?;
    Ok(see_other(&place))
}

pub async fn end_rule(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let Seeing { seen, permit } = see::<SetMonitoring>(&tx, &actor, id, now).await?;
    case::must_be_open(&mut tx, &seen).await?;
    let rule: Uuid = fields.get("rule").parse().map_err(|_| Error::NotFound)?;
    if !store::end_rule(&mut tx, id, rule, actor.person, now).await? {
        return Err(Error::refused("この知らせ方は、すでにやめています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("watch_rule", rule), None, "ended").await?;
    Ok(see_other(&format!("/cases/{id}/monitoring/settings")))
}
