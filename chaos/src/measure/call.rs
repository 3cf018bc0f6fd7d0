use std::time::Duration;

use super::{Order, Outcome};

/// What became of one arrival in one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The index of its phase.
    pub phase: usize,
    /// The intended start, counted from the start of the run.
    pub at: Duration,
    /// The time from the intended start to the answer. Without one, to the moment at which that
    /// was certain: soon where the connection failed, the client's limit where time was up or
    /// the order was not sent.
    pub took: Duration,
    /// What was ordered.
    pub order: Order,
    /// How it ended.
    pub outcome: Outcome,
    /// How the same order ended when it was sent again; `None`: it was not.
    pub repeat: Option<Repeat>,
}

/// The end of a repeated order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// How the second request ended.
    pub outcome: Outcome,
}
