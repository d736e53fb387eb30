//! The commands of the workshop: `cargo xtask test`, `cargo xtask tidy`, `cargo xtask bench`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its caller")]

mod attack;
mod bench;
mod browser;
mod canary;
mod command;
mod packages;
mod postgres;
mod suite;
mod test;
mod tidy;
mod torture;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test [--only rust|torture|browser|tidy] [--filter EXPR]   installs what is needed and runs everything
cargo xtask tidy [--unscoped|--plans]                         checks the invariants that a program can check
cargo xtask bench                                             measures
cargo xtask torture [--rounds N | --power N | --edits N | --keys N]     kills the server, cuts its power, edits at once; counts the harm
cargo xtask attack [--only NAME] [--minutes N]                turns attackers' programs on the running product";

fn main() -> ExitCode {
    command::stop_on_signals();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((name, rest)) if name == "test" => return test::run(rest),
        Some((name, rest)) if name == "tidy" => tidy::run(rest),
        Some((name, rest)) if name == "bench" => bench::run(rest),
        Some((name, rest)) if name == "attack" => attack::run(rest),
        Some((name, rest)) if name == "torture" => torture::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}
