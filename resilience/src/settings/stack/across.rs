//! What two policies must not say at once.

use std::fmt::Display;

use super::StackSettings;
use crate::{
    circuit_breaker::Rule,
    settings::{human, switch::Switch, walk::Walk},
};

impl StackSettings {
    /// Notes what contradicts itself in `all`, these settings with those of the preset.
    pub(super) fn check_across(&self, all: &Self, walk: &mut Walk) {
        let deadline = all.deadline.as_ref().and_then(Switch::on).and_then(|on| on.limit);
        let has_deadline = matches!(all.deadline, Some(Switch::On(_)));
        // A policy that could not be read is not off.
        let has_retry = matches!(all.retry, Some(Switch::On(_))) || walk.failed_at("retry");
        let timeout = all.timeout.as_ref().and_then(Switch::on);
        let limit = timeout.and_then(|timeout| timeout.limit);

        // What could not be read is not what the preset has in its place.
        let is_read = !walk.failed_at("deadline") && !walk.failed_at("timeout");
        if let (Some(limit), Some(deadline)) = (limit, deadline)
            && limit >= deadline
            && is_read
        {
            let expected = format!("below deadline.limit, which is {}", human::text(deadline));
            wrong("timeout", "limit", human::text(limit), expected, walk);
        }
        if timeout.is_some_and(|timeout| timeout.spare_last_attempt == Some(true))
            && !has_deadline
            && !walk.failed_at("deadline")
        {
            let expected = "false, or deadline set: nothing else ends the last attempt";
            wrong("timeout", "spare_last_attempt", true, expected, walk);
        }
        // One of the preset, with its retry switched off, is not worth a word.
        if matches!(self.budget, Some(Switch::On(_))) && !has_retry {
            walk.wrong_at("budget", "given", "absent or off where retry is: nothing pays from it");
        }
        all.check_end(walk);
        all.check_slow(walk);
    }

    /// Retries must come to an end.
    fn check_end(&self, walk: &mut Walk) {
        let Some(Switch::On(retry)) = &self.retry else { return };
        let ends = matches!(self.deadline, Some(Switch::On(_)))
            || !matches!(self.budget, Some(Switch::Off))
            || retry.max_elapsed.is_some();
        let failed = ["deadline", "budget", "retry"].iter().any(|part| walk.failed_at(part));
        if retry.max_attempts == Some(u32::MAX) && !ends && !failed {
            let expected = "a number, or deadline, budget or retry.max_elapsed set: nothing else \
                            ends the retrying";
            wrong("retry", "max_attempts", human::UNLIMITED, expected, walk);
        }
    }

    /// What is slow must not be cut before.
    fn check_slow(&self, walk: &mut Walk) {
        let Some(Switch::On(breaker)) = &self.circuit_breaker else { return };
        let limit = self.timeout.as_ref().and_then(Switch::on).and_then(|on| on.limit);
        let is_slow = |rule: &Rule| matches!(rule, Rule::SlowCallRate { .. });
        let counts = matches!(breaker.slow_call_rate, Some(Switch::On(_)))
            || breaker.rules.iter().flatten().any(is_slow);
        if let (Some(limit), Some(slow)) = (limit, breaker.slow_call)
            && counts
            && slow.threshold() > limit
            && !walk.failed_at("timeout")
            && !walk.failed_at("circuit_breaker")
        {
            let given = human::text(slow.threshold());
            let expected = format!("at most timeout.limit, which is {}", human::text(limit));
            wrong("circuit_breaker", "slow_call", given, expected, walk);
        }
    }
}

fn wrong(part: &str, name: &str, given: impl Display, expected: impl Display, walk: &mut Walk) {
    walk.at(part, |walk| walk.wrong_at(name, given, expected));
}
