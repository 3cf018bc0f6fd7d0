use allocation_counter::measure;

use super::Load;

/// Allocations of one call, on average over a batch.
#[expect(clippy::cast_precision_loss, reason = "a batch makes few allocations")]
pub(crate) fn allocations_per_call(load: &mut dyn Load) -> f64 {
    const CALLS: u64 = 1_000;
    load.run(CALLS);
    let counted = measure(|| load.run(CALLS));
    counted.count_total as f64 / CALLS as f64
}

/// What `make` returns, and the bytes on the heap that are its since.
pub(crate) fn bytes_of<T>(make: impl FnOnce() -> T) -> (T, i64) {
    let mut result = None;
    let counted = measure(|| result = Some(make()));
    (result.expect("it was made just now"), counted.bytes_current)
}
