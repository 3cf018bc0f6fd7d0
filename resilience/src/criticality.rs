//! How much a request matters, for whoever has to choose which to refuse.

/// How much a request matters.
///
/// The four classes of Google's Site Reliability Engineering book (chapter 21, "Handling
/// Overload"), under its names. A class belongs to the request of the user that everything else
/// was done for, so it travels on with whatever is asked for it, a retry included. The order is
/// that of importance: the least comes first, and is the first to be refused.
///
/// # Examples
///
/// ```
/// use resilience::Criticality;
///
/// assert_eq!(Criticality::default(), Criticality::Critical);
/// assert!(Criticality::Sheddable < Criticality::SheddablePlus);
/// assert_eq!(Criticality::parse("SHEDDABLE_PLUS"), Some(Criticality::SheddablePlus));
/// assert_eq!(Criticality::parse("urgent"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Criticality {
    /// It may fail often, and now and then all of its kind do: nobody waits.
    Sheddable,
    /// Some of its kind may fail: a batch that can be repeated in minutes or hours.
    SheddablePlus,
    /// Users see when it fails. What is not said to be anything else is this.
    #[default]
    Critical,
    /// Users are hit hard when it fails. Capacity has to be there for all of these.
    CriticalPlus,
}

impl Criticality {
    const ALL: [Self; 4] =
        [Self::Sheddable, Self::SheddablePlus, Self::Critical, Self::CriticalPlus];

    /// The class as a label, such as `sheddable_plus`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sheddable => "sheddable",
            Self::SheddablePlus => "sheddable_plus",
            Self::Critical => "critical",
            Self::CriticalPlus => "critical_plus",
        }
    }

    /// The class with this label, in small letters or capitals.
    pub fn parse(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str().eq_ignore_ascii_case(label))
    }
}

#[cfg(test)]
mod tests {
    use super::Criticality;

    #[test]
    fn a_class_is_read_back_from_its_label_and_nothing_else_is_one() {
        for class in Criticality::ALL {
            assert_eq!(Criticality::parse(class.as_str()), Some(class));
            assert_eq!(Criticality::parse(&class.as_str().to_uppercase()), Some(class));
        }
        for text in ["", "critical ", "critical+", "criticality", "0"] {
            assert_eq!(Criticality::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_least_important_comes_first() {
        assert!(Criticality::ALL.is_sorted());
    }
}
