//! The few values that the running system keeps for itself (系统设置), by name.

use kernel::{Core, Cx, Tx, error::Result};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};

pub(crate) mod row {
    //! The table `settings`.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "settings")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub name: String,
        #[sea_orm(column_type = "Text")]
        pub value: String,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}

/// The value of a setting; absent if it was never set.
///
/// # Errors
/// `database_unavailable`.
pub async fn setting(core: &Core, name: &str) -> Result<Option<String>> {
    let row = row::Entity::find_by_id(name.to_owned()).one(core.db.reader()).await?;
    Ok(row.map(|r| r.value))
}

/// Sets a setting, or changes it.
///
/// # Errors
/// `database_unavailable`.
pub async fn set_setting(core: &Core, name: &str, value: &str) -> Result<()> {
    let cx = Cx::system(core.clone());
    let mut tx = cx.begin();
    write(&mut tx, name, value).await?;
    tx.commit(()).await
}

async fn write(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<()> {
    let row = row::ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()), updated_at: Set(tx.now) };
    let instead = OnConflict::column(row::Column::Name).update_columns([row::Column::Value, row::Column::UpdatedAt]).to_owned();
    row::Entity::insert(row).on_conflict(instead).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}
