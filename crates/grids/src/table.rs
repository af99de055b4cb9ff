//! What the stores of this crate do alike.

use kernel::Result;
use sea_orm::{DatabaseTransaction, EntityTrait, IntoActiveModel};

/// So many rows go with one statement: 32,766 values are the most that SQLite takes.
const BATCH: usize = 1000;

/// Writes new rows, in as few statements as the databases allow.
pub(crate) async fn insert_all<E>(tx: &DatabaseTransaction, rows: Vec<E::Model>) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        E::insert_many(rows.by_ref().take(BATCH)).exec_without_returning(tx).await?;
    }
    Ok(())
}
