use std::{
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{StackSettings, parts::Parts};
use crate::{
    circuit_breaker::CircuitBreakerHandle,
    deadline::LimitHandle,
    event::{Event, Listeners},
    name::Name,
    ratio::Ratio,
    retry::RetryHandle,
    settings::{
        budget::BudgetConfig, errors::SettingsErrors, given::checked, human, switch::Switch,
        walk::Walk,
    },
    time,
};

/// Changes the settings of a [`Stack`](super::Stack) whose services are in use.
///
/// # Sharing
///
/// Clones are of the same stack. What is changed holds for all services of the stack; the limits of
/// time, which belong to their name, for others of that name too.
#[derive(Clone, Debug)]
pub struct StackHandle {
    policies: Arc<Policies>,
}

#[derive(Debug)]
pub(super) struct Policies {
    pub(super) name: Name,
    pub(super) deadline: Option<LimitHandle>,
    pub(super) retry: Option<RetryHandle>,
    pub(super) breaker: Option<CircuitBreakerHandle>,
    pub(super) timeout: Option<LimitHandle>,
    /// Those in force.
    pub(super) settings: Mutex<StackSettings>,
}

impl StackHandle {
    pub(super) fn new(policies: Policies) -> Self {
        Self { policies: Arc::new(policies) }
    }

    /// The settings in force: those of the stack, or of the last update.
    ///
    /// What an operator has changed since, policy by policy, is not among them.
    pub fn settings(&self) -> StackSettings {
        self.lock().clone()
    }

    /// Goes by `settings` from here on.
    ///
    /// The breaker keeps its state and its window as [`CircuitBreakerHandle::update`] says, the
    /// budget what is in it, and calls that run keep the limits and attempts with which they began.
    ///
    /// Which policies there are is part of the stack's type and does not change, nor do whether the
    /// last attempt is spared, what may be sent twice, and the kind of the budget with its `ttl`; a
    /// budget by share or by cost keeps its numbers.
    ///
    /// # Errors
    ///
    /// [`SettingsErrors`] with all that is out of its range, contradicts another setting, or cannot
    /// change while calls run. Nothing changes then.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Name, settings::StackSettings};
    ///
    /// let settings = StackSettings::http_client();
    /// let stack = settings.build(Name::from_static("users"))?;
    /// let running = stack.handle();
    ///
    /// let changed: StackSettings = toml::from_str(
    ///     "preset = 'http_client'\ncircuit_breaker = { failure_rate = 0.3 }",
    /// )?;
    /// running.update(&changed)?;
    /// let breaker = stack.breaker().expect("the preset has one");
    /// assert_eq!(breaker.config().failure_rate().map(|rate| rate.as_f64()), Some(0.3));
    ///
    /// let without: StackSettings = toml::from_str("preset = 'http_client'\nretry = 'off'")?;
    /// assert_eq!(
    ///     running.update(&without).unwrap_err().to_string(),
    ///     "retry is off, but must be on, as the stack was built",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(&self, settings: &StackSettings) -> Result<(), SettingsErrors> {
        checked(settings)?;
        let parts = Parts::of(&settings.resolved())?;
        // One update at a time, so that the parts of two are not mixed.
        let mut known = self.lock();
        let mut walk = Walk::default();
        same_shape(&known, &parts.settings, &mut walk);
        let errors = walk.finish("", None);
        if !errors.is_empty() {
            return Err(errors);
        }
        let Policies { deadline, retry, breaker, timeout, .. } = &*self.policies;
        if let (Some(retry), Some(config)) = (retry, parts.retry) {
            if let (Some(budget), Some(BudgetConfig::Token(config))) =
                (retry.budget(), parts.budget)
            {
                // Kind and ttl, by which it could be refused, were compared.
                let updated = budget.update(config, time::read());
                debug_assert!(updated.is_ok(), "{updated:?}");
            }
            retry.update(config);
        }
        if let (Some(breaker), Some(config)) = (breaker, parts.breaker) {
            breaker.update(config);
        }
        for (handle, limit) in [(deadline, parts.deadline), (timeout, parts.timeout)] {
            if let (Some(handle), Some(limit)) = (handle, limit) {
                handle.set(limit);
            }
        }
        *known = parts.settings;
        drop(known);
        Listeners::default().emit(&Event::SettingsChanged { name: self.policies.name });
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, StackSettings> {
        self.policies.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const AS_BUILT: &str = "as the stack was built";

/// Notes what of `wanted` cannot change in a stack that goes by `known`.
fn same_shape(known: &StackSettings, wanted: &StackSettings, walk: &mut Walk) {
    both(walk, "deadline", known.deadline.as_ref(), wanted.deadline.as_ref());
    if let Some(retry) = both(walk, "retry", known.retry.as_ref(), wanted.retry.as_ref()) {
        let (known_retry, wanted_retry) = retry;
        walk.at("retry", |walk| {
            let idempotency = [known_retry.idempotency, wanted_retry.idempotency];
            same(walk, "idempotency", idempotency, word);
            let resends = [known_retry.resend_unsent, wanted_retry.resend_unsent];
            same(walk, "resend_unsent", resends, |resends| resends.to_string());
        });
        same_budget(known, wanted, walk);
    }
    let breakers = (known.circuit_breaker.as_ref(), wanted.circuit_breaker.as_ref());
    both(walk, "circuit_breaker", breakers.0, breakers.1);
    if let Some((known, wanted)) =
        both(walk, "timeout", known.timeout.as_ref(), wanted.timeout.as_ref())
    {
        walk.at("timeout", |walk| {
            same(
                walk,
                "spare_last_attempt",
                [known.spare_last_attempt, wanted.spare_last_attempt],
                |it| it.to_string(),
            );
        });
    }
}

/// The same of what retries are paid from.
fn same_budget(known: &StackSettings, wanted: &StackSettings, walk: &mut Walk) {
    let (known, wanted) = (known.budget.as_ref(), wanted.budget.as_ref());
    let Some((known, wanted)) = both(walk, "budget", known, wanted) else { return };
    walk.at("budget", |walk| {
        same(walk, "kind", [known.kind, wanted.kind], word);
        same(walk, "ttl", [known.ttl, wanted.ttl], human::text);
        same(walk, "max_ratio", [known.max_ratio, wanted.max_ratio], share);
        same(walk, "min_concurrency", [known.min_concurrency, wanted.min_concurrency], number);
        same(walk, "capacity", [known.capacity, wanted.capacity], number);
        same(walk, "retry_cost", [known.retry_cost, wanted.retry_cost], number);
        same(walk, "timeout_cost", [known.timeout_cost, wanted.timeout_cost], number);
        same(walk, "success_refund", [known.success_refund, wanted.success_refund], number);
    });
}

/// A policy that is on in both; noted when it is on in one of them.
fn both<'s, T>(
    walk: &mut Walk,
    name: &str,
    known: Option<&'s Switch<T>>,
    wanted: Option<&'s Switch<T>>,
) -> Option<(&'s T, &'s T)> {
    let state = |is_on| if is_on { "on" } else { "off" };
    let [known, wanted] = [known, wanted].map(|part| part.and_then(Switch::on));
    if known.is_some() != wanted.is_some() {
        let expected = format!("{}, {AS_BUILT}", state(known.is_some()));
        walk.wrong_at(name, state(wanted.is_some()), expected);
    }
    known.zip(wanted)
}

fn same<T: PartialEq>(
    walk: &mut Walk,
    name: &str,
    [known, wanted]: [Option<T>; 2],
    show: impl Fn(T) -> String,
) {
    if known != wanted {
        let shown = |value: Option<T>| value.map_or_else(|| "unset".to_owned(), &show);
        let expected = format!("{}, {AS_BUILT}", shown(known));
        walk.wrong_at(name, shown(wanted), expected);
    }
}

/// A variant as data has it, such as `method_or_key`.
fn word(variant: impl Debug) -> String {
    let mut word = String::new();
    for letter in format!("{variant:?}").chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

fn number(number: u32) -> String {
    number.to_string()
}

fn share(share: Ratio) -> String {
    share.to_string()
}
