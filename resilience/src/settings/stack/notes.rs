use std::{num::NonZeroU32, time::Duration};

use super::StackSettings;
use crate::settings::{human, switch::Switch};

impl StackSettings {
    /// The longest that the attempts of one call and the waits between them may take together,
    /// waits that a service asks for apart; `None` without a timeout, with attempts or settings that
    /// have no bound, and where the last attempt is spared.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::settings::StackSettings;
    ///
    /// // Three attempts of 9 s, and waits of up to 50 and 100 ms.
    /// assert_eq!(StackSettings::http_client().longest().map(|time| time.as_millis()), Some(27_150));
    /// ```
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        let all = self.resolved();
        let limit = all.timeout.as_ref().and_then(Switch::on)?.limit?;
        let Some(Switch::On(retry)) = all.retry else { return Some(limit) };
        let timeout = all.timeout.as_ref().and_then(Switch::on)?;
        if timeout.spare_last_attempt == Some(true) {
            return None;
        }
        let config = retry.build().ok().filter(|config| config.max_attempts() < u32::MAX)?;
        let (mut longest, mut previous) = (limit, None);
        for retry in (1..config.max_attempts()).filter_map(NonZeroU32::new) {
            let wait = config.backoff().delay(retry, previous, || 1.0);
            previous = Some(wait);
            longest = longest.saturating_add(wait).saturating_add(limit);
        }
        // The last attempt begins before it.
        let elapsed = config.max_elapsed().map(|elapsed| elapsed.saturating_add(limit));
        Some(elapsed.map_or(longest, |elapsed| longest.min(elapsed)))
    }

    /// What is allowed and probably not meant: settings without effect, and attempts for which
    /// there is no time. An operator should see them once, when the service starts.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::settings::StackSettings;
    ///
    /// let settings: StackSettings = toml::from_str(
    ///     "deadline.limit = '1s'\ntimeout.limit = '400ms'\nretry.max_elapsed = '2s'",
    /// )?;
    /// assert_eq!(
    ///     settings.notes(),
    ///     [
    ///         "deadline.limit is 1s, and attempts of timeout.limit with the waits between them \
    ///          take up to 1s 350ms: the last of them may be cut",
    ///         "retry.max_elapsed is 2s, and has no effect: deadline.limit is 1s",
    ///     ],
    /// );
    /// # Ok::<(), toml::de::Error>(())
    /// ```
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let all = self.resolved();
        let Some(deadline) = all.deadline.as_ref().and_then(Switch::on).and_then(|on| on.limit)
        else {
            return notes;
        };
        let limit = human::text(deadline);
        if let Some(longest) = self.longest().filter(|longest| *longest > deadline) {
            notes.push(format!(
                "deadline.limit is {limit}, and attempts of timeout.limit with the waits between \
                 them take up to {}: the last of them may be cut",
                human::text(longest),
            ));
        }
        if let Some(elapsed) = all.retry.as_ref().and_then(Switch::on).and_then(|on| on.max_elapsed)
            && elapsed >= deadline
        {
            notes.push(format!(
                "retry.max_elapsed is {}, and has no effect: deadline.limit is {limit}",
                human::text(elapsed),
            ));
        }
        notes
    }
}
