//! Words, states and forms of a consultation. Pure.

use crate::{
    area::{Field, Municipality, PaidBy},
    case::{Residence, Sex},
};
use platform::{
    Date, Timestamp,
    form::{Errors, Fields, Parse},
    id::ConsultationId,
    japanese::{business::Reply, date},
    vocabulary,
};

vocabulary! {
    pub enum Channel {
        Phone = "phone" "電話", Visit = "visit" "来所", HomeVisit = "home_visit" "訪問", WebForm = "form" "フォーム", Line = "line" "LINE",
        Fax = "fax" "FAX", Mail = "mail" "メール", Meeting = "meeting" "会議",
    }
}

vocabulary! {
    /// Who is supported: a child and family, a supporter who needs advice (支援者の支援), or the area.
    pub enum Kind { Individual = "individual" "個別支援", Supporter = "supporter" "支援者支援", Area = "area" "地域支援" }
}

vocabulary! {
    pub enum AskerKind {
        Self_ = "self" "本人", Parent = "parent" "父母", Grandparent = "grandparent" "祖父母", Hospital = "hospital" "病院",
        VisitingNurse = "visiting_nurse" "訪問看護", Counselling = "counselling" "相談支援専門員", DayService = "day_service" "通所事業所",
        Nursery = "nursery" "保育所・幼稚園", School = "school" "学校・教育委員会", HealthNurse = "health_nurse" "保健師",
        Municipality = "municipality" "市町", ChildGuidance = "child_guidance" "児童相談所", Welfare = "welfare" "民生委員", Other = "other" "その他",
    }
}

vocabulary! {
    pub enum Topic {
        Discharge = "discharge" "退院・在宅移行", Respite = "respite" "医療・レスパイト", Services = "services" "福祉サービス",
        Nursery = "nursery" "保育・就園", School = "school" "就学・学校", Commute = "commute" "通学", HomeLife = "home_life" "在宅生活・家族",
        Siblings = "siblings" "きょうだい", Work = "work" "就労・経済", Disaster = "disaster" "災害", Adult = "adult" "成人移行",
        Schemes = "schemes" "制度・手当", Equipment = "equipment" "装具・日常生活用具", FromSupporter = "from_supporter" "支援者からの相談",
        Other = "other" "その他",
    }
}

vocabulary! {
    pub enum Urgency { SameDay = "same_day" "即日", ThreeDays = "three_days" "3日", Week = "week" "1週", Usual = "usual" "通常（2週）" }
}

impl Urgency {
    /// Open days until the first response is due.
    pub fn reply(self) -> Reply {
        match self {
            Urgency::SameDay => Reply::SameDay,
            Urgency::ThreeDays => Reply::OpenDays(3),
            Urgency::Week => Reply::Week,
            Urgency::Usual => Reply::OpenDays(10),
        }
    }
}

vocabulary! {
    pub enum ConsentState {
        Unknown = "unknown" "まだ確かめていない", Oral = "oral" "口頭で同意", Written = "written" "書面で同意", Refused = "refused" "同意しない",
        NotNeeded = "not_needed" "個人の情報がない",
    }
}

vocabulary! {
    pub enum Status {
        Received = "received" "受付", Triaging = "triaging" "判定中", WaitingInfo = "waiting_info" "情報待ち", Advised = "advised" "助言で終結",
        Linked = "linked" "つないだ", CaseOpened = "case_opened" "ケースを開いた", HandedOver = "handed_over" "他の圏域・窓口へ引継ぎ",
        Withdrawn = "withdrawn" "取下げ", Duplicate = "duplicate" "重複",
    }
}

impl Status {
    pub fn is_open(self) -> bool {
        matches!(self, Status::Received | Status::Triaging | Status::WaitingInfo)
    }
}

