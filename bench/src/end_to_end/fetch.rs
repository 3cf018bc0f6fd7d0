use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use reqwest::{Client, Url};
use tower_service::Service;

use super::server::ANSWER;
use crate::inner::Failure;

/// Fetches a page, and answers with the number of the request when it was the right one. All
/// stacks stand around the same, so that what one adds is its own.
pub(super) struct Fetch<E> {
    client: Client,
    url: Url,
    error: PhantomData<fn() -> E>,
}

impl<E> Fetch<E> {
    pub(super) const fn new(client: Client, url: Url) -> Self {
        Self { client, url, error: PhantomData }
    }
}

impl<E> Clone for Fetch<E> {
    fn clone(&self) -> Self {
        Self::new(self.client.clone(), self.url.clone())
    }
}

impl<E: Failure> Service<u64> for Fetch<E> {
    type Response = u64;
    type Error = E;
    type Future = Pin<Box<dyn Future<Output = Result<u64, E>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, number: u64) -> Self::Future {
        let request = self.client.get(self.url.clone());
        Box::pin(async move {
            let answer = request.send().await.map_err(|_| E::down())?;
            let page = answer.bytes().await.map_err(|_| E::down())?;
            if &page[..] == ANSWER.as_bytes() { Ok(number) } else { Err(E::down()) }
        })
    }
}
