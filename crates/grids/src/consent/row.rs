//! The table `consents`.

use super::{ConsentChannel, ConsentGiver};
use kernel::{
    Cx, RegionCode, Result, Subject,
    id::{AccountId, ConsentId, ResidentId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConsentId,
    pub version: i32,
    /// That of the resident; the country for an account.
    pub region_code: RegionCode,
    pub resident_id: Option<ResidentId>,
    pub account_id: Option<AccountId>,
    pub purpose: String,
    /// A JSON list of words.
    #[sea_orm(column_type = "Text")]
    pub kinds: String,
    pub text_version: String,
    pub given_by: ConsentGiver,
    pub channel: ConsentChannel,
    /// Sealed JSON: text, guardian, evidence.
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
    pub given_at: ChronoDateTimeUtc,
    pub valid_to: Option<ChronoDateTimeUtc>,
    pub recorded_by: Option<AccountId>,
    pub withdrawn_at: Option<ChronoDateTimeUtc>,
    pub withdrawn_by: Option<AccountId>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(super) const fn subject(&self) -> Subject {
        Subject { id: self.id.0, version: self.version, region: self.region_code }
    }
}

pub(crate) fn owner(id: impl std::fmt::Display) -> String {
    format!("consent {id}")
}

pub(super) fn seal(cx: &Cx, id: ConsentId, detail: &str) -> Result<String> {
    cx.vault().seal(&owner(id), detail)
}

pub(super) fn open(cx: &Cx, id: ConsentId, sealed: &str) -> Result<String> {
    cx.vault().open(&owner(id), sealed)
}
