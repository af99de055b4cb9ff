//! The tables of hotlines.

/// Declares an enum whose variants each have their word, as stored and as sent.
macro_rules! words {
    ($($(#[$meta:meta])* $name:ident as $schema:ident { $($(#[$doc:meta])* $variant:ident $word:literal)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
        #[serde(rename_all = "snake_case")]
        #[schema(as = $schema)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Its word, as stored and as sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+};
}

words! {
    /// Whether a hotline is told of our steps (状态).
    HotlineState as HotlineState {
        /// 对接中
        Active "active"
        /// 暂停回传: it pushes, and what it is to be told waits.
        Paused "paused"
        /// 已删除
        Removed "removed"
    }
    /// The step of ours that a hotline is told of (回传类型).
    MessageKind as HotlineMessageKind {
        /// 签收: the community has taken the work order in hand.
        Sign "sign"
        /// 退单: the community returns it, with the basis.
        Return "return"
        /// 延期: it asks for more time.
        Extend "extend"
        /// 反馈: it tells how far it has come.
        Progress "progress"
        /// 办结: it is done, with the answer.
        Finish "finish"
        /// 回访: the community has called the caller back.
        Callback "callback"
        /// 重办: the community does it again of its own accord.
        Rework "rework"
    }
    /// Where a message stands (回传状态).
    MessageState as HotlineMessageState {
        /// 待回传: it is tried, or tried again.
        Pending "pending"
        /// 已确认: the hotline said that it has it.
        Acknowledged "acknowledged"
        /// 已失败: it is not tried again by itself.
        Failed "failed"
    }
    /// What came of an attempt (结果).
    Outcome as HotlineOutcome {
        /// 已确认
        Acknowledged "acknowledged"
        /// 被拒绝: the hotline understood it and does not want it; repeating it would be no use.
        Refused "refused"
        /// 对方故障: a status of 500 or more, or 408, 425, 429.
        Status "status"
        /// 重定向: a status of 300 to 399, which is not followed.
        Redirect "redirect"
        /// 超时: no answer within 15 seconds.
        Timeout "timeout"
        /// 连接失败
        Connection "connection"
        /// 地址被拒: the name leads inward.
        AddressRefused "address_refused"
        /// 配置缺失: nothing says how to tell it.
        Unready "unready"
    }
    /// How a signature is made (签名方式).
    Scheme as HotlineScheme {
        /// 不签名
        Unsigned "unsigned"
        /// HMAC-SHA256 over `id.timestamp.body`.
        HmacSha256 "hmac_sha256"
    }
    /// How a signature is written (签名编码).
    Encoding as HotlineEncoding {
        /// Hexadecimal, either case.
        Hex "hex"
        /// Base64 with padding.
        Base64 "base64"
    }
}

pub(super) mod hotline {
    //! The table `hotlines`.
    use super::HotlineState;
    use kernel::{
        RegionCode,
        id::{ApplicationId, HotlineId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hotlines")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: HotlineId,
        pub version: i32,
        pub state: HotlineState,
        /// Its word, one of a kind among those that are not removed.
        pub system: String,
        pub name: String,
        pub region_code: RegionCode,
        /// The only program that pushes for it; absent: any with the scope.
        pub application_id: Option<ApplicationId>,
        /// Sealed JSON: how what it pushes is signed.
        #[sea_orm(column_type = "Text", nullable)]
        pub inbound: Option<String>,
        /// Sealed JSON: where and how it is told.
        #[sea_orm(column_type = "Text", nullable)]
        pub outbound: Option<String>,
        /// When the first attempt failed since the last one that did not.
        pub failing_since: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod category {
    //! The table `hotline_categories`.
    use kernel::{RegionCode, id::HotlineId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hotline_categories")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hotline_id: HotlineId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub region_code: RegionCode,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        /// JSON.
        #[sea_orm(column_type = "Text")]
        pub entries: String,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod order {
    //! The table `hotline_orders`.
    use kernel::{
        RegionCode,
        id::{HotlineId, HotlineOrderId, OrderId},
    };
    use sea_orm::entity::prelude::*;
    use services::hotline::HotlineKind;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hotline_orders")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: HotlineOrderId,
        pub version: i32,
        pub hotline_id: HotlineId,
        pub external_number: String,
        pub external_version: i32,
        /// A keyed digest of what came with this version.
        pub digest: String,
        /// The order that is worked on; another one after a return, a second handling or a merge.
        pub order_id: OrderId,
        /// 1, 2, 3 …: one more with each order that was placed for it.
        pub round: i16,
        pub region_code: RegionCode,
        pub kind: HotlineKind,
        /// The service item that its category leads to.
        pub item_code: Option<String>,
        pub confidential: bool,
        pub designated: bool,
        pub sign_by: ChronoDateTimeUtc,
        pub reply_by: ChronoDateTimeUtc,
        pub finish_by: ChronoDateTimeUtc,
        /// How often more time was asked for.
        pub extensions: i16,
        /// These six are written by the reader of the event log.
        pub signed_at: Option<ChronoDateTimeUtc>,
        pub responded_at: Option<ChronoDateTimeUtc>,
        pub responded_in_time: Option<bool>,
        pub finished_at: Option<ChronoDateTimeUtc>,
        pub returned_at: Option<ChronoDateTimeUtc>,
        /// The last call-back.
        pub called_back_at: Option<ChronoDateTimeUtc>,
        pub reached: Option<bool>,
        pub solved: Option<bool>,
        pub satisfaction: Option<i16>,
        /// As the policy of that day counted it.
        pub satisfied: Option<bool>,
        /// The organization that leads; nil while none does. Written by the reader of the event log.
        pub unit_id: Uuid,
        /// In which it came, in China: `2026-11`.
        pub month: String,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod round {
    //! The table `hotline_rounds`: every order that a work order was worked on by.
    use kernel::id::{HotlineOrderId, OrderId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hotline_rounds")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hotline_order_id: HotlineOrderId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: OrderId,
        pub round: i16,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod payload {
    //! The table `hotline_payloads`.
    use kernel::id::HotlineOrderId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hotline_payloads")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hotline_order_id: HotlineOrderId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub external_version: i32,
        /// Sealed: the body as it came.
        #[sea_orm(column_type = "Text")]
        pub payload: String,
        pub received_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod nonce {
    //! The table `hotline_nonces`: ids of signatures that have been taken.
    use kernel::id::HotlineId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hotline_nonces")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hotline_id: HotlineId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub nonce: String,
        pub seen_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod message {
    //! The table `hotline_messages`.
    use super::{MessageKind, MessageState, Outcome};
    use kernel::id::{HotlineId, HotlineMessageId, HotlineOrderId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hotline_messages")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: HotlineMessageId,
        pub hotline_id: HotlineId,
        pub hotline_order_id: HotlineOrderId,
        /// The event's number in the log.
        pub event_id: i64,
        pub kind: MessageKind,
        pub external_version: i32,
        /// Sealed JSON: what is told, in our words.
        #[sea_orm(column_type = "Text")]
        pub payload: String,
        pub state: MessageState,
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
        /// How the answer to a failure begins, masked.
        #[sea_orm(column_type = "Text", nullable)]
        pub answer: Option<String>,
        pub tried_at: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
        pub done_at: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod reader {
    //! The table `hotline_reader`: one row, how far the log has been turned into messages.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hotline_reader")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i16,
        pub xid: i64,
        pub seq: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
