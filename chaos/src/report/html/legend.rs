use maud::{Markup, html};

use super::breaker::{State, sample};
use super::text::group;
use crate::experiment::Group;
use crate::report::Report;

/// What the words of the page mean, for somebody who meets them for the first time.
pub(super) fn legend(report: &Report) -> Markup {
    let within = report.settings.promise.within;
    html! {
        section aria-labelledby="words" {
            h2 id="words" { "What the words mean" }
            p {
                "To place an order, the order service asks another one, the user service, who the \
                 customer is. That other service is what gets slow, fails or dies here."
            }
            dl {
                dt { (group(Group::Guarded)) }
                dd {
                    "This copy protects itself: it gives up on an answer that takes too long, asks \
                     again within limits, and has a circuit breaker."
                    @if !report.without.is_empty() {
                        " In this run it was made to do without: " (report.without.join(", ")) "."
                    }
                }
                dt { (group(Group::Bare)) }
                dd {
                    "The same service without these protections, at the same time, with the same \
                     orders: it shows what they are worth."
                }
                dt { "circuit breaker" }
                dd {
                    "A switch between two services, like the one in a fuse box. It notices that \
                     calls fail and stops making them, so that callers get an answer at once and \
                     the broken service gets time to come back. Its states:"
                    ul class="states" {
                        @for state in State::ALL {
                            li {
                                (sample(state)) " " strong { (state.name()) } ": " (meaning(state))
                            }
                        }
                    }
                }
                dt { "in time, late, failed, refused" }
                dd {
                    "Each order ends in one of these ways. In time is an order acknowledged within "
                    (format!("{within:?}")) ", late is one acknowledged after that. Refused is one \
                    that a protection turned away at once, because it could not be served; failed \
                    is every other."
                }
                dt { "p50, p99" }
                dd {
                    "Of 100 orders, 50 took no longer than the p50 and 99 no longer than the p99: \
                     the usual wait, and the wait of the unlucky."
                }
            }
        }
    }
}

const fn meaning(state: State) -> &'static str {
    match state {
        State::Closed => "all calls pass; all is well.",
        State::Open => "no call passes; each is refused at once.",
        State::HalfOpen => "a few calls pass, to see whether the other side is back.",
    }
}
