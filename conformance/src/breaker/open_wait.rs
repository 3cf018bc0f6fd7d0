use resilience::{Ratio, circuit_breaker::ConfigBuilder};
use tokio::time::Duration;

use super::window::rate;
use crate::{keys::Keys, verdict::Gap};

/// Takes how long the breaker stays open.
pub(super) fn open_wait(config: &mut Keys, builder: ConfigBuilder) -> Result<ConfigBuilder, Gap> {
    let fixed = config.millis("open_wait_ms")?;
    let growing = config.group("open_wait")?;
    let builder = match (fixed, growing) {
        (Some(_), Some(_)) => return Err(Gap::new("config open_wait beside open_wait_ms")),
        (Some(wait), None) => {
            builder.open_for(wait).open_growth(1.0, wait).open_jitter(Ratio::ZERO)
        }
        (None, Some(mut keys)) => {
            let builder = grown(&mut keys, builder)?;
            keys.finish()?;
            builder
        }
        (None, None) => builder.open_until_reset(),
    };
    Ok(match config.millis("open_wait_fn_ms")? {
        None => builder,
        Some(wait) => builder.open_for_fn(move |_| Some(wait)),
    })
}

fn grown(keys: &mut Keys, builder: ConfigBuilder) -> Result<ConfigBuilder, Gap> {
    let kind: String = keys.need("backoff")?;
    if kind != "exponential" {
        return Err(Gap::new(format!("config open_wait backoff: {kind}")));
    }
    let first = keys.millis("initial_ms")?;
    let first = first.ok_or_else(|| Gap::new("config open_wait without initial_ms"))?;
    let longest = keys.millis("max_ms")?.unwrap_or(Duration::MAX);
    let factor = keys.take("multiplier")?.unwrap_or(1.0);
    let jitter = rate(keys, "jitter")?.unwrap_or(Ratio::ZERO);
    // The cap holds for the first wait, too.
    Ok(builder.open_for(first.min(longest)).open_growth(factor, longest).open_jitter(jitter))
}
