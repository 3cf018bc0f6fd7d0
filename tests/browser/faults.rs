//! The page on which an operator arms faults by flag, as one uses it.

use serde_json::json;

use crate::{
    alone,
    chromium::Page,
    looks::{FAINT, JUMPS, NAMELESS},
    operate::{picture, send, show_token},
    site::{Site, TOKEN},
};

/// Puts `text` into a field of the form of the user service.
async fn fill(page: &Page, field: &str, text: &str) {
    let field = format!("document.getElementById('arm-0-{field}')");
    page.run(&format!("{field}.focus(); {field}.select()")).await;
    page.enter(text).await;
}

/// Presses a button of the form or of the flag in the article with this id.
async fn press(page: &Page, article: &str, command: &str) {
    let button = format!("button[value={command}]");
    page.run(&format!("document.querySelector('#{article} {button}').click()")).await;
}

/// The page, with the token shown.
async fn open(site: &Site) -> Page {
    let page = Page::open(&site.dashboard.url("/faults")).await;
    show_token(&page, TOKEN).await;
    page.until("document.getElementById('arm-0')").await;
    page
}

#[tokio::test]
async fn an_operator_arms_a_fault_that_ends_by_itself_and_is_told_so() {
    let _turn = alone().await;
    let site = Site::start(20).await;
    let page = open(&site).await;
    page.shows("standing-0", "It answers. It has no flags.").await;
    page.shows("about-1", "It has no fault switch, so there is nothing to arm.").await;
    let filled = "return document.getElementById('arm-0-policy').value";
    assert_eq!(page.run(filled).await, "user");
    picture(&page, "faults-idle").await;

    fill(&page, "name", "slow-users").await;
    fill(&page, "path_prefix", "/users").await;
    fill(&page, "rate", "50").await;
    send(&page, "#arm-0-expires_in", "3s").await;
    page.shows("arm-0", "Done: set. slow-users is armed.").await;
    let flag = "flag-0-slow_2dusers-admin";
    page.until(&format!("document.getElementById('{flag}')")).await;
    page.shows(flag, "armed").await;
    page.shows(flag, " s left").await;
    page.shows(flag, "50 % of the calls to user under /users take 250ms more.").await;
    page.shows("standing-0", "Armed by flag: slow-users.").await;
    picture(&page, "faults-armed").await;

    page.shows(flag, "ended").await;
    page.shows(flag, "hits nothing until it is switched on again").await;
    page.shows("standing-0", "No flag has a fault armed.").await;
    page.shows("happened-0", "A fault is armed in user: latency, for 3 s at most").await;
    page.shows("happened-0", "The fault in user ended: latency, its time was over").await;

    press(&page, flag, "switch_on").await;
    page.shows(flag, "Done: switched on. slow-users is armed.").await;
    press(&page, flag, "switch_off").await;
    page.shows(flag, "Done: switched off. slow-users is off.").await;
    page.shows("happened-0", "The fault in user ended: latency, it was disarmed").await;
    page.run(&format!("document.querySelector('#{flag} button[value=take_back]').focus()")).await;
    press(&page, flag, "take_back").await;
    page.until(&format!("!document.getElementById('{flag}')")).await;
    page.shows("result-0", "Done: taken back. There is no flag slow-users.").await;
    assert_eq!(page.run("return document.activeElement.id").await, "title-0");
    page.close().await;
}

#[tokio::test]
async fn what_is_typed_into_the_form_and_the_focus_stay_while_flags_come_and_go() {
    let _turn = alone().await;
    let mut site = Site::start(20).await;
    let page = open(&site).await;
    fill(&page, "name", "half-typ").await;
    let state = "document.getElementById('standing-0').innerText";
    page.run(&format!("window.before = {state}")).await;
    let other = Page::open(&site.dashboard.url("/faults")).await;
    show_token(&other, TOKEN).await;
    other.until("document.getElementById('arm-0')").await;
    send(&other, "#arm-0-name", "of-another").await;
    page.until("document.getElementById('flag-0-of_2danother-admin')").await;
    page.until(&format!("{state} != window.before")).await;
    site.user.kill().await;
    page.shows("standing-0", "user is away.").await;
    site.restart_user().await;
    page.shows("standing-0", "It has no flags.").await;
    page.until("!document.getElementById('flag-0-of_2danother-admin')").await;
    assert_eq!(page.run("return document.getElementById('arm-0-name').value").await, "half-typ");
    assert_eq!(page.run("return document.activeElement.id").await, "arm-0-name");
    other.close().await;
    page.close().await;
}

#[tokio::test]
async fn the_page_on_faults_can_be_read_in_both_schemes_and_on_a_phone() {
    let _turn = alone().await;
    let mut site = Site::start(20).await;
    let page = open(&site).await;
    send(&page, "#arm-0-name", "1st").await;
    page.shows("arm-0", "beginning with a letter").await;
    send(&page, "#arm-0-name", "slow-users").await;
    page.shows("standing-0", "Armed by flag: slow-users.").await;
    assert_eq!(page.errors_but(422).await, Vec::<serde_json::Value>::new());
    for kind in ["latency", "error", "abort"] {
        page.run(&format!("document.getElementById('arm-0-kind').value = '{kind}'")).await;
        let seen = "return ['delay', 'status'].filter(name =>
            document.getElementById(`arm-0-${name}`).getBoundingClientRect().width > 0)";
        let expected = match kind {
            "latency" => json!(["delay"]),
            "error" => json!(["status"]),
            _ => json!([]),
        };
        assert_eq!(page.run(seen).await, expected, "the fields of {kind}");
    }
    picture(&page, "faults-abort").await;
    for scheme in ["light", "dark"] {
        page.scheme(scheme).await;
        let told = page.run(FAINT).await;
        assert_eq!(told["found"], json!([]), "too faint in the {scheme} scheme");
    }
    for wrong in [NAMELESS, JUMPS] {
        assert_eq!(page.run(wrong).await, json!([]));
    }
    let unlabelled = "return [...document.querySelectorAll('input:not([type=hidden]), select')]
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
