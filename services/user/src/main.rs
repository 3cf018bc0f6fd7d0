//! The user service.

use std::process::ExitCode;

use user::Config;

fn main() -> ExitCode {
    kit::process::run(|config: &Config| config.process, user::serve)
}
