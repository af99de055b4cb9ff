//! What happens to applications and their credentials. No secrets, no contacts.

use super::CredentialKind;
use chrono::{DateTime, Utc};
use kernel::{
    Event, EventType, Permission, RegionCode,
    access::PersonalData,
    id::{AccountId, ApplicationId, CredentialId},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ApplicationEvent {
    Created {
        /// The account that it acts as.
        account_id: AccountId,
        /// Where it may act.
        region_code: RegionCode,
        /// What it may do.
        scopes: Vec<Permission>,
    },
    Updated {
        /// The names of the fields that changed.
        changed: Vec<&'static str>,
        /// What it may do from now on, if that changed.
        #[serde(skip_serializing_if = "Option::is_none")]
        scopes: Option<Vec<Permission>>,
    },
    Suspended {
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Resumed {
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Revoked {
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Agreed {
        /// Where the agreement is filed.
        reference: String,
        /// What it lets the application see.
        classes: Vec<PersonalData>,
        /// From when.
        valid_from: DateTime<Utc>,
        /// Until when.
        valid_to: DateTime<Utc>,
    },
    AgreementEnded {},
}

impl Event for ApplicationEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Created { .. } => EventType::ApplicationCreated,
            Self::Updated { .. } => EventType::ApplicationUpdated,
            Self::Suspended { .. } => EventType::ApplicationSuspended,
            Self::Resumed { .. } => EventType::ApplicationResumed,
            Self::Revoked { .. } => EventType::ApplicationRevoked,
            Self::Agreed { .. } => EventType::ApplicationAgreed,
            Self::AgreementEnded {} => EventType::ApplicationAgreementEnded,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum CredentialEvent {
    Issued {
        /// Whose it is.
        application_id: ApplicationId,
        /// What it is.
        kind: CredentialKind,
        /// Until when it is good.
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<DateTime<Utc>>,
    },
    Rotated {
        /// Whose it is.
        application_id: ApplicationId,
        /// Its successor.
        replaced_by: CredentialId,
        /// Until when the old one is good.
        expires_at: DateTime<Utc>,
    },
    Revoked {
        /// Whose it is.
        application_id: ApplicationId,
    },
}

impl Event for CredentialEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Issued { .. } => EventType::CredentialIssued,
            Self::Rotated { .. } => EventType::CredentialRotated,
            Self::Revoked { .. } => EventType::CredentialRevoked,
        }
    }
}
