//! The timeline page: recording, finding, correcting.

use super::{
    happened::{self, Happened},
    model::{EntryKind, New},
    store::{self, Entry},
};
use crate::{
    account::Actor,
    app::App,
    area::PaidBy,
    case,
    draft::{self, DraftForm},
    journal::Object,
    once,
    policy::{self, AppendEntry, Category, CorrectEntry, ReadCase, Seen},
    view,
    web::{self, Error, Form, Key, Query, Result, see_other, unprocessable},
};
use axum::extract::{Path, State};
use jiff::ToSpan as _;
use maud::{Markup, html};
use platform::{
    Date, Timestamp,
    db::Reader,
    form::{Errors, Fields},
    id::{CaseId, EntryId},
    japanese::date,
    vocabulary::Vocabulary as _,
};

const PAGE: i64 = 20;

fn tone(kind: EntryKind) -> ui::Tone {
    match kind {
        EntryKind::Observation => ui::Tone::Warn,
        EntryKind::Decision => ui::Tone::Ok,
        EntryKind::Request => ui::Tone::Info,
        _ => ui::Tone::Neutral,
    }
}

pub fn entries_view(entries: &[Entry], today: Date) -> Markup {
    view_with(entries, &[], today, &|_| html! {})
}

/// A line of the timeline: an entry that somebody wrote, or what an act did.
enum Line<'a> {
    Written(&'a Entry),
    Done(&'a Happened),
}

impl Line<'_> {
    fn at(&self) -> Timestamp {
        match self {
            Line::Written(e) => e.happened_at,
            Line::Done(h) => h.at,
        }
    }
}

fn view_with(entries: &[Entry], happened: &[Happened], today: Date, foot: &dyn Fn(&Entry) -> Markup) -> Markup {
    let mut lines: Vec<Line<'_>> = entries.iter().map(Line::Written).chain(happened.iter().map(Line::Done)).collect();
    if lines.is_empty() {
        return ui::empty("経過の記録はまだありません", html! {});
    }
    lines.sort_by_key(|l| std::cmp::Reverse(l.at()));
    let texts: Vec<[String; 5]> = lines
        .iter()
        .map(|l| {
            let (id, by) = match l {
                Line::Written(e) => (e.id.to_string(), format!("{} {}", e.agency, e.author)),
                Line::Done(h) => (String::new(), h.by.clone()),
            };
            let day = date::jst_date(l.at());
            // The year stands where it is not this one: a timeline goes back for years.
            let day = if day.year() == today.year() {
                date::month_day_weekday(day)
            } else {
                format!("{}（{}）", date::wareki_short(day), date::weekday(day))
            };
            [id, format!("{:.0}", l.at()), day, date::jst_time(l.at()), by]
        })
        .collect();
    let list: Vec<ui::Entry<'_>> = lines
        .iter()
        .zip(&texts)
        .map(|(line, [id, iso, day, time, by])| match line {
            Line::Written(e) => ui::Entry {
                id,
                iso,
                day,
                time,
                by,
                kind: e.kind.label(),
                tone: tone(e.kind),
                title: &e.title,
                body: view::lines(&e.body),
                foot: html! {
                    @if e.minutes > 0 { (e.minutes) "分（" (e.paid_by.label()) "） " }
                    @if e.readers > 0 { "閲覧 " (e.readers) "機関 " } @else { "ほかの機関は未読 " }
                    @if e.corrects.is_some() { "・直した記録 " }
                    (foot(e))
                },
            },
            Line::Done(h) => ui::Entry {
                id,
                iso,
                day,
                time,
                by,
                kind: h.kind,
                tone: h.tone,
                title: &h.title,
                body: if h.note.is_empty() {
                    html! {}
                } else {
                    view::lines(&h.note)
                },
                foot: html! { a href=(h.href) aria-label=(format!("{}（{}）", h.open, h.title)) { (h.open) } },
            },
        })
        .collect();
    ui::timeline(&list)
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Query(query): Query) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCase>(&actor, &seen)?;
    let kept = draft::about(&tx, &actor, DraftForm::Entry, id.0).await?;
    let fields = kept.as_ref().map_or_else(Fields::default, |k| k.fields().with("draft", k.id.to_string()));
    let body = body(&app, &tx, &actor, &seen, &query, &fields, &Errors::default()).await?;
    let unread = store::unread_up_to(&tx, &seen, actor.person, actor.organisation).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    // Only the newest page without a filter shows what it marks as read.
    let whole = ["kind", "q", "offset"].iter().all(|name| query.get(name).is_empty());
    if let Some(up_to) = unread.filter(|_| whole) {
        let mut tx = app.store.begin().await?;
        store::mark_read(&mut tx, &seen, actor.person, actor.organisation, up_to).await?;
        tx.commit_housekeeping().await?;
    }
    Ok(web::page(&app, &actor, "cases", "経過記録", body))
}

