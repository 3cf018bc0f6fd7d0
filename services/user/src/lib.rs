//! The user service of the demo: who may order.
//!
//! It stands for a dependency that fails: with the feature `fault-injection`, a flag makes everything
//! under `/users` slow, wrong or absent.

mod callers;
mod config;
mod error;
mod model;
mod routes;
mod store;

use axum::{Router, middleware};
use kit::{
    FaultSwitch, Name, database::Database, inbound, process::BadConfig, serve, state::Source,
};
use utoipa_axum::router::OpenApiRouter;

pub use self::config::Config;
use self::store::Store;

/// The policy that injects faults, in metrics.
const NAME: Name = Name::from_static("user");

/// The service, ready to be served.
#[derive(Clone, Debug)]
pub struct App {
    /// Its routes.
    pub router: Router,
    /// Its database, to be closed at the end.
    pub database: Database,
}

/// Opens the database and puts the routes together.
///
/// # Errors
///
/// The database cannot be opened.
pub async fn build(config: &Config) -> anyhow::Result<App> {
    let database = Database::open(&config.database, &sqlx::migrate!("migrations/sqlite")).await?;
    let switch = FaultSwitch::new();
    let source = Source::new("user").faults(switch.clone());
    let users = routes::users(Store::new(database.clone()));
    let users = trusted(config, inbound::faults(NAME, switch, users))?
        // Outside of everything that can answer in place of the route: an arrival is an arrival.
        .layer(middleware::from_fn(callers::count));
    let router = kit::app::build(source, users, database.clone())?;
    Ok(App { router, database })
}

#[cfg(feature = "fault-injection")]
fn trusted(config: &Config, users: OpenApiRouter) -> Result<OpenApiRouter, BadConfig> {
    Ok(match config.operator.flags.key()? {
        Some(key) => inbound::trusted_faults(NAME, key, users),
        None => users,
    })
}

#[cfg(not(feature = "fault-injection"))]
#[expect(clippy::unnecessary_wraps, reason = "the other build may refuse")]
fn trusted(_: &Config, users: OpenApiRouter) -> Result<OpenApiRouter, BadConfig> {
    Ok(users)
}

/// Runs the service until it is told to stop.
///
/// # Errors
///
/// It cannot start, or not all accepted requests could be answered at the end.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let listener = serve::bind(config.listen).await?;
    let app = build(&config).await?;
    let mut facts = serve::Facts::new();
    if let Some(admin) = config.operator.start().await? {
        facts.insert("admin".into(), admin.to_string().into());
    }
    serve::serve(listener, app.router, "user", facts).await?;
    app.database.close().await;
    Ok(())
}
