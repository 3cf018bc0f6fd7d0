use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use proptest::prelude::*;
use tokio_test::{assert_ready, task};

use super::ReplayBody;
use crate::http::Resend;

/// Answers frames from a list, and may not be polled after their end.
struct Frames {
    queue: VecDeque<Result<Frame<Bytes>, &'static str>>,
    tells_end: bool,
    has_ended: bool,
}

impl Frames {
    fn of(data: &[&'static str]) -> Self {
        let queue = data.iter().map(|data| Ok(Frame::data(Bytes::from_static(data.as_bytes()))));
        Self { queue: queue.collect(), tells_end: true, has_ended: false }
    }

    fn trailers(mut self, value: &'static str) -> Self {
        self.queue.push_back(Ok(Frame::trailers(trailers(value))));
        self
    }

    fn error(mut self) -> Self {
        self.queue.push_back(Err("disk"));
        self
    }

    /// Does not tell its end, and its length but vaguely.
    fn vague(mut self) -> Self {
        self.tells_end = false;
        self
    }

    fn left(&self) -> u64 {
        let data = |frame: &Result<Frame<Bytes>, _>| Some(frame.as_ref().ok()?.data_ref()?.len());
        self.queue.iter().filter_map(data).sum::<usize>() as u64
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        assert!(!self.has_ended, "polled after its end");
        let frame = self.queue.pop_front();
        self.has_ended = frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.tells_end && self.queue.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::with_exact(self.left());
        if !self.tells_end {
            hint = SizeHint::new();
            hint.set_upper(self.left() + 10);
        }
        hint
    }
}

fn trailers(value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::ETAG, HeaderValue::from_static(value))])
}

fn next(body: &mut ReplayBody<Frames>) -> Option<Result<Frame<Bytes>, String>> {
    let frame = assert_ready!(task::spawn(body.frame()).poll());
    frame.map(|frame| frame.map_err(|error| error.to_string()))
}

fn next_data(body: &mut ReplayBody<Frames>) -> Bytes {
    next(body).unwrap().unwrap().into_data().unwrap()
}

/// All that is left of a body; its trailers' value.
fn all(mut body: ReplayBody<Frames>) -> (Vec<u8>, Option<HeaderMap>) {
    let (mut data, mut trailers) = (Vec::new(), None);
    while let Some(frame) = next(&mut body) {
        match frame.unwrap().into_data() {
            Ok(bytes) => data.extend(bytes),
            Err(frame) => {
                assert!(trailers.is_none(), "they come once");
                trailers = frame.into_trailers().ok();
            }
        }
    }
    assert!(next(&mut body).is_none(), "the end stays the end");
    (data, trailers)
}

#[test]
fn a_copy_sends_what_was_read_and_goes_on_with_the_rest() {
    let mut first = ReplayBody::new(Frames::of(&["ab", "cd", "ef"]).trailers("t"), 100);
    let mut second = first.copy().unwrap();
    let (third, fourth) = (second.copy().unwrap(), second.copy().unwrap());
    assert_eq!(next_data(&mut first), "ab");
    drop(first);
    assert_eq!(next_data(&mut second), "ab");
    assert_eq!(next_data(&mut second), "cd");
    drop(second);
    for copy in [third, fourth] {
        assert!(copy.is_whole());
        assert_eq!(all(copy), (b"abcdef".to_vec(), Some(trailers("t"))));
    }
}

#[test]
fn a_body_that_never_was_read_is_whole_for_the_next_attempt() {
    let first = ReplayBody::new(Frames::of(&["ab"]), 100);
    let second = first.copy().unwrap();
    drop(first);
    assert!(second.is_whole());
    assert_eq!(all(second).0, b"ab");
}

