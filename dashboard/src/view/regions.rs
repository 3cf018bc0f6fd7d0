//! The parts of the page that change.

use std::collections::BTreeMap;

use super::{card, events, headline, map, policies};
use crate::model::{Service, Snapshot};

/// The parts of the page that change, by the id of the element that holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// The title of the window.
    pub title: String,
    /// What a screen reader says when it changes. It holds no figures, which change all the time.
    pub announcement: String,
    /// The HTML of each region.
    pub html: BTreeMap<String, String>,
}

/// The services in the order in which they stand side by side: guarded, bare, then the others.
fn in_order(services: &[Service]) -> Vec<&Service> {
    let mut ordered: Vec<_> = services.iter().collect();
    ordered.sort_by_key(|service| match service.variant.as_deref() {
        Some("guarded") => 0,
        Some("bare") => 1,
        _ => 2,
    });
    ordered
}

/// Draws the regions.
pub fn regions(snapshot: &Snapshot) -> Regions {
    let mut html = BTreeMap::from([
        ("headline".to_owned(), headline::headline(snapshot).into_string()),
        ("map".to_owned(), map::map(snapshot).into_string()),
        ("events".to_owned(), events::events(snapshot).into_string()),
    ]);
    for (service, number) in in_order(&snapshot.services).into_iter().zip(0..) {
        html.insert(format!("card-{number}"), card::top(service).into_string());
        html.insert(format!("plot-{number}"), card::plot(snapshot, service).into_string());
        html.insert(format!("breakers-{number}"), policies::breakers(service).into_string());
        html.insert(format!("limits-{number}"), policies::limits(service).into_string());
        html.insert(format!("changes-{number}"), policies::changes(service).into_string());
    }
    let (title, announcement) = headline::summary(snapshot);
    Regions { title, announcement, html }
}
