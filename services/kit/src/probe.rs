//! Asks a service that runs on this machine whether it is ready.
//!
//! For the health checks of containers: an image with one program in it has no other client.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, ensure};

/// How long the answer may take. Longer than the service's own checks, so that it answers for
/// itself.
const LIMIT: Duration = Duration::from_secs(2);

/// Asks the service that listens on `address`.
///
/// # Errors
///
/// It does not answer, or says that it is not ready.
pub(crate) async fn ready(address: SocketAddr) -> anyhow::Result<()> {
    ensure!(address.port() != 0, "a service on port 0 listens nobody knows where; name the port");
    let url = format!("http://{}/health/ready", reachable(address));
    let client = reqwest::Client::builder().no_proxy().timeout(LIMIT).build()?;
    let answer = client.get(&url).send().await.with_context(|| format!("cannot ask {url}"))?;
    let status = answer.status();
    let body = answer.text().await.unwrap_or_default();
    ensure!(status.is_success(), "{url} answered {status}: {body}");
    Ok(())
}

/// A service that listens on every address is asked on the loopback one.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    (ip, address.port()).into()
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use http::StatusCode;
    use tokio::net::TcpListener;

    use super::{reachable, ready};

    #[test]
    fn every_address_is_asked_on_the_loopback_one() {
        for (given, asked) in [
            ("0.0.0.0:5001", "127.0.0.1:5001"),
            ("[::]:5001", "[::1]:5001"),
            ("127.0.0.2:5001", "127.0.0.2:5001"),
        ] {
            assert_eq!(reachable(given.parse().unwrap()).to_string(), asked);
        }
    }

    #[tokio::test]
    async fn only_a_service_that_says_it_is_ready_is_ready() {
        for (status, is_ready) in [(StatusCode::OK, true), (StatusCode::SERVICE_UNAVAILABLE, false)]
        {
            let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let router = Router::new().route("/health/ready", get(async move || status));
            tokio::spawn(async move { axum::serve(listener, router).await });
            assert_eq!(ready(address).await.is_ok(), is_ready, "{status}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_not_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = ready(address).await.unwrap_err().to_string();
        assert!(error.contains(&address.to_string()), "{error}");
        assert!(ready("127.0.0.1:0".parse().unwrap()).await.is_err());
    }
}
