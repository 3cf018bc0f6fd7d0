use std::time::Duration;

use super::{replace::Refused, shown::Shown};
use crate::{
    live_limit::{InForce, LONGEST},
    settings::{Amiss, DeadlineSettings, Given, TimeoutSettings},
};

const OF_THE_LAYER: &str = "each layer has its own; it does not change while calls run";

pub(super) fn timeout(in_force: InForce) -> Shown {
    let settings = TimeoutSettings { limit: in_force.limit, ..TimeoutSettings::default() };
    Shown::new(settings).without("spare_last_attempt", OF_THE_LAYER).for_all_layers(in_force.is_set)
}

pub(super) fn deadline(in_force: InForce) -> Shown {
    Shown::new(DeadlineSettings { limit: in_force.limit }).for_all_layers(in_force.is_set)
}

pub(super) fn of_timeout(
    given: &Given<TimeoutSettings>,
    known: InForce,
) -> Result<InForce, Refused> {
    let settings = given.check_amended("", |settings| {
        let spared = settings.spare_last_attempt.map(|spared| Amiss {
            setting: "spare_last_attempt",
            given: spared.to_string(),
            expected: format!("absent: {OF_THE_LAYER}"),
        });
        too_long(settings.limit).into_iter().chain(spared).collect()
    })?;
    Ok(wanted(settings.limit, known))
}

pub(super) fn of_deadline(
    given: &Given<DeadlineSettings>,
    known: InForce,
) -> Result<InForce, Refused> {
    let settings =
        given.check_amended("", |settings| too_long(settings.limit).into_iter().collect())?;
    Ok(wanted(settings.limit, known))
}

/// What becomes another limit when it is set is not taken for what was asked for.
fn too_long(limit: Option<Duration>) -> Option<Amiss> {
    limit.filter(|limit| *limit > LONGEST).map(|limit| Amiss {
        setting: "limit",
        given: humantime::format_duration(limit).to_string(),
        expected: "0ns to 584years".to_owned(),
    })
}

/// Where each layer has its own limit, the one that is shown is that of one of them. Sent back, it
/// is no wish for the others.
fn wanted(limit: Option<Duration>, known: InForce) -> InForce {
    debug_assert!(limit.is_some(), "without one the settings are refused");
    if known.limit == limit { known } else { InForce { limit, is_set: true } }
}
