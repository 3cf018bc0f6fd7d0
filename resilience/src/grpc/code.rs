use http::{HeaderMap, HeaderName};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// A status code of gRPC.
///
/// There are these 17 and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// 0: the call succeeded.
    Ok = 0,
    /// 1: the call was cancelled, as a rule by its caller.
    Cancelled = 1,
    /// 2: an error of which no more is known.
    Unknown = 2,
    /// 3: the arguments are wrong, whatever the state of the service.
    InvalidArgument = 3,
    /// 4: the deadline passed before the end.
    DeadlineExceeded = 4,
    /// 5: what was asked for is not there.
    NotFound = 5,
    /// 6: what was to be made is there already.
    AlreadyExists = 6,
    /// 7: the caller may not do this.
    PermissionDenied = 7,
    /// 8: a quota or a resource is used up.
    ResourceExhausted = 8,
    /// 9: the state of the system has to change first.
    FailedPrecondition = 9,
    /// 10: a conflict, such as of transactions: to be repeated from an earlier step.
    Aborted = 10,
    /// 11: past the end of what is valid at this time.
    OutOfRange = 11,
    /// 12: the service does not have this operation.
    Unimplemented = 12,
    /// 13: something is broken in the service.
    Internal = 13,
    /// 14: the service cannot be reached at present.
    Unavailable = 14,
    /// 15: data is lost or corrupt.
    DataLoss = 15,
    /// 16: the caller has not said who it is.
    Unauthenticated = 16,
}

impl Code {
    const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// Reads it from the headers of an answer that has no body, or from trailers; `None`: they do
    /// not name one.
    ///
    /// What is none of the 17 is [`Unknown`](Self::Unknown), as the protocol has it.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::HeaderMap;
    /// use resilience::grpc::Code;
    ///
    /// let mut trailers = HeaderMap::new();
    /// assert_eq!(Code::read(&trailers), None);
    /// trailers.insert("grpc-status", "14".parse()?);
    /// assert_eq!(Code::read(&trailers), Some(Code::Unavailable));
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(STATUS)?.as_bytes();
        Some(
            Self::ALL
                .into_iter()
                .find(|code| code.as_str().as_bytes() == value)
                .unwrap_or(Self::Unknown),
        )
    }

    /// The code with this number; what is none of the 17 is [`Unknown`](Self::Unknown).
    pub(crate) fn of_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Unknown)
    }

    /// The code as `grpc-status` has it, such as `14`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "0",
            Self::Cancelled => "1",
            Self::Unknown => "2",
            Self::InvalidArgument => "3",
            Self::DeadlineExceeded => "4",
            Self::NotFound => "5",
            Self::AlreadyExists => "6",
            Self::PermissionDenied => "7",
            Self::ResourceExhausted => "8",
            Self::FailedPrecondition => "9",
            Self::Aborted => "10",
            Self::OutOfRange => "11",
            Self::Unimplemented => "12",
            Self::Internal => "13",
            Self::Unavailable => "14",
            Self::DataLoss => "15",
            Self::Unauthenticated => "16",
        }
    }
}
