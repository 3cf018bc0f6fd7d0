use resilience::circuit_breaker::{Config, ConfigBuilder, Rule, State, Window};

use super::{
    half_open::Probing,
    open_wait::open_wait,
    rules::{NEVER, rules},
    window::{min_calls, reachable, slow_call, window},
};
use crate::{keys::Keys, verdict::Gap};

/// One breaker, as a case configures it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    /// Whether a window is kept that a look may show.
    pub(crate) has_window: bool,
    /// The results that a rate needs.
    pub(crate) min_calls: u64,
    /// Whether the case says what the results of probes come to.
    pub(crate) judges_probes: bool,
    /// Whether the case says what a rate-limited probe is.
    pub(crate) judges_rate_limited_probes: bool,
}

impl Settings {
    /// Takes the keys of a breaker. What is absent is switched off.
    pub(crate) fn take(config: &mut Keys) -> Result<Self, Gap> {
        let window = window(config)?;
        let min_calls = min_calls(config)?;
        let mut rules = rules(config, window)?;
        let probing = Probing::take(config, &rules)?;
        let own = if window.is_none() { Own::of(&rules) } else { None };
        if rules.is_empty() {
            rules.push(NEVER);
        }
        let builder = Config::builder()
            .rules(rules)
            .min_calls(min_calls)
            .count_running_slow_calls(false)
            .rate_limited_is_failure(own.is_some_and(|own| own.fails_rate_limited))
            .rate_limited_ends_run(config.take("rate_limited_resets_run")?.unwrap_or(false))
            .half_open(probing.rule)
            .automatic_half_open(config.take("automatic_half_open")?.unwrap_or(false))
            .strict_transitions(config.take("strict_transitions")?.unwrap_or(false));
        let shown = window.or(own.map(|own| own.window));
        let builder = shown.map_or(builder.clone(), |window| builder.window(window));
        let slow = slow_call(config)?;
        let builder = slow.map_or(builder.clone(), |slow| builder.slow_call(slow));
        let builder = open_wait(config, builder)?;
        let builder = half_open_limit(config, builder)?;
        let builder = initial_state(config, builder)?;
        let fails_probe = limited_probe(config)?;
        let builder = builder.rate_limited_fails_probe(fails_probe.unwrap_or(true));
        let min_calls = own.map_or(min_calls, |own| own.min_calls);
        Ok(Self {
            config: builder.build().map_err(|error| Gap::new(format!("config: {error}")))?,
            has_window: shown.is_some(),
            min_calls: shown.map_or(min_calls, |window| reachable(min_calls, window)).into(),
            judges_probes: probing.is_told,
            judges_rate_limited_probes: fails_probe.is_some(),
        })
    }
}

/// The window of the only rule, where that has one: the breaker keeps one of its own beside
/// it, which the crate shows.
#[derive(Clone, Copy)]
struct Own {
    window: Window,
    min_calls: u32,
    fails_rate_limited: bool,
}

impl Own {
    fn of(rules: &[Rule]) -> Option<Self> {
        let has_counts = |rule: &&Rule| !matches!(rule, Rule::ConsecutiveFailures { .. });
        let mut rules = rules.iter().filter(has_counts);
        match (rules.next(), rules.next()) {
            (Some(&Rule::FailureRatio { of, .. }), None) => {
                let window = Window::Count { size: of };
                Some(Self { window, min_calls: 1, fails_rate_limited: false })
            }
            (Some(&Rule::SuccessRateBelow { window, min_calls, .. }), None) => {
                Some(Self { window, min_calls, fails_rate_limited: true })
            }
            _ => None,
        }
    }
}

fn half_open_limit(config: &mut Keys, builder: ConfigBuilder) -> Result<ConfigBuilder, Gap> {
    let builder = match config.millis("half_open_max_wait_ms")? {
        Some(limit) => builder.half_open_for(limit),
        None => builder.half_open_without_limit(),
    };
    match config.take::<String>("half_open_timeout_to")?.as_deref() {
        None | Some("open") => Ok(builder.half_open_ends_closed(false)),
        Some("closed") => Ok(builder.half_open_ends_closed(true)),
        Some(other) => Err(Gap::new(format!("config half_open_timeout_to: {other}"))),
    }
}

fn initial_state(config: &mut Keys, builder: ConfigBuilder) -> Result<ConfigBuilder, Gap> {
    let state = match config.take::<String>("initial_state")?.as_deref() {
        None | Some("closed") => State::Closed,
        Some("open") => State::Open,
        Some("metrics_only") => State::MetricsOnly,
        Some("disabled") => State::Disabled,
        Some("forced_open") => State::ForcedOpen,
        Some(other) => return Err(Gap::new(format!("config initial_state: {other}"))),
    };
    Ok(builder.initial_state(state))
}

/// Takes whether a rate-limited probe fails, where the case says so.
fn limited_probe(config: &mut Keys) -> Result<Option<bool>, Gap> {
    match config.take::<String>("rate_limited_probe")?.as_deref() {
        None => Ok(None),
        Some("failure") => Ok(Some(true)),
        Some("success") => Ok(Some(false)),
        Some(other) => Err(Gap::new(format!("config rate_limited_probe: {other}"))),
    }
}
