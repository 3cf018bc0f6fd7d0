use std::time::Duration;

use humantime_serde::re::humantime::parse_duration;

/// Reads a time such as `2s` or `1m 30s`, from 100 ms to a day.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text).map_err(|error| format!("{error}, expected such as 2s"))?;
    let allowed = Duration::from_millis(100)..=Duration::from_hours(24);
    if allowed.contains(&time) { Ok(time) } else { Err("expected 100ms to 1day".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_bounds() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("100ms"), Ok(Duration::from_millis(100)));
        for wrong in ["90", "99ms", "25h", "soon", ""] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
