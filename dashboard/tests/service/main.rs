//! The dashboard as a process, asked over the network.

mod process;
mod routes;

use kit::testing::Running;
use tokio::net::TcpListener;

const BINARY: &str = env!("CARGO_BIN_EXE_dashboard");

/// A dashboard that watches `target`.
async fn start(target: &str) -> Running {
    let args = ["--listen", "127.0.0.1:0", "--every", "100ms", "--target", target];
    Running::start(BINARY, &args, &[]).await
}

/// Where nobody listens.
async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    format!("gone=http://{}", listener.local_addr().expect("it has an address"))
}
