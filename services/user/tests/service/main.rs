//! The user service, asked as a router and as a process.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[cfg(feature = "fault-injection")]
mod faults;
#[cfg(feature = "fault-injection")]
mod flags;
mod process;
mod routes;

use http::StatusCode;
use serde_json::{Value, json};

fn ann() -> Value {
    json!({ "name": "Ann", "email": "ann@example.com" })
}

const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
