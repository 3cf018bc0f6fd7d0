//! What the policies count and show, for any exporter.
//!
//! A call counts in the policies' own counters, on lines that belong to its thread. A facade
//! counter per call would cost as much as the policy and undo its scaling. So the numbers
//! are read when somebody asks: the route that a scraper calls, or a background tick.

use crate::{meter, name::Name, registry, time};

/// Whether a number only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleKind {
    /// Grows for as long as the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// One number of one policy.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// The metric's name.
    pub metric: &'static str,
    /// What it counts or shows.
    pub help: &'static str,
    /// Whether it only grows.
    pub kind: SampleKind,
    /// The policy.
    pub policy: Name,
    /// A second label with its value, when there is one.
    pub label: Option<(&'static str, &'static str)>,
    /// The number at this moment.
    pub value: f64,
}

/// The numbers of all policies, ordered by metric and policy.
///
/// Counters belong to a policy's name and outlive it. One that has never counted is there as
/// 0, so that a rate can be taken from the first look on. Gauges are those of the policies
/// that live; of two that share a kind and a name, both are there.
///
/// # Examples
///
/// ```
/// use resilience::{Name, circuit_breaker::{CircuitBreakerLayer, Config}, telemetry};
///
/// let _layer = CircuitBreakerLayer::new(Name::from_static("users-api"), Config::default());
/// let states = telemetry::samples()
///     .into_iter()
///     .filter(|sample| sample.metric == "resilience_circuit_breaker_state");
/// assert_eq!(states.map(|state| state.value).sum::<f64>(), 1.0);
/// ```
pub fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for meter in meter::all() {
        let kind = meter.kind();
        for (index, outcome) in kind.outcomes.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 calls")]
            let value = meter.total(index) as f64;
            samples.push(Sample {
                metric: kind.metric,
                help: kind.help,
                kind: SampleKind::Counter,
                policy: meter.name(),
                label: Some((kind.label, outcome)),
                value,
            });
        }
    }
    for gauge in registry::gauges(time::read()) {
        samples.push(Sample {
            metric: gauge.metric,
            help: gauge.help,
            kind: SampleKind::Gauge,
            policy: gauge.name,
            label: gauge.label,
            value: gauge.value,
        });
    }
    samples.sort_by_key(|sample| (sample.metric, sample.policy, sample.label));
    samples
}

/// Writes all [`samples`] to the current `metrics` recorder, counters as absolute values.
///
/// Call it right before the recorder is rendered. Handles are looked up on every call, so a
/// recorder that was installed after the policies were made works too. Labels are `policy`
/// and the second one of the sample. Of two living policies that share a kind and a name,
/// the gauges of one are written: give policies names of their own.
///
/// # Examples
///
/// ```
/// use resilience::{Name, timeout::TimeoutLayer, telemetry};
/// use tower_layer::Layer;
///
/// let layer = TimeoutLayer::new(Name::from_static("users-api"), std::time::Duration::from_secs(1));
/// let _service = layer.layer(());
/// telemetry::publish();
/// ```
#[cfg(feature = "metrics")]
pub fn publish() {
    use metrics::{counter, describe_counter, describe_gauge, gauge};

    for Sample { metric, help, kind, policy, label, value } in samples() {
        let mut labels = vec![("policy", policy.as_str())];
        labels.extend(label);
        match kind {
            SampleKind::Counter => {
                describe_counter!(metric, help);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a counter is a whole number from 0 up"
                )]
                counter!(metric, &labels).absolute(value as u64);
            }
            SampleKind::Gauge => {
                describe_gauge!(metric, help);
                gauge!(metric, &labels).set(value);
            }
        }
    }
}

#[cfg(test)]
mod samples_tests {
    use std::{collections::BTreeMap, time::Duration};

    use tokio::time::advance;
    use tokio_test::{assert_pending, task};
    use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

    use super::samples;
    use crate::{
        circuit_breaker::{CircuitBreakerHandle, CircuitBreakerLayer, Config, State},
        deadline::DeadlineLayer,
        error::BoxError,
        name::Name,
        retry::{self, RetryLayer},
        timeout::TimeoutLayer,
    };

    /// The states whose gauge is not 0, and the sum of all.
    fn states(name: Name) -> (Vec<&'static str>, f64) {
        let gauges = samples().into_iter().filter(|sample| {
            (sample.metric, sample.policy) == ("resilience_circuit_breaker_state", name)
        });
        let shown: Vec<_> = gauges.filter(|gauge| gauge.value != 0.0).collect();
        let sum = shown.iter().map(|gauge| gauge.value).sum();
        (shown.iter().filter_map(|gauge| Some(gauge.label?.1)).collect(), sum)
    }

