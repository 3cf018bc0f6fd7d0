//! What is done to a body without the feature `fault-injection`: nothing, by types that have no
//! size and the auto traits of those that do it.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::super::{place::Place, settings::Settings, target::HttpTarget};
use crate::error::BoxError;

#[derive(Clone, Debug)]
pub(super) struct Source(PhantomData<Settings<HttpTarget>>);

impl Source {
    pub(super) const fn new(_: &Settings<HttpTarget>) -> Self {
        Self(PhantomData)
    }

    #[expect(clippy::unused_self, reason = "the one that injects needs it")]
    pub(super) fn damage<A>(&self, _: &Request<A>) -> Damage {
        Damage::default()
    }
}

#[derive(Debug, Default)]
pub(super) struct Damage(PhantomData<Pin<Box<(Place, Bytes, Sleep)>>>);

#[expect(clippy::unused_self, reason = "the one that injects needs it")]
impl Damage {
    pub(super) const fn mark(&self, _: &mut HeaderMap) {}

    pub(super) fn poll_frame<B>(
        &mut self,
        inner: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        inner.poll_frame(cx).map_err(Into::into)
    }

    pub(super) fn is_end_stream(&self, inner: &impl Body) -> bool {
        inner.is_end_stream()
    }

    pub(super) fn size_hint(&self, inner: &impl Body) -> SizeHint {
        inner.size_hint()
    }
}
