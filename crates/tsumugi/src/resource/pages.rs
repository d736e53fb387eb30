//! Searching the directory by need, on a list and a map, and one service.

use super::{
    hand::BY_HAND,
    model::{self, Capacity, KindExt as _, Search},
    store::{self, Service},
    update,
};
use crate::{
    account::Actor,
    app::App,
    area::{Care, Municipality},
    case,
    exchange::directory::Kind,
    policy::{self, AddResource, AskCapacity, ConfirmResource, ImportResources, SearchResources},
    view,
    web::{self, Error, Key, Query, Result},
};
use axum::extract::State;
use jiff::ToSpan;
use maud::{Markup, html};
use platform::{
    form::{Errors, Fields},
    id::{CaseId, ReferralId, ResourceId},
    vocabulary::Vocabulary as _,
};

const SHOWN: usize = 40;

pub fn capacity_tone(c: Capacity) -> ui::Tone {
    match c {
        Capacity::Open => ui::Tone::Ok,
        Capacity::Waitlist => ui::Tone::Warn,
        Capacity::Full => ui::Tone::Alert,
        Capacity::Ask => ui::Tone::Neutral,
    }
}

fn capacity_view(app: &App, s: &Service) -> Markup {
    let today = app.today();
    html! {
        (ui::tag(capacity_tone(s.capacity), s.capacity.label()))
        small { @match s.confirmed_on {
            Some(d) => { (view::day_short(d)) " 確認" @if let Some(by) = &s.confirmed_by { span.nb { "（" (by) "）" } } },
            None => "まだ確認していません"
        } }
        @if s.confirmed_on.is_some() && model::is_stale(s.confirmed_on, today, app.settings.stale_days) { " " (ui::tag(ui::Tone::Warn, "古い情報")) }
    }
}

/// The case that a service is looked for, with the referral that a new one would follow.
#[derive(Clone)]
pub struct Wanted {
    case: CaseId,
    child: String,
    replaces: Option<ReferralId>,
}

impl Wanted {
    fn query(&self) -> String {
        self.replaces.map_or_else(|| format!("for={}", self.case), |r| format!("for={}&replaces={r}", self.case))
    }
    fn refer(&self, service: ResourceId) -> String {
        let replaces = self.replaces.map_or_else(String::new, |r| format!("&replaces={r}"));
        format!("/cases/{}/referrals/new?service={service}{replaces}", self.case)
    }
}

/// Where the search came from a case that the actor may see.
async fn for_case(app: &App, actor: &Actor, query: &Fields) -> Result<Option<Wanted>> {
    let Ok(id) = query.get("for").parse::<CaseId>() else { return Ok(None) };
    let tx = app.store.read().await?;
    let seen = policy::see_case(&tx, actor, id, app.now()).await?;
    let permit = policy::on_case::<policy::ReadCase>(actor, &seen)?;
    let child = case::name_of(&tx, &seen).await?.0;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, app.now(), id.into()).await?;
    Ok(Some(Wanted { case: id, child, replaces: query.get("replaces").parse().ok() }))
}

