//! People's mediation (人民调解): disputes between neighbours, settled by their own will and free of charge.
//!
//! So far it holds the [`case`]: application, course, agreement, performance.

pub mod case;

pub use case::*;

/// The sealed columns of this crate.
#[must_use]
pub fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::SealedColumn as S;
    vec![
        S::by_id("mediation_cases", "facts", |key| format!("mediation case {} facts", key[0])),
        S::by_id("mediation_cases", "parties", |key| format!("mediation case {} parties", key[0])),
        S::by_id("mediation_cases", "reason", |key| format!("mediation case {} reason", key[0])),
        S::by_id("mediation_cases", "agreement", |key| format!("mediation case {} agreement", key[0])),
    ]
}
