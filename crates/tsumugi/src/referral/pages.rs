//! Pages of referrals: list, one case's, one referral, the FAX cover.

use super::{
    history::{self, Escalation, Event},
    kept::{Child, Listed, Referral},
    link::{self, Made},
    model::{self, Mode, Status},
    store::{self, Filter},
};
use crate::{
    account::Actor,
    app::App,
    case::{self, Case},
    exchange::directory::Kind,
    journal::Object,
    policy::{
        self, AnswerReferral, Category, LogAnswer, ReadCase, ReadReferral, ReadReferrals, ReviewReferral, Seen,
        SendReferral,
    },
    view,
    web::{self, Base, Key, Query, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Timestamp,
    db::Reader,
    form::{Errors, Fields},
    id::{CaseId, ReferralId},
    vocabulary::Vocabulary as _,
};

const PAGE: usize = 30;

pub fn tone(s: Status) -> ui::Tone {
    match s {
        Status::Draft | Status::Recalled | Status::Mistaken => ui::Tone::Neutral,
        Status::Sent | Status::OutcomeReported => ui::Tone::Info,
        Status::Waitlisted | Status::NeedsInfo | Status::Redirected | Status::NotStarted => ui::Tone::Warn,
        Status::Accepted | Status::Started | Status::Reviewed => ui::Tone::Ok,
        Status::Declined => ui::Tone::Alert,
    }
}

/// The referrals of a case in a few lines.
pub fn summary_view(list: &[Listed], now: Timestamp) -> Markup {
    if list.is_empty() {
        return ui::empty("まだどこにもつないでいません", html! {});
    }
    html! { ul.plain { @for r in list { li {
        (ui::tag(tone(r.status), r.status.label())) " " a href=(format!("/referrals/{}", r.id)) { (Kind::label(r.kind)) } " " (r.organisation)
        @if let Some(d) = r.due() { br; small { "期限 " (view::due(d, now)) } }
    } } } }
}

fn rows(list: &[Listed], now: Timestamp, app: &App, with_child: bool) -> Markup {
    let mut head = vec![("サービス", 22), ("状態", 14), ("期限", 14), ("頼み方", 11), ("依頼", 14)];
    if with_child {
        head.insert(0, ("お子さん", 22));
    }
    ui::steady_table(
        "つなぎの一覧",
        &head,
        html! { @for r in list { tr {
            @if with_child { th scope="row" { (case::person_tag(&r.child_name, &r.child_kana, r.birth_date, r.municipality, app.today(), None)) } }
            td data-l="サービス" { a href=(format!("/referrals/{}", r.id)) { (Kind::label(r.kind)) } small { (r.organisation) } }
            td data-l="状態" { (ui::tag(tone(r.status), r.status.label())) @if !r.reason.is_empty() { small { (view::cut(&r.reason, 30)) } } }
            td data-l="期限" { @match r.due() { Some(d) => { (ui::tag(view::due_tone(d, now), &view::until(d, now))) small { (view::moment(d)) } }, None => "—" } }
            td data-l="頼み方" { (short(r.mode)) }
            td data-l="依頼" { (case::number_text("", r.fiscal_year, r.number)) small { (r.sender) " " (view::moment(r.created_at)) } }
        } } },
    )
}

pub async fn list(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    let permit = policy::by_role::<ReadReferrals>(&actor)?;
    let now = app.now();
    let state = ["live", "decide", "ended", "all"].into_iter().find(|s| *s == query.get("state")).unwrap_or("live");
    let offset = query.get("offset").parse::<i64>().unwrap_or(0).clamp(0, 1_000_000);
    let filter = Filter { state: if state == "all" { "" } else { state }, limit: 31, offset };
    let mut list = store::list(&app.store.read().await?, &actor, &filter, now).await?;
    app.store.read_by_role(&permit, &app.mint, now, Object::new("referral_list", actor.person.0)).await?;
    let more = list.len() > PAGE;
    list.truncate(PAGE);
    let tab = |s: &'static str, label| ui::Tab {
        href: format!("/referrals?state={s}"),
        label,
        current: state == s,
        count: None,
    };
    let (prev, next) = (
        (offset > 0).then(|| format!("/referrals?state={state}&offset={}", (offset - 30).max(0))),
        more.then(|| format!("/referrals?state={state}&offset={}", offset + 30)),
    );
    let body = html! {
        (ui::heading(&ui::Heading { over: "毎日", title: "つなぎ", actions: html! {} }))
        @if query.get("done") == "1" { (ui::notice(ui::Tone::Ok, "回答を送りました", html! { p { "依頼した人に伝わりました。" } })) }
        section.panel {
            (ui::chips("状態で絞り込む", &[tab("live", "続いている"), tab("decide", "次の手を決める"), tab("ended", "終わった"), tab("all", "すべて")]))
            @if list.is_empty() { (ui::empty("この条件のつなぎはありません", html! { p { "ケースの「つなぐ」から、社会資源を選んで依頼します。" } })) } @else { (rows(&list, now, &app, true)) }
            @if prev.is_some() || next.is_some() { (ui::pager(&view::shown(offset, list.len()), prev.as_deref(), next.as_deref())) }
        }
    };
    Ok(web::page(&app, &actor, "referrals", "つなぎ", body))
}

