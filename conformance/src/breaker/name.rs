use std::sync::atomic::{AtomicU32, Ordering};

use resilience::Name;

use crate::verdict::Gap;

/// How many names breakers have. Each counts its calls for the life of the process, so that a
/// case takes off what it finds at its start.
const NAMES: u32 = 2_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A name that no other breaker of the case has.
pub(crate) fn name() -> Result<Name, Gap> {
    let number = NEXT.fetch_add(1, Ordering::Relaxed) % NAMES;
    Name::new(&format!("conformance-{number}")).map_err(|error| Gap::new(error.to_string()))
}
