//! 相談の受付: one screen, sixty seconds, nothing lost.

use crate::{
    account::Actor,
    app::App,
    area::{Municipality, PaidBy},
    case::{self, Residence, Sex},
    consultation::{
        self,
        model::{AskerKind, Channel, ConsentState, Kind, New, Topic, Urgency},
        store,
    },
    draft::{self, DraftForm},
    journal::Object,
    once,
    policy::{self, TakeConsultation},
    view,
    web::{self, Error, Form, Query, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    form::{Errors, Fields},
    id::{ConsultationId, DraftId},
    vocabulary::Vocabulary as _,
};

pub async fn blank(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    policy::by_role::<TakeConsultation>(&actor)?;
    let mut fields = Fields::default();
    if let Ok(id) = query.get("draft").parse::<DraftId>() {
        let kept = draft::find(&app.store.read().await?, &actor, id).await?.ok_or(Error::NotFound)?;
        fields = kept.fields().with("draft", id.to_string());
    }
    Ok(page(&app, &actor, &fields, &Errors::default()))
}

fn or<'a>(fields: &'a Fields, name: &str, usual: &'a str) -> &'a str {
    if fields.has(name) { fields.get(name) } else { usual }
}

fn page(app: &App, actor: &Actor, fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let draft = draft::id(app, fields);
    let own = actor.municipality.clone().unwrap_or_default();
    let topics = fields.all("topic");
    let route = [("duty", "担当市町の当番に引き継ぐ"), ("mine", "自分が受け持つ")];
    let body = html! {
        (ui::heading(&ui::Heading { over: "相談の受付", title: "新しい相談", actions: ui::draft_state() }))
        form.intake method="post" action="/consultations/new" data-draft=(draft::url(DraftForm::Consultation, draft)) novalidate {
            (once::field(app, fields))
            input type="hidden" name="draft" value=(draft);
            (view::summary(errors))
            (ui::two_then(html! {
                (ui::panel("どんな相談か", html! {}, ui::pad(html! {
                    (f("concern", "相談の内容（話したことばのまま）").required().max(4000).autofocus().area(5))
                    (f("topic", "内容の種類").required().checks(&Topic::options(), &topics))
                    (f("urgency", "急ぐ度合い").value(or(fields, "urgency", "usual")).required().hint("最初の返答の期限が、開庁日で決まります").radios(&Urgency::options()))
                    (f("channel", "受けた方法").value(or(fields, "channel", "phone")).required().radios(&Channel::options()))
                    (f("kind", "支援の種類").value(or(fields, "kind", "individual")).required().radios(&Kind::options()))
                })))
            }, html! {
                (ui::panel("だれから", html! {}, ui::pad(html! {
                    (f("asker_kind", "相談した人").value(or(fields, "asker_kind", "parent")).required().select(&AskerKind::options()))
                    (f("asker_name", "名前").max(50).autocomplete("off").text())
                    (f("asker_place", "所属").hint("病院・園・学校・事業所など").max(80).autocomplete("off").text())
                    (f("asker_phone", "連絡先の電話").autocomplete("off").tel())
                    (f("anonymous", "匿名の相談").checkbox())
                })))
                (ui::panel("お子さん（わからないときは空のまま）", html! {}, ui::pad(html! {
                    (f("child_name", "氏名").max(50).autocomplete("off").live("/consultations/matches", "#matches").text())
                    (f("child_kana", "ふりがな").max(60).autocomplete("off").live("/consultations/matches", "#matches").text())
                    div id="matches" aria-live="polite" {}
                    (f("municipality", "住んでいる市町").value(or(fields, "municipality", &own)).required().radios(&Municipality::options()))
                    (f("child_birth", "生年月日").date())
                    (f("residence", "いまの居所").radios(&Residence::options()))
                    (f("child_sex", "性別").radios(&Sex::options()))
                    (f("repeated", "以前にも相談があった").checkbox())
                })))
            }, html! {
                (ui::panel("助言と次の予定", html! {}, ui::pad(html! {
                    (f("response", "その場の助言・対応").hint("書くと、最初の返答をしたことになります").max(4000).area(3))
                    (f("next_plan", "次の予定").max(200).text())
                    (ui::form_row(html! { (f("minutes", "かかった分").minutes().hint("開いている間、自動で数えます").number("分")) (f("paid_by", "費用の区分").value(or(fields, "paid_by", "entrusted")).select(&PaidBy::options())) }))
                })))
                (ui::panel("受けた後", html! {}, ui::pad(html! {
                    (f("route", "担当").value(or(fields, "route", "duty")).hint("ほかの人が当番のとき。受け取られるまでは、あなたの手元に残ります").radios(&route))
                    (f("consent_state", "同意の状態").value(or(fields, "consent_state", "unknown")).select(&ConsentState::options()))
                    (f("received_on", "受けた日").hint("空のときは今日").date())
                })))
            }))
            div.acts.sticky { (ui::button("相談を記録する", true)) (ui::link_button("/consultations", "一覧へ戻る", None, false)) }
        }
    };
    web::page(app, actor, "consultations", "新しい相談", body)
}

pub async fn create(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<TakeConsultation>(&actor)?;
    let now = app.now();
    let new = match New::parse(&fields, now) {
        Ok(new) => new,
        Err(errors) => return Ok(unprocessable(page(&app, &actor, &fields, &errors))),
    };
    let id: ConsultationId = app.mint.id(now);
    let place = format!("/consultations/{id}");
    let mut tx = app.store.begin().await?;
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &place, now).await? {
        return Ok(see_other(&before));
    }
    store::take(&app, &mut tx, id, &actor, &new, now).await?;
    draft::discard(&mut tx, &actor, &fields).await?;
    tx.commit(&permit, &app.mint, now, Object::new("consultation", id.0), None, new.urgency.code()).await?;
    Ok(see_other(&place))
}

