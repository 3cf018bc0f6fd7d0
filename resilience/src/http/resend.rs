/// A request body of which another attempt can have a copy.
///
/// Every body that is `Clone` is one, as `Bytes` and `String` are, and so is `ReplayBody`
/// (feature `http-body`), which keeps what was read of any other body.
///
/// # Examples
///
/// ```
/// use resilience::http::Resend;
///
/// /// Can be made again from where it came from.
/// struct Download {
///     path: String,
/// }
///
/// impl Resend for Download {
///     fn copy(&self) -> Option<Self> {
///         Some(Self { path: self.path.clone() })
///     }
/// }
///
/// let body = String::from("small");
/// assert_eq!(body.copy(), Some(body));
/// ```
pub trait Resend: Sized {
    /// A copy for another attempt; `None`: this one can be sent but once.
    fn copy(&self) -> Option<Self>;

    /// Whether this copy still holds all that was to be sent, now that an attempt has ended.
    ///
    /// Default: yes.
    fn is_whole(&self) -> bool {
        true
    }
}

impl<B: Clone> Resend for B {
    fn copy(&self) -> Option<Self> {
        Some(self.clone())
    }
}

/// A copy of `request`, if its body has one.
pub(crate) fn copy<B: Resend>(request: &http::Request<B>) -> Option<http::Request<B>> {
    let mut copy = http::Request::new(request.body().copy()?);
    copy.method_mut().clone_from(request.method());
    copy.uri_mut().clone_from(request.uri());
    *copy.version_mut() = request.version();
    copy.headers_mut().clone_from(request.headers());
    copy.extensions_mut().clone_from(request.extensions());
    Some(copy)
}
