use resilience::Name;
use tokio::time::Duration;

use crate::{keys::Keys, verdict::Gap};

/// The limits of time that a case names, each under the name of its key.
#[derive(Debug)]
pub(crate) struct Limits {
    /// Whether layers inside know them.
    pub(crate) share: bool,
    /// The exchange as a whole goes around its part.
    pub(crate) inside_out: Vec<(Name, Duration)>,
}

impl Limits {
    pub(crate) fn take(config: &mut Keys) -> Result<Self, Gap> {
        let share = config.take("shares_deadline")?.unwrap_or(false);
        let mut inside_out = Vec::new();
        for key in ["response_ms", "timeout_ms", "request_ms"] {
            let limit = config.millis(key)?;
            inside_out.extend(limit.map(|limit| (Name::from_static(key), limit)));
        }
        Ok(Self { share, inside_out })
    }
}
