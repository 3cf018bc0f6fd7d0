//! The orders in the database.

mod place;
mod read;
#[cfg(feature = "sabotage")]
mod sabotage;

use kit::database::Database;

pub(crate) use self::place::{Earlier, PlaceError, Placed};

/// The orders in the database.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    database: Database,
    #[cfg(feature = "sabotage")]
    sabotaged: bool,
}

impl Store {
    pub(crate) const fn new(database: Database) -> Self {
        Self {
            database,
            #[cfg(feature = "sabotage")]
            sabotaged: false,
        }
    }
}
