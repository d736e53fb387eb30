//! Every text field of every form: one character too many is refused in words, and nothing becomes an error of ours.

use crate::{
    area::Municipality,
    case::tests::{consent, open},
    consultation::tests::take,
    exchange::directory::Kind,
    testing::{Page, User, World},
};
use std::collections::BTreeSet;

/// A select whose first option has not been met yet.
const OPEN: &str = "?";

/// Words that only search within the form and are kept nowhere.
const SEARCHES: &[&str] = &["q", "agency"];

/// Fields that tell their own pattern instead of counting characters: a time of day, the number of a consultation.
const PATTERNS: &[&str] = &["time", "duplicate_of"];

/// A form as a browser would send it.
#[derive(Debug, Default)]
struct Form {
    action: String,
    /// Hidden fields, and the first choice of each select.
    kept: Vec<(String, String)>,
    /// Radio buttons and named buttons: exactly one of each name is sent.
    choices: Vec<(String, String)>,
    /// Text fields with the limit that the page tells, where it tells one.
    texts: Vec<(String, Option<usize>)>,
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let marker = format!(" {name}=\"");
    let from = tag.find(&marker)? + marker.len();
    tag[from..].split('"').next()
}

fn forms(page: &Page) -> Vec<Form> {
    page.body.split("<form ").skip(1).filter_map(|rest| form(rest.split("</form>").next()?)).collect()
}

fn form(html: &str) -> Option<Form> {
    let head = format!(" {}", html.split('>').next()?);
    if attribute(&head, "method") != Some("post") || attribute(&head, "enctype").is_some() {
        return None;
    }
    let mut form = Form { action: attribute(&head, "action")?.to_owned(), ..Form::default() };
    for part in html.split('<').skip(1) {
        let tag = part.split('>').next().unwrap_or("");
        let Some(name) = attribute(tag, "name").map(str::to_owned) else {
            // The first option belongs to the select before it, as in a browser.
            if let (true, Some(value)) = (tag.starts_with("option"), attribute(tag, "value"))
                && let Some((_, chosen)) = form.kept.last_mut().filter(|(_, chosen)| chosen == OPEN)
            {
                *chosen = value.to_owned();
            }
            continue;
        };
        let value = attribute(tag, "value").unwrap_or("").to_owned();
        match (tag.split(' ').next(), attribute(tag, "type")) {
            (Some("input"), Some("hidden")) => form.kept.push((name, value)),
            // A button that only looks something up or prints is another submission.
            (Some("button"), _) if ["searching", "printing", "more"].contains(&name.as_str()) => {}
            (Some("input"), Some("radio")) | (Some("button"), _) => form.choices.push((name, value)),
            (Some("input"), Some("checkbox")) => {}
            (Some("input" | "textarea"), _) => {
                form.texts.push((name, attribute(tag, "maxlength").and_then(|max| max.parse().ok())));
            }
            (Some("select"), _) => form.kept.push((name, OPEN.to_owned())),
            _ => {}
        }
    }
    Some(form)
}

impl Form {
    /// Sends one field with a text, once for each choice that the form has, until `seen` says yes.
    async fn send(&self, user: &User, field: &str, text: &str, seen: impl Fn(&Page) -> bool) -> bool {
        let names: BTreeSet<&str> = self.choices.iter().map(|(name, _)| name.as_str()).collect();
        let first = |name: &str| self.choices.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
        let turns: Vec<(&str, &str)> = self.choices.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        for turn in if turns.is_empty() { vec![("", "")] } else { turns } {
            let mut sent: Vec<(&str, &str)> = self.kept.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            sent.extend(names.iter().filter(|name| **name != turn.0).map(|name| (*name, first(name))));
            // A browser sends the empty fields too.
            sent.extend(self.texts.iter().filter(|(name, _)| name != field).map(|(name, _)| (name.as_str(), "")));
            sent.extend([turn, (field, text)].into_iter().filter(|(name, _)| !name.is_empty()));
            let page = user.post(&self.action, &sent).await;
            assert!(page.status < 500, "{} {field}: {} {}", self.action, page.status, page.text());
            if seen(&page) {
                return true;
            }
        }
        false
    }
}

