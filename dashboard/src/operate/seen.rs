//! What a service showed, as a page draws it.

use maud::Markup;

use super::admin::MOST_SHOWN;
use crate::{
    model::{Flagged, Operated},
    view::operate::{
        ArmForm, Article, FlagArticle, Piece, about_region, changes_region, faults_region,
        standing_region,
    },
};

/// What a service showed for a page.
#[derive(Debug)]
pub(super) enum Seen {
    Policies(Operated),
    Faults(Flagged),
}

impl Seen {
    /// What is drawn of the service as a whole.
    pub(super) fn regions(&self, number: usize, who: &str) -> Vec<(String, Markup)> {
        match self {
            Self::Policies(operated) => {
                vec![standing_region(number, who, Ok(operated)), changes_region(number, operated)]
            }
            Self::Faults(flagged) => vec![
                faults_region(number, who, Ok(flagged)),
                about_region(number, flagged, MOST_SHOWN),
                changes_region(number, &flagged.operated),
            ],
        }
    }

    /// Its articles, in their order.
    pub(super) fn pieces<'a>(&'a self, number: usize, who: &'a str) -> Vec<Box<dyn Piece + 'a>> {
        match self {
            Self::Policies(operated) => {
                let article = |policy| boxed(Article::new(number, who, policy));
                operated.policies.iter().map(article).collect()
            }
            Self::Faults(flagged) => {
                let flags = flagged.flags.iter().flat_map(|flags| &flags.flags);
                let flags =
                    flags.take(MOST_SHOWN).map(|flag| boxed(FlagArticle::new(number, who, flag)));
                let arms = flagged.flags.is_some() && !flagged.switches().is_empty();
                let form = arms.then(|| boxed(ArmForm::new(number, who, flagged)));
                form.into_iter().chain(flags).collect()
            }
        }
    }
}

fn boxed<'a>(piece: impl Piece + 'a) -> Box<dyn Piece + 'a> {
    Box::new(piece)
}
