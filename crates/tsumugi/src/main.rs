//! The binary: everything it does stands in the library, so that the code of its long futures is made once.

use std::process::ExitCode;

/// Pages are many small strings that live for a millisecond; this allocator is about a tenth faster on them (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tsumugi::command::main()
}
