//! Takes connections, and ends them.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use anyhow::bail;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use super::connection::{Connection, Unanswered};

/// How long accepted requests have to finish after the signal.
const DRAIN: Duration = Duration::from_secs(10);

/// The connections that are open at once; later ones wait in the queue of the system.
const CONNECTIONS: usize = 1024;

/// How long a header may take, from the end of the answer before it: a connection that is kept
/// for nothing ends by it as well. Clients give theirs up earlier, so that none sends a request
/// into a connection that is being closed.
const HEADER_LIMIT: Duration = Duration::from_secs(5);

/// What is kept of a request that is not read yet, and with it the longest header, in bytes.
const BUFFER: usize = 64 * 1024;

/// How long nothing is accepted when the process has no file descriptor left for a connection.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Takes connections, and ends them.
pub(super) struct Server {
    router: Router,
    http: http1::Builder,
    slots: Arc<Semaphore>,
    unanswered: Unanswered,
    /// Every connection holds a receiver until it ends.
    stop: watch::Sender<bool>,
}

impl Server {
    pub(super) fn new(router: Router) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADER_LIMIT).max_buf_size(BUFFER);
        Self {
            router,
            http,
            slots: Arc::new(Semaphore::new(CONNECTIONS)),
            unanswered: Unanswered::default(),
            stop: watch::Sender::new(false),
        }
    }

    /// Takes connections and serves each in a task of its own, until this is dropped.
    pub(super) async fn accept(&self, listener: &TcpListener) -> Infallible {
        loop {
            // First the place, then the connection: whoever has to wait is not accepted yet.
            let slot = Arc::clone(&self.slots).acquire_owned().await;
            let slot = slot.expect("the semaphore is never closed");
            let connection = Connection {
                router: self.router.clone(),
                unanswered: self.unanswered.clone(),
                stopped: self.stop.subscribe(),
                stream: next(listener).await,
                slot,
            };
            tokio::spawn(connection.serve(self.http.clone()));
        }
    }

    /// Waits until all accepted requests are answered and all connections are closed.
    pub(super) async fn drain(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        let closed = timeout(DRAIN, self.stop.closed()).await.is_ok();
        let unanswered = self.unanswered.count();
        // What is open without an owed answer is a caller that does not read the one it got.
        if closed || unanswered == 0 {
            return Ok(());
        }
        bail!("requests were still unanswered {DRAIN:?} after the signal: {unanswered}")
    }
}

async fn next(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // This connection is gone, and the next one may be waiting already.
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept a connection");
                sleep(EXHAUSTED).await;
            }
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::{Arc, Duration, HEADER_LIMIT, Router, Semaphore, Server};
    use super::{TcpListener, TcpStream, timeout};

    const PATIENCE: Duration = Duration::from_secs(20);
    const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

    /// A server that runs, and a way to connect to it.
    async fn start(server: Server) -> (Arc<Server>, impl AsyncFn() -> TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(server);
        let running = Arc::clone(&server);
        tokio::spawn(async move { running.accept(&listener).await });
        (server, async move || TcpStream::connect(address).await.unwrap())
    }

    fn router() -> Router {
        Router::new().fallback(async || "here")
    }

    /// Reads one answer, which ends with the body of all answers.
    async fn answer(stream: &mut TcpStream) -> String {
        let mut read = Vec::new();
        let all = async {
            while !read.ends_with(b"here") {
                assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "it is closed early");
            }
        };
        timeout(PATIENCE, all).await.expect("an answer comes");
        String::from_utf8(read).unwrap()
    }

    /// Reads until the other side closes.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut read = String::new();
        let end = timeout(PATIENCE, stream.read_to_string(&mut read)).await;
        end.expect("the connection is closed").unwrap();
        read
    }

    #[tokio::test]
    async fn a_connection_serves_one_request_after_the_other() {
        let (_server, connect) = start(Server::new(router())).await;
        let mut stream = connect().await;
        for _ in 0..3 {
            stream.write_all(ASK).await.unwrap();
            assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
        }
    }

    #[tokio::test]
    async fn a_header_longer_than_the_buffer_is_refused() {
        let (_server, connect) = start(Server::new(router())).await;
        let mut stream = connect().await;
        let mut header = b"GET / HTTP/1.1\r\nlong: ".to_vec();
        // To the last byte that is read: closing with more on its way would cut the answer off.
        header.resize(super::BUFFER, b'a');
        stream.write_all(&header).await.unwrap();
        assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431 "));
    }

    #[tokio::test]
    async fn a_header_that_does_not_come_ends_its_connection() {
        let mut server = Server::new(router());
        server.http.header_read_timeout(HEADER_LIMIT / 100);
        let (_server, connect) = start(server).await;
        for begun in [&b""[..], b"GET / HTTP/1.1\r\nhost:"] {
            let mut stream = connect().await;
            stream.write_all(begun).await.unwrap();
            rest(&mut stream).await;
        }
    }

    #[tokio::test]
    async fn a_connection_beyond_the_limit_waits_until_another_one_ends() {
        let mut server = Server::new(router());
        server.slots = Arc::new(Semaphore::new(1));
        let (server, connect) = start(server).await;
        let mut first = connect().await;
        first.write_all(ASK).await.unwrap();
        answer(&mut first).await;
        let mut second = connect().await;
        second.write_all(ASK).await.unwrap();
        // The only place is taken, and nobody but the first connection can give it back.
        assert_eq!(server.slots.available_permits(), 0);
        assert_eq!(server.stop.receiver_count(), 1);
        drop(first);
        answer(&mut second).await;
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_request_that_is_not_answered_makes_the_end_a_failure() {
        let server = Server::new(router());
        let _unread = server.stop.subscribe();
        assert!(server.drain().await.is_ok(), "its answer was given");

        let server = Server::new(router());
        let (_open, _owed) = (server.stop.subscribe(), server.unanswered.one_more());
        let told = server.drain().await.unwrap_err().to_string();
        assert_eq!(told, "requests were still unanswered 10s after the signal: 1");
    }
}
