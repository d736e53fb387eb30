//! Words, states and forms of a case. Pure.

use crate::area::{Care, Municipality};
use platform::{
    Date, Uuid,
    form::{Errors, Fields, Parse},
    id::{CaseId, PersonId},
    japanese::age,
    vocabulary,
};

vocabulary! {
    pub enum Status {
        Planned = "planned" "準備中",
        Active = "active" "支援中",
        OnHold = "on_hold" "休止中",
        Closed = "closed" "終結",
    }
}

vocabulary! {
    pub enum Phase {
        Intake = "intake" "受付",
        Assessment = "assessment" "アセスメント",
        Planning = "planning" "計画づくり",
        Support = "support" "支援中",
        Review = "review" "見直し",
        Transition = "transition" "移行",
    }
}

vocabulary! {
    pub enum CloseReason {
        Moved = "moved" "転居",
        Adult = "adult" "成人移行",
        NotNeeded = "not_needed" "支援不要",
        Died = "died" "死亡",
        FamilyWish = "family_wish" "家族の意向",
        Other = "other" "その他",
    }
}

vocabulary! {
    /// 居所: where the child is now, which need not be the municipality of residence.
    pub enum Residence {
        Home = "home" "自宅",
        Nicu = "nicu" "NICU",
        Gcu = "gcu" "GCU",
        Picu = "picu" "PICU",
        Ward = "ward" "小児病棟",
        Facility = "facility" "施設",
    }
}

vocabulary! {
    pub enum Sex { Female = "female" "女", Male = "male" "男", Unknown = "unknown" "不明・その他" }
}

vocabulary! {
    pub enum FamilyRelation {
        Mother = "mother" "母",
        Father = "father" "父",
        Grandparent = "grandparent" "祖父母",
        Sibling = "sibling" "きょうだい",
        Twin = "twin" "双子のきょうだい",
        Own = "self" "本人",
        Other = "other" "その他",
    }
}

vocabulary! {
    pub enum Custody { Full = "full" "親権あり", Limited = "limited" "親権に制限あり", None = "none" "親権なし" }
}

/// A move of a case between its states.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    Activate,
    Hold { reason: String },
    Resume,
    Close { reason: CloseReason, on: Date, note: String },
    Reopen { reason: String },
    Enter(Phase),
}

impl Status {
    /// The only place that knows which moves are legal.
    pub fn after(self, step: &Move) -> Result<Status, &'static str> {
        match (self, step) {
            (Status::Planned, Move::Activate)
            | (Status::OnHold, Move::Resume)
            | (Status::Closed, Move::Reopen { .. }) => Ok(Status::Active),
            (Status::Active, Move::Hold { .. }) => Ok(Status::OnHold),
            (Status::Planned | Status::Active | Status::OnHold, Move::Close { .. }) => Ok(Status::Closed),
            (Status::Planned | Status::Active | Status::OnHold, Move::Enter(_)) => Ok(self),
            (Status::Closed, _) => Err("終結したケースです。続けるときは、先に再開してください。"),
            (_, Move::Reopen { .. }) => Err("終結していないケースは再開できません。"),
            (_, Move::Activate) => Err("すでに支援を始めているケースです。"),
            (_, Move::Resume) => Err("休止していないケースです。"),
            (_, Move::Hold { .. }) => Err("支援中のケースだけを休止できます。"),
        }
    }
}

/// A guardian or other family member, as typed.
#[derive(Clone, Debug)]
pub struct Guardian {
    pub relation: FamilyRelation,
    pub name: String,
    pub kana: String,
    pub birth: Option<Date>,
    pub guardian: bool,
    pub custody: Custody,
    pub contact_restricted: bool,
    pub together: bool,
    pub municipality: Option<String>,
    pub phone: Option<String>,
    pub note: String,
}

/// What opens or edits a case.
#[derive(Clone, Debug)]
pub struct Command {
    pub name: String,
    pub kana: String,
    pub birth: Option<Date>,
    pub sex: Sex,
    pub municipality: Municipality,
    pub residence: Residence,
    pub residence_note: String,
    pub languages: String,
    pub care: Vec<Care>,
    pub mobile: bool,
    pub status: Status,
    pub lead: PersonId,
    pub deputy: PersonId,
    pub guardian: Option<Guardian>,
}

impl Command {
    pub fn parse(fields: &Fields, today: Date, opening: bool) -> Result<Command, Errors> {
        let mut p = Parse::new(fields);
        let name = p.line("name", "お子さんの氏名", 50);
        let kana = p.kana("kana", "ふりがな", 60);
        let birth = p.optional_date("birth", "生年月日");
        if birth.is_some_and(|b| b > today) {
            p.fail("birth", "生年月日が今日より後の日付です。");
        }
        if birth.is_some_and(|b| age::age(b, today).is_some_and(|a| a.years > 40)) {
            p.fail("birth", "生年月日が40年以上前です。和暦の年号を確かめてください。");
        }
        let lead: PersonId = if opening { p.id("lead", "主担当") } else { PersonId(platform::Uuid::nil()) };
        let deputy: PersonId = p.id("deputy", "副担当");
        if lead == deputy && !lead.0.is_nil() {
            p.fail("deputy", "副担当は、主担当と別の人を選んでください。");
        }
        // Whatever was typed about a guardian counts: without a name it is asked for, not dropped.
        let begun = GUARDIAN_TEXTS.iter().any(|field| !p.raw(field).trim().is_empty());
        let guardian = (opening && begun).then(|| guardian(&mut p, today));
        let command = Command {
            name,
            kana,
            birth,
            sex: p.choice("sex", "性別"),
            municipality: p.choice("municipality", "居住する市町"),
            residence: p.choice("residence", "いまの居所"),
            residence_note: p.optional_line("residence_note", "居所の補足", 100).unwrap_or_default(),
            languages: p.optional_line("languages", "家庭で使う言葉", 60).unwrap_or_default(),
            care: p.choices("care", "医療的ケア"),
            mobile: p.ticked("mobile"),
            status: if opening { p.choice("status", "はじめの状態") } else { Status::Planned },
            lead,
            deputy,
            guardian,
        };
        if opening && !matches!(command.status, Status::Planned | Status::Active) {
            p.fail("status", "はじめの状態は「準備中」か「支援中」です。");
        }
        p.finish(command)
    }
}

