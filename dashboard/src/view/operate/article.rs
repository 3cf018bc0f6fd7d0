//! One policy, with its state and the forms that change it.

use maud::{Markup, html};
use resilience::wire::{InstanceState, PolicyState};

use super::{
    forms::forms,
    keys::Keyed,
    piece::Piece,
    state::{past, state},
};

/// One policy of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Article<'a> {
    /// The service's place in the page.
    number: usize,
    service: &'a str,
    policy: &'a InstanceState,
}

impl<'a> Article<'a> {
    /// The policy of the service with this number and name.
    pub(crate) const fn new(number: usize, service: &'a str, policy: &'a InstanceState) -> Self {
        Self { number, service, policy }
    }

    fn state(&self) -> (String, Markup) {
        let (number, id) = (self.number, self.policy.id);
        (format!("state-{number}-{id}"), state(&self.policy.state, self.service))
    }

    fn past(&self) -> (String, Markup) {
        (format!("past-{}-{}", self.number, self.policy.id), past(&self.policy.state))
    }
}

impl Piece for Article<'_> {
    fn id(&self) -> String {
        format!("policy-{}-{}", self.number, self.policy.id)
    }

    fn regions(&self) -> Vec<(String, Markup)> {
        vec![self.state(), self.past()]
    }

    fn whole(&self) -> Markup {
        let (id, kind) = (self.id(), self.policy.state.kind());
        let ((state_id, state), (past_id, past)) = (self.state(), self.past());
        let to = format!("/policies/{}/{}", self.service, self.policy.id);
        html! {
            article class={ "policy " (kind) } id=(id) aria-labelledby={ (id) "-title" } {
                h3 id={ (id) "-title" } {
                    (title(&self.policy.state)) " " code { (self.policy.state.policy()) }
                }
                div id=(state_id) data-region { (state) }
                @if let PolicyState::KeyedCircuitBreaker(_) = self.policy.state {
                    (Keyed::new(self.number, self.service, self.policy.id).forms())
                } @else {
                    (forms(&self.policy.state, &id, &to))
                }
                div id=(past_id) data-region { (past) }
            }
        }
    }
}

/// The kind of a policy in words.
pub(super) const fn title(policy: &PolicyState) -> &'static str {
    match policy {
        PolicyState::CircuitBreaker(_) => "Circuit breaker",
        PolicyState::KeyedCircuitBreaker(_) => "Circuit breakers by key",
        PolicyState::RetryBudget(_) => "Retry budget",
        PolicyState::KeyedRetryBudget(_) => "Retry budgets by key",
        PolicyState::Retry(_) => "Retry",
        PolicyState::Timeout(_) => "Timeout",
        PolicyState::Deadline(_) => "Deadline",
        PolicyState::Fault(_) => "Fault switch",
        _ => "A policy of a kind that this page does not know",
    }
}
