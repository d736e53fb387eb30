use crate::{area::Municipality, exchange::directory::Kind, testing::World};
use platform::args;

const WAM: &[u8] = include_bytes!("../../data/directory/wam-sfk-202503-yokosuka-miura.csv");
const BUREAU: &[u8] = include_bytes!("../../data/directory/yokosuka-miura-medical-institutions.csv");

fn query(text: &str) -> String {
    format!("/resources?need={}", form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>())
}

both! {
    async fn a_file_that_was_not_chosen_is_asked_for(w: World) {
        let user = w.sign_in("coordinator").await;
        let page = user.upload("/resources/imports", "", b"").await;
        assert_eq!(page.status, 422);
        page.shows("ファイルを選んでください。");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM import_run").await, 0, "nothing that stands among the imports");
    }

    async fn the_real_files_are_previewed_applied_and_change_nothing_the_second_time(w: World) {
        let user = w.sign_in("coordinator").await;
        for (name, bytes, added, repeated) in [("wam.csv", WAM, 104, 0), ("bureau.csv", BUREAU, 548, 15)] {
            let first = user.upload("/resources/imports", name, bytes).await;
            let path = first.location.clone();
            user.get(&path).await.shows("この内容で取り込む");
            let before = w.count("/* t */ SELECT COUNT(*) FROM service").await;
            assert_eq!(user.post(&path, &[]).await.status, 303);
            assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM service").await - before, added, "nothing before it was applied, all after");
            assert_eq!(user.post(&path, &[]).await.status, 409, "once");
            w.advance_hours(1);
            let again = user.upload("/resources/imports", name, bytes).await.location;
            assert_eq!(user.post(&again, &[]).await.status, 303);
            let last: Vec<(i64, i64, i64, i64, i64)> =
                w.all("/* t */ SELECT added, changed, same, gone, repeated FROM import_run ORDER BY at DESC, id DESC LIMIT 1", vec![]).await;
            assert_eq!(last, [(0, 0, added, 0, repeated)], "{name}");
        }
        user.get(&query("横須賀共済病院")).await.shows("横須賀共済病院").shows("横須賀市");
    }

    async fn what_left_the_file_is_marked_and_comes_back_when_it_returns(w: World) {
        let user = w.sign_in("coordinator").await;
        let text = std::str::from_utf8(BUREAU).expect("the file is UTF-8");
        let shorter: String = text.lines().filter(|l| !l.contains("横須賀共済病院")).map(|l| format!("{l}\n")).collect();
        for (bytes, gone) in [(text, 0), (shorter.as_str(), 1), (text, 0)] {
            let path = user.upload("/resources/imports", "b.csv", bytes.as_bytes()).await.location;
            assert_eq!(user.post(&path, &[]).await.status, 303);
            assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM service WHERE gone_on IS NOT NULL").await, gone);
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM service").await, 548);
    }

    async fn a_file_that_is_no_directory_says_why_and_changes_nothing(w: World) {
        let user = w.sign_in("coordinator").await;
        for (bytes, sentence) in [(&b"a,b\n1,2\n"[..], "形式"), (&b""[..], "ファイル"), (&b"PK\x03\x04zip"[..], "zip")] {
            let page = user.upload("/resources/imports", "x.csv", bytes).await;
            assert_eq!(page.status, 422);
            assert!(page.text().to_lowercase().contains(&sentence.to_lowercase()), "{sentence}: {}", page.text());
        }
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM service").await, 0);
        assert_eq!(w.sign_in("supporter").await.upload("/resources/imports", "x.csv", WAM).await.status, 403);
    }

    async fn a_need_in_words_finds_who_can_and_what_is_not_found_is_evidence(w: World) {
        let user = w.sign_in("coordinator").await;
        let id = w.service("訪問看護 なみおと", Kind::HomeNursing, Municipality::Zushi, None).await;
        let found = user.get(&query("訪問看護, 逗子市")).await;
        found.shows("訪問看護 なみおと").shows("まだ確認していません");
        for _ in 0..3 {
            user.get(&query("訪問看護, 人工呼吸器, 逗子市, 空きあり")).await.shows("見つかりませんでした").shows("<b>1回</b>");
        }
        let unmet: Vec<(String, String)> = w.all("/* t */ SELECT kind, municipality FROM unmet_search", vec![]).await;
        assert_eq!(unmet, [("home_nursing".to_owned(), "142085".to_owned())]);
        let path = format!("/resources/{id}");
        let version = user.get(&path).await.value("version");
        let confirm = [
            ("version", version.as_str()), ("capacity", "open"), ("transport", "no"), ("mobile_ok", "yes"), ("care", "ventilator"), ("area", "142085"), ("area", "143014"),
        ];
        assert_eq!(user.post(&format!("{path}/confirm"), &confirm).await.status, 303);
        user.get(&query("訪看 呼吸器 葉山町 空き 動ける")).await.shows("訪問看護 なみおと").shows("空きあり").shows("R8.11.24");
        let stale = user.post(&format!("{path}/confirm"), &confirm).await;
        assert_eq!(stale.status, 409);
        stale.shows("ほかの人が先に記録しました");
        w.advance_hours(24 * 61);
        w.sign_in("coordinator").await.get(&path).await.shows("古い情報");
    }

    async fn an_agency_confirms_only_its_own_services(w: World) {
        let nurse = w.sign_in("supporter").await;
        let own = w.organisation("うみかぜ").await;
        let mine = w.service("うみかぜ", Kind::HomeNursing, Municipality::Yokosuka, Some(own)).await;
        let other = w.service("よそ", Kind::HomeNursing, Municipality::Yokosuka, None).await;
        let fields = [("version", "1"), ("capacity", "full"), ("transport", "no"), ("mobile_ok", "unknown"), ("area", "142018")];
        assert_eq!(nurse.post(&format!("/resources/{mine}/confirm"), &fields).await.status, 303);
        assert_eq!(nurse.post(&format!("/resources/{other}/confirm"), &fields).await.status, 409);
        let by: Vec<(platform::id::PersonId,)> = w.all("/* t */ SELECT confirmed_by FROM service WHERE id = $1", args![mine]).await;
        assert_eq!(by[0].0, w.person("supporter").await);
    }

    async fn an_error_row_is_told_with_line_and_column_and_is_not_guessed(w: World) {
        let user = w.sign_in("coordinator").await;
        let mut bytes = BUREAU.to_vec();
        let at = bytes.windows(12).position(|b| b == "池田医院".as_bytes()).expect("a character") + 1;
        bytes[at] = 0xFF;
        let path = user.upload("/resources/imports", "broken.csv", &bytes).await.location;
        let page = user.get(&path).await;
        page.shows("読めない行").shows("行目").hides("\u{FFFD}");
        assert_eq!(user.post(&path, &[]).await.status, 303);
        let run: Vec<(i64, i64)> = w.all("/* t */ SELECT added, errors FROM import_run", vec![]).await;
        assert_eq!(run, [(547, 1)]);
        for (file, gone) in [(BUREAU, 0), (bytes.as_slice(), 0)] {
            w.advance_hours(1);
            let path = user.upload("/resources/imports", "again.csv", file).await.location;
            assert_eq!(user.post(&path, &[]).await.status, 303);
            let marked = w.count("/* t */ SELECT COUNT(*) FROM service WHERE gone_on IS NOT NULL").await;
            assert_eq!(marked, gone, "a row that cannot be read is no proof that the service is gone");
        }
    }

    async fn an_institution_that_is_in_no_file_is_added_by_hand_once(w: World) {
        let user = w.sign_in("coordinator").await;
        let fields = [
            ("name", "放課後等デイ なぎさ"), ("kana", "なぎさ"), ("kind", "after_school_day"), ("municipality", "142107"),
            ("address", "三浦市三崎1-1"), ("phone", "046-881-0000"),
        ];
        let short = user.post("/resources/new", &fields[..3]).await;
        short.shows("所在地").shows("電話を入力してください");
        assert_eq!(short.value("name"), "放課後等デイ なぎさ");
        let id = user.post("/resources/new", &fields).await.id();
        user.get(&format!("/resources/{id}")).await.shows("放課後等デイ なぎさ").shows("手で登録").shows("三浦市三崎1-1");
        user.get(&query("なぎさ")).await.shows(&id);
        user.get("/search?q=%E3%81%AA%E3%81%8E%E3%81%95").await.shows(&id).shows("放課後等デイ なぎさ");
        let again = user.post("/resources/new", &fields).await;
        assert_eq!(again.status, 422);
        again.shows("すでにある事業所です").shows(&id);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM service WHERE source = 'hand'").await, 1);
        assert_eq!(w.sign_in("supporter").await.post("/resources/new", &fields).await.status, 403);
    }

    async fn an_institution_of_our_own_is_corrected_and_one_of_a_file_is_not(w: World) {
        let user = w.sign_in("coordinator").await;
        let new = [
            ("name", "放課後等デイ なぎさ"), ("kind", "after_school_day"), ("municipality", "142107"), ("address", "三浦市三崎1-1"), ("phone", "046-881-0000"),
        ];
        let id = user.post("/resources/new", &new).await.id();
        let path = format!("/resources/{id}/edit");
        let version = user.get(&path).await.value("version");
        let fields = |name: &'static str, phone: &'static str, listed: &'static str| {
            vec![
                ("version", version.clone()), ("name", name.to_owned()), ("municipality", "142107".to_owned()), ("address", "三浦市三崎1-2".to_owned()),
                ("phone", phone.to_owned()), ("hours", "14時から18時".to_owned()), ("listed", listed.to_owned()),
            ]
        };
        let send = async |f: Vec<(&str, String)>| user.post(&path, &f.iter().map(|(n, v)| (*n, v.as_str())).collect::<Vec<_>>()).await;
        send(fields("放課後等デイ みさき", "番号", "1")).await.shows("電話").shows("value=\"放課後等デイ みさき\"");
        assert_eq!(send(fields("放課後等デイ みさき", "046-881-1111", "1")).await.status, 303);
        user.get(&format!("/resources/{id}")).await.shows("放課後等デイ みさき").shows("046-881-1111").shows("14時から18時").hides("なぎさ");
        user.get(&query("みさき")).await.shows(&id);
        let late = send(fields("放課後等デイ なぎさ", "046-881-0000", "1")).await;
        assert_eq!(late.status, 409);
        late.shows("ほかの人が先に直しました").shows("046-881-1111").shows("value=\"046-881-0000\"");
        let twin = [("name", "放課後等デイ なぎさ"), ("kind", "after_school_day"), ("municipality", "142107"), ("address", "三浦市三崎1-2"), ("phone", "046-881-2222")];
        let twin = user.post("/resources/new", &twin).await.id();
        let mut same = fields("放課後等デイ なぎさ", "046-881-1111", "1");
        same[0].1 = late.value("version");
        send(same).await.shows("同じ名前・所在地の事業所が、ほかにあります");
        let mut off = fields("放課後等デイ みさき", "046-881-1111", "");
        off[0].1 = late.value("version");
        assert_eq!(send(off).await.status, 303);
        user.get(&query("みさき")).await.hides(&id).hides(&format!("/resources/{twin}?"));
        let run = user.upload("/resources/imports", "wam.csv", BUREAU).await.location;
        assert_eq!(user.post(&run, &[]).await.status, 303);
        let rows: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM service WHERE source <> 'hand' LIMIT 1", vec![]).await;
        let refused = user.get(&format!("/resources/{}/edit", rows[0].0)).await;
        assert_eq!(refused.status, 409);
        refused.shows("公の名簿から取り込んだ事業所");
        assert_eq!(w.sign_in("supporter").await.get(&path).await.status, 403);
    }

    async fn an_institution_that_somebody_relies_on_keeps_its_name_and_its_sisters_notice(w: World) {
        let user = w.sign_in("coordinator").await;
        let new = |kind: &'static str| [("name", "児発 みさき"), ("kind", kind), ("municipality", "142107"), ("address", "三浦市三崎1-1"), ("phone", "046-881-0000")];
        let (first, second) = (user.post("/resources/new", &new("child_development")).await.id(), user.post("/resources/new", &new("after_school_day")).await.id());
        let edit = |id: &str| format!("/resources/{id}/edit");
        let (one, two) = (user.get(&edit(&first)).await.value("version"), user.get(&edit(&second)).await.value("version"));
        let with = |version: &str, name: &str, place: &str, phone: &str| {
            [("version", version), ("name", name), ("municipality", place), ("address", "三浦市三崎1-1"), ("phone", phone), ("listed", "1")].map(|(n, v)| (n, v.to_owned()))
        };
        let send = async |id: &str, f: [(&str, String); 6]| user.post(&edit(id), &f.each_ref().map(|(n, v)| (*n, v.as_str()))).await;
        assert_eq!(send(&first, with(&one, "児発 みさき", "142018", "046-881-1111")).await.status, 303);
        assert_eq!(send(&second, with(&two, "児発 みさき", "142107", "046-881-0000")).await.status, 409, "the telephone is the site's, not the service's");
        user.get("/resources?need=&municipality=142018&kind=child_development").await.shows(&first);
        let case = crate::case::tests::open(&w, &user).await;
        let site = crate::referral::tests::site_of(&w, first.parse().expect("an id")).await;
        crate::case::tests::consent(&w, &user, &case, &site, "paper").await;
        let version = user.get(&edit(&first)).await.value("version");
        let renamed = send(&first, with(&version, "児発 うみべ", "142018", "046-881-1111")).await;
        assert_eq!(renamed.status, 422);
        renamed.shows("名前と所在地は変えられません").shows("value=\"児発 うみべ\"");
        assert_eq!(send(&first, with(&version, "児発 みさき", "142018", "046-881-2222")).await.status, 303, "a telephone may change");
        let rows: Vec<(String,)> = w.all("/* t */ SELECT detail FROM journal WHERE act = 'resource.add' AND detail LIKE 'corrected%'", vec![]).await;
        let mut details: Vec<&str> = rows.iter().map(|(d,)| d.as_str()).collect();
        details.sort_unstable();
        assert_eq!(details, ["corrected municipality phone", "corrected phone"], "names of fields, no values");
    }
}
