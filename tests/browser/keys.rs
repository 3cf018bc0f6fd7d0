//! The breakers of single keys, as an operator finds and moves them.

use resilience::{
    Name,
    admin::{self, Access, Token},
    circuit_breaker::{Config, State, keyed::KeyedCircuitBreakerHandle},
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    alone,
    chromium::Page,
    looks::{FAINT, JUMPS, NAMELESS},
    operate::{picture, show_token},
    site::{Service, TOKEN},
};

/// Serves the policies of this process to operators.
async fn operators() -> String {
    let token = Token::new(TOKEN).expect("it is long enough");
    let router = admin::router(Access::new().operator("operator", token));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it listens somewhere");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("order=http://{address}")
}

#[tokio::test]
async fn an_operator_finds_a_key_on_the_second_page_and_moves_its_breaker_alone() {
    let _turn = alone().await;
    let hosts =
        KeyedCircuitBreakerHandle::standalone(Name::from_static("hosts"), Config::default());
    let breakers: Vec<_> = (0..25).map(|n| hosts.breaker(&*format!("host-{n:02}/a b?"))).collect();
    let directory = tempfile::tempdir().expect("a directory can be made");
    let operate = operators().await;
    let args =
        ["--listen", "127.0.0.1:0", "--target", "order=http://127.0.0.1:9", "--operate", &operate];
    let dashboard = Service::start("dashboard", directory.path(), &args).await;

    let page = Page::open(&dashboard.url("/policies")).await;
    show_token(&page, TOKEN).await;
    page.shows("articles-0", "25 keys have a breaker of their own").await;
    let press = async |text: &str| {
        let buttons = "[...document.querySelectorAll('#articles-0 .keyed_circuit_breaker button')]";
        let found = format!("{buttons}.find(button => button.innerText == {})", json!(text));
        page.run(&format!("const button = {found}; button.focus(); button.click()")).await;
    };
    press("List keys").await;
    page.shows("articles-0", "20 keys, and there are more").await;
    page.shows("articles-0", "host-19/a b?").await;
    press("Next keys").await;
    page.shows("articles-0", "5 keys, as they were").await;
    let keys = "document.querySelector('.keyed_circuit_breaker [role=group]')";
    page.until(&format!("document.activeElement == {keys}")).await;
    page.shows("articles-0", "host-24/a b?").await;

    let last = format!("{keys}.querySelector('li:last-child')");
    page.run(&format!("{last}.querySelector('button[value=force_open]').click()")).await;
    page.until(&format!("{last}.innerText.includes('Done: force open. It is forced open.')")).await;
    page.until(&format!("{last}.querySelector('.state').innerText == 'forced open'")).await;
    let states: Vec<_> = breakers.iter().map(|breaker| breaker.snapshot().state).collect();
    assert_eq!(states[24], State::ForcedOpen);
    assert!(states[..24].iter().all(|state| *state == State::Closed), "{states:?}");

    picture(&page, "policies-keys").await;
    for scheme in ["light", "dark"] {
        page.scheme(scheme).await;
        assert_eq!(page.run(FAINT).await["found"], json!([]), "too faint in the {scheme} scheme");
    }
    for wrong in [NAMELESS, JUMPS] {
        assert_eq!(page.run(wrong).await, json!([]));
    }
    for width in [320, 360, 768, 1200] {
        page.size(width, 800).await;
        let room = page.run("return document.documentElement.scrollWidth").await;
        assert_eq!(room, json!(width), "at a width of {width}");
    }
    assert_eq!(page.errors().await, Vec::<serde_json::Value>::new());
    page.close().await;
}
