//! What is known of a household (民情档案): notes that stay, sealed, for few eyes. Only who holds `household_note.read` there
//! reads them all, in full; who wrote some reads those.

use kernel::{
    Code, Cx, Error, Event, EventType, Page, PageQuery, Pager, Permission, Result, Subject,
    access::PersonalData,
    check::worded,
    event::{Catalogued, catalogued},
    id::{AccountId, HouseholdId, HouseholdNoteId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

mod row {
    //! The table `household_notes`.
    use kernel::{
        RegionCode,
        id::{AccountId, GridId, HouseholdId, HouseholdNoteId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "household_notes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: HouseholdNoteId,
        pub household_id: HouseholdId,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub author_id: AccountId,
        /// Sealed.
        #[sea_orm(column_type = "Text")]
        pub content: String,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes something of a household (登记民情档案).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WriteHouseholdNote {
    /// What there is to know (内容). Stored sealed.
    #[validate(length(min = 1, max = 4000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 4000, pattern = "\\S", example = "老人有听力障碍,上门前先电话联系子女。")]
    pub content: String,
}

/// Which notes to list (民情档案), the newest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHouseholdNotes {
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Something that is known of a household (民情档案).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HouseholdNote {
    /// Its id.
    pub id: HouseholdNoteId,
    /// The household (户).
    pub household_id: HouseholdId,
    /// What there is to know (内容).
    pub content: String,
    /// Who wrote it (登记人).
    pub author_id: AccountId,
    /// When (登记时间).
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// That something was noted, never what.
#[derive(Serialize, ToSchema)]
struct NoteWritten {
    /// The household.
    household_id: HouseholdId,
}

impl Event for NoteWritten {
    fn kind(&self) -> EventType {
        EventType::HouseholdNoteWritten
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    catalogued::<NoteWritten>(&[EventType::HouseholdNoteWritten])
}

fn owner(id: HouseholdNoteId) -> String {
    format!("household note {id}")
}

/// Notes something of a household (登记民情档案).
///
/// # Errors
/// `household_not_found`; `permission_missing`; `household_closed`.
pub async fn write_household_note(cx: &Cx, id: HouseholdId, command: WriteHouseholdNote) -> Result<HouseholdNote> {
    let home = crate::visit::home(cx, id, Permission::HouseholdNoteWrite, false, "").await?;
    let mut tx = cx.begin();
    let note: HouseholdNoteId = tx.id();
    let row = row::Model {
        id: note,
        household_id: id,
        region_code: home.region,
        grid_id: home.grid,
        author_id: cx.actor.account()?,
        content: cx.vault().seal(&owner(note), &command.content)?,
        created_at: tx.now,
    };
    tx.emit(Subject { id: note.0, version: 1, region: home.region }, &NoteWritten { household_id: id })?;
    let answer =
        HouseholdNote { id: note, household_id: id, content: command.content, author_id: row.author_id, created_at: row.created_at };
    crate::table::stage_new(&mut tx, row);
    tx.commit_created(answer).await
}

/// What is known of a household (民情档案), the newest first: all of it, or what the caller has written.
///
/// # Errors
/// `household_not_found`; `permission_missing` for who may neither read nor write such notes there; `agreement_missing` for a program
/// without one; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_household_notes(cx: &Cx, id: HouseholdId, query: ListHouseholdNotes) -> Result<Page<HouseholdNote>> {
    use row::Column as C;
    let missing = || Error::new(Code::HouseholdNotFound);
    let (region, grid) = grids::household_place(cx, id).await?.ok_or_else(missing)?;
    let place = kernel::Place { region: Some(region), grid, organization: None };
    let (all, some) = (cx.actor.can(Permission::HouseholdNoteRead, &place), cx.actor.can(Permission::HouseholdNoteWrite, &place));
    if !all && !some {
        let knows = cx.actor.can(Permission::HouseholdRead, &place);
        return Err(if knows { crate::table::lacking(Permission::HouseholdNoteRead) } else { missing() });
    }
    cx.actor.require_sees(PersonalData::Visits)?;
    let me = cx.actor.account;
    let pager = Pager::new("household_notes", &(id, me), PageQuery { limit: query.limit, cursor: query.cursor })?;
    let select = row::Entity::find()
        .filter(C::HouseholdId.eq(id))
        .apply_if(me.filter(|_| !all), |q, me| q.filter(C::AuthorId.eq(me)))
        .apply_if(pager.after::<HouseholdNoteId>()?, |q, after| q.filter(C::Id.lt(after)));
    let page = pager.page(select.order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?, |n| n.id)?;
    let view = |row: row::Model| {
        Ok(HouseholdNote {
            id: row.id,
            household_id: row.household_id,
            content: cx.vault().open(&owner(row.id), &row.content)?,
            author_id: row.author_id,
            created_at: row.created_at,
        })
    };
    let items = page.items.into_iter().map(view).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::Entity)]
}
