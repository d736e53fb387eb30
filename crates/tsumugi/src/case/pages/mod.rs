//! Pages of the case; here the pieces that other slices show as well.

pub mod edit;
pub mod family;
pub mod form;
pub mod lead;
pub mod list;
pub mod moves;

use super::{Person, Status, model::age_text, search::Listed, store::Case};
use crate::{
    app::App,
    area::{Care, Municipality},
    policy::{self, Category, Seen},
    view,
};
use maud::{Markup, html};
use platform::{Date, japanese::age, vocabulary::Vocabulary as _};

pub fn tone(status: Status) -> ui::Tone {
    match status {
        Status::Active => ui::Tone::Ok,
        Status::Planned => ui::Tone::Info,
        Status::OnHold => ui::Tone::Warn,
        Status::Closed => ui::Tone::Neutral,
    }
}

pub fn person_tag(
    name: &str,
    kana: &str,
    birth: Option<Date>,
    municipality: Municipality,
    today: Date,
    href: Option<&str>,
) -> Markup {
    ui::child(&ui::Child { name, kana, age: &age_text(birth, today), place: municipality.label(), href })
}

pub fn care_tags(care: &[Care]) -> Markup {
    html! { span.care { @if care.is_empty() { small { "ケアの記録なし" } } @for c in care { (ui::tag(ui::Tone::Neutral, c.label())) } } }
}

/// The banner of a case with its tabs, the same on every page about it.
pub fn header(app: &App, case: &Case, seen: &Seen, current: &str) -> Markup {
    let id = case.id;
    let today = app.today();
    let tab = |path: &str, label: &'static str| ui::Tab {
        href: format!("/cases/{id}{path}"),
        label,
        current: current == path,
        count: None,
    };
    let mut tabs = vec![
        tab("", "全体"),
        tab("/timeline", "経過記録"),
        tab("/care", "医療的ケア"),
        tab("/monitoring", "見守り"),
        tab("/appointments", "予定"),
        tab("/team", "チーム"),
        tab("/referrals", "つなぎ"),
        tab("/documents", "書類"),
        tab("/consents", "同意"),
    ];
    if seen.oversees() {
        tabs.push(tab("/viewing", "閲覧"));
    }
    html! {
        section.panel.case {
            div {
                h1 { (ruby(&case.child_name, &case.child_kana)) small { " さん" } }
                div.tags { (ui::tag(tone(case.status), case.status.label())) (ui::tag(ui::Tone::Neutral, &format!("時期 {}", case.phase.label()))) @if case.protected { (ui::tag(ui::Tone::Alert, "保護の対象")) } @if seen.shows(Category::Care) { (care_tags(&case.care())) }
                    @if case.mobile && seen.shows(Category::Care) { (ui::tag(ui::Tone::Info, "動ける医ケア児")) } }
            }
            div.meta {
                span { b { (age_text(case.birth_date, today)) } @match case.birth_date { Some(b) => { "（" (view::day_short(b)) "生）" @if let Some(g) = grade(b, today) { (g) } }, None => "（生年月日未確認）" } }
                span { (case.municipality.label()) }
                span { "居所 " b { (case.residence.label()) } @if !case.residence_note.is_empty() && seen.shows(Category::Care) { "（" (case.residence_note) "）" } }
                span { "主担当 " b { (case.lead) } } span { "副担当 " b { (case.deputy) } }
                span { "番号 " b { (case.number_text()) } }
                @if !case.languages.is_empty() { span { "言葉 " b { (case.languages) } } }
                span { "あなたは " b { (seen.relation().label()) } }
            }
            div.act {
                @if case.protected && seen.protects() { (ui::link_button(&format!("/cases/{id}/protected"), "守る情報", Some(ui::Icon::Lock), false)) }
                @if seen.allows::<policy::AppendEntry>() && case.status != Status::Closed { (ui::link_button(&format!("/cases/{id}/timeline#new"), "記録する", Some(ui::Icon::Pen), true)) }
                @if seen.allows::<policy::SendReferral>() && case.status != Status::Closed { (ui::link_button(&format!("/cases/{id}/referrals/new"), "つなぐ", Some(ui::Icon::Send), false)) }
            }
        }
        (ui::tabs("ケースのページ", &tabs))
        (protected_notice(case.protected))
        @if case.status == Status::Closed { (ui::notice(ui::Tone::Neutral, "このケースは終結しています", html! { p { "記録を加えるときは、「全体」の「状態・時期を変える」で再開します。" } })) }
    }
}

