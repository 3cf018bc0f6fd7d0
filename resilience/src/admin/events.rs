use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts as _, Query, Request, State},
    http::StatusCode,
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::{self, Stream};
use http::HeaderName;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;
use crate::{
    operator::{event_after, events_after},
    wire::EventsState,
};

/// Those who read at once.
const READERS: usize = 32;

/// The events that are taken from the ring at once.
const BATCH: usize = 64;

/// How often a reader hears of a process in which nothing happens.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The places for readers.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(READERS)))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    after: Option<u64>,
}

pub(super) async fn stream(
    State(places): State<Places>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let wrong = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "invalid_query", detail);
    let query = Query::<From>::from_request_parts(&mut parts, &()).await;
    let Query(From { after }) = query.map_err(|rejection| wrong(rejection.body_text()))?;
    // A reader that comes back names the last event that it has seen.
    let resumed = match parts.headers.get(LAST_EVENT_ID) {
        None => None,
        Some(id) => {
            let number = id.to_str().ok().and_then(|id| id.parse().ok());
            Some(number.ok_or_else(|| wrong("last-event-id must be a whole number".into()))?)
        }
    };
    let after = resumed.or(after).unwrap_or(0);
    let place = places.0.try_acquire_owned().map_err(|_| {
        let detail = format!("{READERS} readers of events are there already");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_readers", detail)
    })?;
    let events = Sse::new(told(Reader { after, waiting: Vec::new(), _place: place }));
    Ok(events.keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

struct Reader {
    after: u64,
    /// What was taken from the ring and not sent yet, the next one last.
    waiting: Vec<Event>,
    _place: OwnedSemaphorePermit,
}

/// Asks the ring when the connection has taken what it was given: what a reader that stalls has
/// not asked for lies nowhere but there.
fn told(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(reader, async |mut reader| {
        while reader.waiting.is_empty() {
            let EventsState { events, lost } = events_after(reader.after, BATCH);
            let after = events.last().map(|event| event.id);
            let json = |event: &crate::wire::EventState| {
                Event::default().id(event.id.to_string()).event("change").json_data(event).ok()
            };
            reader.waiting = events.iter().rev().filter_map(json).collect();
            if lost > 0 {
                let lost = serde_json::json!({ "lost": lost }).to_string();
                reader.waiting.push(Event::default().event("lost").data(lost));
            }
            match after {
                Some(after) => reader.after = after,
                None => event_after(reader.after).await,
            }
        }
        let next = reader.waiting.pop();
        next.map(|event| (Ok(event), reader))
    })
}
