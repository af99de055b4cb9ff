//! The tables `applications` and `application_credentials`.

use super::{ApplicationStatus, CredentialKind};
use kernel::{
    RegionCode,
    id::{AccountId, ApplicationId, CredentialId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "applications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApplicationId,
    /// What it acts as.
    #[sea_orm(unique)]
    pub account_id: AccountId,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub purpose: String,
    /// Sealed.
    #[sea_orm(column_type = "Text")]
    pub contact: String,
    #[sea_orm(indexed)]
    pub region_code: RegionCode,
    /// Words separated by spaces.
    #[sea_orm(column_type = "Text")]
    pub scopes: String,
    pub status: ApplicationStatus,
    /// Absent: as the server's setting says.
    pub requests_per_minute: Option<i32>,
    #[sea_orm(column_type = "Text", nullable)]
    pub agreement_reference: Option<String>,
    /// Words separated by spaces.
    #[sea_orm(column_type = "Text", nullable)]
    pub agreement_classes: Option<String>,
    pub agreement_from: Option<ChronoDateTimeUtc>,
    pub agreement_to: Option<ChronoDateTimeUtc>,
    pub agreement_by: Option<AccountId>,
    pub agreement_at: Option<ChronoDateTimeUtc>,
    pub version: i32,
    pub created_by: Option<AccountId>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

pub(crate) mod credential {
    //! The table `application_credentials`.
    use super::{AccountId, ApplicationId, CredentialId, CredentialKind};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "application_credentials")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CredentialId,
        #[sea_orm(indexed)]
        pub application_id: ApplicationId,
        pub kind: CredentialKind,
        #[sea_orm(column_type = "Text")]
        pub label: String,
        /// SHA-256 of the whole text; the text itself is kept nowhere.
        #[sea_orm(column_type = "Text")]
        pub digest: String,
        /// Its last four characters, to tell it from others.
        #[sea_orm(column_type = "Text")]
        pub hint: String,
        /// Absent: all that the application has.
        #[sea_orm(column_type = "Text", nullable)]
        pub scopes: Option<String>,
        pub version: i32,
        pub replaced_by: Option<CredentialId>,
        pub created_by: Option<AccountId>,
        pub created_at: ChronoDateTimeUtc,
        pub expires_at: Option<ChronoDateTimeUtc>,
        pub revoked_at: Option<ChronoDateTimeUtc>,
        /// The day in China.
        pub last_used_on: Option<ChronoDate>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
