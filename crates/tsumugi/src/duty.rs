//! 受付の当番: who receives a consultation for a municipality on a weekday, and from when.

use crate::{
    account::Actor,
    app::App,
    area::{self, Municipality, Worker},
    journal::{Draft, Object},
    once,
    policy::{self, ManageDuty, Role},
    routes::Routes,
    view,
    web::{self, Error, Form, Result, see_other, unprocessable},
};
use axum::extract::State;
use maud::{Markup, html};
use platform::{
    Date, Uuid, args,
    db::{DbError, Reader},
    form::{Errors, Fields, Parse},
    id::PersonId,
    japanese::date,
    row, vocabulary,
    vocabulary::Vocabulary as _,
};

vocabulary! {
    /// 1 Monday … 7 Sunday.
    pub enum Weekday {
        Monday = "1" "月", Tuesday = "2" "火", Wednesday = "3" "水", Thursday = "4" "木", Friday = "5" "金", Saturday = "6" "土", Sunday = "7" "日",
    }
}

impl Weekday {
    fn number(self) -> i64 {
        self.code().parse().unwrap_or(1)
    }
}

pub fn routes() -> Routes {
    Routes::new().get("/duty", "duty.manage", show).post("/duty", "duty.manage", save)
}

row! {
    pub struct Turn { pub municipality: Municipality, pub weekday: i64, pub name: String, pub since: Date }
}

/// Every turn that counts today or begins later, the earliest first.
async fn turns(tx: &Reader, today: Date) -> Result<Vec<Turn>, DbError> {
    let sql = "/* duty::turns */
        SELECT d.municipality, d.weekday, p.name, d.since FROM duty d JOIN person p ON p.id = d.person_id
         WHERE d.until IS NULL OR d.until > $1 ORDER BY d.municipality, d.weekday, d.since LIMIT 500";
    tx.all(sql, args![today]).await
}

/// A change of the roster, as typed.
struct Change {
    municipality: Municipality,
    weekdays: Vec<Weekday>,
    person: PersonId,
    since: Date,
}

impl Change {
    fn parse(fields: &Fields, today: Date) -> Result<Change, Errors> {
        let mut p = Parse::new(fields);
        let weekdays: Vec<Weekday> = p.choices("weekday", "曜日");
        if weekdays.is_empty() {
            p.fail("weekday", "曜日を1つ以上選んでください。");
        }
        let since = p.optional_date("since", "いつから").unwrap_or(today);
        if since < today {
            p.fail("since", "いつからは、今日以降の日付にしてください。過ぎた日の当番は変えられません。");
        }
        let change = Change {
            municipality: p.choice("municipality", "市町"),
            weekdays,
            person: p.id("person", "当番の人"),
            since,
        };
        p.finish(change)
    }
}

/// From the day on, the person has the turn; what was planned from that day on gives way.
async fn give(app: &App, tx: &mut Draft, c: &Change) -> Result<(), DbError> {
    for day in &c.weekdays {
        let day = day.number();
        let sql = "/* duty::give */ DELETE FROM duty WHERE municipality = $1 AND weekday = $2 AND since >= $3";
        tx.exec(sql, args![c.municipality, day, c.since]).await?;
        let sql = "/* duty::give */
            UPDATE duty SET until = $3 WHERE municipality = $1 AND weekday = $2 AND (until IS NULL OR until > $3)";
        tx.exec(sql, args![c.municipality, day, c.since]).await?;
        let sql = "/* duty::give */ INSERT INTO duty (id, municipality, weekday, person_id, since) VALUES ($1, $2, $3, $4, $5)";
        let id: Uuid = app.mint.uuid(app.now());
        tx.exec(sql, args![id, c.municipality, day, c.person, c.since]).await?;
    }
    Ok(())
}

