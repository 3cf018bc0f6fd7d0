//! The user service.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::process::run(user::serve)
}
