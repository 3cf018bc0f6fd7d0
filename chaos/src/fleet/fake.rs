//! A fleet without processes.

use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::{Fleet, Member};

#[derive(Debug)]
pub(super) struct FakeFleet {
    members: Mutex<Vec<Member>>,
    deeds: Mutex<Vec<String>>,
    /// Who is not listed any more after the next look.
    lost: Mutex<Option<String>>,
    /// Whose start takes how long.
    slow: Mutex<Option<(String, Duration)>>,
}

impl FakeFleet {
    /// Members that run, at an address where nobody listens.
    pub(super) fn new(names: &[&str]) -> Self {
        Self::at("http://127.0.0.1:1", names)
    }

    /// Members that run and all answer as `app` does.
    pub(super) async fn serve(names: &[&str], app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self::at(&url, names)
    }

    fn at(url: &str, names: &[&str]) -> Self {
        let member =
            |&name: &&str| Member { name: name.to_owned(), url: Some(url.to_owned()), runs: true };
        let members = names.iter().map(member).collect();
        Self {
            members: Mutex::new(members),
            deeds: Mutex::default(),
            lost: Mutex::default(),
            slow: Mutex::default(),
        }
    }

    /// What was done to it.
    pub(super) fn deeds(&self) -> Vec<String> {
        self.deeds.lock().unwrap().clone()
    }

    /// Changes a member behind everybody's back.
    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut Member)) {
        let mut members = self.members.lock().unwrap();
        change(members.iter_mut().find(|member| member.name == name).unwrap());
    }

    /// Lists `name` once more and then never again.
    pub(super) fn lose_at_next_look(&self, name: &str) {
        *self.lost.lock().unwrap() = Some(name.to_owned());
    }

    /// Lets a start of `name` take `long`.
    pub(super) fn start_slowly(&self, name: &str, long: Duration) {
        *self.slow.lock().unwrap() = Some((name.to_owned(), long));
    }

    fn set(&self, deed: &str, name: &str, runs: bool) {
        let mut members = self.members.lock().unwrap();
        members.iter_mut().find(|member| member.name == name).unwrap().runs = runs;
        self.deeds.lock().unwrap().push(format!("{deed} {name}"));
    }
}

impl Fleet for FakeFleet {
    fn members(&self) -> BoxFuture<'_, anyhow::Result<Vec<Member>>> {
        async {
            let mut members = self.members.lock().unwrap();
            let listed = members.clone();
            if let Some(lost) = self.lost.lock().unwrap().take() {
                members.retain(|member| member.name != lost);
            }
            Ok(listed)
        }
        .boxed()
    }

    fn kill<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        async {
            self.set("kill", member, false);
            Ok(())
        }
        .boxed()
    }

    fn start<'a>(&'a self, member: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        async move {
            let slow = self.slow.lock().unwrap().clone();
            if let Some((name, long)) = slow
                && name == member
            {
                sleep(long).await;
            }
            self.set("start", member, true);
            Ok(())
        }
        .boxed()
    }
}