pub async fn search(State(app): State<App>, actor: Actor, Query(query): Query) -> Result<Markup> {
    policy::by_role::<SearchResources>(&actor)?;
    let s = Search::parse(&query);
    let asked = query.iter().any(|(name, value)| name != "for" && name != "replaces" && !value.is_empty());
    let found_for = for_case(&app, &actor, &query).await?;
    let today = app.today();
    let tx = app.store.read().await?;
    let mut found = store::search(&tx, &s, 2000, today).await?;
    // The map tells of every municipality, also while the list shows one.
    let everywhere = match s.municipality {
        Some(_) => store::search(&tx, &Search { municipality: None, ..s.clone() }, 2000, today).await?,
        None => found.clone(),
    };
    drop(tx);
    // Words that nobody understood may be a slip of the hand; what is counted for the council is a need in known words.
    if found.is_empty() && s.is_need() && s.text.trim().is_empty() {
        let mut tx = app.store.begin().await?;
        store::note_unmet(&mut tx, app.mint.id(app.now()), &s, actor.organisation, today).await?;
        tx.commit_housekeeping().await?;
    }
    let half_year_ago = today.checked_sub(6.months()).unwrap_or(today);
    let unmet = store::unmet(&app.store.read().await?, half_year_ago).await?;
    let total = found.len();
    let mut counts = vec![0_i64; Municipality::ALL.len()];
    for f in &everywhere {
        if let Some(i) = Municipality::ALL.iter().position(|m| *m == f.municipality) {
            counts[i] += 1;
        }
    }
    order(&mut found, &s);
    found.truncate(SHOWN);
    let imports = policy::by_role::<ImportResources>(&actor).is_ok();
    let adds = policy::by_role::<AddResource>(&actor).is_ok();
    let body = html! {
        (ui::heading(&ui::Heading { over: "地域づくり", title: "社会資源", actions: html! { @if adds { (ui::link_button("/resources/new", "事業所を加える", Some(ui::Icon::Plus), false)) } @if imports { (ui::link_button("/resources/imports", "名簿を取り込む", Some(ui::Icon::Download), false)) } } }))
        @if let Some(w) = &found_for { (ui::notice(ui::Tone::Info, "つなぐ先を探しています", html! { p { a href=(format!("/cases/{}", w.case)) { (w.child) "さん" } "のために探しています。事業所の「つなぐ」で依頼に進みます。" } })) }
        (ui::panel("何を探しますか", html! {}, ui::pad(search_form(&s, &query))))
        (ui::two(html! {
            (ui::panel(&format!("見つかった事業所 {total}件"), html! { @if total > SHOWN { "はじめの" (SHOWN) "件を表示。条件を加えると絞れます" } }, html! {
                @if found.is_empty() { (ui::empty("条件に合う事業所は見つかりませんでした", html! { p { "条件を1つ減らすか、となりの市町も探してください。" } @if s.is_need() { p { "見つからなかったことは、名前を含まない記録として残り、協議の場の資料になります。" } } })) }
                @else { (results(&app, &actor, &found, &s, found_for.as_ref())) }
            }))
        }, html! {
            (ui::panel("地図", html! {}, ui::pad(map(&s, &counts))))
            @if asked || !unmet.is_empty() { (ui::panel("見つからなかった希望（半年）", html! {}, if unmet.is_empty() { ui::empty("まだありません", html! {}) } else { ui::pad(html! {
                ul.plain { @for u in &unmet { li { (Kind::from_code(&u.kind).map_or("種別を問わず", Kind::label)) "・" (Municipality::from_code(&u.municipality).map_or("市町を問わず", |m| m.label())) " " b { (u.total) "回" } } } }
            }) })) }
        }))
    };
    Ok(web::page(&app, &actor, "resources", "社会資源", body))
}

/// Open first, then the nearest, then by name.
fn order(found: &mut [Service], s: &Search) {
    let rank = |c: Capacity| match c {
        Capacity::Open => 0,
        Capacity::Waitlist => 1,
        Capacity::Ask => 2,
        Capacity::Full => 3,
    };
    found.sort_by(|a, b| {
        let far = |x: &Service| {
            s.municipality.map_or(0.0, |m| model::distance_km(m, x.municipality, x.latitude.zip(x.longitude)))
        };
        rank(a.capacity).cmp(&rank(b.capacity)).then(far(a).total_cmp(&far(b)))
    });
}

fn search_form(s: &Search, query: &Fields) -> Markup {
    let care: Vec<&str> = s.care.iter().map(|c| c.code()).collect();
    let mut places = vec![("", "すべての市町")];
    places.extend(Municipality::options());
    html! {
        form method="get" action="/resources" role="search" aria-label="社会資源を探す" {
            @for name in ["for", "replaces"] { @if query.has(name) { input type="hidden" name=(name) value=(query.get(name)); } }
            (ui::form_row(html! {
                (ui::Field::new("need", "ことばで探す").value(&s.text).hint("例 訪問看護、人工呼吸器、逗子市").max(100).text())
                (ui::Field::new("kind", "種別").value(s.kind.map_or("", Kind::code)).select(&Kind::choices()))
                (ui::Field::new("municipality", "サービスを使う市町").value(s.municipality.map_or("", |m| m.code())).select(&places))
            }))
            (ui::details("受けられる医療的ケアなどで絞り込む", html! {
                (ui::Field::new("care", "医療的ケア").checks(&Care::options(), &care))
                (ui::Field::new("open", "空きありだけ").value(if s.open { "1" } else { "" }).checkbox())
                (ui::Field::new("mobile", "動ける医療的ケア児に対応").value(if s.mobile { "1" } else { "" }).checkbox())
            }))
            div.acts { (ui::button("探す", true)) (ui::link_button("/resources", "条件を消す", None, false)) }
        }
    }
}

