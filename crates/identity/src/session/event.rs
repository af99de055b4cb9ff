//! What happens to sessions.

use kernel::{Event, EventType, id::AccountId};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SessionEvent {
    Opened {
        /// Who signed in.
        account_id: AccountId,
    },
    Revoked {
        /// Whose it was.
        account_id: AccountId,
        /// Why.
        reason: Reason,
    },
}

/// Why a session ended before its time.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// The owner signed out.
    SignedOut,
    /// A refresh token was used a second time: somebody else has a copy.
    TokenReused,
    /// The account was disabled, or its password was changed.
    AccountChanged,
}

impl Event for SessionEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Opened { .. } => EventType::SessionOpened,
            Self::Revoked { .. } => EventType::SessionRevoked,
        }
    }
}
