//! Every sealed column of the database, put together from the crates that keep them.

use kernel::sealed::SealedColumn;

/// All of them.
#[must_use]
pub fn sealed_columns() -> Vec<SealedColumn> {
    [
        kernel::sealed::columns(),
        identity::sealed_columns(),
        grids::sealed_columns(),
        organizations::sealed_columns(),
        services::sealed_columns(),
        mediation::sealed_columns(),
        visits::sealed_columns(),
        jobs::sealed_columns(),
        connect::sealed_columns(),
        organizations::sealed_columns(),
    ]
    .concat()
}
