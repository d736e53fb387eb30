//! What the caller asked for.

use super::{place::Engine, work};
use crate::command::Outcome;

pub const USAGE: &str = "\
cargo xtask bench [--engine sqlite|postgres|both] [--cases 10000] [--seconds 10] [--connections 16] [--only NAME] [--date DATE]";

#[derive(Debug, PartialEq)]
pub struct Plan {
    pub engines: Vec<Engine>,
    pub cases: u32,
    pub seconds: f64,
    pub connections: usize,
    pub only: Option<String>,
    pub date: Option<String>,
}

impl Plan {
    pub fn parse(arguments: &[String]) -> Outcome<Plan> {
        let mut plan = Plan {
            engines: vec![Engine::Sqlite, Engine::Postgres],
            cases: 10_000,
            seconds: 10.0,
            connections: 16,
            only: None,
            date: None,
        };
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(option) = rest.next() {
            let value = rest.next().ok_or_else(|| format!("{option} is unknown or needs a value.\n{USAGE}"))?;
            match option {
                "--engine" => plan.engines = engines(value)?,
                "--cases" => plan.cases = number(option, value)?,
                "--seconds" => plan.seconds = number(option, value)?,
                "--connections" => plan.connections = number(option, value)?,
                "--only" if work::is_known(value) => plan.only = Some(value.to_owned()),
                "--only" => return Err(format!("--only takes one of {}.", work::names())),
                "--date" => plan.date = Some(value.to_owned()),
                _ => return Err(format!("{option} is unknown.\n{USAGE}")),
            }
        }
        if !(0.5..=600.0).contains(&plan.seconds) || !(1..=150).contains(&plan.connections) {
            return Err("--seconds takes 0.5 to 600, --connections 1 to 150.".to_owned());
        }
        Ok(plan)
    }

    /// Only a whole run may replace the figures of the documentation.
    pub fn is_whole(&self) -> bool {
        self.only.is_none() && self.engines.len() == 2
    }
}

fn engines(value: &str) -> Outcome<Vec<Engine>> {
    match value {
        "sqlite" => Ok(vec![Engine::Sqlite]),
        "postgres" => Ok(vec![Engine::Postgres]),
        "both" => Ok(vec![Engine::Sqlite, Engine::Postgres]),
        _ => Err("--engine takes sqlite, postgres or both.".to_owned()),
    }
}

fn number<T: std::str::FromStr>(option: &str, value: &str) -> Outcome<T> {
    value.parse().map_err(|_| format!("{option} takes a number, not {value}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &str) -> Outcome<Plan> {
        Plan::parse(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn without_options_everything_is_measured_with_the_issues_numbers() {
        let plan = of("").unwrap();
        assert_eq!((plan.cases, plan.connections, plan.engines.len()), (10_000, 16, 2));
        assert!(plan.is_whole());
    }

    #[test]
    fn a_part_is_asked_for_by_name_and_nonsense_is_refused() {
        let plan = of("--engine sqlite --only consultation --seconds 2").unwrap();
        assert_eq!(plan.engines, [Engine::Sqlite]);
        assert!(!plan.is_whole());
        for words in ["--only nothing", "--engine oracle", "--seconds", "--seconds x", "--seconds 0", "--what 1"] {
            assert!(of(words).is_err(), "{words}");
        }
    }
}
