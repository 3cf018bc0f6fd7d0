use std::{sync::Arc, time::Duration};

use super::{
    board::{Board, Source},
    registered::Flags,
    set::Checked,
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
        let mut board = self.lock();
        let mut flags = Vec::new();
        for at in 0..board.sources().len() {
            let Source { name: source, set, .. } = &board.sources()[at];
            let (source, set) = (Arc::clone(source), set.clone());
            for (name, checked) in set.all() {
                flags.push(state(&mut board, &source, name, checked));
            }
        }
        flags.sort_by(|one, other| (&one.name, &one.source).cmp(&(&other.name, &other.source)));
        let sources = board.sources().iter().map(|source| FlagSourceState {
            source: source.name.to_string(),
            mistake: source.mistake.clone(),
        });
        FlagsState { flags, sources: sources.collect() }
    }
}

fn state(board: &mut Board, source: &Arc<str>, name: &str, checked: &Checked) -> FlagState {
    let mut state = FlagState {
        name: name.to_owned(),
        source: source.to_string(),
        status: FlagStatus::Off,
        time_left: Duration::ZERO,
        injected: 0,
        flag: checked.flag.clone(),
    };
    if board.counting(name).is_some_and(|(counts, _)| counts.name != *source) {
        state.status = FlagStatus::Overruled;
    } else if let Some(on) = board.on().get(name) {
        state.status = FlagStatus::NoPolicy;
        if !on.armed.is_empty() {
            state.status = FlagStatus::Ended;
        }
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
    state
}
