use serde::Deserialize;
use uuid::Uuid;

/// How a call ended, as far as its caller can know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 201: the order is placed.
    Acknowledged {
        /// The id that the service gave it.
        order: Uuid,
    },
    /// A policy refused the call; nothing was written.
    Refused {
        /// The policy's reason, from the answer's `x-refused-by`.
        by: String,
    },
    /// An answer that says that nothing was written.
    Rejected {
        /// The status and, where given, the reason.
        answer: String,
    },
    /// An answer that leaves open whether the order was written.
    Unknown {
        /// The status and, where given, the reason.
        answer: String,
    },
    /// No answer before the client's limit, or a broken connection.
    NoAnswer {
        /// What went wrong.
        why: &'static str,
    },
    /// The generator could not send it: too many calls were in flight.
    NotSent,
}

#[derive(Deserialize)]
struct Placed {
    id: Uuid,
}

#[derive(Deserialize)]
struct Problem {
    reason: String,
}

impl Outcome {
    /// Reads an answer.
    ///
    /// Only 400 to 499 and 503 say that nothing was written. 408, 409 and 499 do not: the
    /// first request under the key may still be at work.
    pub fn of(status: u16, refused_by: Option<&str>, body: &[u8]) -> Self {
        if status == 201 {
            return match serde_json::from_slice::<Placed>(body) {
                Ok(placed) => Self::Acknowledged { order: placed.id },
                Err(_) => Self::Unknown { answer: "201 without an order id".to_owned() },
            };
        }
        let nothing_written = matches!(status, 400..=498 | 503) && !matches!(status, 408 | 409);
        if nothing_written && let Some(by) = refused_by {
            return Self::Refused { by: by.to_owned() };
        }
        let answer = match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => format!("{status} {}", problem.reason),
            Err(_) => status.to_string(),
        };
        if nothing_written { Self::Rejected { answer } } else { Self::Unknown { answer } }
    }

    /// A few words for counting calls that ended alike.
    pub fn label(&self) -> String {
        match self {
            Self::Acknowledged { .. } => "201".to_owned(),
            Self::Refused { by } => format!("refused by {by}"),
            Self::Rejected { answer } | Self::Unknown { answer } => answer.clone(),
            Self::NoAnswer { why } => format!("no_answer: {why}"),
            Self::NotSent => "not_sent".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_carries_the_order_id() {
        let body = br#"{"id":"0190b5a0-0000-7000-8000-000000000001","status":"placed"}"#;
        let Outcome::Acknowledged { order } = Outcome::of(201, None, body) else {
            panic!("201 with an id is an acknowledgement");
        };
        assert_eq!(order.as_u128() & 0xff, 1);
    }

    #[test]
    fn a_201_without_an_id_leaves_the_outcome_open() {
        assert!(matches!(Outcome::of(201, None, b"{}"), Outcome::Unknown { .. }));
    }

    #[test]
    fn only_an_answer_with_the_header_is_a_refusal_by_policy() {
        let body = br#"{"reason":"circuit_open"}"#;
        let refused = Outcome::of(503, Some("circuit_open"), body);
        assert_eq!(refused, Outcome::Refused { by: "circuit_open".to_owned() });
        let rejected = Outcome::of(503, None, body);
        assert_eq!(rejected, Outcome::Rejected { answer: "503 circuit_open".to_owned() });
    }

    #[test]
    fn a_timeout_a_conflict_and_a_server_error_leave_the_outcome_open() {
        for status in [408, 409, 499, 500, 502, 504] {
            assert!(matches!(Outcome::of(status, None, b""), Outcome::Unknown { .. }), "{status}");
        }
    }

    #[test]
    fn a_refusal_with_an_open_outcome_is_not_taken_for_nothing_written() {
        let refused = Outcome::of(504, Some("deadline_exceeded"), b"");
        assert!(matches!(refused, Outcome::Unknown { .. }));
    }
}
