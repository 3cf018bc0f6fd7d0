//! What is known of the services, and how it follows from one poll after the other.
//!
//! Everything here is handed the time, as the time since the dashboard started, and has neither
//! clock nor network. Memory is bounded: of a service, 180 seconds of its calls and of those to
//! each of at most 32 others are kept, 256 policies, 256 changes of each thing that changes; of
//! events, 256.

mod answer;
mod event;
mod histogram;
mod operated;
mod ring;
mod snapshot;
mod timeline;
mod totals;
mod transitions;
mod watched;

#[cfg(test)]
mod tests;

pub use self::{
    answer::{Answer, Failed, MOST_PEERS, MOST_POLICIES, Reading},
    event::{Event, Log, What},
    histogram::Histogram,
    operated::{Flagged, Operated, Refusal},
    ring::{Figures, KEPT, Point},
    snapshot::{Fault, Health, Peer, Service, Snapshot, Span, Stretch},
    totals::Totals,
    watched::Watched,
};
