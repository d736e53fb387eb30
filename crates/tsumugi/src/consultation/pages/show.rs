//! One consultation: what was said, what was done, and what comes next.

use super::tone;
use crate::{
    account::Actor,
    app::App,
    area::{self, Field, Municipality, Worker},
    case,
    consultation::{
        handover::{self, Handover},
        model::{ConsentState, NEED_FIELDS, Status, Urgency},
        store::{self, Advice, Consultation, Step},
    },
    draft::{self, DraftForm},
    journal::Object,
    policy::{self, ReadConsultations},
    view,
    web::{self, Key, Result},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::{Errors, Fields},
    id::ConsultationId,
    vocabulary::Vocabulary as _,
};

/// Everything that the page of a consultation shows.
pub struct Loaded {
    pub c: Consultation,
    pub steps: Vec<Step>,
    pub advices: Vec<Advice>,
    pub handovers: Vec<Handover>,
    pub people: Vec<Worker>,
}

pub async fn load(app: &App, tx: &Reader, actor: &Actor, id: ConsultationId) -> Result<Loaded> {
    Ok(Loaded {
        c: store::find(tx, actor, id, app.now()).await?,
        steps: store::steps(tx, id).await?,
        advices: store::advices(tx, id).await?,
        handovers: handover::handovers(tx, id).await?,
        people: area::coordinators(tx, app.today()).await?,
    })
}

pub async fn show(State(app): State<App>, actor: Actor, Key(id): Key<ConsultationId>) -> Result<Markup> {
    let permit = policy::by_role::<ReadConsultations>(&actor)?;
    let tx = app.store.read().await?;
    let loaded = load(&app, &tx, &actor, id).await?;
    let kept = draft::about(&tx, &actor, DraftForm::Screening, id.0).await?;
    drop(tx);
    app.store.read_by_role(&permit, &app.mint, app.now(), Object::new("consultation", id.0)).await?;
    // A judgement that was begun goes on where it was left, on top of what is stored now.
    let Some(kept) = kept else {
        return Ok(page(&app, &actor, &loaded, &Fields::default(), &Errors::default(), html! {}));
    };
    let typed = kept.fields();
    let changed = typed.get("version") != loaded.c.version.to_string();
    let extra = ui::notice(
        if changed { ui::Tone::Warn } else { ui::Tone::Neutral },
        "書きかけの判定があります",
        html! { p { (view::moment(kept.updated_at)) "に書いた内容が、下の欄に入っています。" @if changed { "そのあとで、この相談の内容が変わっています。見比べてから記録してください。" } } },
    );
    let fields = view::on_newer(&typed, loaded.c.version).with("draft", kept.id.to_string());
    Ok(page(&app, &actor, &loaded, &fields, &Errors::default(), extra))
}

