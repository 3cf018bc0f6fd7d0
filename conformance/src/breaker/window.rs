use resilience::{
    Ratio,
    circuit_breaker::{SlowCall, Window},
};

use super::Grid;
use crate::{keys::Keys, verdict::Gap};

/// Takes which results count; `None`: there is no window.
pub(crate) fn window(config: &mut Keys, grid: Grid) -> Result<Option<Window>, Gap> {
    match config.take::<String>("window")?.as_deref() {
        None => Ok(None),
        Some("count") => Ok(Some(Window::Count { size: config.need("window_size")? })),
        Some("time") => time_window(config, grid).map(Some),
        Some(other) => Err(Gap::new(format!("config window: {other}"))),
    }
}

/// Takes a time window; without buckets every result leaves on its own.
pub(super) fn time_window(keys: &mut Keys, grid: Grid) -> Result<Window, Gap> {
    let span = keys.millis("window_ms")?;
    let span = span.ok_or_else(|| Gap::new("config time window without window_ms"))?;
    let buckets = keys.take("buckets")?.unwrap_or_else(|| grid.buckets(span));
    Ok(Window::Time { span, buckets })
}

/// Takes when a call is slow; `None`: none is.
pub(crate) fn slow_call(config: &mut Keys) -> Result<Option<SlowCall>, Gap> {
    let threshold = config.millis("slow_call_ms")?;
    match config.take::<String>("slow_call_compare")?.as_deref() {
        None | Some("ge") => Ok(threshold.map(SlowCall::at_least)),
        Some("gt") => Ok(threshold.map(SlowCall::longer_than)),
        Some(other) => Err(Gap::new(format!("config slow_call_compare: {other}"))),
    }
}

/// Takes how many results a rate needs: one is enough where that is left open.
pub(crate) fn min_calls(keys: &mut Keys) -> Result<u32, Gap> {
    Ok(keys.take("min_calls")?.unwrap_or(1).max(1))
}

/// What that minimum comes to: a count window cannot hold more than its size.
pub(crate) const fn reachable(min_calls: u32, window: Window) -> u32 {
    match window {
        Window::Count { size } if size < min_calls => size,
        _ => min_calls,
    }
}

/// Takes a share called `name`.
pub(crate) fn rate(keys: &mut Keys, name: &str) -> Result<Option<Ratio>, Gap> {
    let share: Option<f64> = keys.take(name)?;
    share.map(Ratio::new).transpose().map_err(|error| Gap::new(format!("config {name}: {error}")))
}
