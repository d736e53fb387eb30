use super::erase_due;
use crate::{
    area::Municipality,
    case::tests::{consent, open},
    consultation::tests::take,
    exchange::directory::Kind,
    referral::tests::ask,
    testing::{User, World},
};
use jiff::SignedDuration;
use platform::{args, db::Plain, id::CaseId};

/// A case with something in every table that tells of a child, closed today.
async fn closed(w: &World, lead: &User) -> String {
    let case = open(w, lead).await;
    let site = w.organisation("うみかぜ").await;
    let service = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(site)).await;
    consent(w, lead, &case, &site.to_string(), "paper").await;
    ask(lead, &case, service, "live").await;
    let entry = [("kind", "visit"), ("title", "さくらさんの家庭訪問"), ("body", "夜間の吸引")];
    assert_eq!(lead.post(&format!("/cases/{case}/timeline"), &entry).await.status, 303);
    let paper = [("title", "さくらさんの指示書"), ("kind", "instruction"), ("category", "care")];
    lead.upload_with(&format!("/cases/{case}/documents"), &paper, "a.txt", b"text").await;
    let call =
        [("child_name", "髙橋 さくら"), ("child_kana", "たかはし さくら"), ("concern", "さくらの夜間"), ("keep", "1")];
    let consultation = take(lead, &call).await;
    let mut tx = w.db.begin().await.expect("a transaction");
    let id: CaseId = case.parse().expect("an id");
    tx.exec("/* t */ UPDATE consultation SET case_id = $1", args![id]).await.expect("tied");
    let sql = "/* t */ UPDATE child_case SET status = 'closed', close_reason = 'other', closed_on = $2 WHERE id = $1";
    tx.exec(sql, args![id, w.app.today()]).await.expect("closed");
    tx.commit().await.expect("saved");
    assert!(!consultation.is_empty());
    case
}

fn years(w: &World, n: i64) {
    w.app.clock.advance(SignedDuration::from_hours(24 * 366 * n));
}

/// Tables in which a text or the id of a case still stands, with how often.
async fn traces(w: &World, case: &str, words: &[&str]) -> Vec<(String, usize)> {
    let id: platform::Uuid = case.parse().expect("an id");
    let mut tx = w.db.read().await.expect("a snapshot");
    let mut found = Vec::new();
    for table in tx.tables().await.expect("tables") {
        let mut count = 0;
        tx.dump(&table, &mut |row: &[Plain]| {
            let told = row.iter().any(|value| match value {
                Plain::Text(t) => t.contains(case) || words.iter().any(|word| t.contains(word)),
                Plain::Bytes(b) => b.windows(16).any(|part| part == id.as_bytes()),
                other => format!("{other:?}").contains(case),
            });
            count += usize::from(told);
            Ok(())
        })
        .await
        .expect("rows");
        if count > 0 {
            found.push((table.name.clone(), count));
        }
    }
    found
}

