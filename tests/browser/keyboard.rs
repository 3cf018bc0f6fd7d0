//! The page without a mouse.

use serde_json::{Value, json};

use crate::{alone, chromium::Page, site::Site};

const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';

/// What has the focus, and how it is seen to have it.
const FOCUS: &str =
    "const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
    return { is: e.id || e.className || e.getAttribute('href') || e.tagName,
             outlined: s.outlineStyle != 'none' && parseFloat(s.outlineWidth) > 1,
             seen: b.width > 1 && b.height > 1 && b.right > 0 && b.bottom > 0 }";

/// Everything that can be used, in the order of the page.
const USABLE: &str = "return [...document.querySelectorAll('a[href], button, input, select, summary, \
    [tabindex=\"0\"]')].map(e => e.id || e.className || e.getAttribute('href'))";

#[tokio::test]
async fn everything_that_can_be_used_is_reached_and_seen_to_be() {
    let _turn = alone().await;
    let site = Site::start(20).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    page.shows("link", "live").await;
    let usable = page.run(USABLE).await;
    assert_eq!(usable, json!(["skip", "/", "/policies", "/faults", "pause", "/state"]));

    let mut reached = Vec::new();
    for _ in 0..6 {
        page.press(TAB).await;
        let focus = page.run(FOCUS).await;
        assert_eq!((&focus["outlined"], &focus["seen"]), (&json!(true), &json!(true)), "{focus}");
        reached.push(focus["is"].clone());
    }
    assert_eq!(Value::from(reached), usable, "in the order of the page");

    // Ticks come and go, and the focus stays where it is.
    let tick = "document.getElementById('events').innerHTML";
    page.run(&format!("window.before = document.getElementById('card-0').innerHTML; {tick}")).await;
    page.until("document.getElementById('card-0').innerHTML != window.before").await;
    assert_eq!(page.run(FOCUS).await["is"], "/state");
    page.close().await;
}

#[tokio::test]
async fn the_skip_link_skips_and_the_button_pauses() {
    let _turn = alone().await;
    let site = Site::start(20).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    page.shows("link", "live").await;
    page.press(TAB).await;
    page.press(ENTER).await;
    page.until("document.activeElement.id == 'main'").await;

    page.goto(&site.dashboard.url("/")).await;
    page.shows("link", "live").await;
    for _ in 0..5 {
        page.press(TAB).await;
    }
    page.press(ENTER).await;
    page.shows("link", "paused").await;
    assert_eq!(
        page.run("return document.getElementById('pause').getAttribute('aria-pressed')").await,
        "true"
    );
    // Messages go on to come, and nothing moves.
    page.run("window.before = document.getElementById('main').innerHTML").await;
    page.run("window.ticks = 0; new EventSource('/events').onmessage = () => window.ticks++").await;
    page.until("window.ticks > 4").await;
    assert_eq!(
        page.run("return window.before == document.getElementById('main').innerHTML").await,
        true
    );
    page.press(ENTER).await;
    page.shows("link", "live").await;
    page.until("window.before != document.getElementById('main').innerHTML").await;
    page.close().await;
}
