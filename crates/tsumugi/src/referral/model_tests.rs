use super::*;
use platform::vocabulary::Vocabulary as _;
use proptest::prelude::*;

fn moves() -> Vec<Move> {
    let t = || String::from("理由");
    vec![
        Move::Send,
        Move::Accept { start_on: None, note: t() },
        Move::Waitlist { reason: t() },
        Move::AskInformation { question: t() },
        Move::Supply { information: t() },
        Move::Decline { reason: t() },
        Move::Redirect { reason: t() },
        Move::KeepWaiting { until: Date::default(), reason: t() },
        Move::Postpone { start_on: Date::default(), reason: t() },
        Move::Start { on: Date::default() },
        Move::NotStart { reason: t() },
        Move::ReportOutcome { outcome: t() },
        Move::Review { note: t() },
        Move::Recall { reason: t() },
        Move::Mistake { reason: t() },
        Move::Settle { note: t() },
    ]
}

#[test]
fn every_live_referral_can_be_recalled_and_no_ended_one() {
    for &status in Status::ALL {
        let recalled = status.after(&Move::Recall { reason: "理由".into() });
        assert_eq!(recalled.is_ok(), status.is_live(), "{status:?}");
    }
}

#[test]
fn whatever_is_not_an_end_has_something_that_the_sender_waits_for() {
    for &status in Status::ALL {
        let ended = matches!(status, Status::Reviewed | Status::Recalled | Status::Mistaken);
        assert_eq!(status.sender_item().is_none(), ended, "{status:?}");
    }
}

#[test]
fn an_ended_referral_never_lives_again() {
    for &status in Status::ALL.iter().filter(|s| !s.is_live()) {
        for step in moves() {
            assert!(status.after(&step).map_or(true, |next| !next.is_live()), "{status:?} {step:?}");
        }
    }
}

#[test]
fn the_table_of_moves_is_the_reviewed_one() {
    let mut table = String::new();
    for &status in Status::ALL {
        let to: Vec<String> =
            moves().iter().filter_map(|m| status.after(m).ok().map(|s| format!("{}→{}", m.code(), s.code()))).collect();
        table += &format!("{}: {}\n", status.code(), to.join(" "));
    }
    insta::assert_snapshot!(table);
}

proptest! {
    /// Whatever is done in whatever order, a closed loop was sent, accepted, started and reported before.
    #[test]
    fn a_reviewed_referral_went_the_whole_way(steps in proptest::collection::vec(0_usize..16, 0..30)) {
        let all = moves();
        let mut status = Status::Draft;
        let mut seen = vec![status];
        for i in steps {
            if let Ok(next) = status.after(&all[i]) {
                status = next;
                seen.push(next);
            }
        }
        if status == Status::Reviewed {
            for must in [Status::Sent, Status::Accepted, Status::Started, Status::OutcomeReported] {
                prop_assert!(seen.contains(&must));
            }
        }
    }
}

#[test]
fn an_answer_without_its_reason_is_refused() {
    let today = jiff::civil::date(2026, 11, 24);
    for answer in ["waitlist", "ask_information", "decline", "redirect", "not_start", "report_outcome"] {
        let errors = parse_answer(&Fields::default().with("answer", answer), today).expect_err("needs a reason");
        assert!(errors.of("note").is_some(), "{answer}");
    }
    assert!(parse_answer(&Fields::default().with("answer", "accept").with("start_on", "2026-11-23"), today).is_err());
    assert!(parse_answer(&Fields::default().with("answer", "accept"), today).is_ok());
}
