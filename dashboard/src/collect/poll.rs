//! Asks one service for all it tells.

use std::time::Duration;

use http::StatusCode;
use tokio::time::timeout;

use super::{clock::Clock, reading::reading, target::Target};
use crate::model::{Answer, Failed};

/// How long each of the three answers may take. Shorter than a second, so that one service that
/// hangs does not make the figures of the others old.
const LIMIT: Duration = Duration::from_millis(800);

/// The longest answer that is read, in bytes; a longer one is no answer.
const LONGEST: usize = 1024 * 1024;

/// Asks `target` for its state, its health and its counts at the same time.
pub(super) async fn poll(
    http: &reqwest::Client,
    target: &Target,
    clock: Clock,
) -> Result<Answer, Failed> {
    let begun = clock.now();
    // Each answer has a time of its own: a check of health may take much longer than a count.
    let timed = async |path| (get(http, target, path).await, clock.now());
    let ((state, told), (ready, _), (metrics, counted)) =
        tokio::join!(timed("/state"), timed("/health/ready"), timed("/metrics"));
    let (_, state) = state?;
    let state = serde_json::from_slice(&state)
        .map_err(|_| Failed("its answer to /state is not that of a service".into()))?;
    let ready = match ready {
        Ok((StatusCode::OK, _)) => Ok(()),
        Ok((status, body)) => Err(checks(&body).unwrap_or_else(|| status.to_string())),
        Err(Failed(why)) => Err(why),
    };
    let reading = match metrics {
        Ok((StatusCode::OK, text)) => Some(reading(&String::from_utf8_lossy(&text), counted)),
        _ => None,
    };
    let took = told.saturating_sub(begun);
    Ok(Answer { state, ready, reading, at: begun + took / 2, took })
}

async fn get(
    http: &reqwest::Client,
    target: &Target,
    path: &str,
) -> Result<(StatusCode, Vec<u8>), Failed> {
    let answer = async {
        let mut answer = http.get(format!("{}{path}", target.url)).send().await?;
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await? {
            body.extend_from_slice(&part);
            if body.len() > LONGEST {
                return Ok(None);
            }
        }
        Ok::<_, reqwest::Error>(Some((answer.status(), body)))
    };
    match timeout(LIMIT, answer).await {
        Ok(Ok(Some(answer))) => Ok(answer),
        Ok(Ok(None)) => Err(Failed(format!("its answer to {path} is longer than {LONGEST} bytes"))),
        Ok(Err(error)) if error.is_connect() => Err(Failed("nobody listens there".into())),
        Ok(Err(_)) => Err(Failed("the connection broke".into())),
        Err(_) => Err(Failed(format!("no answer within {LIMIT:?}"))),
    }
}

/// The checks that failed, in the words of the service.
fn checks(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let checks = body["checks"].as_object()?.iter();
    let failed = checks.filter_map(|(name, found)| Some((name, found.as_str()?)));
    let failed: Vec<_> = failed
        .filter(|(_, found)| *found != "ok")
        .map(|(name, found)| format!("{name}: {found}"))
        .collect();
    (!failed.is_empty()).then(|| failed.join(", "))
}

#[cfg(test)]
mod tests {
    use axum::{Router, routing::get};
    use serde_json::json;
    use tokio::net::TcpListener;

    use super::{Clock, LONGEST, StatusCode, Target, poll};

    const STATE: &str = r#"{"service":"user","variant":null,"pid":7,"run":"00000000-0000-0000-0000-000000000000","up_for":"3s"}"#;

    /// Polls a service with these routes.
    async fn polled(router: Router) -> Result<super::Answer, super::Failed> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        poll(&reqwest::Client::new(), &Target { name: "user".into(), url }, Clock::start()).await
    }

    #[tokio::test]
    async fn a_service_tells_its_state_its_health_and_its_counts() {
        let checks = json!({ "checks": { "database": "ok", "writes": "timeout" } }).to_string();
        let router = Router::new()
            .route("/state", get(|| async { STATE }))
            .route("/health/ready", get(|| async { (StatusCode::SERVICE_UNAVAILABLE, checks) }))
            .route("/metrics", get(|| async { r#"http_requests_total{status="200"} 3"# }));
        let answer = polled(router).await.unwrap();
        assert_eq!(answer.state.pid, 7);
        assert_eq!(answer.ready, Err("writes: timeout".to_owned()));
        assert_eq!(answer.reading.unwrap().calls.calls, 3);
    }

    #[tokio::test]
    async fn what_is_missing_beside_the_state_makes_nobody_down() {
        let router = Router::new().route("/state", get(|| async { STATE }));
        let answer = polled(router).await.unwrap();
        assert_eq!(answer.ready, Err("404 Not Found".to_owned()));
        assert_eq!(answer.reading, None);
    }

    #[tokio::test]
    async fn an_answer_without_end_is_not_read_to_its_end() {
        let router = Router::new().route("/state", get(|| async { "a".repeat(LONGEST + 1) }));
        let told = polled(router).await.unwrap_err().0;
        assert_eq!(told, "its answer to /state is longer than 1048576 bytes");
    }

    #[tokio::test]
    async fn nobody_there_is_told_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let target = Target { name: "user".into(), url };
        let told = poll(&reqwest::Client::new(), &target, Clock::start()).await.unwrap_err().0;
        assert_eq!(told, "nobody listens there");
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_hangs_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = Target { name: "user".into(), url };
        let told = poll(&reqwest::Client::new(), &target, Clock::start()).await.unwrap_err().0;
        assert_eq!(told, "no answer within 800ms");
    }
}
