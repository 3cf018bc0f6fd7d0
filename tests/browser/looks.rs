//! Whether the page can be read, by whom and on what it may be.

use serde_json::{Value, json};

use crate::{alone, chromium::Page, site::Site};

/// Texts with too little contrast against what is behind them (WCAG AA): 4.5, or 3 when large.
pub(crate) const FAINT: &str = r"
    const parse = c => (c.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = e => {
        for (; e; e = e.parentElement) {
            const c = parse(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c;
        }
        return [255, 255, 255];
    };
    const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let looked = 0;
    while (walk.nextNode()) {
        const e = walk.currentNode.parentElement, s = getComputedStyle(e);
        const box = e.getBoundingClientRect();
        if (!walk.currentNode.textContent.trim() || box.width < 2) continue;
        const svg = e instanceof SVGElement;
        const [a, b] = [light(parse(svg ? s.fill : s.color)), light(behind(e))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const size = parseFloat(s.fontSize), bold = parseInt(s.fontWeight) >= 700;
        const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
        looked++;
        if (ratio < least) found.push(`${e.textContent.trim()}: ${ratio.toFixed(2)}`);
    }
    return { looked, found }";

/// Drawings without a name that are not hidden.
pub(crate) const NAMELESS: &str = "return [...document.querySelectorAll('svg, img')]
    .filter(e => !e.closest('[aria-hidden=true]') && !e.getAttribute('aria-label') && !e.alt)
    .map(e => e.outerHTML.slice(0, 80))";

/// Headings that skip a level.
pub(crate) const JUMPS: &str = "let last = 0;
    return [...document.querySelectorAll('h1, h2, h3, h4')].filter(e => {
        const level = Number(e.tagName[1]), jumps = level > last + 1;
        last = level;
        return jumps;
    }).map(e => e.textContent)";

#[tokio::test]
async fn the_page_can_be_read_in_both_schemes_and_has_names_and_headings_in_order() {
    let _turn = alone().await;
    let mut site = Site::start(40).await;
    site.arm(json!({ "error": { "status": 503 } }), 0.15, 120).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    page.shows("headline", "15 % of the calls to user under /users are answered 503").await;
    for dies in [false, true] {
        if dies {
            site.user.kill().await;
            page.shows("headline", "User is down.").await;
            page.shows("map", "breaker open").await;
        }
        for scheme in ["light", "dark"] {
            page.scheme(scheme).await;
            let told = page.run(FAINT).await;
            assert_eq!(told["found"], json!([]), "too faint in the {scheme} scheme");
            assert!(told["looked"].as_u64() > Some(100), "{told}");
        }
        for wrong in [NAMELESS, JUMPS] {
            assert_eq!(page.run(wrong).await, json!([]));
        }
    }
    assert_eq!(page.run("return document.querySelectorAll('h1').length").await, 1);
    assert_eq!(page.run("return document.documentElement.lang").await, "en");
    page.close().await;
}

#[tokio::test]
async fn nothing_has_to_be_scrolled_sideways_on_a_phone() {
    let _turn = alone().await;
    let mut site = Site::start(40).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    site.arm(json!({ "latency": { "delay": "1s" } }), 0.15, 60).await;
    page.shows("headline", "A fault is armed in user.").await;
    site.user.kill().await;
    page.shows("map", "breaker open").await;
    for width in [320, 360, 414, 600, 768, 1024, 1200] {
        page.size(width, 800).await;
        let room = page.run("return document.documentElement.scrollWidth").await;
        assert_eq!(room, json!(width), "at a width of {width}");
    }
    page.close().await;
}

#[tokio::test]
async fn the_first_paint_is_told() {
    let _turn = alone().await;
    let site = Site::start(20).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    let mut paints = Vec::new();
    for _ in 0..5 {
        page.goto(&site.dashboard.url("/")).await;
        let read = "performance.getEntriesByName('first-contentful-paint')[0]";
        page.until(read).await;
        paints.push(page.run(&format!("return Math.round({read}.startTime)")).await);
    }
    assert!(paints.iter().all(Value::is_number), "{paints:?}");
    println!("first contentful paint, ms: {}", Value::from(paints));
    page.close().await;
}
