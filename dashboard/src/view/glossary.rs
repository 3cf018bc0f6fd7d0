//! What the words of the page mean, for somebody who meets them for the first time.

use maud::{Markup, html};
use resilience::wire::CircuitState;

use super::{switch::switch, words};

const STATES: [(CircuitState, &str); 3] = [
    (CircuitState::Closed, "all calls pass; all is well."),
    (CircuitState::Open, "no call passes; each is refused at once."),
    (CircuitState::HalfOpen, "a few calls pass, to see whether the other side is back."),
];

pub(super) fn glossary() -> Markup {
    html! {
        dl class="words" {
            div {
                dt { "circuit breaker" }
                dd {
                    "A switch between two services, like the one in a fuse box. It notices that \
                     calls fail and stops making them, so that callers get an answer at once and \
                     the broken service gets time to come back."
                    ul class="states" {
                        @for (state, meaning) in STATES {
                            li {
                                (switch(state))
                                span { strong { (words::state(state)) } ": " (meaning) }
                            }
                        }
                    }
                }
            }
            div {
                dt { "guarded and bare" }
                dd {
                    "The same service twice. Guarded gives up on an answer that takes too long, \
                     asks again within limits, and has a circuit breaker. Bare does without: it \
                     shows what these are worth."
                }
            }
            div {
                dt { "retry budget" }
                dd {
                    "Asking again rescues calls, but puts more load on a service that is already \
                     in trouble. So retries are paid for: calls save them up, each retry takes one, \
                     and with none left there is no asking again."
                }
            }
            div {
                dt { "failed, refused" }
                dd {
                    "Failed is a call that was answered with a status of 500 or more, or whose \
                     caller left before the answer; between two services also an attempt that got \
                     no answer or was given up. Refused is one that a protection turned away at \
                     once, because it could not be served."
                }
            }
            div {
                dt { "p50, p99" }
                dd {
                    "Of 100 calls, 50 took no longer than the p50 and 99 no longer than the p99: \
                     the usual wait, and the wait of the unlucky. Both are read from the buckets \
                     of the service's histogram, so they are as exact as its buckets are narrow."
                }
            }
            div {
                dt { "where the figures come from" }
                dd {
                    "Each service is asked twice a second what it counted. Figures are those of \
                     the last three seconds; routes for machines that watch are left out."
                }
            }
        }
    }
}
