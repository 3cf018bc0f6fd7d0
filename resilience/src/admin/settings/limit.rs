use std::time::Duration;

use super::{replace::Refused, shown::Shown};
use crate::settings::{Amiss, DeadlineSettings, Given, TimeoutSettings};

const OF_THE_LAYER: &str = "each layer has its own; it does not change while calls run";

pub(super) fn timeout(limit: Option<Duration>) -> Shown {
    Shown::new(TimeoutSettings { limit, ..TimeoutSettings::default() })
        .without("spare_last_attempt", OF_THE_LAYER)
}

pub(super) fn deadline(limit: Option<Duration>) -> Shown {
    Shown::new(DeadlineSettings { limit })
}

pub(super) fn of_timeout(given: &Given<TimeoutSettings>) -> Result<Duration, Refused> {
    let settings = given.check_amended("", |settings| {
        let spared = settings.spare_last_attempt.map(|spared| Amiss {
            setting: "spare_last_attempt",
            given: spared.to_string(),
            expected: format!("absent: {OF_THE_LAYER}"),
        });
        spared.into_iter().collect()
    })?;
    Ok(settings.limit.expect("without one the settings are refused"))
}

pub(super) fn of_deadline(given: &Given<DeadlineSettings>) -> Result<Duration, Refused> {
    Ok(given.check("")?.limit.expect("without one the settings are refused"))
}
