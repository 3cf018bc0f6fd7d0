//! What a service counted, from its metrics.

use std::{collections::BTreeMap, time::Duration};

use super::exposition::{Sample, samples};
use crate::model::{MOST_PEERS, Reading, Totals};

/// Routes that are asked by machines that watch, and not by those that the service is for.
const INFRASTRUCTURE: [&str; 4] = ["/health", "/metrics", "/state", "/openapi.json"];

/// The status of a call whose caller left before the answer.
const CALLER_LEFT: &str = "499";

/// Reads what a service had counted at a time out of its metrics.
pub(super) fn reading(text: &str, at: Duration) -> Reading {
    let mut calls = Totals::default();
    let mut peers: BTreeMap<String, Totals> = BTreeMap::new();
    for sample in samples(text) {
        match sample.name {
            "http_requests_total" if serves(&sample) => ended(&mut calls, &sample, answered_badly),
            "http_request_duration_seconds_bucket" if serves(&sample) => took(&mut calls, &sample),
            "http_client_requests_total" => {
                if let Some(attempts) = peer(&mut peers, &sample) {
                    ended(attempts, &sample, attempt_failed);
                }
            }
            "http_client_request_duration_seconds_bucket" => {
                if let Some(attempts) = peer(&mut peers, &sample) {
                    took(attempts, &sample);
                }
            }
            "resilience_retries_total" if sample.label("decision") == "made" => {
                calls.retried += count(&sample);
            }
            "http_requests_refused_total" if serves(&sample) => calls.refused += count(&sample),
            _ => {}
        }
    }
    Reading { at, calls, peers }
}

fn serves(sample: &Sample<'_>) -> bool {
    let route = sample.label("route");
    let below = |prefix: &str| {
        let rest = route.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !INFRASTRUCTURE.into_iter().any(below)
}

fn peer<'a>(
    peers: &'a mut BTreeMap<String, Totals>,
    sample: &Sample<'_>,
) -> Option<&'a mut Totals> {
    let name = sample.label("peer");
    if peers.len() >= MOST_PEERS && !peers.contains_key(name) {
        return None;
    }
    Some(peers.entry(name.to_owned()).or_default())
}

fn ended(totals: &mut Totals, sample: &Sample<'_>, failed: fn(&str) -> bool) {
    let count = count(sample);
    totals.calls += count;
    if failed(sample.label("status")) {
        totals.failed += count;
    }
}

fn answered_badly(status: &str) -> bool {
    status == CALLER_LEFT || status.starts_with('5')
}

/// An attempt without an answer has a word for its status.
fn attempt_failed(status: &str) -> bool {
    status.starts_with('5') || status.parse::<u16>().is_err()
}

fn took(totals: &mut Totals, sample: &Sample<'_>) {
    // `+Inf` is read as infinity.
    if let Ok(end) = sample.label("le").parse() {
        totals.times.add(end, count(sample));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a counter is a whole number from 0 up"
)]
fn count(sample: &Sample<'_>) -> u64 {
    sample.value.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::{Duration, Reading};

    fn reading(text: &str) -> Reading {
        super::reading(text, Duration::ZERO)
    }

    const TEXT: &str = r#"
http_requests_total{route="/orders",method="POST",status="201"} 90
http_requests_total{route="/orders",method="POST",status="503"} 6
http_requests_total{route="/orders",method="POST",status="499"} 3
http_requests_total{route="/orders/{id}",method="GET",status="404"} 1
http_requests_total{route="/health/ready",method="GET",status="503"} 50
http_requests_total{route="/state",method="GET",status="200"} 50
http_requests_total{route="/metrics",method="GET",status="200"} 50
http_requests_total{route="/openapi.json",method="GET",status="200"} 50
http_request_duration_seconds_bucket{route="/orders",method="POST",le="0.1"} 50
http_request_duration_seconds_bucket{route="/orders",method="POST",le="+Inf"} 99
http_request_duration_seconds_bucket{route="/orders/{id}",method="GET",le="0.1"} 1
http_request_duration_seconds_bucket{route="/orders/{id}",method="GET",le="+Inf"} 1
http_request_duration_seconds_bucket{route="/state",method="GET",le="0.1"} 50
http_client_requests_total{peer="user",status="200"} 100
http_client_requests_total{peer="user",status="404"} 5
http_client_requests_total{peer="user",status="503"} 7
http_client_requests_total{peer="user",status="given_up"} 2
http_client_requests_total{peer="user",status="no_answer"} 1
http_client_requests_total{peer="stock",status="200"} 4
http_client_request_duration_seconds_bucket{peer="user",le="0.2"} 40
resilience_retries_total{policy="users-api",decision="made"} 11
resilience_retries_total{policy="users-api",decision="budget"} 12
http_requests_refused_total{route="/orders",method="POST"} 4
"#;

    #[test]
    fn routes_for_machines_are_left_out_and_the_others_added_up() {
        let calls = reading(TEXT).calls;
        assert_eq!((calls.calls, calls.failed), (100, 9));
        assert_eq!((calls.retried, calls.refused), (11, 4));
        // 51 of 100 took 0.1 s at most; the other buckets are beyond.
        assert_eq!(calls.times.percentile(0.51), Some(0.1));
    }

    #[test]
    fn attempts_are_counted_by_the_service_that_is_called() {
        let peers = reading(TEXT).peers;
        let user = &peers["user"];
        assert_eq!((user.calls, user.failed), (115, 10), "a 404 is an answer");
        assert_eq!(user.times.percentile(1.0), Some(0.2));
        assert_eq!(peers["stock"].calls, 4);
    }

    #[test]
    fn a_route_that_only_begins_like_one_of_those_is_a_route() {
        let text = r#"http_requests_total{route="/states",method="GET",status="200"} 3"#;
        assert_eq!(reading(text).calls.calls, 3);
    }

    #[test]
    fn peers_are_bounded_before_they_are_kept() {
        let line = |number: u32| {
            format!("http_client_requests_total{{peer=\"p{number}\",status=\"200\"}} 1\n")
        };
        assert_eq!(reading(&(0..1_000).map(line).collect::<String>()).peers.len(), 32);
    }
}
