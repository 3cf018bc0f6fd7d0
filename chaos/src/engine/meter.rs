use crate::measure::Policies;

/// Sums a counter over restarts of the service that keeps it.
///
/// A counter starts anew with its service, and may by then have passed the value it last
/// showed; so the number of the start tells a restart, and not a smaller value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meter {
    last: Option<(u32, u64)>,
    gained: u64,
}

impl Meter {
    /// Reads `value` as shown since the service's start number `start`.
    pub(super) fn observe(&mut self, start: u32, value: u64) {
        let before = match self.last {
            Some((same, last)) if same == start => last,
            Some(_) => 0,
            // The first look: what was counted before it is not part of the run.
            None => value,
        };
        self.gained += value.saturating_sub(before);
        self.last = Some((start, value));
    }

    /// What was gained since the last time this was asked.
    pub(super) const fn take(&mut self) -> u64 {
        std::mem::replace(&mut self.gained, 0)
    }
}

/// Meters for what a service's policies count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PolicyMeters {
    retries: Meter,
    saved: Meter,
    timed_out: Meter,
    opened: Meter,
}

impl PolicyMeters {
    /// Reads the totals shown since the service's start number `start` and gives the gain since
    /// the last time.
    pub(super) fn gain(&mut self, start: u32, totals: Policies) -> Policies {
        // A counter that is not there is not told, and not zero.
        let gain = |meter: &mut Meter, total: Option<u64>| {
            meter.observe(start, total?);
            Some(meter.take())
        };
        Policies {
            retries: gain(&mut self.retries, totals.retries),
            saved: gain(&mut self.saved, totals.saved),
            timed_out: gain(&mut self.timed_out, totals.timed_out),
            opened: gain(&mut self.opened, totals.opened),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_starts_the_count_anew_even_when_the_value_has_grown() {
        let mut meter = Meter::default();
        meter.observe(1, 100);
        meter.observe(1, 130);
        assert_eq!(meter.take(), 30);
        meter.observe(1, 135);
        meter.observe(2, 200);
        assert_eq!(meter.take(), 205);
        assert_eq!(meter.take(), 0);
    }
}