pub async fn of_one_case(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadCase>(&actor, &seen)?;
    let case = case::find(&tx, &seen).await?;
    let list = store::of_case(&tx, &seen, 100).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    let body = html! {
        (case::header(&app, &case, &seen, "/referrals"))
        (ui::panel("つなぎ", html! {}, html! {
            @if !list.is_empty() { (rows(&list, now, &app, false)) } @else if seen.shows(Category::Plan) { (ui::empty("まだどこにもつないでいません", html! { p { "「つなぐ」から、社会資源を選んで依頼します。" } })) }
            @if !seen.shows(Category::Plan) { (case::not_agreed("ほかの機関へのつなぎ")) }
        }))
    };
    Ok(web::page(&app, &actor, "cases", "つなぎ", body))
}

/// Everything that the page of a referral shows.
pub struct Page {
    r: Referral,
    seen: Seen,
    child: Child,
    events: Vec<Event>,
    escalations: Vec<Escalation>,
    before: Option<Referral>,
    /// The actor sits at the agency that was asked.
    own_agency: bool,
}

pub async fn load(tx: &Reader, actor: &Actor, r: Referral, seen: Seen) -> Result<Page> {
    let before = match r.replaces {
        Some(id) if seen.allows::<ReadCase>() => store::find(tx, id).await?,
        _ => None,
    };
    // What another agency answered is part of the plan.
    let before = before.filter(|b| seen.shows(Category::Plan) || b.organisation_id == actor.organisation);
    Ok(Page {
        child: store::child(tx, &r).await?,
        events: history::events(tx, &r).await?,
        escalations: history::escalations(tx, r.id).await?,
        before,
        own_agency: r.organisation_id == actor.organisation,
        r,
        seen,
    })
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<ReferralId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let (r, seen) = store::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadReferral>(&actor, &seen)?;
    let loaded = load(&tx, &actor, r, seen).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("referral", id.0)).await?;
    Ok(page(&app, &actor, &loaded, &Fields::default(), &Errors::default()))
}

fn progress(s: Status) -> Markup {
    use ui::StepState as P;
    let reached = match s {
        Status::Draft | Status::Mistaken => 0,
        Status::Sent
        | Status::NeedsInfo
        | Status::Waitlisted
        | Status::Declined
        | Status::Redirected
        | Status::Recalled => 1,
        Status::Accepted | Status::NotStarted => 2,
        Status::Started => 3,
        Status::OutcomeReported => 4,
        Status::Reviewed => 6,
    };
    let stopped = !s.is_live() && s != Status::Reviewed;
    let labels = ["下書き", "依頼", "受入れ", "利用開始", "結果", "確認"];
    let steps: Vec<ui::Step<'_>> = (0..)
        .zip(labels)
        .map(|(i, label)| {
            let state = match i.cmp(&reached) {
                std::cmp::Ordering::Less => P::Done,
                std::cmp::Ordering::Equal if stopped => P::Stopped,
                std::cmp::Ordering::Equal => P::Now,
                std::cmp::Ordering::Greater if stopped => P::Never,
                std::cmp::Ordering::Greater => P::Ahead,
            };
            ui::Step { label, note: if i == reached { s.label() } else { "" }, state }
        })
        .collect();
    ui::steps("つなぎの進み具合", &steps)
}

