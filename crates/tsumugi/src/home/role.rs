//! What a role finds on its first page beside the work that waits.

use crate::{
    account::Actor,
    alert,
    app::App,
    area::{self, Desk, Municipality},
    backup, family, journal, people,
    policy::{self, ReadAnswerCards, Role},
    web::Result,
};
use maud::{Markup, html};
use platform::{args, db::Reader, row, vocabulary::Vocabulary as _};

/// Numbers for those who plan, telephone numbers for those who call, the state of the system for those who keep it.
pub async fn load(app: &App, tx: &Reader, actor: &Actor) -> Result<Markup> {
    Ok(match actor.role {
        Role::Privacy => html! {
            (alert::panel(alert::open_count(tx, actor).await?))
            (statistics_view(&statistics(tx, actor).await?))
        },
        Role::City | Role::Prefecture => statistics_view(&statistics(tx, actor).await?),
        Role::Family => html! {
            (family::children_view(app, &family::children(tx, actor, app.now()).await?))
            (desks_view(&area::desks(tx, app.today()).await?, actor))
        },
        Role::Hospital | Role::Supporter | Role::Manager | Role::Supervisor => {
            desks_view(&area::desks(tx, app.today()).await?, actor)
        }
        Role::Admin => html! {
            (people_view(&people::census(tx, app.today(), app.now()).await?))
            (keeping(app, tx).await?)
        },
        Role::Auditor => html! {
            (alert::panel(alert::open_count(tx, actor).await?))
            (keeping(app, tx).await?)
        },
        Role::Coordinator | Role::Council => html! {},
    })
}

/// What shows that nothing is lost and nothing was changed.
async fn keeping(app: &App, tx: &Reader) -> Result<Markup> {
    let (standing, head) = (backup::standing(tx).await?, journal::head(tx).await?);
    Ok(html! {
        @if !app.demo { (backup::panel(&standing, app.now())) }
        (journal_view(head.map_or(0, |h| h.seq)))
    })
}

/// Title and one sentence for each role's first page.
pub fn words(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Coordinator => {
            ("今日の仕事", "期限の早い順に並んでいます。受け取った引継ぎと、返答がまだの相談から始めましょう。")
        }
        Role::Supporter => ("依頼と担当の子ども", "受けた依頼と、空きの照会への回答がここに並びます。"),
        Role::Manager => ("事業所への依頼", "事業所が受けた依頼と、空きの照会が並びます。"),
        Role::City => ("市町の状況", "同意のあるケースと、市町の数を見られます。名前のない数が基本です。"),
        Role::Privacy => ("個人情報の管理", "同意のあるケースだけが見えます。"),
        Role::Prefecture => ("圏域の状況", "県では、名前のない数だけを見ます。"),
        Role::Supervisor => (
            "スーパーバイズ",
            "スーパーバイズの依頼は、次の版で受けられるようになります。いまは社会資源とよくある相談を見られます。",
        ),
        Role::Hospital => (
            "退院予定の子ども",
            "退院の連絡は、お子さんの住む市町の、今日の当番に電話してください。計画の前でもかまいません。",
        ),
        Role::Family => {
            ("わたしたちの支援", "困ったときは、主担当のコーディネーターか、今日の当番に電話してください。")
        }
        Role::Council => ("協議の場", "協議では、名前のない課題だけを扱います。課題の一覧は、次の版で使えます。"),
        Role::Auditor => ("監査", "いつ、だれが、何を見て何をしたかは、すべて記録簿に残っています。"),
        Role::Admin => {
            ("システムの状態", "利用者を招き、役割を決め、鍵を失った人を助けます。子どもの記録は見られません。")
        }
    }
}

row! {
    pub struct Statistic { pub municipality: Municipality, pub cases: i64, pub consultations: i64 }
}

/// Numbers without names. Small ones are not told outside the municipality.
async fn statistics(tx: &platform::db::Reader, actor: &Actor) -> Result<Vec<(String, String, String)>> {
    let sql = "/* home::statistics unscoped: counts only, small ones hidden */
        SELECT c.municipality, COUNT(*) AS cases, (SELECT COUNT(*) FROM consultation k WHERE k.municipality = c.municipality) AS consultations
          FROM child_case c WHERE c.status <> 'closed' GROUP BY c.municipality ORDER BY c.municipality";
    let list: Vec<Statistic> = tx.all(sql, args![]).await?;
    let own = actor.municipality.as_deref();
    Ok(list
        .into_iter()
        .filter(|s| actor.role == Role::Prefecture || own == Some(s.municipality.code()))
        .map(|s| (s.municipality.label().to_owned(), small(s.cases, actor.role), small(s.consultations, actor.role)))
        .collect())
}

/// 5未満 leaves an area only as 「5未満」; a municipality sees its own number.
fn small(n: i64, role: Role) -> String {
    if role == Role::Prefecture && (1..5).contains(&n) { "5未満".to_owned() } else { n.to_string() }
}

fn statistics_view(list: &[(String, String, String)]) -> Markup {
    ui::panel(
        "名前のない数",
        html! {},
        ui::table(
            "市町ごとの数",
            &["市町", "支援中のケース", "相談（累計）"],
            html! { @for (place, cases, consultations) in list { tr {
            th scope="row" { (place) } td data-l="支援中のケース" { (cases) } td data-l="相談（累計）" { (consultations) } } } },
        ),
    )
}

/// Whom to call today, the actor's own municipality first.
fn desks_view(desks: &[Desk], actor: &Actor) -> Markup {
    let own = actor.municipality.as_deref();
    let reads = policy::by_role::<ReadAnswerCards>(actor).is_ok();
    let (mine, rest): (Vec<&Desk>, Vec<&Desk>) = desks.iter().partition(|d| own == Some(d.municipality.code()));
    ui::panel(
        "今日の当番のコーディネーター",
        html! { @if reads { a href="/answer-cards" { "よくある相談を読む" } } },
        html! {
            @if desks.is_empty() { (ui::empty("今日の当番は決まっていません", html! { p { "お住まいの市町の障害福祉の窓口に電話してください。" } })) } @else {
                (ui::table("市町ごとの今日の当番", &["市町", "当番", "電話"], html! { @for d in mine.into_iter().chain(rest) { tr {
                    th scope="row" { (d.municipality.label()) }
                    td data-l="当番" { (d.name) small { (d.place) } }
                    td data-l="電話" { @if d.phone.is_empty() { "—" } @else { a href=(format!("tel:{}", d.phone)) { (d.phone) } } }
                } } }))
                (ui::pad(html! { p { small { "名前を出さない相談もできます。" } } }))
            }
        },
    )
}

fn people_view(c: &people::Census) -> Markup {
    ui::panel(
        "利用者",
        html! { a href="/people" { "利用者を開く" } },
        ui::pad(ui::kv(&[
            ("使える人", html! { (c.active) "人" }),
            (
                "鍵のない人",
                html! { (c.keyless) "人" @if c.keyless > 0 { small { "　招待を受けるまで、入れません。" } } },
            ),
            ("受け取りを待つ招待", html! { (c.invited) "件" }),
        ])),
    )
}

fn journal_view(entries: i64) -> Markup {
    ui::panel(
        "記録簿",
        html! {},
        ui::pad(html! {
            (ui::kv(&[("つながった記録", html! { (entries) "件" })]))
            p { small { "途中が変えられていないかは、サーバーが1時間ごとに初めから確かめ、切れていれば「知らせ」に出ます。控えとの照合は、サーバーで " code { "tsumugi journal verify" } " を実行します。" } }
        }),
    )
}
