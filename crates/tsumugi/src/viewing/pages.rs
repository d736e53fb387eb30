//! 誰が見られるか and 閲覧の記録 of one case.

use super::{
    exclusion::{self, Choice},
    model::{self, Line, Viewed},
    store::{self, Holder, Sitter},
};
use crate::{
    account::Actor,
    app::App,
    case, consent,
    policy::{self, Category, ExcludePerson, ReadViewing, Relation, Seen},
    view,
    waiting::{self, WaitingKind},
    web::{self, Error, Key, Query, Result, see_other},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Date, Timestamp,
    form::{Errors, Fields},
    id::CaseId,
    japanese::date,
    vocabulary::Vocabulary as _,
};

/// Entries of the journal on one page; what is done again on a day becomes one line.
const PAGE: i64 = 200;

pub async fn who(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadViewing>(&actor, &seen)?;
    if !seen.oversees() {
        return Err(Error::Forbidden);
    }
    let case = case::find(&tx, &seen).await?;
    let mut holders = store::holders(&tx, &seen, now, false).await?;
    let ended = store::holders(&tx, &seen, now, true).await?;
    let sitters = store::sitters(&tx, &seen, now).await?;
    let (consents, scopes) = consent::list(&tx, &seen).await?;
    let exclusions = store::exclusions(&tx, &seen).await?;
    let fields = Fields::default();
    let choice = Choice::load(&tx, &sitters, &fields, &app).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    holders.sort_by_key(|h| h.relation);
    let (mut ended, mut exclusions) = (ended, exclusions);
    if !seen.shows(Category::Family) {
        // Who the parents are, and why somebody must not look, is about the family.
        for h in holders.iter_mut().chain(&mut ended).filter(|h| h.relation == Relation::Guardian) {
            h.person = Some("保護者".to_owned());
        }
        for e in &mut exclusions {
            e.reason = "理由は、家族の同意の範囲に入っていません。主担当が知っています。".to_owned();
        }
    }
    let full = i64::try_from(holders.len()).unwrap_or(0) >= store::HOLDERS;
    let today = app.today();
    // A newer consent carries what an older one began, so the last end of those that count now is told.
    let ends = |h: &Holder| {
        let by_consent = matches!(h.relation, Relation::Municipality | Relation::Asked);
        let place = h.place.as_deref().filter(|_| by_consent)?;
        let mine = scopes.iter().filter(|s| s.organisation == place);
        mine.filter_map(|s| {
            consents.iter().find(|c| c.id == s.consent_id && c.standing(today) == consent::Standing::Live)
        })
        .map(|c| c.ends_on)
        .max()
    };
    let row = |h: &Holder| {
        html! { tr {
            th scope="row" { (holder_name(h)) @if let Some(place) = &h.place { small { (place) } } (names(h, &sitters)) }
            td data-l="立場" { (h.relation.label()) }
            td data-l="見られるもの" { (scope(h.relation)) }
            td data-l="根拠" { (model::reason_label(&h.basis)) }
            td data-l="いつから" { (view::day_short(date::jst_date(h.since))) }
            td data-l="いつまで" { @match (h.until, ends(h)) {
                (Some(t), _) => { (view::day_short(date::jst_date(t))) small { (date::jst_time(t)) } }
                (None, Some(day)) => { (view::day_short(day)) small { "同意の終わり" } }
                (None, None) => "立場が終わるまで",
            } }
        } }
    };
    let head = [("だれが", 22), ("立場", 14), ("見られるもの", 22), ("根拠", 14), ("いつから", 14), ("いつまで", 14)];
    let body = html! {
        (case::header(&app, &case, &seen, "/viewing"))
        (tabs(&seen, "who"))
        (ui::panel("いま見られる人", html! {}, html! {
            (ui::steady_table("いま見られる人", &head, html! { @for h in &holders { (row(h)) } }))
            @if full { (ui::pad(html! { p { "これより多くの人は、表示していません。" } })) }
            (ui::pad(html! { p { small { "ここにない人には、このケースは存在しないものとして扱われます。県・監査・システム管理の役割は、ケースを見られません。" } } }))
        }))
        (ui::panel("機関ごとの、いま伝えてよい情報", html! { a href=(format!("/cases/{id}/consents")) { "同意を開く" } }, agreed(&consents, &scopes, today)))
        (exclusion::view(&app, id, &exclusions, seen.allows::<ExcludePerson>(), &choice, &fields, &Errors::default()))
        @if !ended.is_empty() { (ui::panel("見られなくなった人", html! { "新しい順に50件まで" }, ui::pad(ui::details("これまでの人", ui::steady_table("見られなくなった人", &head, html! { @for h in &ended { (row(h)) } }))))) }
        @if seen.allows::<policy::HoldCase>() {
            (ui::panel("記録を残す期間", html! { a href=(format!("/cases/{id}/retention")) { "消去の見合わせ" } }, ui::pad(html! { p { "終結から" (app.settings.retention_years) "年が過ぎると、市町の個人情報管理者が消去を決められます。残すわけがあるときは、消去を見合わせます。" } })))
        }
    };
    Ok(web::page(&app, &actor, "cases", "見られる人", body))
}

