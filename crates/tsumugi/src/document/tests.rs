use super::store;
use crate::{
    case::tests::{consent_to, open},
    sealing,
    testing::{Page, User, World},
};
use platform::{Uuid, args, id::DocumentId};

async fn send(user: &User, case: &str, (title, category): (&str, &str), name: &str, bytes: &[u8]) -> Page {
    let fields = [("title", title), ("kind", "instruction"), ("category", category)];
    user.upload_with(&format!("/cases/{case}/documents"), &fields, name, bytes).await
}

async fn ids(w: &World) -> Vec<DocumentId> {
    w.all::<(DocumentId,)>("/* t */ SELECT id FROM document", vec![]).await.into_iter().map(|(id,)| id).collect()
}

/// Sends a file that is kept, and gives its id.
async fn kept(w: &World, user: &User, case: &str, what: (&str, &str), name: &str, bytes: &[u8]) -> DocumentId {
    let before = ids(w).await;
    assert_eq!(send(user, case, what, name, bytes).await.status, 303);
    ids(w).await.into_iter().find(|id| !before.contains(id)).expect("a new document")
}

/// About 600 KB of text: three pieces.
fn long_text() -> String {
    (0..30_000).map(|n| format!("行{n}の記録\n")).collect()
}

both! {
    async fn a_file_comes_back_whole_and_lies_nowhere_in_clear(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let text = long_text();
        let id = kept(&w, &user, &case, ("指示書カナリア", "care"), "秘密の名前.txt", text.as_bytes()).await;
        user.get(&format!("/cases/{case}/documents")).await.shows("指示書カナリア").shows("秘密の名前.txt").shows("KB");
        let file = user.get(&format!("/documents/{id}")).await;
        assert_eq!(file.status, 200);
        assert!(file.body == text, "the same bytes");
        let packed = axum::http::Request::get(format!("/documents/{id}")).header("accept-encoding", "gzip");
        let packed = user.send(packed, axum::body::Body::empty()).await;
        assert!(packed.status == 200 && packed.body.len() < text.len() / 2, "packed on its way to a browser");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM document_part").await, 3);
        let sealed: Vec<(Vec<u8>,)> = w.all("/* t */ SELECT body FROM document_part UNION ALL SELECT title FROM document UNION ALL SELECT file_name FROM document", vec![]).await;
        for canary in ["の記録", "カナリア", "秘密"] {
            assert!(sealed.iter().all(|(s,)| !s.windows(canary.len()).any(|w| w == canary.as_bytes())), "{canary}");
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal WHERE act = 'document.read' AND object_kind = 'document'").await, 2);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal WHERE act = 'document.add'").await, 1);
    }

    async fn a_piece_opens_only_where_it_was_put(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let id = kept(&w, &user, &case, ("一つ目", "care"), "a.txt", long_text().as_bytes()).await;
        let tx = w.db.read().await.expect("a snapshot");
        let key = sealing::key_of(&tx, case.parse::<Uuid>().expect("an id")).await.expect("read").expect("a key");
        assert!(store::piece(&tx, &key, id, 1).await.is_ok());
        drop(tx);
        let mut tx = w.db.begin().await.expect("a transaction");
        let swap = "/* t */ UPDATE document_part SET body = (SELECT o.body FROM document_part o WHERE o.document_id = $1 AND o.n = 0) WHERE document_id = $1 AND n = 1";
        assert_eq!(tx.exec(swap, args![id]).await.expect("swapped"), 1);
        tx.commit().await.expect("kept");
        let tx = w.db.read().await.expect("a snapshot");
        assert!(store::piece(&tx, &key, id, 0).await.is_ok());
        assert!(store::piece(&tx, &key, id, 1).await.is_err(), "a piece in another place");
    }

    async fn whoever_has_no_consent_for_papers_or_for_what_they_tell_sees_none_but_their_own(w: World) {
        let lead = w.sign_in("coordinator").await;
        for (categories, sees) in [(&["identity", "care"][..], false), (&["identity", "documents"], false), (&["identity", "care", "documents"], true)] {
            let case = open(&w, &lead).await;
            let site = w.organisation("うみかぜ").await.to_string();
            consent_to(&lead, &case, &site, "paper", "R8.11.24", categories).await;
            let member = format!("{}.{site}", w.person("supporter").await);
            let team = [("person", member.as_str()), ("field", "medical"), ("function", ""), ("since", "2026-11-24")];
            assert_eq!(lead.post(&format!("/cases/{case}/team"), &team).await.status, 303);
            let theirs = kept(&w, &lead, &case, ("医師の指示書", "care"), "a.txt", case.as_bytes()).await;
            let hidden = kept(&w, &lead, &case, ("所得の証明", "plan"), "b.txt", format!("{case} 2").as_bytes()).await;
            let nurse = w.sign_in("supporter").await;
            let page = nurse.get(&format!("/cases/{case}/documents")).await;
            assert_eq!(page.body.contains("医師の指示書"), sees, "{categories:?}");
            page.hides("所得の証明").shows("同意の範囲外");
            assert_eq!(nurse.get(&format!("/documents/{theirs}")).await.status, if sees { 200 } else { 404 });
            let none = nurse.get("/documents/01990000-0000-7000-8000-000000000001").await;
            let other = nurse.get(&format!("/documents/{hidden}")).await;
            assert_eq!((other.status, &other.body), (404, &none.body), "one that is hidden is as one that is not there");
            let own = kept(&w, &nurse, &case, ("訪問の報告", "care"), "c.txt", format!("{case} 3").as_bytes()).await;
            nurse.get(&format!("/cases/{case}/documents")).await.shows("訪問の報告");
            assert_eq!(nurse.get(&format!("/documents/{own}")).await.status, 200);
            if sees {
                nurse.post(&format!("/documents/{theirs}/remove"), &[("reason", "まちがい")]).await.shows("主担当・副担当が取り下げます");
            }
            assert_eq!(w.sign_in("coordinator2").await.get(&format!("/documents/{own}")).await.status, 404);
            assert_eq!(w.sign_in("admin").await.get(&format!("/documents/{own}")).await.status, 404);
        }
    }

    async fn what_is_refused_says_why_and_keeps_what_was_typed(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        for (name, bytes, sentence) in [
            ("a.svg", b"<svg/>".to_vec(), "この種類のファイルは預かれません"),
            ("a.pdf", b"MZ\0\0".to_vec(), "この種類のファイルは預かれません"),
            ("a.pdf", b"plain".to_vec(), "中身はテキスト"),
            ("", vec![], "「ファイル」を選んでください"),
            ("a.txt", vec![], "中身がありません"),
            ("a.txt", vec![b'a'; files::MAX_BYTES + 1], "20 MBを超えています"),
        ] {
            let page = send(&user, &case, ("指示書の控え", "care"), name, &bytes).await;
            assert_eq!(page.status, 422, "{name}");
            page.shows(sentence).shows("指示書の控え");
        }
        let page = send(&user, &case, ("", "identity"), "a.txt", b"x").await;
        page.shows("書類の名前").shows("「何についての書類か」を選んでください");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM document").await, 0);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM document_part").await, 0);
    }

    async fn the_same_file_is_kept_once_until_it_is_taken_away(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let path = format!("/cases/{case}/documents");
        let fields = [("title", "指示書"), ("kind", "instruction"), ("category", "care"), ("once", "01990000-0000-7000-8000-0000000000aa")];
        for _ in 0..2 {
            assert_eq!(user.upload_with(&path, &fields, "a.txt", b"one").await.status, 303, "a double click");
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM document").await, 1);
        send(&user, &case, ("別の名前", "plan"), "b.txt", b"one").await.shows("同じ中身の書類");
        let id = ids(&w).await[0];
        user.post(&format!("/documents/{id}/remove"), &[("reason", "")]).await.shows("理由");
        assert_eq!(user.get(&format!("/documents/{id}")).await.status, 200);
        assert_eq!(user.post(&format!("/documents/{id}/remove"), &[("reason", "古い版")]).await.status, 303);
        assert_eq!(user.get(&format!("/documents/{id}")).await.status, 404);
        user.get(&path).await.shows("取り下げた書類").shows("古い版");
        assert_eq!(send(&user, &case, ("指示書", "care"), "a.txt", b"one").await.status, 303, "it may come again");
    }

    async fn many_documents_come_by_pages_and_an_error_keeps_its_page(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        for n in 0..31 {
            w.app.clock.advance(jiff::SignedDuration::from_secs(1));
            send(&user, &case, (&format!("書類{n:02}"), "care"), "a.txt", format!("{n}").as_bytes()).await;
        }
        let path = format!("/cases/{case}/documents");
        user.get(&path).await.shows("書類30").shows("書類01").hides("書類00");
        let second = user.get(&format!("{path}?offset=30")).await;
        let id = second.shows("書類00").hides("書類01").body.split("/documents/").find_map(|r| r.get(..36).filter(|id| id.parse::<Uuid>().is_ok())).expect("an id").to_owned();
        let long = "あ".repeat(201);
        let page = user.post(&format!("/documents/{id}/remove"), &[("reason", &long), ("offset", "30")]).await;
        page.shows("書類00").shows(&long).shows("理由");
        user.get(&format!("{path}?offset=900")).await.shows("見られる書類はありません");
    }

    async fn the_place_of_a_photograph_is_not_kept(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let mut photo = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 23];
        photo.extend_from_slice(b"Exif\0\0 35.28N 139.67E");
        photo.extend_from_slice(&[0xFF, 0xC0, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0x34, 0xFF, 0xD9]);
        let id = kept(&w, &user, &case, ("部屋の写真", "family"), "IMG_1.JPG", &photo).await;
        user.get(&format!("/cases/{case}/documents")).await.shows("撮影場所などを取り除き済み").shows("IMG_1.JPG");
        let file = user.get(&format!("/documents/{id}")).await;
        assert!(!file.body.contains("139.67E") && !file.body.contains("Exif"));
    }
}