both! {
    async fn a_case_is_erased_thirty_days_after_the_decision_and_leaves_a_mark_without_a_name(w: World) {
        let (lead, officer) = (w.sign_in("coordinator").await, w.sign_in("privacy").await);
        let case = closed(&w, &lead).await;
        let before = traces(&w, &case, &["さくら"]).await;
        assert!(before.len() > 12, "the case is in many tables: {before:?}");
        officer.get("/retention").await.shows("保存期間を過ぎたケースはありません");
        assert_eq!(officer.post(&format!("/retention/{case}/erase"), &[]).await.status, 404, "five years are not over");
        years(&w, 5);
        let officer = w.sign_in("privacy").await;
        officer.get("/retention").await.shows("決めていません").hides("さくら");
        assert_eq!(w.sign_in("coordinator").await.get("/retention").await.status, 403);
        assert_eq!(officer.post(&format!("/retention/{case}/erase"), &[]).await.status, 303);
        officer.get("/retention").await.shows("消去を待っています");
        w.sign_in("coordinator").await.get("/board").await.shows("残す必要がないか");
        assert_eq!(erase_due(&w.app).await.expect("nothing is due"), 0);
        w.app.clock.advance(SignedDuration::from_hours(24 * 30));
        let (lead, officer) = (w.sign_in("coordinator").await, w.sign_in("privacy").await);
        assert_eq!(erase_due(&w.app).await.expect("one is due"), 1);
        assert_eq!(erase_due(&w.app).await.expect("once"), 0);
        let left: Vec<String> = traces(&w, &case, &["さくら", "髙橋"]).await.into_iter().map(|(table, _)| table).collect();
        assert_eq!(left, ["erasure", "journal"], "the mark, and what the journal knows by ids");
        assert_eq!(lead.get(&format!("/cases/{case}")).await.status, 404);
        officer.get("/retention").await.shows("消去したケース").shows("保存期間を過ぎたケースはありません");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM sealing_key k WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.id = k.owner_id)").await, 0, "no key of what is gone");
    }

    async fn who_carries_the_case_holds_it_and_then_nothing_is_erased(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = closed(&w, &lead).await;
        let page = format!("/cases/{case}/retention");
        years(&w, 5);
        let (lead, officer) = (w.sign_in("coordinator").await, w.sign_in("privacy").await);
        assert_eq!(officer.post(&format!("/retention/{case}/erase"), &[]).await.status, 303);
        lead.get(&page).await.shows("このケースは消去されます");
        lead.post(&format!("{page}/hold"), &[("reason", ""), ("until", "2020-01-01")]).await.shows("理由").shows("明日以降");
        let until = w.app.today().saturating_add(jiff::Span::new().years(1)).to_string();
        assert_eq!(lead.post(&format!("{page}/hold"), &[("reason", "開示請求を受けている"), ("until", &until)]).await.status, 303);
        lead.post(&format!("{page}/hold"), &[("reason", "もう一度"), ("until", &until)]).await.shows("すでに消去を見合わせています");
        lead.get(&page).await.shows("開示請求を受けている").hides("このケースは消去されます");
        assert_eq!(lead.post(&format!("/cases/{case}/move"), &[("move", "reopen"), ("reason", "また支援が要る")]).await.status, 303);
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE referral SET status = 'recalled'", vec![]).await.expect("settled");
        tx.commit().await.expect("saved");
        let closing = w.app.today().to_string();
        let close = [("move", "close"), ("close_reason", "other"), ("on", closing.as_str())];
        assert_eq!(lead.post(&format!("/cases/{case}/move"), &close).await.status, 303);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind = 'hold_ending'").await, 1, "closing forgets no hold");
        years(&w, 6);
        let (lead, officer) = (w.sign_in("coordinator").await, w.sign_in("privacy").await);
        assert_eq!(erase_due(&w.app).await.expect("held"), 0);
        officer.get("/retention").await.shows("見合わせ").hides("消去を決める");
        assert_eq!(officer.post(&format!("/retention/{case}/erase"), &[]).await.status, 404, "while it is held");
        assert_eq!(lead.post(&format!("{page}/release"), &[]).await.status, 303);
        assert_eq!(erase_due(&w.app).await.expect("the old decision is gone"), 0);
        assert_eq!(officer.post(&format!("/retention/{case}/erase"), &[]).await.status, 303);
        assert_eq!(officer.post(&format!("/retention/{case}/keep"), &[]).await.status, 303);
        w.app.clock.advance(SignedDuration::from_hours(24 * 31));
        let lead = w.sign_in("coordinator").await;
        assert_eq!(erase_due(&w.app).await.expect("taken back"), 0);
        lead.get(&format!("/cases/{case}")).await.shows("髙橋 さくら");
        for key in ["supporter", "city", "admin", "city2"] {
            assert!([403, 404].contains(&w.sign_in(key).await.get(&page).await.status), "{key}");
        }
    }

    async fn calls_that_became_no_case_go_together_and_those_that_are_not_over_stay(w: World) {
        let (lead, officer) = (w.sign_in("coordinator").await, w.sign_in("privacy").await);
        let named = [("child_name", "佐藤 つばさ"), ("child_kana", "さとう つばさ"), ("concern", "つばさの入浴"), ("asker_phone", "046-822-7777"), ("keep", "1")];
        let (old, open_call) = (take(&lead, &named).await, take(&lead, &named).await);
        let end = async |user: &User, call: &str| {
            let version = user.get(&format!("/consultations/{call}")).await.value("version");
            let done = [("version", version.as_str()), ("urgency", "week"), ("municipality", "142018"), ("consent_state", "oral"), ("outcome", "advised"), ("reason", "助言で足りた")];
            assert_eq!(user.post(&format!("/consultations/{call}/screen"), &done).await.status, 303);
        };
        end(&lead, &old).await;
        officer.get("/retention").await.shows("保存期間を過ぎた相談はありません");
        assert_eq!(officer.post("/retention/calls/erase", &[]).await.status, 409);
        years(&w, 5);
        let (lead, officer) = (w.sign_in("coordinator").await, w.sign_in("privacy").await);
        let late = take(&lead, &named).await;
        end(&lead, &late).await;
        officer.get("/retention").await.shows("保存期間を過ぎた相談が").shows("<b>1</b>件あります").hides("つばさ");
        assert_eq!(w.sign_in("coordinator").await.post("/retention/calls/erase", &[]).await.status, 403);
        assert_eq!(officer.post("/retention/calls/erase", &[]).await.status, 303);
        assert_eq!(officer.post("/retention/calls/erase", &[]).await.status, 409, "once");
        assert_eq!(officer.post("/retention/calls/keep", &[]).await.status, 303);
        assert_eq!(officer.post("/retention/calls/keep", &[]).await.status, 404);
        assert_eq!(officer.post("/retention/calls/erase", &[]).await.status, 303);
        assert_eq!(crate::retention::erase_calls_due(&w.app).await.expect("not yet"), 0);
        w.app.clock.advance(SignedDuration::from_hours(24 * 30));
        assert_eq!(crate::retention::erase_calls_due(&w.app).await.expect("due"), 1);
        assert_eq!(crate::retention::erase_calls_due(&w.app).await.expect("once"), 0);
        let left: Vec<String> = traces(&w, &old, &[]).await.into_iter().map(|(table, _)| table).collect();
        assert_eq!(left, ["journal"], "what the journal knows by ids");
        let (lead, officer) = (w.sign_in("coordinator").await, w.sign_in("privacy").await);
        assert_eq!(lead.get(&format!("/consultations/{old}")).await.status, 404);
        for kept in [open_call, late] {
            assert_eq!(lead.get(&format!("/consultations/{kept}")).await.status, 200, "open, or ended later");
        }
        officer.get("/retention").await.shows("1件を消去").shows("保存期間を過ぎた相談はありません");
    }

    async fn an_officer_of_another_town_neither_sees_nor_decides(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = closed(&w, &lead).await;
        years(&w, 5);
        let officer = w.sign_in("privacy").await;
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE child_case SET municipality = '142085'", vec![]).await.expect("moved");
        tx.commit().await.expect("saved");
        officer.get("/retention").await.shows("保存期間を過ぎたケースはありません");
        assert_eq!(officer.post(&format!("/retention/{case}/erase"), &[]).await.status, 404);
        assert_eq!(officer.post(&format!("/retention/{case}/keep"), &[]).await.status, 404);
    }
}

