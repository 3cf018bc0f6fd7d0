//! Runs a service until it is told to stop.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use axum::{Router, serve::ListenerExt as _};
use serde_json::{Map, Value, json};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

/// How long accepted requests have to finish after the signal.
const DRAIN: Duration = Duration::from_secs(10);

/// What a service says of itself in its ready line.
pub type Facts = Map<String, Value>;

/// Takes the address; port 0 takes any that is free.
///
/// # Errors
///
/// The address is in use or is not one of this machine.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Serves until SIGTERM or SIGINT, then answers every accepted request and returns.
///
/// When requests are taken, one line of JSON on standard output says so, with the name of the
/// service, its address, its process id and the `facts`.
///
/// # Errors
///
/// Accepted requests were still unanswered 10 s after the signal.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    service: &str,
    facts: Facts,
) -> anyhow::Result<()> {
    // Before the ready line: whoever reads it may send a signal at once.
    let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
    announce(listener.local_addr()?, service, facts);

    let (stopping, stopped) = oneshot::channel();
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: no new requests, accepted ones are answered");
        // The receiver waits as long as the server runs.
        let _ = stopping.send(());
    };
    let listener = listener.tap_io(|stream| {
        // Answers are small and must not wait for more to be sent along.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps delaying small writes");
        }
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(stop);
    tokio::select! {
        result = server.into_future() => result.context("the server failed"),
        () = overdue(stopped) => bail!("requests were still unanswered {DRAIN:?} after the signal"),
    }
}

async fn overdue(stopped: oneshot::Receiver<()>) {
    match stopped.await {
        Ok(()) => tokio::time::sleep(DRAIN).await,
        Err(_) => std::future::pending().await,
    }
}

fn announce(address: SocketAddr, service: &str, facts: Facts) {
    let mut line = Map::new();
    line.insert("service".into(), json!(service));
    line.insert("listening".into(), json!(address.to_string()));
    line.insert("pid".into(), json!(std::process::id()));
    line.extend(facts);
    let line = Value::Object(line);
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        tracing::warn!(%error, "nobody reads that the service is ready");
    }
}
