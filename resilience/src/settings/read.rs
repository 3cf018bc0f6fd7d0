//! How the values of settings are read.

use std::time::Duration;

use super::{value::Value, walk::Walk};
use crate::ratio::Ratio;

/// What can be read from a value. A mistake is noted, and nothing is read then.
pub(super) trait Read: Sized {
    /// What a value should look like, as it is told to who gave another one.
    const EXPECTED: &'static str;

    fn read(value: &Value, walk: &mut Walk) -> Option<Self>;
}

/// Notes that `value` is no `T`.
fn refuse<T: Read>(value: &Value, walk: &mut Walk) -> Option<T> {
    walk.wrong(value, T::EXPECTED);
    None
}

impl Read for bool {
    const EXPECTED: &'static str = "true or false";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(*value),
            _ => refuse(value, walk),
        }
    }
}

impl Read for u32 {
    const EXPECTED: &'static str = "a whole number from 0 to 4294967295";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let number = match value {
            Value::Whole(number) => Self::try_from(*number).ok(),
            _ => None,
        };
        number.or_else(|| refuse(value, walk))
    }
}

impl Read for f64 {
    const EXPECTED: &'static str = "a number";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        match value {
            #[expect(
                clippy::cast_precision_loss,
                reason = "what it cannot hold is out of any range"
            )]
            Value::Whole(number) => Some(*number as Self),
            Value::Number(number) => Some(*number),
            _ => refuse(value, walk),
        }
    }
}

impl Read for Ratio {
    const EXPECTED: &'static str = "a share as a number, such as 0.5";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let share = match value {
            #[expect(clippy::cast_precision_loss, reason = "what it cannot hold is no share")]
            Value::Whole(number) => Self::new(*number as f64).ok(),
            Value::Number(number) => Self::new(*number).ok(),
            _ => None,
        };
        share.or_else(|| refuse(value, walk))
    }
}

impl Read for Duration {
    const EXPECTED: &'static str = "a duration such as \"250ms\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let time = match value {
            Value::Text(text) => humantime::parse_duration(text).ok(),
            _ => None,
        };
        time.or_else(|| refuse(value, walk))
    }
}

impl<T: Read> Read for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let Value::List(items) = value else { return refuse(value, walk) };
        let read: Vec<Option<T>> = items
            .iter()
            .enumerate()
            .map(|(at, item)| walk.at(at, |walk| T::read(item, walk)))
            .collect();
        // After all of them: each may be wrong.
        read.into_iter().collect()
    }
}

/// A `T`, or the `word` that stands for `special`, which cannot be written as a `T`.
pub(super) fn word_or<T: Read + PartialEq>(
    value: &Value,
    word: &str,
    special: T,
    walk: &mut Walk,
) -> Option<T> {
    match value {
        Value::Text(text) if text == word => return Some(special),
        // One that looks like neither is told of both.
        Value::Whole(_) | Value::Number(_) | Value::Text(_) => {
            let mut other = Walk::default();
            let read = T::read(value, &mut other).filter(|read| *read != special);
            if read.is_some() {
                return read;
            }
        }
        _ => {}
    }
    walk.wrong(value, format_args!("{}, or \"{word}\"", T::EXPECTED));
    None
}

/// One of some words.
pub(super) fn one_of<T: Copy>(value: &Value, words: &[(&str, T)], walk: &mut Walk) -> Option<T> {
    let known = match value {
        Value::Text(text) => words.iter().find(|known| known.0 == text),
        _ => None,
    };
    if known.is_none() {
        let words: Vec<String> = words.iter().map(|known| format!("{:?}", known.0)).collect();
        walk.wrong(value, format_args!("one of {}", words.join(", ")));
    }
    known.map(|known| known.1)
}
