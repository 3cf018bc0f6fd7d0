//! A live page of what services and their policies do.
//!
//! It asks each service for its state, its health and its counts, and shows what follows from
//! them: who calls whom and how that goes, what each breaker does and why, the last three minutes
//! of every service. It draws on the server; a page is sent HTML for the parts that changed.
//!
//! Imports run `routes -> feed -> view -> model` and `collect -> model`: what is known is pure
//! data, which neither the network nor the page can reach into.

mod assets;
pub mod collect;
mod config;
pub mod feed;
pub mod model;
mod routes;
pub mod view;

use std::sync::Arc;

use anyhow::Context as _;
use axum::middleware::from_fn;
use kit::{config::Service as _, observe::observe, serve};
use serde_json::json;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

pub use self::{
    assets::{SCRIPT, STYLE, build},
    config::Config,
};
use self::{
    collect::collect,
    feed::Feed,
    routes::{Source, router},
};

/// Runs the dashboard until it is told to stop.
///
/// # Errors
///
/// It cannot start.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    config.check()?;
    let listener = serve::bind(config.address()).await?;
    let http = reqwest::Client::builder()
        .no_proxy()
        .retry(reqwest::retry::never())
        .build()
        .context("cannot set up an HTTP client")?;
    let build = build(config.targets.len());
    let feed = Arc::new(Feed::new(build.clone()));
    let names: Vec<_> = config.targets.iter().map(|target| target.name.as_str()).collect();
    let facts = [("targets".to_owned(), json!(names))].into_iter().collect();
    let source = Source { build: build.into(), feed: Arc::clone(&feed), stop: stopped()? };
    let router = router(source, kit::metrics::router()?).layer(from_fn(observe));
    let collecting = collect(http, &config.targets, config.every, |known| feed.publish(known));
    tokio::select! {
        ended = serve::serve(listener, router, "dashboard", facts) => ended,
        never = collecting => match never {},
    }
}

/// Becomes true with the signal that also stops the server: it waits for every answer to end, and
/// streams have no end of their own.
fn stopped() -> anyhow::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.send_replace(true);
    });
    Ok(stopped)
}
