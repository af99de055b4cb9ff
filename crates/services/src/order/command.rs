//! What comes in: the commands of the order flow and the words that they are made of.

use super::{external::Terms, flow::State};
use crate::limit::Limit;
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    check::{dialable, worded},
    geo::Point,
    id::{AccountId, AdmissionItemId, AttachmentId, GridId, ItemId, OrderId, OrganizationId},
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::{Validate, ValidationError};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }
    )+};
}

words! {
    /// The way by which an order came (来源渠道).
    Channel {
        /// 扫码
        QrCode
        /// 小程序
        MiniProgram
        /// 电话
        Phone
        /// 12345 政务服务热线
        #[sea_orm(string_value = "hotline_12345")]
        #[serde(rename = "hotline_12345")]
        Hotline12345
        /// 12349 便民热线
        #[sea_orm(string_value = "hotline_12349")]
        #[serde(rename = "hotline_12349")]
        Hotline12349
        /// 网格走访
        GridVisit
        /// 民情联系卡
        OpinionCard
        /// 民情采集箱
        OpinionBox
        /// 随手拍
        Snapshot
        /// 议事会
        Meeting
        /// 网站
        Website
        /// Open311: an outside system, for one of its users (外部系统)
        Open311
        /// 其他
        Other
    }
    /// How urgent an order is (优先级).
    Priority {
        /// 低
        Low
        /// 普通
        Normal
        /// 高
        High
        /// 紧急
        Urgent
    }
    /// What a taker is (接单方类别).
    TakerKind {
        /// 个人: a party member, volunteer, grid member or worker; the id is an account.
        Person
        /// 组织; the id is an organization.
        Organization
    }
    /// How an order was dispatched (派单方式).
    DispatchMode {
        /// 指派: to one named taker, others may assist.
        Assign
        /// 抢单: to a pool from which an eligible taker claims it.
        Pool
        /// 直接办理: the dispatcher does it at once.
        SelfHandled
    }
    /// How the work ended (办结结果).
    OrderResult {
        /// 已解决
        Solved
        /// 部分解决
        PartlySolved
        /// 未解决
        Unsolved
        /// 解释说明
        Explained
    }
}

/// The five levels of a judgement (满意度).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Satisfaction {
    /// 非常满意 (5)
    VerySatisfied,
    /// 满意 (4)
    Satisfied,
    /// 一般 (3)
    Neutral,
    /// 不满意 (2)
    Dissatisfied,
    /// 非常不满意 (1)
    VeryDissatisfied,
}

impl Satisfaction {
    /// The level as a score from 5 (best) to 1.
    #[must_use]
    pub const fn score(self) -> i16 {
        match self {
            Self::VerySatisfied => 5,
            Self::Satisfied => 4,
            Self::Neutral => 3,
            Self::Dissatisfied => 2,
            Self::VeryDissatisfied => 1,
        }
    }

    /// The level of a stored score.
    #[must_use]
    pub const fn of_score(score: i16) -> Self {
        match score {
            5 => Self::VerySatisfied,
            4 => Self::Satisfied,
            3 => Self::Neutral,
            2 => Self::Dissatisfied,
            _ => Self::VeryDissatisfied,
        }
    }

    /// Whether the requester wants it done again.
    #[must_use]
    pub const fn is_dissatisfied(self) -> bool {
        self.score() <= 2
    }
}

/// Who takes an order (接单方): a person or an organization.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = TakerRef)]
pub enum TakerRef {
    /// 个人
    #[schema(title = "TakerPerson")]
    Person {
        /// The account.
        id: AccountId,
    },
    /// 组织
    #[schema(title = "TakerOrganization")]
    Organization {
        /// The organization.
        id: OrganizationId,
    },
}

impl TakerRef {
    pub(super) const fn parts(self) -> (TakerKind, Uuid) {
        match self {
            Self::Person { id } => (TakerKind::Person, id.0),
            Self::Organization { id } => (TakerKind::Organization, id.0),
        }
    }

