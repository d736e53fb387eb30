//! 同意書: the paper that a family signs, with what was chosen on the form: as a page, and as a PDF of one sheet.

use super::{
    model::{ADULT_AGE, ASSENT_AGE, Category, Purpose},
    store,
    texts::{self, Text},
};
use crate::{
    account::Actor,
    app::App,
    area::{self, Municipality},
    case::{self, Case},
    policy::{Role, Seen},
    view,
    web::{self, Result},
};
use maud::{Markup, html};
use platform::{
    db::Reader,
    form::Fields,
    id::OrganisationId,
    japanese::{age, date},
    serde_json::{Value, json},
    vocabulary::Vocabulary as _,
};

/// Whether a box of the paper is ticked already.
fn boxed(on: bool, label: &str) -> Markup {
    html! { span { @if on { "☑ " } @else { "☐ " } (label) "　" } }
}

/// Everything that stands on a form of consent.
struct Sheet {
    case: Case,
    recipients: Vec<String>,
    phone: String,
    keeper: &'static str,
    text: Text,
    /// The child is old enough to be asked, and to decide alone.
    asked: bool,
    adult: bool,
    from: String,
    until: String,
}

async fn gather(app: &App, tx: &Reader, seen: &Seen, fields: &Fields) -> Result<Sheet> {
    let (case, today) = (case::find(tx, seen).await?, app.today());
    let mut recipients = Vec::new();
    for id in fields.all("recipient").iter().filter_map(|r| r.parse::<OrganisationId>().ok()) {
        if let Some(o) = store::organisation(tx, id).await? {
            recipients.push(o.name);
        }
    }
    let phone = area::office_phone(tx, case.lead_id, today).await?.unwrap_or_default();
    let keeper = keeper(tx, case.municipality).await?;
    let text = texts::on(tx, case.municipality, today).await?;
    let (asked, adult) = case
        .birth_date
        .map_or((true, false), |b| (age::turns(b, ASSENT_AGE) <= today, age::turns(b, ADULT_AGE) <= today));
    let or_line = |text: &str| {
        if text.trim().is_empty() { "　　　　年　　月　　日".to_owned() } else { text.to_owned() }
    };
    let (from, until) = (or_line(fields.get("starts")), or_line(fields.get("ends")));
    Ok(Sheet { case, recipients, phone, keeper, text, asked, adult, from, until })
}

/// What the PDF of the sheet is made from.
pub async fn data(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields) -> Result<Value> {
    let s = gather(app, tx, seen, fields).await?;
    let m = s.case.municipality.label();
    let ticked = |chosen: &[&str], all: Vec<(&'static str, &'static str)>| -> Vec<Value> {
        all.into_iter().map(|(code, label)| json!({ "on": chosen.contains(&code), "label": label })).collect()
    };
    let born = s.case.birth_date.map_or_else(String::new, |b| format!("　{}生", date::wareki(b)));
    Ok(json!({
        "title": "情報を伝えることの同意書",
        "to": format!("{m} 医療的ケア児等コーディネーター"),
        "version": s.text.label,
        "child": format!("{}（{}）{born}", s.case.child_name, s.case.child_kana),
        "period": format!("{} から {} まで", s.from, s.until),
        "recipients": s.recipients,
        "purposes": ticked(&fields.all("purpose"), Purpose::options()),
        "categories": ticked(&fields.all("category"), Category::options()),
        "lines": s.text.lines,
        "own_will": s.asked,
        "signer": if s.adult { "代わる人の署名" } else { "保護者の署名" },
        "explainer": actor.place,
        "phone": s.phone,
        "lead": s.case.lead,
        "keeper": format!("{m} {}", s.keeper),
        "day": date::wareki(app.today()),
        "number": s.case.number_text(),
        "source": s.text.source,
    }))
}

pub async fn sheet(app: &App, tx: &Reader, actor: &Actor, seen: &Seen, fields: &Fields) -> Result<Markup> {
    let Sheet { case, recipients, phone, keeper, text, asked, adult, from, until } =
        gather(app, tx, seen, fields).await?;
    let today = app.today();
    let (purposes, categories) = (fields.all("purpose"), fields.all("category"));
    let body = html! {
        (ui::heading(&ui::Heading { over: "印刷用", title: "情報を伝えることの同意書", actions: html! {} }))
        (ui::panel("伝えること", html! { "版 " (text.label) }, ui::pad(html! {
            p { (case.municipality.label()) " 医療的ケア児等コーディネーター　様" }
            (ui::kv(&[
                ("お子さん", html! { (case.child_name) "（" (case.child_kana) "）" @if let Some(b) = case.birth_date { "　" (date::wareki(b)) "生" } }),
                ("期間", html! { (from) " から " (until) " まで" }),
                ("伝える相手の機関", html! { @if recipients.is_empty() { "＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿" } @else { (recipients.join("、")) } }),
                ("使う目的", html! { @for p in Purpose::ALL { (boxed(purposes.contains(&p.code()), p.label())) } }),
                ("伝える情報", html! { @for c in Category::ALL { (boxed(categories.contains(&c.code()), c.label())) } }),
            ]))
        })))
        (ui::panel("お伝えすること", html! {}, ui::pad(html! { p { small { @for line in &text.lines { "・" (line) " " } } } })))
        (ui::panel("署名", html! {}, ui::pad(html! {
            p { "説明を受け、上のとおり伝えることに同意します。" }
            (ui::kv(&[
                ("同意した日", html! { "　　　　年　　月　　日" }),
                ("本人の署名", html! { @if asked { "＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿（書けないときは、意思の確かめ方　＿＿＿＿＿＿＿＿）" } @else { "（15歳から）" } }),
                (if adult { "代わる人の署名" } else { "保護者の署名" }, html! { "＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿　続柄 ＿＿＿＿" }),
                ("説明した人", html! { (actor.place) "　＿＿＿＿＿＿＿＿" }),
                ("取りやめ・問い合わせ", html! { (case.lead) "　電話 " @if phone.is_empty() { "＿＿＿＿＿＿＿＿" } @else { (phone) } }),
                ("個人情報の担当", html! { (case.municipality.label()) " " (keeper) }),
            ]))
            p { small { "作成 " (view::day(today)) "　" (actor.name) "　ケース " (case.number_text()) "　文の出典：" (text.source) } }
        })))
        p.act { "ブラウザーの印刷（Ctrl＋P）で、A4縦に印刷できます。署名した書面は、同意を記録したあとで「署名した書面を預ける」から写しを預けられます。" }
    };
    Ok(web::page(app, actor, "cases", "同意書", body))
}

/// The name of the seat that answers for personal data in a municipality.
async fn keeper(tx: &Reader, m: Municipality) -> Result<&'static str> {
    Ok(if area::seat_of(tx, m, Role::Privacy).await?.is_some() { Role::Privacy.label() } else { "（担当課）" })
}
