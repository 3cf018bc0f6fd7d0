use super::{replace::Refused, shown::Shown};
use crate::{
    circuit_breaker::Config,
    settings::{CircuitBreakerSettings, Given},
};

pub(super) fn shown(config: &Config) -> Shown {
    let mut settings = CircuitBreakerSettings::from(config);
    if !config.asks_how_long_open() {
        return Shown::new(settings);
    }
    // It counts where the function has no answer, and would be taken for the wait.
    settings.open_for = None;
    Shown::new(settings)
        .without("open_for", "a function in code says it; it stays unless open_for is given")
}

pub(super) fn replaced(
    given: &Given<CircuitBreakerSettings>,
    known: &Config,
) -> Result<Config, Refused> {
    let mut keeps = false;
    let settings = given.check_amended("", |settings| {
        keeps = known.asks_how_long_open() && settings.open_for.is_none();
        if keeps {
            settings.open_for = Some(known.open_for());
        }
        Vec::new()
    })?;
    let config = settings.build()?.with_window_as_unasked_as(known);
    Ok(if keeps { config.with_function_of(known) } else { config })
}
