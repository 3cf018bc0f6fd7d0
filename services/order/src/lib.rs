//! The order service of the demo: places orders for users that another service knows.
//!
//! Two promises stand whatever the other service does: an order that was acknowledged is not
//! lost, and a key places one order however often its request is repeated.

mod config;
mod error;
mod in_progress;
mod model;
mod routes;
mod store;
mod users;

use anyhow::Context as _;
use axum::Router;
use kit::{
    Name,
    config::Service as _,
    database::Database,
    outbound::{self, PolicyFile},
    serve,
    state::Source,
};
use serde_json::json;

pub use self::config::{Config, Stack};
use self::{in_progress::InProgress, routes::Parts, store::Store, users::Users};

/// The service that is called, in metrics.
const PEER: &str = "user";

/// The policies that guard the user service, in metrics.
const USERS: Name = Name::from_static("users-api");

/// The service, ready to be served.
#[derive(Clone, Debug)]
pub struct App {
    /// Its routes.
    pub router: Router,
    /// Its database, to be closed at the end.
    pub database: Database,
    /// The limits under which it asks the user service; null for the bare stack.
    pub limits: serde_json::Value,
}

/// Opens the database and puts the routes together.
///
/// # Errors
///
/// The configuration contradicts itself, or the database cannot be opened.
pub async fn build(config: &Config) -> anyhow::Result<App> {
    config.check()?;
    let client = client(config)?;
    let limits = serde_json::to_value(client.limits())?;
    let source = Source::new("order").variant(config.stack.as_str()).client(client.clone());
    let users = Users::new(client, &config.users_url, config.stack.caller());
    let database = Database::open(&config.path(), &sqlx::migrate!("migrations/sqlite")).await?;
    let store = store(config, database.clone());
    let orders = routes::orders(Parts { store, users, in_progress: InProgress::new() });
    let router = kit::app::build(source, orders, database.clone())?;
    Ok(App { router, database, limits })
}

/// Runs the service until it is told to stop.
///
/// # Errors
///
/// It cannot start, or not all accepted requests could be answered at the end.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let listener = serve::bind(config.address()).await?;
    let app = build(&config).await?;
    let facts = [("stack", json!(config.stack.as_str())), ("limits", app.limits)];
    let mut facts: serve::Facts =
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if let Some(admin) = config.operator.start().await? {
        facts.insert("admin".into(), admin.to_string().into());
    }
    serve::serve(listener, app.router, "order", facts).await?;
    app.database.close().await;
    Ok(())
}

fn client(config: &Config) -> anyhow::Result<outbound::Client> {
    let settings = outbound::Settings::default();
    if config.stack == Stack::Bare {
        return outbound::Client::bare(PEER, USERS, settings).context(NO_CLIENT);
    }
    let file = config.policies.as_deref();
    let file = file.map(|path| PolicyFile::open(path, &config.without)).transpose()?;
    let (file, policies) = file.unzip();
    let client = outbound::Client::guarded(PEER, USERS, settings, &config.without, policies);
    let client = client.context(NO_CLIENT)?;
    if let (Some(file), Some(running)) = (file, client.running()) {
        file.watch(running.clone());
    }
    Ok(client)
}

const NO_CLIENT: &str = "cannot set up the client of the user service";

#[cfg_attr(not(feature = "sabotage"), expect(unused_variables, reason = "only sabotage asks"))]
fn store(config: &Config, database: Database) -> Store {
    let store = Store::new(database);
    #[cfg(feature = "sabotage")]
    if config.break_idempotency {
        return store.sabotage();
    }
    store
}
