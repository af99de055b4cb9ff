//! What happens around WeChat: never who somebody is there.

use super::{Audience, CheckKind, Verdict};
use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum WechatEvent {
    Bound {
        /// How it was found out whose account it is.
        by: BoundBy,
    },
    Unbound {},
    TemplateSet {
        /// Of which event.
        event_type: String,
        /// Who is told.
        audience: Audience,
        /// Whether messages are sent.
        enabled: bool,
    },
    Flagged {
        /// What was checked.
        kind: CheckKind,
        /// The order or the attachment.
        subject_id: Uuid,
        /// What WeChat says; absent when it could not be asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        verdict: Option<Verdict>,
        /// Of what kind the fault is, by WeChat's numbers.
        #[serde(skip_serializing_if = "Option::is_none")]
        label: Option<i32>,
    },
    Decided {
        /// What was checked.
        kind: CheckKind,
        /// The order or the attachment.
        subject_id: Uuid,
        /// Whether there is nothing against it.
        passed: bool,
    },
}

/// How it was found out whose account it is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BoundBy {
    /// By the phone number that WeChat vouches for.
    Phone,
    /// They had signed in.
    SignedIn,
}

impl Event for WechatEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Bound { .. } => EventType::WechatBound,
            Self::Unbound {} => EventType::WechatUnbound,
            Self::TemplateSet { .. } => EventType::WechatTemplateSet,
            Self::Flagged { .. } => EventType::WechatCheckFlagged,
            Self::Decided { .. } => EventType::WechatCheckDecided,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<WechatEvent>(&[T::WechatBound, T::WechatUnbound, T::WechatTemplateSet, T::WechatCheckFlagged, T::WechatCheckDecided])
}
