//! What stands on the sheets, in the order of MEIS: who it is, what to do, allergies, conditions, contacts, medicines, wishes; then
//! the care, the doctors, the devices. Pure.

use crate::{
    case::{Case, Custody, Person, age_text},
    profile::{self, Version, Without, hours_text, without_mains},
    questionnaire::{Column, Row, value_text},
};
use platform::{
    Date,
    japanese::date,
    serde_json::{Value, json},
    vocabulary::Vocabulary as _,
};

/// Label and words.
pub type Pair = (String, String);

/// What two sheets have room for; more is said to be there and stands in the product. No answer is cut: half a setting or half a
/// telephone number is worse than a third sheet.
const DEVICES: usize = 14;
const MEDICINES: usize = 14;
const DOCTORS: usize = 8;
/// The role of the hospital that takes the child in.
const RECEIVES: &str = "急変のときの受入れ";

/// Both sheets before they are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub name: String,
    pub kana: String,
    pub born: String,
    /// It changes by itself, so it is no part of what is compared with a sheet of before.
    pub age: String,
    pub sex: String,
    pub warning: String,
    pub crisis: Vec<Pair>,
    pub allergies: Vec<Pair>,
    pub conditions: Vec<Pair>,
    pub contacts: Vec<[String; 3]>,
    pub medicines: Vec<[String; 3]>,
    pub wishes: Vec<Pair>,
    pub care: Vec<Pair>,
    pub doctors: Vec<[String; 3]>,
    pub devices: Vec<[String; 3]>,
    pub other: Vec<Pair>,
    /// For the fridge: when to call, what to say, what to do first, what to do without current.
    pub call: Vec<String>,
    pub tell: Vec<String>,
    pub first: Vec<String>,
    pub power: Vec<String>,
    /// Parts that nobody has written.
    pub missing: Vec<&'static str>,
}

/// The newest versions of the parts, for questions.
struct Known<'a>(&'a [Version]);

impl<'a> Known<'a> {
    fn rows(&self, part: &str) -> &'a [Row] {
        self.0.iter().find(|v| v.part.code == part).map_or(&[], |v| &v.rows)
    }

    /// The answer of a row in words.
    fn words(part: &str, row: &Row, code: &str) -> String {
        let Some((part, _)) = profile::part_of(part) else { return String::new() };
        let column = part.columns.iter().find(|c| c.code == code);
        column.map_or(String::new(), |c| value_text(c, part.answer(row, code)))
    }

    /// An answer of a part with one row.
    fn one(&self, part: &str, code: &str) -> String {
        self.rows(part).first().map_or(String::new(), |row| Self::words(part, row, code))
    }

    /// Answers of one row with their labels, without those that are empty.
    fn pairs(&self, part: &str, codes: &[&str]) -> Vec<Pair> {
        let Some((p, _)) = profile::part_of(part) else { return vec![] };
        let label = |code: &str| p.columns.iter().find(|c| c.code == code).map_or("", |c| c.label).to_owned();
        codes.iter().map(|c| (label(c), self.one(part, c))).filter(|(_, words)| !words.is_empty()).collect()
    }

    /// From and to of a usual value.
    fn range(&self, label: &str, low: &str, high: &str) -> Option<Pair> {
        let (low, high) = (self.one("normal", low), self.one("normal", high));
        match (low.is_empty(), high.is_empty()) {
            (true, true) => None,
            (false, true) => Some((label.to_owned(), format!("{low} から"))),
            (true, false) => Some((label.to_owned(), format!("{high} まで"))),
            (false, false) => Some((label.to_owned(), format!("{low} 〜 {high}"))),
        }
    }
}

fn joined(parts: &[String], with: &str) -> String {
    parts.iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join(with)
}

/// What would say where a protected child is treated and supplied leaves the parts, but who takes the child in an emergency.
pub fn without_places(parts: &mut [Version]) {
    for v in parts {
        let part = v.part;
        if part.code == "doctor" {
            v.rows.retain(|r| Known::words("doctor", r, "role") == RECEIVES);
        }
        let supplier = |c: &Column| part.code == "device" && matches!(c.code, "vendor" | "phone");
        for row in &mut v.rows {
            for (_, answer) in part.columns.iter().zip(row).filter(|(c, _)| supplier(c)) {
                answer.clear();
            }
        }
    }
}

