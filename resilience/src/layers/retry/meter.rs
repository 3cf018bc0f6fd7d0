use crate::meter::{CANCELLED, Kind};

/// How calls ended; each in one of these.
pub(super) static CALLS: Kind = Kind {
    metric: "resilience_retry_calls_total",
    help: "Calls by how they ended; given_up are calls whose last outcome was worth a retry.",
    label: "outcome",
    outcomes: &["first_attempt", "after_retry", "given_up", "cancelled"],
};

const _: () = assert!(matches!(CALLS.outcomes[CANCELLED].as_bytes(), b"cancelled"));

pub(super) const FIRST_ATTEMPT: usize = 0;
pub(super) const AFTER_RETRY: usize = 1;
pub(super) const GIVEN_UP: usize = 2;

/// Retries made, and why others were not; a call may count several times.
pub(super) static RETRIES: Kind = Kind {
    metric: "resilience_retries_total",
    help: "Retries made, and retries not made by the reason.",
    label: "decision",
    outcomes: &[
        "made",
        "attempts",
        "budget",
        "deadline",
        "retry_after",
        "not_replayable",
        "elapsed",
        "not_ready",
    ],
};

pub(super) const MADE: usize = 0;
