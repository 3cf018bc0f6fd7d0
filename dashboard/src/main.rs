//! The dashboard.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::process::run(dashboard::serve)
}
