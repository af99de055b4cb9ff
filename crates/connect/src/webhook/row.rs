//! The tables of webhooks.

/// Declares an enum whose variants each have their word, as stored and as sent.
macro_rules! words {
    ($($(#[$meta:meta])* $name:ident as $schema:ident { $($(#[$doc:meta])* $variant:ident $word:literal)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
        #[serde(rename_all = "snake_case")]
        #[schema(as = $schema)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $word),+ })
            }
        }
    )+};
}

words! {
    /// Whether an endpoint gets anything (状态).
    EndpointState as WebhookEndpointState {
        /// 推送中
        Active "active"
        /// 已暂停: what comes is kept for it.
        Paused "paused"
        /// 已停用: it answered 410.
        Disabled "disabled"
        /// 已删除: nobody sees it any more.
        Removed "removed"
    }
    /// Why an endpoint gets nothing (停止原因).
    StopReason as WebhookStopReason {
        /// 人工暂停
        ByHand "by_hand"
        /// 持续失败: nothing got through for days.
        Failing "failing"
        /// 权限不足: whoever set it up may not read events there any more.
        PermissionLost "permission_lost"
        /// 对方停用: the receiver answered 410.
        Gone "gone"
    }
    /// How a message is written (推送格式).
    Format as WebhookFormat {
        /// Standard Webhooks 1.0.0: `{type, timestamp, data}`.
        StandardWebhooks "standard_webhooks"
        /// CloudEvents 1.0 in JSON, structured.
        Cloudevents "cloudevents"
    }
    /// Where a delivery stands (推送状态).
    DeliveryState as WebhookDeliveryState {
        /// 待推送: it is tried, or tried again.
        Pending "pending"
        /// 已送达
        Delivered "delivered"
        /// 已失败: it is not tried again by itself.
        Failed "failed"
    }
    /// What came of an attempt (结果).
    Outcome as WebhookOutcome {
        /// 已接收: a status of 200 to 299.
        Delivered "delivered"
        /// 状态码错误: another status.
        Status "status"
        /// 重定向: a status of 300 to 399, which is not followed.
        Redirect "redirect"
        /// 超时: no answer within 15 seconds.
        Timeout "timeout"
        /// 连接失败
        Connection "connection"
        /// 地址被拒: the name leads inward.
        AddressRefused "address_refused"
    }
}

pub(super) mod endpoint {
    //! The table `webhook_endpoints`.
    use super::{EndpointState, Format, StopReason};
    use kernel::{
        RegionCode,
        id::{AccountId, WebhookEndpointId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_endpoints")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: WebhookEndpointId,
        pub version: i32,
        pub state: EndpointState,
        pub reason: Option<StopReason>,
        pub region_code: RegionCode,
        /// Who set it up last: it is told what they may read.
        pub owner_id: AccountId,
        pub name: String,
        /// Sealed: addresses hold tokens.
        #[sea_orm(column_type = "Text")]
        pub url: String,
        pub format: Format,
        /// JSON.
        #[sea_orm(column_type = "Text")]
        pub types: String,
        /// Sealed JSON, the newest first.
        #[sea_orm(column_type = "Text")]
        pub secrets: String,
        /// The newest event when it was entered: what was before is told only to who asks for it.
        pub since_event_id: i64,
        /// When the first attempt failed since the last one that did not.
        pub failing_since: Option<ChronoDateTimeUtc>,
        /// The receiver asked for a rest.
        pub hold_until: Option<ChronoDateTimeUtc>,
        pub stopped_at: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod delivery {
    //! The table `webhook_deliveries`.
    use super::{DeliveryState, Outcome};
    use kernel::id::{WebhookDeliveryId, WebhookEndpointId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_deliveries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: WebhookDeliveryId,
        pub endpoint_id: WebhookEndpointId,
        /// The event's number in the log.
        pub event_id: i64,
        pub event_type: String,
        pub message_id: String,
        pub state: DeliveryState,
        /// Attempts since it was last asked for.
        pub step: i16,
        /// Attempts ever.
        pub attempts: i32,
        /// When it is tried next; while it is being tried, when somebody else may.
        pub due_at: ChronoDateTimeUtc,
        /// Which worker is trying.
        pub claim: Option<Uuid>,
        pub outcome: Option<Outcome>,
        pub status: Option<i16>,
        pub created_at: ChronoDateTimeUtc,
        pub done_at: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod attempt {
    //! The table `webhook_attempts`.
    use super::Outcome;
    use kernel::id::WebhookDeliveryId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_attempts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub delivery_id: WebhookDeliveryId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        pub at: ChronoDateTimeUtc,
        pub duration_ms: i32,
        pub outcome: Outcome,
        pub status: Option<i16>,
        /// How the answer to a failure begins, masked.
        #[sea_orm(column_type = "Text", nullable)]
        pub answer: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod replay {
    //! The table `webhook_replays`: ranges that are still to be told again.
    use kernel::id::WebhookEndpointId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_replays")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub endpoint_id: WebhookEndpointId,
        /// How far it has come.
        pub after_event_id: i64,
        pub until_event_id: i64,
        pub undelivered_only: bool,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod reader {
    //! The table `webhook_reader`: one row, how far the log has been turned into deliveries.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_reader")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i16,
        pub xid: i64,
        pub seq: i64,
        /// Counts the changes of who listens.
        pub generation: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
