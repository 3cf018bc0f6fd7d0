//! What is known, as a page: all of it is drawn here, and the script only puts it in place.
//!
//! The page is a frame with regions. A region is HTML that changes with the data and holds
//! nothing that can have the focus, so that replacing it takes nothing from whoever is there.

mod card;
mod events;
mod glossary;
mod headline;
mod map;
mod nav;
pub(crate) mod operate;
mod page;
mod plot;
mod policies;
mod regions;
mod scale;
mod switch;
mod text;
mod words;

#[cfg(test)]
mod tests;

pub use self::{
    page::{Frame, page},
    regions::{Regions, regions},
};
