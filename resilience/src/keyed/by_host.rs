use http::{Request, header::HOST};

use super::{
    key::{KeyRef, LONGEST},
    key_of::KeyOf,
};

/// The host that an HTTP request goes to, with its port where the request names one.
///
/// It is that of the URI, else that of the `Host` header, in lower case and without a user's
/// name. Requests that name none have the empty text. `https://a` and
/// `https://a:443` are two hosts here.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use resilience::keyed::{ByHost, KeyOf};
///
/// let request = Request::get("https://API.example.org:8443/users/1").body(())?;
/// assert_eq!(ByHost.with_key(&request, |key| key.to_string()), "api.example.org:8443");
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ByHost;

impl<B> KeyOf<Request<B>> for ByHost {
    #[inline]
    fn with_key<T>(&self, request: &Request<B>, look_up: impl FnOnce(KeyRef<'_>) -> T) -> T {
        let host = match request.uri().authority() {
            Some(authority) => authority.as_str(),
            None => named_by_header(request),
        };
        // Who logs in is no other host, and would make a secret a key.
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        if host.len() > LONGEST || !host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return look_up(KeyRef::Text(host));
        }
        let mut lower = [0; LONGEST];
        let lower = &mut lower[..host.len()];
        lower.copy_from_slice(host.as_bytes());
        lower.make_ascii_lowercase();
        look_up(KeyRef::Text(str::from_utf8(lower).unwrap_or(host)))
    }
}

fn named_by_header<B>(request: &Request<B>) -> &str {
    request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::{ByHost, KeyOf};

    fn key(request: http::request::Builder) -> String {
        ByHost.with_key(&request.body(()).unwrap(), |key| key.to_string())
    }

    #[test]
    fn the_uri_names_the_host_and_else_the_header_does() {
        assert_eq!(key(Request::get("http://a.org:81/x").header("host", "b.org")), "a.org:81");
        assert_eq!(key(Request::get("/x").header("host", "b.org")), "b.org");
        assert_eq!(key(Request::get("/x")), "");
    }

    #[test]
    fn neither_case_nor_a_user_makes_another_host() {
        let plain = key(Request::get("http://a.org/"));
        assert_eq!(key(Request::get("http://A.ORG/")), plain);
        assert_eq!(key(Request::get("http://me:secret@a.org/")), plain);
        assert_eq!(key(Request::get("/").header("host", "A.org")), plain);
    }

    #[test]
    fn a_host_that_is_too_long_for_a_key_is_handed_on_as_it_is() {
        let long = "X".repeat(300);
        assert_eq!(key(Request::get("/").header("host", &long)), long);
    }
}