    pub(super) const fn of(kind: TakerKind, id: Uuid) -> Self {
        match kind {
            TakerKind::Person => Self::Person { id: AccountId(id) },
            TakerKind::Organization => Self::Organization { id: OrganizationId(id) },
        }
    }
}

/// How to reach the requester (联系方式). Stored encrypted, masked for everybody who need not call.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderContact)]
pub struct Contact {
    /// 姓名
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 32), custom(function = worded))]
    #[schema(min_length = 1, max_length = 32, pattern = "\\S", example = "张三")]
    pub name: Option<String>,
    /// 电话: a mobile number, a landline, or a short number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 3, max = 20), custom(function = dialable))]
    #[schema(min_length = 3, max_length = 20, pattern = "^[+]?[0-9-]{3,20}$", example = "13812341234")]
    pub phone: Option<String>,
    /// 地址: estate, building, unit, room.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "翡丽中央 12幢3单元401室")]
    pub address: Option<String>,
}

/// Places an order (点单).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    /// What it is about, in a few words (标题).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "楼道灯不亮")]
    pub title: String,
    /// What is wanted (内容).
    #[validate(length(min = 1, max = 4000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 4000, pattern = "\\S", example = "3单元2楼的灯坏了三天,老人上下楼不安全。")]
    pub content: String,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The service item wanted, if the resident knows (服务事项编码).
    #[validate(length(min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32)]
    pub item_code: Option<String>,
    /// Where it is, in any datum; the grid is found from it (位置).
    pub point: Option<Point>,
    /// How to reach the requester. When absent, the account's own name and phone are used.
    #[validate(nested)]
    pub contact: Option<Contact>,
    /// The way by which it came; `other` when absent (来源渠道).
    pub channel: Option<Channel>,
    /// Whether it is placed for somebody else (代为点单): then `requester_id` or `contact` says for whom.
    #[serde(default)]
    pub on_behalf: bool,
    /// For whom, if they have an account.
    pub requester_id: Option<AccountId>,
    /// Photos and other files of what is wanted, which were uploaded before (附件), up to 20.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachment_ids: Vec<AttachmentId>,
    /// The department whose task it is (部门任务): then `admission_item_id` names the item of the admission list that lets it in. One's own
    /// department, or any with `order.place_on_behalf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<OrganizationId>,
    /// The item of the admission list that lets a department's task in (准入事项).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admission_item_id: Option<AdmissionItemId>,
    /// What another system says of it beside that; never part of a body.
    #[serde(skip)]
    pub terms: Terms,
}

