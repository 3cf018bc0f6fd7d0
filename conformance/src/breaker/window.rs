use resilience::{
    Ratio,
    circuit_breaker::{SlowCall, Window},
};

use tokio::time::Duration;

use crate::{keys::Keys, verdict::Gap};

/// Takes which results count; `None`: there is no window.
pub(crate) fn window(config: &mut Keys) -> Result<Option<Window>, Gap> {
    match config.take::<String>("window")?.as_deref() {
        None => Ok(None),
        Some("count") => Ok(Some(Window::Count { size: config.need("window_size")? })),
        Some("time") => time_window(config).map(Some),
        Some(other) => Err(Gap::new(format!("config window: {other}"))),
    }
}

/// Takes a time window; without buckets every result leaves on its own.
pub(super) fn time_window(keys: &mut Keys) -> Result<Window, Gap> {
    let span = keys.millis("window_ms")?;
    let span = span.ok_or_else(|| Gap::new("config time window without window_ms"))?;
    let buckets = keys.take("buckets")?.unwrap_or_else(|| finest(span));
    Ok(Window::Time { span, buckets })
}

/// The most buckets of whole milliseconds that the crate divides `span` into: a result leaves on
/// its own then, or a hundred-thousandth of the window early.
fn finest(span: Duration) -> u32 {
    const MOST: u32 = 100_000;
    let span = u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
    let most = span.clamp(1, MOST);
    (most / 2 + 1..=most).rev().find(|buckets| span.is_multiple_of(*buckets)).unwrap_or(most)
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
        Window::Count { size } | Window::CountPerThread { size } if size < min_calls => size,
        _ => min_calls,
    }
}

/// Takes a share called `name`.
pub(crate) fn rate(keys: &mut Keys, name: &str) -> Result<Option<Ratio>, Gap> {
    let share: Option<f64> = keys.take(name)?;
    share.map(Ratio::new).transpose().map_err(|error| Gap::new(format!("config {name}: {error}")))
}

#[cfg(test)]
mod tests {
    use tokio::time::Duration;

    use super::finest;

    #[test]
    fn a_window_is_divided_into_milliseconds_or_as_finely_as_can_be() {
        for (millis, buckets) in
            [(1, 1), (999, 999), (100_000, 100_000), (120_000, 60_000), (100_003, 100_000)]
        {
            assert_eq!(finest(Duration::from_millis(millis)), buckets, "{millis}");
        }
    }
}