#[test]
fn past_the_cap_it_goes_through_once_and_is_not_sent_again() {
    for (cap, is_whole) in [(4, true), (3, false), (0, false)] {
        let first = ReplayBody::new(Frames::of(&["ab", "cd"]).vague(), cap);
        let second = first.copy().expect("how long it is does not show");
        assert_eq!(all(first).0, b"abcd", "cap {cap}");
        assert_eq!(second.is_whole(), is_whole, "cap {cap}");
        assert_eq!(second.copy().is_some(), is_whole, "cap {cap}");
    }
}

#[test]
fn one_that_has_passed_the_cap_is_lost_while_it_is_still_read() {
    let mut first = ReplayBody::new(Frames::of(&["abc", "d"]).vague(), 2);
    assert_eq!(next_data(&mut first), "abc");
    assert!(!first.is_whole() && first.copy().is_none());
}

#[test]
fn trailers_count_against_the_cap() {
    // Two bytes, four of the name and one of the value.
    for (cap, is_whole) in [(7, true), (6, false)] {
        let first = ReplayBody::new(Frames::of(&["ab"]).trailers("t").vague(), cap);
        let second = first.copy().unwrap();
        assert_eq!(all(first), (b"ab".to_vec(), Some(trailers("t"))));
        assert_eq!(second.is_whole(), is_whole, "cap {cap}");
    }
}

#[test]
fn a_body_known_to_be_longer_than_the_cap_is_never_recorded() {
    let body = ReplayBody::new(Frames::of(&["ab", "c"]), 2);
    assert!(body.copy().is_none());
    assert!(!body.is_whole());
    assert_eq!(all(body).0, b"abc");
    assert!(ReplayBody::new(Frames::of(&["ab", "c"]), 3).copy().is_some());
}

#[test]
fn a_body_that_an_attempt_still_reads_is_not_whole() {
    let mut first = ReplayBody::new(Frames::of(&["ab", "cd"]), 100);
    let mut second = first.copy().unwrap();
    let third = first.copy().unwrap();
    assert_eq!(next_data(&mut first), "ab");
    assert!(!second.is_whole());
    let error = next(&mut second).unwrap().unwrap_err();
    assert!(error.contains("read by another attempt"), "{error}");
    assert!(next(&mut second).is_none() && second.is_end_stream());
    drop((first, second));
    assert!(third.is_whole());
}

#[test]
fn a_copy_is_not_whole_while_one_before_it_is_held_though_it_was_not_read() {
    let first = ReplayBody::new(Frames::of(&["ab", "cd"]), 100);
    let mut second = first.copy().unwrap();
    let mut third = second.copy().unwrap();
    let fourth = third.copy().unwrap();
    assert!(!second.is_whole() && !third.is_whole());
    assert_eq!(all(first).0, b"abcd");
    assert!(second.is_whole(), "its turn has come");
    assert!(!third.is_whole(), "the second may still be sent");
    let error = next(&mut third).unwrap().unwrap_err();
    assert!(error.contains("read by another attempt"), "{error}");
    assert!(!fourth.is_whole(), "the third has ended, and the second comes before that");
    assert_eq!(next_data(&mut second), "abcd", "nobody has taken it away");
    assert!(fourth.is_whole(), "what has ended may be held");
    let fifth = fourth.copy().unwrap();
    drop(fourth);
    assert_eq!(all(fifth).0, b"abcd");
}

#[test]
fn a_body_read_to_its_end_is_whole_though_it_is_held() {
    let with_trailers = || Frames::of(&["ab"]).trailers("t");
    for body in [Frames::of(&["ab"]), with_trailers(), with_trailers().vague()] {
        let has_trailers = body.queue.len() > 1;
        let mut first = ReplayBody::new(body, 100);
        let second = first.copy().unwrap();
        assert_eq!(next_data(&mut first), "ab");
        if has_trailers {
            assert!(!second.is_whole() && !first.is_end_stream());
            assert!(next(&mut first).unwrap().unwrap().is_trailers());
        }
        assert!(first.is_end_stream() && second.is_whole());
        assert_eq!(all(second).0, b"ab");
        assert!(next(&mut first).is_none());
    }
}

