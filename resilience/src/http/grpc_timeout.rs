//! The text of `grpc-timeout`: 1 to 8 digits and a unit.

use std::time::Duration;

use http::HeaderValue;

use super::digits::digits;

/// The most digits that the protocol allows.
const DIGITS: usize = 8;

/// The greatest number that they can be.
const GREATEST: u128 = 99_999_999;

const HOUR: (u8, u128) = (b'H', 3_600_000_000_000);

/// The units with their nanoseconds, the finest first.
const UNITS: [(u8, u128); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60_000_000_000),
    HOUR,
];

pub(super) fn parse(text: &[u8]) -> Option<Duration> {
    let (unit, number) = text.split_last()?;
    if number.len() > DIGITS {
        return None;
    }
    let number = digits(number)?;
    Some(match unit {
        b'H' => Duration::from_secs(number * 3_600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

/// `time` in the finest unit in which it fits, rounded down: who is told may have less time than
/// there is, never more.
pub(super) fn value(time: Duration) -> HeaderValue {
    let nanos = time.as_nanos();
    let fitting = UNITS.into_iter().find(|unit| nanos / unit.1 <= GREATEST);
    let (unit, length) = fitting.unwrap_or(HOUR);
    let mut number = (nanos / length).min(GREATEST);
    // The number from its last digit on, and the unit behind it.
    let mut text = [unit; DIGITS + 1];
    let mut first = DIGITS;
    loop {
        first -= 1;
        text[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    HeaderValue::from_bytes(&text[first..]).expect("digits and a letter")
}