/// What the consents that count today let each agency see.
fn agreed(consents: &[consent::Consent], scopes: &[consent::Scope], today: Date) -> Markup {
    let live = |s: &&consent::Scope| {
        consents.iter().any(|c| c.id == s.consent_id && c.standing(today) == consent::Standing::Live)
    };
    let live: Vec<&consent::Scope> = scopes.iter().filter(live).collect();
    let head = ["機関", "基本情報", "医療的ケア", "家族・生活", "計画・経過", "書類"];
    html! {
        @if live.is_empty() { (ui::empty("いま有効な同意がありません", html! {})) } @else {
            (ui::table("機関ごとの、いま伝えてよい情報", &head, html! { @for agency in view::distinct(live.iter().map(|s| s.organisation.as_str())) { tr {
                th scope="row" { (agency) }
                @for (category, label) in Category::ALL.iter().zip(&head[1..]) {
                    td data-l=(label) { @if live.iter().any(|s| s.organisation == agency && s.category == *category) { "見られる" } @else { "—" } }
                }
            } } }))
        }
        (ui::pad(html! { p { small { "チームの人と居住市町は、この範囲だけを見ます。家族・生活の状況は、同意があっても、保健師・看護師・相談支援専門員だけが見ます。自分の機関が書いた記録と、自分の機関への依頼は、いつも見られます。" } } }))
    }
}

pub(super) fn tabs(seen: &Seen, current: &str) -> Markup {
    let id = seen.case();
    let tab = |path: &str, key: &str, label| ui::Tab {
        href: format!("/cases/{id}/viewing{path}"),
        label,
        current: current == key,
        count: None,
    };
    let mut all = vec![tab("", "who", "誰が見られるか"), tab("/log", "log", "閲覧の記録")];
    if seen.allows::<policy::ReadHistory>() {
        all.push(tab("/corrections", "corrections", "直した記録"));
    }
    ui::chips("閲覧", &all)
}

fn holder_name(h: &Holder) -> String {
    match (&h.person, h.role) {
        (Some(name), _) => name.clone(),
        (None, Some(role)) => role.label().to_owned(),
        (None, None) => "削除された利用者".to_owned(),
    }
}

/// The people behind a seat; a person stands for themselves.
fn names(h: &Holder, sitters: &[Sitter]) -> Markup {
    let names: Vec<&str> = sitters.iter().filter(|s| s.subject_id == h.subject_id).map(|s| s.name.as_str()).collect();
    html! { @if h.person.is_none() { small { @if names.is_empty() { "いま座っている人はいません" } @else { (names.join("、")) } } } }
}

/// How far a relation reaches, from the policy itself.
fn scope(relation: Relation) -> Markup {
    let acts: Vec<&str> =
        policy::CASE_ACTS.iter().filter(|(_, _, allows)| allows(relation)).map(|(_, label, _)| *label).collect();
    let reach = match relation {
        Relation::Team | Relation::Municipality => "同意の範囲（下の表）",
        _ if policy::reads_case(relation) => "ケースの全体",
        Relation::Guardian => "家族の画面だけ",
        Relation::Emergency => "医療と連絡先だけ",
        _ => "頼まれたつなぎだけ",
    };
    html! {
        (reach)
        (ui::details(&format!("できること（{}）", acts.len()), html! { ul { @for a in &acts { li { (a) } } } }))
    }
}

