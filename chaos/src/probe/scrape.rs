use anyhow::Context;

use crate::experiment::PerGroup;
use crate::measure::{Exposition, Policies};

/// Reads the `/metrics` route at `url`.
///
/// # Errors
///
/// When it does not answer with 200.
pub async fn scrape(http: &reqwest::Client, url: &str) -> anyhow::Result<Exposition> {
    let answer = http.get(url).send().await.and_then(reqwest::Response::error_for_status);
    let text = answer.with_context(|| format!("cannot read {url}"))?.text().await;
    Ok(Exposition::parse(&text.with_context(|| format!("cannot read {url}"))?))
}

/// What the user service has counted since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserCounters {
    /// Calls that arrived from each group.
    pub lookups: PerGroup<u64>,
}

impl UserCounters {
    /// Picks them from a scrape; a caller that has not called yet has no sample.
    #[must_use]
    pub fn of(scrape: &Exposition) -> Self {
        let lookups = PerGroup::build(|group| {
            let labels = [("caller", group.caller())];
            whole(scrape.sum("user_lookups_total", &labels).unwrap_or(0.0))
        });
        Self { lookups }
    }
}

/// Picks what the policies of a service have counted since it started.
#[must_use]
pub fn policies(scrape: &Exposition) -> Policies {
    let count = |name, labels| scrape.sum(name, labels).map(whole);
    Policies {
        retries: count("resilience_retries_total", &[("decision", "made")]),
        saved: count("resilience_retry_calls_total", &[("outcome", "after_retry")]),
        timed_out: count("resilience_timeout_calls_total", &[("outcome", "timed_out")]),
        opened: count("resilience_circuit_breaker_transitions_total", &[("to", "open")]),
    }
}

/// The state in which a service's breaker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerState(pub String);

/// The state of the breaker by the gauge that is 1 for exactly one state.
pub fn breaker(scrape: &Exposition) -> Option<BreakerState> {
    let active = scrape.active("resilience_circuit_breaker_state", "state");
    (!active.is_empty()).then(|| BreakerState(active.join("+")))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a counter is a whole number that is not negative; the cast saturates"
)]
const fn whole(value: f64) -> u64 {
    value as u64
}
