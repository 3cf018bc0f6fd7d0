//! Faults that a request asks for itself, where its caller is trusted.
//!
//! The header [`x-fault-plan`](PLAN) holds a [`HeaderFault`](crate::wire::HeaderFault) as JSON, and
//! [`x-fault-signature`](SIGNATURE) the HMAC-SHA-256 of exactly its bytes in hex, under a key
//! that the tester and the service share. So a tester can break their own requests in a
//! system that others use. With a shell:
//!
//! ```text
//! plan='{"run":"r1","policy":"user","expires":1790000000,"plan":{"fault":{"abort":{}},"rate":1}}'
//! signature=$(printf %s "$plan" | openssl dgst -sha256 -hmac "$KEY" -r | cut -d' ' -f1)
//! curl -H "x-fault-plan: $plan" -H "x-fault-signature: $signature" http://127.0.0.1:5001/users
//! ```
//!
//! It hits calls: faults of bodies and of readiness, and a plan for less than the whole of the traffic,
//! are wrong here. A request whose header is forged, expired, too long or wrong is refused with
//! [`Reason::FaultHeader`](crate::Reason::FaultHeader): a test that believes its fault happened
//! must not pass because it did not. These are counted by what is wrong with them, in
//! `resilience_fault_headers_refused_total`. A signed header can be sent again until it expires, so let it
//! expire soon.

mod future;
mod key;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use key::{FaultKey, FaultKeyError};
pub use layer::HeaderFaultLayer;
pub use service::HeaderFaultService;

/// The header with what is to happen.
pub const PLAN: http::HeaderName = http::HeaderName::from_static("x-fault-plan");

/// The header with its signature.
pub const SIGNATURE: http::HeaderName = http::HeaderName::from_static("x-fault-signature");

#[cfg(test)]
mod tests;
