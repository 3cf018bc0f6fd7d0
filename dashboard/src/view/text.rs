//! Numbers as people read them.

use maud::{Markup, html};

use crate::model::Service;

/// What stands in place of a number that is not known.
pub(super) const NOTHING: &str = "–";

/// A share in percent. What is not the whole is never shown as the whole, nor a little as nothing.
pub(super) fn percent(share: f64) -> String {
    let tenths = (share * 1_000.0).round();
    let tenths = if share < 1.0 { tenths.min(999.0) } else { tenths };
    let tenths = if share > 0.0 { tenths.max(1.0) } else { tenths };
    format!("{} %", tenths / 10.0)
}

/// A number a second, with a digit behind the point where it matters.
pub(super) fn rate(rate: f64) -> String {
    if rate > 0.0 && rate < 9.95 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// Milliseconds as text, in seconds from the first on.
pub(super) fn time(ms: f64) -> String {
    if ms >= 9_995.0 {
        format!("{:.0} s", ms / 1_000.0)
    } else if ms >= 999.5 {
        format!("{:.1} s", ms / 1_000.0)
    } else if ms >= 99.95 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// Seconds as the time that something lasts, in whole units.
pub(super) fn lasting(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    if seconds < 119.5 {
        format!("{seconds:.0} s")
    } else if seconds < 7_200.0 {
        format!("{:.0} min", (seconds / 60.0).floor())
    } else if seconds < 172_800.0 {
        format!("{:.0} h", (seconds / 3_600.0).floor())
    } else {
        format!("{:.0} days", (seconds / 86_400.0).floor())
    }
}

/// Seconds that are left, to a tenth while they are few.
pub(super) fn left(seconds: f64) -> String {
    if seconds < 9.95 { format!("{:.1} s", seconds.max(0.0)) } else { lasting(seconds) }
}

/// A place in a drawing, to a tenth of a unit.
pub(super) fn place(at: f64) -> String {
    // Adding zero turns a rounded -0.0 into 0.0.
    format!("{}", (at * 10.0).round() / 10.0 + 0.0)
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

/// `word` with a capital letter.
pub(super) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The class by which a variant is coloured, and the sign by which it is told without.
pub(super) fn sign(variant: Option<&str>) -> (&'static str, &'static str) {
    match variant {
        Some("guarded") => ("guarded", "●"),
        Some("bare") => ("bare", "◆"),
        _ => ("other", "■"),
    }
}

/// The name of a service with its sign.
pub(super) fn name(service: &Service) -> Markup {
    let (class, sign) = sign(service.variant.as_deref());
    html! { span class=(class) { span aria-hidden="true" { (sign) } " " (service.title) } }
}

#[cfg(test)]
mod tests {
    use super::{lasting, left, percent, place, rate, time};

    #[test]
    fn a_share_is_whole_or_nothing_only_when_it_is() {
        let shown = [0.0, 0.000_1, 0.152, 0.999_9, 1.0].map(percent);
        assert_eq!(shown, ["0 %", "0.1 %", "15.2 %", "99.9 %", "100 %"]);
    }

    #[test]
    fn rates_and_times_have_the_digits_that_matter() {
        assert_eq!([0.0, 0.5, 9.94, 9.96, 118.2].map(rate), ["0", "0.5", "9.9", "10", "118"]);
        let shown = [0.25, 4.779, 99.97, 439.3, 1_000.0, 2_015.0, 10_000.0].map(time);
        assert_eq!(shown, ["0.2 ms", "4.8 ms", "100 ms", "439 ms", "1.0 s", "2.0 s", "10 s"]);
    }

    #[test]
    fn a_time_is_told_in_one_unit() {
        let shown = [0.4, 59.6, 119.0, 120.0, 7_199.0, 7_200.0, 200_000.0].map(lasting);
        assert_eq!(shown, ["0 s", "60 s", "119 s", "2 min", "119 min", "2 h", "2 days"]);
        assert_eq!([0.25, -1.0, 12.4].map(left), ["0.2 s", "0.0 s", "12 s"]);
    }

    #[test]
    fn a_place_is_short() {
        assert_eq!([12.0, 12.345, -0.01].map(place), ["12", "12.3", "0"]);
    }
}
