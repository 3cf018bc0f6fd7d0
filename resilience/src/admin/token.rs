use std::{error, fmt, io, path::Path};

use subtle::ConstantTimeEq as _;

/// The shortest token: 16 characters are too many to guess.
const SHORTEST: usize = 16;
const LONGEST: usize = 1_024;

/// What a caller shows to be let in. `Debug` does not print it.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Keeps `text`, without the white space around it.
    ///
    /// # Errors
    ///
    /// [`TokenError`] unless it has 16 to 1,024 visible ASCII characters.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if !(SHORTEST..=LONGEST).contains(&text.len()) {
            return Err(TokenError::Length(text.len()));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Characters);
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads a file that holds a token and nothing else.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when it cannot be read or holds no token.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let text = std::fs::read_to_string(path).map_err(TokenError::Unreadable)?;
        Self::new(&text)
    }

    /// A token that nobody knows yet: 32 hexadecimal digits that the system drew.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when the system draws no random numbers.
    pub fn generate() -> Result<Self, TokenError> {
        let mut drawn = [0; 16];
        getrandom::fill(&mut drawn).map_err(|error| TokenError::NotDrawn(error.into()))?;
        Ok(Self(format!("{:032x}", u128::from_ne_bytes(drawn))))
    }

    /// The token, to be shown to the operator once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `given` is the token, in a time that does not depend on where they differ.
    pub(super) fn matches(&self, given: &str) -> bool {
        // The length may leak: it tells nothing about the characters.
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Why a text cannot be a [`Token`]. It does not tell the text.
#[derive(Debug)]
#[non_exhaustive]
pub enum TokenError {
    /// It has so many characters.
    Length(usize),
    /// It has others than visible ASCII characters.
    Characters,
    /// The file cannot be read.
    Unreadable(io::Error),
    /// The system draws no random numbers.
    NotDrawn(io::Error),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(given) => {
                write!(f, "token has {given} characters, but must have {SHORTEST} to {LONGEST}")
            }
            Self::Characters => f.write_str("token must have visible ASCII characters only"),
            Self::Unreadable(_) => f.write_str("the file of the token cannot be read"),
            Self::NotDrawn(_) => f.write_str("the system draws no random numbers for a token"),
        }
    }
}

impl error::Error for TokenError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Unreadable(error) | Self::NotDrawn(error) => Some(error),
            Self::Length(_) | Self::Characters => None,
        }
    }
}
