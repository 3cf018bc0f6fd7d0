//! What holds of the windows in every order of steps.

mod count;
mod count_per_thread;
mod tally;
mod time;

use super::Mark;

const FAILED: Mark = Mark { failed: true, slow: false };
const FINE: Mark = Mark { failed: false, slow: false };
