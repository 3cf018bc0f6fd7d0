//! How the values of settings are written.

#![expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a field over as it is"
)]

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::ratio::Ratio;

/// What stands for [`Duration::MAX`] and [`u32::MAX`] where those mean that there is no limit.
pub(super) const UNLIMITED: &str = "unlimited";

/// What stands for an open wait that only a hand ends.
pub(super) const UNTIL_RESET: &str = "until_reset";

pub(super) fn text(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}

pub(super) fn time<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    time.map(text).serialize(to)
}

pub(super) fn unlimited<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| word_or_text(time, UNLIMITED)).serialize(to)
}

pub(super) fn until_reset<S: Serializer>(
    time: &Option<Duration>,
    to: S,
) -> Result<S::Ok, S::Error> {
    time.map(|time| word_or_text(time, UNTIL_RESET)).serialize(to)
}

fn word_or_text(time: Duration, word: &str) -> String {
    if time == Duration::MAX { word.to_owned() } else { text(time) }
}

pub(super) fn attempts<S: Serializer>(number: &Option<u32>, to: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(u32::MAX) => Some(UNLIMITED).serialize(to),
        number => number.serialize(to),
    }
}

pub(super) fn ratio<S: Serializer>(share: &Option<Ratio>, to: S) -> Result<S::Ok, S::Error> {
    share.map(Ratio::as_f64).serialize(to)
}

/// Writes what has a shape of its own in data.
pub(super) fn shaped<T, Shape, S>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error>
where
    T: Copy,
    Shape: From<T> + Serialize,
    S: Serializer,
{
    value.map(Shape::from).serialize(to)
}
