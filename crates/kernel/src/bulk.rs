//! Many rows at once: the words that imports and the crates that write them share.

use crate::error::Error;
use serde::{Deserialize, Serialize};

/// What to do with a row that is there already by its natural key (已有记录).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Existing {
    /// 更新: what the row says replaces what is there; cells that are empty leave it as it is.
    #[default]
    Update,
    /// 跳过: it stays as it is.
    Skip,
    /// 报错: the row is refused.
    Refuse,
}

/// What became of a row, or would.
#[derive(Clone, Debug)]
pub enum Put {
    /// It was not there.
    Created,
    /// It was there and is changed.
    Updated,
    /// It was there and says the same.
    Unchanged,
    /// It was there and stays as it is.
    Skipped,
    /// It breaks a rule.
    Refused(Error),
}