pub fn page(app: &App, actor: &Actor, p: &Page, fields: &Fields, errors: &Errors) -> Markup {
    let (r, now) = (&p.r, app.now());
    let case = r.case_id;
    let sender_side = p.seen.allows::<ReadCase>();
    let body = html! {
        (ui::heading(&ui::Heading { over: &format!("つなぎ　{}　{}", r.number_text(), Kind::label(r.kind)), title: &r.organisation, actions: ui::tag(tone(r.status), r.status.label()) }))
        (case::protected_notice(p.child.protected))
        (progress(r.status))
        @if let Some(d) = r.due() { @if d <= now { (ui::notice(ui::Tone::Alert, "期限を過ぎています", html! { p { (view::due(d, now)) } })) } }
        (ui::two_then(html! {
            (ui::panel("依頼の内容", html! {}, ui::pad(html! {
                (case::person_tag(&p.child.child_name, &p.child.child_kana, p.child.birth_date, p.child.municipality, app.today(), sender_side.then(|| format!("/cases/{case}")).as_deref()))
                @if p.own_agency || p.seen.shows(Category::Care) { p { (case::care_tags(&case::care_of(&p.child.care))) } }
                blockquote { (view::lines(&r.request)) }
                (ui::kv(&[
                    ("希望", html! { @if r.wish.is_empty() { "—" } @else { (r.wish) } }),
                    ("頼み方", html! { (r.mode.label()) }),
                    ("依頼した人", html! { (r.sender) @if let Some(t) = r.sent_at { " " (view::moment(t)) } }),
                    (if p.own_agency { "依頼した人の電話" } else { "事業所の連絡先" }, html! { @if p.own_agency { @if r.sender_phone.is_empty() { "—" } @else { (r.sender_place) " " a href=(format!("tel:{}", r.sender_phone)) { (r.sender_phone) } } } @else { (r.phone) @if !r.fax.is_empty() { "　FAX " (r.fax) } } }),
                    ("回答の期限", html! { @match r.response_due { Some(d) => (view::moment(d)), None => "送ったときに決まります" } }),
                    ("開始の期限", html! { @match r.start_due { Some(d) => (view::moment(d)), None => "—" } }),
                    ("始めた日", html! { @match r.started_on { Some(d) => (view::day(d)), None => "—" } }),
                    ("結果", html! { @if r.outcome.is_empty() { "—" } @else { (view::lines(&r.outcome)) } }),
                ]))
                @if let Some(b) = &p.before { p { "前の依頼：" a href=(format!("/referrals/{}", b.id)) { (b.number_text()) " " (b.organisation) } "（" (b.status.label()) " " (b.reason) "）" } }
                @if sender_side && p.seen.shows(Category::Plan) { @if let Some(next) = r.replaced_by { p { a href=(format!("/referrals/{next}")) { "次の依頼を見る" } } } }
            })))
        }, html! { (actions(app, p, fields, errors)) }, html! {
            (ui::panel("これまで", html! {}, html! { ul.plain { @for e in &p.events { li { (view::moment(e.at)) " " b { (model::move_label(&e.step)) } " " small { (e.by_label) } @if !e.note.is_empty() { br; (view::lines(&e.note)) } } }
                @if sender_side { @for e in &p.escalations { li { (view::moment(e.at)) " " (ui::tag(ui::Tone::Alert, "期限超過の知らせ")) " " (level_label(&e.level)) } } } } }))
        }))
    };
    web::page(app, actor, "referrals", &format!("つなぎ {}", r.number_text()), body)
}

fn level_label(level: &str) -> &'static str {
    match level {
        "lead" => "主担当へ",
        "deputy" => "副担当へ",
        _ => "市町のコーディネーターへ",
    }
}