fn page(app: &App, actor: &Actor, turns: &[Turn], people: &[Worker], fields: &Fields, errors: &Errors) -> Markup {
    let f = |name, label| view::field(fields, errors, name, label);
    let workers: Vec<(String, String)> =
        people.iter().map(|w| (w.id.to_string(), format!("{}（{}）", w.name, w.place))).collect();
    let workers: Vec<(&str, &str)> = workers.iter().map(|(id, label)| (id.as_str(), label.as_str())).collect();
    let body = html! {
        (ui::heading(&ui::Heading { over: "相談の受付", title: "受付の当番", actions: html! {} }))
        p.lead { "ほかの市町で受けた相談は、お子さんの市町のその日の当番に引き継がれます。当番のいない日は、受けた人の手元に残ります。" }
        section.panel { (ui::table("市町と曜日ごとの当番", &["市町", "当番", "これからの交代"], html! { @for &m in Municipality::ALL { tr {
            th scope="row" { (m.label()) }
            td data-l="当番" { @for (days, name) in runs(turns, m, app.today(), false) { div { (days) " " b { (name) } } } }
            td data-l="これからの交代" { @let later = runs(turns, m, app.today(), true); @if later.is_empty() { "—" } @for (days, change) in later { div { (days) " " (change) } } }
        } } })) }
        (ui::panel("当番を変える", html! {}, ui::pad(view::form(app, fields, "/duty", html! {
            (view::summary(errors))
            (f("municipality", "市町").required().radios(&own_places(actor)))
            (f("weekday", "曜日").required().checks(&Weekday::options(), &fields.all("weekday")))
            (ui::form_row(html! {
                (f("person", "当番の人").required().select(&workers))
                (f("since", "いつから").hint("空のときは今日から").date())
            }))
            p { small { "その日より後に決めてあった同じ曜日の当番は、この内容に替わります。" } }
        }, ui::button("当番を決める", true)))))
    };
    web::page(app, actor, "duty", "受付の当番", body)
}

/// Neighbouring weekdays with the same person are one line: 「月〜金」. `later` gives the changes that are still to come.
fn runs(turns: &[Turn], m: Municipality, today: Date, later: bool) -> Vec<(String, String)> {
    let said = |d: Weekday| {
        let here =
            turns.iter().filter(|t| t.municipality == m && t.weekday == d.number() && (t.since > today) == later);
        let words: Vec<String> = here
            .map(|t| if later { format!("{}から {}", date::wareki_short(t.since), t.name) } else { t.name.clone() })
            .collect();
        match words.is_empty() {
            true if later => String::new(),
            true => "いません".to_owned(),
            false => words.join("、"),
        }
    };
    let mut out: Vec<(Weekday, Weekday, String)> = Vec::new();
    for &d in Weekday::ALL {
        let words = said(d);
        match out.last_mut() {
            Some((_, last, same)) if *same == words => *last = d,
            _ => out.push((d, d, words)),
        }
    }
    let label = |a: Weekday, b: Weekday| {
        if a == b { a.label().to_owned() } else { format!("{}〜{}", a.label(), b.label()) }
    };
    out.into_iter().filter(|(_, _, w)| !w.is_empty()).map(|(a, b, words)| (label(a, b), words)).collect()
}

/// A municipal officer arranges the own municipality only.
fn own_places(actor: &Actor) -> Vec<(&'static str, &'static str)> {
    let all = Municipality::options();
    if actor.role == Role::City {
        all.into_iter().filter(|(code, _)| actor.municipality.as_deref() == Some(code)).collect()
    } else {
        all
    }
}

async fn show(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<ManageDuty>(&actor)?;
    let tx = app.store.read().await?;
    let (turns, people) = (turns(&tx, app.today()).await?, area::coordinators(&tx, app.today()).await?);
    let fields = Fields::default().with("municipality", actor.municipality.clone().unwrap_or_default());
    Ok(page(&app, &actor, &turns, &people, &fields, &Errors::default()))
}

