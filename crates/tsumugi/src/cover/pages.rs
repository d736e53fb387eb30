//! Who stands in for whom: to arrange it, to see it, to end it before its time.

use super::{
    model::{self, New},
    store::{self, Cover},
};
use crate::{
    account::Actor,
    app::App,
    journal::Object,
    once,
    policy::{self, ArrangeCover, Role},
    view,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::{Errors, Fields},
    id::CoverId,
};

/// On the first page of both of them, while a cover runs or begins soon.
pub fn notice(covers: &[Cover], actor: &Actor) -> Markup {
    html! { @for v in covers {
        (ui::notice(ui::Tone::Neutral, "休みの間の代わり", html! { p {
            (days(v)) " "
            @if v.substitute_id == actor.person { (v.holder) "さんの代わりです。" } @else { (v.substitute) "さんが代わりです。" }
            a href="/cover" { "確かめる" }
        } }))
    } }
}

fn days(v: &Cover) -> Markup {
    html! { (view::day(v.first_day())) @if v.first_day() != v.last_day() { "から" (view::day(v.last_day())) "まで" } }
}

pub async fn show(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<ArrangeCover>(&actor)?;
    let tx = app.store.read().await?;
    page(&app, &tx, &actor, &Fields::default(), &Errors::default()).await
}

async fn page(app: &App, tx: &Reader, actor: &Actor, fields: &Fields, errors: &Errors) -> Result<Markup> {
    let now = app.now();
    let all = store::list(tx, actor.person).await?;
    let colleagues: Vec<(String, String)> = store::colleagues(tx, actor, now)
        .await?
        .into_iter()
        .map(|c| (c.id.to_string(), format!("{}（{}）", c.name, c.kana)))
        .collect();
    let (open, past): (Vec<&Cover>, Vec<&Cover>) = all.iter().partition(|v| v.is_open(now));
    let sees = if actor.role == Role::Coordinator {
        "主担当・副担当のケースと、そのケースであなたを待っているもの"
    } else {
        "あなたがチームに入っているケースのうち家族が同意した範囲と、あなたを待っているもの"
    };
    let f = |name, label| view::field(fields, errors, name, label);
    let body = html! {
        (ui::heading(&ui::Heading { over: "休むとき", title: "休みの間の代わり", actions: html! {} }))
        (ui::panel("いまとこれから", html! {}, html! {
            @if open.is_empty() { (ui::empty("頼んでいるもの、引き受けているものはありません", html! {})) }
            @else { (table(app, actor, &open, true)) }
        }))
        (ui::panel("代わりを頼む", html! {}, ui::pad(html! {
            @if colleagues.is_empty() {
                p { (actor.place) "には、同じ役割の人がほかにいません。長く休むときは、主担当の引継ぎをしてください。" }
            } @else { (view::form(app, fields, "/cover", html! {
                (view::summary(errors))
                (f("substitute", "代わりの人").required().hint("同じ事業所の、同じ役割の人").select(&view::choices(&colleagues)))
                (ui::form_row(html! { (f("from", "はじめの日").required().date()) (f("until", "終わりの日").required().hint("14日まで").date()) }))
                p { "代わりの人が見て書けるようになるもの：" (sees) "。期間が終わると、自動で見られなくなります。" }
                p { "守る情報、ケースの終結、新しい同意、家族の記録、副担当を替えることは、代わりの人にはできません。それを待つものは、あなたに残ります。代わりの人が、さらにほかの人に頼むこともできません。" }
            }, ui::button("代わりを頼む", true))) }
        })))
        @if !past.is_empty() { (ui::panel("これまで", html! { "新しい順に40件まで" }, table(app, actor, &past, false))) }
    };
    Ok(web::page(app, actor, "home", "休みの間の代わり", body))
}

