use std::fmt::Write;

use super::judge::percent;
use super::{GroupSummary, PhaseSummary};
use crate::experiment::Promise;
use crate::measure::{Effect, Limits};

/// Says in a sentence what happened in a phase, from its numbers.
pub fn explain(phase: &PhaseSummary, promise: &Promise, limits: Option<&Limits>) -> String {
    if let (Some(fault), Some(shortfall)) = (&phase.fault, phase.shortfall()) {
        return format!("The plan was that {fault}, but {shortfall}, so nothing follows.");
    }
    match phase.effect {
        None => undisturbed(phase),
        Some(Effect::Hits { calls, .. }) => hit(phase, calls, promise, limits),
        Some(Effect::Gone { down_for, .. }) => gone(phase, down_for.as_secs_f64()),
    }
}

fn undisturbed(phase: &PhaseSummary) -> String {
    let served = |group: &GroupSummary| format!("{} in time (p99 {})", share(group), p99(group));
    let (guarded, bare) = (&phase.groups.guarded, &phase.groups.bare);
    format!("Nothing was broken: guarded served {}, bare {}.", served(guarded), served(bare))
}

fn hit(phase: &PhaseSummary, calls: u64, promise: &Promise, limits: Option<&Limits>) -> String {
    let (guarded, bare) = (&phase.groups.guarded, &phase.groups.bare);
    let mut text = format!("{calls} calls to the user service were hit: bare ");
    let within = promise.within;
    let _ = match (bare.late, bare.failed + bare.refused) {
        (0, 0) => write!(text, "served all its orders in time all the same"),
        (late, 0) => write!(text, "served {} of its orders only after {within:?}", of(late, bare)),
        (0, failed) => write!(text, "passed {} of its orders on as failures", of(failed, bare)),
        (late, failed) => write!(
            text,
            "served {} of its orders only after {within:?} and failed {}",
            of(late, bare),
            of(failed, bare)
        ),
    };
    let policies = phase.policies;
    if let Some(timed_out) = policies.timed_out
        && timed_out > 0
    {
        let patience = limits.and_then(|limits| limits.text("attempt_timeout"));
        let patience = patience.map_or(String::new(), |time| format!(" after {time}"));
        let _ = write!(text, "; guarded gave up {timed_out} attempts{patience}");
    }
    // Without the service's own count, more calls than orders are the retries.
    let extra = guarded.lookups.saturating_sub(guarded.sent);
    let _ = match (policies.retries.unwrap_or(extra), policies.saved) {
        (0, _) => write!(text, "; guarded did not ask again and served {}", share(guarded)),
        (retries, Some(saved)) => write!(
            text,
            "; guarded asked again {retries} times, which saved {saved} orders, and served {}",
            share(guarded)
        ),
        (retries, None) => {
            write!(text, "; guarded asked again {retries} times and served {}", share(guarded))
        }
    };
    let _ = write!(text, " in time (p99 {}, bare {}).", p99(guarded), p99(bare));
    text
}

fn gone(phase: &PhaseSummary, seconds: f64) -> String {
    let (guarded, bare) = (&phase.groups.guarded, &phase.groups.bare);
    let mut text = format!(
        "The user service was gone for {seconds:.1} s, and without it neither group can serve an \
         order. "
    );
    let span = guarded.breaker_refused_from_s.zip(guarded.breaker_refused_to_s);
    let _ = match (span, guarded.refusal_p99_ms) {
        (Some((from, to)), Some(p99)) => write!(
            text,
            "What guarded's callers got instead: a refusal after {p99:.1} ms (p99) with a time to \
             come back, {} of the orders. Its breaker refused from {from:.2} s to {to:.2} s into the \
             phase, which spared the user service at least {} calls; ",
            of(guarded.refused, guarded),
            guarded.refused
        ),
        _ => {
            write!(text, "Guarded refused {} orders and no breaker was seen; ", guarded.refused)
        }
    };
    let _ = write!(
        text,
        "{} more failed. Bare failed {}.",
        guarded.failed + guarded.late,
        of(bare.failed + bare.late, bare),
    );
    text
}

fn share(group: &GroupSummary) -> String {
    group.ok_share.map_or_else(|| "nothing".to_owned(), |share| percent(share.value))
}

#[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 calls")]
fn of(part: u64, group: &GroupSummary) -> String {
    let share = part as f64 / group.scheduled.max(1) as f64;
    format!("{part} ({})", percent(share))
}

fn p99(group: &GroupSummary) -> String {
    group.p99_ms.map_or_else(|| "unknown".to_owned(), |p99| format!("{p99:.0} ms"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::interval::wilson;
    use super::super::tests::experiment;
    use super::*;
    use crate::experiment::{Expects, PerGroup};
    use crate::measure::Policies;

    fn group(ok: u64, late: u64, failed: u64, refused: u64) -> GroupSummary {
        let scheduled = ok + late + failed + refused;
        GroupSummary {
            scheduled,
            sent: scheduled,
            ok,
            late,
            failed,
            refused,
            ok_share: wilson(ok, scheduled),
            p99_ms: Some(12.3),
            ..GroupSummary::default()
        }
    }

    fn phase(fault: Option<&str>, effect: Option<Effect>) -> PhaseSummary {
        PhaseSummary {
            name: "phase".to_owned(),
            fault: fault.map(str::to_owned),
            effect,
            expects: Expects::Orders,
            groups: PerGroup { guarded: group(998, 0, 2, 0), bare: group(850, 150, 0, 0) },
            policies: Policies {
                retries: Some(171),
                saved: Some(148),
                timed_out: Some(160),
                opened: None,
            },
            difference: None,
            sentence: String::new(),
        }
    }

    #[test]
    fn a_slow_phase_tells_the_late_orders_and_the_second_attempts() {
        let phase = phase(
            Some("calls are slow"),
            Some(Effect::Hits { calls: 300, share: 0.15, stayed: true }),
        );
        let limits = serde_json::from_str(r#"{"attempt_timeout":"250ms"}"#).unwrap();
        let text = explain(&phase, &experiment().promise, Some(&limits));
        for part in [
            "300 calls",
            "150 (15 %)",
            "after 1s",
            "160 attempts after 250ms",
            "171 times",
            "saved 148",
            "99.8 %",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_fault_that_hit_nothing_is_not_explained_away() {
        let phase = phase(
            Some("calls are slow"),
            Some(Effect::Hits { calls: 0, share: 0.15, stayed: true }),
        );
        assert!(
            explain(&phase, &experiment().promise, None).contains("but it hit no call, so nothing")
        );
    }

    #[test]
    fn a_kill_tells_when_the_breaker_refused() {
        let effect = Effect::Gone { down_for: Duration::from_millis(3_040), stayed: true };
        let mut phase = phase(Some("it is killed"), Some(effect));
        phase.groups.guarded = GroupSummary {
            breaker_refused_from_s: Some(0.61),
            breaker_refused_to_s: Some(3.72),
            refusal_p99_ms: Some(1.84),
            ..group(1_000, 0, 12, 288)
        };
        phase.groups.bare = group(1_000, 0, 300, 0);
        let text = explain(&phase, &experiment().promise, None);
        for part in [
            "3.0 s",
            "0.61 s to 3.72 s",
            "288 (22.2 %)",
            "1.8 ms",
            "12 more",
            "300 (23.1 %)",
            "spared",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_quiet_phase_tells_both_shares() {
        let text = explain(&phase(None, None), &experiment().promise, None);
        assert!(text.contains("99.8 %") && text.contains("85 %"), "{text}");
    }
}
