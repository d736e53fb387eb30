//! 予定 of the demo: what the first coordinator has agreed with some families for the next days.

use super::{
    awkward::Fate,
    dice::{Days, shift, time},
    finish::at,
    plan::Who,
    play::Play,
};
use crate::{
    appointment::{self, AppointmentKind, NewAppointment},
    journal::Draft,
    policy::SetAppointment,
    web::Error,
};
use jiff::civil::Weekday;

const AGREED: [(AppointmentKind, i32, i32, &str, &str, &str); 4] = [
    (AppointmentKind::Visit, 1, 10, "家庭訪問（夜のケアの様子を聞く）", "ご自宅", ""),
    (AppointmentKind::Medical, 2, 13, "外来に同行", "みうら半島こども病院", "お薬手帳と、機器の設定の紙"),
    (AppointmentKind::Interview, 3, 15, "就学についての面談", "市役所2階 相談室", "受給者証"),
    (AppointmentKind::Service, 6, 11, "短期入所の見学", "", "ふだんの注入の道具"),
];

pub async fn tell(play: &Play<'_>, tx: &mut Draft, days: &Days) -> Result<(), Error> {
    let mut agreed = AGREED.iter();
    for (index, live) in play.lives.iter().enumerate() {
        let (case, Some(seen)) = (&play.cases[index], &live.seen) else { continue };
        if case.lead != 0 || case.child.fate != Fate::Active || case.child.last != days.last {
            continue;
        }
        let Some((kind, ahead, hour, what, place, note)) = agreed.next() else { break };
        let mut day = shift(days.last, *ahead);
        while matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            day = shift(day, 1);
        }
        let new = NewAppointment {
            kind: *kind,
            starts_at: time(day, *hour, 0),
            minutes: 60,
            what: (*what).to_owned(),
            place: (*place).to_owned(),
            note: (*note).to_owned(),
            for_family: true,
        };
        let made = time(days.open_back(1), 16, 10).min(days.end);
        let app = at(play.app, made).0;
        let id = app.mint.uuid(made);
        appointment::make(tx, &app.mint, id, seen, play.who(index, Who::Lead), &new, made).await?;
        play.journal::<SetAppointment>(&app, tx, index, Who::Lead, ("appointment", id), "made").await?;
    }
    Ok(())
}
