//! A service dies and comes back, seen on the page.

use crate::{alone, chromium::Page, site::Site};

#[tokio::test]
async fn a_breaker_is_seen_closed_open_half_open_and_closed_again() {
    let _turn = alone().await;
    let mut site = Site::start(40).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    page.until("document.getElementById('link').dataset.state == 'live'").await;
    page.shows("map", "breaker closed").await;
    page.shows("headline", "All is well.").await;
    page.until("document.title.startsWith('✓')").await;

    site.user.kill().await;
    page.shows("headline", "User is down.").await;
    page.shows("headline", "The circuit breaker of order guarded has opened.").await;
    page.shows("map", "breaker open").await;
    page.shows("announcement", "The circuit breaker of order guarded has opened.").await;
    page.until("document.querySelector('.node.away .title').innerText.includes('user')").await;

    site.restart_user().await;
    page.shows("headline", "All is well.").await;
    page.shows("map", "breaker closed").await;
    page.shows("announcement", "All is well.").await;
    page.shows("changes-0", "open → half-open: the wait was over").await;
    page.shows("changes-0", "half-open → closed: the calls that tried went well").await;
    page.shows("events", "User is down: nobody listens there.").await;
    page.shows("events", "User was restarted").await;
    assert_eq!(page.text("events").await.matches("User was restarted").count(), 1);
    page.shows("events", "Breaker users-api of order guarded is open: too many failures").await;
    // The moment of each is marked in the plot.
    page.until("document.querySelector('#plot-0 .turn.open')").await;
    page.until("document.querySelector('#plot-2 .turn.restart')").await;

    assert_eq!(page.errors().await, Vec::<serde_json::Value>::new());
    page.close().await;
}
