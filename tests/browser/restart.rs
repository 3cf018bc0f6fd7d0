//! The dashboard itself dies and comes back.

use serde_json::json;

use crate::{
    alone,
    chromium::Page,
    operate::show_token,
    site::{Site, TOKEN},
    wire::Wire,
};

#[tokio::test]
async fn the_page_outlives_the_dashboard_and_says_when_its_data_is_old() {
    let _turn = alone().await;
    let mut site = Site::start(20).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    page.shows("map", "breaker closed").await;
    page.shows("link", "live").await;
    // Whoever loads the page anew loses this.
    page.run("window.stayed = true").await;

    site.dashboard.kill().await;
    page.shows("link", "reconnecting").await;
    page.until("document.body.classList.contains('stale')").await;
    page.until("/data is \\d+ s old/.test(document.getElementById('link').innerText)").await;
    page.shows("announcement", "The dashboard does not answer.").await;

    site.restart_dashboard().await;
    page.shows("link", "live").await;
    page.until("!document.body.classList.contains('stale')").await;
    page.shows("map", "breaker closed").await;
    assert_eq!(page.run("return window.stayed").await, json!(true));
    // The browser itself notes that nobody listened; anything else would be the page's doing.
    for error in page.errors().await {
        assert_eq!(error["source"], "network", "{error}");
    }
    page.close().await;
}

#[tokio::test]
async fn a_connection_that_dies_in_silence_is_told_and_given_up() {
    let _turn = alone().await;
    let site = Site::start(20).await;
    let wire = Wire::to(&site.dashboard.url("")).await;
    for path in ["/", "/policies"] {
        let page = Page::open(&wire.url(path)).await;
        if path == "/policies" {
            show_token(&page, TOKEN).await;
        }
        page.shows("link", "live").await;
        page.run("window.stayed = true").await;

        wire.cut();
        page.shows("link", "reconnecting").await;
        page.until("document.body.classList.contains('stale')").await;
        if path == "/policies" {
            page.until("/no answer since \\d\\d:\\d\\d:\\d\\d,/.test(document.getElementById('link').innerText)")
                .await;
            // A command is given up as well, and the form can be used again.
            let form = "document.querySelector('#articles-1 .circuit_breaker .moves')";
            page.run(&format!("{form}.querySelector('button').click()")).await;
            page.until(&format!(
                "{form}.querySelector('.result').innerText.includes('gave no answer')"
            ))
            .await;
            assert_eq!(page.run(&format!("return {form}.dataset.busy === undefined")).await, true);
        }
        wire.mend();
        page.shows("link", "live").await;
        page.until("!document.body.classList.contains('stale')").await;
        assert_eq!(page.run("return window.stayed").await, json!(true));
        page.close().await;
    }
}

#[tokio::test]
async fn a_page_of_another_build_loads_itself_anew() {
    let _turn = alone().await;
    let site = Site::start(20).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    page.shows("link", "live").await;
    page.run("window.stayed = true; document.documentElement.dataset.build = 'another'").await;
    page.until("window.stayed === undefined").await;
    page.shows("link", "live").await;
    page.close().await;
}
