use maud::{Markup, html};

use super::scale::Scale;
use super::text::place;
use crate::measure::Event;

/// What a breaker does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It lets all pass.
    Closed,
    /// It lets a few pass, to try.
    HalfOpen,
    /// It refuses all.
    Open,
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half-open",
            Self::Open => "open",
        }
    }

    /// The share of the lane's height that it fills: the shape by which states differ.
    const fn height(self) -> f64 {
        match self {
            Self::Closed => 0.15,
            Self::HalfOpen => 0.55,
            Self::Open => 1.0,
        }
    }

    /// The state that an event tells, in the words in which the engine notes it.
    fn told(text: &str) -> Option<Self> {
        match text.strip_prefix("the breaker of the guarded service is ")? {
            "closed" => Some(Self::Closed),
            "half_open" => Some(Self::HalfOpen),
            "open" => Some(Self::Open),
            _ => None,
        }
    }
}

/// A stretch of the run in one state, in seconds from its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stretch {
    pub(super) state: State,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// The states that `events` tell, up to the run's `end`.
pub(super) fn stretches(events: &[Event], end: f64) -> Vec<Stretch> {
    let told = events.iter().filter_map(|event| Some((State::told(&event.what)?, event.at)));
    let mut stretches: Vec<Stretch> = Vec::new();
    for (state, at) in told {
        if let Some(last) = stretches.last_mut() {
            last.to = at.clamp(last.from, end.max(last.from));
        }
        stretches.push(Stretch { state, from: at, to: end.max(at) });
    }
    stretches
}

/// From when to when the breaker was not closed, without a pause.
pub(super) fn disturbed(stretches: &[Stretch]) -> Vec<[f64; 2]> {
    let mut spans: Vec<[f64; 2]> = Vec::new();
    let mut closed = true;
    for stretch in stretches {
        match spans.last_mut() {
            _ if stretch.state == State::Closed => {}
            Some(last) if !closed => last[1] = stretch.to,
            _ => spans.push([stretch.from, stretch.to]),
        }
        closed = stretch.state == State::Closed;
    }
    spans
}

/// What the breaker did, in a sentence.
pub(super) fn sentence(stretches: &[Stretch]) -> String {
    if stretches.is_empty() {
        return "The guarded service told of no breaker.".to_owned();
    }
    let spans: Vec<_> = disturbed(stretches)
        .into_iter()
        .map(|[from, to]| format!("from {from:.1} s to {to:.1} s"))
        .collect();
    if spans.is_empty() {
        return "The breaker of guarded stayed closed all the time.".to_owned();
    }
    format!("The breaker of guarded was open or half-open {}.", spans.join(", "))
}

/// The narrowest stretch that can still be seen.
const NARROWEST: f64 = 2.0;

/// The lane below a plot: a thin line is closed, a half-high bar half-open, a full one open.
pub(super) fn lane(stretches: &[Stretch], time: Scale, [top, bottom]: [f64; 2]) -> Markup {
    let height = bottom - top;
    html! {
        text class="axis end" x=(place(time.at(0.0) - 8.0)) y=(place(bottom - 3.0)) { "breaker" }
        @if stretches.is_empty() {
            text class="axis" x=(place(time.at(0.0))) y=(place(bottom - 3.0)) { "none" }
        }
        @for stretch in stretches {
            @let x = time.at(stretch.from);
            @let width = (time.at(stretch.to) - x).max(NARROWEST);
            @let high = stretch.state.height() * height;
            rect class={ "breaker " (stretch.state.name()) } x=(place(x)) y=(place(bottom - high))
                width=(place(width)) height=(place(high)) {}
        }
        @for [from, to] in disturbed(stretches) {
            @let middle = time.at(f64::midpoint(from, to));
            text class="axis middle" x=(place(middle)) y=(place(bottom + 18.0)) { "open" }
        }
    }
}

/// The shape of a state, for the legend.
pub(super) fn sample(state: State) -> Markup {
    let high = state.height() * 14.0;
    html! {
        svg class="key" viewBox="0 0 28 16" aria-hidden="true" {
            rect class={ "breaker " (state.name()) } x="1" y=(place(15.0 - high)) width="26"
                height=(place(high)) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(state: &str, at: f64) -> Event {
        Event { at, what: format!("the breaker of the guarded service is {state}") }
    }

    #[test]
    fn each_state_lasts_until_the_next_and_the_last_to_the_end() {
        let other = Event { at: 2.0, what: "injected: something".to_owned() };
        let events = [told("closed", 0.0), other, told("open", 3.0), told("half_open", 4.0)];
        let found = stretches(&events, 9.0);
        let shown: Vec<_> = found.iter().map(|s| (s.state, s.from, s.to)).collect();
        assert_eq!(
            shown,
            [(State::Closed, 0.0, 3.0), (State::Open, 3.0, 4.0), (State::HalfOpen, 4.0, 9.0)]
        );
        assert_eq!(disturbed(&found), [[3.0, 9.0]]);
    }

    #[test]
    fn a_breaker_that_closes_between_is_disturbed_twice() {
        let events =
            [told("open", 1.0), told("closed", 2.0), told("open", 5.0), told("closed", 6.0)];
        let found = stretches(&events, 9.0);
        assert_eq!(disturbed(&found), [[1.0, 2.0], [5.0, 6.0]]);
        assert!(sentence(&found).contains("from 1.0 s to 2.0 s, from 5.0 s to 6.0 s"));
    }

    #[test]
    fn without_a_breaker_that_is_said() {
        assert_eq!(sentence(&stretches(&[], 9.0)), "The guarded service told of no breaker.");
    }
}
