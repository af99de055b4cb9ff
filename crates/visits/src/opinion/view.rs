//! What goes out: texts in full for who heard the opinion and who may read such things, masked for others.

use super::{Action, OpinionOutcome, OpinionSource, OpinionState, flow, row::opinion::Model};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Error, RegionCode, Result,
    id::{AccountId, GridId, OpinionId, OrderId},
    mask,
};
use serde::{Deserialize, Serialize};
use services::order::{Contact, masked_contact};
use utoipa::ToSchema;
use uuid::Uuid;

/// An opinion (意见建议) and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Opinion {
    /// Its id.
    pub id: OpinionId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it stands (状态).
    pub state: OpinionState,
    /// Where it was heard (来源).
    pub source: OpinionSource,
    /// Where (区划).
    pub region_code: RegionCode,
    /// The grid (网格), if known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// The household that was visited (家庭户).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub household_id: Option<Uuid>,
    /// Who said it (意见人), if they have an account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub requester_id: Option<AccountId>,
    /// Who recorded it (记录人).
    pub recorded_by: AccountId,
    /// What it is about (标题).
    pub title: String,
    /// What was said (内容). Phone and ID numbers are masked for those who do not see it in full.
    pub content: String,
    /// How to reach whoever said it (联系方式), in full or masked; only where one opinion is read or changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<Contact>,
    /// The order that it became (订单).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<OrderId>,
    /// What came of it (办理结果).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<OpinionOutcome>,
    /// The answer (答复); an order's with phone and ID numbers masked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<String>,
    /// When the outcome was known (答复时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered_at: Option<DateTime<Utc>>,
    /// When the resident was told (反馈时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fed_back_at: Option<DateTime<Utc>>,
    /// What the resident said to it (群众反映).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub feedback: Option<String>,
    /// Whether the texts and `contact` are masked (已脱敏).
    pub masked: bool,
    /// When it was recorded (记录时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// What the caller may do with it now (可执行操作).
    pub allowed_actions: Vec<Action>,
}

/// The sealed columns. Each is bound to its row and to itself.
#[derive(Clone, Copy)]
pub(super) enum Sealed {
    Content,
    Contact,
    Answer,
    Feedback,
}

impl Sealed {
    fn owner(self, id: OpinionId) -> String {
        let column = match self {
            Self::Content => "content",
            Self::Contact => "contact",
            Self::Answer => "answer",
            Self::Feedback => "feedback",
        };
        format!("opinion {id} {column}")
    }

    pub(super) fn seal(self, cx: &Cx, id: OpinionId, text: &str) -> Result<String> {
        cx.vault().seal(&self.owner(id), text)
    }

    pub(super) fn open(self, cx: &Cx, id: OpinionId, sealed: &str) -> Result<String> {
        cx.vault().open(&self.owner(id), sealed)
    }
}

pub(super) fn contact(cx: &Cx, row: &Model) -> Result<Option<Contact>> {
    let Some(sealed) = &row.contact else { return Ok(None) };
    serde_json::from_str(&Sealed::Contact.open(cx, row.id, sealed)?).map(Some).map_err(Error::internal)
}

/// The opinion by itself.
pub(super) fn alone(cx: &Cx, row: &Model) -> Result<Opinion> {
    let opinion = in_list(cx, row)?;
    let contact = contact(cx, row)?.map(|c| if opinion.masked { masked_contact(c) } else { c });
    Ok(Opinion { contact, ..opinion })
}

/// The opinion in a list.
pub(super) fn in_list(cx: &Cx, row: &Model) -> Result<Opinion> {
    with(cx, row, super::sees_in_full(cx, row))
}

/// The opinion in full with its contact, to who said it.
pub(super) fn own(cx: &Cx, row: &Model) -> Result<Opinion> {
    Ok(Opinion { contact: contact(cx, row)?, ..with(cx, row, true)? })
}

fn with(cx: &Cx, row: &Model, full: bool) -> Result<Opinion> {
    let text = |text: String| if full { text } else { mask::text(&text) };
    let open = |column: Sealed, sealed: &Option<String>| sealed.as_ref().map(|s| column.open(cx, row.id, s).map(text)).transpose();
    let possible = |a: &Action| flow::next(row.state, *a).is_some() && super::may(cx, row, *a);
    Ok(Opinion {
        id: row.id,
        version: row.version,
        state: row.state,
        source: OpinionSource { kind: row.source, id: row.source_id },
        region_code: row.region_code,
        grid_id: row.grid_id,
        household_id: row.household_id,
        requester_id: row.requester_id,
        recorded_by: row.recorded_by,
        title: text(row.title.clone()),
        content: text(Sealed::Content.open(cx, row.id, &row.content)?),
        contact: None,
        order_id: row.order_id,
        outcome: row.outcome,
        answer: open(Sealed::Answer, &row.answer)?,
        answered_at: row.answered_at,
        fed_back_at: row.fed_back_at,
        feedback: open(Sealed::Feedback, &row.feedback)?,
        masked: !full,
        created_at: row.created_at,
        updated_at: row.updated_at,
        allowed_actions: Action::all().filter(possible).collect(),
    })
}
