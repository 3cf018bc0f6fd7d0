use std::fmt;

use serde::{Deserialize, Serialize};

/// Which container, in words that hold after the end of this process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerRef {
    /// The address of its engine, as in `DOCKER_HOST`.
    pub engine: String,
    /// The Compose project that it belongs to.
    pub project: String,
    /// Its service in that project.
    pub service: String,
    /// Its id.
    pub id: String,
}

impl fmt::Display for ContainerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "container of {} in the project {}", self.service, self.project)
    }
}
