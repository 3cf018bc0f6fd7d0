//! What holds of the budgets in every order of steps.

mod share_and_cost;
mod token;
