//! Every id of the system, in one place, so that siblings can name each other
//! without importing each other.
//!
//! An id is a UUIDv7 (RFC 9562): its first 48 bits are the millisecond in which it
//! was made, so "newest first" is `ORDER BY id DESC` and one index serves it. In JSON it
//! is a string, because 64-bit numbers lose digits in JavaScript.

/// Declares id newtypes: stored as a UUID, spoken as a string.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug,
                 serde::Serialize, serde::Deserialize, sea_orm::DeriveValueType, utoipa::ToSchema)]
        #[schema(value_type = String, format = Uuid, example = "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70")]
        pub struct $name(pub uuid::Uuid);

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl crate::column::Cell for $name {
            fn read(row: &sea_orm::QueryResult, position: usize) -> Result<Option<Self>, sea_orm::DbErr> {
                uuid::Uuid::read(row, position).map(|id| id.map(Self))
            }
        }

        // SeaORM asks this of every primary key; a UUID never comes from a counter.
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}

ids! {
    /// An account (账号): somebody who can sign in.
    AccountId
    /// A signed-in session (会话), the family of one refresh token.
    SessionId
    /// A grant (授权): one role of one account within one scope.
    GrantId
    /// An application (应用): a program that may call.
    ApplicationId
    /// A credential (凭据) of an application.
    CredentialId
    /// A grid (网格) under a community.
    GridId
    /// A duty (任职) of somebody in a grid.
    DutyId
    /// An organization (组织).
    OrganizationId
    /// A membership (成员关系) of an account in an organization.
    MembershipId
    /// One version of a service catalogue item (服务事项).
    ItemId
    /// An order (订单).
    OrderId
    /// A mediation case (调解案件).
    CaseId
    /// A series of reception days (接待日).
    ReceptionId
    /// One reception day (接待场次).
    ReceptionSessionId
    /// An appointment at a reception day (接待预约).
    AppointmentId
    /// A template of diaries (民情日记模板), all its versions.
    DiaryTemplateId
    /// A diary (民情日记).
    DiaryId
    /// An opinion (意见建议).
    OpinionId
    /// A job (任务): an import or an export.
    JobId
    /// A form of questions (走访问卷), all its versions.
    VisitFormId
    /// A visit campaign (走访活动).
    VisitCampaignId
    /// A visit (走访).
    VisitId
    /// A household plan (一户一策).
    HouseholdPlanId
    /// One version of a visit policy (走访频次规则).
    VisitPolicyId
    /// A file (附件).
    AttachmentId
    /// A node of the address tree (地址).
    AddressId
    /// A household (户).
    HouseholdId
    /// A resident (居民).
    ResidentId
    /// A membership of a resident in a household (户成员).
    HouseholdMemberId
    /// An address that webhooks are sent to (推送地址).
    WebhookEndpointId
    /// What a webhook endpoint is told of one event (推送).
    WebhookDeliveryId
    /// A template of messages (订阅消息模板) of a mini-program.
    WechatTemplateId
    /// A subscribe message (订阅消息) to one person.
    WechatMessageId
    /// A check (内容安全检测) of a text or a picture.
    WechatCheckId
    /// A hotline (热线) that pushes work orders.
    HotlineId
    /// A work order of a hotline (热线工单).
    HotlineOrderId
    /// What a hotline is told of a step of ours (回传).
    HotlineMessageId
    /// A party member's link with a household (党员联户).
    HouseholdLinkId
    /// A checklist (检查清单), all its versions.
    ChecklistId
    /// One run of a checklist over a grid (清单检查).
    ChecklistRunId
    /// A note of what is known of a household (民情档案).
    HouseholdNoteId
    /// A snapshot (随手拍).
    SnapshotId
    /// A patrol (巡查).
    PatrolId
    /// What was found on a patrol or on the way (巡查发现).
    FindingId
    /// A tag of the catalogue (标签), all its versions.
    TagId
    /// A tag that a resident has (居民标签).
    ResidentTagId
    /// A consent (同意).
    ConsentId
    /// A request about one's own data (个人信息请求).
    DataRequestId
    /// A link between two organizations (组织关系).
    OrganizationLinkId
    /// A post of an organization (岗位).
    PostId
    /// A pledge (承诺).
    PledgeId
    /// A venue (阵地).
    VenueId
    /// An alliance (联盟) of organizations.
    AllianceId
    /// A period of an organization in an alliance (成员单位).
    AllianceMemberId
    /// A swap of two turns in the chair (轮值调换).
    AllianceSwapId
    /// A joint meeting (联席会议) of an alliance.
    JointMeetingId
    /// What one side offers or needs (双向服务清单).
    PartnershipItemId
    /// An item of an admission list (准入事项).
    AdmissionItemId
    /// An item of a duty list (职责事项).
    DutyItemId
    /// A whistle (吹哨): one department called to one order.
    WhistleId
    /// A check-in (双报到).
    CheckInId
    /// One version of a rule of points (积分规则).
    PointRuleId
    /// An entry of the points ledger (积分流水).
    PointEntryId
}
