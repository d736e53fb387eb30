//! States, words and forms of a referral. Pure.

use crate::waiting::WaitingKind;
use jiff::ToSpan;
use platform::{
    Date,
    form::{Errors, Fields, Parse},
    vocabulary,
};

vocabulary! {
    /// How an agency is reached.
    pub enum Mode { Live = "live" "つむぐで送る", Link = "link" "一回だけのリンクを送る", Logged = "logged" "電話・FAXで頼み、記録する" }
}

vocabulary! {
    pub enum Status {
        Draft = "draft" "下書き", Sent = "sent" "回答待ち", NeedsInfo = "needs_info" "情報待ち", Waitlisted = "waitlisted" "待機",
        Accepted = "accepted" "受入れ可", Started = "started" "利用中", OutcomeReported = "outcome_reported" "結果あり", Reviewed = "reviewed" "確認済み",
        Declined = "declined" "受入れ不可", Redirected = "redirected" "ほかを紹介された", NotStarted = "not_started" "開始されなかった",
        Recalled = "recalled" "取下げ", Mistaken = "entered_in_error" "誤って登録",
    }
}

impl Status {
    /// True where somebody must still move.
    pub fn is_live(self) -> bool {
        use Status as S;
        matches!(
            self,
            S::Draft | S::Sent | S::NeedsInfo | S::Waitlisted | S::Accepted | S::Started | S::OutcomeReported
        )
    }

    /// True where it ended without a service, so that the sender must decide what next.
    pub fn asks_for_decision(self) -> bool {
        matches!(self, Status::Declined | Status::Redirected | Status::NotStarted)
    }
}

/// A move of a referral. Reasons stand where a reader will ask why.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    Send,
    Accept {
        start_on: Option<Date>,
        note: String,
    },
    Waitlist {
        reason: String,
    },
    AskInformation {
        question: String,
    },
    Supply {
        information: String,
    },
    Decline {
        reason: String,
    },
    Redirect {
        reason: String,
    },
    /// Still on the waiting list; asked again at that day.
    KeepWaiting {
        until: Date,
        reason: String,
    },
    /// Accepted, but it starts later than agreed.
    Postpone {
        start_on: Date,
        reason: String,
    },
    Start {
        on: Date,
    },
    NotStart {
        reason: String,
    },
    ReportOutcome {
        outcome: String,
    },
    Review {
        note: String,
    },
    Recall {
        reason: String,
    },
    Mistake {
        reason: String,
    },
    /// The sender has seen a refusal and goes no further.
    Settle {
        note: String,
    },
}

impl Move {
    pub fn code(&self) -> &'static str {
        match self {
            Move::Send => "send",
            Move::Accept { .. } => "accept",
            Move::Waitlist { .. } => "waitlist",
            Move::AskInformation { .. } => "ask_information",
            Move::Supply { .. } => "supply",
            Move::Decline { .. } => "decline",
            Move::Redirect { .. } => "redirect",
            Move::KeepWaiting { .. } => "keep_waiting",
            Move::Postpone { .. } => "postpone",
            Move::Start { .. } => "start",
            Move::NotStart { .. } => "not_start",
            Move::ReportOutcome { .. } => "report_outcome",
            Move::Review { .. } => "review",
            Move::Recall { .. } => "recall",
            Move::Mistake { .. } => "mistake",
            Move::Settle { .. } => "settle",
        }
    }

    /// What was said with the move.
    pub fn note(&self) -> &str {
        match self {
            Move::Send | Move::Start { .. } => "",
            Move::Accept { note, .. } | Move::Review { note } | Move::Settle { note } => note,
            Move::Waitlist { reason }
            | Move::Decline { reason }
            | Move::Redirect { reason }
            | Move::KeepWaiting { reason, .. }
            | Move::Postpone { reason, .. }
            | Move::NotStart { reason } => reason,
            Move::Recall { reason } | Move::Mistake { reason } => reason,
            Move::AskInformation { question } => question,
            Move::Supply { information } => information,
            Move::ReportOutcome { outcome } => outcome,
        }
    }
}

