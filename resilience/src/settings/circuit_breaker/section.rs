use std::time::Duration;

use super::{CircuitBreakerSettings, OpenGrowthSettings, rule};
use crate::{
    circuit_breaker::{Config, ConfigBuilder, Rule},
    settings::{
        given::{sealed::Section, table},
        human,
        switch::Switch,
        value::Value,
        walk::Walk,
    },
};

/// `builder` with `value`, when there is one.
fn set<B, T>(builder: B, value: Option<T>, set: impl FnOnce(B, T) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

impl Section for CircuitBreakerSettings {
    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = table(value, walk)?;
        let settings = Self {
            window: table.field("window", walk),
            min_calls: table.field("min_calls", walk),
            rules: table.field("rules", walk),
            failure_rate: table.field("failure_rate", walk),
            slow_call_rate: table.field("slow_call_rate", walk),
            slow_call: table.field("slow_call", walk),
            count_running_slow_calls: table.field("count_running_slow_calls", walk),
            consecutive_failures: table.field("consecutive_failures", walk),
            rate_limited_is_failure: table.field("rate_limited_is_failure", walk),
            rate_limited_ends_run: table.field("rate_limited_ends_run", walk),
            rate_limited_fails_probe: table.field("rate_limited_fails_probe", walk),
            cancelled: table.field("cancelled", walk),
            open_for: table.field_or("open_for", human::UNTIL_RESET, Duration::MAX, walk),
            open_growth: table.field("open_growth", walk),
            open_jitter: table.field("open_jitter", walk),
            open_for_retry_after: table.field("open_for_retry_after", walk),
            half_open: table.field("half_open", walk),
            half_open_for: table.field_or("half_open_for", human::UNLIMITED, Duration::MAX, walk),
            half_open_ends_closed: table.field("half_open_ends_closed", walk),
            automatic_half_open: table.field("automatic_half_open", walk),
            ignore_injected: table.field("ignore_injected", walk),
            strict_transitions: table.field("strict_transitions", walk),
            initial_state: table.field("initial_state", walk),
        };
        table.close(walk);
        Some(settings)
    }

    fn check(&self, walk: &mut Walk) {
        if let Some(rules) = &self.rules {
            for name in self.short_rules() {
                walk.wrong_at("rules", format_args!("given beside {name}"), "given alone");
            }
            if rules.is_empty() {
                walk.wrong_at("rules", "empty", "one or more");
            }
            walk.at("rules", |walk| rule::check(rules, walk));
        }
        if self.asks_for_slow_calls() && self.slow_call.is_none() && !walk.failed_at("slow_call") {
            walk.wrong_at("slow_call", "unset", "set for a slow-call rate");
        }
        // Rules of a list were checked one by one, with their places in it.
        let harmless = [Rule::FailureCount { failures: 1 }];
        let builder = self.builder(self.rules.as_ref().map(|_| harmless.as_slice()));
        if let Err(errors) = builder.build() {
            // A wait that could not be read is at its default, which the cap may well be below.
            let follows = walk.failed_at("open_for");
            walk.adopt_as(&errors, |setting| match setting {
                "open_growth" => Some("open_growth.factor"),
                "open_growth.at_most" if follows => None,
                other => Some(other),
            });
        }
    }
}