fn actions(app: &App, p: &Page, fields: &Fields, errors: &Errors) -> Markup {
    let (r, seen) = (&p.r, &p.seen);
    let (id, case) = (r.id, r.case_id);
    let version = html! { input type="hidden" name="version" value=(r.version); };
    let decide = |value: &'static str, label: &'static str, button: &str, primary| {
        let part = view::Part::new(value, fields.get("decision") == value, fields, errors);
        let note = part.field("note", label).required().max(2000).area(3);
        view::form(
            app,
            part.fields,
            &format!("/referrals/{id}/decide"),
            html! { (part.summary()) (version) (note) },
            ui::button_value("decision", value, button, primary),
        )
    };
    let log = view::Part::new("log", fields.has("said_by"), fields, errors);
    let own = view::Part::new(
        "own",
        (fields.has("answering") || fields.has("answer")) && !fields.has("said_by"),
        fields,
        errors,
    );
    let may_decide = seen.allows::<ReviewReferral>();
    let answers = !model::answers_in(r.status).is_empty() && r.status != Status::Draft;
    html! {
        @if seen.allows::<AnswerReferral>() && p.own_agency && answers && r.status != Status::NeedsInfo {
            (ui::panel("回答する", html! {}, ui::pad(view::form(app, own.fields, &format!("/referrals/{id}/answer"), html! { (own.summary()) (version) input type="hidden" name="answering" value="1"; (link::answer_fields(r.status, &own)) }, ui::button("回答を送る", true)))))
        }
        @if r.status == Status::Draft && seen.allows::<SendReferral>() { (ui::panel("送る", html! {}, ui::pad(html! { p { "まだ送っていません。" } (view::form(app, &Fields::default(), &format!("/referrals/{id}/send"), html! {}, ui::button("依頼を送る", true))) }))) }
        @if may_decide && r.status == Status::NeedsInfo { (ui::panel("求められた情報", html! {}, ui::pad(html! { blockquote { (view::lines(&r.reason)) } (decide("supply", "補う情報", "情報を補って、もう一度頼む", true)) }))) }
        @if may_decide && r.status == Status::OutcomeReported { (ui::panel("結果を確認する", html! {}, ui::pad(html! { p { "確認すると、このつなぎの輪が閉じます。" } (decide("review", "確認した内容", "結果を確認した", true)) }))) }
        @if may_decide && r.status.asks_for_decision() && r.replaced_by.is_none() && r.settled_at.is_none() { (ui::panel("次の手を決める", html! {}, ui::pad(html! {
            @if !r.reason.is_empty() { blockquote { (view::lines(&r.reason)) } }
            p { @if r.status == Status::Redirected { (ui::link_button(&format!("/resources?for={case}&replaces={id}&kind={}", Kind::code(r.kind)), "紹介された先を探す", Some(ui::Icon::Search), false)) } " "
                (ui::link_button(&format!("/cases/{case}/referrals/new?replaces={id}"), if r.status == Status::Declined { "もう一度頼む" } else { "続きの依頼を作る" }, Some(ui::Icon::Send), true)) }
            (ui::details("ここで終える", decide("settle", "終える理由", "ここで終える", false)))
        }))) }
        @if seen.allows::<LogAnswer>() && answers && (r.mode != Mode::Live || seen.allows::<ReadCase>()) && r.status != Status::OutcomeReported {
            (ui::panel("電話・FAXの回答を記録する", html! {}, ui::pad(ui::details("相手に代わって記録する", view::form(app, log.fields, &format!("/referrals/{id}/log"), html! {
                (log.summary())
                (version)
                (log.field("said_by", "だれから、どうやって").required().hint("例 管理者の方から電話").max(60).text())
                (link::answer_fields(r.status, &log))
            }, ui::button("回答を記録する", true))))))
        }
        @if r.mode == Mode::Link && r.status.agency_acts() && seen.allows::<SendReferral>() { (ui::panel("リンク", html! {}, ui::pad(html! { p { "リンクと番号は、作った時に一度だけ表示されます。なくしたときは作り直してください。前のリンクは使えなくなります。" } (view::form(app, &Fields::default(), &format!("/referrals/{id}/link"), html! {}, ui::button("新しいリンクを作る", false))) }))) }
        @if r.mode == Mode::Logged && seen.allows::<ReadCase>() { (ui::panel("FAX", html! {}, ui::pad(html! { (ui::link_button(&format!("/referrals/{id}/fax"), "名前の入らないFAX送付状を印刷する", Some(ui::Icon::Fax), false)) }))) }
        @if may_decide && r.status.is_live() && r.status != Status::OutcomeReported { (ui::panel("取り下げる", html! {}, ui::pad(html! {
            (ui::details("この依頼を取り下げる", decide("recall", "取り下げる理由", "取り下げる", false)))
            @if r.status == Status::Draft { (ui::details("誤って登録した", decide("mistake", "誤りの内容", "誤って登録したものとする", false))) }
        }))) }
    }
}

