//! 今日の仕事: what must I do, by when, and who waits for me; and the board of everything that waits.

mod board;
mod role;

use crate::{
    account::Actor,
    app::{self, App},
    appointment, case, cover,
    journal::Object,
    policy::{self, ReadHome, Role, TakeConsultation},
    routes::Routes,
    terms, view,
    waiting::{self, Count, Waiting, WaitingKind, Wanted},
    web::{self, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{Timestamp, japanese::date, vocabulary::Vocabulary as _};

/// Rows of the actor's own work and of what others must do on the first page; beyond them there is the board.
const SHOWN: i64 = 60;
const OTHERS_SHOWN: i64 = 8;

pub fn routes() -> Routes {
    Routes::new().get("/", "home.read", home).get("/menu", "self", menu).get("/board", "home.read", board::show).get(
        "/board/export",
        "home.read",
        board::export,
    )
}

async fn menu(State(app): State<App>, actor: Actor) -> Markup {
    app::menu(&app, &actor)
}

async fn home(State(app): State<App>, actor: Actor) -> Result<Markup> {
    let permit = policy::by_role::<ReadHome>(&actor)?;
    let now = app.now();
    let today = app.today();
    let takes = policy::by_role::<TakeConsultation>(&actor).is_ok();
    let tx = app.store.read().await?;
    let own = waiting::list(&tx, actor.person, now, Wanted::others(false), 0..SHOWN).await?;
    let mut others = waiting::list(&tx, actor.person, now, Wanted::others(true), 0..2 * OTHERS_SHOWN).await?;
    // What is overdue with somebody else and asks the actor to move stands once, on the left.
    others.retain(|o| !own.iter().any(|w| w.object_id == o.object_id));
    others.truncate(usize::try_from(OTHERS_SHOWN).unwrap_or(0));
    let counts = waiting::counts(&tx, actor.person, now, date::jst_next_midnight(app.today())).await?;
    let cases = if policy::by_role::<policy::ListCases>(&actor).is_ok() {
        Some(case::count_mine(&tx, &actor, now).await?)
    } else {
        None
    };
    let mine_now = if takes { case::list_mine(&tx, &actor, now, 8).await? } else { vec![] };
    let part = role::load(&app, &tx, &actor).await?;
    let accepts = policy::by_role::<policy::AcceptTerms>(&actor).is_ok();
    let terms_from = if accepts { terms::to_accept(&tx, &actor).await? } else { None };
    let from = date::jst_next_midnight(today.yesterday().unwrap_or(today));
    let agreed = appointment::own(&tx, &actor, (from, from + jiff::SignedDuration::from_hours(24 * 7)), now).await?;
    let covers = cover::now_for(&tx, actor.person, now).await?;
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, now, Object::new("home", actor.person.0)).await?;
    let (title, lead) = role::words(actor.role);
    // The other roles get their work with the next versions; empty boxes would only look like a fault.
    let works = !own.is_empty()
        || !others.is_empty()
        || matches!(actor.role, Role::Coordinator | Role::Supporter | Role::Manager | Role::City | Role::Privacy);
    let total = |f: &dyn Fn(&Count) -> i64, keep: &dyn Fn(WaitingKind) -> bool| {
        counts.iter().filter(|c| keep(c.kind)).map(f).sum::<i64>()
    };
    let mine = |k: WaitingKind| !k.is_with_others();
    let figure = |label, value, unit, href, bad| ui::Figure { label, value, unit, href, bad };
    let mut figures = vec![
        figure("期限を過ぎたもの", total(&|c| c.overdue, &mine), "件", "/board?who=mine&when=overdue", true),
        figure("今日のもの", total(&|c| c.today, &mine), "件", "/board?who=mine&when=today", false),
    ];
    if takes {
        figures.push(figure(
            "返答がまだの相談",
            total(&|c| c.total, &|k| k == WaitingKind::FirstResponse),
            "件",
            "/consultations?view=mine",
            false,
        ));
    }
    figures.push(figure(
        "ほかの人の返答待ち",
        total(&|c| c.total, &WaitingKind::is_with_others),
        "件",
        "/board?who=others",
        false,
    ));
    if let Some(n) = cases {
        let (label, href) = if actor.role == Role::Coordinator {
            ("主担当のケース", "/cases?mine=1")
        } else {
            ("見られるケース", "/cases")
        };
        figures.push(figure(label, n, "人", href, false));
    }
    for f in &mut figures {
        f.bad = f.bad && f.value > 0;
    }
    let all_others = total(&|c| c.total, &WaitingKind::is_with_others);
    let (all_late, all_soon) = (total(&|c| c.overdue, &mine), total(&|c| c.today, &mine));
    let all_later = total(&|c| c.total, &mine) - all_late - all_soon;
    let others: Vec<&Waiting> = others.iter().collect();
    let (late, rest): (Vec<&Waiting>, Vec<&Waiting>) = own.iter().partition(|w| w.due_at <= now);
    let (soon, later): (Vec<&Waiting>, Vec<&Waiting>) = rest.iter().partition(|w| date::jst_date(w.due_at) <= today);
    let body = html! {
        (ui::heading(&ui::Heading { over: &format!("{}　{}", date::wareki_weekday(today), date::iso(today)), title, actions: html! {
            @if takes { (ui::link_button("/consultations/new", "相談を受け付ける", Some(ui::Icon::Inbox), true)) }
        } }))
        p.lead { (lead) }
        (terms::notice(terms_from))
        (cover::notice(&covers, &actor))
        @if works { (ui::figures("いまの数", &figures)) }
        div id="work" hx-get="/" hx-trigger="live from:body" hx-select="#work" hx-target="#work" hx-swap="outerMorph" {
            @if !works { (part) } @else { (ui::two(html! {
                (ui::panel("すること", html! { a href="/board" { "待っているものをすべて見る" } }, html! {
                    @if own.is_empty() { (ui::empty("いま、することはありません", html! { p { "期限のあるものは、ここに期限の順に出ます。" } })) }
                    @if !late.is_empty() { (ui::group_head("期限を過ぎています", all_late, true)) (rows(&late, &app, now)) }
                    @if all_soon > len(&soon) && soon.is_empty() { (ui::pad(html! { a href="/board?who=mine&when=today" { "今日のものを見る（" (all_soon) "件）" } })) }
                    @if !soon.is_empty() { (ui::group_head("今日", all_soon, false)) (rows(&soon, &app, now)) }
                    @if !later.is_empty() { (ui::group_head("これから", all_later, false)) (rows(later.get(..15).unwrap_or(&later), &app, now)) }
                    @if all_late > len(&late) { (ui::pad(html! { a href="/board?who=mine&when=overdue" { "期限を過ぎたものをすべて見る（" (all_late) "件）" } })) }
                    @if all_later > len(&later).min(15) { (ui::pad(html! { a href="/board?who=mine&when=later" { "これからのものをすべて見る（" (all_later) "件）" } })) }
                }))
            }, html! {
                (appointment::own_view(&agreed))
                (ui::panel("返答を待っているもの", html! {}, html! {
                    @if others.is_empty() { (ui::empty("待っている返答はありません", html! {})) } @else { (rows(&others, &app, now)) }
                    @if all_others > OTHERS_SHOWN { (ui::pad(html! { a href="/board?who=others" { "すべて見る（" (all_others) "件）" } })) }
                }))
                (part)
            })) }
            @if takes { (ui::panel("主担当のケース", html! { a href="/cases?mine=1" { "一覧を開く" } }, case::short_list(&mine_now, &app))) }
        }
    };
    Ok(web::page(&app, &actor, "home", title, body))
}

fn len(rows: &[&Waiting]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

fn icon(kind: WaitingKind) -> ui::Icon {
    use WaitingKind as K;
    match kind {
        K::FirstResponse | K::Screening | K::Information => ui::Icon::Inbox,
        K::Handover
        | K::HandoverPending
        | K::LeadTransfer
        | K::LeadPending
        | K::Relocation
        | K::RelocationReturned
        | K::RelocationPending
        | K::KeeperStopped => ui::Icon::Swap,
        K::ConsentFollowup
        | K::ConsentEnded
        | K::ConsentEnding
        | K::ConsentOpposed
        | K::EmergencyReview
        | K::BreakGlassReview
        | K::ProtectionReview
        | K::ErasureNear
        | K::HoldEnding
        | K::RecoveryNotice
        | K::KeyNotice
        | K::RoleApproval
        | K::FamilyConfirm => ui::Icon::Lock,
        K::ScoreEnding | K::CertificateEnding | K::DeviceExchange | K::SheetReview => ui::Icon::Calendar,
        K::InquiryAnswer | K::InquiryResult => ui::Icon::Phone,
        K::Flag | K::Escalated | K::FamilyKnock => ui::Icon::Warn,
        _ => ui::Icon::Send,
    }
}

fn rows(list: &[&Waiting], app: &App, now: Timestamp) -> Markup {
    let rows: Vec<ui::Row> = list
        .iter()
        .map(|w| ui::Row {
            when: html! { b { (date::month_day_weekday(date::jst_date(w.due_at))) } span { (view::until(w.due_at, now)) } },
            icon: Some((icon(w.kind), view::due_tone(w.due_at, now))),
            title: html! { a href=(w.href()) { @if w.kind == WaitingKind::ReferralAnswer && !w.waits_for.is_empty() { (w.waits_for) } @else { (w.kind.label()) } } },
            sub: html! {
                @if let (Some(name), Some(kana)) = (&w.child_name, &w.child_kana) { b { (name) } " " small { (kana) } " " (case::age_text(w.birth_date, app.today())) "・" (w.municipality.map_or("", |m| m.label())) }
                @else if let (Some(n), Some(y)) = (w.number, w.number_year) { (w.object_kind.label()) " " (case::number_text("", y, n)) }
                @if !w.waits_for.is_empty() && w.kind != WaitingKind::ReferralAnswer { " " span { (w.waits_for) } }
                " " small { (date::month_day_weekday(date::jst_date(w.since_at))) "から" }
                @if let Some(name) = &w.cover_of { " " (ui::tag(ui::Tone::Info, &format!("{name}さんの代わり"))) }
            },
            side: html! {},
        })
        .collect();
    ui::worklist(&rows)
}

#[cfg(test)]
mod tests;