/// Search before create: what is visible is shown, what is not is only counted. Names travel in the body, never in an address.
pub async fn matches(State(app): State<App>, actor: Actor, Form(query): Form) -> Result<Markup> {
    let permit = policy::by_role::<TakeConsultation>(&actor)?;
    let now = app.now();
    // The case form names its fields without the prefix; both ask here.
    let text = |a: &str, b: &str| if query.has(a) { query.get(a).to_owned() } else { query.get(b).to_owned() };
    let (name, kana) = (text("child_name", "name"), text("child_kana", "kana"));
    let tx = app.store.read().await?;
    let (cases, hidden) = case::matches(&tx, &actor, &name, &kana, now).await?;
    let earlier = consultation::recent_of(&tx, &actor, &name, now).await?;
    drop(tx);
    if cases.is_empty() && hidden == 0 && earlier.is_empty() {
        let typed = name.chars().count() >= 2 || kana.chars().count() >= 2;
        return Ok(html! { @if typed { p.match-none { "同じ名前の記録は見つかりません。" } } });
    }
    app.store.read_by_role(&permit, &app.mint, now, Object::new("possible_match", actor.person.0)).await?;
    Ok(html! {
        (ui::notice(ui::Tone::Info, "同じお子さんかもしれません", html! {
            ul.plain {
                @for m in &cases { li { (case::person_tag(&m.child_name, &m.child_kana, m.birth_date, m.municipality, app.today(), Some(&format!("/cases/{}", m.id)))) @if let Some(b) = m.birth_date { " " small { (view::day_short(b)) "生" } } } }
                @for c in &earlier { li { "相談 " a href=(format!("/consultations/{}", c.id)) { (case::number_text("", c.fiscal_year, c.number)) } " " (c.child_name.as_deref().unwrap_or("")) " " small { (view::moment(c.received_at)) " " (c.status.label()) } } }
                @if hidden > 0 { li { "担当の外に、可能性のあるケースがあります。そのまま受け付けて、市町の主担当に確かめてください。" } }
            }
        }))
    })
}
