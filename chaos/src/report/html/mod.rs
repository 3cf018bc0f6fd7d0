//! The report as one page that needs nothing else: no script, no outside file.
//!
//! It is made from the [`Report`](super::Report) alone, so an old `report.json` can be shown
//! again. It tells a person who has never met a circuit breaker what was done and what came
//! out, and keeps no figure back from one who has. What the run measured is for
//! [`analysis`](crate::analysis) to work out; this module only shows it.

mod amplification;
mod breaker;
mod figure;
mod latency;
mod legend;
mod orders;
mod outcomes;
mod page;
mod path;
mod promise;
mod scale;
mod settings;
mod story;
mod text;

#[cfg(test)]
mod tests;

pub use page::render;
pub use path::beside;
