//! The tables `jobs` and `job_errors`.

use kernel::{
    RegionCode,
    id::{AccountId, JobId},
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a job does (任务类别).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// 导入
    Import,
    /// 导出
    Export,
}

/// Where a job stands (任务状态).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// 接收中: its file is being stored.
    Receiving,
    /// 待执行
    Pending,
    /// 执行中
    Running,
    /// 已校验: nothing is written yet; it can be carried out.
    Checked,
    /// 已完成
    Done,
    /// 失败: nothing more comes of it; `problem` says why.
    Failed,
    /// 已取消
    Cancelled,
}

/// What stands in a file that is imported (导入对象).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ImportSubject {
    /// 网格
    Grids,
    /// 地址: estates, buildings, units, rooms.
    Addresses,
    /// 户
    Households,
    /// 居民
    Residents,
    /// 组织
    Organizations,
    /// 组织成员
    Memberships,
    /// 阵地
    Venues,
}

/// What becomes of the good rows of a file with bad ones (导入方式).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// 全部成功才写入: one transaction; a row that is refused keeps all out.
    #[default]
    AllOrNothing,
    /// 只写入正确的行: five hundred rows a transaction; refused ones are left out.
    GoodRows,
}

/// The form of a table in a file (文件格式).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SheetFormat {
    /// Comma-separated text in UTF-8 with a byte-order mark, as spreadsheets open it.
    #[default]
    Csv,
    /// A workbook (Office Open XML).
    Xlsx,
}

impl SheetFormat {
    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// How the names of such files end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

pub(crate) mod job {
    //! The table `jobs`.
    use super::{AccountId, ImportMode, ImportSubject, JobId, JobKind, JobState, RegionCode, SheetFormat};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "jobs")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: JobId,
        pub version: i32,
        pub kind: JobKind,
        pub state: JobState,
        pub account_id: AccountId,
        pub region_code: RegionCode,
        /// Of an import, what stands in the file.
        pub subject: Option<ImportSubject>,
        /// Of an export, the list: the word of its operation.
        pub list: Option<String>,
        /// Of an export, the parameters of the list: sealed JSON.
        #[sea_orm(column_type = "Text", nullable)]
        pub query: Option<String>,
        pub format: SheetFormat,
        pub dry_run: bool,
        pub mode: Option<ImportMode>,
        /// What to do with rows that are there already; only of an import.
        pub existing: Option<String>,
        /// The file: bytes and parts.
        pub bytes: i64,
        pub parts: i32,
        pub rows_total: Option<i64>,
        pub rows_read: i64,
        pub rows_created: i64,
        pub rows_updated: i64,
        pub rows_unchanged: i64,
        pub rows_skipped: i64,
        pub rows_refused: i64,
        /// Which run this is: whoever has begun an older one finds that it is not theirs any more.
        pub attempt: i32,
        pub cancelling: bool,
        pub lease_until: Option<ChronoDateTimeUtc>,
        pub problem: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub problem_params: Option<String>,
        pub started_at: Option<ChronoDateTimeUtc>,
        pub finished_at: Option<ChronoDateTimeUtc>,
        /// When its file goes.
        pub expires_at: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod error {
    //! The table `job_errors`.
    use super::JobId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "job_errors")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub job_id: JobId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub n: i32,
        /// As the spreadsheet counts, the header included.
        pub row_number: i64,
        /// Its header as it stands in the file.
        pub column_title: Option<String>,
        pub code: String,
        /// What fills its sentence: sealed JSON.
        #[sea_orm(column_type = "Text", nullable)]
        pub params: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
