//! Runs a service until it is told to stop.

mod connection;
mod server;

use std::{convert::Infallible, io::Write as _, net::SocketAddr};

use anyhow::Context as _;
use axum::Router;
use serde_json::{Map, Value, json};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use self::server::Server;

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
/// A caller costs a bounded amount: 1024 connections are open at once and the next ones wait,
/// a header has 5 s and 64 KiB, and a connection on which nothing is asked for 5 s is closed.
///
/// A request is accepted once its header is complete. Connections without one are closed soon
/// after the signal.
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

    let server = Server::new(router);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        never = server.accept(&listener) => match never {},
    }
    tracing::info!("stopping: no new requests, accepted ones are answered");
    drop(listener);
    server.drain().await
}

/// Takes connections and answers them by `router` until this is dropped, at the same cost to this
/// process as [`serve`].
pub async fn accept(listener: &TcpListener, router: Router) -> Infallible {
    Server::new(router).accept(listener).await
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
