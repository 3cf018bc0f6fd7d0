//! What an operator tells a policy.

use std::{error, fmt, sync::Arc};

use super::policy::{Listed, Policy};
#[cfg(feature = "keyed")]
use crate::circuit_breaker::keyed::Key;
use crate::{
    budget::{RetryBudget, TokenBudget},
    circuit_breaker::{CircuitBreakerHandle, ConfigBuilder, IllegalTransition, Move},
    config::{Check, ConfigErrors},
    event::{Event, Listeners},
    fault::{Fault, FaultPlan, Whom},
    ratio::Ratio,
    retry::{self, RetryHandle},
    time,
    wire::{ArmFault, Command, HeaderMatch, StickyBy},
};

/// Why a policy did not do what it was told. Nothing of it has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// Policies of this kind know no such command.
    NotForThis {
        /// The command.
        command: &'static str,
        /// The kind of policy.
        kind: &'static str,
    },
    /// A number is out of its range.
    Invalid(ConfigErrors),
    /// The breaker's settings forbid the move.
    Illegal(IllegalTransition),
    /// The key has no breaker of its own.
    #[cfg(feature = "keyed")]
    NoSuchKey {
        /// The key.
        key: Key,
    },
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotForThis { command, kind } => {
                write!(f, "command is {command}, which a policy of the kind {kind} does not know")
            }
            Self::Invalid(errors) => errors.fmt(f),
            Self::Illegal(error) => error.fmt(f),
            #[cfg(feature = "keyed")]
            Self::NoSuchKey { key } => write!(f, "key is {key}, which has no breaker of its own"),
        }
    }
}

impl error::Error for CommandError {}

impl From<ConfigErrors> for CommandError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl Listed {
    /// Has the policy do what it is told, in the name of `by`, and notes both in the event stream
    /// and in the log.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when it does not do so; then nothing has changed.
    pub fn apply(&self, command: Command, by: &str) -> Result<(), CommandError> {
        let (kind, label) = (self.policy().kind(), command.as_str());
        self.policy().apply(command)?;
        self.note(kind, label, by);
        Ok(())
    }

    /// Has the breaker of one key do what it is told, like [`apply`](Self::apply); the note of who
    /// did it names the key.
    ///
    /// What it is told holds for as long as the key has a breaker: one that leaves and comes back
    /// begins anew.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when the policy has no keys, the key has no breaker, or that does not do so;
    /// then nothing has changed.
    #[cfg(feature = "keyed")]
    pub fn apply_to_key(&self, key: &Key, command: &Command, by: &str) -> Result<(), CommandError> {
        let (kind, label) = (self.policy().kind(), command.as_str());
        let not_for_this = CommandError::NotForThis { command: label, kind };
        let Policy::KeyedCircuitBreaker(keyed) = self.policy() else { return Err(not_for_this) };
        let breaker = keyed.get(key.as_key_ref());
        let breaker = breaker.ok_or_else(|| CommandError::NoSuchKey { key: key.clone() })?;
        breaker_does(&breaker, command).ok_or(not_for_this)??;
        self.note(kind, label, &format!("{by}, key {key}"));
        Ok(())
    }

    pub(crate) fn note(&self, kind: &'static str, command: &'static str, by: &str) {
        let event = Event::Commanded { name: self.name(), kind, command, by: Arc::from(by) };
        Listeners::default().emit(&event);
    }
}

impl Policy {
    fn apply(&self, command: Command) -> Result<(), CommandError> {
        let (label, kind) = (command.as_str(), self.kind());
        let not_for_this = CommandError::NotForThis { command: label, kind };
        match self {
            Self::CircuitBreaker(breaker) => breaker_does(breaker, &command).ok_or(not_for_this)?,
            // Each key has a breaker of its own, which is told by its handle.
            #[cfg(feature = "keyed")]
            Self::KeyedCircuitBreaker(_) => Err(not_for_this),
            Self::Retry(retry) => retry_does(retry, &command).ok_or(not_for_this)?,
            #[cfg(feature = "keyed")]
            Self::KeyedRetryBudget(_) => Err(not_for_this),
            Self::RetryBudget(budget) => budget_does(budget, &command).ok_or(not_for_this)?,
            Self::Timeout(limit) | Self::Deadline(limit) => match command {
                Command::SetLimit { limit: time } => {
                    limit.set(time);
                    Ok(())
                }
                Command::ClearLimit {} => {
                    limit.clear();
                    Ok(())
                }
                _ => Err(not_for_this),
            },
            Self::Fault(fault) => match command {
                Command::Arm { fault: wanted } => {
                    fault.switch().arm(FaultPlan::try_from(wanted)?);
                    Ok(())
                }
                Command::Disarm {} => {
                    fault.switch().disarm();
                    Ok(())
                }
                _ => Err(not_for_this),
            },
        }
    }
}

type Outcome = Result<(), CommandError>;

