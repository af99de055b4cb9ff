//! Where an application stands, and what follows from what. Pure.

use kernel::error::{Code, Error, Result};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an application stands (应用状态).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ApplicationStatus {
    /// 启用
    Active,
    /// 停用: its credentials are refused until it is resumed.
    Suspended,
    /// 注销: for good.
    Revoked,
}

impl ApplicationStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

/// What is done to an application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    /// Changing what it may do, its agreement, or giving it credentials.
    Change,
    Suspend,
    Resume,
    Revoke,
}

/// Where the action leads.
pub(crate) fn next(from: ApplicationStatus, action: Action) -> Result<ApplicationStatus> {
    use ApplicationStatus::{Active, Revoked, Suspended};
    match (from, action) {
        (Active | Suspended, Action::Change) => Ok(from),
        (Active, Action::Suspend) => Ok(Suspended),
        (Suspended, Action::Resume) => Ok(Active),
        (Active | Suspended, Action::Revoke) => Ok(Revoked),
        _ => {
            let word = match action {
                Action::Change => "change",
                Action::Suspend => "suspend",
                Action::Resume => "resume",
                Action::Revoke => "revoke",
            };
            Err(Error::new(Code::ApplicationStateConflict).with("state", from.as_str()).with("action", word))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Action::*, ApplicationStatus as S, *};

    #[test]
    fn what_is_revoked_stays_so() {
        let table = |from| [Change, Suspend, Resume, Revoke].map(|action| next(from, action).ok());
        assert_eq!(table(S::Active), [Some(S::Active), Some(S::Suspended), None, Some(S::Revoked)]);
        assert_eq!(table(S::Suspended), [Some(S::Suspended), None, Some(S::Active), Some(S::Revoked)]);
        assert_eq!(table(S::Revoked), [None; 4]);
    }
}
