//! A live page of what services and their policies do.
//!
//! It asks each service for its state, its health and its counts, and shows what follows from
//! them: who calls whom and how that goes, what each breaker does and why, the last three minutes
//! of every service. It draws on the server; a page is sent HTML for the parts that changed.
//!
//! Given the addresses at which services answer operators, it also is the page through which an
//! operator sees their policies and changes them.
//!
//! Imports run `routes -> feed -> view -> model`, `operate -> view` and `collect -> model`: what is
//! known is pure data, which neither the network nor the page can reach into.

mod assets;
pub mod collect;
mod config;
pub mod feed;
pub mod model;
mod operate;
mod routes;
pub mod view;

use std::sync::Arc;

use anyhow::Context as _;
use axum::{Router, middleware::from_fn};
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
    collect::{Target, collect},
    feed::Feed,
    operate::{Access, Operators},
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
    let offered = names(&config.operate);
    let build = build(config.targets.len(), &offered);
    let feed = Arc::new(Feed::new(build.clone()));
    let (build, stop): (Arc<str>, _) = (build.into(), stopped()?);
    let mut facts: serve::Facts =
        [("targets".to_owned(), json!(names(&config.targets)))].into_iter().collect();
    let mut further = kit::metrics::router()?;
    let operates = !offered.is_empty();
    if operates {
        facts.insert("operates".to_owned(), json!(offered));
        further = further.merge(operators(&config, Arc::clone(&build), stop.clone())?);
    }
    let source = Source { build, feed: Arc::clone(&feed), operates, stop };
    let router = router(source, further).layer(from_fn(observe));
    let collecting = collect(http, &config.targets, config.every, |known| feed.publish(known));
    tokio::select! {
        ended = serve::serve(listener, router, "dashboard", facts) => ended,
        never = collecting => match never {},
    }
}

fn names(targets: &[Target]) -> Vec<&str> {
    targets.iter().map(|target| target.name.as_str()).collect()
}

/// The page for operators.
fn operators(
    config: &Config,
    build: Arc<str>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<Router> {
    let http = operate::client()?;
    let targets = config.operate.iter().cloned().collect();
    let access = Access::new(&config.operate_host);
    Ok(operate::router(Operators { build, http, targets, access, stop }))
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
