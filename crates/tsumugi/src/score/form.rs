//! The two forms: 医療的ケアスコア with its total while one fills it in, and 超重症児スコア.

use super::{
    ScoreKind,
    model::{self, PRESENT, Ticked},
    pages::{see_care, total_view},
    severe::{self, Feeding, Item, Lasting, Severe, Suctioning},
    sheet::{Head, Judge},
    store,
    table::{self, Line, Machine, Rules, Watch},
};
use crate::{
    account::Actor,
    app::App,
    case, document,
    journal::Object,
    once,
    policy::{Seen, WriteCare},
    view, waiting,
    waiting::WaitingKind,
    web::{self, Error, Form, Key, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Date,
    db::Reader,
    form::{Errors, Fields, Parse},
    id::CaseId,
    vocabulary::Vocabulary as _,
};

/// A sheet as it was typed and found right.
#[derive(Clone, Debug)]
pub enum New {
    Care(Head, Ticked, &'static Rules),
    Severe(Head, Severe),
}

impl New {
    pub fn parse(kind: ScoreKind, fields: &Fields, birth: Option<Date>, today: Date) -> Result<New, Errors> {
        let mut p = Parse::new(fields);
        let head = Head::parse(&mut p, birth, today);
        let new = match kind {
            ScoreKind::Care => {
                let rules = table::on(head.judged_on);
                let ticked = Ticked::parse(&mut p, rules);
                New::Care(head, ticked, rules)
            }
            ScoreKind::Severe => New::Severe(head, Severe::parse(&mut p)),
        };
        p.finish(new)
    }

    pub fn kind(&self) -> ScoreKind {
        match self {
            New::Care(..) => ScoreKind::Care,
            New::Severe(..) => ScoreKind::Severe,
        }
    }

    pub fn head(&self) -> &Head {
        match self {
            New::Care(head, ..) | New::Severe(head, _) => head,
        }
    }

    /// The version of the table under which the result is kept.
    pub fn rules(&self) -> &'static str {
        match self {
            New::Care(.., rules) => rules.version,
            New::Severe(..) => severe::VERSION,
        }
    }

    /// What is sealed: the head and what was ticked, as a form.
    pub fn body(&self) -> Fields {
        match self {
            New::Care(head, ticked, _) => ticked.fields(head.fields()),
            New::Severe(head, severe) => severe.fields(head.fields()),
        }
    }
}

/// A fresh form: what stood on the sheet that counts, with the days and names left open.
fn prefilled(sheet: Option<&store::Sheet>, kind: ScoreKind) -> Fields {
    let fields = Fields::default();
    match (sheet, kind) {
        (Some(s), ScoreKind::Care) => s.ticked().fields(fields),
        (Some(s), ScoreKind::Severe) => s.severe().fields(fields),
        (None, _) => fields,
    }
}

pub async fn care(state: State<App>, actor: Actor, key: Key<CaseId>) -> Result<Markup> {
    fresh(state, actor, key, ScoreKind::Care).await
}

pub async fn severe(state: State<App>, actor: Actor, key: Key<CaseId>) -> Result<Markup> {
    fresh(state, actor, key, ScoreKind::Severe).await
}

async fn fresh(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, kind: ScoreKind) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    let (seen, permit) = see_care::<WriteCare>(&tx, &actor, id, now).await?;
    let before = store::latest(&tx, &seen, kind).await?;
    let fields = prefilled(before.as_ref(), kind);
    let page = page(&app, &tx, &actor, &seen, kind, &fields, &Errors::default()).await?;
    drop(tx);
    app.store.read_of_case(&permit, &app.mint, now, id.into()).await?;
    Ok(page)
}

pub async fn add_care(state: State<App>, actor: Actor, key: Key<CaseId>, form: Form) -> Result {
    add(state, actor, key, form, ScoreKind::Care).await
}

pub async fn add_severe(state: State<App>, actor: Actor, key: Key<CaseId>, form: Form) -> Result {
    add(state, actor, key, form, ScoreKind::Severe).await
}

