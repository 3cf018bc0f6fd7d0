use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;

use super::Losses;

/// A client that reads what the collector answers. The SDK looks at the status alone, and a collector may
/// refuse spans with 200.
#[derive(Debug)]
pub(super) struct Answers<C> {
    pub(super) client: C,
    pub(super) losses: Arc<Losses>,
}

#[async_trait]
impl<C: HttpClient> HttpClient for Answers<C> {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let response = self.client.send_bytes(request).await?;
        if response.status().is_success() {
            self.losses.rejected(rejected(response.body()));
        }
        Ok(response)
    }
}

/// How many spans an answer says were not taken; all, where no collector answers so.
fn rejected(body: &[u8]) -> u64 {
    let Ok(answer) = ExportTraceServiceResponse::decode(body) else { return u64::MAX };
    let rejected = answer.partial_success.map_or(0, |partial| partial.rejected_spans);
    rejected.try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::rejected;

    #[test]
    fn what_is_no_answer_of_a_collector_rejects_all_and_an_empty_one_none() {
        for page in ["<!doctype html>", "ok", "{}"] {
            assert_eq!(rejected(page.as_bytes()), u64::MAX, "{page}");
        }
        assert_eq!(rejected(b""), 0);
    }
}