fn results(app: &App, actor: &Actor, found: &[Service], s: &Search, wanted: Option<&Wanted>) -> Markup {
    let asks = policy::by_role::<AskCapacity>(actor).is_ok();
    let rows = html! { @for f in found { tr {
        th scope="row" { a href=(link(f, wanted)) { (f.name) } small { (f.corporation) @if !f.phone.is_empty() { " " (f.phone) } @if f.has_account { "・つむぐで受信できます" } } }
        td data-l="種別・市町" { (Kind::label(f.kind)) small { (f.municipality.label()) } @if let Some(km) = s.municipality.map(|m| model::distance_km(m, f.municipality, f.latitude.zip(f.longitude))).filter(|km| *km >= 0.5) { small { (s.municipality.map_or("", |m| m.label())) "の役所から約" (format!("{km:.0}")) "km" } } }
        td data-l="空き" { (capacity_view(app, f)) }
        td { @if asks { label.pick { input type="checkbox" name="service" value=(f.id); " 照会する" } } @if let Some(w) = wanted { (ui::link_button(&w.refer(f.id), "つなぐ", None, false)) } }
    } } };
    let table = ui::steady_table("事業所の一覧", &[("事業所", 22), ("種別・市町", 14), ("空き", 14), ("", 14)], rows);
    if !asks {
        return table;
    }
    html! {
        form method="get" action="/inquiries/new" {
            @if let Some(w) = wanted { input type="hidden" name="for" value=(w.case); }
            @for c in &s.care { input type="hidden" name="care" value=(c.code()); }
            (table)
            (ui::pad(html! { (ui::button("選んだ事業所に、名前を出さずに空きを尋ねる", false)) }))
        }
    }
}

fn link(f: &Service, wanted: Option<&Wanted>) -> String {
    wanted.map_or_else(|| format!("/resources/{}", f.id), |w| format!("/resources/{}?{}", f.id, w.query()))
}

fn map(s: &Search, counts: &[i64]) -> Markup {
    let links: Vec<String> = Municipality::ALL
        .iter()
        .map(|m| format!("/resources?{}", Search { municipality: Some(*m), ..s.clone() }.query()))
        .collect();
    let texts: Vec<String> = counts.iter().map(|n| format!("{n}件")).collect();
    let areas: Vec<ui::Area<'_>> = ui::outline::FIVE
        .iter()
        .filter_map(|o| {
            let i = Municipality::ALL.iter().position(|m| m.code() == o.code)?;
            let class = match counts[i] {
                0 => 0,
                1..=9 => 1,
                10..=99 => 2,
                _ => 3,
            };
            Some(ui::Area {
                code: o.code,
                name: o.name,
                path: o.path,
                label_xy: o.label,
                value: counts[i],
                text: &texts[i],
                href: Some(&links[i]),
                class,
            })
        })
        .collect();
    let legend = [(3, "100件以上"), (2, "10〜99件"), (1, "1〜9件"), (0, "なし")];
    ui::region_map("事業所の数", "市町ごとの、条件に合う事業所の数", ui::outline::VIEW_BOX, &areas, &legend)
}

pub async fn show(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<ResourceId>,
    Query(query): Query,
) -> Result<Markup> {
    policy::by_role::<SearchResources>(&actor)?;
    let found_for = for_case(&app, &actor, &query).await?;
    let tx = app.store.read().await?;
    let s = store::find(&tx, id, app.today()).await?.ok_or(Error::NotFound)?;
    let (care, areas) = (store::care_of(&tx, id).await?, store::areas_of(&tx, id).await?);
    drop(tx);
    let fields = update::fields_of(&s, &care, &areas);
    Ok(page(&app, &actor, &s, &care, &areas, found_for, &fields, &Errors::default(), html! {}))
}