pub async fn log(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Query(query): Query) -> Result<Markup> {
    let now = app.now();
    let kind = ["read", "act", "refused"].into_iter().find(|k| *k == query.get("kind")).unwrap_or("");
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 1_000_000);
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadViewing>(&actor, &seen)?;
    if !seen.oversees() {
        return Err(Error::Forbidden);
    }
    let case = case::find(&tx, &seen).await?;
    let knocked = seen.allows::<ExcludePerson>() && waiting::is_open(&tx, id.0, WaitingKind::FamilyKnock).await?;
    let mut lines = store::log(&tx, id, kind, PAGE + 1, offset).await?;
    if !seen.shows(Category::Family) {
        for line in lines.iter_mut().filter(|l| ["guardian", "family"].contains(&l.basis.as_str())) {
            line.name = Some("保護者".to_owned());
        }
    }
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    let page = usize::try_from(PAGE).unwrap_or(0);
    let more = lines.len() > page;
    lines.truncate(page);
    let link = |kind: &str, offset: i64| format!("/cases/{id}/viewing/log?kind={kind}&offset={offset}");
    let chip = |k: &str, label| ui::Tab { href: link(k, 0), label, current: k == kind, count: None };
    let body = html! {
        (case::header(&app, &case, &seen, "/viewing"))
        (tabs(&seen, "log"))
        section.panel {
            (ui::chips("種類", &[chip("", "すべて"), chip("read", "見た"), chip("act", "書いた・変えた"), chip("refused", "断った")]))
            @if knocked { (ui::pad(ui::notice(ui::Tone::Warn, "見られない家族が、画面を開こうとしました", html! {
                p { "何も見せていません。下の「断った」で、だれがいつ試したかを確かめてください。必要なら、家族と、居住市町の担当に知らせてください。" }
                (view::form(&app, &Fields::default(), &format!("/cases/{id}/viewing/knock"), html! {}, ui::button("確かめた", false)))
            }))) }
            (log_table(&lines))
            @if offset > 0 || more {
                @let (prev, next) = ((offset > 0).then(|| link(kind, (offset - PAGE).max(0))), more.then(|| link(kind, offset + PAGE)));
                (ui::pager(&view::shown(offset, lines.len()), prev.as_deref(), next.as_deref()))
            }
            (ui::pad(html! { p { small { "このケースのページを開いた・書いた記録です。一覧や検索に名前が並んだことは、一覧を開いた記録として記録簿に残りますが、ここには入りません。記録は消すことも直すこともできません。" } } }))
        }
    };
    Ok(web::page(&app, &actor, "cases", "閲覧の記録", body))
}

/// Whoever carries the case has seen that somebody of the family tried what is closed to them.
pub async fn knock_seen(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ExcludePerson>(&actor, &seen)?;
    waiting::clear(&mut tx, id.0, WaitingKind::FamilyKnock).await?;
    tx.commit(&permit, &app.mint, now, id.into(), None, "knock_seen").await?;
    Ok(see_other(&format!("/cases/{id}/viewing/log")))
}

/// Entries of the journal of a case as people read them.
pub fn log_table(lines: &[Line]) -> Markup {
    let merged = model::merge(lines);
    if merged.is_empty() {
        return ui::empty("まだ記録はありません", html! {});
    }
    ui::steady_table(
        "閲覧の記録",
        &[("いつ", 22), ("だれが", 22), ("したこと", 22), ("立場・目的", 22)],
        html! { @for v in &merged { tr {
            th scope="row" { (view::day_short(v.day)) " " (clock(v)) }
            td data-l="だれが" { (v.name) @if let Some(role) = v.role { small { (role.label()) @if !v.place.is_empty() { "・" (v.place) } } } }
            td data-l="したこと" { @match v.kind.as_str() { "read" => (ui::tag(ui::Tone::Neutral, "見た")), "refused" => (ui::tag(ui::Tone::Warn, "断った")), _ => (ui::tag(ui::Tone::Info, "書いた")) } " " (done(v)) @if v.times > 1 { small { (v.times) "回" } } }
            td data-l="立場・目的" { (model::basis_label(&v.basis)) @if let Some(purpose) = v.purpose { small { (purpose.label()) } } }
        } } },
    )
}

/// What was done; of a form that was only opened, whose page it was.
fn done(v: &Viewed) -> String {
    let label = model::act_label(&v.act);
    if v.kind == "read" && !label.ends_with("見る") { format!("「{label}」の画面") } else { label.to_owned() }
}

fn clock(v: &Viewed) -> String {
    let time = |t: Timestamp| date::jst_time(t);
    if time(v.first) == time(v.last) { time(v.last) } else { format!("{}〜{}", time(v.first), time(v.last)) }
}
