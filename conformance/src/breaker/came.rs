use http::StatusCode;
use resilience::{BoxError, Classify, Outcome, http::HttpClassifier};

use crate::{keys::Keys, verdict::Gap};

/// What a call comes to, in the words of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    Success,
    Failure,
    /// Without a verdict.
    Ignored,
    Status(StatusCode),
}

impl Came {
    /// Takes the word or the status.
    pub(crate) fn take(args: &mut Keys) -> Result<Self, Gap> {
        match (args.take::<String>("outcome")?, args.take::<u16>("status")?) {
            (Some(word), None) => match word.as_str() {
                "success" => Ok(Self::Success),
                "failure" => Ok(Self::Failure),
                "ignored" => Ok(Self::Ignored),
                other => Err(Gap::new(format!("argument outcome: {other}"))),
            },
            (None, Some(status)) => Self::status(status),
            (Some(_), Some(_)) => Err(Gap::new("argument outcome beside status")),
            (None, None) => Err(Gap::new("argument without outcome or status")),
        }
    }

    /// A response with a status.
    pub(crate) fn status(status: u16) -> Result<Self, Gap> {
        let status = StatusCode::from_u16(status);
        status.map(Self::Status).map_err(|_| Gap::new("argument status that is none"))
    }

    /// What a policy makes of it.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Success => Outcome::Success,
            Self::Failure => Outcome::Failure,
            Self::Ignored => Outcome::Ignored,
            Self::Status(status) => HttpClassifier.classify(Ok::<_, &BoxError>(&response(status))),
        }
    }

    /// Whether it says that the service has had enough.
    pub(crate) fn is_rate_limited(self) -> bool {
        matches!(self.outcome(), Outcome::RateLimited { .. })
    }
}

/// A response that is nothing but its status.
pub(super) fn response(status: StatusCode) -> http::Response<()> {
    let mut response = http::Response::new(());
    *response.status_mut() = status;
    response
}
