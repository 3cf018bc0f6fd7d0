use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    event::State,
    settings::{
        read::{Read, one_of},
        value::Value,
        walk::Walk,
    },
};

/// The states in which a breaker may begin, as data.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateShape {
    /// Admits and counts calls.
    Closed,
    /// Refuses calls until the wait is over.
    Open,
    /// Refuses calls until somebody says otherwise.
    ForcedOpen,
    /// Admits calls without counting them.
    Disabled,
    /// Admits and counts calls; the rules only report.
    MetricsOnly,
    /// No state to begin in: written so that it is seen, and refused when it is read.
    #[schemars(skip)]
    HalfOpen,
}

impl From<State> for StateShape {
    fn from(state: State) -> Self {
        match state {
            State::Closed => Self::Closed,
            State::Open => Self::Open,
            State::HalfOpen => Self::HalfOpen,
            State::ForcedOpen => Self::ForcedOpen,
            State::Disabled => Self::Disabled,
            State::MetricsOnly => Self::MetricsOnly,
        }
    }
}

impl Read for State {
    const EXPECTED: &'static str = "a state, such as \"closed\"";

    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let states =
            [Self::Closed, Self::Open, Self::ForcedOpen, Self::Disabled, Self::MetricsOnly];
        one_of(value, &states.map(|state| (state.as_str(), state)), walk)
    }
}