    #[tokio::test(start_paused = true)]
    async fn the_gauge_is_one_for_exactly_the_state_that_the_next_call_would_find() {
        let name = Name::from_static("telemetry-states");
        let wait = Duration::from_secs(5);
        let config = Config::builder().consecutive_failures(1).open_for(wait).build().unwrap();
        let breaker = CircuitBreakerHandle::standalone(name, config);
        assert_eq!(states(name), (vec!["closed"], 1.0));
        let failing = || breaker.call(std::future::ready(Err::<(), BoxError>("down".into())));
        failing().await.unwrap_err();
        assert_eq!(states(name), (vec!["open"], 1.0));
        advance(2 * wait).await;
        assert_eq!(breaker.snapshot().state, State::HalfOpen);
        assert_eq!(states(name), (vec!["half_open"], 1.0));
        breaker.reset();
        assert_eq!(states(name), (vec!["closed"], 1.0));
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_ends_in_exactly_one_outcome_of_each_policy() {
        let name = Name::from_static("telemetry-outcomes");
        let config = Config::builder().consecutive_failures(3).build().unwrap();
        let mut service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(name, Duration::from_secs(5)))
            .layer(RetryLayer::new(name, retry::Config::builder().max_attempts(1).build().unwrap()))
            .layer(CircuitBreakerLayer::new(name, config))
            .layer(TimeoutLayer::new(name, Duration::from_secs(1)))
            .service(service_fn(async |number: u32| match number {
                0 => Ok::<_, BoxError>(()),
                1 => Err("down".into()),
                _ => std::future::pending().await,
            }));
        let mut call = task::spawn(service.ready().await.unwrap().call(2));
        assert_pending!(call.poll());
        drop(call);
        // Answered, then failed twice and timed out, which opens the circuit, then refused.
        for number in [0, 1, 1, 2, 0, 0] {
            _ = service.ready().await.unwrap().call(number).await;
        }
        let mut ended = BTreeMap::new();
        for sample in samples().into_iter().filter(|sample| sample.policy == name) {
            if sample.metric.ends_with("_calls_total") {
                *ended.entry(sample.metric).or_insert(0.0) += sample.value;
            }
        }
        let expected = [
            ("resilience_circuit_breaker_calls_total", 7.0),
            ("resilience_deadline_calls_total", 7.0),
            ("resilience_retry_calls_total", 7.0),
            // Two were refused before they came here.
            ("resilience_timeout_calls_total", 5.0),
        ];
        assert_eq!(ended, BTreeMap::from(expected));
    }
}

#[cfg(test)]
#[cfg(feature = "metrics")]
mod tests {
    use std::collections::HashMap;

    use metrics_util::debugging::{DebugValue, DebuggingRecorder};
    use tower_layer::Layer;

    use super::publish;
    use crate::{
        circuit_breaker::{CircuitBreakerLayer, Config},
        name::Name,
    };

    #[test]
    fn a_recorder_installed_late_sees_all_counters_and_one_state() {
        let name = Name::from_static("telemetry-test");
        let layer = CircuitBreakerLayer::new(name, Config::default());
        let _service = layer.layer(());

        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        metrics::with_local_recorder(&recorder, || {
            publish();
            publish();
        });

        let mut found = HashMap::new();
        for (key, _, _, value) in snapshotter.snapshot().into_vec() {
            let labels: Vec<_> = key.key().labels().map(metrics::Label::value).collect();
            if labels.first() == Some(&"telemetry-test") {
                let number = match value {
                    DebugValue::Counter(count) => f64::from(u32::try_from(count).unwrap()),
                    DebugValue::Gauge(gauge) => gauge.into_inner(),
                    DebugValue::Histogram(_) => continue,
                };
                found.insert((key.key().name().to_owned(), labels[1].to_owned()), number);
            }
        }
        let metric = |name: &str| {
            let mut rows: Vec<_> =
                found.iter().filter(|row| row.0.0 == name).map(|row| (&*row.0.1, *row.1)).collect();
            rows.sort_by(|one, other| one.0.cmp(other.0));
            rows
        };
        let states = metric("resilience_circuit_breaker_state");
        let others = ["disabled", "forced_open", "half_open", "metrics_only", "open"];
        assert_eq!(states[0], ("closed", 1.0));
        assert!(states[1..].iter().copied().eq(others.map(|state| (state, 0.0))), "{states:?}");
        assert_eq!(metric("resilience_circuit_breaker_calls_total").len(), 8);
    }
}