/// A move of a consultation. Eligibility is never a reason: the Act has no score threshold (医療的ケア児支援法 2条).
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    Begin,
    WaitForInformation { reason: String, review_on: Date },
    Advise { reason: String },
    Link { reason: String },
    OpenCase,
    HandOverOutside { reason: String },
    Withdraw { reason: String },
    Duplicate { of: ConsultationId },
    Reopen { reason: String },
}

impl Status {
    /// The only place that knows which moves are legal.
    pub fn after(self, step: &Move) -> Result<Status, &'static str> {
        match (self, step) {
            (Status::Received | Status::Triaging | Status::WaitingInfo, Move::Begin) => Ok(Status::Triaging),
            (Status::Received | Status::Triaging, Move::WaitForInformation { .. }) => Ok(Status::WaitingInfo),
            (Status::WaitingInfo, Move::WaitForInformation { .. }) => Ok(Status::WaitingInfo),
            (s, Move::Advise { .. }) if s.is_open() => Ok(Status::Advised),
            (s, Move::Link { .. }) if s.is_open() => Ok(Status::Linked),
            (s, Move::OpenCase) if s.is_open() => Ok(Status::CaseOpened),
            (s, Move::HandOverOutside { .. }) if s.is_open() => Ok(Status::HandedOver),
            (s, Move::Withdraw { .. }) if s.is_open() => Ok(Status::Withdrawn),
            (s, Move::Duplicate { .. }) if s.is_open() => Ok(Status::Duplicate),
            (s, Move::Reopen { .. }) if !s.is_open() => Ok(Status::Triaging),
            (_, Move::Reopen { .. }) => Err("まだ終わっていない相談です。"),
            _ => Err("終わった相談です。続けるときは、先に再開してください。"),
        }
    }
}

/// A consultation as it was taken.
#[derive(Clone, Debug)]
pub struct New {
    pub received_at: Timestamp,
    pub channel: Channel,
    pub kind: Kind,
    pub asker_kind: AskerKind,
    pub asker_name: Option<String>,
    pub asker_place: Option<String>,
    pub asker_phone: Option<String>,
    pub anonymous: bool,
    pub child_name: Option<String>,
    pub child_kana: Option<String>,
    pub child_birth: Option<Date>,
    pub child_sex: Option<Sex>,
    pub municipality: Municipality,
    pub residence: Option<Residence>,
    pub repeated: bool,
    pub topics: Vec<Topic>,
    pub urgency: Urgency,
    pub concern: String,
    pub response: Option<String>,
    pub next_plan: Option<String>,
    pub minutes: i64,
    pub paid_by: PaidBy,
    pub consent_state: ConsentState,
    /// True where the taker keeps it although somebody else is on duty.
    pub keep: bool,
}