pub fn page(app: &App, actor: &Actor, l: &Loaded, fields: &Fields, errors: &Errors, extra: Markup) -> Markup {
    let (c, now) = (&l.c, app.now());
    let id = c.id;
    let title = format!("相談 {}", case::number_text("", c.fiscal_year, c.number));
    let offer = l.handovers.iter().find(|h| h.status == "offered");
    let advice = view::Part::new("advise", fields.has("advice"), fields, errors);
    let receive = view::Part::new("receive", fields.has("answer"), fields, errors);
    let over = view::Part::new("over", fields.has("to"), fields, errors);
    let screen = view::Part::new("screen", fields.has("outcome"), fields, errors);
    let body = html! {
        (ui::heading(&ui::Heading { over: "相談の受付", title: &title, actions: html! { (ui::tag(tone(c.status), c.status.label())) @if let Some(case) = c.case_id { (ui::link_button(&format!("/cases/{case}"), "ケースを見る", Some(ui::Icon::Person), true)) } } }))
        (extra)
        @if let Some(h) = offer { (offer_view(app, actor, id, h, &receive)) }
        @if c.responded_at.is_none() && c.status.is_open() {
            (ui::notice(if c.due_at <= now { ui::Tone::Alert } else { ui::Tone::Warn }, "最初の返答がまだです", html! { p { "期限 " (view::due(c.due_at, now)) "　担当 " (c.owner) } }))
        }
        (ui::two(html! {
            (ui::panel("相談の内容", html! {}, ui::pad(html! {
                blockquote { (view::lines(&c.concern)) }
                (ui::kv(&[
                    ("受けた日時・方法", html! { (view::moment(c.received_at)) " " (c.channel.label()) "（受付 " (c.taker) "）" }),
                    ("相談した人", html! { (c.asker_kind.label()) @if c.anonymous { "（匿名）" } @if let Some(n) = &c.asker_name { " " (n) "さん" } @if let Some(p) = &c.asker_place { "・" (p) } @if let Some(t) = &c.asker_phone { " " (t) } }),
                    ("支援の種類", html! { (c.kind.label()) @if c.repeated { "（継続）" } @else { "（新規）" } }),
                    ("内容の種類", html! { @let topics = store::topics_of(&c.topics); @if topics.is_empty() { "—" } @else { (topics.iter().map(|t| t.label()).collect::<Vec<_>>().join("、")) } }),
                    ("急ぐ度合い", html! { (c.urgency.label()) }),
                    ("市町・居所", html! { (c.municipality.label()) @if let Some(r) = c.residence { "・" (r.label()) } }),
                    ("同意の状態", html! { (c.consent_state.label()) }),
                    ("かかった分", html! { (c.minutes) "分（" (c.paid_by.label()) "）" }),
                    ("次の予定", html! { (c.next_plan.as_deref().unwrap_or("—")) }),
                ]))
            })))
            (ui::panel("助言", html! {}, html! {
                @if c.response.is_none() && l.advices.is_empty() { (ui::empty("助言の記録はまだありません", html! {})) }
                @if let Some(r) = &c.response { (ui::pad(html! { p { b { "受付のとき" } } p { (view::lines(r)) } })) }
                @for a in &l.advices { (ui::pad(html! { p { b { (view::moment(a.at)) " " (a.by) } @if a.minutes > 0 { " " (a.minutes) "分" } } p { (view::lines(&a.body)) } })) }
                (ui::pad(ui::details("助言を記録する", view::form(app, advice.fields, &format!("/consultations/{id}/advise"), html! {
                    (advice.summary())
                    (advice.field("advice", "助言・対応").required().max(4000).area(4))
                    (advice.field("advice_minutes", "かかった分").number("分"))
                }, ui::button("助言を記録する", true)))))
                (ui::pad(html! { @if c.response.is_some() || !l.advices.is_empty() { p { a href=(format!("/answer-cards/new?from={id}")) { "この助言を「よくある相談」にする" } } } a href="/answer-cards" { "よくある相談を読む" } }))
            }))
        }, html! {
            (ui::panel("お子さん", html! {}, ui::pad(html! { @match &c.child_name {
                Some(name) => { (case::person_tag(name, c.child_kana.as_deref().unwrap_or(""), c.child_birth, c.municipality, app.today(), None)) @if let Some(s) = c.child_sex { " " (s.label()) } },
                None => "氏名は聞いていません。"
            } })))
            @if let Some(n) = c.needs.as_ref().filter(|n| n.0.as_object().is_some_and(|o| !o.is_empty())) { (ui::panel("ニーズ（分野ごと）", html! {}, ui::pad(needs_view(n)))) }
            (ui::panel(if c.status.is_open() { "判定する" } else { "再開する" }, html! {}, ui::pad(screen_form(app, c, &screen))))
            @if c.status.is_open() && offer.is_none() && c.is_handed_over_by(actor.person) {
                (ui::panel("引き継ぐ", html! {}, ui::pad(html! { @if c.owner_stopped { p { "担当の" (c.owner) "さんは利用を止められています。自分か、ほかの人へ引き継いでください。" } } (ui::details("ほかのコーディネーターに引き継ぐ", hand_over_form(app, l, &over))) })))
            }
            (ui::panel("これまで", html! {}, html! { ul.plain { @for s in &l.steps { li { (view::moment(s.at)) " " b { (s.status.label()) } " " (s.by) br; small { (s.note) } } } @for h in l.handovers.iter().filter(|h| h.status != "offered") { li { small { "引継ぎ " (h.from_name) " → " (h.to_name) "：" @match h.status.as_str() { "received" => "受取り済み", "returned" => "返した", _ => "取消し" } " " (h.reason) } } } } }))
        }))
    };
    web::page(app, actor, "consultations", &title, body)
}

fn needs_view(needs: &platform::db::Json) -> Markup {
    html! { dl.kv { @for f in Field::ALL { @if let Some(text) = needs.0.get(f.code()).and_then(|v| v.as_str()) { dt { (f.label()) } dd { (view::lines(text)) } } } } }
}

