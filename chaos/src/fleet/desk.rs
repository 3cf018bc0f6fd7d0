use std::time::Duration;

use anyhow::{Context, anyhow};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tokio::io::AsyncReadExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{sleep, timeout};

use super::keeper::{Deed, Post};
use super::request::{read, write};
use super::{Answer, Member, Request};

/// The most requests that are carried out at a time; others wait to be accepted.
const AT_ONCE: usize = 32;
/// How long the line of a request may take to come.
const LINE: Duration = Duration::from_secs(5);
/// The pause after a connection that could not be accepted.
const AGAIN: Duration = Duration::from_millis(100);

/// Takes requests at `listener` for the members of `posts`, without an end.
pub(super) async fn serve(listener: &UnixListener, posts: &[Post]) {
    let mut running = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if running.len() < AT_ONCE => match accepted {
                Ok((stream, _)) => running.push(answer(stream, posts)),
                Err(_) => sleep(AGAIN).await,
            },
            Some(()) = running.next() => {}
        }
    }
}

async fn answer(mut stream: UnixStream, posts: &[Post]) {
    let answer = match timeout(LINE, read(&mut stream)).await {
        Ok(Ok(request)) => tokio::select! {
            answer = carry_out(request, posts) => answer,
            () = gone(&mut stream) => return,
        },
        Ok(Err(error)) => Err(error),
        Err(_) => Err(anyhow!("expected a line within {LINE:?}")),
    };
    let answer = answer.unwrap_or_else(|error| Answer::Error(format!("{error:#}")));
    // Whoever asked may have gone, or read nothing.
    let _ = timeout(LINE, write(&mut stream, &answer)).await;
}

/// Waits until the other end is closed.
async fn gone(stream: &mut UnixStream) {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
}

async fn carry_out(request: Request, posts: &[Post]) -> anyhow::Result<Answer> {
    let ask = async |name: &str, deed| {
        let post = posts.iter().find(|post| post.name == name);
        let post = post.with_context(|| {
            let names: Vec<_> = posts.iter().map(|post| post.name).collect();
            format!("{name} is no member of this demo, expected one of {}", names.join(", "))
        })?;
        post.ask(deed).await.map(|()| Answer::Done)
    };
    match request {
        Request::Members => Ok(Answer::Members(join_all(posts.iter().map(member)).await)),
        Request::Kill(name) => ask(&name, Deed::Kill).await,
        Request::Start(name) => ask(&name, Deed::Start).await,
    }
}

async fn member(post: &Post) -> Member {
    Member { name: post.name.to_owned(), url: Some(post.url.clone()), runs: post.runs().await }
}
