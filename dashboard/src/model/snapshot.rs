//! What is known at one moment.

use resilience::wire::{ArmFault, BreakerState, BudgetState, CircuitState};
use serde::Serialize;
use serde_json::Value;

use super::{Event, Figures, Point};

/// What is known of all services at one moment.
///
/// Times are seconds from the start of the dashboard.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Snapshot {
    /// The moment.
    pub now: f64,
    /// The services, in the order in which they were named.
    pub services: Vec<Service>,
    /// What happened in the last three minutes, the newest first.
    pub events: Vec<Event>,
}

/// What is known of a service at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Service {
    /// The name of the target.
    pub name: String,
    /// What people call it, such as `order guarded`.
    pub title: String,
    /// The name that it gives itself; null until it has answered.
    pub service: Option<String>,
    /// How it differs from others of that name.
    pub variant: Option<String>,
    /// Whether it can do its work.
    pub health: Health,
    /// Why not.
    pub why: Option<String>,
    /// Since when its health is so.
    pub since: f64,
    /// The id of its process.
    pub pid: Option<u32>,
    /// How long the process has been serving, in seconds.
    pub up_for: Option<f64>,
    /// The calls that it receives; null when there is nothing to tell them from.
    pub calls: Option<Figures>,
    /// The services that it calls, by name.
    pub peers: Vec<Peer>,
    /// Its breakers, the worst first.
    pub breakers: Vec<BreakerState>,
    /// Its retry budgets, the emptiest first.
    pub budgets: Vec<BudgetState>,
    /// The limits of its policies.
    pub limits: Value,
    /// The fault that is armed in it; null when there is none.
    pub fault: Option<Fault>,
    /// Its calls, second by second.
    pub history: Vec<Point>,
    /// When one of its breakers was not closed; null when it has none.
    pub disturbed: Option<Vec<Stretch>>,
    /// When a fault was armed in it.
    pub faults: Vec<Span>,
    /// When it did not answer.
    pub away: Vec<Span>,
    /// When another process took its place.
    pub restarts: Vec<f64>,
}

/// Whether a service can do its work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It was not asked yet.
    #[default]
    Unknown,
    /// It can.
    Up,
    /// It answers, and says that it cannot.
    NotReady,
    /// It does not answer.
    Down,
}

/// What is known of the attempts to call another service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Peer {
    /// The service that is called.
    pub name: String,
    /// The attempts; null when there is nothing to tell them from.
    pub attempts: Option<Figures>,
}

/// A fault that is armed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// What it does, with the time it has left.
    pub armed: ArmFault,
    /// The calls that it has hit since it was seen first.
    pub hit: u64,
}

/// From when to when.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Span {
    /// The beginning.
    pub from: f64,
    /// The end; the present moment when it goes on.
    pub to: f64,
}

/// When a breaker was in a state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// The state.
    pub state: CircuitState,
    /// When.
    #[serde(flatten)]
    pub span: Span,
}
