//! The pages on which an operator sees the policies of the services, and the flags that arm faults in
//! them, and changes both.
//!
//! An article is drawn once, with its forms; what changes is a region in it. So nothing that is
//! being typed, and no focus, is lost when the state is drawn anew.

mod arm;
mod article;
mod faults;
mod flag;
mod forms;
mod keys;
mod page;
mod piece;
mod state;
mod told;
mod topic;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    arm::ArmForm,
    article::Article,
    faults::{about_region, faults_region, flag_done},
    flag::FlagArticle,
    keys::{Keyed, key_done, listed},
    page::page,
    piece::Piece,
    told::{DASHBOARD, changes_region, done, refused, standing_region},
    topic::Topic,
};
