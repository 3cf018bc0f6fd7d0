use std::time::SystemTime;

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{HeaderName, RETRY_AFTER},
};
use resilience::http::{Pushback, RetryAfter};
use serde_json::Value;
use tokio::time::Duration;

use crate::{
    case::Facts,
    keys::Keys,
    run::{Place, Subject, millis, unheard, unknown},
    verdict::Gap,
};

/// Reads how long a response asks to wait.
#[derive(Debug)]
pub(crate) struct Hint {
    reader: RetryAfter,
    at_most: Option<Duration>,
    now: SystemTime,
    grpc: bool,
    delay: Option<Duration>,
}

impl Subject for Hint {
    fn build(config: &mut Keys, _: &[Facts]) -> Result<Self, Gap> {
        let mut reader = RetryAfter::default();
        let at_most = config.millis("max_ms")?;
        if let Some(at_most) = at_most {
            reader = reader.at_most(at_most);
        }
        if let Some(statuses) = config.take::<Vec<u16>>("statuses")? {
            let statuses = statuses.into_iter().map(status).collect::<Result<Vec<_>, _>>()?;
            reader = reader.statuses(statuses);
        }
        let now: Option<String> = config.take("now")?;
        let now = match now {
            Some(now) => httpdate::parse_http_date(&now)
                .map_err(|_| Gap::new(format!("config now: {now}")))?,
            None => SystemTime::UNIX_EPOCH,
        };
        let grpc = config.take("grpc")?.unwrap_or(false);
        Ok(Self { reader, at_most, now, grpc, delay: None })
    }

    async fn step(&mut self, event: &str, args: &mut Keys) -> Result<(), Gap> {
        if event != "parse" {
            return Err(unheard(event));
        }
        let mut headers = HeaderMap::new();
        let names = [
            ("header", RETRY_AFTER),
            ("grpc_retry_pushback_ms", HeaderName::from_static("grpc-retry-pushback-ms")),
        ];
        for (argument, name) in names {
            let given = args.take::<Value>(argument)?.filter(|given| !given.is_null());
            if let Some(given) = given {
                headers.insert(name, value(&given)?);
            }
        }
        let status = args.take("status")?.map(status).transpose()?;
        let pushback = Pushback::read(&headers).filter(|_| self.grpc);
        self.delay = match (pushback, status) {
            (Some(Pushback::After(wait)), _) => {
                Some(self.at_most.map_or(wait, |most| wait.min(most)))
            }
            (None, Some(status)) => self.reader.read(status, &headers, self.now),
            _ => None,
        };
        Ok(())
    }

    async fn look(&mut self, key: &str, _: Place) -> Result<Value, Gap> {
        match key {
            "delay_ms" => Ok(self.delay.map_or(Value::Null, millis)),
            _ => Err(unknown(key)),
        }
    }
}

fn status(code: u16) -> Result<StatusCode, Gap> {
    StatusCode::from_u16(code).map_err(|_| Gap::new(format!("status {code}")))
}

/// A header that a case gives as a text or as a bare number.
fn value(given: &Value) -> Result<HeaderValue, Gap> {
    let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
    HeaderValue::from_str(&text).map_err(|_| Gap::new(format!("header {text:?}")))
}