async fn save(State(app): State<App>, actor: Actor, Form(fields): Form) -> Result {
    let permit = policy::by_role::<ManageDuty>(&actor)?;
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let parsed = match Change::parse(&fields, app.today()) {
        Ok(change) if !area::is_coordinator(&tx, change.person, now).await? => {
            Err(Errors::one("person", "この人は、いまコーディネーターではありません。ほかの人を選んでください。"))
        }
        other => other,
    };
    let change = match parsed {
        Ok(change) => change,
        Err(errors) => {
            let (turns, people) = (turns(&tx, app.today()).await?, area::coordinators(&tx, app.today()).await?);
            return Ok(unprocessable(page(&app, &actor, &turns, &people, &fields, &errors)));
        }
    };
    if !own_places(&actor).iter().any(|(code, _)| *code == change.municipality.code()) {
        return Err(Error::Forbidden);
    }
    if let Some(before) = once::claim(&app, &mut tx, &fields, &actor, "/duty", now).await? {
        return Ok(see_other(&before));
    }
    give(&app, &mut tx, &change).await?;
    let object = Object::new("duty", change.person.0);
    tx.commit(&permit, &app.mint, now, object, None, change.municipality.code()).await?;
    Ok(see_other("/duty"))
}

#[cfg(test)]
mod tests {
    use crate::{area::Municipality, consultation::tests::take, testing::World};

    both! {
        async fn a_new_turn_counts_from_its_day_and_decides_who_receives(w: World) {
            let user = w.sign_in("coordinator").await;
            let me: Vec<(platform::id::PersonId,)> =
                w.all("/* t */ SELECT person_id FROM demo_account WHERE account_key = 'coordinator'", vec![]).await;
            let me = me[0].0.to_string();
            assert_eq!(w.on_duty(Municipality::Zushi).await, "coordinator2");
            let all = [("weekday", "1"), ("weekday", "2"), ("weekday", "3"), ("weekday", "4"), ("weekday", "5"), ("weekday", "6"), ("weekday", "7")];
            let with = |since: &'static str| {
                let mut fields = vec![("municipality", "142085"), ("person", me.as_str()), ("since", since)];
                fields.extend(all);
                fields
            };
            user.post("/duty", &with("2020-01-01")).await.shows("今日以降の日付");
            user.post("/duty", &[("municipality", "142085"), ("person", &me)]).await.shows("曜日を1つ以上");
            user.post("/duty", &[("municipality", "142085"), ("weekday", "1"), ("person", "nobody")]).await.shows("当番の人");
            assert_eq!(user.post("/duty", &with("2027-04-01")).await.status, 303);
            user.get("/duty").await.shows("R9.4.1").shows("から 相模野");
            take(&user, &[("municipality", "142085"), ("route", "duty")]).await;
            assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM handover").await, 1, "until then it goes to who was on duty");
            assert_eq!(user.post("/duty", &with("")).await.status, 303);
            take(&user, &[("municipality", "142085"), ("route", "duty")]).await;
            assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM handover").await, 1, "nobody hands over to himself");
            assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM duty WHERE municipality = '142085' AND until IS NULL").await, 7);
        }

        async fn a_municipal_officer_arranges_the_own_municipality_only(w: World) {
            let me: Vec<(platform::id::PersonId,)> =
                w.all("/* t */ SELECT person_id FROM demo_account WHERE account_key = 'coordinator'", vec![]).await;
            let me = me[0].0.to_string();
            let city = w.sign_in("city").await;
            city.get("/duty").await.shows("横須賀市");
            let of = |place: &'static str| [("municipality", place), ("weekday", "1"), ("person", me.as_str())];
            assert_eq!(city.post("/duty", &of("142042")).await.status, 403);
            assert_eq!(city.post("/duty", &of("142018")).await.status, 303);
            assert_eq!(w.sign_in("supporter").await.get("/duty").await.status, 403);
        }
    }
}