/// For whoever knows of a child that somebody must not find.
pub fn protected_notice(protected: bool) -> Markup {
    html! { @if protected { (ui::notice(ui::Tone::Alert, "居場所を知られてはいけない子どもです", html! { p { "住まい・電話・園や学校・通う先・予定を、文に書かないでください。聞かれても答えず、コーディネーターに知らせてください。" } })) } }
}

fn grade(birth: Date, today: Date) -> Option<String> {
    birth_ok(birth, today).then(|| age::school_grade(birth, today).label())
}

fn birth_ok(birth: Date, today: Date) -> bool {
    birth <= today
}

/// A name with its reading above, part by part where both have the same parts, so that a long one can go on in the next line.
fn ruby(name: &str, kana: &str) -> Markup {
    let (names, kanas): (Vec<&str>, Vec<&str>) = (name.split_whitespace().collect(), kana.split_whitespace().collect());
    let parts: Vec<(&str, &str)> =
        if names.len() == kanas.len() { names.into_iter().zip(kanas).collect() } else { vec![(name, kana)] };
    html! { @for (i, (name, kana)) in parts.iter().enumerate() { @if i > 0 { " " } @if name == kana { (name) } @else { ruby { (name) rp { "（" } rt { (kana) } rp { "）" } } } } }
}

/// The family as a table; with `edit`, each name leads to its correction.
pub fn family_table(family: &[Person], today: Date, edit: bool) -> Markup {
    ui::table(
        "家族",
        &["続柄", "氏名", "年齢", "親権・連絡", "住まい", "補足"],
        html! {
            @for p in family { tr {
                th scope="row" { (p.relation.label()) @if p.guardian { small { "保護者" } } }
                td data-l="氏名" { @if edit { a href=(format!("/family/{}", p.id)) aria-label=(format!("{}の記録を直す", p.name)) { (p.name) } } @else { (p.name) } small { (p.kana) } }
                td data-l="年齢" { @match p.birth_date { Some(b) => (age_text(Some(b), today)), None => "—" } }
                td data-l="親権・連絡" { @if p.guardian { (p.custody.label()) } @if p.contact_restricted { " " (ui::tag(ui::Tone::Alert, "連絡を控える")) } @if let Some(t) = &p.phone { small { (t) } } }
                td data-l="住まい" { @if p.together { "同居" } @else { "別居" @if let Some(m) = &p.municipality { "（" (m) "）" } } }
                td data-l="補足" { (p.note) }
            } }
        },
    )
}

/// In place of what the family did not agree to tell the actor's agency.
pub fn not_agreed(what: &str) -> Markup {
    ui::pad(html! {
        p { (ui::tag(ui::Tone::Neutral, "同意の範囲外")) " " (what) "は見られません。" br; small { "必要なときは、主担当に話してください。家族が同意すると見られます。" } }
    })
}

/// A few cases in a table for the first page.
pub fn short_list(cases: &[Listed], app: &App) -> Markup {
    if cases.is_empty() {
        return ui::empty("担当のケースはまだありません", html! { p { "相談の受付から、ケースを開きます。" } });
    }
    ui::table(
        "主担当のケース（連絡のない順）",
        &["氏名", "状態", "居所・時期", "医療的ケア", "最後の接触"],
        html! {
            @for c in cases { tr {
                th scope="row" { (person_tag(&c.child_name, &c.child_kana, c.birth_date, c.municipality, app.today(), Some(&format!("/cases/{}", c.id)))) }
                td data-l="状態" { (ui::tag(tone(c.status), c.status.label())) @if c.open_referrals > 0 { small { "つなぎ中 " (c.open_referrals) "件" } } }
                td data-l="居所・時期" { (c.residence.label()) small { (c.phase.label()) } }
                td data-l="医療的ケア" { (care_tags(&c.care())) }
                td data-l="最後の接触" { @match c.last_contact { Some(at) => (view::moment(at)), None => "記録なし" } }
            } }
        },
    )
}
