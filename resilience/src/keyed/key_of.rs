use std::{any::type_name, fmt};

use super::key::KeyRef;

/// Says which key a request has.
///
/// [`by_text`] and [`by_number`] make one of a function, and `ByHost` is there for HTTP. Implement
/// it for a key that has to be put together first, which then can lie on the stack.
///
/// # Examples
///
/// ```
/// use resilience::keyed::{KeyOf, KeyRef};
///
/// struct Ask { shard: u32, is_write: bool }
///
/// /// Reads and writes of each shard.
/// #[derive(Clone)]
/// struct ByShard;
///
/// impl KeyOf<Ask> for ByShard {
///     fn with_key<T>(&self, ask: &Ask, look_up: impl FnOnce(KeyRef<'_>) -> T) -> T {
///         look_up(KeyRef::Number(u64::from(ask.shard) << 1 | u64::from(ask.is_write)))
///     }
/// }
///
/// let write = Ask { shard: 3, is_write: true };
/// assert_eq!(ByShard.with_key(&write, |key| key.to_string()), "7");
/// ```
pub trait KeyOf<Request> {
    /// Hands the key of `request` to `look_up`, and returns what that does.
    ///
    /// It runs in each call, before the policy is asked.
    fn with_key<T>(&self, request: &Request, look_up: impl FnOnce(KeyRef<'_>) -> T) -> T;
}

/// Takes a text out of each request; made by [`by_text`].
#[derive(Clone, Copy)]
pub struct ByText<F>(F);

/// Takes a number out of each request; made by [`by_number`].
#[derive(Clone, Copy)]
pub struct ByNumber<F>(F);

/// The key is a text that lies in the request.
///
/// Requests without one may have an empty text, and then share what is kept for that.
///
/// # Examples
///
/// ```
/// use resilience::keyed::{KeyOf, by_text};
///
/// struct Order { tenant: String }
///
/// let tenants = by_text(|order: &Order| order.tenant.as_str());
/// let order = Order { tenant: "acme".into() };
/// assert_eq!(tenants.with_key(&order, |key| key.to_string()), "acme");
/// ```
pub const fn by_text<Request, F>(function: F) -> ByText<F>
where
    F: Fn(&Request) -> &str,
{
    ByText(function)
}

/// The key is a number.
///
/// # Examples
///
/// ```
/// use resilience::keyed::{KeyOf, by_number};
///
/// let shards = by_number(|id: &u64| id % 16);
/// assert_eq!(shards.with_key(&35, |key| key.to_string()), "3");
/// ```
pub const fn by_number<Request, F>(function: F) -> ByNumber<F>
where
    F: Fn(&Request) -> u64,
{
    ByNumber(function)
}

impl<Request, F> KeyOf<Request> for ByText<F>
where
    F: Fn(&Request) -> &str,
{
    #[inline]
    fn with_key<T>(&self, request: &Request, look_up: impl FnOnce(KeyRef<'_>) -> T) -> T {
        look_up(KeyRef::Text((self.0)(request)))
    }
}

impl<Request, F> KeyOf<Request> for ByNumber<F>
where
    F: Fn(&Request) -> u64,
{
    #[inline]
    fn with_key<T>(&self, request: &Request, look_up: impl FnOnce(KeyRef<'_>) -> T) -> T {
        look_up(KeyRef::Number((self.0)(request)))
    }
}

impl<F> fmt::Debug for ByText<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ByText({})", type_name::<F>())
    }
}

impl<F> fmt::Debug for ByNumber<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ByNumber({})", type_name::<F>())
    }
}