pub fn move_label(code: &str) -> &'static str {
    match code {
        "send" => "依頼を送った",
        "accept" => "受け入れると回答",
        "waitlist" => "待機と回答",
        "ask_information" => "情報を求めた",
        "supply" => "情報を補った",
        "decline" => "受け入れられないと回答",
        "redirect" => "ほかを紹介した",
        "keep_waiting" => "まだ待機と回答",
        "postpone" => "開始が延びると回答",
        "start" => "利用を始めた",
        "not_start" => "開始されなかった",
        "report_outcome" => "結果を伝えた",
        "review" => "結果を確認した",
        "recall" => "取り下げた",
        "mistake" => "誤って登録したものとした",
        "settle" => "ここで終えた",
        "create" => "下書きを作った",
        "link" => "リンクを作り直した",
        _ => "記録した",
    }
}

impl Status {
    /// The only place that knows which moves are legal (DOMAIN §13 no. 2 of the design).
    pub fn after(self, step: &Move) -> Result<Status, &'static str> {
        use Status as S;
        match (self, step) {
            (S::Draft, Move::Send) | (S::NeedsInfo, Move::Supply { .. }) => Ok(S::Sent),
            (S::Draft, Move::Mistake { .. }) => Ok(S::Mistaken),
            (S::Sent | S::NeedsInfo | S::Waitlisted, Move::Accept { .. }) => Ok(S::Accepted),
            (S::Sent | S::NeedsInfo, Move::Waitlist { .. }) => Ok(S::Waitlisted),
            (S::Sent, Move::AskInformation { .. }) => Ok(S::NeedsInfo),
            (S::Sent | S::NeedsInfo | S::Waitlisted, Move::Decline { .. }) => Ok(S::Declined),
            (S::Sent | S::NeedsInfo | S::Waitlisted, Move::Redirect { .. }) => Ok(S::Redirected),
            (S::Waitlisted, Move::KeepWaiting { .. }) => Ok(S::Waitlisted),
            (S::Accepted, Move::Postpone { .. }) => Ok(S::Accepted),
            (S::Accepted, Move::Start { .. }) => Ok(S::Started),
            (S::Accepted, Move::NotStart { .. }) => Ok(S::NotStarted),
            (S::Started, Move::ReportOutcome { .. }) => Ok(S::OutcomeReported),
            (S::OutcomeReported, Move::Review { .. }) => Ok(S::Reviewed),
            (s, Move::Recall { .. }) if s.is_live() => Ok(S::Recalled),
            (s, Move::Settle { .. }) if s.asks_for_decision() => Ok(s),
            (S::Sent, Move::Send) => Err("すでに送った依頼です。"),
            (s, _) if !s.is_live() => Err("すでに終わったつなぎです。もう一度頼むときは、新しい依頼を作ってください。"),
            (S::Draft, _) => Err("まだ送っていない依頼です。先に送ってください。"),
            _ => Err("いまの状態では、この操作はできません。画面を読み直してください。"),
        }
    }

    /// What the sender waits for or must do in this state.
    pub fn sender_item(self) -> Option<WaitingKind> {
        use WaitingKind as K;
        match self {
            Status::Draft => Some(K::ReferralSend),
            Status::Sent | Status::Waitlisted => Some(K::ReferralResponse),
            Status::NeedsInfo | Status::Declined | Status::Redirected | Status::NotStarted => Some(K::ReferralDecide),
            Status::Accepted => Some(K::ReferralStart),
            Status::Started => Some(K::ReferralOutcome),
            Status::OutcomeReported => Some(K::ReferralReview),
            Status::Reviewed | Status::Recalled | Status::Mistaken => None,
        }
    }

    /// True where an agency with an account has the next move.
    pub fn agency_acts(self) -> bool {
        matches!(self, Status::Sent | Status::Waitlisted | Status::Accepted | Status::Started)
    }

    /// The milestone whose due time counts in this state.
    pub fn milestone(self) -> Option<&'static str> {
        match self {
            Status::Sent | Status::Waitlisted => Some("response"),
            Status::Accepted => Some("start"),
            Status::Started => Some("outcome"),
            _ => None,
        }
    }
}

