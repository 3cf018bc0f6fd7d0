//! The page as a picture, in each of its states.

use std::{env::var_os, fs, path::PathBuf, time::Duration};

use serde_json::json;
use tokio::time::sleep;

use crate::{alone, chromium::Page, site::Site};

/// Where pictures are left, if anywhere.
fn wanted() -> Option<PathBuf> {
    var_os("PICTURES").map(PathBuf::from)
}

/// Takes the page light, dark and as on a phone.
async fn take(page: &Page, name: &str) {
    for (kind, scheme, [width, height]) in [
        ("light", "light", [1200, 1180]),
        ("dark", "dark", [1200, 1180]),
        ("phone", "light", [360, 1600]),
    ] {
        page.size(width, height).await;
        page.scheme(scheme).await;
        let picture = page.picture().await;
        assert!(picture.starts_with(b"\x89PNG"), "{name} {kind}");
        if let Some(directory) = wanted() {
            let file = directory.join(format!("{name}-{kind}.png"));
            fs::write(&file, picture).expect("the directory for pictures can be written");
        }
    }
}

/// Takes the picture that the README shows.
async fn readme(page: &Page) {
    page.size(1200, 1005).await;
    page.scheme("light").await;
    let picture = page.picture().await;
    if let Some(directory) = wanted() {
        fs::write(directory.join("readme.png"), picture).expect("the directory can be written");
    }
}

/// The seconds that a fault stays armed: long enough to be seen in a plot, if anybody looks.
fn armed_for() -> u32 {
    if wanted().is_some() { 20 } else { 2 }
}

/// Lets the story go on for so long, when there is somebody to look at it.
async fn live(seconds: u64) {
    if wanted().is_some() {
        sleep(Duration::from_secs(seconds)).await;
    }
}

#[tokio::test]
async fn a_picture_can_be_taken_of_each_state() {
    let _turn = alone().await;
    let mut site = Site::start(60).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    page.shows("headline", "All is well.").await;
    live(50).await;
    take(&page, "quiet").await;

    site.arm(json!({ "latency": { "delay": "2s" } }), 0.15, armed_for()).await;
    page.shows("headline", "A fault is armed in user.").await;
    live(20).await;
    page.shows("headline", "All is well.").await;
    live(15).await;
    site.arm(json!({ "error": { "status": 503 } }), 0.15, armed_for()).await;
    page.shows("headline", "A fault is armed in user.").await;
    live(12).await;
    take(&page, "fault").await;
    page.shows("headline", "All is well.").await;

    live(15).await;
    site.user.kill().await;
    page.shows("map", "breaker open").await;
    page.shows("headline", "User is down.").await;
    live(3).await;
    take(&page, "open").await;
    readme(&page).await;
    site.restart_user().await;
    page.shows("map", "breaker closed").await;
    live(15).await;
    take(&page, "recovered").await;

    site.dashboard.kill().await;
    page.shows("link", "reconnecting").await;
    take(&page, "old").await;
    page.close().await;
}