/// Puts the sheets together. `family`: whom one may call; None where the actor does not see the family.
pub fn gather(
    case: &Case,
    parts: &[Version],
    family: Option<&[Person]>,
    office: (&str, &str),
    score: &str,
    today: Date,
) -> Sheet {
    let k = Known(parts);
    let born = case.birth_date.map_or("生年月日未確認".to_owned(), |b| format!("{}生", date::wareki(b)));
    let age = case.birth_date.map_or(String::new(), |b| format!("（{}）", age_text(Some(b), today)));
    let allergies: Vec<Pair> = k
        .rows("allergy")
        .iter()
        .map(|r| {
            let said = |code| Known::words("allergy", r, code);
            (said("what"), joined(&[said("reaction"), said("action")], "　→　"))
        })
        .collect();
    let resuscitation = k.one("seizure", "resuscitation");
    let mut devices: Vec<&Row> = k.rows("device").iter().collect();
    devices.sort_by_key(|d| Known::words("device", d, "critical") != "はい");
    let device_lines = rest(devices.iter().map(|d| device(d)).collect(), DEVICES, "機器・器材");
    let without = without_mains(k.rows("device"));
    let contacts = contacts(family, office);
    let conditions = joined(
        &k.rows("diagnosis")
            .iter()
            .map(|r| joined(&[Known::words("diagnosis", r, "name"), Known::words("diagnosis", r, "since")], " "))
            .collect::<Vec<_>>(),
        "、",
    );
    let body = joined(&[k.one("normal", "height"), k.one("normal", "weight"), measured(&k)], " ");
    let mut about = vec![("診断名".to_owned(), conditions)];
    about.push(("医療的ケア".to_owned(), case.care().iter().map(|c| c.label()).collect::<Vec<_>>().join("、")));
    about.push(("体格・血液型".to_owned(), joined(&[body, k.one("normal", "blood")], "　血液型 ")));
    about.push(("感染症".to_owned(), k.one("self", "infection")));
    let mut care: Vec<Pair> = [
        k.range("体温", "temperature_low", "temperature_high"),
        k.range("SpO₂", "spo2_low", "spo2_high"),
        k.range("脈拍", "pulse_low", "pulse_high"),
        k.range("呼吸数", "breath_low", "breath_high"),
    ]
    .into_iter()
    .flatten()
    .collect();
    care.extend(k.pairs("normal", &["colour"]));
    care.extend(k.pairs(
        "breathing",
        &["ventilator", "mode", "off", "oxygen", "oxygen_when", "suction", "suction_day", "suction_night"],
    ));
    care.extend(k.pairs("feeding", &["route", "product", "amount", "times", "clock", "position"]));
    care.extend(k.pairs("self", &["communication", "calm", "posture"]));
    let mut other = vec![("医療的ケアスコア".to_owned(), score.to_owned())];
    other.push(("予防接種".to_owned(), k.one("self", "vaccine")));
    let warnings: Vec<String> = allergies.iter().map(|(what, _)| what.clone()).filter(|w| w != "なし").collect();
    let power = power_lines(&without, k.rows("device"));
    let call = lines(&k.one("seizure", "call"));
    let first = [k.one("seizure", "rescue"), resuscitation.clone()].iter().flat_map(|t| lines(t)).collect();
    let mut tell = vec![format!("{}（{}）です。", case.child_name, case.child_kana)];
    tell.extend(about.iter().take(2).filter(|(_, w)| !w.is_empty()).map(|(l, w)| format!("{l}：{w}")));
    tell.extend((!warnings.is_empty()).then(|| format!("アレルギー・禁忌：{}", warnings.join("、"))));
    let hospital = k.rows("doctor").iter().find(|r| Known::words("doctor", r, "role") == RECEIVES);
    tell.extend(hospital.map(|r| {
        format!(
            "かかりつけ：{}",
            joined(&[Known::words("doctor", r, "facility"), Known::words("doctor", r, "department")], " ")
        )
    }));
    let some = |pairs: Vec<Pair>| pairs.into_iter().filter(|(_, words)| !words.is_empty()).collect::<Vec<_>>();
    let watched = ["seizure", "allergy", "diagnosis", "doctor", "device", "medicine", "normal"];
    Sheet {
        name: case.child_name.clone(),
        kana: case.child_kana.clone(),
        born,
        age,
        sex: case.sex.label().to_owned(),
        warning: if warnings.is_empty() {
            String::new()
        } else {
            format!("アレルギー・禁忌：{}", warnings.join("、"))
        },
        crisis: some(vec![
            ("救急車を呼ぶ目安".to_owned(), k.one("seizure", "call")),
            ("発作の様子".to_owned(), joined(&[k.one("seizure", "kind"), k.one("seizure", "often")], "　")),
            ("発作のときにすること".to_owned(), k.one("seizure", "rescue")),
            ("呼吸が止まったとき".to_owned(), resuscitation),
        ]),
        allergies,
        conditions: some(about),
        contacts,
        medicines: rest(k.rows("medicine").iter().map(medicine).collect(), MEDICINES, "薬"),
        wishes: some(vec![(
            "治療についての希望".to_owned(),
            joined(&[k.one("self", "wishes"), k.one("self", "wished")], "　確かめた日 "),
        )]),
        care,
        doctors: rest(k.rows("doctor").iter().map(doctor).collect(), DOCTORS, "医療機関"),
        devices: device_lines,
        other: some(other),
        call,
        tell,
        first,
        power,
        missing: watched
            .iter()
            .filter(|p| k.rows(p).is_empty())
            .filter_map(|p| Some(profile::part_of(p)?.0.label))
            .collect(),
    }
}

