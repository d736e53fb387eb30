use super::{What, checkpoint, seal_queue, verify};
use crate::{case::tests::open, testing::World};
use platform::{args, db::Arg, db::Engine};

/// Everything that waits is sealed, as the server does twice a second on PostgreSQL.
async fn sealed(w: &World) -> super::Verified {
    while seal_queue(w.app.store.db(), &w.app.mint).await.expect("sealing") > 0 {}
    verify(&w.app.store.read().await.expect("a snapshot"), &[]).await.expect("a verification")
}

async fn forge(w: &World, sql: &'static str, args: Vec<Arg>) {
    let mut tx = w.app.store.begin().await.expect("a transaction");
    assert!(tx.exec(sql, args).await.expect("somebody with the database's password") > 0, "{sql}");
    tx.commit_housekeeping().await.expect("saved");
}

/// Some acts and reads, each with its entry.
async fn busy(w: &World) -> i64 {
    let user = w.sign_in("coordinator").await;
    let case = open(w, &user).await;
    for path in [format!("/cases/{case}"), format!("/cases/{case}/timeline"), "/cases".to_owned(), "/".to_owned()] {
        user.get(&path).await;
    }
    let entry = [("kind", "visit"), ("title", "家庭訪問"), ("body", "様子を聞いた")];
    assert_eq!(user.post(&format!("/cases/{case}/timeline"), &entry).await.status, 303);
    w.count("/* t */ SELECT COUNT(*) FROM journal").await
}

