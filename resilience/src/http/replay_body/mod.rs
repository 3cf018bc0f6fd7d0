mod tape;

use std::{
    fmt, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tape::{Left, Position, Tape};

use super::resend::Resend;
use crate::error::BoxError;

/// A request body that is kept while it is sent, so that a retry can send it again.
///
/// Nothing is read ahead. What an attempt reads of the body is recorded, data and trailers, up
/// to a cap of bytes; the next attempt gets the record first and then goes on with the rest of
/// the body. A body that passes the cap goes through unhindered: its record is dropped, and it
/// is not sent again. One that says beforehand that it is longer is not recorded at all.
///
/// It can be sent again once the attempts before have read it to its end or have let go of it,
/// whether or not they have begun to read. An answer that comes early, while the connection is
/// still sending, is therefore final: taking the rest away would break a request that the server
/// may still be reading. An error of the body itself is final, too.
///
/// A body that is not `Unpin` goes into a `Box::pin` first. With the feature `reqwest` it
/// converts to a `reqwest::Body`.
///
/// # Memory
///
/// The record holds a copy of at most `cap` bytes, trailers included, from the first byte that
/// is read until all attempts have ended. While it is sent again its bytes exist once more.
///
/// # Sharing
///
/// Copies read the same body, one after the other. What a copy was made of comes before it, so
/// make the copy of the body that is sent. A copy that is read while one before it has not let
/// go, while another reads, or after the body has become final, yields an error and not a part
/// of it. It is not `Clone`, so that a policy that does not ask [`Resend::is_whole`] cannot send
/// such a one.
///
/// # Cancellation
///
/// A body that is dropped gives back what it has not read.
///
/// # Errors
///
/// Those of the body, boxed.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use bytes::Bytes;
/// use http_body_util::{BodyExt, Full, combinators::BoxBody};
/// use resilience::http::{ReplayBody, Resend};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), resilience::BoxError> {
/// let original: BoxBody<Bytes, Infallible> = Full::from("hello").boxed();
/// let first = ReplayBody::new(original, 64 * 1024);
/// let second = first.copy().ok_or("it is short enough")?;
/// assert_eq!(first.collect().await?.to_bytes(), "hello");
/// assert_eq!(second.collect().await?.to_bytes(), "hello");
/// # Ok(())
/// # }
/// ```
pub struct ReplayBody<B> {
    /// The body, while this is the one that reads it.
    tape: Option<Tape<B>>,
    at: Position,
    has_ended: bool,
    /// Lives until this one lets go.
    hold: Option<Arc<()>>,
    /// Those whose turn comes first: what this is a copy of, and what that is a copy of.
    before: Vec<Weak<()>>,
    /// Where the others find it; `None` when it is only sent once.
    shared: Option<Arc<Mutex<Shared<B>>>>,
}

struct Shared<B> {
    place: Place<B>,
    /// What a copy says of itself before it reads.
    all: Left,
}

enum Place<B> {
    /// Some copy reads it.
    Taken,
    Free(Tape<B>),
    /// It cannot be replayed.
    Lost,
}

/// A copy was read that could not be whole.
#[derive(Debug)]
struct NotWhole;

impl fmt::Display for NotWhole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body was read by another attempt and cannot be sent again")
    }
}

impl std::error::Error for NotWhole {}

impl<B: Body + Unpin> ReplayBody<B> {
    /// Records up to `cap` bytes of `body`.
    ///
    /// Choose the cap by what a request may cost in memory, times the requests in flight; a
    /// body that has passed 64 KiB has seldom failed by chance at its beginning.
    ///
    /// Range: any; with 0 only an empty body can be sent again.
    pub fn new(body: B, cap: usize) -> Self {
        let tape = Tape::new(body, cap);
        let shared = || Arc::new(Mutex::new(Shared { place: Place::Taken, all: tape.all() }));
        let shared = tape.can_be_replayed().then(shared);
        // What it holds is the tape itself.
        let (hold, before) = (None, Vec::new());
        Self { tape: Some(tape), at: Position::default(), has_ended: false, hold, before, shared }
    }
}