/// `None`: breakers know no such command.
fn breaker_does(breaker: &CircuitBreakerHandle, command: &Command) -> Option<Outcome> {
    let step = match command {
        Command::ForceOpen {} => Move::ForceOpen,
        Command::Open {} => Move::Open,
        Command::HalfOpen {} => Move::HalfOpen,
        Command::Close {} => Move::Close,
        Command::Disable {} => Move::Disable,
        Command::MetricsOnly {} => Move::MetricsOnly,
        Command::Reset {} => Move::Reset,
        other => return breaker_is_set(breaker, other),
    };
    Some(breaker.apply(step).map_err(CommandError::Illegal))
}

fn breaker_is_set(breaker: &CircuitBreakerHandle, command: &Command) -> Option<Outcome> {
    let change: &dyn Fn(ConfigBuilder) -> Result<ConfigBuilder, ConfigErrors> = match *command {
        Command::SetFailureRate { rate } => {
            &move |config| Ok(config.failure_rate(share("failure_rate", rate)?))
        }
        Command::SetMinCalls { calls } => &move |config| Ok(config.min_calls(calls)),
        Command::SetConsecutiveFailures { failures } => {
            &move |config| Ok(config.consecutive_failures(failures))
        }
        Command::SetOpenFor { time } => &move |config| Ok(config.open_for(time)),
        _ => return None,
    };
    let changed = breaker.update_with(|config| change(config.to_builder())?.build());
    Some(changed.map_err(CommandError::Invalid))
}

fn retry_does(retry: &RetryHandle, command: &Command) -> Option<Outcome> {
    match *command {
        Command::SwitchOff {} => retry.switch_off(),
        Command::SwitchOn {} => retry.switch_on(),
        Command::SetMaxAttempts { attempts } => {
            let change =
                |config: &retry::Config| config.to_builder().max_attempts(attempts).build();
            return Some(retry.update_with(change).map_err(CommandError::Invalid));
        }
        _ => return None,
    }
    Some(Ok(()))
}

fn budget_does(budget: &RetryBudget, command: &Command) -> Option<Outcome> {
    let Command::SetBudget { ratio, min_per_sec } = *command else { return None };
    let change = |known: TokenBudget| {
        let mut config = known.to_builder();
        if let Some(min_per_sec) = min_per_sec {
            config = config.min_per_sec(min_per_sec);
        }
        if let Some(ratio) = ratio {
            config = config.ratio(share("ratio", ratio)?);
        }
        config.build()
    };
    Some(budget.update_with(change, time::read())?.map_err(CommandError::Invalid))
}

/// A share that came as a number.
fn share(setting: &'static str, given: f64) -> Result<Ratio, ConfigErrors> {
    Ratio::new(given).map_err(|_| {
        let mut check = Check::default();
        check.that(false, setting, given, "a number from 0");
        check.finish(()).expect_err("a mistake was noted")
    })
}

impl TryFrom<ArmFault> for FaultPlan {
    type Error = ConfigErrors;

    /// The plan that was asked for.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] naming what is out of its range.
    fn try_from(wanted: ArmFault) -> Result<Self, ConfigErrors> {
        let fault = Fault::from(wanted.fault);
        let mut whom = Whom::all();
        if let Some(prefix) = wanted.path_prefix {
            whom = whom.path_prefix(prefix);
        }
        if let Some(method) = wanted.method {
            whom = whom.method(method);
        }
        if let Some(HeaderMatch { name, value }) = wanted.header {
            whom = whom.header(name, value);
        }
        if let Some(StickyBy { header, salt }) = wanted.sticky_by {
            whom = whom.sticky_by(header, salt);
        }
        // All mistakes at once, whichever part has them.
        let rate = share("rate", wanted.rate);
        let known = rate.as_ref().copied().unwrap_or(Ratio::ZERO);
        let plan = Self::new(fault, known, wanted.expires_in);
        let most = wanted.max_share.map(|most| share("max_share", most)).transpose();
        let mut check = Check::default();
        if let Ok(Some(most)) = most {
            check.range("max_share", most, Ratio::ZERO..=Ratio::ONE);
        }
        let bounded = check.finish(());
        let mistakes = [
            rate.err(),
            plan.as_ref().err().cloned(),
            plan.as_ref()
                .map_or_else(|_| whom.checked(), |plan| plan.clone().only(whom.clone()).map(drop))
                .err(),
            most.as_ref().err().cloned(),
            bounded.err(),
        ];
        ConfigErrors::of(mistakes.into_iter().flatten())?;
        let mut plan = plan?.only(whom)?;
        if let Some(most) = wanted.max_active {
            plan = plan.max_active(most);
        }
        if let Some(most) = wanted.max_injected {
            plan = plan.max_injected(most);
        }
        if let Some(most) = most? {
            plan = plan.max_share(most)?;
        }
        Ok(plan)
    }
}
