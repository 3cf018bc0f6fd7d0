use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project::pin_project;

use super::Damage;
use crate::error::BoxError;

/// A body that may be slow, or break off, on purpose.
///
/// Made by [`FaultBodyLayer`](super::FaultBodyLayer). Data that is cut into pieces is not copied.
///
/// # Errors
///
/// Those of the body, boxed, and one that says that it was cut off on purpose.
#[pin_project]
#[derive(Debug)]
pub struct FaultBody<B> {
    #[pin]
    inner: B,
    damage: Damage,
}

impl<B> FaultBody<B> {
    pub(super) const fn new(inner: B, damage: Damage) -> Self {
        Self { inner, damage }
    }
}

impl<B> Body for FaultBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        this.damage.poll_frame(this.inner, cx)
    }

    fn is_end_stream(&self) -> bool {
        self.damage.is_end_stream(&self.inner)
    }

    /// What the body promises; one that breaks off does not keep it.
    fn size_hint(&self) -> SizeHint {
        self.damage.size_hint(&self.inner)
    }
}
