use crate::{
    case::tests::{consent_to, deputy, fields, open},
    testing::{User, World},
};

const ALL: [&str; 5] = ["identity", "care", "family", "plan", "documents"];

async fn propose(lead: &User, case: &str, to: &str) -> crate::testing::Page {
    let fields = [("to", to), ("moves_on", "2026-12-20"), ("note", "訪問看護は続けたいとのこと")];
    lead.post(&format!("/cases/{case}/relocation"), &fields).await
}

/// A case of 横須賀市 that is proposed to 逗子市, with the family's consent.
async fn proposed(w: &World, lead: &User) -> String {
    let case = open(w, lead).await;
    let zushi = w.organisation("逗子市").await.to_string();
    consent_to(lead, &case, &zushi, "paper", "R8.11.24", &ALL).await;
    assert_eq!(propose(lead, &case, "142085").await.status, 303);
    case
}

both! {
    async fn a_case_moves_when_the_family_has_agreed_and_somebody_there_receives_it(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let phone = [("guardian_name", "髙橋 けんじ"), ("guardian_kana", "たかはし けんじ"), ("guardian_relation", "father"), ("custody", "full"), ("guardian_phone", "046-871-2222")];
        assert_eq!(lead.post(&format!("/cases/{case}/family"), &phone).await.status, 303);
        propose(&lead, &case, "142085").await.shows("家族の同意がまだありません").shows("訪問看護は続けたい");
        propose(&lead, &case, "142018").await.shows("別の市町を選んでください");
        lead.post(&format!("/cases/{case}/relocation"), &[]).await.shows("転居先の市町を選んでください").shows("申し送りを入力してください");
        let zushi = w.organisation("逗子市").await.to_string();
        consent_to(&lead, &case, &zushi, "paper", "R8.11.24", &ALL[..4]).await;
        propose(&lead, &case, "142085").await.shows("（書類）");
        consent_to(&lead, &case, &zushi, "paper", "R8.11.24", &ALL).await;
        // The lead is in the team as well, for the town hall.
        let hall = w.organisation("横須賀市").await;
        let join = [("person", format!("{}.{hall}", w.person("coordinator").await)), ("field", "welfare".to_owned()), ("function", "調整".to_owned()), ("since", "2026-11-24".to_owned())];
        let join: Vec<(&str, &str)> = join.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(lead.post(&format!("/cases/{case}/team"), &join).await.status, 303);
        let there = w.sign_in("coordinator2").await;
        assert_eq!(there.get(&format!("/cases/{case}")).await.status, 404);
        assert_eq!(propose(&lead, &case, "142085").await.status, 303);
        assert_eq!(propose(&lead, &case, "142085").await.status, 409, "once");
        lead.get("/").await.shows("転居による引継ぎの受取り");
        there.get("/").await.shows("転居による引継ぎを受け取る").shows("髙橋 さくら");
        let page = format!("/cases/{case}/relocation");
        there.get(&page).await.shows("訪問看護は続けたい").shows("受け取る");
        let (me, colleague) = (w.person("coordinator2").await.to_string(), deputy(&w).await);
        let receive = format!("{page}/receive");
        assert_eq!(lead.post(&receive, &[("answer", "receive"), ("lead", &me), ("deputy", &colleague)]).await.status, 403, "not by who sends");
        there.post(&receive, &[("answer", "receive"), ("lead", &colleague), ("deputy", &me)]).await.shows("逗子市のコーディネーターから");
        there.post(&receive, &[("answer", "receive"), ("lead", &me), ("deputy", &me)]).await.shows("別の人を選んでください");
        assert_eq!(there.post(&receive, &[("answer", "receive"), ("lead", &me), ("deputy", &colleague)]).await.status, 303);
        assert_eq!(there.post(&receive, &[("answer", "receive"), ("lead", &me), ("deputy", &colleague)]).await.status, 403, "they are no longer offered it");
        there.get(&format!("/cases/{case}")).await.shows("逗子市").shows("046-871-2222").shows("あなたは").shows("主担当");
        let tenants: Vec<(String,)> = w.all("/* t */ SELECT m.tenant FROM sealing_key k JOIN master_key m ON m.id = k.master_id JOIN child_case c ON c.id = k.owner_id", vec![]).await;
        assert_eq!(tenants, [("142085".to_owned(),)], "its key is the other municipality's");
        assert_eq!(w.count("/* t */ SELECT COUNT(*) FROM waiting WHERE kind IN ('relocation', 'relocation_pending')").await, 0);
        // Who had it reads on, and changes nothing.
        lead.get(&format!("/cases/{case}")).await.shows("髙橋 さくら").shows("転居前の担当");
        lead.get("/cases").await.shows("髙橋 さくら");
        let entry = [("kind", "visit"), ("title", "訪問"), ("body", "様子")];
        for (path, fields) in [("timeline", &entry[..]), ("relocation", &[]), ("consents/new", &[]), ("team", &[]), ("oppositions", &[])] {
            assert_eq!(lead.post(&format!("/cases/{case}/{path}"), fields).await.status, 403, "{path}");
        }
        assert_eq!(there.post(&format!("/cases/{case}/timeline"), &entry).await.status, 303);
        lead.get(&format!("/cases/{case}/team")).await.shows("転居による引継ぎ");
        w.advance_hours(24 * 90);
        let (lead, there) = (w.sign_in("coordinator").await, w.sign_in("coordinator2").await);
        assert_eq!(lead.get(&format!("/cases/{case}")).await.status, 404, "ninety days later");
        there.get(&format!("/cases/{case}")).await.shows("髙橋 さくら");
    }

    async fn a_proposal_is_given_back_with_a_reason_or_taken_back(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = proposed(&w, &lead).await;
        let there = w.sign_in("coordinator2").await;
        let receive = format!("/cases/{case}/relocation/receive");
        there.post(&receive, &[("answer", "return"), ("reason", "")]).await.shows("返す理由を入力してください");
        assert_eq!(there.post(&receive, &[("answer", "return"), ("reason", "転居の日が決まっていない")]).await.status, 303);
        assert_eq!(there.get(&format!("/cases/{case}")).await.status, 404);
        lead.get("/").await.shows("返された転居の引継ぎを見直す");
        lead.get(&format!("/cases/{case}/relocation")).await.shows("転居の日が決まっていない").shows("返されました");
        assert_eq!(propose(&lead, &case, "142085").await.status, 303);
        assert_eq!(lead.post(&format!("/cases/{case}/relocation/recall"), &[]).await.status, 303);
        assert_eq!(lead.post(&format!("/cases/{case}/relocation/recall"), &[]).await.status, 409);
        assert_eq!(there.post(&receive, &[("answer", "return"), ("reason", "x")]).await.status, 404);
        // What the family takes back is not received.
        assert_eq!(propose(&lead, &case, "142085").await.status, 303);
        let given: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM consent", vec![]).await;
        let given = given[0].0.to_string();
        assert_eq!(lead.post(&format!("/cases/{case}/consents/withdraw"), &[("consent", &given), ("reason", "家族の申し出")]).await.status, 303);
        assert_eq!(there.get(&format!("/cases/{case}")).await.status, 404, "and is not seen there any more");
        lead.get(&format!("/cases/{case}/relocation")).await.shows("取り消した");
        for key in ["supporter", "city", "city2", "privacy", "prefecture", "admin", "family"] {
            assert!([403, 404].contains(&w.sign_in(key).await.get(&format!("/cases/{case}/relocation")).await.status), "{key}");
        }
    }

    async fn no_edit_moves_a_case_that_the_family_has_agreed_about(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        let (me, colleague) = (w.person("coordinator").await.to_string(), deputy(&w).await);
        let edit = async |town: &'static str| {
            let version = lead.get(&format!("/cases/{case}/edit")).await.value("version");
            let mut typed = fields(&me, &colleague);
            typed.retain(|(name, _)| *name != "municipality");
            typed.extend([("municipality", town), ("version", version.as_str())]);
            lead.post(&format!("/cases/{case}/edit"), &typed).await
        };
        assert_eq!(edit("142107").await.status, 303, "a mistake at the opening is corrected");
        assert_eq!(edit("142018").await.status, 303);
        let site = w.organisation("うみかぜ").await.to_string();
        consent_to(&lead, &case, &site, "paper", "R8.11.24", &["identity"]).await;
        edit("142107").await.shows("「転居による引継ぎ」を使ってください");
    }

    async fn what_waits_goes_to_the_right_two_and_who_had_it_reads_on_only_while_nothing_speaks_against_it(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = open(&w, &lead).await;
        // The deputy sits in the town that the child moves to, and becomes lead there; the lead becomes deputy.
        let (old, new) = (w.person("coordinator").await, w.person("coordinator2").await);
        let (old_id, new_id) = (old.to_string(), new.to_string());
        let version = lead.get(&format!("/cases/{case}/edit")).await.value("version");
        let mut typed = fields(&old_id, &new_id);
        typed.push(("version", &version));
        assert_eq!(lead.post(&format!("/cases/{case}/edit"), &typed).await.status, 303);
        let (zushi, hall) = (w.organisation("逗子市").await.to_string(), w.organisation("横須賀市").await.to_string());
        consent_to(&lead, &case, &hall, "paper", "R8.11.24", &["identity"]).await;
        consent_to(&lead, &case, &zushi, "oral", "R8.11.24", &ALL).await;
        let paper = "/* t */ SELECT subject_id FROM waiting WHERE kind = 'consent_followup'";
        assert_eq!(w.all::<(platform::id::SubjectId,)>(paper, vec![]).await, [(old.into(),)]);
        assert_eq!(propose(&lead, &case, "142085").await.status, 303);
        let offer = [("to", deputy(&w).await), ("note", "休みに入るため".to_owned())];
        let offer: Vec<(&str, &str)> = offer.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(lead.post(&format!("/cases/{case}/lead"), &offer).await.status, 409, "not while it moves");
        assert_eq!(w.sign_in("city").await.get(&format!("/cases/{case}")).await.status, 200);
        let there = w.sign_in("coordinator2").await;
        let answer = [("answer", "receive"), ("lead", new_id.as_str()), ("deputy", old_id.as_str())];
        assert_eq!(there.post(&format!("/cases/{case}/relocation/receive"), &answer).await.status, 303);
        assert_eq!(w.all::<(platform::id::SubjectId,)>(paper, vec![]).await, [(new.into(),)], "the new lead's, who was the deputy");
        assert_eq!(w.sign_in("city").await.get(&format!("/cases/{case}")).await.status, 404, "the former town hall");
        crate::consent::begin_due(&w.app).await.expect("the clock");
        assert_eq!(w.sign_in("city").await.get(&format!("/cases/{case}")).await.status, 404, "also by the clock");
        there.get(&format!("/cases/{case}/viewing")).await.shows("転居による引継ぎのため").hides("記録を確かめてください");
        let former = || w.count("/* t */ SELECT COUNT(*) FROM case_access WHERE relation = 'former' AND until > since");
        let at = w.app.now();
        let live = "/* t */ SELECT COUNT(*) FROM case_access WHERE relation = 'former' AND until > $1";
        assert!(former().await >= 2 && w.all::<(i64,)>(live, platform::args![at]).await[0].0 >= 2);
        let begin = [("kind", "violence"), ("reason", "離れた父から守る"), ("until", "R9.6.30")];
        assert_eq!(there.post(&format!("/cases/{case}/protected/begin"), &begin).await.status, 303);
        assert_eq!(w.all::<(i64,)>(live, platform::args![at]).await[0].0, 0, "a protection ends it");
    }

    async fn a_consent_that_runs_out_takes_the_proposal_along(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = proposed(&w, &lead).await;
        // A town hall in which nobody but the coordinators has a seat.
        let mut tx = w.db.begin().await.expect("a transaction");
        tx.exec("/* t */ DELETE FROM case_access WHERE relation = 'municipality'", vec![]).await.expect("gone");
        tx.exec("/* t */ DELETE FROM seat WHERE role IN ('city', 'privacy') AND id NOT IN (SELECT seat_id FROM demo_account)", vec![]).await.expect("gone");
        tx.commit().await.expect("saved");
        assert_eq!(w.sign_in("coordinator2").await.get(&format!("/cases/{case}")).await.status, 200);
        w.advance_hours(24 * 366);
        crate::referral::end_run_out(&w.app).await.expect("the clock");
        assert_eq!(w.sign_in("coordinator2").await.get(&format!("/cases/{case}")).await.status, 404);
        w.sign_in("coordinator").await.get(&format!("/cases/{case}/relocation")).await.shows("取り消した");
    }

    async fn closing_takes_the_proposal_along(w: World) {
        let lead = w.sign_in("coordinator").await;
        let case = proposed(&w, &lead).await;
        let close = [("move", "close"), ("close_reason", "other"), ("on", "2026-11-24")];
        assert_eq!(lead.post(&format!("/cases/{case}/move"), &close).await.status, 303);
        assert_eq!(lead.post(&format!("/cases/{case}/move"), &[("move", "reopen"), ("reason", "続ける")]).await.status, 303);
        assert_eq!(propose(&lead, &case, "142085").await.status, 303, "nothing stands in the way");
    }
}