/// What somebody types about a guardian; the ticks beside them are set from the start.
const GUARDIAN_TEXTS: [&str; 6] =
    ["guardian_name", "guardian_kana", "guardian_birth", "guardian_phone", "guardian_place", "guardian_note"];

pub fn guardian(p: &mut Parse<'_>, today: Date) -> Guardian {
    let birth = p.optional_date("guardian_birth", "家族の生年月日");
    if birth.is_some_and(|b| b > today) {
        p.fail("guardian_birth", "家族の生年月日が今日より後の日付です。");
    }
    Guardian {
        relation: p.choice("guardian_relation", "続柄"),
        name: p.line("guardian_name", "家族の氏名", 50),
        kana: p.kana("guardian_kana", "家族のふりがな", 60),
        birth,
        guardian: p.ticked("is_guardian"),
        custody: p.choice("custody", "親権"),
        contact_restricted: p.ticked("contact_restricted"),
        together: p.ticked("together"),
        municipality: p.optional_line("guardian_place", "別に住むときの市町", 40),
        phone: p.optional_phone("guardian_phone", "電話"),
        note: p.optional_line("guardian_note", "補足", 200).unwrap_or_default(),
    }
}

pub fn parse_move(fields: &Fields, today: Date) -> Result<Move, Errors> {
    let mut p = Parse::new(fields);
    let step = match fields.get("move") {
        "activate" => Move::Activate,
        "hold" => Move::Hold { reason: p.paragraph("reason", "休止の理由", 500) },
        "resume" => Move::Resume,
        "close" => {
            let on = p.date("on", "終結日");
            if on > today {
                p.fail("on", "終結日が今日より後の日付です。");
            }
            Move::Close {
                reason: p.choice("close_reason", "終結の理由"),
                on,
                note: p.optional_paragraph("reason", "補足", 500).unwrap_or_default(),
            }
        }
        "reopen" => Move::Reopen { reason: p.paragraph("reason", "再開の理由", 500) },
        "enter" => Move::Enter(p.choice("phase", "時期")),
        _ => {
            p.fail("move", "することを選んでください。");
            Move::Resume
        }
    };
    p.finish(step)
}

/// 2歳4か月, or 生年月日未確認 where the date is not known.
pub fn age_text(birth: Option<Date>, on: Date) -> String {
    birth.and_then(|b| age::age(b, on)).map_or_else(|| "年齢未確認".to_owned(), |a| a.to_string())
}

/// `R8-0012`: how people call a case.
pub fn number_text(prefix: &str, fiscal_year: i64, number: i64) -> String {
    let year = i16::try_from(fiscal_year).unwrap_or(0);
    format!("{prefix}{}-{number:04}", platform::japanese::fiscal::short(year))
}

impl From<CaseId> for crate::journal::Object {
    fn from(id: CaseId) -> Self {
        crate::journal::Object { kind: "case", id: Uuid::from_bytes(*id.0.as_bytes()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::vocabulary::Vocabulary as _;

    fn moves() -> Vec<Move> {
        let reason = String::from("理由");
        vec![
            Move::Activate,
            Move::Hold { reason: reason.clone() },
            Move::Resume,
            Move::Close { reason: CloseReason::Moved, on: Date::default(), note: reason.clone() },
            Move::Reopen { reason },
            Move::Enter(Phase::Support),
        ]
    }

    #[test]
    fn a_closed_case_can_only_be_reopened() {
        for step in moves() {
            assert_eq!(Status::Closed.after(&step).is_ok(), matches!(step, Move::Reopen { .. }), "{step:?}");
        }
    }

    #[test]
    fn every_open_state_can_be_closed_and_no_other_move_closes() {
        for status in Status::ALL.iter().filter(|s| **s != Status::Closed) {
            for step in moves() {
                let closes = status.after(&step) == Ok(Status::Closed);
                assert_eq!(closes, matches!(step, Move::Close { .. }), "{status:?} {step:?}");
            }
        }
    }

    #[test]
    fn only_an_active_case_is_put_on_hold_and_only_a_held_one_resumes() {
        for &status in Status::ALL {
            assert_eq!(status.after(&moves()[1]).is_ok(), status == Status::Active);
            assert_eq!(status.after(&Move::Resume).is_ok(), status == Status::OnHold);
        }
    }
}
