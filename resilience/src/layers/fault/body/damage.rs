use std::{
    error, fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use pin_project::pin_project;
use tokio::time::{Sleep, sleep_until};

use super::super::{place::Place, plan::Fault};
use crate::{error::BoxError, time};

/// What is done to a body.
#[derive(Debug, Default)]
pub(super) enum Damage {
    #[default]
    None,
    Injected(Pin<Box<Injected>>),
    /// It has broken off.
    Over,
}

#[pin_project]
#[derive(Debug)]
pub(super) struct Injected {
    label: &'static str,
    #[pin]
    kind: Kind,
    /// Held until the body has ended or is dropped.
    place: Place,
}

#[pin_project(project = KindProjection)]
#[derive(Debug)]
enum Kind {
    Slow {
        chunk: usize,
        pause: Duration,
        /// What has come and is not handed on.
        rest: Bytes,
        #[pin]
        pausing: Option<Sleep>,
    },
    Truncated {
        after: u64,
        left: u64,
        /// There was more than may come through.
        is_cut: bool,
    },
}

impl Damage {
    pub(super) fn of(fault: &Fault, place: Place) -> Self {
        let kind = match *fault {
            Fault::SlowBody { chunk, pause } => {
                let chunk = usize::try_from(chunk).unwrap_or(usize::MAX);
                Kind::Slow { chunk, pause, rest: Bytes::new(), pausing: None }
            }
            Fault::TruncatedBody { after } => Kind::Truncated { after, left: after, is_cut: false },
            // Others have another reach, and do not come here.
            _ => return Self::None,
        };
        Self::Injected(Box::pin(Injected { label: fault.as_str(), kind, place }))
    }

    /// Marks the headers of an answer whose body is hit.
    pub(super) fn mark(&self, headers: &mut HeaderMap) {
        if let Self::Injected(injected) = self {
            headers.insert("x-fault-injected", HeaderValue::from_static(injected.label));
        }
    }

    pub(super) fn poll_frame<B>(
        &mut self,
        inner: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let injected = match self {
            Self::None => return inner.poll_frame(cx).map_err(Into::into),
            Self::Over => return Poll::Ready(None),
            Self::Injected(injected) => injected,
        };
        let polled = match injected.as_mut().project().kind.project() {
            KindProjection::Slow { chunk, pause, rest, pausing } => {
                slow(inner, cx, (*chunk, *pause), rest, pausing)
            }
            KindProjection::Truncated { after, left, is_cut } => {
                truncated(inner, cx, *after, left, is_cut)
            }
        };
        if let Poll::Ready(None | Some(Err(_))) = polled {
            *self = Self::Over;
        }
        polled
    }

    pub(super) fn is_end_stream(&self, inner: &impl Body) -> bool {
        let has_more = match self {
            Self::None => false,
            Self::Over => return true,
            Self::Injected(injected) => match &injected.kind {
                Kind::Slow { rest, .. } => !rest.is_empty(),
                Kind::Truncated { is_cut, .. } => *is_cut,
            },
        };
        !has_more && inner.is_end_stream()
    }

    pub(super) fn size_hint(&self, inner: &impl Body) -> SizeHint {
        let hint = inner.size_hint();
        let rest = match self {
            Self::None => return hint,
            Self::Over => return SizeHint::with_exact(0),
            Self::Injected(injected) => match &injected.kind {
                Kind::Slow { rest, .. } => rest.len() as u64,
                Kind::Truncated { .. } => return hint,
            },
        };
        let mut more = SizeHint::new();
        more.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            more.set_upper(upper + rest);
        }
        more
    }
}

type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

/// Each piece comes after a pause; trailers come at once.
fn slow<B>(
    inner: Pin<&mut B>,
    cx: &mut Context<'_>,
    (chunk, pause): (usize, Duration),
    rest: &mut Bytes,
    mut pausing: Pin<&mut Option<Sleep>>,
) -> Polled
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    if rest.is_empty() {
        let frame = ready!(inner.poll_frame(cx)).transpose().map_err(Into::into)?;
        match frame.map(Frame::into_data) {
            Some(Ok(data)) if !data.is_empty() => *rest = data,
            Some(Ok(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Err(other)) => return Poll::Ready(Some(Ok(other))),
            None => return Poll::Ready(None),
        }
    }
    if pausing.is_none() {
        pausing.set(Some(sleep_until(time::after(time::read(), pause))));
    }
    if let Some(sleep) = pausing.as_mut().as_pin_mut() {
        ready!(sleep.poll(cx));
    }
    pausing.set(None);
    let piece = rest.split_to(chunk.min(rest.len()));
    Poll::Ready(Some(Ok(Frame::data(piece))))
}

/// All comes through at once, up to where it breaks off.
fn truncated<B>(
    mut inner: Pin<&mut B>,
    cx: &mut Context<'_>,
    after: u64,
    left: &mut u64,
    is_cut: &mut bool,
) -> Polled
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let cut = || Poll::Ready(Some(Err(Cut { after }.into())));
    if *is_cut {
        return cut();
    }
    let frame = match ready!(inner.as_mut().poll_frame(cx)) {
        Some(Ok(frame)) => frame,
        other => return Poll::Ready(other.map(|frame| frame.map_err(Into::into))),
    };
    let mut data = match frame.into_data() {
        Ok(data) => data,
        Err(other) => return Poll::Ready(Some(Ok(other))),
    };
    let most = usize::try_from(*left).unwrap_or(usize::MAX);
    if data.len() > most {
        *is_cut = true;
        if most == 0 {
            return cut();
        }
        data.truncate(most);
    }
    *left -= data.len() as u64;
    Poll::Ready(Some(Ok(Frame::data(data))))
}

/// The body has broken off because a fault was injected.
#[derive(Debug)]
struct Cut {
    after: u64,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the body was cut off on purpose, after {} bytes", self.after)
    }
}

impl error::Error for Cut {}
