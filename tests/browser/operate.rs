//! The page for operators, as one uses it.

use std::{env::var_os, fs, path::PathBuf};

use serde_json::json;

use crate::{
    alone,
    chromium::Page,
    looks::{FAINT, JUMPS, NAMELESS},
    site::{Site, TOKEN},
};

pub(crate) const ENTER: char = '\u{e007}';
const BREAKER: &str = "document.querySelector('#articles-1 .circuit_breaker')";

/// Focuses the field that `selector` finds, puts `text` in its place and sends its form.
pub(crate) async fn send(page: &Page, selector: &str, text: &str) {
    page.run(&format!(
        "const f = document.querySelector({}); f.focus(); f.select()",
        json!(selector)
    ))
    .await;
    page.enter(text).await;
    page.press(ENTER).await;
}

/// Presses a button of the guarded service's breaker.
async fn tell(page: &Page, command: &str) {
    page.run(&format!("{BREAKER}.querySelector('button[value={command}]').click()")).await;
}

/// Waits until the guarded service's breaker shows `part` in the element that `selector` finds.
async fn breaker_shows(page: &Page, selector: &str, part: &str) {
    let text = format!("{BREAKER}?.querySelector('{selector}')?.innerText.replace(/\\s+/g, ' ')");
    page.until(&format!("({text} || '').includes({})", json!(part))).await;
}

pub(crate) async fn show_token(page: &Page, token: &str) {
    send(page, "#token", token).await;
}

pub(crate) async fn picture(page: &Page, name: &str) {
    for (kind, scheme, [width, height]) in [
        ("light", "light", [1200, 1600]),
        ("dark", "dark", [1200, 1600]),
        ("phone", "light", [360, 2600]),
    ] {
        page.size(width, height).await;
        page.scheme(scheme).await;
        let picture = page.picture().await;
        assert!(picture.starts_with(b"\x89PNG"), "{name} {kind}");
        if let Some(directory) = var_os("PICTURES").map(PathBuf::from) {
            let file = directory.join(format!("{name}-{kind}.png"));
            fs::write(&file, picture).expect("the directory for pictures can be written");
        }
    }
    page.size(1200, 900).await;
}

#[tokio::test]
async fn an_operator_lowers_a_threshold_and_forces_a_breaker_open_and_closed() {
    let _turn = alone().await;
    let site = Site::start(20).await;
    let page = Page::open(&site.dashboard.url("/")).await;
    page.shows("link", "live").await;
    page.run("document.querySelector('nav a[href=\"/policies\"]').click()").await;
    page.until("location.pathname == '/policies' && document.getElementById('access')").await;
    picture(&page, "policies-locked").await;

    show_token(&page, "a-token-that-is-wrong").await;
    for number in 0..3 {
        page.shows(&format!("standing-{number}"), "does not know this token.").await;
    }
    assert_eq!(page.run("return document.querySelectorAll('.policy').length").await, 0);
    picture(&page, "policies-wrong").await;

    show_token(&page, TOKEN).await;
    page.shows("link", "live").await;
    breaker_shows(&page, ".stands", "closed for").await;
    page.shows("standing-1", "All circuit breakers are closed.").await;
    picture(&page, "policies-closed").await;

    send(&page, "#articles-1 .circuit_breaker input[name=failure_rate]", "30").await;
    breaker_shows(
        &page,
        ".settings",
        "Done: set failure rate. Opens when 10 in a row fail, or 30 %",
    )
    .await;
    breaker_shows(&page, ".rule", "30 % of at least 20 calls fail").await;
    send(&page, "#articles-1 .circuit_breaker input[name=failure_rate]", "0").await;
    breaker_shows(&page, ".settings", "Nothing was changed.").await;
    breaker_shows(&page, ".rule", "30 % of at least 20 calls fail").await;

    tell(&page, "force_open").await;
    breaker_shows(&page, ".moves .result", "Done: force open. It is forced open.").await;
    breaker_shows(&page, ".stands", "forced open").await;
    page.shows("standing-1", "is forced open.").await;
    page.shows("happened-1", "operator told the circuit breaker users-api: force open").await;
    picture(&page, "policies-forced").await;

    tell(&page, "close").await;
    breaker_shows(&page, ".stands", "closed").await;
    breaker_shows(&page, ".changes", "forced open → closed: it was moved by hand").await;
    page.shows("standing-1", "All circuit breakers are closed.").await;
    page.close().await;
}

