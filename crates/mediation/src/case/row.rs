//! The table `mediation_cases`, the words that it stores, and its sealed columns.

use super::State;
use kernel::{
    Cx, RegionCode, Result,
    id::{AccountId, CaseId, GridId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a dispute is about (纠纷类型).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DisputeKind {
    /// 邻里
    Neighbour,
    /// 婚姻家庭
    Family,
    /// 物业
    PropertyManagement,
    /// 房屋宅基地
    Housing,
    /// 损害赔偿
    Tort,
    /// 合同
    Contract,
    /// 劳动
    Labour,
    /// 消费
    Consumer,
    /// 其他
    Other,
}

/// How a case came to the committee (申请方式).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ApplicationForm {
    /// 口头申请
    Oral,
    /// 书面申请
    Written,
    /// 主动调解: the committee came by itself.
    Proactive,
}

/// The form of an agreement (协议形式).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum AgreementForm {
    /// 口头协议
    Oral,
    /// 书面协议
    Written,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mediation_cases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CaseId,
    pub version: i32,
    pub state: State,
    pub region_code: RegionCode,
    pub grid_id: Option<GridId>,
    pub kind: DisputeKind,
    pub applied_how: ApplicationForm,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub facts: String,
    /// A JSON list, sealed.
    #[sea_orm(column_type = "Text")]
    pub parties: String,
    pub mediator_id: Option<AccountId>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    pub agreement_form: Option<AgreementForm>,
    #[sea_orm(column_type = "Text", nullable)]
    pub agreement: Option<String>,
    pub effective_at: Option<ChronoDateTimeUtc>,
    pub closed_from: Option<State>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub closed_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The sealed columns. Each is bound to its case and to itself: moved elsewhere, it does not open.
#[derive(Clone, Copy)]
pub(super) enum Sealed {
    Facts,
    Parties,
    Reason,
    Agreement,
}

impl Sealed {
    fn owner(self, id: CaseId) -> String {
        let column = match self {
            Self::Facts => "facts",
            Self::Parties => "parties",
            Self::Reason => "reason",
            Self::Agreement => "agreement",
        };
        format!("mediation case {id} {column}")
    }

    pub(super) fn seal(self, cx: &Cx, id: CaseId, text: &str) -> Result<String> {
        cx.vault().seal(&self.owner(id), text)
    }

    pub(super) fn open(self, cx: &Cx, id: CaseId, sealed: &str) -> Result<String> {
        cx.vault().open(&self.owner(id), sealed)
    }
}
