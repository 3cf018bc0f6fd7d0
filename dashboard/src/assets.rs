//! What the page loads beside itself: its style, its script and its icon.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use sha2::{Digest as _, Sha256};

use crate::{
    routes::Source,
    view::{
        Frame, Regions,
        operate::{self, Topic},
        page,
    },
};

/// How the page looks.
pub const STYLE: &str = include_str!("view/style.css");

/// What puts the regions in place.
pub const SCRIPT: &str = include_str!("view/script.js");

/// How the pages for operators differ.
pub(crate) const OPERATE_STYLE: &str = include_str!("view/operate/operate.css");

/// What sends an operator's forms.
pub(crate) const OPERATE_SCRIPT: &str = include_str!("view/operate/operate.js");

/// A switch, for the window's tab.
const ICON: &str = include_str!("view/icon.svg");

/// Their address holds the build, so what is cached under it never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Tells pages that would not understand each other's messages apart.
///
/// It is taken from what a page has loaded and from its frame, which names the regions.
pub fn build(services: usize, operated: &[&str]) -> String {
    let frame = Frame { build: "", services, compares: true, operates: true, tick: 0 };
    let operate = |topic| operate::page(topic, "", operated);
    let pages =
        [page(frame, &Regions::default()), operate(Topic::Policies), operate(Topic::Faults)];
    let mut hash = Sha256::new();
    let parts = [STYLE, SCRIPT, OPERATE_STYLE, OPERATE_SCRIPT, ICON];
    for part in parts.into_iter().chain(pages.iter().map(String::as_str)) {
        hash.update(part);
    }
    hash.finalize().iter().take(6).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The route `/assets/{build}/{name}`.
pub(crate) async fn asset(
    State(source): State<Source>,
    Path((asked, name)): Path<(String, String)>,
) -> Response {
    let found = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "script.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "operate.css" => ("text/css; charset=utf-8", OPERATE_STYLE),
        "operate.js" => ("text/javascript; charset=utf-8", OPERATE_SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    // A page of another build must not keep this one's files under its own address.
    if asked != *source.build {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (kind, text) = found;
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CACHE_CONTROL, FOR_EVER)];
    (headers, text).into_response()
}
