//! Containers of a Docker Compose project, through the API of the engine.
//!
//! A [`Project`] is found by the labels that Compose puts on its containers; the `docker`
//! program and the compose file are not needed. Nothing is built or made here: a container
//! is killed, stopped, started again and looked into.

mod archive;
mod container;
mod container_ref;
mod engine;
mod labels;
mod project;
mod state;

pub use container::Container;
pub use container_ref::ContainerRef;
pub use engine::{Engine, EngineVersion};
pub use project::{Member, Project};
pub use state::{Health, State};
