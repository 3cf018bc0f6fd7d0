//! Bodies that are slow or break off.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::Instant;

use super::*;
use crate::fault::{FaultBody, FaultBodyLayer, Whom};

const PAUSE: Duration = Duration::from_millis(100);
const SLOW: Fault = Fault::SlowBody { chunk: 4, pause: PAUSE };

/// Hands out its frames, each at once.
#[derive(Clone, Debug, Default)]
struct Frames {
    data: VecDeque<&'static str>,
    trailers: bool,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(data) = self.data.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(data.as_bytes())))));
        }
        let trailers = std::mem::take(&mut self.trailers);
        let map = || HeaderMap::from_iter([("x-end".parse().unwrap(), HeaderValue::from(1))]);
        Poll::Ready(trailers.then(|| Ok(Frame::trailers(map()))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_empty() && !self.trailers
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.iter().map(|data| data.len() as u64).sum())
    }
}

type Answer = Response<FaultBody<Frames>>;

/// An answer with these frames to a request for `path`, through a layer with that switch.
async fn answer(switch: &FaultSwitch, path: &str, data: &[&'static str]) -> Answer {
    let body = Frames { data: data.iter().copied().collect(), trailers: true };
    let inner = service_fn(move |_: Request<()>| {
        std::future::ready(Ok::<_, BoxError>(Response::new(body.clone())))
    });
    let request = Request::builder().uri(path).body(()).unwrap();
    FaultBodyLayer::new(NAME, switch.clone()).layer(inner).oneshot(request).await.unwrap()
}

/// What comes of a body: the pieces with the milliseconds at which they came, and how it ended.
async fn read(answer: Answer) -> (Vec<(u128, String)>, String) {
    let (begun, mut body, mut pieces) = (Instant::now(), answer.into_body(), Vec::new());
    loop {
        match body.frame().await {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    let text = String::from_utf8(data.to_vec()).unwrap();
                    pieces.push((begun.elapsed().as_millis(), text));
                }
                Err(_) => pieces.push((begun.elapsed().as_millis(), "trailers".to_owned())),
            },
            Some(Err(error)) => {
                assert!(body.is_end_stream() && body.frame().await.is_none());
                return (pieces, error.to_string());
            }
            None => return (pieces, "the end".to_owned()),
        }
    }
}