impl CircuitBreakerSettings {
    /// The settings that are short for rules and are given.
    fn short_rules(&self) -> impl Iterator<Item = &'static str> {
        let given = [
            self.failure_rate.is_some().then_some("failure_rate"),
            self.slow_call_rate.is_some().then_some("slow_call_rate"),
            self.consecutive_failures.is_some().then_some("consecutive_failures"),
        ];
        given.into_iter().flatten()
    }

    fn asks_for_slow_calls(&self) -> bool {
        let is_slow = |rule: &Rule| matches!(rule, Rule::SlowCallRate { .. });
        matches!(self.slow_call_rate, Some(Switch::On(_)))
            || self.rules.iter().flatten().any(is_slow)
    }

    /// The builder with these settings, `rules` in the place of their own.
    pub(super) fn builder(&self, rules: Option<&[Rule]>) -> ConfigBuilder {
        let builder = Config::builder();
        let builder = set(builder, self.window, ConfigBuilder::window);
        let builder = set(builder, self.min_calls, ConfigBuilder::min_calls);
        let builder = set(builder, self.slow_call, ConfigBuilder::slow_call);
        let builder = match rules {
            Some(rules) => builder.rules(rules.iter().copied()),
            None => self.with_short_rules(builder),
        };
        let running = self.count_running_slow_calls;
        let builder = set(builder, running, ConfigBuilder::count_running_slow_calls);
        let limited = self.rate_limited_is_failure;
        let builder = set(builder, limited, ConfigBuilder::rate_limited_is_failure);
        let ends = self.rate_limited_ends_run;
        let builder = set(builder, ends, ConfigBuilder::rate_limited_ends_run);
        let fails = self.rate_limited_fails_probe;
        let builder = set(builder, fails, ConfigBuilder::rate_limited_fails_probe);
        let builder = set(builder, self.cancelled, ConfigBuilder::cancelled);
        let builder = set(builder, self.open_for, ConfigBuilder::open_for);
        let builder = set(builder, self.open_growth, |builder, growth| {
            let builder = set(builder, growth.factor, ConfigBuilder::open_growth_factor);
            set(builder, growth.at_most, ConfigBuilder::open_for_at_most)
        });
        let builder = set(builder, self.open_jitter, ConfigBuilder::open_jitter);
        let builder = set(builder, self.open_for_retry_after, ConfigBuilder::open_for_retry_after);
        let builder = set(builder, self.half_open, ConfigBuilder::half_open);
        let builder = match self.half_open_for {
            Some(Duration::MAX) => builder.half_open_without_limit(),
            time => set(builder, time, ConfigBuilder::half_open_for),
        };
        let closed = self.half_open_ends_closed;
        let builder = set(builder, closed, ConfigBuilder::half_open_ends_closed);
        let builder = set(builder, self.automatic_half_open, ConfigBuilder::automatic_half_open);
        let builder = set(builder, self.ignore_injected, ConfigBuilder::ignore_injected);
        let builder = set(builder, self.strict_transitions, ConfigBuilder::strict_transitions);
        set(builder, self.initial_state, ConfigBuilder::initial_state)
    }

    fn with_short_rules(&self, builder: ConfigBuilder) -> ConfigBuilder {
        let builder = match self.failure_rate {
            Some(Switch::On(rate)) => builder.failure_rate(rate),
            Some(Switch::Off) => builder.no_failure_rate(),
            None => builder,
        };
        let builder = match (self.slow_call_rate, self.slow_call) {
            (Some(Switch::On(rate)), Some(slow)) => builder.slow_call_rate(rate, slow),
            // Off, or reported for what it lacks.
            _ => builder,
        };
        set(builder, self.consecutive_failures, ConfigBuilder::consecutive_failures)
    }

    /// These settings before those `under` them.
    pub(in crate::settings) fn over(&self, under: &Self) -> Self {
        // A list is what opens the breaker, alone; so are the short ones of who gives some.
        let has_rules = self.rules.is_some();
        let has_short = self.short_rules().next().is_some();
        let (short, long) = ((!has_rules).then_some(under), (!has_short).then_some(under));
        Self {
            window: self.window.or(under.window),
            min_calls: self.min_calls.or(under.min_calls),
            rules: self.rules.as_ref().or(long.and_then(|long| long.rules.as_ref())).cloned(),
            failure_rate: self.failure_rate.or(short.and_then(|short| short.failure_rate)),
            slow_call_rate: self.slow_call_rate.or(short.and_then(|short| short.slow_call_rate)),
            slow_call: self.slow_call.or(under.slow_call),
            count_running_slow_calls: self
                .count_running_slow_calls
                .or(under.count_running_slow_calls),
            consecutive_failures: self
                .consecutive_failures
                .or(short.and_then(|short| short.consecutive_failures)),
            rate_limited_is_failure: self.rate_limited_is_failure.or(under.rate_limited_is_failure),
            rate_limited_ends_run: self.rate_limited_ends_run.or(under.rate_limited_ends_run),
            rate_limited_fails_probe: self
                .rate_limited_fails_probe
                .or(under.rate_limited_fails_probe),
            cancelled: self.cancelled.or(under.cancelled),
            open_for: self.open_for.or(under.open_for),
            open_growth: OpenGrowthSettings::over(
                self.open_growth,
                under.open_growth,
                self.open_for,
            ),
            open_jitter: self.open_jitter.or(under.open_jitter),
            open_for_retry_after: self.open_for_retry_after.or(under.open_for_retry_after),
            half_open: self.half_open.or(under.half_open),
            half_open_for: self.half_open_for.or(under.half_open_for),
            half_open_ends_closed: self.half_open_ends_closed.or(under.half_open_ends_closed),
            automatic_half_open: self.automatic_half_open.or(under.automatic_half_open),
            ignore_injected: self.ignore_injected.or(under.ignore_injected),
            strict_transitions: self.strict_transitions.or(under.strict_transitions),
            initial_state: self.initial_state.or(under.initial_state),
        }
    }
}

/// The settings in force. A function for the open wait is not among them.
impl From<&Config> for CircuitBreakerSettings {
    fn from(config: &Config) -> Self {
        let unlimited = config.half_open_without_limit().then_some(Duration::MAX);
        Self {
            // One that is not kept would be, if it were told and built again.
            window: config.kept_window(),
            min_calls: Some(config.min_calls()),
            rules: Some(config.rules().to_vec()),
            failure_rate: None,
            slow_call_rate: None,
            slow_call: config.slow_call(),
            count_running_slow_calls: Some(config.counts_running_slow_calls()),
            consecutive_failures: None,
            rate_limited_is_failure: Some(config.rate_limited_is_failure()),
            rate_limited_ends_run: Some(config.rate_limited_ends_run()),
            rate_limited_fails_probe: Some(config.rate_limited_fails_probe()),
            cancelled: Some(config.cancelled()),
            open_for: Some(config.open_for()),
            open_growth: Some(OpenGrowthSettings {
                factor: Some(config.open_growth()),
                // What follows from the first wait would be a bound to it, if it were told and
                // built again.
                at_most: config.open_for_at_most_if_set(),
            }),
            open_jitter: Some(config.open_jitter()),
            open_for_retry_after: config.open_for_retry_after(),
            half_open: Some(config.half_open()),
            half_open_for: config.half_open_for().or(unlimited),
            half_open_ends_closed: Some(config.half_open_ends_closed()),
            automatic_half_open: Some(config.automatic_half_open()),
            ignore_injected: Some(config.ignores_injected()),
            strict_transitions: Some(config.strict_transitions()),
            initial_state: Some(config.initial_state()),
        }
    }
}