/// Every table that refers to a case, or to something that belongs to one, is named where a case is erased.
#[test]
fn no_table_of_a_case_is_forgotten() {
    let schema: String = crate::schema::MIGRATIONS.iter().map(|m| m.postgres).collect();
    let mut asked = 0;
    for table in schema.split("CREATE TABLE ").skip(1) {
        let name = table.split_whitespace().next().unwrap_or_default();
        let body = table.split("\n);").next().unwrap_or_default();
        let of_a_case = [
            " case_id ",
            "REFERENCES child_case",
            "REFERENCES case_person",
            "REFERENCES consent ",
            "REFERENCES referral ",
            "REFERENCES document ",
            "REFERENCES consultation ",
            "REFERENCES inquiry ",
        ];
        if !of_a_case.iter().any(|word| body.contains(word)) || ["erasure", "journal"].contains(&name) {
            continue;
        }
        asked += 1;
        // The second or third word names the table that is changed.
        let names_it = |sql: &&str| {
            sql.rsplit("*/").next().is_some_and(|act| act.split_whitespace().take(3).any(|word| word == name))
        };
        assert!(super::erase::ROWS.iter().any(names_it), "{name} is left over");
    }
    assert!(asked > 25, "{asked} tables");
}

both! {
    async fn a_case_that_is_reopened_or_was_closed_with_an_old_day_is_not_erased(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = closed(&w, &lead).await;
        // Closed today with a day of long ago.
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE child_case SET closed_on = '2015-04-01'", vec![]).await.expect("typed");
        tx.commit().await.expect("saved");
        let officer = w.sign_in("privacy").await;
        officer.get("/retention").await.shows("保存期間を過ぎたケースはありません");
        assert_eq!(officer.post(&format!("/retention/{case}/erase"), &[]).await.status, 404);
        years(&w, 5);
        let (lead, officer) = (w.sign_in("coordinator").await, w.sign_in("privacy").await);
        assert_eq!(officer.post(&format!("/retention/{case}/erase"), &[]).await.status, 303);
        assert_eq!(lead.post(&format!("/cases/{case}/move"), &[("move", "reopen"), ("reason", "また支援が要る")]).await.status, 303);
        lead.get(&format!("/cases/{case}/retention")).await.hides("このケースは消去されます");
        let mut tx = w.db.begin().await.expect("a transaction");
        let sql = "/* t */ UPDATE child_case SET status = 'closed', close_reason = 'other', closed_on = $1";
        tx.exec(sql, args![w.app.today()]).await.expect("closed again");
        tx.commit().await.expect("saved");
        w.app.clock.advance(SignedDuration::from_hours(24 * 40));
        assert_eq!(erase_due(&w.app).await.expect("not this closing"), 0);
        w.sign_in("coordinator").await.get(&format!("/cases/{case}")).await.shows("髙橋 さくら");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind = 'erasure_near'").await, 0);
    }
}
