//! What a stack adds to real requests: axum on loopback, asked through reqwest.
//!
//! The client has a thread of its own, connections included, so that the time which that thread
//! spends on a core is what its requests cost. The server and the kernel's work for it are not in
//! it.

mod client;
mod fetch;
mod server;

use anyhow::Result;
use tokio::runtime::Builder;

use crate::{
    cases::{WITH_FAILSAFE, WITH_RECLOSER, with_failsafe, with_recloser},
    harness::{OURS, Spread, interval_of_median},
    inner::Down,
    row::Row,
    subjects::{ours, seatbelt, tower_resilience},
};
use client::{Client, client};
use fetch::Fetch;

/// The name by which the command line knows it.
pub(crate) const NAME: &str = "end-to-end";

const TITLE: &str = "end to end over axum and reqwest on loopback: client CPU for a request";

/// What ours may add, in nanoseconds.
const BOUND: f64 = 350.0;

/// Measures all subjects, each once in each round.
///
/// # Errors
///
/// When there is no server or no client.
pub(crate) fn measure(rounds: usize) -> Result<Vec<Row>> {
    let url = server::start()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let plain = || reqwest::Client::builder().retry(reqwest::retry::never()).build();
    let own_retry = reqwest::retry::for_host("127.0.0.1");
    let retrying = reqwest::Client::builder().retry(own_retry).build()?;
    let url = || url.clone();
    let (exact, _entered) = (seatbelt::exact, runtime.enter());
    let mut subjects: Vec<(&str, Box<dyn Client>)> = vec![
        ("bare reqwest", client(Fetch::<Down>::new(plain()?, url()))),
        (OURS, client(ours::stack(Fetch::<ours::Failed>::new(plain()?, url())))),
        (
            tower_resilience::NAME,
            client(tower_resilience::stack(Fetch::<Down>::new(plain()?, url()))),
        ),
        (seatbelt::NAME, client(seatbelt::stack(&exact(), Fetch::new(plain()?, url())))),
        (WITH_FAILSAFE, client(with_failsafe(Fetch::<Down>::new(plain()?, url())))),
        (WITH_RECLOSER, client(with_recloser(Fetch::<Down>::new(plain()?, url())))),
        ("reqwest's own retry", client(Fetch::<Down>::new(retrying, url()))),
    ];
    let count = subjects.len();
    let mut samples = vec![Vec::with_capacity(rounds); count];
    for (_, client) in &mut subjects {
        _ = client.requests(&runtime);
    }
    for round in 0..rounds {
        for place in (0..count).map(|place| (place + round) % count) {
            samples[place].push(subjects[place].1.requests(&runtime));
        }
    }
    let rows = subjects.iter().zip(&samples).map(|((name, _), own)| row(name, own, &samples[0]));
    Ok(rows.collect())
}

fn row(name: &str, own: &[f64], bare: &[f64]) -> Row {
    let added: Vec<_> = own.iter().zip(bare).map(|(own, bare)| own - bare).collect();
    let spread = Spread::of(own);
    Row {
        case: NAME.to_owned(),
        title: TITLE.to_owned(),
        subject: name.to_owned(),
        bound: (name == OURS).then_some(BOUND),
        median_ns: Some(spread.median),
        p10: Some(spread.p10),
        p90: Some(spread.p90),
        added_ns: Some(Spread::of(&added).median),
        interval: Some(interval_of_median(&added)),
        ..Row::default()
    }
}
