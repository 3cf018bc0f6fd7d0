//! The messages for one page.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use futures_util::{Stream, stream::unfold};
use tokio::sync::watch;

use super::live::Live;

/// The messages for one page, from the present moment until `stop` is true.
///
/// The next message is made when the one before is on its way. So a page that reads slowly skips
/// ticks; it is then sent everything, because it does not know what it missed. No more than one
/// message waits for it.
pub fn stream(
    live: watch::Receiver<Arc<Live>>,
    stop: watch::Receiver<bool>,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    // The page has seen no tick, and the present one is there already.
    unfold((live, stop, 0), |(mut live, mut stop, seen)| async move {
        let next = async {
            let newer = live.wait_for(|live| live.tick > seen).await.ok()?;
            let (tick, messages) = (newer.tick, &newer.messages);
            let in_order = seen > 0 && tick == seen + 1;
            Some((tick, if in_order { messages.changed.clone() } else { messages.all.clone() }))
        };
        let (tick, message) = tokio::select! {
            biased;
            // An error is as good: nobody is left to say when to stop.
            _ = stop.wait_for(|stop| *stop) => return None,
            next = next => next?,
        };
        Some((Ok(message), (live, stop, tick)))
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::{FutureExt as _, StreamExt as _};

    use super::{Bytes, stream, watch};
    use crate::{feed::Feed, model::Snapshot};

    /// Publishes a tick in which only the time differs.
    fn tick(feed: &Feed, now: f64) {
        feed.publish(Snapshot { now, ..Snapshot::default() });
    }

    fn text(message: Option<Result<Bytes, std::convert::Infallible>>) -> String {
        let Ok(message) = message.expect("the stream goes on");
        String::from_utf8(message.to_vec()).unwrap()
    }

    fn is_whole(message: &str) -> bool {
        message.contains("\"headline\":")
    }

    #[tokio::test]
    async fn a_page_is_sent_everything_once_and_then_what_differs() {
        let (feed, stop) = (Feed::new("b1".into()), watch::Sender::new(false));
        tick(&feed, 1.0);
        let mut page = pin!(stream(feed.follow(), stop.subscribe()));
        let first = text(page.next().await);
        assert!(is_whole(&first) && first.starts_with("retry: 1000\nid: 1\n"), "{first}");
        assert!(page.next().now_or_never().is_none(), "no tick is sent twice");
        tick(&feed, 2.0);
        let second = text(page.next().await);
        assert!(!is_whole(&second) && second.starts_with("id: 2\n"), "{second}");
    }

    #[tokio::test]
    async fn a_page_that_opens_before_the_first_tick_waits_for_it() {
        let (feed, stop) = (Feed::new("b1".into()), watch::Sender::new(false));
        let mut page = pin!(stream(feed.follow(), stop.subscribe()));
        assert!(page.next().now_or_never().is_none());
        tick(&feed, 1.0);
        assert!(is_whole(&text(page.next().await)));
    }

    #[tokio::test]
    async fn a_slow_page_skips_ticks_and_is_then_sent_everything() {
        let (feed, stop) = (Feed::new("b1".into()), watch::Sender::new(false));
        tick(&feed, 1.0);
        let mut page = pin!(stream(feed.follow(), stop.subscribe()));
        text(page.next().await);
        for now in 2..1_000 {
            tick(&feed, f64::from(now));
        }
        let late = text(page.next().await);
        assert!(is_whole(&late) && late.contains("id: 999\n"), "{late}");
        assert!(page.next().now_or_never().is_none(), "nothing has piled up");
    }

    #[tokio::test]
    async fn all_pages_share_the_bytes_of_a_tick() {
        let (feed, stop) = (Feed::new("b1".into()), watch::Sender::new(false));
        tick(&feed, 1.0);
        let mut pages = Vec::new();
        for _ in 0..100 {
            pages.push(Box::pin(stream(feed.follow(), stop.subscribe())));
        }
        let mut places = Vec::new();
        for page in &mut pages {
            let Ok(message) = page.next().await.unwrap();
            places.push(message.as_ptr());
        }
        places.dedup();
        assert_eq!(places.len(), 1);
    }

    #[tokio::test]
    async fn the_stream_ends_when_the_dashboard_stops_also_with_a_tick_to_send() {
        let (feed, stop) = (Feed::new("b1".into()), watch::Sender::new(false));
        tick(&feed, 1.0);
        let mut page = pin!(stream(feed.follow(), stop.subscribe()));
        stop.send_replace(true);
        assert!(page.next().await.is_none());
    }
}
