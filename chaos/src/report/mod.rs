//! What a run leaves behind: a file for machines, a page and a table for people.

mod assemble;
mod document;
mod file;
pub mod html;
mod table;

pub use assemble::{Facts, assemble};
pub use document::{Environment, Generator, Report, Target, VERSION};
pub use file::ReportFile;
pub use table::render;