both! {
    async fn acts_and_reads_stand_in_one_chain(w: World) {
        let entries = busy(&w).await;
        assert!(entries >= 5, "{entries}");
        if w.app.store.db().engine() == Engine::Sqlite {
            assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal_seal").await, entries, "sealed in the act's own transaction");
        }
        let seen = sealed(&w).await;
        assert_eq!((seen.entries, seen.waiting, seen.fault), (entries, 0, None));
    }

    async fn what_somebody_changes_behind_the_product_is_found_and_named(w: World) {
        busy(&w).await;
        assert_eq!(sealed(&w).await.fault, None);
        forge(&w, "/* t */ UPDATE journal SET basis = 'area' WHERE id = (SELECT entry_id FROM journal_seal WHERE seq = 3)", vec![]).await;
        assert_eq!(sealed(&w).await.fault.map(|f| (f.seq, f.what)), Some((3, What::Altered)));
    }

    async fn a_deleted_end_and_a_planted_entry_are_found(w: World) {
        let entries = busy(&w).await;
        sealed(&w).await;
        forge(&w, "/* t */ INSERT INTO journal (id, at, kind, act, basis, object_kind) VALUES ($1, $2, 'read', 'case.read', 'lead', 'case')", args![w.app.mint.uuid(w.app.now()), w.app.now()]).await;
        assert_eq!(sealed(&w).await.fault.map(|f| f.what), Some(What::Inserted));
        forge(&w, "/* t */ DELETE FROM journal WHERE NOT EXISTS (SELECT 1 FROM journal_seal s WHERE s.entry_id = journal.id)", vec![]).await;
        assert_eq!(sealed(&w).await.fault, None);
        forge(&w, "/* t */ DELETE FROM journal_seal WHERE seq = (SELECT MAX(seq) FROM journal_seal)", vec![]).await;
        assert_eq!(sealed(&w).await.fault.map(|f| (f.seq, f.what)), Some((entries, What::Truncated)));
    }

    async fn abuse_18_a_clock_that_went_back_is_found_before_the_start(w: World) {
        busy(&w).await;
        sealed(&w).await;
        let tx = w.app.store.read().await.expect("a snapshot");
        let behind = async |seconds: i64| crate::journal::clock_is_behind(&tx, w.app.now() - jiff::SignedDuration::from_secs(seconds)).await.expect("looked");
        assert_eq!((behind(0).await, behind(60).await), (None, None), "a minute is nothing");
        assert_eq!(behind(61).await, Some(w.app.now()));
    }

    async fn an_act_that_is_refused_leaves_no_place_in_the_chain(w: World) {
        busy(&w).await;
        let before = sealed(&w).await.entries;
        let user = w.sign_in("coordinator").await;
        assert_eq!(user.post("/cases/new", &[("name", "")]).await.status, 422);
        assert_eq!(sealed(&w).await.entries, before);
    }

    async fn abuse_42_a_whole_new_chain_is_found_by_a_note_that_was_kept_elsewhere(w: World) {
        busy(&w).await;
        sealed(&w).await;
        let folder = std::env::temp_dir().join(format!("tsumugi-notes-{}-{}", std::process::id(), w.app.store.db().engine().name()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (key, file) = (checkpoint::key(&folder.join("key"), [7; 32]).expect("a key"), folder.join("notes"));
        let db = w.app.store.db();
        let first = checkpoint::note(db, &key, &file, None, w.app.now()).await.expect("written").expect("a first note");
        assert_eq!(checkpoint::note(db, &key, &file, Some(&first), w.app.now()).await, Ok(None), "nothing new yet");
        let text = std::fs::read_to_string(&file).expect("the notes");
        let notes = checkpoint::read_all(&text, Some(&key.verifying_key())).expect("signed notes");
        assert_eq!(notes, std::slice::from_ref(&first));
        let seen = async || verify(&w.app.store.read().await.expect("a snapshot"), &notes).await.expect("a verification").fault;
        assert_eq!(seen().await, None);
        // Somebody who owns the database writes everything again, without one entry, with a head that fits.
        forge(&w, "/* t */ DELETE FROM journal_seal WHERE seq > 0", vec![]).await;
        forge(&w, "/* t */ UPDATE journal_head SET seq = 0, hash = $1 WHERE id = 1", args![crate::journal::chain::genesis(first.installation).to_vec()]).await;
        forge(&w, "/* t */ DELETE FROM journal WHERE id IN (SELECT id FROM journal ORDER BY id LIMIT 1)", vec![]).await;
        forge(&w, "/* t */ INSERT INTO journal_queue (entry_id) SELECT id FROM journal", vec![]).await;
        assert_eq!(sealed(&w).await.fault, None, "the new chain is whole in itself");
        assert!(matches!(seen().await.map(|f| f.what), Some(What::Other | What::Truncated)), "the note knows another one");
        std::fs::remove_dir_all(&folder).expect("cleared");
    }
}

both! {
    async fn a_part_of_the_chain_is_walked_for_itself(w: World) {
        let user = w.sign_in("coordinator").await;
        for _ in 0..8 {
            user.get("/cases").await;
        }
        while tsumugi::journal::seal_queue(w.app.store.db(), &w.app.mint).await.expect("sealed") > 0 {}
        let part = async |from: i64, to: Option<i64>| {
            let tx = w.db.read().await.expect("a snapshot");
            let seen = tsumugi::journal::verify_part(&tx, &[], from, to).await.expect("walked");
            (seen.entries, seen.fault.map(|f| f.seq))
        };
        let whole = part(1, None).await.0;
        assert!(whole >= 8);
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ UPDATE journal SET act = 'other' WHERE id = (SELECT entry_id FROM journal_seal WHERE seq = 5)", vec![]).await.expect("changed");
        tx.commit().await.expect("saved");
        assert_eq!(part(1, None).await.1, Some(5));
        assert_eq!(part(1, Some(4)).await, (4, None));
        assert_eq!(part(6, None).await, (whole, None), "the hash before it is taken as it stands");
        assert_eq!(part(3, Some(7)).await.1, Some(5));
        assert_eq!(part(4, Some(whole + 3)).await.1, Some(5));
        assert_eq!(part(6, Some(whole + 3)).await.1, Some(whole + 1), "what is not there");
        assert_eq!(part(whole + 9, None).await.1, Some(whole + 8));
    }
}

#[tokio::test]
async fn one_commit_takes_in_who_is_ready_but_waits_for_nobody_for_ever() {
    use super::{ENTRIES, ROUNDS, gather};
    use tokio::sync::mpsc;
    let (send, mut waiting) = mpsc::channel::<usize>(10_000);
    let mut batch = vec![0];
    gather(&mut waiting, &mut batch).await;
    assert_eq!(batch, [0], "nobody else");
    // Three requests that come to their entries while the writer lets them run, one after the other.
    for n in 1..=3 {
        let send = send.clone();
        tokio::spawn(async move {
            for _ in 1..n {
                tokio::task::yield_now().await;
            }
            send.send(n).await.expect("the writer lives");
        });
    }
    gather(&mut waiting, &mut batch).await;
    assert_eq!(batch, [0, 1, 2, 3]);
    // Somebody who sends without end.
    let endless = send.clone();
    let sender = tokio::spawn(async move {
        loop {
            endless.send(9).await.expect("the writer lives");
            tokio::task::yield_now().await;
        }
    });
    let mut batch = vec![0];
    gather(&mut waiting, &mut batch).await;
    assert!((2..=1 + ROUNDS).contains(&batch.len()), "{} entries", batch.len());
    sender.abort();
    for n in 0..2 * ENTRIES {
        send.send(n).await.expect("room");
    }
    let mut batch = vec![0];
    gather(&mut waiting, &mut batch).await;
    assert_eq!(batch.len(), ENTRIES, "the rest waits for the next commit");
}
