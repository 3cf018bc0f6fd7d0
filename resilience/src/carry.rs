//! What travels with a request from layer to layer.

use std::num::NonZeroU32;

use tokio::time::Instant;

use crate::criticality::Criticality;

/// What our layers know of a request: its deadline, which attempt it is and how much it matters.
///
/// One value, so that a request that can hold it needs a single insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Carried {
    /// The instant at which the whole request is given up.
    pub deadline: Option<Instant>,
    /// The number of this attempt; the first is 1.
    pub attempt: NonZeroU32,
    /// Whether no retry can follow this attempt, as far as the innermost retry layer that has
    /// not been told to stand down can say.
    pub is_last_attempt: bool,
    /// Whether a retry layer outside makes all the attempts, and those inside make one each.
    pub stands_down: bool,
    /// How much the request matters.
    pub criticality: Criticality,
}

// It is copied into every request, and by every layer that looks at it.
const _: () = assert!(size_of::<Carried>() <= 24);

impl Default for Carried {
    fn default() -> Self {
        Self {
            deadline: None,
            attempt: NonZeroU32::MIN,
            is_last_attempt: false,
            stands_down: false,
            criticality: Criticality::default(),
        }
    }
}

/// A request that can carry [`Carried`].
///
/// `http::Request` does, in its extensions. For a request type without room the empty
/// implementation will do: layers then pass no deadline and no attempt number on, and each
/// applies just its own limit. [`Carrying`] gives room to a type of another crate.
///
/// # Examples
///
/// ```
/// use resilience::{Carried, Carry};
///
/// struct Query {
///     text: String,
///     carried: Carried,
/// }
///
/// impl Carry for Query {
///     fn carried(&self) -> Carried {
///         self.carried
///     }
///
///     fn set_carried(&mut self, carried: Carried) {
///         self.carried = carried;
///     }
/// }
///
/// struct Ping;
///
/// impl Carry for Ping {}
/// ```
pub trait Carry {
    /// What the request carries.
    fn carried(&self) -> Carried {
        Carried::default()
    }

    /// Makes the request carry `carried`.
    fn set_carried(&mut self, carried: Carried) {
        let _ = carried;
    }
}

macro_rules! carries_nothing {
    ($($request:ty),* $(,)?) => { $(impl Carry for $request {})* };
}

carries_nothing!((), bool, char, String, &str, Vec<u8>);
carries_nothing!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

impl<T: Carry + ?Sized> Carry for Box<T> {
    fn carried(&self) -> Carried {
        (**self).carried()
    }

    fn set_carried(&mut self, carried: Carried) {
        (**self).set_carried(carried);
    }
}

/// A request of another crate's type, with room for what it carries.
///
/// # Examples
///
/// ```
/// use resilience::{Carry, Carrying};
///
/// let mut request = Carrying::new("203.0.113.7:53".parse::<std::net::SocketAddr>()?);
/// assert_eq!(request.carried().attempt.get(), 1);
/// assert_eq!(request.request().port(), 53);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carrying<R> {
    request: R,
    carried: Carried,
}

impl<R> Carrying<R> {
    /// Gives `request` room, with nothing in it yet.
    pub fn new(request: R) -> Self {
        Self { request, carried: Carried::default() }
    }

    /// The request itself.
    pub const fn request(&self) -> &R {
        &self.request
    }

    /// The request itself, without what it carried.
    pub fn into_request(self) -> R {
        self.request
    }
}

impl<R> Carry for Carrying<R> {
    fn carried(&self) -> Carried {
        self.carried
    }

    fn set_carried(&mut self, carried: Carried) {
        self.carried = carried;
    }
}
