//! What fuzzers and their smoke test call (`tests/fuzz`); nothing else does.

/// Reads a boundary in several datums, and what was taken once more.
///
/// # Panics
/// When a boundary that was taken cannot be read back, or does not hold what is inside.
pub fn boundary(bytes: &[u8]) {
    crate::grid::boundary::fuzz(bytes);
}

/// Reads a list of regions to its end, or to its first bad row.
pub fn sheet(bytes: &[u8]) {
    crate::region::sheet::fuzz(bytes);
}
