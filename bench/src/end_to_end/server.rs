use std::{io, net::TcpListener, thread};

use anyhow::{Context, Result};
use axum::{Router, routing::get};
use reqwest::Url;
use tokio::runtime::Builder;

/// What the server answers.
pub(super) const ANSWER: &str = "the answer to a small question";

/// Starts a server on a thread of its own, which lives as long as the process.
pub(super) fn start() -> Result<Url> {
    let listener = TcpListener::bind("127.0.0.1:0").context("there is no loopback")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let router = Router::new().route("/", get(async || ANSWER));
            axum::serve(listener, router).await?;
            Ok::<_, io::Error>(())
        })
    });
    Ok(Url::parse(&format!("http://{address}/"))?)
}