/// Shown once, right after a link was made: the link and its code are stored nowhere.
pub fn link_page(app: &App, actor: &Actor, case: &Case, seen: &Seen, r: &Referral, made: &Made, base: &Base) -> Markup {
    let body = html! {
        (case::header(app, case, seen, "/referrals"))
        (ui::notice(ui::Tone::Ok, "一回だけのリンクを作りました", html! { p { "この画面を閉じると、リンクと番号はもう表示されません。" } }))
        (ui::two(html! {
            (ui::panel("リンク（メールやFAXで送る）", html! {}, ui::pad(html! { p.big { code id="link" { (base.0) (made.path) } } (ui::copy_button("link", "リンクを写す", "写しました")) p { small { (view::moment(made.expires_at)) "まで、1回だけ使えます。" } } })))
        }, html! {
            (ui::panel("番号（電話で伝える）", html! {}, ui::pad(html! { p.big { b id="code" { (made.code) } } p { "リンクとは別に、電話で伝えてください：" (r.organisation) " " (r.phone) } })))
        }))
        p { (ui::link_button(&format!("/referrals/{}", r.id), "依頼の画面へ", None, true)) }
    };
    web::page(app, actor, "cases", "リンク", body)
}

/// A cover for a FAX that says to whom, from whom and how many pages, and nothing about the child.
pub async fn fax_cover(State(app): State<App>, actor: Actor, Key(id): Key<ReferralId>) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let (r, seen) = store::see(&tx, &actor, id, now).await?;
    let permit = policy::on_case::<ReadReferral>(&actor, &seen)?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, Object::new("referral", id.0)).await?;
    let body = html! {
        (ui::heading(&ui::Heading { over: "印刷用", title: "FAX送付状", actions: html! {} }))
        (ui::panel("FAX送付状", html! {}, ui::pad(html! {
            (ui::kv(&[
                ("送り先", html! { (r.organisation) " 御中" }), ("FAX", html! { (or_blank(&r.fax)) }), ("電話", html! { (or_blank(&r.phone)) }),
                ("送り主", html! { (r.sender_place) "　" (actor.name) "　電話 " (or_blank(&r.sender_phone)) }), ("日付", html! { (view::day(app.today())) }), ("用件", html! { "サービス利用のご相談（" (Kind::label(r.kind)) "）" }),
                ("整理番号", html! { (r.number_text()) }), ("枚数", html! { "この用紙を含めて　　　枚" }),
            ]))
            p { "お子さんとご家族の名前など、個人の情報はこの用紙に書いていません。届きましたら、お電話でお知らせください。くわしい内容は電話でお伝えします。" }
            p { "回答の期限：" @match r.response_due { Some(d) => (view::moment(d)), None => "電話で相談" } }
            p { "誤って届いたときは、お手数ですが電話でお知らせのうえ、破棄してください。" }
        })))
        p.act { "ブラウザーの印刷（Ctrl＋P）で、A4縦1枚に印刷できます。" }
    };
    Ok(web::page(&app, &actor, "referrals", "FAX送付状", body))
}

/// What is not known leaves a line to write on.
fn or_blank(text: &str) -> &str {
    if text.is_empty() { "＿＿＿＿＿＿＿＿" } else { text }
}

/// The way to reach an agency in a word, for a column.
fn short(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "つむぐ",
        Mode::Link => "リンク",
        Mode::Logged => "電話・FAX",
    }
}