impl New {
    pub fn parse(fields: &Fields, now: Timestamp) -> Result<New, Errors> {
        let mut p = Parse::new(fields);
        let today = date::jst_date(now);
        let received_at = match p.optional_date("received_on", "受けた日") {
            Some(day) if day > today => {
                p.fail("received_on", "受けた日が今日より後の日付です。");
                now
            }
            Some(day) if day < today => {
                jiff::tz::TimeZone::fixed(jiff::tz::offset(9)).to_timestamp(day.at(12, 0, 0, 0)).unwrap_or(now)
            }
            _ => now,
        };
        let anonymous = p.ticked("anonymous");
        let child_birth = p.optional_date("child_birth", "お子さんの生年月日");
        if child_birth.is_some_and(|b| b > today) {
            p.fail("child_birth", "お子さんの生年月日が今日より後の日付です。");
        }
        let asker_name = p.optional_line("asker_name", "相談した人の名前", 50);
        if anonymous && asker_name.is_some() {
            p.fail("asker_name", "匿名の相談では、名前を空にするか、「匿名」を外してください。");
        }
        let concern = p.paragraph("concern", "相談の内容（話したことばのまま）", 4000);
        let topics = p.choices("topic", "内容の種類");
        if topics.is_empty() {
            p.fail("topic", "内容の種類を1つ以上選んでください。");
        }
        let new = New {
            received_at,
            channel: p.choice("channel", "受けた方法"),
            kind: p.choice("kind", "支援の種類"),
            asker_kind: p.choice("asker_kind", "相談した人"),
            asker_name,
            asker_place: p.optional_line("asker_place", "所属", 80),
            asker_phone: p.optional_phone("asker_phone", "連絡先の電話"),
            anonymous,
            child_name: p.optional_line("child_name", "お子さんの氏名", 50),
            child_kana: p.optional_kana("child_kana", "お子さんのふりがな", 60),
            child_birth,
            child_sex: p.optional_choice("child_sex", "性別"),
            municipality: p.choice("municipality", "住んでいる市町"),
            residence: p.optional_choice("residence", "いまの居所"),
            repeated: p.ticked("repeated"),
            topics,
            urgency: p.choice("urgency", "急ぐ度合い"),
            concern,
            response: p.optional_paragraph("response", "助言・対応", 4000),
            next_plan: p.optional_line("next_plan", "次の予定", 200),
            minutes: p.optional_number("minutes", "かかった分", 0..=1440).unwrap_or(0),
            paid_by: p.optional_choice("paid_by", "費用の区分").unwrap_or(PaidBy::Entrusted),
            consent_state: p.optional_choice("consent_state", "同意の状態").unwrap_or(ConsentState::Unknown),
            keep: fields.get("route") == "mine",
        };
        p.finish(new)
    }
}

/// The outcome form of the screening.
#[derive(Clone, Debug)]
pub struct Screening {
    pub urgency: Urgency,
    pub municipality: Municipality,
    pub consent_state: ConsentState,
    pub needs: Vec<(Field, String)>,
    pub step: Move,
}

/// Field names of the needs, one text per field of support.
pub const NEED_FIELDS: [(&str, Field); 5] = [
    ("need_health", Field::Health),
    ("need_medical", Field::Medical),
    ("need_welfare", Field::Welfare),
    ("need_education", Field::Education),
    ("need_community", Field::Community),
];

impl Screening {
    pub fn parse(fields: &Fields, today: Date) -> Result<Screening, Errors> {
        let mut p = Parse::new(fields);
        let mut needs = Vec::new();
        for (name, field) in NEED_FIELDS {
            if let Some(text) = p.optional_paragraph(name, "ニーズ", 1000) {
                needs.push((field, text));
            }
        }
        let step = match fields.get("outcome") {
            "begin" => Move::Begin,
            "waiting_info" => {
                let review_on = p.date("review_on", "見直す日");
                if review_on < today && review_on != Date::default() {
                    p.fail("review_on", "見直す日は、今日以降の日付にしてください。");
                }
                Move::WaitForInformation { reason: p.paragraph("reason", "理由", 500), review_on }
            }
            "advised" => Move::Advise { reason: p.paragraph("reason", "理由", 500) },
            "linked" => Move::Link { reason: p.paragraph("reason", "どこへつないだか", 500) },
            "case_opened" => Move::OpenCase,
            "handed_over" => Move::HandOverOutside {
                reason: p.paragraph("reason", "引継ぎ先・受け取った人・日時", 500),
            },
            "withdrawn" => Move::Withdraw { reason: p.paragraph("reason", "取下げの理由", 500) },
            "duplicate" => Move::Duplicate { of: p.id("duplicate_of", "重複している相談") },
            "reopen" => Move::Reopen { reason: p.paragraph("reason", "再開の理由", 500) },
            _ => {
                p.fail("outcome", "判定の結果を選んでください。");
                Move::Begin
            }
        };
        let screening = Screening {
            urgency: p.choice("urgency", "急ぐ度合い"),
            municipality: p.choice("municipality", "担当の市町"),
            consent_state: p.choice("consent_state", "同意の状態"),
            needs,
            step,
        };
        p.finish(screening)
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
