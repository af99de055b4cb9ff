//! The tables of WeChat.

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
    /// Who of an order is told (接收人).
    Audience as WechatAudience {
        /// 点单人
        Requester "requester"
        /// 接单人: the person who leads the work; nobody where an organization does.
        Taker "taker"
    }
    /// Where a message stands (消息状态).
    MessageState as WechatMessageState {
        /// 待发送: it is sent, or sent again.
        Pending "pending"
        /// 已发送
        Sent "sent"
        /// 用户拒收: they do not want to be told; not sent again.
        Refused "refused"
        /// 发送失败: not sent again by itself.
        Failed "failed"
    }
    /// What is checked (检测对象).
    CheckKind as WechatCheckKind {
        /// 文本: title and content of an order.
        Text "text"
        /// 图片、音频: an attachment.
        Media "media"
    }
    /// Where a check stands (检测状态).
    CheckState as WechatCheckState {
        /// 待送检
        Pending "pending"
        /// 等待结果: WeChat tells it later.
        Waiting "waiting"
        /// 通过
        Passed "passed"
        /// 待人工审核
        Review "review"
        /// 违规
        Blocked "blocked"
    }
    /// What WeChat says (检测建议).
    Verdict as WechatVerdict {
        /// 通过
        Pass "pass"
        /// 需人工审核
        Review "review"
        /// 违规
        Risky "risky"
    }
}

pub(super) mod binding {
    //! The table `wechat_bindings`.
    use kernel::id::AccountId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wechat_bindings")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: AccountId,
        /// Sealed.
        #[sea_orm(column_type = "Text")]
        pub openid: String,
        /// What the WeChat user is found by.
        #[sea_orm(column_type = "Text", unique)]
        pub openid_index: String,
        /// Sealed.
        #[sea_orm(column_type = "Text", nullable)]
        pub unionid: Option<String>,
        pub bound_at: ChronoDateTimeUtc,
        /// When the mini-program was last opened with it, as far as we know.
        pub seen_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod subscription {
    //! The table `wechat_subscriptions`.
    use kernel::id::AccountId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wechat_subscriptions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: AccountId,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub template_id: String,
        /// How many messages they have agreed to and not had yet.
        pub remaining: i32,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod template {
    //! The table `wechat_templates`.
    use super::Audience;
    use kernel::{RegionCode, id::WechatTemplateId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wechat_templates")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: WechatTemplateId,
        pub version: i32,
        pub region_code: RegionCode,
        #[sea_orm(column_type = "Text")]
        pub event_type: String,
        pub audience: Audience,
        #[sea_orm(column_type = "Text")]
        pub template_id: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub page: Option<String>,
        /// JSON.
        #[sea_orm(column_type = "Text")]
        pub fields: String,
        pub enabled: bool,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod message {
    //! The table `wechat_messages`. What a message says is made of its order when it is sent, and stored nowhere.
    use super::{Audience, MessageState};
    use kernel::{
        RegionCode,
        id::{AccountId, OrderId, WechatMessageId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wechat_messages")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: WechatMessageId,
        pub region_code: RegionCode,
        pub account_id: AccountId,
        pub order_id: OrderId,
        /// The event's number in the log.
        pub event_id: i64,
        #[sea_orm(column_type = "Text")]
        pub event_type: String,
        #[sea_orm(column_type = "Text")]
        pub to_state: String,
        pub happened_at: ChronoDateTimeUtc,
        pub audience: Audience,
        #[sea_orm(column_type = "Text")]
        pub template_id: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub page: Option<String>,
        /// JSON, as the template had it then.
        #[sea_orm(column_type = "Text")]
        pub fields: String,
        pub state: MessageState,
        pub attempts: i32,
        pub due_at: ChronoDateTimeUtc,
        pub claim: Option<Uuid>,
        pub errcode: Option<i64>,
        #[sea_orm(column_type = "Text", nullable)]
        pub reason: Option<String>,
        pub created_at: ChronoDateTimeUtc,
        pub done_at: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod check {
    //! The table `wechat_checks`.
    use super::{CheckKind, CheckState, Verdict};
    use kernel::{
        RegionCode,
        id::{AccountId, WechatCheckId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wechat_checks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: WechatCheckId,
        pub kind: CheckKind,
        pub region_code: RegionCode,
        /// Who wrote or uploaded it.
        pub account_id: AccountId,
        /// The order, or the attachment.
        pub subject_id: Uuid,
        #[sea_orm(column_type = "Text", nullable)]
        pub media_type: Option<String>,
        pub state: CheckState,
        pub verdict: Option<Verdict>,
        pub label: Option<i32>,
        #[sea_orm(column_type = "Text", nullable)]
        pub trace_id: Option<String>,
        pub errcode: Option<i64>,
        #[sea_orm(column_type = "Text", nullable)]
        pub reason: Option<String>,
        pub attempts: i32,
        pub due_at: ChronoDateTimeUtc,
        pub claim: Option<Uuid>,
        pub decided_by: Option<AccountId>,
        pub created_at: ChronoDateTimeUtc,
        pub done_at: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod token {
    //! The table `wechat_tokens`.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wechat_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub appid: String,
        /// Sealed; absent until it was first fetched.
        #[sea_orm(column_type = "Text", nullable)]
        pub token: Option<String>,
        pub expires_at: ChronoDateTimeUtc,
        /// Until then somebody is fetching another one.
        pub claim_until: ChronoDateTimeUtc,
        /// When it was last fetched by force.
        pub forced_at: ChronoDateTimeUtc,
        /// How often on that day.
        pub forced_count: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod reader {
    //! The table `wechat_reader`: one row, how far the event log has been read.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wechat_reader")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i16,
        pub xid: i64,
        pub seq: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
