use super::*;
use platform::vocabulary::Vocabulary as _;

fn moves() -> Vec<Move> {
    let reason = String::from("理由");
    vec![
        Move::Begin,
        Move::WaitForInformation { reason: reason.clone(), review_on: Date::default() },
        Move::Advise { reason: reason.clone() },
        Move::Link { reason: reason.clone() },
        Move::OpenCase,
        Move::HandOverOutside { reason: reason.clone() },
        Move::Withdraw { reason: reason.clone() },
        Move::Duplicate { of: ConsultationId(platform::Uuid::nil()) },
        Move::Reopen { reason },
    ]
}

#[test]
fn an_open_consultation_takes_every_move_but_reopening_and_a_closed_one_only_that() {
    for &status in Status::ALL {
        for step in moves() {
            let reopening = matches!(step, Move::Reopen { .. });
            assert_eq!(status.after(&step).is_ok(), status.is_open() != reopening, "{status:?} {step:?}");
        }
    }
}

#[test]
fn a_reopened_consultation_is_open_again() {
    for &status in Status::ALL.iter().filter(|s| !s.is_open()) {
        assert!(status.after(&Move::Reopen { reason: "また困った".into() }).is_ok_and(Status::is_open));
    }
}

fn typed() -> Fields {
    Fields::default()
        .with("channel", "phone")
        .with("kind", "individual")
        .with("asker_kind", "hospital")
        .with("municipality", "142085")
        .with("topic", "discharge")
        .with("urgency", "three_days")
        .with("concern", "来月退院の予定です。")
}

fn now() -> Timestamp {
    "2026-11-24T01:00:00Z".parse().expect("a time")
}

#[test]
fn the_shortest_intake_is_seven_fields() {
    let new = New::parse(&typed(), now()).expect("valid");
    assert_eq!(
        (new.municipality, new.urgency, new.minutes, new.child_name),
        (Municipality::Zushi, Urgency::ThreeDays, 0, None)
    );
}

#[test]
fn an_unknown_municipality_a_future_birth_and_an_anonymous_name_are_refused_together() {
    let fields = typed().with("child_birth", "R99.1.1").with("anonymous", "1").with("asker_name", "山田");
    let fields = Fields::parse(fields.encode().replace("142085", "999999").as_bytes());
    let errors = New::parse(&fields, now()).expect_err("invalid");
    for field in ["municipality", "child_birth", "asker_name"] {
        assert!(errors.of(field).is_some(), "{field}: {errors:?}");
    }
}

#[test]
fn invisible_characters_in_a_name_are_refused() {
    for bad in ["山田\u{200b}太郎", "山田\u{202e}太郎", "山田\u{0007}太郎"] {
        let errors = New::parse(&typed().with("child_name", bad), now()).expect_err("refused");
        assert!(errors.of("child_name").is_some());
    }
}
