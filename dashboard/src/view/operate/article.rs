//! One policy, with its state and the forms that change it.

use maud::{Markup, html};
use resilience::wire::{InstanceState, PolicyState};

use super::{
    forms::forms,
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

    /// The id of its element.
    pub(crate) fn id(&self) -> String {
        format!("policy-{}-{}", self.number, self.policy.id)
    }

    /// What changes of it, by the id of the element that holds it; nothing in it can have the focus.
    pub(crate) fn regions(&self) -> [(String, Markup); 2] {
        let (number, id, policy) = (self.number, self.policy.id, &self.policy.state);
        [
            (format!("state-{number}-{id}"), state(policy, self.service)),
            (format!("past-{number}-{id}"), past(policy)),
        ]
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Markup {
        let (id, kind) = (self.id(), self.policy.state.kind());
        let [(state_id, state), (past_id, past)] = self.regions();
        let to = format!("/policies/{}/{}", self.service, self.policy.id);
        html! {
            article class={ "policy " (kind) } id=(id) aria-labelledby={ (id) "-title" } {
                h3 id={ (id) "-title" } {
                    (title(&self.policy.state)) " " code { (self.policy.state.policy()) }
                }
                div id=(state_id) data-region { (state) }
                (forms(&self.policy.state, &id, &to))
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
        PolicyState::Retry(_) => "Retry",
        PolicyState::Timeout(_) => "Timeout",
        PolicyState::Deadline(_) => "Deadline",
        PolicyState::Fault(_) => "Fault switch",
        _ => "A policy of a kind that this page does not know",
    }
}
