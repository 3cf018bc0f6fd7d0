//! Holds docs/reference/metrics.md to what the policies publish.

#![cfg(all(feature = "flags", feature = "http", feature = "keyed"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use resilience::{
    Name,
    budget::{TokenBudget, keyed::KeyedRetryBudget},
    circuit_breaker::{self, CircuitBreakerLayer, keyed::KeyedCircuitBreakerHandle},
    deadline::DeadlineLayer,
    fault::{FaultLayer, FaultSwitch},
    flags::header::{FaultKey, HeaderFaultLayer},
    propagate::{self, PropagateLayer},
    retry::{self, RetryLayer},
    telemetry::{self, SampleKind},
    timeout::TimeoutLayer,
};
use syn::{Expr, ExprLit, FieldValue, Lit, visit::Visit};
use tower_layer::Layer as _;

const NAME: Name = Name::from_static("reference");

/// What is said of a metric.
struct Row {
    kind: &'static str,
    help: &'static str,
    label: Option<&'static str>,
    values: BTreeSet<&'static str>,
}

/// All metrics, published by one policy of each kind.
fn rows() -> BTreeMap<&'static str, Row> {
    let second = Duration::from_secs(1);
    let breaker = CircuitBreakerLayer::new(NAME, circuit_breaker::Config::default());
    let retry = RetryLayer::new(NAME, retry::Config::default());
    let _services = (
        breaker.layer(()),
        retry.layer(()),
        TimeoutLayer::new(NAME, second).layer(()),
        DeadlineLayer::new(NAME, second).layer(()),
        FaultLayer::new(NAME, FaultSwitch::new()).layer(()),
        KeyedCircuitBreakerHandle::standalone(NAME, circuit_breaker::Config::default()),
        HeaderFaultLayer::new(NAME, FaultKey::new("a key for tests alone").unwrap()).layer(()),
        KeyedRetryBudget::new(NAME, TokenBudget::default()),
        PropagateLayer::http(NAME, propagate::Config::default()).layer(()),
    );
    let mut rows = BTreeMap::new();
    for sample in telemetry::samples().into_iter().filter(|sample| sample.policy == NAME) {
        let kind = match sample.kind {
            SampleKind::Counter => "counter",
            SampleKind::Gauge => "gauge",
        };
        let row = rows.entry(sample.metric).or_insert(Row {
            kind,
            help: sample.help,
            label: sample.label.map(|label| label.0),
            values: BTreeSet::new(),
        });
        row.values.extend(sample.label.map(|label| label.1));
    }
    rows
}

fn table() -> String {
    let mut text = String::from(
        "# Metrics\n\n\
         What the policies publish, by `telemetry::publish` to the `metrics` facade or by\n\
         `telemetry::samples` to any exporter. Each has the label `policy`, the name of the policy, and\n\
         most have one more. Counters count from the start of the process, belong to the name and never\n\
         go back; gauges are those of the policies that live. A metric that ends in `_calls_total`\n\
         counts each call once, under how it ended. There are no histograms: how long calls take is\n\
         measured by the layer that the application has for that, once for all policies.\n\n\
         This page is written by a test: `UPDATE_METRICS=1 cargo test -p tower-bulwark --all-features\n\
         --test metrics`.\n\n\
         | metric | kind | unit | label: values | what it is |\n|---|---|---|---|---|\n",
    );
    for (metric, row) in rows() {
        let unit = match metric {
            _ if metric.contains("_keyed_") && !metric.contains("_calls_") => "keys",
            _ if metric.ends_with("_tokens") => "retries",
            _ if metric.ends_with("_state") || metric.ends_with("_armed") => "0 or 1",
            _ if metric.ends_with("_transitions_total") => "changes",
            _ if metric.ends_with("_retries_total") => "retries",
            _ => "calls",
        };
        let values: Vec<_> = row.values.iter().map(|value| format!("`{value}`")).collect();
        let label = row.label.map(|label| format!("`{label}`: {}", values.join(", ")));
        let (kind, label, help) = (row.kind, label.unwrap_or_default(), row.help);
        writeln!(text, "| `{metric}` | {kind} | {unit} | {label} | {help} |").unwrap();
    }
    text
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/metrics.md")
}

#[test]
fn the_page_lists_what_is_published() {
    let (written, now) = (fs::read_to_string(page()).unwrap_or_default(), table());
    if std::env::var_os("UPDATE_METRICS").is_some() {
        fs::write(page(), now).unwrap();
        return;
    }
    assert!(
        written == now,
        "docs/reference/metrics.md is stale; write it anew: \
         UPDATE_METRICS=1 cargo test -p tower-bulwark --all-features --test metrics\n{now}"
    );
}

/// The names that are given to a field `metric` somewhere in the sources.
#[derive(Default)]
struct Named(BTreeSet<String>);

impl<'ast> Visit<'ast> for Named {
    fn visit_field_value(&mut self, field: &'ast FieldValue) {
        if let (syn::Member::Named(name), Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) =
            (&field.member, &field.expr)
            && name == "metric"
        {
            self.0.insert(text.value());
        }
        syn::visit::visit_field_value(self, field);
    }
}

fn read(folder: &Path, named: &mut Named) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, named);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            named.visit_file(&syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap());
        }
    }
}

#[test]
fn every_metric_that_the_sources_name_is_published_by_some_policy() {
    let mut named = Named::default();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut named);
    let published = rows();
    let missing: Vec<_> = named
        .0
        .iter()
        .filter(|name| name.starts_with("resilience_") && !published.contains_key(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "in no row of the table: {missing:?}");
    assert!(named.0.len() >= published.len(), "the sources are read");
}