fn offer_view(app: &App, actor: &Actor, id: ConsultationId, h: &Handover, receive: &view::Part<'_>) -> Markup {
    let empty = Fields::default();
    ui::notice(
        ui::Tone::Warn,
        "引継ぎの受取り待ちです",
        html! {
            p { (h.from_name) " → " (h.to_name) "（" (view::moment(h.offered_at)) "） " (h.note) }
            @if h.to_id == actor.person {
                (view::form(app, &empty, &format!("/consultations/{id}/receive"), html! {
                    input type="hidden" name="handover" value=(h.id);
                    (receive.summary()) (receive.field("reason", "返すときの理由").max(200).text())
                }, html! { (ui::button_value("answer", "receive", "引継ぎを受け取る", true)) (ui::button_value("answer", "return", "返す", false)) }))
            } @else {
            p { "受け取られるまで、担当は" (h.from_name) "のままです。" }
            @if h.from_id == actor.person { (view::form(app, &empty, &format!("/consultations/{id}/recall"), html! {}, ui::button("申し出を取り消す", false))) }
        }
        },
    )
}

fn hand_over_form(app: &App, l: &Loaded, over: &view::Part<'_>) -> Markup {
    let options: Vec<(String, String)> = l
        .people
        .iter()
        .filter(|w| w.id != l.c.owner_id)
        .map(|w| (w.id.to_string(), format!("{}（{}）", w.name, w.place)))
        .collect();
    let options: Vec<(&str, &str)> = options.iter().map(|(i, t)| (i.as_str(), t.as_str())).collect();
    view::form(
        app,
        over.fields,
        &format!("/consultations/{}/hand-over", l.c.id),
        html! {
            (over.summary())
            (over.field("to", "引き継ぐ相手").required().select(&options))
            (over.field("note", "申し送り").max(500).area(2))
        },
        ui::button("引継ぎを申し出る", true),
    )
}

fn screen_form(app: &App, c: &Consultation, part: &view::Part<'_>) -> Markup {
    let fields = part.fields;
    let f = |name, label| part.field(name, label);
    let or =
        |name: &str, usual: &'static str| if fields.has(name) { fields.get(name).to_owned() } else { usual.to_owned() };
    let action = format!("/consultations/{}/screen", c.id);
    let version = if fields.has("version") { fields.get("version").to_owned() } else { c.version.to_string() };
    let (urgency, municipality, consent) = (
        or("urgency", c.urgency.code()),
        or("municipality", c.municipality.code()),
        or("consent_state", c.consent_state.code()),
    );
    let hidden = html! { input type="hidden" name="version" value=(version); };
    if !c.status.is_open() {
        return view::form(
            app,
            fields,
            &action,
            html! {
                (hidden)
                input type="hidden" name="outcome" value="reopen"; input type="hidden" name="urgency" value=(urgency);
                input type="hidden" name="municipality" value=(municipality); input type="hidden" name="consent_state" value=(consent);
                (f("reason", "再開の理由").required().max(500).area(2))
            },
            ui::button("再開する", false),
        );
    }
    let mut outcomes = vec![
        ("begin", "まだ決めない（判定を続ける）"),
        ("case_opened", "ケースを開く"),
        ("linked", "つないで終わる"),
        ("advised", "助言で終わる"),
        ("waiting_info", "情報を待つ"),
        ("handed_over", "他の圏域・窓口へ引き継いだ"),
        ("duplicate", "重複している"),
        ("withdrawn", "取り下げられた"),
    ];
    outcomes.retain(|(code, _)| *code != "case_opened" || c.case_id.is_none());
    draft::form(
        app,
        fields,
        DraftForm::Screening,
        c.id.0,
        &action,
        html! {
            (hidden)
            (part.summary())
            p { small { "医療的ケアスコアの点数で対象外にすることはありません（法に点数の下限はありません）。" } }
            (f("urgency", "急ぐ度合い").value(&urgency).required().radios(&Urgency::options()))
            (f("municipality", "担当の市町").value(&municipality).required().select(&Municipality::options()))
            (f("consent_state", "同意の状態").value(&consent).required().select(&ConsentState::options()))
            (ui::details("分野ごとのニーズ", html! { @for (name, field) in NEED_FIELDS { @let kept = c.needs.as_ref().and_then(|n| n.0.get(field.code())).and_then(|v| v.as_str()).unwrap_or("");
                (f(name, field.label()).value(if fields.has(name) { fields.get(name) } else { kept }).max(1000).area(2)) } }))
            (f("outcome", "判定の結果").required().radios(&outcomes))
            (f("reason", "理由・つなぎ先・引継ぎ先").max(500).area(2))
            (f("review_on", "見直す日（情報を待つとき）").date())
            (f("duplicate_of", "重複している相談の番号（重複のとき）").hint("例 R8-0012").max(20).text())
        },
        ui::button("判定を記録する", true),
    )
}

/// Statuses after which the case form comes next.
pub fn opens_case(next: Status) -> bool {
    next == Status::CaseOpened
}
