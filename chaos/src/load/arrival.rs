use std::time::Duration;

use crate::experiment::Experiment;
use crate::measure::{Order, Tag};

/// One order that is to be placed, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The index of its phase.
    pub phase: usize,
    /// The intended start, counted from the start of the run.
    pub at: Duration,
    /// What is ordered.
    pub order: Order,
    /// Whether an acknowledgement is followed by the same order again.
    pub repeat: bool,
}

pub(super) const ITEMS: [&str; 6] = ["anvil", "bucket", "candle", "drill", "easel", "funnel"];

/// The schedule of a run: every order, in the order of its intended start.
///
/// Each arrival falls at a random place inside its own slot of `1 / rate`, so the rate is
/// exact in every second and no two runs of the services' timers stay in step with it. Both
/// groups get the very same schedule, because it depends on the experiment alone. The `tag`
/// stands before each key and changes nothing else.
pub fn arrivals(experiment: &Experiment, tag: &Tag) -> impl Iterator<Item = Arrival> + use<> {
    let tag = tag.clone();
    let mut rng = fastrand::Rng::with_seed(experiment.seed);
    let rate = experiment.rate;
    let (repeat_share, users) = (experiment.repeat_share, experiment.users);
    let slots = experiment.windows().into_iter().enumerate().flat_map(move |(phase, window)| {
        let count = window.load().as_millis() * u128::from(rate) / 1_000;
        (0..u32::try_from(count).unwrap_or(u32::MAX)).map(move |slot| (phase, window.start, slot))
    });
    slots.zip(0_u64..).map(move |((phase, start, slot), number)| Arrival {
        phase,
        at: start + Duration::from_secs_f64((f64::from(slot) + rng.f64()) / f64::from(rate)),
        order: Order {
            key: tag.key(&format!("{number}-{:016x}", rng.u64(..))),
            user: rng.usize(..users),
            item: ITEMS[rng.usize(..ITEMS.len())].to_owned(),
            quantity: rng.u32(1..=9),
        },
        repeat: rng.f64() < repeat_share,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::experiment::Pace;

    #[test]
    fn the_same_seed_gives_the_same_orders_at_the_same_times() {
        let schedule =
            |seed, tag| arrivals(&Experiment::demo(Pace::Quick, 50, seed), tag).collect::<Vec<_>>();
        let tag = Tag::draw();
        assert_eq!(schedule(7, &tag), schedule(7, &tag));
        assert_ne!(schedule(7, &tag), schedule(8, &tag));
    }

    #[test]
    fn another_tag_changes_the_keys_alone() {
        let schedule =
            |tag: &Tag| arrivals(&Experiment::demo(Pace::Quick, 50, 7), tag).collect::<Vec<_>>();
        let (one, other) = (schedule(&Tag::draw()), schedule(&Tag::draw()));
        for (mut one, other) in one.into_iter().zip(other) {
            assert_ne!(one.order.key, other.order.key);
            one.order.key.clone_from(&other.order.key);
            assert_eq!(one, other);
        }
    }

    #[test]
    fn every_second_of_load_gets_exactly_its_rate() {
        let experiment = Experiment::demo(Pace::Full, 40, 3);
        let schedule: Vec<_> = arrivals(&experiment, &Tag::draw()).collect();
        for (phase, window) in experiment.windows().into_iter().enumerate() {
            for second in 0..window.load().as_secs() {
                let from = window.start + Duration::from_secs(second);
                let within = from..from + Duration::from_secs(1);
                let here = schedule.iter().filter(|arrival| within.contains(&arrival.at));
                assert_eq!(here.filter(|arrival| arrival.phase == phase).count(), 40);
            }
        }
    }

    #[test]
    fn arrivals_are_in_order_and_inside_the_load_of_their_phase() {
        let experiment = Experiment::demo(Pace::Quick, 100, 5);
        let windows = experiment.windows();
        let mut last = Duration::ZERO;
        for arrival in arrivals(&experiment, &Tag::draw()) {
            let window = windows[arrival.phase];
            assert!(arrival.at >= last && arrival.at >= window.start && arrival.at < window.end);
            last = arrival.at;
        }
    }

    #[test]
    fn keys_are_unique_and_about_the_chosen_share_is_repeated() {
        let schedule: Vec<_> =
            arrivals(&Experiment::demo(Pace::Full, 100, 11), &Tag::draw()).collect();
        let keys: HashSet<_> = schedule.iter().map(|arrival| &arrival.order.key).collect();
        assert_eq!(keys.len(), schedule.len());
        let repeats = schedule.iter().filter(|arrival| arrival.repeat).count();
        assert!((150..=300).contains(&repeats), "3 % of 7500 is 225, got {repeats}");
    }
}
