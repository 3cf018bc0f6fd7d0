//! What an order is, and what makes two requests the same.

mod key;
mod new_order;
mod order;

pub(crate) use self::{
    key::{BadKey, Key},
    new_order::{Input, NewOrder, RequestHash},
    order::{Order, Status},
};
