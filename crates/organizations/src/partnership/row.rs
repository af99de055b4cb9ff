//! The table `partnership_items`, and the words that it stores.

use crate::alliance::common::words;
use kernel::{
    RegionCode,
    id::{AccountId, AllianceId, OrganizationId, PartnershipItemId},
};
use sea_orm::entity::prelude::*;

words! {
    /// Whether something is offered or needed (供需).
    PartnershipSide {
        /// 资源、服务供给
        Offer "offer"
        /// 需求
        Need "need"
    }
    /// What sort of thing is offered or needed (清单类别).
    PartnershipItemKind {
        /// 服务套餐
        Package "package"
        /// 结对服务
        Pairing "pairing"
        /// 资源
        Resource "resource"
        /// 项目
        Project "project"
        /// 其他
        Other "other"
    }
    /// Where it stands (清单状态).
    PartnershipItemState {
        /// 待认领
        Open "open"
        /// 已认领
        Claimed "claimed"
        /// 已签约
        Signed "signed"
        /// 已履约
        Fulfilled "fulfilled"
        /// 未履约
        Unfulfilled "unfulfilled"
        /// 已撤回
        Withdrawn "withdrawn"
        /// 已失效: its last day passed before both sides had signed. It is never stored.
        Lapsed "lapsed"
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partnership_items")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartnershipItemId,
    pub version: i32,
    pub state: PartnershipItemState,
    pub side: PartnershipSide,
    pub kind: PartnershipItemKind,
    pub alliance_id: Option<AllianceId>,
    pub region_code: RegionCode,
    pub owner_id: OrganizationId,
    /// Where the owner lies; an organization never moves.
    pub owner_region: RegionCode,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub detail: Option<String>,
    pub valid_until: Option<ChronoDate>,
    pub claimant_id: Option<OrganizationId>,
    pub claimant_region: Option<RegionCode>,
    pub claimed_at: Option<ChronoDateTimeUtc>,
    pub owner_signed_by: Option<AccountId>,
    pub owner_signed_at: Option<ChronoDateTimeUtc>,
    pub claimant_signed_by: Option<AccountId>,
    pub claimant_signed_at: Option<ChronoDateTimeUtc>,
    pub judged_at: Option<ChronoDateTimeUtc>,
    /// Sealed.
    #[sea_orm(column_type = "Text")]
    pub proof: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
