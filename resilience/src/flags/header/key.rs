use std::{error, fmt, sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use serde::Deserialize;
use sha2::Sha256;

use super::{PLAN, SIGNATURE};
use crate::{error::HeaderMistake, fault::FaultPlan, name::Name, wire::HeaderFault};

/// The fewest bytes of a key.
const SHORTEST: usize = 16;

/// The longest `x-fault-plan`, in bytes.
const LONGEST: usize = 2_048;

/// How far ahead a header may expire.
const AHEAD: Duration = Duration::from_hours(24);

/// Whom a header is for, whatever else it says.
#[derive(Deserialize)]
struct Whose {
    policy: String,
}

/// The key under which the headers of trusted callers are signed.
///
/// It is kept out of `Debug`.
///
/// # Examples
///
/// ```
/// use resilience::flags::header::FaultKey;
///
/// let key = FaultKey::new("Jefe, Jefe, Jefe")?;
/// assert_eq!(key.sign("what do ya want").len(), 64);
/// assert!(FaultKey::new("short").is_err());
/// # Ok::<(), resilience::flags::header::FaultKeyError>(())
/// ```
#[derive(Clone)]
pub struct FaultKey(Arc<[u8]>);

/// A key has too few bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultKeyError {
    given: usize,
}

impl FaultKey {
    /// A key of at least 16 bytes.
    ///
    /// # Errors
    ///
    /// [`FaultKeyError`] when it has fewer.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, FaultKeyError> {
        let key = key.as_ref();
        if key.len() < SHORTEST {
            return Err(FaultKeyError { given: key.len() });
        }
        Ok(Self(key.into()))
    }

    /// The signature of `plan`, for the header `x-fault-signature`.
    #[must_use]
    pub fn sign(&self, plan: &str) -> String {
        let bytes = self.mac(plan.as_bytes()).finalize().into_bytes();
        bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
            for nibble in [byte >> 4, byte & 0xf] {
                hex.extend(char::from_digit(nibble.into(), 16));
            }
            hex
        })
    }

    /// The run and the plan of a request, where it asks the layer called `name` for a fault at
    /// `now`, the time since the Unix epoch.
    pub(super) fn read(
        &self,
        headers: &HeaderMap,
        name: Name,
        now: Duration,
    ) -> Result<Option<(String, FaultPlan)>, HeaderMistake> {
        let mut plans = headers.get_all(PLAN).iter();
        let Some(plan) = plans.next() else { return Ok(None) };
        if plan.len() > LONGEST {
            return Err(HeaderMistake::TooLong);
        }
        let mut signatures = headers.get_all(SIGNATURE).iter();
        let signature = signatures.next().and_then(|given| bytes_of(given.as_bytes()));
        if plans.next().is_some() || signatures.next().is_some() {
            return Err(HeaderMistake::Forged);
        }
        // Another layer may have another key, and know of faults that this one does not.
        let whose = serde_json::from_slice::<Whose>(plan.as_bytes());
        if whose.is_ok_and(|whose| whose.policy != name.as_str()) {
            return Ok(None);
        }
        let is_ours = signature.is_some_and(|signature| {
            // Its comparison takes the same time wherever the two differ.
            self.mac(plan.as_bytes()).verify_slice(&signature).is_ok()
        });
        if !is_ours {
            return Err(HeaderMistake::Forged);
        }
        let wanted: HeaderFault =
            serde_json::from_slice(plan.as_bytes()).map_err(|_| HeaderMistake::Invalid)?;
        let expires = Duration::from_secs(wanted.expires);
        if expires <= now {
            return Err(HeaderMistake::Expired);
        }
        if expires > now + AHEAD || Name::check(&wanted.run).is_err() {
            return Err(HeaderMistake::Invalid);
        }
        let plan = FaultPlan::try_from(wanted.plan).map_err(|_| HeaderMistake::Invalid)?;
        // What can never hit this request would let a test pass that nothing was done to.
        if !plan.fits_one_call() {
            return Err(HeaderMistake::Invalid);
        }
        Ok(Some((wanted.run, plan)))
    }

    fn mac(&self, text: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(text);
        mac
    }
}

/// The 32 bytes of a signature in hex.
fn bytes_of(hex: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        let digit = |given: u8| char::from(given).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
    }
    Some(bytes)
}

impl fmt::Debug for FaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultKey(..)")
    }
}

impl fmt::Display for FaultKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a key has {} bytes, but must have at least {SHORTEST}", self.given)
    }
}

impl error::Error for FaultKeyError {}
