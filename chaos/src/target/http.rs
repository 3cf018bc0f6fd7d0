use std::time::Duration;

use anyhow::Context;

/// How long a single call to a service may take.
pub(super) const CALL: Duration = Duration::from_secs(5);

/// A client for single calls to the services: no proxy, no retry, a limit on each call.
///
/// # Errors
///
/// When it cannot be set up.
pub fn client() -> anyhow::Result<reqwest::Client> {
    let client = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never());
    client.timeout(CALL).build().context("cannot set up an HTTP client")
}
