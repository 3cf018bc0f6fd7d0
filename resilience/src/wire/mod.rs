//! The JSON shapes that services, dashboards and the `chaos` tool exchange.
//!
//! They live apart from the layers, so that a tool can speak to a service without
//! linking the layers' configuration. Durations are human text, such as `"250ms"`.
//! An unknown field of a request is an error: a misspelt `rate` must not arm a fault at its
//! default. An answer may grow: fields that a version does not know are left out, also those of a fault
//! in it, which has the shape of the request that would arm it. Only a fault of a kind that the version
//! does not know cannot be read. Times in answers are ages and times left, because the clocks of two
//! machines cannot be compared.

mod command;
mod event;
mod fault;
mod fault_header;
mod flag;
mod lenient;
mod policy;
mod settings;

pub use command::{Command, Done};
pub use event::{EventState, EventsState, HappenedState};
pub use fault::{
    ArmFault, FaultKind, FaultStatus, HeaderMatch, LatencyBucket, LatencySpread, StickyBy,
};
pub use fault_header::HeaderFault;
pub use flag::{Flag, FlagSourceState, FlagState, FlagStatus, FlagsState};
pub use policy::{
    BreakerState, BudgetState, CircuitState, FaultState, InstanceState, InstancesState, KeyState,
    KeyedState, KeysState, LimitState, PolicyState, RetryState, ThresholdState, TransitionState,
};
pub use settings::{NotShown, Replaced, SettingsMistake, SettingsState};