#[test]
fn an_error_of_the_body_is_passed_on_and_ends_replay() {
    let mut first = ReplayBody::new(Frames::of(&["ab"]).error(), 100);
    let second = first.copy().unwrap();
    assert_eq!(next_data(&mut first), "ab");
    assert_eq!(next(&mut first).unwrap().unwrap_err(), "disk");
    assert!(!second.is_whole());
    assert!(second.copy().is_none());
}

#[test]
fn a_panic_of_the_body_ends_replay() {
    let mut frames = Frames::of(&["ab"]);
    frames.has_ended = true;
    let mut first = ReplayBody::new(frames, 100);
    let second = first.copy().unwrap();
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| next(&mut first)));
    assert!(unwound.is_err());
    drop(first);
    assert!(!second.is_whole());
}

#[test]
fn hints_are_exact_before_during_and_after_each_attempt() {
    let exact = |body: &ReplayBody<Frames>, bytes, is_end| {
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(bytes), is_end));
    };
    let mut first = ReplayBody::new(Frames::of(&["ab", "cd"]), 100);
    let mut second = first.copy().unwrap();
    exact(&first, 4, false);
    exact(&second, 4, false);
    next_data(&mut first);
    exact(&first, 2, false);
    exact(&second, 4, false);
    drop(first);
    exact(&second, 4, false);
    next_data(&mut second);
    exact(&second, 2, false);
    let third = second.copy().unwrap();
    next_data(&mut second);
    exact(&second, 0, true);
    exact(&third, 4, false);

    let range = |body: &ReplayBody<Frames>| (body.size_hint().lower(), body.size_hint().upper());
    let mut first = ReplayBody::new(Frames::of(&["ab", "cd"]).vague(), 100);
    let second = first.copy().unwrap();
    let third = first.copy().unwrap();
    assert_eq!(range(&second), (0, Some(14)));
    next_data(&mut first);
    assert_eq!(range(&first), (0, Some(12)));
    drop(first);
    assert_eq!(range(&second), (2, Some(14)));
    assert_eq!(all(second).0, b"abcd");
    exact(&third, 4, false);

    let first = ReplayBody::new(Frames::of(&[]), 0);
    let second = first.copy().unwrap();
    exact(&first, 0, true);
    exact(&second, 0, true);
    drop(first);
    exact(&second, 0, true);
}

#[test]
fn a_body_can_go_to_another_thread() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<ReplayBody<Frames>>();
}

proptest! {
    #[test]
    fn however_far_attempts_come_the_last_sends_all(
        lengths in prop::collection::vec(0..5_usize, 0..8),
        stops in prop::collection::vec(0..8_usize, 0..5),
        tells_end: bool,
        has_trailers: bool,
    ) {
        let text: String = ('a'..).take(lengths.iter().sum()).collect();
        let mut rest = Bytes::from(text.clone());
        let mut frames = Frames::of(&[]);
        frames.tells_end = tells_end;
        frames.queue = lengths.iter().map(|len| Ok(Frame::data(rest.split_to(*len)))).collect();
        if has_trailers {
            frames = frames.trailers("t");
        }
        let mut body = ReplayBody::new(frames, 100);
        for stop in stops {
            let copy = body.copy().unwrap();
            for _ in 0..stop {
                let left = body.size_hint().lower();
                let frame = next(&mut body);
                let read = frame.and_then(|frame| Some(frame.unwrap().data_ref()?.len()));
                let read = read.unwrap_or(0) as u64;
                prop_assert!(!tells_end || body.size_hint().lower() == left - read);
            }
            body = copy;
            prop_assert!(body.is_whole());
        }
        let (data, got) = all(body);
        prop_assert_eq!(String::from_utf8(data).unwrap(), text);
        prop_assert_eq!(got.is_some(), has_trailers);
    }
}
