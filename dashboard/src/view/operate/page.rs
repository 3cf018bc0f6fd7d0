//! The frame of the page.

use maud::{DOCTYPE, Markup, html};

use super::{
    super::{nav::nav, switch::shapes, text::sign},
    topic::Topic,
};

/// The page on this topic for these services, before anything is known of them.
pub(crate) fn page(topic: Topic, build: &str, services: &[&str]) -> String {
    html! {
        (DOCTYPE)
        html lang="en" data-build=(build) data-live=(topic.live()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (topic.title()) }
                link rel="icon" href={ "/assets/" (build) "/icon.svg" };
                link rel="stylesheet" href={ "/assets/" (build) "/style.css" };
                link rel="stylesheet" href={ "/assets/" (build) "/operate.css" };
                script src={ "/assets/" (build) "/operate.js" } defer {}
            }
            body {
                a class="skip" href="#main" { "Skip to the services" }
                svg class="patterns" width="0" height="0" aria-hidden="true" { defs { (shapes()) } }
                (nav(topic.here()))
                header {
                    div {
                        h1 { (topic.heading()) }
                        p class="quiet" { (topic.lead()) }
                    }
                    div class="link" {
                        p id="link" data-state="still" {
                            span class="sign" aria-hidden="true" {} span id="link-words" { "no token yet" }
                        }
                    }
                }
                main id="main" tabindex="-1" {
                    (access())
                    (standings(services))
                    @for (number, name) in services.iter().enumerate() { (service(topic, number, name)) }
                }
            }
        }
    }
    .into_string()
}

/// Where the token is given.
fn access() -> Markup {
    html! {
        section class="now" aria-labelledby="access-title" {
            h2 id="access-title" class="spoken" { "Your token" }
            noscript { p class="bad" { "This page asks the services through its script, which is off." } }
            form id="access" autocomplete="off" novalidate {
                label for="token" { "Token" }
                input id="token" type="password" autocomplete="off" spellcheck="false"
                    autocapitalize="off" aria-describedby="token-hint";
                button type="submit" { "Use it" }
                button id="forget" type="button" hidden { "Forget it" }
            }
            p id="token-hint" class="quiet" {
                "The one with which the services were started; " code { "chaos up" } " tells it, and in \
                 containers " code { "docker compose exec user cat /operator/token" } ". It \
                 stays in this tab until that is closed. The dashboard passes it on and keeps nothing."
            }
            p id="access-said" class="result" role="status"
                data-none="Type the token of the services first."
                data-unfit="A token has visible ASCII characters only."
                data-strange="✗ The dashboard answers nothing for operators."
                data-away="The dashboard gave no answer. It may have been carried out all the same: look at the \
                           state." {}
        }
    }
}

/// How each service is, in one place: a token that is not known is told beside where it was typed.
fn standings(services: &[&str]) -> Markup {
    html! {
        ul class="standings" {
            @for (number, name) in services.iter().enumerate() {
                li {
                    a href={ "#service-" (number) } { (name) }
                    div id={ "standing-" (number) } data-region role="status" {}
                }
            }
        }
    }
}

fn service(topic: Topic, number: usize, name: &str) -> Markup {
    let (class, sign) = sign(name.strip_prefix("order-"));
    html! {
        section class="service" id={ "service-" (number) } aria-labelledby={ "title-" (number) } {
            // An article that goes leaves the focus here.
            h2 id={ "title-" (number) } class=(class) tabindex="-1" {
                span aria-hidden="true" { (sign) } " " (name)
            }
            div id={ "about-" (number) } data-region {}
            div class="articles" id={ "articles-" (number) } data-none=(topic.nothing()) {}
            div id={ "happened-" (number) } data-region {}
        }
    }
}
