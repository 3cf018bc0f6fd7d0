use std::{sync::Arc, time::Duration};

use super::{
    board::{Board, On},
    registered::Flags,
};
use crate::{
    operator::faults,
    wire::{FlagSourceState, FlagState, FlagStatus, FlagsState},
};

impl Flags {
    /// All flags and what has become of them.
    pub fn states(&self) -> FlagsState {
        // A layer that was made since is armed now rather than shown as missing.
        self.refresh();
        let (mut flags, sources) = {
            let board = self.lock();
            let sources = board.sources().iter().map(|source| FlagSourceState {
                source: source.name.to_string(),
                mistake: source.mistake.clone(),
            });
            let sources = sources.collect();
            (listed(&board), sources)
        };
        // Whoever looks at a switch may have to tell of an end, and does so without the lock.
        for (state, on) in &mut flags {
            if let Some(on) = on {
                look(state, on);
            }
        }
        let mut flags: Vec<_> = flags.into_iter().map(|(state, _)| state).collect();
        flags.sort_by(|one, other| (&one.name, &one.source).cmp(&(&other.name, &other.source)));
        FlagsState { flags, sources }
    }
}

/// The flags of all sources, with those that are on and count.
fn listed(board: &Board) -> Vec<(FlagState, Option<On>)> {
    let mut flags = Vec::new();
    for source in board.sources() {
        for (name, checked) in source.set.all() {
            let counts =
                board.counting(name).is_some_and(|(_, first, _)| first.name == source.name);
            flags.push(FlagState {
                name: name.clone(),
                source: source.name.to_string(),
                status: if counts { FlagStatus::Off } else { FlagStatus::Overruled },
                time_left: Duration::ZERO,
                injected: 0,
                flag: checked.flag.clone(),
            });
        }
    }
    let on = |state: &FlagState| match state.status {
        FlagStatus::Overruled => None,
        _ => board.on(&state.name).cloned(),
    };
    let on: Vec<_> = flags.iter().map(on).collect();
    flags.into_iter().zip(on).collect()
}

/// Asks the switches of a flag that is on.
fn look(state: &mut FlagState, on: &On) {
    state.status = if on.armed.is_empty() { FlagStatus::NoPolicy } else { FlagStatus::Ended };
    for (_, fault) in faults(&on.policy).filter(|(id, _)| on.armed.contains(id)) {
        let status = fault.switch().status();
        if status.armed.is_some_and(|plan| Arc::ptr_eq(&plan, &on.plan)) {
            state.status = FlagStatus::Armed;
            state.time_left = state.time_left.max(status.time_left);
        }
        if status.last.is_some_and(|plan| Arc::ptr_eq(&plan, &on.plan)) {
            state.injected += status.injected_by_plan;
        }
    }
}
