/// The number that `text` is, if it is nothing but digits; one that does not fit is the greatest.
///
/// `str::parse` would take a leading plus sign, and refuse what does not fit.
pub(super) fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        Some(number.saturating_mul(10).saturating_add(digit.into()))
    })
}