fn measured(k: &Known<'_>) -> String {
    let day = k.one("normal", "measured");
    if day.is_empty() { day } else { format!("（{day}）") }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

/// So many rows, and how many more there are.
fn rest(mut rows: Vec<[String; 3]>, most: usize, what: &str) -> Vec<[String; 3]> {
    if rows.len() > most {
        let more = rows.len() - most;
        rows.truncate(most);
        rows.push([format!("ほか{more}件"), format!("{what}の続きは「医療的ケアの状況」にあります"), String::new()]);
    }
    rows
}

fn medicine(r: &Row) -> [String; 3] {
    let w = |code| Known::words("medicine", r, code);
    [
        joined(&[w("name"), w("purpose")], "　"),
        joined(&[w("dose"), w("form")], " "),
        joined(&[w("when"), w("note")], "　"),
    ]
}

fn doctor(r: &Row) -> [String; 3] {
    let w = |code| Known::words("doctor", r, code);
    [w("role"), joined(&[w("facility"), w("department"), w("doctor")], " "), w("phone")]
}

fn device(r: &Row) -> [String; 3] {
    let w = |code| Known::words("device", r, code);
    let led = |label: &str, words: String| if words.is_empty() { words } else { format!("{label}{words}") };
    let vital = if w("critical") == "はい" { "◎命に関わる".to_owned() } else { String::new() };
    let name = if w("name").contains(&w("kind")) { w("name") } else { joined(&[w("kind"), w("name")], " ") };
    let batteries = joined(&[led("内部電池 ", w("internal")), led("外部電池 ", w("external"))], " ");
    [
        name,
        joined(&[w("size"), w("setting"), led("予備 ", w("spare"))], "　"),
        joined(&[vital, batteries, w("phone"), w("vendor")], " "),
    ]
}

fn contacts(family: Option<&[Person]>, (office, phone): (&str, &str)) -> Vec<[String; 3]> {
    // A father without custody who lives with the child is called; one who lives elsewhere is not.
    let apart = |p: &Person| p.custody == Custody::None && !p.together;
    let reachable = |p: &&Person| !p.contact_restricted && !apart(p) && (p.guardian || p.together);
    let mut out: Vec<[String; 3]> = family
        .unwrap_or_default()
        .iter()
        .filter(reachable)
        .filter_map(|p| Some([p.relation.label().to_owned(), p.name.clone(), p.phone.clone()?]))
        .take(5)
        .collect();
    let nobody = match family {
        None => Some("（同意の範囲外のため、載せていません）"),
        Some(_) if out.is_empty() => Some("（電話のわかる人が記録されていません）"),
        Some(_) => None,
    };
    out.extend(nobody.map(|why| ["家族".to_owned(), why.to_owned(), String::new()]));
    out.push(["コーディネーター".to_owned(), office.to_owned(), phone.to_owned()]);
    out
}

fn power_lines(without: &Without, devices: &[Row]) -> Vec<String> {
    let mut out = match without {
        Without::NothingVital => vec![],
        Without::Unknown(names) => {
            vec![format!("電池の時間がわからない機器：{}。すぐに業者と消防に相談します。", names.join("、"))]
        }
        Without::Hours(tenths, name) => {
            vec![format!("電池で約{}（最初に止まるのは{name}）。止まる前に動きます。", hours_text(*tenths))]
        }
    };
    for d in devices {
        let w = |code| Known::words("device", d, code);
        if w("critical") == "はい" && !w("phone").is_empty() {
            out.push(format!("{}：{} {}", w("name"), w("vendor"), w("phone")));
        }
    }
    out.truncate(6);
    out
}

impl Sheet {
    /// What a paper is made from; `state` says from when it is and who looked at it.
    pub fn data(&self, title: &str, state: &str) -> Value {
        json!({
            "title": title, "state": state,
            "name": self.name, "kana": self.kana, "born": format!("{}{}", self.born, self.age), "sex": self.sex, "warning": self.warning,
            "crisis": self.crisis, "allergies": self.allergies, "conditions": self.conditions, "contacts": self.contacts,
            "medicines": self.medicines, "wishes": self.wishes, "care": self.care, "doctors": self.doctors, "devices": self.devices,
            "other": self.other, "call": self.call, "tell": self.tell, "first": self.first, "power": self.power,
            "phones": self.phones(),
        })
    }

    /// What is kept of a sheet and compared with it later.
    pub fn body(&self) -> String {
        Sheet { age: String::new(), ..self.clone() }.data("", "").to_string()
    }

    /// The telephones of the fridge: the family, the hospitals, the makers of what must not stop.
    pub fn phones(&self) -> Vec<[String; 3]> {
        let hospitals = self
            .doctors
            .iter()
            .filter(|d| !d[2].is_empty() && ["主治医", "在宅医（訪問診療）", RECEIVES].contains(&d[0].as_str()));
        self.contacts.iter().chain(hospitals).filter(|c| !c[2].is_empty()).take(9).cloned().collect()
    }
}
