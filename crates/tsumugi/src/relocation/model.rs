//! What is typed when a case moves. Pure.

use crate::area::Municipality;
use platform::{
    Date,
    form::{Errors, Fields, Parse},
    id::PersonId,
};

/// Who had the case before reads on for so long（SECURITYの設計 §3 A16）.
pub const READS_ON_DAYS: i64 = 90;

#[derive(Clone, Debug)]
pub struct Proposal {
    pub to: Municipality,
    pub moves_on: Date,
    pub note: String,
}

impl Proposal {
    pub fn parse(fields: &Fields, from: Municipality) -> Result<Proposal, Errors> {
        let mut p = Parse::new(fields);
        let to: Municipality = p.choice("to", "転居先の市町");
        if to == from && !p.raw("to").is_empty() {
            p.fail("to", "いまの市町とは別の市町を選んでください。");
        }
        let proposal =
            Proposal {
                to, moves_on: p.date("moves_on", "転居する日"), note: p.paragraph("note", "申し送り", 2000)
            };
        p.finish(proposal)
    }
}

/// Received with these two, or given back with a reason.
#[derive(Clone, Debug)]
pub enum Answer {
    Receive { lead: PersonId, deputy: PersonId },
    Return { reason: String },
}

impl Answer {
    pub fn parse(fields: &Fields) -> Result<Answer, Errors> {
        let mut p = Parse::new(fields);
        if fields.get("answer") == "return" {
            let reason = p.paragraph("reason", "返す理由", 500);
            return p.finish(Answer::Return { reason });
        }
        let lead: PersonId = p.id("lead", "主担当");
        let deputy: PersonId = p.id("deputy", "副担当");
        if lead == deputy && !lead.0.is_nil() {
            p.fail("deputy", "副担当は、主担当と別の人を選んでください。");
        }
        p.finish(Answer::Receive { lead, deputy })
    }
}
