use super::super::nav::Here;

/// What a page for operators is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// All policies.
    Policies,
    /// The faults, and the flags that arm them.
    Faults,
}

impl Topic {
    pub(super) const fn here(self) -> Here {
        match self {
            Self::Policies => Here::Policies,
            Self::Faults => Here::Faults,
        }
    }

    /// The route of its stream.
    pub(crate) const fn live(self) -> &'static str {
        match self {
            Self::Policies => "/policies/live",
            Self::Faults => "/faults/live",
        }
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Policies => "Policies",
            Self::Faults => "Faults",
        }
    }

    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Policies => "The policies, and what moves them",
            Self::Faults => "The faults, and the flags that arm them",
        }
    }

    pub(super) const fn lead(self) -> &'static str {
        match self {
            Self::Policies => {
                "Each policy of each service as it is at this moment. A change takes effect from the \
                 next call on, and lasts until the service is started anew."
            }
            Self::Faults => {
                "Each flag of each service as it is at this moment. One that is on arms its fault \
                 once, and the fault ends by itself. What is set here counts over what a file, the \
                 environment or a provider says, until it is taken back or the service is started \
                 anew."
            }
        }
    }

    /// What stands in the place of articles.
    pub(super) const fn nothing(self) -> &'static str {
        match self {
            Self::Policies => "No policies to show.",
            Self::Faults => "No flags to show.",
        }
    }
}
