use super::{replace::Refused, shown::Shown};
use crate::{
    retry::{Backoff, Config, Growth},
    settings::{Amiss, Given, RetrySettings},
};

const OF_THE_POLICY: &str = "the policy of the layer has it; it does not change while calls run";

pub(super) fn shown(config: &Config) -> Shown {
    let shown = Shown::new(RetrySettings::from(config));
    let shown = if matches!(config.backoff().growth(), Growth::Custom(_)) {
        let why = "a function in code says it; it stays unless growth or factor is given";
        shown.without("backoff.growth", why)
    } else {
        shown
    };
    shown.without("idempotency", OF_THE_POLICY).without("resend_unsent", OF_THE_POLICY)
}

pub(super) fn replaced(given: &Given<RetrySettings>, known: &Config) -> Result<Config, Refused> {
    let settings = given.check_amended("", |settings| {
        let given = serde_json::to_value(&*settings).expect("settings are data");
        let wrong = ["idempotency", "resend_unsent"].into_iter().filter_map(|setting| {
            let given = given.get(setting)?.to_string();
            Some(Amiss { setting, given, expected: format!("absent: {OF_THE_POLICY}") })
        });
        wrong.collect()
    })?;
    let config = settings.build()?;
    let backoff = settings.backoff.unwrap_or_default();
    let growth = known.backoff().growth();
    if backoff.growth.is_some() || backoff.factor.is_some() || !matches!(growth, Growth::Custom(_))
    {
        return Ok(config);
    }
    let wanted = config.backoff();
    let kept = Backoff::builder()
        .initial(wanted.initial())
        .at_most(wanted.at_most())
        .jitter(wanted.jitter())
        .growth(growth.clone())
        .build()?;
    Ok(config.to_builder().backoff(kept).build()?)
}
