//! The spans that a subscriber saw.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// A span, and what was recorded in it.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) parent: Option<u64>,
    pub(super) events: Vec<String>,
    pub(super) is_closed: bool,
    fields: BTreeMap<&'static str, String>,
}

impl Span {
    #[track_caller]
    pub(super) fn get(&self, field: &str) -> &str {
        self.fields.get(field).unwrap_or_else(|| panic!("no {field} in {self:#?}"))
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }
}

/// All spans of this thread, while it lives.
pub(super) struct Seen {
    spans: Spans,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Span>>>);

impl Seen {
    pub(super) fn begin() -> Self {
        let spans = Spans::default();
        let guard = tracing_subscriber::registry().with(spans.clone()).set_default();
        Self { spans, _guard: guard }
    }

    /// In the order in which they began.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.spans.0.lock().unwrap().clone()
    }
}

impl Spans {
    fn with(&self, id: &Id, change: impl FnOnce(&mut Span)) {
        let mut spans = self.0.lock().unwrap();
        // Numbers are used again; the last is meant.
        change(spans.iter_mut().rfind(|span| span.id == id.into_u64()).unwrap());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = context.span(id).and_then(|span| span.parent().map(|span| span.id()));
        self.0.lock().unwrap().push(Span {
            id: id.into_u64(),
            name: attributes.metadata().name(),
            parent: parent.map(|id| id.into_u64()),
            events: Vec::new(),
            is_closed: false,
            fields: fields.0,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.with(id, |span| span.fields.extend(fields.0));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let (Some(span), Some(message)) = (context.event_span(event), fields.0.remove("message"))
        {
            self.with(&span.id(), |span| span.events.push(message));
        }
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.with(&id, |span| span.is_closed = true);
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}
