//! The binary: `demo`, `serve`, and what an operator needs.

mod command;

use command::{Options, say_error};
use std::process::ExitCode;

/// Pages are many small strings that live for a millisecond; this allocator is about a tenth faster on them (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("TSUMUGI_LOG").unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let outcome = Options::read().and_then(|o| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
        runtime.block_on(command::run(o))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            say_error(&sentence);
            ExitCode::FAILURE
        }
    }
}