fn said(text: &str) -> Markup {
    html! { @if text.is_empty() { "—" } @else { (text) } }
}

#[expect(clippy::too_many_arguments, reason = "everything that the page of a service shows")]
pub fn page(
    app: &App,
    actor: &Actor,
    s: &Service,
    care: &[Care],
    areas: &[Municipality],
    wanted: Option<Wanted>,
    fields: &Fields,
    errors: &Errors,
    extra: Markup,
) -> Markup {
    let years = |n: Option<i64>| n.map_or_else(String::new, |n| format!("{n}歳"));
    let body = html! {
        (ui::heading(&ui::Heading { over: Kind::label(s.kind), title: &s.name, actions: html! {
            @if let Some(w) = &wanted { (ui::link_button(&w.refer(s.id), &format!("{}さんをつなぐ", w.child), Some(ui::Icon::Send), true)) }
            @if s.ours && policy::by_role::<AddResource>(actor).is_ok() { (ui::link_button(&format!("/resources/{}/edit", s.id), "基本情報を直す", Some(ui::Icon::Pen), false)) }
            @if policy::by_role::<AskCapacity>(actor).is_ok() { (ui::link_button(&format!("/inquiries/new?service={}", s.id), "空きを尋ねる", Some(ui::Icon::Phone), false)) }
        } }))
        (extra)
        @if let Some(gone) = s.gone_on { (ui::notice(ui::Tone::Warn, "名簿にない事業所です", html! { p { (view::day(gone)) @if s.source == BY_HAND { "に、名簿から外しました。" } @else { "の取込みで、元の名簿に見つかりませんでした。連絡して確かめてください。" } } })) }
        (ui::two(html! {
            (ui::panel("受入れ", html! {}, ui::pad(ui::kv(&[
                ("空き", html! { (capacity_view(app, s)) @if !s.capacity_note.is_empty() { p { (view::lines(&s.capacity_note)) } } }),
                ("受けられる医療的ケア", html! { @if care.is_empty() { "未確認" } @else { (case::care_tags(care)) } }),
                ("動ける医療的ケア児", html! { (s.mobile_ok.label()) }),
                ("年齢", html! { @if s.age_from.is_none() && s.age_to.is_none() { "未確認" } @else { (years(s.age_from)) "〜" (years(s.age_to)) } }),
                ("サービスを使える市町", html! { (areas.iter().map(|m| m.label()).collect::<Vec<_>>().join("、")) }),
                ("送迎", html! { (s.transport.label()) }),
                ("定員", html! { @match s.places { Some(n) => { (n) "人" }, None => "—" } }),
            ]))))
            (ui::panel("連絡先", html! {}, ui::pad(ui::kv(&[
                ("法人", said(&s.corporation)),
                ("所在地", html! { @if !s.postal.is_empty() { "〒" (s.postal) " " } (s.address) }),
                ("電話", html! { @if s.phone.is_empty() { "—" } @else { a href=(format!("tel:{}", s.phone)) { (s.phone) } } }),
                ("FAX", said(&s.fax)),
                ("サイト", html! { @if s.url.is_empty() { "—" } @else { a href=(s.url) rel="noreferrer noopener" { (s.url) } } }),
                ("利用できる時間", said(&s.hours)),
                ("休み", said(&s.closed_days)),
                ("備考", html! { @if s.note.is_empty() { "—" } @else { (view::lines(&s.note)) } }),
                ("出典", html! { (crate::exchange::directory::Format::from_code(&s.source).map_or("手で登録", |f| f.label())) }),
            ]))))
        }, html! {
            @if policy::by_role::<ConfirmResource>(actor).is_ok() { (ui::panel("確かめた内容を記録する", html! {}, ui::pad(update::form(app, s, fields, errors)))) }
        }))
    };
    web::page(app, actor, "resources", &s.name, body)
}
