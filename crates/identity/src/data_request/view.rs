//! What comes in and what goes out.

use super::row;
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Event, EventType, RegionCode, Result,
    id::{AccountId, DataRequestId},
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// What somebody asks for (请求类别).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DataRequestKind {
    /// 更正、补充 (PIPL 46)
    Correction,
    /// 删除、注销 (PIPL 47)
    Deletion,
}

/// Where a request stands (请求状态).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DataRequestState {
    /// 待处理
    Waiting,
    /// 已办理
    Done,
    /// 已拒绝: with a reason (PIPL 50).
    Refused,
}

/// Ask for one's own data to be corrected or deleted (提出个人信息请求).
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MakeDataRequest {
    /// What for (请求类别).
    pub kind: DataRequestKind,
    /// What is wrong, or what is to go (说明); needed for a correction. Stored sealed.
    #[validate(length(min = 1, max = 2000), custom(function = kernel::check::worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub detail: Option<String>,
}

/// Which requests to list (个人信息请求列表).
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDataRequests {
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Only these (请求状态).
    pub state: Option<DataRequestState>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which of one's own requests to list.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListOwnDataRequests {
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A request about one's own data (个人信息请求).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DataRequest {
    /// Its id.
    pub id: DataRequestId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Whose data it is about (账号).
    pub account_id: AccountId,
    /// Where it is decided (受理区划): where the account belongs.
    pub region_code: RegionCode,
    /// What for (请求类别).
    pub kind: DataRequestKind,
    /// Where it stands (请求状态).
    pub state: DataRequestState,
    /// What was written (说明); absent in lists, and to those who may not decide.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// What the person is told (答复); absent like `detail`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<String>,
    /// Who decided (办理人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decided_by: Option<AccountId>,
    /// When (办理时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decided_at: Option<DateTime<Utc>>,
    /// When it was made (提出时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// The sealed columns.
#[derive(Clone, Copy)]
pub(super) enum Sealed {
    Detail,
    Answer,
}

impl Sealed {
    fn owner(self, id: DataRequestId) -> String {
        match self {
            Self::Detail => format!("data_request {id} detail"),
            Self::Answer => format!("data_request {id} answer"),
        }
    }

    pub(super) fn seal(self, cx: &Cx, id: DataRequestId, text: &str) -> Result<String> {
        cx.vault().seal(&self.owner(id), text)
    }

    fn open(self, cx: &Cx, id: DataRequestId, sealed: &str) -> Result<String> {
        cx.vault().open(&self.owner(id), sealed)
    }
}

/// The request; with its texts only for the person itself and whoever decides.
pub(super) fn show(cx: &Cx, row: row::Model, full: bool) -> Result<DataRequest> {
    let open = |column: Sealed, sealed: &Option<String>| {
        sealed.as_deref().filter(|_| full).map(|sealed| column.open(cx, row.id, sealed)).transpose()
    };
    Ok(DataRequest {
        detail: open(Sealed::Detail, &row.detail)?,
        answer: open(Sealed::Answer, &row.answer)?,
        id: row.id,
        version: row.version,
        account_id: row.account_id,
        region_code: row.region_code,
        kind: row.kind,
        state: row.state,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum DataRequestEvent {
    Made {
        /// What for.
        kind: DataRequestKind,
    },
    Decided {
        /// What for.
        kind: DataRequestKind,
        /// What was decided.
        state: DataRequestState,
    },
}

impl Event for DataRequestEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Made { .. } => EventType::DataRequestMade,
            Self::Decided { .. } => EventType::DataRequestDecided,
        }
    }
}
