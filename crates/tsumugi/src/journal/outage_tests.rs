//! What a person sees when the disk is full or the database goes away; and that nothing acknowledged is lost by it.

use crate::{
    case::tests::open,
    testing::{User, World},
};
use platform::db::DbError;
use tsumugi::journal;

/// As many as the pool has connections: each of them may be found cut.
const TRIES: usize = 20;
const TEXT: &str = "夜間の吸引は三回。母は五時間眠れた。皮膚の発赤を次の受診で相談する。";

async fn note(user: &User, case: &str, once: &str) -> crate::testing::Page {
    let body = TEXT.repeat(40);
    let fields = [
        ("kind", "visit"),
        ("title", "家庭訪問"),
        ("body", body.as_str()),
        ("minutes", "30"),
        ("paid_by", "entrusted"),
        ("once", once),
    ];
    user.post(&format!("/cases/{case}/timeline"), &fields).await
}

fn key(n: usize) -> String {
    format!("01990000-0000-7000-8000-{n:012}")
}

/// Sets something of the one writing connection.
async fn pragma(w: &World, sql: &'static str) {
    let tx = w.db.begin().await.expect("a transaction");
    let _ = tx.all::<(i64,)>(sql, vec![]).await;
    tx.commit().await.expect("ended");
}

async fn is_whole(w: &World) {
    for _ in 0..TRIES {
        match journal::verify(&w.db.read().await.expect("a connection"), &[]).await {
            Ok(seen) => return assert_eq!(seen.fault, None),
            Err(DbError::Unavailable(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the database never came back");
}

async fn entries(w: &World) -> usize {
    usize::try_from(w.count("/* t */ SELECT COUNT(*) FROM timeline_entry").await).expect("a number")
}

#[tokio::test]
async fn abuse_44_a_full_disk_is_said_and_loses_nothing_that_was_acknowledged() {
    let w = World::sqlite().await;
    let user = w.sign_in("coordinator").await;
    let case = open(&w, &user).await;
    // The file may grow by nothing more: what is free in it still fills.
    pragma(&w, "/* t */ PRAGMA max_page_count = 1").await;
    let (mut kept, mut refused) = (0, Vec::new());
    for n in 0..400 {
        let (a, b) = (key(2 * n), key(2 * n + 1));
        let (first, second) = tokio::join!(note(&user, &case, &a), note(&user, &case, &b));
        for (answer, key) in [(first, a), (second, b)] {
            match answer.status {
                303 => kept += 1,
                503 => {
                    answer
                        .shows("いまは保存できません")
                        .shows("保存されている内容は変わっていません")
                        .shows("家庭訪問");
                    refused.push(key);
                }
                other => panic!("{other}: {}", answer.text()),
            }
        }
        if refused.len() > 6 {
            break;
        }
    }
    assert!(refused.len() > 6, "the disk was never full");
    assert_eq!(entries(&w).await, kept);
    is_whole(&w).await;
    pragma(&w, "/* t */ PRAGMA max_page_count = 1073741823").await;
    for key in &refused {
        assert_eq!(note(&user, &case, key).await.status, 303, "it goes on without repair");
    }
    assert_eq!(entries(&w).await, kept + refused.len());
    user.get(&format!("/cases/{case}")).await.shows("さくら");
    is_whole(&w).await;
}

#[tokio::test]
async fn no_page_is_shown_whose_trace_cannot_be_kept() {
    let w = World::sqlite().await;
    let user = w.sign_in("coordinator").await;
    let case = open(&w, &user).await;
    let before = w.count("/* t */ SELECT COUNT(*) FROM journal").await;
    pragma(&w, "/* t */ PRAGMA max_page_count = 1").await;
    let mut shown = 0;
    let refused = loop {
        let page = user.get(&format!("/cases/{case}")).await;
        if page.status != 200 {
            break page;
        }
        shown += 1;
        assert!(shown < 5_000, "the disk was never full");
    };
    assert_eq!(refused.status, 503);
    refused.shows("いまは保存できません").hides("さくら");
    assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal").await, before + shown);
    pragma(&w, "/* t */ PRAGMA max_page_count = 1073741823").await;
    user.get(&format!("/cases/{case}")).await.shows("さくら");
    is_whole(&w).await;
}

/// A count by a connection that may have been cut before it is used.
async fn patient(w: &World, sql: &'static str) -> i64 {
    for _ in 0..TRIES {
        match w.db.read().await.expect("a connection").all::<(i64,)>(sql, vec![]).await {
            Ok(rows) => return rows[0].0,
            Err(DbError::Unavailable(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the database never came back");
}

#[tokio::test]
async fn postgres_may_throw_everybody_out_and_work_goes_on() {
    let w = World::postgres().await;
    let user = w.sign_in("coordinator").await;
    let case = open(&w, &user).await;
    let mut acknowledged = 0;
    for round in 0..6 {
        let cut = async {
            // Put together here, for it is a statement of PostgreSQL alone.
            let sql = format!(
                "/* t */ {} COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
                "SELECT"
            );
            patient(&w, Box::leak(sql.into_boxed_str())).await
        };
        let keys: Vec<String> = (0..4).map(|n| key(round * 4 + n)).collect();
        let send = async |key: &String| {
            // As a person does who is told to try again.
            for _ in 0..5 {
                let answer = note(&user, &case, key).await;
                match answer.status {
                    303 => return 1,
                    503 => answer.shows("家庭訪問"),
                    other => panic!("{other}: {}", answer.text()),
                };
            }
            0
        };
        let (a, b, c, d, _) = tokio::join!(send(&keys[0]), send(&keys[1]), send(&keys[2]), send(&keys[3]), cut);
        acknowledged += a + b + c + d;
    }
    assert_eq!(acknowledged, 24, "each was kept in the end");
    assert_eq!(patient(&w, "/* t */ SELECT COUNT(*) FROM timeline_entry").await, 24, "and only once");
    // Connections that were cut while nobody used them are found out one by one.
    for _ in 0..TRIES {
        if user.get(&format!("/cases/{case}")).await.status == 200 {
            break;
        }
    }
    user.get(&format!("/cases/{case}")).await.shows("さくら");
    is_whole(&w).await;
}