impl<B> ReplayBody<B> {
    fn left(&self) -> Option<Left>
    where
        B: Body + Unpin,
    {
        match &self.tape {
            _ if self.has_ended => None,
            Some(tape) => Some(tape.left(self.at)),
            None => self.shared().map(|shared| shared.all.clone()),
        }
    }

    fn shared(&self) -> Option<MutexGuard<'_, Shared<B>>> {
        let shared = self.shared.as_ref()?;
        Some(shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_its_turn(&self) -> bool {
        self.before.iter().all(|before| before.strong_count() == 0)
    }

    /// The body, taken over from whoever has let go of it.
    fn take(&mut self) -> Option<&mut Tape<B>> {
        if self.tape.is_none() && self.is_its_turn() {
            let mut shared = self.shared()?;
            match mem::replace(&mut shared.place, Place::Taken) {
                Place::Free(tape) => {
                    drop(shared);
                    self.tape = Some(tape);
                }
                other => shared.place = other,
            }
        }
        self.tape.as_mut()
    }

    /// Lets go of the body, for another copy to take over.
    fn let_go(&mut self) {
        self.give_back();
        self.hold = None;
    }

    fn give_back(&mut self) {
        let Some(tape) = self.tape.take() else { return };
        let (can_be_replayed, all) = (tape.can_be_replayed(), tape.all());
        let Some(mut shared) = self.shared() else { return };
        if can_be_replayed {
            *shared = Shared { place: Place::Free(tape), all };
        } else {
            shared.place = Place::Lost;
            // The lock is not held while a foreign body is dropped.
            drop(shared);
            drop(tape);
        }
    }

    fn end(&mut self) {
        self.has_ended = true;
        self.let_go();
    }
}

impl<B> Body for ReplayBody<B>
where
    B: Body + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if this.has_ended {
            return Poll::Ready(None);
        }
        let mut at = this.at;
        let Some(tape) = this.take() else {
            this.end();
            return Poll::Ready(Some(Err(NotWhole.into())));
        };
        let polled = match tape.replay(&mut at) {
            Some(frame) => Some(Ok(frame)),
            None => ready!(tape.poll_rest(cx, &mut at)),
        };
        // Whoever sends it may hold on to it after the last frame.
        let was_last = !matches!(polled, Some(Ok(_))) || tape.left(at).is_nothing;
        this.at = at;
        if was_last {
            this.end();
        }
        Poll::Ready(polled.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.left().is_none_or(|left| left.is_nothing)
    }

    fn size_hint(&self) -> SizeHint {
        self.left().map_or(SizeHint::with_exact(0), |left| left.hint)
    }
}

impl<B> Resend for ReplayBody<B> {
    fn copy(&self) -> Option<Self> {
        let is_lost = match &self.tape {
            Some(tape) => !tape.can_be_replayed(),
            None => matches!(self.shared()?.place, Place::Lost),
        };
        let shared = Some(Arc::clone(self.shared.as_ref()?));
        if is_lost {
            return None;
        }
        let living = self.before.iter().filter(|before| before.strong_count() > 0).cloned();
        let before = living.chain(self.hold.as_ref().map(Arc::downgrade)).collect();
        let hold = Some(Arc::default());
        Some(Self { tape: None, at: Position::default(), has_ended: false, hold, before, shared })
    }

    fn is_whole(&self) -> bool {
        match &self.tape {
            Some(tape) => tape.can_be_replayed(),
            None if !self.is_its_turn() => false,
            None => self.shared().is_some_and(|shared| matches!(shared.place, Place::Free(_))),
        }
    }
}

impl<B> Drop for ReplayBody<B> {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl<B> fmt::Debug for ReplayBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayBody").field("at", &self.at).finish_non_exhaustive()
    }
}

#[cfg(feature = "reqwest")]
impl<B> From<ReplayBody<B>> for reqwest::Body
where
    B: Body + Send + Sync + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    fn from(body: ReplayBody<B>) -> Self {
        Self::wrap(body)
    }
}

#[cfg(test)]
mod tests;