/// Takes an order in hand (受理分类): sorts it and starts its clocks.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct TriageOrder {
    /// The service item; its limits are the order's limits unless told.
    #[validate(length(min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32)]
    pub item_code: Option<String>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// The grid, if the point did not tell.
    pub grid_id: Option<GridId>,
    /// Within which time somebody has to accept (响应时限).
    #[validate(nested)]
    pub respond_limit: Option<Limit>,
    /// Within which time it has to be done (办结时限).
    #[validate(nested)]
    pub finish_limit: Option<Limit>,
    /// The version that was read; refused when the order has moved on.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Refuses an order (不予受理).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RejectOrder {
    /// The reason's code (情形编码); the place's policy may list those allowed.
    #[validate(length(min = 1, max = 50), custom(function = worded))]
    #[schema(min_length = 1, max_length = 50, pattern = "\\S", example = "not_competent")]
    pub code: String,
    /// The reason in words (理由).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub text: String,
    /// Where the resident should turn instead (正确渠道).
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub channel: Option<String>,
    /// The version that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Dispatches an order (派单).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DispatchOrder {
    /// To a named taker, to a pool, or done by the dispatcher at once.
    pub mode: DispatchMode,
    /// The taker who leads (主办); needed for `assign`.
    pub lead: Option<TakerRef>,
    /// Takers who assist (协办); only for `assign`.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub assistants: Vec<TakerRef>,
    /// Another limit for accepting, from now on.
    #[validate(nested)]
    pub respond_limit: Option<Limit>,
    /// Another limit for finishing, from now on.
    #[validate(nested)]
    pub finish_limit: Option<Limit>,
    /// A word to the taker (派单说明).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub note: Option<String>,
    /// The version that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Accepts an order (接单): one's own assignment, or a claim from the pool (抢单).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AcceptOrder {
    /// Claim it for this organization, whose staff one is.
    pub organization_id: Option<OrganizationId>,
    /// The version that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Gives a reason for a step: decline 拒单, hand back 退单, rework 重办, suspend 挂起.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GiveReason {
    /// Why (原因).
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: String,
    /// The version that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Takes a step that may carry a note: start 开始办理, resume 恢复, close 销号, cancel 撤单.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct TakeStep {
    /// A note (说明). Needed to cancel an order that somebody has accepted.
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub note: Option<String>,
    /// The version that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Records progress (办理进度).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordProgress {
    /// What has been done.
    #[validate(length(min = 1, max = 2000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub note: String,
    /// Files that show it, which were uploaded before (附件), up to 20.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachment_ids: Vec<AttachmentId>,
    /// The version that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Completes an order (办结).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CompleteOrder {
    /// How it ended.
    pub result: OrderResult,
    /// The answer to the requester (答复).
    #[validate(length(min = 1, max = 2000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub answer: String,
    /// Evidence (佐证): files which were uploaded before (附件), up to 20.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20)]
    pub attachment_ids: Vec<AttachmentId>,
    /// The version that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Judges a completed order (评单): once a round, by the requester.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EvaluateOrder {
    /// 非常满意 … 非常不满意.
    pub level: Satisfaction,
    /// Words for what was good or bad (标签).
    #[serde(default)]
    #[validate(length(max = 10), custom(function = short_tags))]
    #[schema(max_items = 10, value_type = Vec<Tag>)]
    pub tags: Vec<String>,
    /// In one's own words (评语).
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S")]
    pub comment: Option<String>,
    /// The version that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// A word for what was good or bad (标签).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 20)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Tag(String);

fn short_tags(tags: &[String]) -> Result<(), ValidationError> {
    if tags.iter().all(|t| (1..=20).contains(&t.chars().count())) {
        Ok(())
    } else {
        Err(ValidationError::new("tags").with_message("a tag has 1 to 20 characters".into()))
    }
}

/// Merges a duplicate into another order (并单); its requester follows that one.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MergeOrder {
    /// The order that goes on.
    pub into: OrderId,
    /// The version that was read.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Whose orders a list shows (视角).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderListView {
    /// Everything in the regions where one holds `order.read` (辖区).
    Scope,
    /// What one has asked for oneself (我的点单).
    Mine,
    /// What one leads, oneself or for one's organizations (我的接单).
    Taken,
    /// What one assists with (我的协办).
    Assisted,
    /// What lies in the pool where one may take orders (可抢单).
    Claimable,
    /// What one follows since one's own was merged into it (我的关注).
    Followed,
}

/// Which orders to list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ListOrders {
    /// Whose; `scope` for those who hold `order.read` anywhere, else `mine`.
    pub view: Option<OrderListView>,
    /// Any of these states; all when empty.
    pub states: Vec<State>,
    /// In this region.
    pub region_code: Option<RegionCode>,
    /// In this grid.
    pub grid_id: Option<GridId>,
    /// Of this version of a service item.
    pub item_id: Option<ItemId>,
    /// Led by this person or organization.
    pub taker_id: Option<Uuid>,
    /// Asked for by this account.
    pub requester_id: Option<AccountId>,
    /// Only those past (or not past) the deadline that runs.
    pub overdue: Option<bool>,
    /// With this number.
    pub number: Option<String>,
    /// With this number of another system.
    pub external_number: Option<String>,
    /// With a number of this system.
    pub external_system: Option<String>,
    /// Placed at this time or later.
    pub created_after: Option<DateTime<Utc>>,
    /// Placed before this time.
    pub created_before: Option<DateTime<Utc>>,
    /// Changed at this time or later: then the list is in the order of change, oldest first.
    pub updated_after: Option<DateTime<Utc>>,
}
