use crate::{
    case::tests::{consent, consent_of, open},
    consent::remind,
    testing::World,
};

both! {
    async fn a_consent_near_its_end_is_put_before_the_lead_until_it_is_renewed(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent(&w, &user, &case, &site, "paper").await;
        assert_eq!(remind(&w.app).await.expect("runs"), 0, "a year is left");
        w.advance_hours(24 * 310);
        assert_eq!(remind(&w.app).await.expect("runs"), 1);
        assert_eq!(remind(&w.app).await.expect("runs"), 0, "once");
        let user = w.sign_in("coordinator").await;
        user.get("/").await.shows("終わりの近い同意を更新する").shows("髙橋 さくら");
        w.advance_hours(24 * 30);
        assert_eq!(remind(&w.app).await.expect("runs"), 0, "it stays as it is, overdue by now");
        w.sign_in("coordinator").await.get("/board?when=overdue").await.shows("終わりの近い同意を更新する");
        w.advance_hours(24 * 18);
        assert_eq!(remind(&w.app).await.expect("runs"), 1, "a week is left");
        let asked = async || w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind = 'consent_ending'").await;
        assert_eq!(asked().await, 2, "lead and deputy");
        let user = w.sign_in("coordinator").await;
        consent_of(&user, &case, &site, "paper", "R9.11.1").await;
        assert_eq!(remind(&w.app).await.expect("runs"), 1, "renewed");
        assert_eq!(asked().await, 0);
    }

    async fn a_withdrawn_consent_asks_for_nothing_more(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await.to_string();
        consent(&w, &user, &case, &site, "paper").await;
        w.advance_hours(24 * 310);
        remind(&w.app).await.expect("runs");
        let user = w.sign_in("coordinator").await;
        let given: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let given = given[0].0.to_string();
        assert_eq!(user.post(&format!("/cases/{case}/consents/withdraw"), &[("consent", &given), ("reason", "家族の申し出")]).await.status, 303);
        remind(&w.app).await.expect("runs");
        user.get("/").await.hides("終わりの近い同意を更新する");
    }

    async fn a_form_is_printed_with_what_was_chosen_and_its_signed_scan_belongs_to_the_consent(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await.to_string();
        let form = [("printing", "1"), ("recipient", site.as_str()), ("purpose", "service"), ("category", "care"), ("form_version", "第3版"), ("ends", "R9.3.31")];
        let sheet = user.post(&format!("/cases/{case}/consents/new"), &form).await;
        assert_eq!(sheet.status, 200);
        sheet.shows("髙橋 さくら").shows("うみかぜ").shows("☑ サービスの利用").shows("☐ 支援の調整").shows("☑ 医療的ケア").shows("☐ 書類").shows("見本 第1版").shows("R9.3.31 まで").shows("（15歳から）").shows("未確認");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consent").await, 0, "printing records nothing");
        consent(&w, &user, &case, &site, "oral").await;
        let open_paper = || w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind = 'consent_followup'");
        assert_eq!(open_paper().await, 1);
        let given: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let given = given[0].0.to_string();
        user.get(&format!("/cases/{case}/consents")).await.shows("署名した書面を預ける");
        user.get(&format!("/cases/{case}/documents?consent={given}&kind=consent&category=family")).await.shows("その同意に結び付けます");
        let scan = |of: &str| vec![("title", "署名した同意書".to_owned()), ("kind", "consent".to_owned()), ("category", "family".to_owned()), ("consent", of.to_owned())];
        let send = async |who: &crate::testing::User, fields: &[(&str, String)], bytes: &[u8]| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            who.upload_with(&format!("/cases/{case}/documents"), &fields, "scan.txt", bytes).await.status
        };
        assert_eq!(send(&user, &scan("01990000-0000-7000-8000-000000000000"), b"a").await, 404, "no consent of this case");
        assert_eq!(send(&user, &scan(&given), b"signed").await, 303);
        assert_eq!(open_paper().await, 0, "the paper is here");
        user.get(&format!("/cases/{case}/consents")).await.shows("署名した書面").hides("口頭の同意です");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM document WHERE consent_id IS NOT NULL").await, 1);
    }

    async fn abuse_4_a_form_leaves_as_a_pdf_only_to_who_has_the_right_when_it_is_ready(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let printed = [("printing", "pdf"), ("purpose", "service"), ("category", "care")];
        let form = format!("/cases/{case}/consents/new");
        let page = lead.post(&form, &printed).await;
        assert_eq!((page.status, page.headers.get("content-type").and_then(|v| v.to_str().ok())), (200, Some("application/pdf")));
        assert!(page.headers.get("content-disposition").is_some_and(|v| v.to_str().is_ok_and(|v| v.starts_with("attachment"))));
        assert!(page.body.starts_with("%PDF-"));
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consent").await, 0, "printing records nothing");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM journal WHERE act = 'consent.record' AND kind = 'read'").await, 1);
        for key in ["supporter", "coordinator2", "city"] {
            assert_eq!(w.sign_in(key).await.post(&form, &printed).await.status, 404, "{key}");
        }
        // The lead loses the case while the paper waits for a press.
        let presses = tsumugi::exchange::print::busy().await;
        let taken = async {
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
            let mut tx = w.db.begin().await.expect("a transaction");
            tx.exec("/* t */ UPDATE case_access SET until = $1 WHERE relation IN ('lead', 'area', 'deputy')", platform::args![w.app.now()]).await.expect("taken");
            tx.commit().await.expect("saved");
            drop(presses);
        };
        let (page, ()) = tokio::join!(lead.post(&form, &printed), taken);
        assert_eq!(page.status, 404, "the file is thrown away");
    }

    async fn each_town_has_its_own_words_on_the_form_from_the_day_it_says(w: World) {
        let (officer, lead) = (w.sign_in("privacy").await, w.sign_in("coordinator").await);
        let case = open(&w, &lead).await;
        officer.get("/consent-texts").await.shows("横須賀市の文がまだないため").shows("未確認");
        officer.post("/consent-texts", &[]).await.shows("版の名前を入力してください").shows("お伝えすることを入力してください");
        let words = [("label", "横須賀市 第1版"), ("body", "あわせて12行まで書けます。\n\n市の窓口は課の名前です。"), ("source", "市の要領 様式3"), ("effective_on", "R8.11.26")];
        let with = |name: &'static str, value: &'static str| words.map(|(n, v)| if n == name { (n, value) } else { (n, v) });
        officer.post("/consent-texts", &with("effective_on", "R8.11.23")).await.shows("今日より後の日").shows("市の窓口は課の名前です。");
        officer.post("/consent-texts", &with("body", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13")).await.shows("12行まで");
        assert_eq!(officer.post("/consent-texts", &words).await.status, 303);
        officer.post("/consent-texts", &words).await.shows("もうあります");
        let printed = [("printing", "1"), ("purpose", "service"), ("category", "care")];
        let form = format!("/cases/{case}/consents/new");
        lead.post(&form, &printed).await.shows("見本 第1版").hides("市の窓口は課の名前です。");
        w.advance_hours(48);
        let lead = w.sign_in("coordinator").await;
        lead.post(&form, &printed).await.shows("横須賀市 第1版").shows("市の窓口は課の名前です。").shows("市の要領 様式3").hides("未確認");
        assert_eq!(lead.get(&form).await.value("form_version"), "横須賀市 第1版");
        for key in ["coordinator", "city", "admin", "prefecture", "family"] {
            assert_eq!(w.sign_in(key).await.get("/consent-texts").await.status, 403, "{key}");
        }
    }

    async fn from_fifteen_the_form_asks_for_the_own_will_and_from_eighteen_for_the_person(w: World) {
        let user = w.sign_in("coordinator").await;
        let case = open(&w, &user).await;
        let site = w.organisation("うみかぜ").await.to_string();
        let page = format!("/cases/{case}/consents/new");
        user.get(&page).await.hides("本人の意思");
        let guardian = user.get(&page).await.value("given_by");
        let me = w.person("coordinator").await.to_string();
        let form = |more: &[(&'static str, &'static str)]| {
            let mut all = vec![
                ("recipient", site.clone()), ("given_by", guardian.clone()), ("explained_by", me.clone()), ("given_on", "R8.11.24".to_owned()),
                ("form_version", "第1版".to_owned()), ("method", "paper".to_owned()), ("purpose", "service".to_owned()), ("category", "identity".to_owned()),
            ];
            all.extend(more.iter().map(|(n, v)| (*n, (*v).to_owned())));
            all
        };
        let send = async |more: &[(&'static str, &'static str)]| {
            let all = form(more);
            let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (*n, v.as_str())).collect();
            user.post(&page, &all).await
        };
        let born = async |day: jiff::civil::Date| {
            let mut tx = w.db.begin().await.expect("a transaction");
            tx.exec("/* t */ UPDATE child_case SET birth_date = $1", platform::args![day]).await.expect("born");
            tx.commit().await.expect("saved");
        };
        born(jiff::civil::date(2010, 5, 1)).await;
        user.get(&page).await.shows("本人の意思").hides("15歳になっていない");
        send(&[]).await.shows("15歳からは、本人の意思も記録してください").shows("第1版");
        send(&[("own_will", "unsure")]).await.shows("本人の意思をどう確かめたか");
        assert_eq!(send(&[("own_will", "unsure"), ("own_will_note", "絵カードで二度たずねた")]).await.status, 303);
        user.get(&format!("/cases/{case}/consents")).await.shows("本人の意思を確かめきれない").shows("絵カードで二度たずねた");
        // Eighteen in the next spring: the period that is left to us ends before it.
        born(jiff::civil::date(2009, 4, 2)).await;
        send(&[("own_will", "agrees"), ("ends", "R9.4.2")]).await.shows("18歳の誕生日（R9.4.2）の前の日まで");
        assert_eq!(send(&[("own_will", "agrees")]).await.status, 303);
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM consent WHERE ends_on = '2027-04-01'").await, 1);
        born(jiff::civil::date(2008, 4, 2)).await;
        user.get(&page).await.shows("18歳になっています").shows("家族に「本人」を加え");
        send(&[("own_will", "agrees")]).await.shows("18歳からは本人の同意です");
    }
}
