use std::{
    num::{NonZeroU32, NonZeroU64},
    time::Duration,
};

use super::{
    signal::Reach,
    spread::{LONGEST, Spread},
    whom::Whom,
};
use crate::{
    config::{Check, ConfigErrors},
    ratio::Ratio,
};

/// The largest piece of a slow body.
const LARGEST: u32 = 1 << 24;

/// What happens to a call that is hit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The call goes on after `delay`.
    Latency {
        /// Up to 1 h.
        delay: Duration,
    },
    /// The call goes on after a delay that differs from call to call.
    RandomLatency {
        /// How long it takes.
        spread: Spread,
    },
    /// The call is never answered: it hangs until its caller gives up. It is not sent.
    Stall,
    /// The service is not ready: its callers wait, as behind a full queue, until the fault is
    /// disarmed, expires or is replaced. Chance is asked once before each call, and conditions
    /// cannot be: there is no request yet.
    ///
    /// One that has hit all it [may](FaultPlan::max_injected) holds whom it has until its time is
    /// over, or somebody disarms the switch. No timeout and no deadline of this crate bounds the wait
    /// for readiness.
    ReadinessStall,
    /// The body of the answer comes in pieces, with a pause before each: only a `FaultBodyLayer`
    /// can do it, and other layers hit nothing.
    SlowBody {
        /// The bytes of a piece, 1 to 16,777,216.
        chunk: u32,
        /// 1 ms to 1 h.
        pause: Duration,
    },
    /// The body of the answer breaks off with an error. One that is no longer ends as it would:
    /// only a `FaultBodyLayer` can do it, and other layers hit nothing.
    TruncatedBody {
        /// The bytes that come through, from 0.
        after: u64,
    },
    /// The call panics where its answer is awaited. It is not sent.
    Panic,
    /// The call is rejected with [`Reason::InjectedError`](crate::Reason::InjectedError).
    Error {
        /// The HTTP status that a server answers with, 400 to 599.
        status: u16,
    },
    /// The call is rejected with [`Reason::InjectedGrpc`](crate::Reason::InjectedGrpc), of which
    /// `RespondLayer::grpc` makes an answer with this code.
    GrpcStatus {
        /// The number of the code, 1 to 16, such as 14 for `UNAVAILABLE`.
        code: u8,
    },
    /// The call is rejected with [`Reason::InjectedAbort`](crate::Reason::InjectedAbort).
    Abort,
}

impl Fault {
    /// The fault as a label, such as `latency`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Latency { .. } | Self::RandomLatency { .. } => "latency",
            Self::Stall => "stall",
            Self::ReadinessStall => "readiness_stall",
            Self::SlowBody { .. } => "slow_body",
            Self::TruncatedBody { .. } => "truncated_body",
            Self::Panic => "panic",
            Self::Error { .. } | Self::GrpcStatus { .. } => "error",
            Self::Abort => "abort",
        }
    }
}

impl Fault {
    /// Which layers can inject it.
    pub(super) const fn reach(&self) -> Reach {
        match self {
            Self::ReadinessStall => Reach::Readiness,
            Self::SlowBody { .. } | Self::TruncatedBody { .. } => Reach::Bodies,
            _ => Reach::Calls,
        }
    }
}

/// A fault, which share of the calls it hits, how many at most, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPlan {
    fault: Fault,
    rate: Ratio,
    expires_in: Duration,
    whom: Whom,
    max_active: Option<NonZeroU32>,
    max_injected: Option<NonZeroU64>,
    max_share: Option<Ratio>,
}

impl FaultPlan {
    /// Hits `rate` of all calls with `fault` for `expires_in` from the moment it is armed.
    ///
    /// The rates 0 and 1 are exact, none and all, and draw no random number. A fixed delay of
    /// zero is no fault and hits nothing.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] when `rate` is above 1, `expires_in` is not 1 s to 24 h, the delay is
    /// above 1 h, the numbers of a [`Spread`] are out of their ranges, the status is not 400 to 599,
    /// the code not 1 to 16, or what is said of a body is not in the ranges given there.
    pub fn new(fault: Fault, rate: Ratio, expires_in: Duration) -> Result<Self, ConfigErrors> {
        let mut check = Check::default();
        check.range("rate", rate, Ratio::ZERO..=Ratio::ONE);
        let (second, day) = (Duration::from_secs(1), Duration::from_hours(24));
        check.duration("expires_in", expires_in, second..=day);
        match &fault {
            Fault::Latency { delay } => {
                check.duration("delay", *delay, Duration::ZERO..=LONGEST);
            }
            Fault::Error { status } => check.range("status", *status, 400..=599),
            Fault::GrpcStatus { code } => check.range("code", *code, 1..=16),
            Fault::RandomLatency { spread } => spread.check(&mut check),
            Fault::SlowBody { chunk, pause } => {
                check.range("chunk", *chunk, 1..=LARGEST);
                check.duration("pause", *pause, Duration::from_millis(1)..=LONGEST);
            }
            Fault::Stall
            | Fault::ReadinessStall
            | Fault::TruncatedBody { .. }
            | Fault::Panic
            | Fault::Abort => {}
        }
        let plan = Self {
            fault,
            rate,
            expires_in,
            whom: Whom::all(),
            max_active: None,
            max_injected: None,
            max_share: None,
        };
        check.finish(plan)
    }

