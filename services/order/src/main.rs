//! The order service.

use std::process::ExitCode;

use order::Config;

fn main() -> ExitCode {
    kit::process::run(|config: &Config| config.process, order::serve)
}
