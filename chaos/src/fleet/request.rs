use std::time::Duration;

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::Member;

/// What a supervisor is asked for, one JSON line: `{"request":"kill","member":"user"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "request", content = "member")]
pub enum Request {
    /// Who is there.
    Members,
    /// Kills a member.
    Kill(String),
    /// Starts a member.
    Start(String),
}

/// What it answers, one JSON line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Every member.
    Members(Vec<Member>),
    /// It is done.
    Done,
    /// Why it could not be done.
    Error(String),
}

impl Request {
    /// How long the answer may take. A start is tried again for a while, because a
    /// connection on its way out may still hold the port.
    pub(super) const fn limit(&self) -> Duration {
        match self {
            Self::Members | Self::Kill(_) => Duration::from_secs(10),
            Self::Start(_) => Duration::from_mins(1),
        }
    }
}

/// The longest line that is read.
const LONGEST: u64 = 64 * 1024;

/// Writes `message` as a line.
pub(super) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line).await.context("the connection broke")
}

/// Reads a line.
pub(super) async fn read<T: DeserializeOwned>(
    stream: &mut (impl AsyncRead + Unpin),
) -> anyhow::Result<T> {
    let mut line = String::new();
    let read = BufReader::new(stream.take(LONGEST)).read_line(&mut line).await;
    read.context("the connection broke")?;
    ensure!(line.ends_with('\n'), "expected a line, got {} bytes without an end", line.len());
    serde_json::from_str(&line)
        .map_err(|error| anyhow::anyhow!("`{}` is not understood: {error}", line.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_look_as_documented() {
        let text = |request| serde_json::to_string(&request).unwrap();
        assert_eq!(text(Request::Members), r#"{"request":"members"}"#);
        let kill = Request::Kill("user".to_owned());
        assert_eq!(text(kill.clone()), r#"{"request":"kill","member":"user"}"#);
        assert_eq!(serde_json::from_str::<Request>(&text(kill.clone())).unwrap(), kill);
        assert_eq!(serde_json::to_string(&Answer::Done).unwrap(), r#""done""#);
        let error = serde_json::to_string(&Answer::Error("no".to_owned())).unwrap();
        assert_eq!(error, r#"{"error":"no"}"#);
    }

    #[tokio::test]
    async fn a_line_that_has_no_end_or_no_sense_is_an_error() {
        let endless = vec![b'x'; 100_000];
        let error = read::<Request>(&mut endless.as_slice()).await.unwrap_err();
        assert!(error.to_string().contains("65536 bytes without an end"), "{error}");
        let error = read::<Request>(&mut "{}\n".as_bytes()).await.unwrap_err().to_string();
        assert!(error.starts_with("`{}` is not understood"), "{error}");
    }

    #[tokio::test]
    async fn what_is_written_is_read() {
        let mut line = Vec::new();
        write(&mut line, &Request::Start("order-bare".to_owned())).await.unwrap();
        let read: Request = read(&mut line.as_slice()).await.unwrap();
        assert_eq!(read, Request::Start("order-bare".to_owned()));
    }
}
