//! The form that arms a fault by a flag.

use maud::{Markup, html};

use super::{forms::result, piece::Piece};
use crate::model::Flagged;

/// The kinds of fault that the form offers, with what they do.
const KINDS: [(&str, &str); 4] = [
    ("latency", "latency: take longer"),
    ("error", "error: answer a status"),
    ("abort", "abort: cut off"),
    ("stall", "stall: never answer"),
];

/// The form that arms a fault in a service with fault switches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArmForm<'a> {
    /// The service's place in the page.
    number: usize,
    service: &'a str,
    flagged: &'a Flagged,
}

impl<'a> ArmForm<'a> {
    /// The form for the service with this number and name.
    pub(crate) const fn new(number: usize, service: &'a str, flagged: &'a Flagged) -> Self {
        Self { number, service, flagged }
    }

    /// The fault switches to choose from, as a region: they may become more, and are no field.
    fn switches(&self) -> (String, Markup) {
        let html = html! {
            @for name in self.flagged.switches() { option value=(name) {} }
        };
        (format!("switches-{}", self.number), html)
    }

    fn field(&self, name: &str, label: &str, example: &str, value: Option<&str>) -> Markup {
        let id = format!("{}-{name}", self.id());
        html! {
            label for=(id) { (label) }
            input id=(id) type="text" name=(name) value=[value] placeholder=(example)
                list=[(name == "policy").then(|| format!("switches-{}", self.number))]
                spellcheck="false" autocapitalize="off";
        }
    }
}

impl Piece for ArmForm<'_> {
    fn id(&self) -> String {
        format!("arm-{}", self.number)
    }

    fn regions(&self) -> Vec<(String, Markup)> {
        vec![self.switches()]
    }

    fn whole(&self) -> Markup {
        let (id, (switches_id, switches)) = (self.id(), self.switches());
        // A list of one needs no choice; with more, a value would hide the others.
        let switches_known = self.flagged.switches();
        let policy = switches_known.first().filter(|_| switches_known.len() == 1).copied();
        let field = |name, label, example, value| self.field(name, label, example, value);
        html! {
            article class="policy arm" id=(id) aria-labelledby={ (id) "-title" } {
                h3 id={ (id) "-title" } { "Arm a fault by a flag" }
                form data-to={ "/faults/" (self.service) } autocomplete="off" novalidate {
                    datalist id=(switches_id) data-region { (switches) }
                    div class="fields" {
                        div { (field("name", "Name of the flag", "such as slow-users", None)) }
                        div { (field("policy", "Fault switch", "its name", policy)) }
                        div class="wide" {
                            label for={ (id) "-kind" } { "What it does" }
                            select id={ (id) "-kind" } name="kind" {
                                @for (kind, does) in KINDS { option value=(kind) { (does) } }
                            }
                        }
                        div class="of-latency" {
                            (field("delay", "Delay", "such as 250ms", Some("250ms")))
                        }
                        div class="of-error" {
                            (field("status", "Status", "such as 503", Some("503")))
                        }
                        div { (field("rate", "Share of calls, in %", "10", Some("10"))) }
                        div { (field("path_prefix", "Only paths under", "all paths", None)) }
                        div { (field("expires_in", "Ends after", "10m", Some("10m"))) }
                    }
                    div class="buttons" {
                        button type="submit" name="command" value="arm" { "Arm it" }
                    }
                    (result(Some(&format!("result-{}", self.number))))
                }
            }
        }
    }
}
