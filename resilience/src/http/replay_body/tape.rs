use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// A body and what has been read of it.
#[derive(Debug)]
pub(super) struct Tape<B> {
    rest: B,
    /// What the rest said of itself when it was last polled, for who cannot ask it.
    said: Left,
    /// Nothing is left of `rest`. It is not polled again: some bodies panic then.
    has_ended: bool,
    /// `None`: it cannot be replayed.
    record: Option<Record>,
    cap: usize,
}

/// What is left to read.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) hint: SizeHint,
    pub(super) is_nothing: bool,
}

impl Left {
    fn of(body: &impl Body) -> Self {
        Self { hint: body.size_hint(), is_nothing: body.is_end_stream() }
    }

    fn nothing() -> Self {
        Self { hint: SizeHint::with_exact(0), is_nothing: true }
    }
}

/// Where on a tape a reader is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position {
    bytes: usize,
    trailers: bool,
}

// Copied, not shared with the frames: a frame of one byte may hold on to a buffer of any size,
// and the cap would bound nothing.
#[derive(Debug, Default)]
struct Record {
    data: Vec<u8>,
    trailers: Option<HeaderMap>,
}

impl<B: Body + Unpin> Tape<B> {
    pub(super) fn new(rest: B, cap: usize) -> Self {
        let said = Left::of(&rest);
        let is_known_to_pass = said.hint.lower() > u64::try_from(cap).unwrap_or(u64::MAX);
        let record = (!is_known_to_pass).then(Record::default);
        Self { rest, said, has_ended: false, record, cap }
    }

    /// The next frame of the rest, recorded as far as the cap allows.
    pub(super) fn poll_rest(
        &mut self,
        cx: &mut Context<'_>,
        at: &mut Position,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        // An error leaves the record taken, and so does a panic.
        let record = self.record.take();
        let Poll::Ready(polled) = Pin::new(&mut self.rest).poll_frame(cx) else {
            self.record = record;
            return Poll::Pending;
        };
        let Some(frame) = polled.transpose()? else {
            self.record = record;
            self.end();
            return Poll::Ready(None);
        };
        let frame = frame.map_data(|mut data| data.copy_to_bytes(data.remaining()));
        self.said = Left::of(&self.rest);
        let expected = self.said.hint.lower();
        self.record = record.and_then(|record| record.with(&frame, self.cap, expected));
        at.bytes += frame.data_ref().map_or(0, Bytes::len);
        if frame.is_trailers() {
            // They come last, whatever the body says of its end.
            at.trailers = true;
            self.end();
        }
        Poll::Ready(Some(Ok(frame)))
    }

    /// What is left for the reader at `at`, who may ask the rest itself.
    pub(super) fn left(&self, at: Position) -> Left {
        let rest = if self.has_ended { Left::nothing() } else { Left::of(&self.rest) };
        self.left_with(at, &rest)
    }
}

impl<B> Tape<B> {
    pub(super) const fn can_be_replayed(&self) -> bool {
        self.record.is_some()
    }

    /// What a reader at `at` has not had of what others have read.
    pub(super) fn replay(&self, at: &mut Position) -> Option<Frame<Bytes>> {
        let record = self.record.as_ref()?;
        let data = record.data.get(at.bytes..).filter(|data| !data.is_empty());
        if let Some(data) = data {
            at.bytes = record.data.len();
            return Some(Frame::data(Bytes::copy_from_slice(data)));
        }
        let trailers = record.trailers.as_ref()?;
        at.trailers = true;
        Some(Frame::trailers(trailers.clone()))
    }

    /// What there is for a reader that begins.
    pub(super) fn all(&self) -> Left {
        self.left_with(Position::default(), &self.said)
    }

    fn left_with(&self, at: Position, rest: &Left) -> Left {
        let (bytes, has_trailers) = self.record.as_ref().map_or((0, false), |record| {
            let bytes = record.data.len().saturating_sub(at.bytes);
            (u64::try_from(bytes).unwrap_or(u64::MAX), record.trailers.is_some() && !at.trailers)
        });
        let mut hint = SizeHint::new();
        hint.set_lower(rest.hint.lower().saturating_add(bytes));
        if let Some(upper) = rest.hint.upper() {
            hint.set_upper(upper.saturating_add(bytes));
        }
        Left { hint, is_nothing: rest.is_nothing && bytes == 0 && !has_trailers }
    }

    fn end(&mut self) {
        self.has_ended = true;
        self.said = Left::nothing();
    }
}

impl Record {
    /// Adds `frame`; `None` when more than `cap` bytes would be kept, or it cannot be.
    fn with(mut self, frame: &Frame<Bytes>, cap: usize, expected: u64) -> Option<Self> {
        let room = cap - self.data.len();
        if let Some(data) = frame.data_ref() {
            if data.len() > room {
                return None;
            }
            if self.data.is_empty() {
                let expected = usize::try_from(expected).unwrap_or(usize::MAX);
                self.data.reserve_exact(data.len().saturating_add(expected).min(cap));
            }
            self.data.extend_from_slice(data);
        } else {
            let trailers = frame.trailers_ref()?;
            let size = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                name.as_str().len() + value.len()
            };
            if trailers.iter().map(size).sum::<usize>() > room {
                return None;
            }
            self.trailers = Some(trailers.clone());
        }
        Some(self)
    }
}