fn table(app: &App, actor: &Actor, covers: &[&Cover], open: bool) -> Markup {
    let none = Fields::default();
    let head: &[&str] = if open {
        &["いつ", "休む人", "代わりの人", "すること"]
    } else {
        &["いつ", "休む人", "代わりの人"]
    };
    ui::table(
        "休みの間の代わり",
        head,
        html! { @for v in covers { tr {
            th scope="row" { (days(v)) @if open { " " @if v.begun_at.is_some() { (ui::tag(ui::Tone::Info, "いま")) } @else { (ui::tag(ui::Tone::Neutral, "これから")) } } }
            td data-l="休む人" { @if v.holder_id == actor.person { "自分" } @else { (v.holder) } }
            td data-l="代わりの人" { @if v.substitute_id == actor.person { "自分" } @else { (v.substitute) } }
            @if open { td data-l="すること" { (view::form(app, &none, &format!("/cover/{}/end", v.id), html! {}, ui::button(if v.begun_at.is_some() { "いま終わりにする" } else { "取りやめる" }, false))) } }
        } } },
    )
}

pub async fn arrange(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<ArrangeCover>(&actor)?;
    let now = app.now();
    policy::proved(&app, &actor, now)?;
    let again = async |errors: Errors| -> Result {
        let tx = app.store.read().await?;
        Ok(unprocessable(page(&app, &tx, &actor, &fields, &errors).await?))
    };
    let new = match New::parse(&fields, app.today()) {
        Ok(new) => new,
        Err(errors) => return again(errors).await,
    };
    let mut tx = app.store.begin().await?;
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/cover", now).await? {
        return Ok(see_other(&before));
    }
    store::hold(&mut tx, actor.person, new.substitute).await?;
    let period = new.times(now);
    let wrong = if !store::colleagues(&tx, &actor, now).await?.iter().any(|c| c.id == new.substitute) {
        Some(("substitute", "この人には頼めません。同じ事業所の、同じ役割の人を選んでください。"))
    } else if store::is_away(&tx, actor.person, period).await? {
        Some(("from", "この期間には、もう代わりを頼んでいます。重ならない日にするか、前のものを終わりにしてください。"))
    } else if store::away_nearby(&tx, actor.person, period).await? + period.1.duration_since(period.0)
        > model::longest()
    {
        Some(("until", "前後1週間の代わりと合わせて14日を超えます。長く休むときは、主担当の引継ぎをしてください。"))
    } else if store::is_away(&tx, new.substitute, period).await? {
        Some(("substitute", "この人も、この期間に休んで代わりを頼んでいます。別の人を選んでください。"))
    } else if store::stands_in(&tx, actor.person, period).await? {
        Some((
            "from",
            "この期間には、あなたがほかの人の代わりをしています。先に、その人に別の代わりを頼んでもらってください。",
        ))
    } else {
        None
    };
    if let Some((field, words)) = wrong {
        drop(tx);
        return again(Errors::one(field, words)).await;
    }
    let id: CoverId = app.mint.id(now);
    store::add(&mut tx, id, &actor, &new, now).await?;
    if period.0 <= now
        && let Some(cover) = store::find(&tx, id).await?
    {
        store::begin(&app, &mut tx, &cover, now).await?;
    }
    tx.commit(&permit, &app.mint, now, Object::new("cover", id.0), None, "arranged").await?;
    Ok(see_other("/cover"))
}

/// Either of the two ends it.
pub async fn end(State(app): State<App>, actor: Actor, Key(id): Key<CoverId>) -> Result {
    let permit = policy::by_role::<ArrangeCover>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let cover = store::find(&tx, id).await?.ok_or(Error::NotFound)?;
    if actor.person != cover.holder_id && actor.person != cover.substitute_id {
        return Err(Error::NotFound);
    }
    if !store::end(&mut tx, id, now).await? {
        return Err(Error::refused("もう終わっています。"));
    }
    tx.commit(&permit, &app.mint, now, Object::new("cover", id.0), None, "ended").await?;
    Ok(see_other("/cover"))
}