/// An agency's answer, from its own screen, a one-time link, or the telephone.
pub fn parse_answer(fields: &Fields, today: Date) -> Result<Move, Errors> {
    let mut p = Parse::new(fields);
    let step = match fields.get("answer") {
        "accept" => {
            let start_on = p.optional_date("start_on", "開始の予定日");
            not_past(&mut p, start_on, today);
            Move::Accept {
                start_on, note: p.optional_paragraph("note", "伝えたいこと", 1000).unwrap_or_default()
            }
        }
        "waitlist" => Move::Waitlist { reason: p.paragraph("note", "待つ見込みと理由", 1000) },
        "ask_information" => Move::AskInformation { question: p.paragraph("note", "知りたいこと", 1000) },
        "decline" => Move::Decline { reason: p.paragraph("note", "受け入れられない理由", 1000) },
        "redirect" => Move::Redirect { reason: p.paragraph("note", "紹介したい事業所と理由", 1000) },
        "keep_waiting" => {
            let until = p.date("start_on", "次に確かめる日");
            not_past(&mut p, Some(until), today);
            Move::KeepWaiting { until, reason: p.paragraph("note", "待機の見込みと理由", 1000) }
        }
        "postpone" => {
            let start_on = p.date("start_on", "新しい開始の予定日");
            not_past(&mut p, Some(start_on), today);
            Move::Postpone { start_on, reason: p.paragraph("note", "延びる理由", 1000) }
        }
        "start" => {
            let on = p.date("start_on", "始めた日");
            if on > today {
                p.fail("start_on", "始めた日が今日より後の日付です。");
            }
            Move::Start { on }
        }
        "not_start" => Move::NotStart { reason: p.paragraph("note", "始まらなかった理由", 1000) },
        "report_outcome" => Move::ReportOutcome { outcome: p.paragraph("note", "利用の様子と結果", 2000) },
        _ => {
            p.fail("answer", "回答を選んでください。");
            Move::Send
        }
    };
    p.finish(step)
}

fn not_past(p: &mut Parse<'_>, day: Option<Date>, today: Date) {
    if day.is_some_and(|d| d < today) {
        p.fail("start_on", "予定の日は、今日以降の日付にしてください。");
    }
    if day.is_some_and(|d| d > today.saturating_add(2_i32.years())) {
        p.fail("start_on", "予定の日が2年以上先です。年を確かめてください。");
    }
}

/// Answers that are possible in a state, for the form.
pub fn answers_in(status: Status) -> Vec<(&'static str, &'static str)> {
    match status {
        Status::Sent => vec![
            ("accept", "受け入れる"),
            ("waitlist", "待機になる"),
            ("ask_information", "もっと知りたい"),
            ("decline", "受け入れられない"),
            ("redirect", "ほかを紹介する"),
        ],
        Status::NeedsInfo => {
            vec![("accept", "受け入れる"), ("decline", "受け入れられない"), ("redirect", "ほかを紹介する")]
        }
        Status::Waitlisted => vec![
            ("accept", "受け入れる"),
            ("keep_waiting", "まだ待機"),
            ("decline", "受け入れられない"),
            ("redirect", "ほかを紹介する"),
        ],
        Status::Accepted => {
            vec![("start", "利用が始まった"), ("postpone", "開始が延びる"), ("not_start", "始まらなかった")]
        }
        Status::Started => vec![("report_outcome", "結果を伝える")],
        _ => vec![],
    }
}

/// What the sender decides.
pub fn parse_decision(fields: &Fields) -> Result<Move, Errors> {
    let mut p = Parse::new(fields);
    let step = match fields.get("decision") {
        "supply" => Move::Supply { information: p.paragraph("note", "補う情報", 2000) },
        "review" => Move::Review { note: p.paragraph("note", "確認した内容", 1000) },
        "recall" => Move::Recall { reason: p.paragraph("note", "取り下げる理由", 500) },
        "mistake" => Move::Mistake { reason: p.paragraph("note", "誤りの内容", 500) },
        "settle" => Move::Settle { note: p.paragraph("note", "ここで終える理由", 500) },
        _ => {
            p.fail("decision", "することを選んでください。");
            Move::Send
        }
    };
    p.finish(step)
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
