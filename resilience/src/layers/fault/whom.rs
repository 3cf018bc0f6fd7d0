use super::target::Target;
use crate::config::{Check, ConfigErrors};

/// Which requests a plan may hit at all.
///
/// All conditions must hold. A layer whose [`Target`] does not know what a condition asks for hits
/// nothing.
///
/// # Examples
///
/// One in twenty tenants, always the same ones, and only what they read:
///
/// ```
/// use std::time::Duration;
/// use resilience::{Ratio, fault::{Fault, FaultPlan, Whom}};
///
/// let whom = Whom::all().method("GET").sticky_by("x-tenant", 1);
/// let plan = FaultPlan::new(Fault::Abort, Ratio::percent(5), Duration::from_secs(60))?;
/// let plan = plan.only(whom)?;
/// # Ok::<(), resilience::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whom {
    pub(super) path_prefix: Option<String>,
    method: Option<String>,
    header: Option<(String, Option<String>)>,
    sticky: Option<(String, u64)>,
}

impl Whom {
    /// Every request.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Only requests whose path begins so.
    #[must_use]
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.path_prefix = Some(prefix.into());
        self
    }

    /// Only requests of this method, in whichever case it is given.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into().to_ascii_uppercase());
        self
    }

    /// Only requests with the header `name`, and `value` where one is given. Of several values a
    /// target may look at the first alone, as `HttpTarget` does.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: Option<String>) -> Self {
        self.header = Some((name.into().to_ascii_lowercase(), value));
        self
    }

    /// Has the value of the header `name` decide in the place of chance: whoever sends the same
    /// value is always hit, or never, in every process. Requests without it are not hit.
    ///
    /// Another `salt` chooses others.
    #[must_use]
    pub fn sticky_by(mut self, name: impl Into<String>, salt: u64) -> Self {
        self.sticky = Some((name.into().to_ascii_lowercase(), salt));
        self
    }

    /// The method that is asked for.
    pub fn method_asked(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// The header that is asked for, and its value.
    pub fn header_asked(&self) -> Option<(&str, Option<&str>)> {
        self.header.as_ref().map(|(name, value)| (&**name, value.as_deref()))
    }

    /// The header whose value decides, and the salt.
    pub fn sticky(&self) -> Option<(&str, u64)> {
        self.sticky.as_ref().map(|(name, salt)| (&**name, *salt))
    }

    /// What is wrong with it, if something is.
    pub(crate) fn checked(&self) -> Result<(), ConfigErrors> {
        let mut check = Check::default();
        self.check(&mut check);
        check.finish(())
    }

    fn check(&self, check: &mut Check) {
        const LONGEST: usize = 1_024;
        let is_name = |name: &str| {
            let is_part =
                |byte: u8| byte.is_ascii_graphic() && !br#"(),/:;<=>?@[\]{}""#.contains(&byte);
            !name.is_empty() && name.len() <= 64 && name.bytes().all(is_part)
        };
        let asked = self.header.as_ref().map(|(name, _)| ("header.name", name));
        for (setting, name) in
            asked.into_iter().chain(self.sticky.as_ref().map(|it| ("sticky_by.header", &it.0)))
        {
            let shown: String = name.chars().take(65).collect();
            check.that(
                is_name(name),
                setting,
                format_args!("{shown:?}"),
                "a header's name of up to 64 characters",
            );
        }
        if let Some(method) = &self.method {
            let fits = is_name(method);
            let shown: String = method.chars().take(65).collect();
            check.that(fits, "method", format_args!("{shown:?}"), "a method such as GET");
        }
        if let Some(prefix) = &self.path_prefix {
            let shown: String = prefix.chars().take(65).collect();
            let fits = prefix.is_empty() || prefix.starts_with('/');
            check.that(fits, "path_prefix", format_args!("{shown:?}"), "the beginning of a path");
        }
        let texts = [
            ("path_prefix", self.path_prefix.as_deref()),
            ("header.value", self.header.as_ref().and_then(|(_, value)| value.as_deref())),
        ];
        for (setting, text) in texts {
            let length = text.map_or(0, str::len);
            check.that(
                length <= LONGEST,
                setting,
                format_args!("of {length} bytes"),
                format_args!("at most {LONGEST}"),
            );
        }
    }

    /// What decides whether `request` is hit.
    #[cfg_attr(not(feature = "fault-injection"), expect(dead_code, reason = "nothing is injected"))]
    pub(super) fn lot<Request, Response>(
        &self,
        target: &impl Target<Request, Response>,
        request: &Request,
    ) -> Lot {
        self.chosen(target, request).unwrap_or(Lot::Spared)
    }

    fn chosen<Request, Response>(
        &self,
        target: &impl Target<Request, Response>,
        request: &Request,
    ) -> Option<Lot> {
        if let Some(prefix) = &self.path_prefix {
            target.path(request).filter(|path| path.starts_with(prefix))?;
        }
        if let Some(method) = &self.method {
            target.method(request).filter(|given| given.eq_ignore_ascii_case(method))?;
        }
        if let Some((name, value)) = &self.header {
            let given = target.header(request, name)?;
            value.as_ref().is_none_or(|value| value == given).then_some(())?;
        }
        match &self.sticky {
            Some((name, salt)) => Some(Lot::Drawn(fraction(target.header(request, name)?, *salt))),
            None => Some(Lot::Chance),
        }
    }
}

/// What decides whether a request is hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Lot {
    /// It is not.
    Spared,
    Chance,
    /// This number in the place of chance, from 0 up to 1.
    Drawn(f64),
}

/// A number from 0 up to 1 that belongs to `text`, in every process and version: FNV-1a, which is
/// short, and the last step of `SplitMix64`, because its higher bits alone are not even.
fn fraction(text: &str, salt: u64) -> f64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ salt;
    let mut hash = text
        .bytes()
        .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let [numerator, denominator] = [(hash ^ (hash >> 31)) >> 11, 1 << 53].map(|it| it as f64);
    numerator / denominator
}

#[cfg(test)]
mod tests {
    use super::fraction;

    #[test]
    fn texts_that_differ_little_lie_evenly_from_zero_to_one() {
        for salt in 0..4 {
            let mut tenths = [0; 10];
            for user in 0..10_000 {
                let fraction = fraction(&format!("user-{user}"), salt);
                assert!((0.0..1.0).contains(&fraction));
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "0 to 9"
                )]
                let tenth = (fraction * 10.0) as usize;
                tenths[tenth] += 1;
            }
            assert!(tenths.iter().all(|count| (900..1_100).contains(count)), "{tenths:?}");
        }
    }

    #[test]
    fn a_text_keeps_its_number_and_another_salt_gives_another() {
        assert!((fraction("ann", 0) - fraction("ann", 0)).abs() < f64::EPSILON);
        assert!((fraction("ann", 0) - fraction("ann", 1)).abs() > 1e-6);
        // Computed by another program: other processes and versions must agree on who is hit.
        assert_eq!(format!("{:.6}", fraction("ann", 7)), "0.611387");
    }
}