async fn body(
    app: &App,
    tx: &Reader,
    actor: &Actor,
    seen: &Seen,
    query: &Fields,
    fields: &Fields,
    errors: &Errors,
) -> Result<Markup> {
    let (case, id) = (case::find(tx, seen).await?, seen.case());
    let kind = EntryKind::from_code(query.get("kind"));
    let text = query.get("q").trim();
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 100_000);
    let mut entries = store::list(tx, seen, kind, text, PAGE + 1, offset).await?;
    let more = i64::try_from(entries.len()).unwrap_or(0) > PAGE;
    entries.truncate(usize::try_from(PAGE).unwrap_or(20));
    let happened = if kind.is_none() && text.is_empty() {
        let to = match offset {
            0 => app.now() + 24.hours(),
            _ => store::list(tx, seen, None, "", 1, offset - 1).await?.first().map_or(app.now(), |e| e.happened_at),
        };
        let from = if more { entries.last().map_or(to, |e| e.happened_at) } else { Timestamp::UNIX_EPOCH };
        happened::between(tx, actor, seen, (from, to), app.now()).await?
    } else {
        vec![]
    };
    let mut tabs =
        vec![ui::Tab {
            href: format!("/cases/{id}/timeline"), label: "すべて", current: kind.is_none(), count: None
        }];
    tabs.extend(EntryKind::ALL.iter().map(|k| ui::Tab {
        href: format!("/cases/{id}/timeline?kind={}", k.code()),
        label: k.label(),
        current: kind == Some(*k),
        count: None,
    }));
    let page =
        |at: i64| format!("/cases/{id}/timeline?kind={}&q={}&offset={at}", kind.map_or("", |k| k.code()), encode(text));
    let may_correct = seen.allows::<CorrectEntry>();
    let list = html! {
        @if entries.is_empty() && !seen.shows(Category::Plan) { (ui::empty("あなたの事業所の記録はまだありません", html! {})) }
        @else if entries.is_empty() && happened.is_empty() && (kind.is_some() || !text.is_empty()) { (ui::empty("この条件の記録はありません", html! { p { a href=(format!("/cases/{id}/timeline")) { "すべての記録を見る" } } })) }
        @else { (view_with(&entries, &happened, app.today(), &|e| html! { @if may_correct { a href=(format!("/cases/{id}/timeline/{}/correct", e.id)) { "直す・前の文章" } } })) }
    };
    let (prev, next) = ((offset > 0).then(|| page((offset - PAGE).max(0))), more.then(|| page(offset + PAGE)));
    Ok(html! {
        (case::header(app, &case, seen, "/timeline"))
        (ui::two(html! {
            section.panel {
                header { h2 { "経過" } }
                @if !seen.shows(Category::Plan) { (case::not_agreed("ほかの機関の記録")) }
                (ui::chips("種類で絞り込む", &tabs))
                form.filter method="get" action=(format!("/cases/{id}/timeline")) role="search" aria-label="経過を探す" {
                    @if let Some(k) = kind { input type="hidden" name="kind" value=(k.code()); }
                    (ui::form_row(html! { (ui::Field::new("q", "文章で探す").value(text).max(60).text()) (ui::button("探す", false)) }))
                }
                (list)
                @if prev.is_some() || next.is_some() { (ui::pager(&view::shown(offset, entries.len()), prev.as_deref(), next.as_deref())) }
            }
        }, html! {
            @if seen.allows::<AppendEntry>() && case.status != case::Status::Closed {
                div id="new" { (ui::panel("記録する", html! {}, ui::pad(entry_form(app, &format!("/cases/{id}/timeline"), Some(id), fields, errors, "記録する")))) }
            }
        }))
    })
}

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn entry_form(app: &App, action: &str, keep: Option<CaseId>, fields: &Fields, errors: &Errors, label: &str) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let draft = draft::id(app, fields);
    let url = keep.map(|_| draft::url(DraftForm::Entry, draft));
    let kind = if fields.has("kind") { fields.get("kind") } else { "contact" };
    let paid = if fields.has("paid_by") { fields.get("paid_by") } else { "entrusted" };
    html! {
        form method="post" action=(action) data-draft=[url] novalidate {
            (once::field(app, fields))
            @if let Some(case) = keep { input type="hidden" name="draft" value=(draft); input type="hidden" name="object" value=(case); (ui::draft_state()) }
            (view::summary(errors))
            (f("kind", "種類").value(kind).required().radios(&EntryKind::options()))
            (f("title", "見出し").required().max(60).text())
            (f("body", "内容").required().max(4000).area(6))
            (ui::form_row(html! { (f("on", "いつ").hint("空のときは今日").date()) (f("time", "時刻").hint("例 14:05").max(5).text()) }))
            (ui::form_row(html! { (f("minutes", "かかった分").minutes().number("分")) (f("paid_by", "費用の区分").value(paid).select(&PaidBy::options())) }))
            div.acts { (ui::button(label, true)) }
        }
    }
}

