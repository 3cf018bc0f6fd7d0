//! The page on which an operator sees the policies of the services and changes them.
//!
//! An article is drawn once, with its forms; what changes is a region in it. So nothing that is
//! being typed, and no focus, is lost when the state is drawn anew.

mod article;
mod forms;
mod page;
mod state;
mod told;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    article::Article,
    page::page,
    told::{DASHBOARD, changes_region, done, refused, standing_region},
};
