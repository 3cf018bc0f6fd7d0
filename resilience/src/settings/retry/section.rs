use super::{BackoffSettings, RetrySettings};
use crate::{
    retry::{Config, ConfigBuilder},
    settings::{
        given::{sealed::Section, table},
        human,
        value::Value,
        walk::Walk,
    },
};

impl Section for RetrySettings {
    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = table(value, walk)?;
        let settings = Self {
            max_attempts: table.field_or("max_attempts", human::UNLIMITED, u32::MAX, walk),
            backoff: table.field("backoff", walk),
            retry_after_at_most: table.field("retry_after_at_most", walk),
            max_elapsed: table.field("max_elapsed", walk),
            stop_when_not_ready: table.field("stop_when_not_ready", walk),
            stand_down_inside: table.field("stand_down_inside", walk),
            idempotency: table.field("idempotency", walk),
            resend_unsent: table.field("resend_unsent", walk),
        };
        table.close(walk);
        Some(settings)
    }

    fn check(&self, walk: &mut Walk) {
        if let Err(errors) = self.builder().build() {
            walk.adopt(&errors);
        }
        if let Some(backoff) = self.backoff {
            walk.at("backoff", |walk| backoff.check(walk));
        }
    }
}

impl RetrySettings {
    /// The builder with these settings, but for the backoff.
    pub(super) fn builder(&self) -> ConfigBuilder {
        let mut builder = Config::builder();
        if let Some(attempts) = self.max_attempts {
            builder = builder.max_attempts(attempts);
        }
        if let Some(wait) = self.retry_after_at_most {
            builder = builder.retry_after_at_most(wait);
        }
        if let Some(time) = self.max_elapsed {
            builder = builder.max_elapsed(time);
        }
        if self.stop_when_not_ready == Some(true) {
            builder = builder.stop_when_not_ready();
        }
        if self.stand_down_inside == Some(true) {
            builder = builder.stand_down_inside();
        }
        builder
    }

    /// These settings before those `under` them.
    pub(in crate::settings) fn over(&self, under: &Self) -> Self {
        Self {
            max_attempts: self.max_attempts.or(under.max_attempts),
            backoff: BackoffSettings::over(self.backoff, under.backoff),
            retry_after_at_most: self.retry_after_at_most.or(under.retry_after_at_most),
            max_elapsed: self.max_elapsed.or(under.max_elapsed),
            stop_when_not_ready: self.stop_when_not_ready.or(under.stop_when_not_ready),
            stand_down_inside: self.stand_down_inside.or(under.stand_down_inside),
            idempotency: self.idempotency.or(under.idempotency),
            resend_unsent: self.resend_unsent.or(under.resend_unsent),
        }
    }
}

/// The settings in force, without those of the policy. A function for the waits is not among them.
impl From<&Config> for RetrySettings {
    fn from(config: &Config) -> Self {
        Self {
            max_attempts: Some(config.max_attempts()),
            backoff: Some(config.backoff().into()),
            retry_after_at_most: Some(config.retry_after_at_most()),
            max_elapsed: config.max_elapsed(),
            stop_when_not_ready: Some(config.stops_when_not_ready()),
            stand_down_inside: Some(config.stands_down_inside()),
            idempotency: None,
            resend_unsent: None,
        }
    }
}
