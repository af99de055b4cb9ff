//! What happens to accounts. No names, no phones.

use kernel::Event;
use serde::Serialize;

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum AccountEvent {
    Created {},
    Updated { changed: Vec<&'static str> },
    Disabled {},
}

impl Event for AccountEvent {
    fn kind(&self) -> &'static str {
        match self {
            Self::Created {} => "account.created",
            Self::Updated { .. } => "account.updated",
            Self::Disabled {} => "account.disabled",
        }
    }
}