fn pieces(of: &[(u128, &str)]) -> Vec<(u128, String)> {
    of.iter().map(|(at, text)| (*at, (*text).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_comes_in_pieces_with_a_pause_before_each() {
    let switch = FaultSwitch::new();
    switch.arm(plan(SLOW, 1.0));
    let answer = answer(&switch, "/", &["abcdefghij", "", "kl"]).await;
    assert_eq!(answer.headers()["x-fault-injected"], "slow_body");
    assert_eq!(answer.body().size_hint().exact(), Some(12));
    let (came, end) = read(answer).await;
    let wanted =
        [(100, "abcd"), (200, "efgh"), (300, "ij"), (300, ""), (400, "kl"), (400, "trailers")];
    assert_eq!((came, &*end), (pieces(&wanted), "the end"));
}

#[tokio::test(start_paused = true)]
async fn the_length_that_is_left_and_the_end_take_in_what_is_held_back() {
    let switch = FaultSwitch::new();
    switch.arm(plan(SLOW, 1.0));
    let mut body = answer(&switch, "/", &["abcdef"]).await.into_body();
    body.frame().await.unwrap().unwrap();
    assert_eq!(body.size_hint().exact(), Some(2));
    assert!(!body.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn a_truncated_body_breaks_off_after_its_bytes_and_says_why() {
    let switch = FaultSwitch::new();
    for (after, frames, came) in [
        (5, ["abc", "defg"], vec![(0, "abc"), (0, "de")]),
        (3, ["abc", "defg"], vec![(0, "abc")]),
        (0, ["abc", "defg"], vec![]),
        (0, ["", "defg"], vec![(0, "")]),
    ] {
        switch.arm(plan(Fault::TruncatedBody { after }, 1.0));
        let answer = answer(&switch, "/", &frames).await;
        assert_eq!(answer.headers()["x-fault-injected"], "truncated_body");
        assert_eq!(answer.body().size_hint().exact(), Some(frames.concat().len() as u64));
        let error = format!("the body was cut off on purpose, after {after} bytes");
        assert_eq!(read(answer).await, (pieces(&came), error));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_longer_than_may_come_through_ends_as_it_would() {
    let switch = FaultSwitch::new();
    switch.arm(plan(Fault::TruncatedBody { after: 7 }, 1.0));
    let (came, end) = read(answer(&switch, "/", &["abc", "defg"]).await).await;
    let wanted = [(0, "abc"), (0, "defg"), (0, "trailers")];
    assert_eq!((came, &*end), (pieces(&wanted), "the end"));
}

#[tokio::test(start_paused = true)]
async fn a_place_is_held_until_the_body_has_ended_or_is_dropped() {
    let switch = FaultSwitch::new();
    switch.arm(plan(SLOW, 1.0).max_active(NonZeroU32::MIN));
    let first = answer(&switch, "/", &["abc"]).await;
    assert_eq!(switch.status().active, 1);
    let second = answer(&switch, "/", &["abc"]).await;
    assert!(!second.headers().contains_key("x-fault-injected"), "spared");
    assert_eq!(read(second).await.0, pieces(&[(0, "abc"), (0, "trailers")]));
    drop(first);
    assert_eq!(switch.status().active, 0);
    let mut body = answer(&switch, "/", &["abc"]).await.into_body();
    while body.frame().await.is_some() {}
    assert_eq!(switch.status().active, 0, "it is over, and still here");

    switch.arm(plan(Fault::TruncatedBody { after: 0 }, 1.0));
    let mut body = answer(&switch, "/", &["abc"]).await.into_body();
    body.frame().await.unwrap().unwrap_err();
    assert_eq!(switch.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_gives_its_place_back() {
    let switch = FaultSwitch::new();
    switch.arm(plan(SLOW, 1.0));
    let inner = service_fn(|_: Request<()>| {
        std::future::ready(Err::<Response<Frames>, BoxError>("down".into()))
    });
    let mut call = FaultBodyLayer::new(NAME, switch.clone()).layer(inner);
    let failed = tower::Service::call(&mut call, Request::new(()));
    assert_eq!(switch.status().active, 1);
    failed.await.unwrap_err();
    assert_eq!(switch.status().active, 0);
}

#[tokio::test(start_paused = true)]
async fn only_the_requests_that_are_meant_are_hit() {
    let switch = FaultSwitch::new();
    let whom = Whom::all().path_prefix("/users");
    switch.arm(plan(Fault::TruncatedBody { after: 0 }, 1.0).only(whom).unwrap());
    assert_eq!(read(answer(&switch, "/health", &["abc"]).await).await.1, "the end");
    assert_ne!(read(answer(&switch, "/users", &["abc"]).await).await.1, "the end");
}

#[tokio::test(start_paused = true)]
async fn each_layer_leaves_the_faults_of_the_other_alone() {
    let switch = FaultSwitch::new();
    switch.arm(plan(SLOW, 1.0));
    assert_eq!(hits(&switch, 3).await, 0);
    let status = switch.status();
    assert_eq!((status.injected, status.active), (0, 0));
    switch.arm(plan(ERROR, 1.0));
    assert_eq!(read(answer(&switch, "/", &["abc"]).await).await.1, "the end");
    assert_eq!(switch.status().injected, 0);
}

#[tokio::test(start_paused = true)]
async fn a_seed_fixes_which_bodies_are_hit() {
    let run = async || {
        let switch = FaultSwitch::with_rng(Rng::seeded(9));
        switch.arm(plan(Fault::TruncatedBody { after: 1 }, 0.4));
        let mut hits = Vec::new();
        for _ in 0..100 {
            hits.push(read(answer(&switch, "/", &["abc"]).await).await.1 != "the end");
        }
        hits
    };
    let hits = run().await;
    assert_eq!(hits, run().await);
    assert!((20..60).contains(&hits.iter().filter(|is_hit| **is_hit).count()));
}

#[test]
fn what_is_said_of_a_body_must_be_in_range() {
    let told = |fault| FaultPlan::new(fault, Ratio::ONE, MINUTE).unwrap_err().to_string();
    assert_eq!(
        told(Fault::SlowBody { chunk: 0, pause: Duration::ZERO }),
        "chunk is 0, but must be 1 to 16777216; pause is 0ns, but must be 1ms to 1h"
    );
    plan(Fault::TruncatedBody { after: u64::MAX }, 1.0);
}
