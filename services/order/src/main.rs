//! The order service.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::process::run(order::serve)
}
