//! Log lines that say to which trace they belong.

use std::{
    fmt,
    io::{IsTerminal as _, stderr},
};

use opentelemetry::{Context, trace::TraceContextExt as _};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    fmt::{
        FmtContext, FormatEvent, FormatFields, MakeWriter,
        format::{Format, Full, Json, JsonFields, Writer},
    },
    layer::SubscriberExt as _,
    registry::LookupSpan,
};

use super::{Exporter, LogFormat};

/// Lines to `writer` as `filter` chooses, and spans to `exporter`, whatever the filter says.
pub fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    writer: W,
    exporter: &Exporter,
) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => {
            let ansi = stderr().is_terminal();
            layer.with_ansi(ansi).event_format(WithIds(Format::default().with_ansi(ansi))).boxed()
        }
        LogFormat::Json => layer
            .fmt_fields(JsonFields::new())
            .event_format(WithIds(Format::default().json()))
            .boxed(),
    };
    tracing_subscriber::registry().with(exporter.layer()).with(lines.with_filter(filter))
}

/// A format whose lines carry the ids of the trace and the span in which they were written.
///
/// The ids are those that the collector is sent. They come from the context of the thread and not from the
/// spans that the line's own filter lets through: a filter for lines knows nothing of spans.
struct WithIds<F>(F);

/// Where the ids stand in a line.
trait Place {
    fn put(line: &str, trace: &str, span: &str, out: &mut Writer<'_>) -> fmt::Result;
}

impl<T> Place for Format<Json, T> {
    fn put(line: &str, trace: &str, span: &str, out: &mut Writer<'_>) -> fmt::Result {
        let rest = line.strip_prefix('{').unwrap_or(line);
        write!(out, r#"{{"trace_id":"{trace}","span_id":"{span}",{rest}"#)
    }
}

impl<T> Place for Format<Full, T> {
    fn put(line: &str, trace: &str, span: &str, out: &mut Writer<'_>) -> fmt::Result {
        let line = line.trim_end_matches('\n');
        writeln!(out, "{line} trace_id={trace} span_id={span}")
    }
}

impl<S, N, F> FormatEvent<S, N> for WithIds<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N> + Place,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let current = Context::current();
        let ids = current.span().span_context().clone();
        if !ids.is_valid() {
            return self.0.format_event(context, out, event);
        }
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        F::put(&line, &ids.trace_id().to_string(), &ids.span_id().to_string(), &mut out)
    }
}