    /// Hits only requests whose path begins with `prefix`.
    ///
    /// A layer whose [`Target`](super::Target) knows no paths then hits nothing, nor does a
    /// [`Fault::ReadinessStall`], which sees no request.
    #[must_use]
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.whom = self.whom.path_prefix(prefix);
        self
    }

    /// Hits only the requests of `whom`, in the place of what was said before.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] when a header has a name that no header can have, a text is longer than
    /// 1,024 bytes, or the fault is [`Fault::ReadinessStall`] and not every request is meant.
    pub fn only(mut self, whom: Whom) -> Result<Self, ConfigErrors> {
        whom.checked()?;
        let mut check = Check::default();
        let fits = self.fault.reach() != Reach::Readiness || whom == Whom::all();
        let expected = "a fault of calls or bodies, where a plan has conditions";
        check.that(fits, "fault", self.fault.as_str(), expected);
        check.finish(())?;
        self.whom = whom;
        Ok(self)
    }

    /// Hits no call while `most` calls are under a fault.
    ///
    /// A call is under a fault from the moment it is hit until it has ended or is dropped: a
    /// delayed one through its delay and its answer, a rejected one until the rejection is
    /// taken. Calls that an earlier plan of the switch has hit count too. Choose how many
    /// callers may be kept waiting at once. Without it there is no bound.
    #[must_use]
    pub const fn max_active(mut self, most: NonZeroU32) -> Self {
        self.max_active = Some(most);
        self
    }

    /// Disarms itself when it has hit `most` calls.
    ///
    /// Without it only the expiry ends the plan.
    #[must_use]
    pub const fn max_injected(mut self, most: NonZeroU64) -> Self {
        self.max_injected = Some(most);
        self
    }

    /// Hits no more than `most` of all calls that its layers see while it is armed, whatever the
    /// rate, the conditions and chance say; those that match no condition count as seen.
    ///
    /// Choose it by what the traffic as a whole can bear: conditions that match more than was
    /// thought, or callers who repeat what has failed, then do no more than that. From when it is
    /// armed, the calls hit are never above the share of those seen, so that the first calls are
    /// spared until the share allows one. The share of a thousand calls may be saved up, and no more:
    /// a quiet time does not make the next one worse. The shares 0 and 1 are exact, none
    /// and all; others are rounded to a billionth. Calls that the bound spares are not counted as
    /// hit, and chance is asked for them.
    ///
    /// Of a [`Fault::ReadinessStall`], which sees no calls, each time counts that a service is asked
    /// whether it is ready for the next one.
    ///
    /// Without it there is no bound.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] when `most` is above 1.
    pub fn max_share(mut self, most: Ratio) -> Result<Self, ConfigErrors> {
        let mut check = Check::default();
        check.range("max_share", most, Ratio::ZERO..=Ratio::ONE);
        self.max_share = Some(most);
        check.finish(self)
    }

    /// The fault.
    pub const fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The share of matching calls that are hit.
    pub const fn rate(&self) -> Ratio {
        self.rate
    }

    /// Whether chance hits a call, which is what the layer decides by: whenever `random` is
    /// below the rate. It gives 0 up to 1, and is asked only where it decides.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use resilience::{Ratio, fault::{Fault, FaultPlan}};
    ///
    /// let plan = FaultPlan::new(Fault::Abort, Ratio::percent(5), Duration::from_secs(30))?;
    /// assert!(plan.hits(|| 0.049));
    /// assert!(!plan.hits(|| 0.05));
    /// # Ok::<(), resilience::ConfigErrors>(())
    /// ```
    pub fn hits(&self, random: impl FnOnce() -> f64) -> bool {
        if self.fault == (Fault::Latency { delay: Duration::ZERO }) || self.rate <= Ratio::ZERO {
            return false;
        }
        self.rate >= Ratio::ONE || random() < self.rate.as_f64()
    }

    /// How long it stays armed.
    pub const fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// The beginning of the paths that are hit; `None` for all.
    pub fn prefix(&self) -> Option<&str> {
        self.whom.path_prefix.as_deref()
    }

    /// Which requests may be hit at all.
    pub const fn whom(&self) -> &Whom {
        &self.whom
    }

    /// The most calls that may be under a fault at once; `None` for no bound.
    pub const fn active_limit(&self) -> Option<NonZeroU32> {
        self.max_active
    }

    /// The calls after which it disarms itself; `None` for no bound.
    pub const fn injected_limit(&self) -> Option<NonZeroU64> {
        self.max_injected
    }

    /// The most of all calls seen that may be hit; `None` for no bound.
    pub const fn share_limit(&self) -> Option<Ratio> {
        self.max_share
    }

    /// Whether it can hit the only call that its switch sees.
    #[cfg(all(feature = "flags", feature = "http"))]
    pub(crate) fn fits_one_call(&self) -> bool {
        matches!(self.fault.reach(), Reach::Calls)
            && self.max_share.is_none_or(|share| share >= Ratio::ONE)
    }

    /// Whether another call may be hit while `active` are under a fault.
    pub(super) fn has_room(&self, active: u64) -> bool {
        self.max_active.is_none_or(|most| active < u64::from(most.get()))
    }

    /// Whether it has hit all that it may with `injected` calls.
    pub(super) fn is_spent(&self, injected: u64) -> bool {
        self.max_injected.is_some_and(|most| injected >= most.get())
    }
}