pub async fn record(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<AppendEntry>(&actor, &seen)?;
    case::must_be_open(&mut tx, &seen).await?;
    let new = match New::parse(&fields, app.today(), now) {
        Ok(new) => new,
        Err(errors) => {
            let body = body(&app, &tx, &actor, &seen, &Fields::default(), &fields, &errors).await?;
            return Ok(unprocessable(web::page(&app, &actor, "cases", "経過記録", body)));
        }
    };
    let entry: EntryId = app.mint.id(now);
    let place = format!("/cases/{id}/timeline");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    store::append(&mut tx, &app.mint, entry, &seen, &actor, &new, now).await?;
    draft::discard(&mut tx, &actor, &fields).await?;
    tx.commit(&permit, &app.mint, now, Object::new("timeline_entry", entry.0), None, new.kind.code()).await?;
    Ok(see_other(&place))
}

fn ids((case, entry): &(String, String)) -> Result<(CaseId, EntryId)> {
    Ok((case.parse().map_err(|_| Error::NotFound)?, entry.parse().map_err(|_| Error::NotFound)?))
}

/// What the page of a correction shows besides the form.
struct Correction<'a> {
    case: &'a case::Case,
    seen: &'a Seen,
    entry: &'a Entry,
    earlier: &'a [Entry],
    extra: Markup,
}

fn correction_page(app: &App, actor: &Actor, c: &Correction<'_>, fields: &Fields, errors: &Errors) -> Markup {
    let action = format!("/cases/{}/timeline/{}/correct", c.case.id, c.entry.id);
    web::page(
        app,
        actor,
        "cases",
        "記録を直す",
        html! {
            (case::header(app, c.case, c.seen, "/timeline"))
            (c.extra)
            (ui::two(
                ui::panel("記録を直す", html! {}, ui::pad(html! {
                    p { small { "前の文章は消えずに残ります。" } }
                    (entry_form(app, &action, None, fields, errors, "直した文章を記録する"))
                })),
                ui::panel("前の文章", html! {}, if c.earlier.is_empty() { ui::empty("まだ直されていません", html! {}) } else { entries_view(c.earlier, app.today()) }),
            ))
        },
    )
}

pub async fn correction(State(app): State<App>, actor: Actor, Path(path): Path<(String, String)>) -> Result<Markup> {
    let (id, entry) = ids(&path)?;
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<CorrectEntry>(&actor, &seen)?;
    let found = store::find(&tx, &seen, entry).await?.ok_or(Error::NotFound)?;
    let earlier = store::earlier(&tx, &seen, &found).await?;
    let case = case::find(&tx, &seen).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("timeline_entry", entry.0)).await?;
    let fields = Fields::default()
        .with("kind", found.kind.code())
        .with("title", &found.title)
        .with("body", &found.body)
        .with("on", date::jst_date(found.happened_at).to_string())
        .with("time", date::jst_time(found.happened_at))
        .with("minutes", found.minutes.to_string())
        .with("paid_by", found.paid_by.code());
    Ok(correction_page(
        &app,
        &actor,
        &Correction { case: &case, seen: &seen, entry: &found, earlier: &earlier, extra: html! {} },
        &fields,
        &Errors::default(),
    ))
}

pub async fn correct(
    State(app): State<App>,
    actor: Actor,
    Path(path): Path<(String, String)>,
    Form(fields): Form,
) -> Result {
    let (id, entry) = ids(&path)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<CorrectEntry>(&actor, &seen)?;
    let found = store::find(&tx, &seen, entry).await?.ok_or(Error::NotFound)?;
    if found.author_id != actor.person {
        return Err(Error::refused("記録を直せるのは、書いた人だけです。補いたいときは、新しい記録を加えてください。"));
    }
    let new = match New::parse(&fields, app.today(), now) {
        Ok(new) => new,
        Err(errors) => {
            let case = case::find(&tx, &seen).await?;
            let earlier = store::earlier(&tx, &seen, &found).await?;
            return Ok(unprocessable(correction_page(
                &app,
                &actor,
                &Correction { case: &case, seen: &seen, entry: &found, earlier: &earlier, extra: html! {} },
                &fields,
                &errors,
            )));
        }
    };
    let id_new: EntryId = app.mint.id(now);
    let place = format!("/cases/{id}/timeline");
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    if !store::correct(&mut tx, &app.mint, id_new, &seen, &actor, &found, &new, now).await? {
        let case = case::find(&tx, &seen).await?;
        let extra = ui::notice(
            ui::Tone::Alert,
            "この記録は、先に直されています",
            html! {
                p { "入力した文章は下に残っています。経過の画面で新しい文章を開いてから、もう一度直してください。" }
            },
        );
        let earlier = std::slice::from_ref(&found);
        let shown = Correction { case: &case, seen: &seen, entry: &found, earlier, extra };
        let page = correction_page(&app, &actor, &shown, &fields, &Errors::default());
        return Err(Error::Conflict(Box::new(page)));
    }
    tx.commit(&permit, &app.mint, now, Object::new("timeline_entry", id_new.0), None, "corrected").await?;
    Ok(see_other(&place))
}