/// Pages with a form for every kind of text, as a coordinator meets them.
pub(super) async fn pages(w: &World, user: &User) -> Vec<String> {
    let (case, call) = (open(w, user).await, take(user, &[]).await);
    let service = w.service("短期入所 いそべ", Kind::ShortStay, Municipality::Yokosuka, None).await;
    let other = w.service("児発 こもれび", Kind::ChildDevelopment, Municipality::Yokosuka, None).await;
    let sql = "/* t */ SELECT organisation_id FROM service WHERE id = $1";
    let site: Vec<(platform::id::OrganisationId,)> = w.all(sql, platform::args![service]).await;
    consent(w, user, &case, &site[0].0.to_string(), "oral").await;
    let referral = [
        ("service", service.to_string()),
        ("request", "月1回".to_owned()),
        ("mode", "logged".to_owned()),
        ("act", "send".to_owned()),
    ];
    let referral: Vec<(&str, &str)> = referral.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let sent = user.post(&format!("/cases/{case}/referrals/new"), &referral).await.id();
    let asked = [
        ("service", service.to_string()),
        ("age_band", "any".to_owned()),
        ("municipality", "142018".to_owned()),
        ("wish", "月1回".to_owned()),
    ];
    let asked: Vec<(&str, &str)> = asked.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let inquiry = user.post("/inquiries/new", &asked).await.id();
    let entry = user
        .post(&format!("/cases/{case}/timeline"), &[("kind", "visit"), ("title", "家庭訪問"), ("body", "様子を聞いた")])
        .await;
    assert_eq!(entry.status, 303, "{}", entry.text());
    let entries: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM timeline_entry", vec![]).await;
    let people: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM case_person", vec![]).await;
    let card = user
        .post(
            "/answer-cards/new",
            &[
                ("question", "吸引は誰ができますか"),
                ("answer", "研修を受けた人"),
                ("topic", "discharge"),
                ("review_on", "2027-04-01"),
            ],
        )
        .await
        .id();
    let ours = [
        ("name", "児発 みさき"),
        ("kind", "child_development"),
        ("municipality", "142107"),
        ("address", "三浦市三崎1-1"),
        ("phone", "046-881-0000"),
    ];
    let ours = user.post("/resources/new", &ours).await.id();
    let wanted =
        [("kana", "たかはし さくら"), ("birth", "R6.7.3"), ("reason", "けいれんが止まらず救急搬送する"), ("told", "1")];
    let broken = w.sign_in("supporter").await.post("/break-glass", &wanted).await.id();
    let judged = [("judge", "estimate"), ("judged_on", "R8.11.1"), ("l5", "low")];
    let sheet = user.post(&format!("/cases/{case}/scores/care"), &judged).await.id();
    let soon = [("kind", "visit"), ("what", "家庭訪問"), ("on", "R8.12.1"), ("time", "14:00"), ("shown", "staff")];
    assert_eq!(user.post(&format!("/cases/{case}/appointments"), &soon).await.status, 303);
    let agreed: Vec<(platform::Uuid,)> = w.all("/* t */ SELECT id FROM appointment", vec![]).await;
    let hidden = open(w, user).await;
    let protect = [("kind", "violence"), ("reason", "離れた父から守る"), ("until", "R9.6.30")];
    assert_eq!(user.post(&format!("/cases/{hidden}/protected/begin"), &protect).await.status, 303);
    vec![
        "/break-glass".to_owned(),
        format!("/break-glass/{broken}/review"),
        "/consultations/new".to_owned(),
        format!("/consultations/{call}"),
        format!("/consultations/{call}/open-case"),
        "/cases/new".to_owned(),
        format!("/cases/{case}"),
        format!("/cases/{case}/edit"),
        format!("/cases/{case}/protected"),
        format!("/cases/{hidden}/protected"),
        format!("/cases/{case}/scores/care"),
        format!("/cases/{case}/scores/severe"),
        format!("/scores/{sheet}"),
        format!("/cases/{case}/care/edit?part=diagnosis"),
        format!("/cases/{case}/care/edit?part=device"),
        format!("/cases/{case}/care/edit?part=normal"),
        format!("/cases/{case}/care/edit?part=self"),
        format!("/cases/{case}/care/edit?part=day"),
        format!("/cases/{case}/retention"),
        format!("/cases/{case}/appointments"),
        format!("/cases/{case}/appointments/{}", agreed[0].0),
        format!("/cases/{case}/oppositions"),
        format!("/cases/{case}/relocation"),
        format!("/family/{}", people[0].0),
        format!("/cases/{case}/consents"),
        format!("/cases/{case}/consents/new"),
        format!("/cases/{case}/team"),
        format!("/cases/{case}/timeline"),
        format!("/cases/{case}/timeline/{}/correct", entries[0].0),
        format!("/cases/{case}/referrals/new?service={other}"),
        format!("/referrals/{sent}"),
        format!("/inquiries/new?service={service}"),
        format!("/inquiries/{inquiry}"),
        format!("/resources/{service}"),
        "/resources/new".to_owned(),
        format!("/resources/{ours}/edit"),
        "/answer-cards/new".to_owned(),
        format!("/answer-cards/{card}"),
        "/duty".to_owned(),
    ]
}

both! {
    async fn one_character_too_many_is_refused_in_every_field_and_said_in_words(w: World) {
        let user = w.sign_in("coordinator").await;
        let (mut limited, mut others, mut silent) = (0, 0, Vec::new());
        for path in pages(&w, &user).await {
            let page = user.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            let forms = forms(&page);
            assert!(forms.iter().any(|f| !f.texts.is_empty()), "{path} has no form with text");
            for form in forms.iter().filter(|f| !f.action.starts_with("/sign-out")) {
                for (field, max) in form.texts.iter().filter(|(field, _)| !SEARCHES.contains(&field.as_str())) {
                    if let Some(max) = max.filter(|_| !PATTERNS.contains(&field.as_str())) {
                        let words = format!("いまは{}文字です", max + 1);
                        limited += 1;
                        if !form.send(&user, field, &"あ".repeat(max + 1), |p| p.status == 422 && p.body.contains(&words)).await {
                            silent.push(format!("{path} {} {field} {max}", form.action));
                        }
                    } else {
                        others += 1;
                        if !form.send(&user, field, &"あ".repeat(5000), |p| p.status == 422).await {
                            silent.push(format!("{path} {} {field} (no limit told)", form.action));
                        }
                    }
                }
            }
        }
        assert!(silent.is_empty(), "{} of {limited} limits and {others} other fields: {silent:#?}", silent.len());
        assert!(limited > 50 && others > 10, "{limited} limits, {others} other fields");
    }
}