#[tokio::test]
async fn what_is_typed_and_the_focus_stay_while_the_state_is_drawn_anew() {
    let _turn = alone().await;
    let mut site = Site::start(20).await;
    let page = Page::open(&site.dashboard.url("/policies")).await;
    show_token(&page, TOKEN).await;
    breaker_shows(&page, ".stands", "closed for").await;
    let field = "document.querySelector('#articles-1 input[name=open_for]')";
    page.run(&format!("{field}.focus(); window.before = {BREAKER}.innerText")).await;
    page.enter("7s").await;
    page.until(&format!("{BREAKER}.innerText != window.before")).await;
    // The state of the others goes on when a service is gone, and so does its own when it is back.
    site.user.kill().await;
    page.shows("standing-0", "user is away.").await;
    site.restart_user().await;
    page.shows("standing-0", "It answers.").await;
    assert_eq!(page.run(&format!("return {field}.value")).await, "7s");
    assert_eq!(page.run(&format!("return document.activeElement == {field}")).await, true);
    assert_eq!(page.run("return location.href.includes('token')").await, false);

    // The token is kept for this tab, until somebody has it forgotten.
    page.goto(&site.dashboard.url("/policies")).await;
    breaker_shows(&page, ".stands", "for").await;
    page.run("document.getElementById('forget').click()").await;
    page.shows("link", "no token yet").await;
    assert_eq!(page.run("return document.querySelectorAll('.policy').length").await, 0);
    assert_eq!(page.run("return sessionStorage.length").await, 0);
    page.close().await;
}

#[tokio::test]
async fn the_page_can_be_read_in_both_schemes_and_on_a_phone() {
    let _turn = alone().await;
    let mut site = Site::start(20).await;
    let page = Page::open(&site.dashboard.url("/policies")).await;
    show_token(&page, TOKEN).await;
    breaker_shows(&page, ".stands", "closed for").await;
    tell(&page, "force_open").await;
    breaker_shows(&page, ".moves .result", "forced open").await;
    send(&page, "#articles-1 .retry input[name=max_attempts]", "many").await;
    page.shows("articles-1", "max_attempts is \"many\", but must be").await;
    assert_eq!(page.errors_but(422).await, Vec::<serde_json::Value>::new());
    site.arm(json!({ "error": { "status": 503 } }), 0.15, 120).await;
    page.shows("articles-0", "armed, ").await;
    for scheme in ["light", "dark"] {
        page.scheme(scheme).await;
        let told = page.run(FAINT).await;
        assert_eq!(told["found"], json!([]), "too faint in the {scheme} scheme");
        assert!(told["looked"].as_u64() > Some(100), "{told}");
    }
    for wrong in [NAMELESS, JUMPS] {
        assert_eq!(page.run(wrong).await, json!([]));
    }
    let unlabelled = "return [...document.querySelectorAll('input:not([type=hidden])')]
        .filter(field => !field.labels.length).map(field => field.outerHTML)";
    assert_eq!(page.run(unlabelled).await, json!([]));
    site.user.kill().await;
    page.shows("standing-0", "user is away.").await;
    for width in [320, 360, 414, 600, 768, 1024, 1200] {
        page.size(width, 800).await;
        let room = page.run("return document.documentElement.scrollWidth").await;
        assert_eq!(room, json!(width), "at a width of {width}");
    }
    page.close().await;
}