async fn add(
    State(app): State<App>,
    actor: Actor,
    Key(id): Key<CaseId>,
    Form(fields): Form,
    kind: ScoreKind,
) -> Result {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let (seen, permit) = see_care::<WriteCare>(&tx, &actor, id, now).await?;
    case::must_be_open(&mut tx, &seen).await?;
    let birth = case::find(&tx, &seen).await?.birth_date;
    let mut parsed = New::parse(kind, &fields, birth, app.today());
    if let Ok(new) = &parsed
        && let Some(paper) = new.head().document
        && !document::list(&tx, &seen, true, PAPERS, 0).await?.iter().any(|d| d.row.id.0 == paper)
    {
        parsed = Err(Errors::one("document", "票の写しは、このケースの書類から選んでください。"));
    }
    let new = match parsed {
        Ok(new) => new,
        Err(errors) => {
            return Ok(unprocessable(page(&app, &tx, &actor, &seen, kind, &fields, &errors).await?));
        }
    };
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, &format!("/cases/{id}/scores"), now).await? {
        return Ok(see_other(&before));
    }
    if new.head().judge == Judge::Physician {
        for old in store::list(&tx, &seen, Some(kind), 50).await? {
            if old.valid_until.is_some_and(|u| new.head().valid_until.is_some_and(|n| n > u)) {
                waiting::clear(&mut tx, old.id, WaitingKind::ScoreEnding).await?;
            }
        }
    }
    let made = store::add(&mut tx, &app.mint, id, &new, actor.person, now).await?;
    tx.commit(&permit, &app.mint, now, Object::new("score_sheet", made), None, "added").await?;
    Ok(see_other(&format!("/scores/{made}")))
}

/// How many papers one chooses from.
const PAPERS: i64 = 100;

/// The total of what is ticked so far, while one fills in the form.
pub async fn total(State(app): State<App>, actor: Actor, Key(id): Key<CaseId>, Form(fields): Form) -> Result<Markup> {
    let now = app.now();
    let tx = app.store.read().await?;
    see_care::<WriteCare>(&tx, &actor, id, now).await?;
    Ok(so_far(&fields, app.today()))
}

/// Nothing in it is from the case: it is what the browser sent, counted.
fn so_far(fields: &Fields, today: Date) -> Markup {
    let rules = table::on(today);
    let mut p = Parse::new(fields);
    let ticked = Ticked::parse(&mut p, rules);
    let errors = p.finish(()).err().unwrap_or_default();
    html! {
        (total_view(&ticked.scored(rules), rules, ticked.severity()))
        @for (_, sentence) in &errors.0 { p.error { (ui::icon(ui::Icon::Warn)) span { (sentence) } } }
    }
}

async fn page(
    app: &App,
    tx: &Reader,
    actor: &Actor,
    seen: &Seen,
    kind: ScoreKind,
    fields: &Fields,
    errors: &Errors,
) -> Result<Markup> {
    let (case, id) = (case::find(tx, seen).await?, seen.case());
    if case.status == case::Status::Closed {
        return Err(Error::refused("このケースは終結しています。記録するには、ケースを再開してください。"));
    }
    let papers: Vec<(String, String)> = document::list(tx, seen, true, PAPERS, 0)
        .await?
        .iter()
        .map(|d| (d.row.id.to_string(), format!("{}（{}）", d.title, d.row.kind.label())))
        .collect();
    let action = format!("/cases/{id}/scores/{}", kind.code());
    let parts = match kind {
        ScoreKind::Care => html! { (lines(fields, errors, &format!("{action}/total"), table::on(app.today()))) },
        ScoreKind::Severe => severe_lines(fields, errors),
    };
    let form = view::form(
        app,
        fields,
        &action,
        html! { (view::summary(errors)) (parts) (head(fields, errors, &papers)) },
        html! { (ui::button("この票を記録する", true)) (ui::link_button(&format!("/cases/{id}/scores"), "スコアへ戻る", None, false)) },
    );
    let title = format!("{}を記録する", kind.label());
    let body = html! {
        (case::header(app, &case, seen, "/care"))
        @match kind {
            ScoreKind::Care => { (ui::two(
                html! { (ui::panel(&title, html! {}, ui::pad(form))) },
                html! { div.sticky-side { (ui::panel("いまの合計", html! {}, ui::pad(html! { div id="total" aria-live="polite" { (so_far(fields, app.today())) } }))) } (ui::panel("この表について", html! {}, ui::pad(about(table::on(app.today()))))) },
            )) }
            ScoreKind::Severe => { (ui::two(
                html! { (ui::panel(&title, html! {}, ui::pad(form))) },
                html! { (ui::panel("この表について", html! {}, ui::pad(html! {
                    p { "診療報酬でいまも使われる表です。運動機能が座位までで、状態が6か月以上（NICU等を退室した子どもは1か月以上）続いているときに判定します。" }
                    p { small { "出典：" (severe::SOURCE) "。 " (ui::tag(ui::Tone::Warn, "未確認")) } }
                }))) },
            )) }
        }
    };
    Ok(web::page(app, actor, "cases", &title, body))
}

/// Where the table is from, and what is open in it.
pub fn about(rules: &Rules) -> Markup {
    html! {
        p { "点数で支援を断ることはありません。法に点数の下限はなく、3点未満の子どもも支援の対象です。" }
        p { "版：" (rules.version) "。出典：" (rules.source) "。" @match rules.verified { Some(by) => { "確認：" (by) } None => { " " (ui::tag(ui::Tone::Warn, "未確認")) } } }
        p { small { "確かめられていないところ：7の(1)と(2)を両方数えるか、13の(1)〜(3)をすべて数えるか、1に入る機器の範囲。数え方で合計が変わるときは、両方を示します。" } }
    }
}

