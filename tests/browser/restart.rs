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

/// Has the page ask for its stream by `asks`, which may call `real`, and asked anew.
async fn ask_by(page: &Page, asks: &str) {
    page.run(&format!(
        "const real = window.real ??= window.fetch; window.asked = 0;
         window.fetch = (to, how) => {{
             if (!String(to).endsWith('/live')) return real(to, how);
             window.asked += 1;
             return ({asks})(to, how);
         }}"
    ))
    .await;
}

/// The stream as it is, which `window.hangUp` ends.
const REAL: &str = "(to, { headers, signal }) => {
    const end = new AbortController();
    window.hangUp = () => end.abort();
    return real(to, { headers, signal: AbortSignal.any([signal, end.signal]) });
}";

/// A stream that begins and tells nothing, until it is given up.
const SILENT: &str = "async (to, { signal }) => new Response(new ReadableStream({
    start(stream) { signal.addEventListener('abort', () => stream.error(signal.reason)); }
}))";

#[tokio::test]
async fn a_page_for_operators_that_is_told_nothing_does_not_say_that_it_is_live() {
    let _turn = alone().await;
    let site = Site::start(20).await;
    let page = Page::open(&site.dashboard.url("/policies")).await;
    show_token(&page, TOKEN).await;
    page.shows("link", "live").await;

    // Commands are answered all the while.
    ask_by(&page, SILENT).await;
    let press = "document.querySelector('#articles-1 .circuit_breaker .moves button').click()";
    page.run(&format!("window.presses = setInterval(() => {press}, 500)")).await;
    show_token(&page, TOKEN).await;
    page.shows("link", "no answer since").await;
    page.until("document.body.classList.contains('stale') && window.asked > 1").await;
    page.run("clearInterval(window.presses)").await;
    ask_by(&page, REAL).await;
    page.shows("link", "live").await;

    // What is no dashboard for operators, such as one that was started without them.
    ask_by(&page, "async () => new Response('nothing here', { status: 404 })").await;
    page.run("window.hangUp()").await;
    page.shows("link", "refused, asking again").await;
    page.until("document.body.classList.contains('stale') && window.asked > 1").await;
    page.shows("access-said", "The dashboard answers nothing for operators.").await;
    ask_by(&page, REAL).await;
    page.shows("link", "live").await;
    page.until("document.getElementById('access-said').innerText === ''").await;
    page.close().await;
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
