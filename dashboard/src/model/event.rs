//! What happened.

use std::{collections::VecDeque, time::Duration};

use resilience::wire::{ArmFault, CircuitState};
use serde::Serialize;

use super::ring::KEPT;

/// The events that are kept.
const MOST: usize = 256;

/// Something that happened to a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When, in seconds from the start of the dashboard.
    pub at: f64,
    /// To which service, by its title.
    pub service: String,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum What {
    /// It does not answer.
    Down {
        /// Why not.
        why: String,
    },
    /// It answers, but cannot do its work.
    NotReady {
        /// Why not.
        why: String,
    },
    /// It can do its work again.
    Up,
    /// Another process has taken its place.
    Restarted,
    /// A breaker changed its state.
    Changed {
        /// The breaker.
        policy: String,
        /// The state it left.
        from: CircuitState,
        /// The state it entered.
        to: CircuitState,
        /// Why, as a label.
        reason: String,
    },
    /// A breaker let probes through and opened again.
    Probed {
        /// The breaker.
        policy: String,
        /// How often, one time after the other.
        times: u32,
    },
    /// A fault was armed in it.
    Armed {
        /// The fault.
        armed: ArmFault,
    },
    /// The fault is over.
    Disarmed,
}

impl What {
    fn policy(&self) -> Option<&str> {
        match self {
            Self::Changed { policy, .. } | Self::Probed { policy, .. } => Some(policy),
            _ => None,
        }
    }
}

/// The events of the last three minutes, 256 at most.
#[derive(Clone, Debug, Default)]
pub struct Log {
    events: VecDeque<Event>,
}

impl Log {
    /// Adds what happened to `service` at a time since the start.
    ///
    /// Probes that fail again and again become one event: a service that stays away for a minute
    /// would otherwise push out everything else.
    pub fn push(&mut self, at: Duration, service: &str, what: What) {
        let what = self.joined(service, what);
        let event = Event { at: at.as_secs_f64(), service: service.to_owned(), what };
        // Times that are read from ages may come a little out of order.
        let place = self.events.partition_point(|known| known.at <= event.at);
        self.events.insert(place, event);
        if self.events.len() > MOST {
            self.events.pop_front();
        }
    }

    /// The event to add in place of `what`, after removing those that it continues.
    fn joined(&mut self, service: &str, what: What) -> What {
        let What::Changed { policy, from: CircuitState::HalfOpen, to: CircuitState::Open, .. } =
            what
        else {
            return what;
        };
        let last = |log: &Self| {
            let mine = |event: &Event| {
                event.service == service && event.what.policy() == Some(policy.as_str())
            };
            log.events.iter().rposition(mine)
        };
        let is_half_open =
            |what: &What| matches!(what, What::Changed { to: CircuitState::HalfOpen, .. });
        if let Some(at) = last(self).filter(|at| is_half_open(&self.events[*at].what)) {
            self.events.remove(at);
        }
        let mut times = 1;
        if let Some(at) = last(self)
            && let What::Probed { times: before, .. } = self.events[at].what
        {
            self.events.remove(at);
            times += before;
        }
        What::Probed { policy, times }
    }

    /// The events of the last three minutes, the newest first.
    pub fn recent(&self, now: Duration) -> Vec<Event> {
        let horizon = now.saturating_sub(Duration::from_secs(KEPT)).as_secs_f64();
        self.events.iter().rev().take_while(|event| event.at >= horizon).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{CircuitState, Duration, Log, What};
    use CircuitState::{Closed, HalfOpen, Open};

    const fn second(at: u64) -> Duration {
        Duration::from_secs(at)
    }

    fn changed(policy: &str, from: CircuitState, to: CircuitState) -> What {
        What::Changed { policy: policy.into(), from, to, reason: "any".into() }
    }

    fn told(log: &Log, now: u64) -> Vec<What> {
        log.recent(second(now)).into_iter().map(|event| event.what).collect()
    }

    #[test]
    fn probes_that_fail_again_and_again_are_one_event() {
        let mut log = Log::default();
        log.push(second(0), "a", changed("p", Closed, Open));
        for at in 1..5 {
            log.push(second(at), "a", changed("p", Open, HalfOpen));
            log.push(second(at), "a", changed("p", HalfOpen, Open));
            log.push(second(at), "b", What::Up);
        }
        log.push(second(6), "a", changed("p", Open, HalfOpen));
        log.push(second(7), "a", changed("p", HalfOpen, Closed));
        let mut told = told(&log, 7);
        told.retain(|what| *what != What::Up);
        let probed = What::Probed { policy: "p".into(), times: 4 };
        let expected = [
            changed("p", HalfOpen, Closed),
            changed("p", Open, HalfOpen),
            probed,
            changed("p", Closed, Open),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn breakers_are_told_apart() {
        let mut log = Log::default();
        log.push(second(0), "a", changed("p", Open, HalfOpen));
        log.push(second(1), "a", changed("q", HalfOpen, Open));
        log.push(second(2), "b", changed("p", HalfOpen, Open));
        assert_eq!(told(&log, 3).len(), 3);
    }

    #[test]
    fn events_are_kept_for_three_minutes_and_bounded() {
        let mut log = Log::default();
        for at in 0..10_000 {
            log.push(second(at / 50), "a", What::Up);
        }
        assert_eq!(log.events.len(), 256);
        assert_eq!(told(&log, 199).len(), 256);
        assert_eq!(told(&log, 500), []);
    }

    #[test]
    fn an_event_that_is_learnt_late_stands_at_its_time() {
        let mut log = Log::default();
        log.push(second(5), "a", What::Up);
        log.push(second(3), "a", What::Restarted);
        assert_eq!(told(&log, 6), [What::Up, What::Restarted]);
    }
}
