//! A connection that can die in silence, as behind a firewall that forgot it.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, spawn},
};

/// Passes connections on to an address, as long as it is not cut.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    is_cut: watch::Sender<bool>,
    accepts: AbortHandle,
}

impl Wire {
    /// A wire to `target`, a URL without a path.
    pub(crate) async fn to(target: &str) -> Self {
        let target = target.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it listens somewhere");
        let is_cut = watch::Sender::new(false);
        let state = is_cut.subscribe();
        let accepts = spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                spawn(pass(near, target.clone(), state.clone()));
            }
        });
        Self { address, is_cut, accepts: accepts.abort_handle() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Passes nothing on any more, and tells nobody.
    pub(crate) fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    /// Passes fresh connections on; those that were cut stay as they are.
    pub(crate) fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

async fn pass(mut near: TcpStream, target: String, mut is_cut: watch::Receiver<bool>) {
    let mut far = TcpStream::connect(target).await.expect("the dashboard listens");
    let cut = is_cut.wait_for(|cut| *cut);
    tokio::select! {
        biased;
        _ = cut => {}
        // Whichever end closes it, the other is told.
        _ = copy_bidirectional(&mut near, &mut far) => return,
    }
    // Both ends stay open for as long as there is a wire.
    while is_cut.changed().await.is_ok() {}
}
