//! A service to watch.

use http::{Uri, uri::Scheme};

/// A service to watch: a name, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name, until it tells its own.
    pub name: String,
    /// Its address, without a slash at the end.
    pub url: String,
}

/// The longest name.
const LONGEST: usize = 40;

/// Reads `NAME=URL`.
///
/// # Errors
///
/// There is no name, or the address is not one of plain HTTP without a path.
pub fn parse_target(text: &str) -> Result<Target, String> {
    let expected = "expected NAME=URL such as user=http://127.0.0.1:5001";
    let (name, url) = text.split_once('=').ok_or(expected)?;
    let visible = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > LONGEST || !name.chars().all(visible) {
        return Err(format!("expected a name of 1 to {LONGEST} letters, digits, '-', '_' or '.'"));
    }
    let uri: Uri = url.parse().map_err(|_| expected)?;
    let plain = uri.scheme() == Some(&Scheme::HTTP)
        && matches!(uri.path(), "" | "/")
        && uri.query().is_none()
        && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if !plain {
        return Err(expected.to_owned());
    }
    Ok(Target { name: name.to_owned(), url: url.trim_end_matches('/').to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{Target, parse_target};

    #[test]
    fn a_target_is_a_name_and_an_address() {
        let target = Target { name: "user".into(), url: "http://127.0.0.1:5001".into() };
        assert_eq!(parse_target("user=http://127.0.0.1:5001/"), Ok(target));
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        for wrong in [
            "",
            "user",
            "user=",
            "user=users:5001",
            "user=https://users",
            "u=http://a/b",
            "u=http://a@b",
            "=http://a",
            "a b=http://a",
            "<b>=http://a",
        ] {
            let told = parse_target(wrong).unwrap_err();
            assert!(told.starts_with("expected "), "{wrong:?}: {told}");
        }
    }
}
