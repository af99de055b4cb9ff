//! What happens to sessions.

use kernel::{Event, id::AccountId};
use serde::Serialize;

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum SessionEvent {
    Opened { account_id: AccountId },
    Revoked { account_id: AccountId, reason: Reason },
}

/// Why a session ended before its time.
#[derive(Clone, Copy, Serialize)]
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
    fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "session.opened",
            Self::Revoked { .. } => "session.revoked",
        }
    }
}
