//! What is in the database after the last kill, looked at behind the product's back.

use crate::{
    bench::place::{Engine, Place},
    command::{self, Outcome},
};
use std::{collections::HashMap, path::Path};

/// Every mark that stands in a record. What an entry says is sealed, so its mark is the minute at which it is said to have happened,
/// long before any entry of the demo.
fn marks(place: &Place) -> String {
    let minute = match place {
        Place::Sqlite(_) => "strftime('%Y-%m-%dT%H:%M', happened_at, '+9 hours')",
        Place::Postgres(_) => "to_char(happened_at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD\"T\"HH24:MI')",
    };
    format!(
        "SELECT {minute} FROM timeline_entry WHERE happened_at < '2020-01-01T00:00:00Z'
         UNION ALL SELECT asker_place FROM consultation WHERE asker_place LIKE '印%'"
    )
}

/// Acts of which only a part is there: a record without its entry in the journal or without what belongs to it, an entry about a
/// record that is not there, a key against double sending without a record.
const HALVES: [&str; 5] = [
    "SELECT COUNT(*) FROM timeline_entry e WHERE e.happened_at < '2020-01-01T00:00:00Z' AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.object_id = e.id)",
    "SELECT COUNT(*) FROM consultation c WHERE c.asker_place LIKE '印%' AND (NOT EXISTS (SELECT 1 FROM journal j WHERE j.object_id = c.id)
        OR NOT EXISTS (SELECT 1 FROM consultation_access a WHERE a.consultation_id = c.id)
        OR NOT EXISTS (SELECT 1 FROM consultation_step s WHERE s.consultation_id = c.id)
        OR NOT EXISTS (SELECT 1 FROM sealing_key k WHERE k.owner_id = c.id)
        OR NOT EXISTS (SELECT 1 FROM waiting w WHERE w.object_id = c.id))",
    "SELECT COUNT(*) FROM journal j WHERE j.object_kind = 'timeline_entry' AND j.kind = 'act' AND NOT EXISTS (SELECT 1 FROM timeline_entry e WHERE e.id = j.object_id)",
    "SELECT COUNT(*) FROM journal j WHERE j.act = 'consultation.take' AND j.kind = 'act' AND NOT EXISTS (SELECT 1 FROM consultation c WHERE c.id = j.object_id)",
    "SELECT COUNT(*) FROM consultation_step s WHERE NOT EXISTS (SELECT 1 FROM consultation c WHERE c.id = s.consultation_id)",
];

/// What was found. Everything but `acknowledged` and `again` must be zero or whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub acknowledged: usize,
    pub again: usize,
    pub lost: usize,
    pub twice: usize,
    pub half: i64,
    pub journal: String,
}

impl Findings {
    pub fn judge(&self, engine: Engine) -> Outcome<()> {
        if self.acknowledged == 0 {
            return Err(format!("On {} nothing was acknowledged, so nothing was shown.", engine.label()));
        }
        if self.lost > 0 || self.twice > 0 || self.half > 0 || self.journal != "whole" {
            return Err(format!("On {} the kills did harm: {self:?}", engine.label()));
        }
        Ok(())
    }
}

pub fn look(program: &Path, place: &Place, engine: Engine, acknowledged: &[String], again: usize) -> Outcome<Findings> {
    found(place, acknowledged, again, || journal(program, place, engine))
}

/// What is in the database, with what `journal` says of the journal.
pub fn found(
    place: &Place,
    acknowledged: &[String],
    again: usize,
    journal: impl FnOnce() -> Outcome<String>,
) -> Outcome<Findings> {
    let marks = place.texts(&marks(place))?;
    let mut half = 0;
    for sql in HALVES {
        half += place.number(sql)?;
    }
    let (lost, twice) = compare(acknowledged, &marks);
    let journal = journal()?;
    Ok(Findings { acknowledged: acknowledged.len(), again, lost, twice, half, journal })
}

/// "whole", or what the product says is wrong with its journal.
pub fn journal(program: &Path, place: &Place, engine: Engine) -> Outcome<String> {
    let mut verify = command::command(&program.to_string_lossy());
    verify.args(["journal", "verify"]).args(place.options());
    let said = verify.output().map_err(|error| format!("The journal could not be verified: {error}."))?;
    Ok(if said.status.success() {
        "whole".to_owned()
    } else {
        format!("{} on {}", String::from_utf8_lossy(&said.stderr).trim(), engine.label())
    })
}

/// How many acknowledged marks are not there, and how many marks are there more than once.
fn compare(acknowledged: &[String], there: &[String]) -> (usize, usize) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for mark in there {
        *counts.entry(mark).or_default() += 1;
    }
    let lost = acknowledged.iter().filter(|mark| !counts.contains_key(mark.as_str())).count();
    (lost, counts.values().filter(|n| **n > 1).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(all: &[&str]) -> Vec<String> {
        all.iter().map(|m| (*m).to_owned()).collect()
    }

    #[test]
    fn what_was_lost_or_kept_twice_is_counted() {
        assert_eq!(compare(&these(&["a", "b"]), &these(&["b", "a", "c"])), (0, 0), "what nobody was told may be there");
        assert_eq!(compare(&these(&["a", "b"]), &these(&["b"])), (1, 0));
        assert_eq!(compare(&these(&["a"]), &these(&["a", "a"])), (0, 1));
    }

    #[test]
    fn harm_is_never_passed_over() {
        let good = Findings { acknowledged: 9, journal: "whole".to_owned(), ..Findings::default() };
        assert!(good.judge(Engine::Sqlite).is_ok());
        for bad in [
            Findings { lost: 1, ..good.clone() },
            Findings { twice: 1, ..good.clone() },
            Findings { half: 1, ..good.clone() },
            Findings { journal: "broken".to_owned(), ..good.clone() },
            Findings { acknowledged: 0, ..good.clone() },
        ] {
            assert!(bad.judge(Engine::Sqlite).is_err(), "{bad:?}");
        }
    }
}
