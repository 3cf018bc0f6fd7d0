use crate::{keyed::KEY_EVENTS, meter::Kind};

pub(super) static KEYS: Kind = Kind {
    metric: "resilience_keyed_circuit_breaker_keys_total",
    help: "Keys that were made, that left because they were idle or evicted for others, and calls \
           that shared a breaker because no key could leave or theirs was too long.",
    label: "event",
    outcomes: KEY_EVENTS,
};
