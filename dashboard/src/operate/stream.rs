//! All services as one page sees them.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{
    Stream, StreamExt as _,
    stream::{select_all, unfold},
};
use tokio::sync::watch;

use super::watcher::Watcher;

/// The lines of all `watchers`, until `stop` is true.
///
/// A line is made when the ones before are on their way: a page that reads slowly is told later, and
/// nothing piles up for it.
pub(super) fn stream(
    watchers: Vec<Watcher>,
    mut stop: watch::Receiver<bool>,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let lines = |watcher: Watcher| {
        Box::pin(unfold(watcher, async |mut watcher| {
            let line = watcher.next().await;
            Some((Ok(line), watcher))
        }))
    };
    let stopped = async move {
        // An error is as good: nobody is left to say when to stop.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    select_all(watchers.into_iter().map(lines)).take_until(Box::pin(stopped))
}