fn head(fields: &Fields, errors: &Errors, papers: &[(String, String)]) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    html! {
        fieldset { legend { "判定" }
            (f("judge", "だれの判定か").required().radios(&Judge::options()))
            (f("judged_on", "判定した日").required().date())
            (ui::form_row(html! { (f("physician", "判定した医師").hint("医師の判定のとき").max(50).text()) (f("facility", "医療機関").hint("医師の判定のとき").max(80).text()) }))
            (f("valid_until", "有効期限").hint("空のときは判定した日から1年").date())
            (f("paper_total", "医師の票の合計").hint("紙の票の合計と見比べるとき").number("点"))
            @if !papers.is_empty() {
                @let all: Vec<(String, String)> = std::iter::once((String::new(), "なし".to_owned())).chain(papers.iter().cloned()).collect();
                (f("document", "署名のある票の写し").hint("「書類」に加えたものから").select(&view::choices(&all)))
            } @else { p.hint { "署名のある票の写しは、「書類」に加えると、ここで選べます。" } }
            (f("note", "補足").max(500).area(2))
        }
    }
}

fn lines(fields: &Fields, errors: &Errors, live: &str, rules: &Rules) -> Markup {
    let machines = fields.all("machine");
    html! {
        p { "当てはまる項目を選びます。右（電話では下）に合計が出ます。" }
        @for line in Line::ALL {
            @let label = format!("{} {}", line.number(), line.label());
            @let points = (rules.points)(*line);
            @let f = |name, label| view::field(fields, errors, name, label).live(live, "#total");
            @if *line == Line::Ventilator {
                (f("machine", &label).hint("使っているものをすべて。いくつあっても10点を1回だけ数えます").checks(&Machine::options(), &machines))
                (f("l1", "1の見守り").hint(line.watched_for()).select(&[("", "選ばない（低）"), ("high", "高 ＋2点"), ("middle", "中 ＋1点"), ("low", "低 0点")]))
            } @else {
                @let options = answers(points);
                (f(line.code(), &label).hint(line.watched_for()).select(&view::choices(&options)))
            }
            @if *line == Line::Glucose { (f("linked", "9(2)のポンプと持続血糖測定器が連動している（10は加えません）").checkbox()) }
            @if *line == Line::Seizure {
                (f("ordered", "発作のときの処置について、医師の指示がある").checkbox())
                (f("within_a_year", "おおむね1年以内に発作があった").checkbox())
            }
        }
    }
}

/// The answers of a line with their points.
fn answers(points: table::Points) -> Vec<(String, String)> {
    let mut all = vec![(String::new(), "なし".to_owned())];
    match points.high {
        None => all.push((PRESENT.to_owned(), format!("あり {}点", points.basic))),
        Some(high) => {
            all.push((Watch::High.code().to_owned(), format!("あり・見守り高 {}＋{high}点", points.basic)));
            if let Some(middle) = points.middle {
                all.push((Watch::Middle.code().to_owned(), format!("あり・見守り中 {}＋{middle}点", points.basic)));
            }
            all.push((Watch::Low.code().to_owned(), format!("あり・見守り低 {}点", points.basic)));
        }
    }
    all
}

fn severe_lines(fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let items = fields.all("item");
    let words: Vec<(&str, String)> =
        Item::ALL.iter().map(|i| (i.code(), format!("{} {}点", i.label(), i.points()))).collect();
    let options: Vec<(&str, &str)> = words.iter().map(|(c, l)| (*c, l.as_str())).collect();
    html! {
        (f("sits", "運動機能は座位まで").checkbox())
        (f("item", "当てはまるもの").checks(&options, &items))
        (f("suctioning", "吸引").radios(&[("", "ない・少ない"), (Suctioning::Hourly.code(), "1回／時間以上 8点"), (Suctioning::Sixfold.code(), "6回／日以上 3点")]))
        (f("feeding", "栄養（一つだけ数えます）").radios(&[("", "当てはまらない"), (Feeding::Bowel.code(), "腸瘻・腸管栄養 8点"), (Feeding::Tube.code(), "経管（経鼻・胃瘻を含む） 5点"), (Feeding::Mouth.code(), "経口摂取（全介助） 3点")]))
        (f("lasting", "この状態が続いている期間").required().radios(&Lasting::options()))
    }
}

/// The class of a total in words, for who only needs that.
pub fn class_of(total: i64, rules: &Rules) -> &'static str {
    model::class(total, rules).label()
}
