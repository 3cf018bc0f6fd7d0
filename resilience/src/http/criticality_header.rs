//! The header by which the class of a request travels.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::criticality::Criticality;

const CRITICALITY: HeaderName = HeaderName::from_static("x-request-criticality");

/// The class that `headers` name, of several the least; `None`: they name none that is known.
pub(super) fn read(headers: &HeaderMap) -> Option<Criticality> {
    let values = headers.get_all(CRITICALITY).into_iter();
    values.filter_map(|value| Criticality::parse(value.to_str().ok()?)).min()
}

/// Makes `headers` name `class` and no other, also in the place of one that was written by hand: what
/// a request carries is what a layer has made of that.
///
/// Whoever reads none takes the request for the default, so that one is written only in the place
/// of another.
pub(super) fn write(class: Criticality, headers: &mut HeaderMap) {
    if class != Criticality::default() || headers.contains_key(CRITICALITY) {
        headers.insert(CRITICALITY, HeaderValue::from_static(class.as_str()));
    }
}
