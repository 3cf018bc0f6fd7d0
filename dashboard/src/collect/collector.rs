//! The one task that asks, however many pages are open.

use std::{convert::Infallible, time::Duration};

use futures_util::future::join_all;
use tokio::time::{MissedTickBehavior, interval};

use super::{clock::Clock, poll::poll, target::Target};
use crate::model::{Log, Snapshot, Watched};

/// Asks all `targets` at once, `every` time anew, and hands over what is known after each round.
pub async fn collect(
    http: reqwest::Client,
    targets: &[Target],
    every: Duration,
    mut publish: impl FnMut(Snapshot),
) -> Infallible {
    let clock = Clock::start();
    let mut watched: Vec<_> =
        targets.iter().map(|target| Watched::new(target.name.clone())).collect();
    let mut log = Log::default();
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let answers = join_all(targets.iter().map(|target| poll(&http, target, clock))).await;
        let now = clock.now();
        for (watched, answer) in watched.iter_mut().zip(answers) {
            watched.observe(now, answer, &mut log);
        }
        publish(Snapshot {
            now: now.as_secs_f64(),
            services: watched.iter().map(|watched| watched.service(now)).collect(),
            events: log.recent(now),
        });
    }
}
