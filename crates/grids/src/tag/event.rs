//! What happens to tags. Of a sensitive one neither who has it nor which it is: many read the feed who may not know.

use super::{LegalBasisKind, TagClass, TagEnd, row};
use kernel::{
    Event, EventType,
    id::{ResidentId, TagId},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What is said of a tag of the catalogue whenever something happens to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TagFacts {
    /// Its code.
    code: String,
    /// Whether it is sensitive.
    class: TagClass,
}

#[derive(Debug, Serialize)]
pub(super) struct TagEvent {
    #[serde(skip)]
    event_type: EventType,
    #[serde(flatten)]
    facts: TagFacts,
}

impl TagEvent {
    pub(super) fn of(event_type: EventType, row: &row::tag::Model) -> Self {
        Self { event_type, facts: TagFacts { code: row.code.clone(), class: row.class } }
    }
}

impl Event for TagEvent {
    fn kind(&self) -> EventType {
        self.event_type
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ResidentTagEvent {
    Given {
        /// Whether it is sensitive; then neither the resident nor the tag is told.
        sensitive: bool,
        /// Who has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        resident_id: Option<ResidentId>,
        /// Which tag.
        #[serde(skip_serializing_if = "Option::is_none")]
        tag_id: Option<TagId>,
        /// Why it is lawful.
        #[serde(skip_serializing_if = "Option::is_none")]
        basis: Option<LegalBasisKind>,
    },
    Ended {
        /// Whether it is sensitive; then neither the resident nor the tag is told.
        sensitive: bool,
        /// Who had it.
        #[serde(skip_serializing_if = "Option::is_none")]
        resident_id: Option<ResidentId>,
        /// Which tag.
        #[serde(skip_serializing_if = "Option::is_none")]
        tag_id: Option<TagId>,
        /// Why it ended.
        reason: TagEnd,
    },
}

impl Event for ResidentTagEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::Given { .. } => EventType::ResidentTagged,
            Self::Ended { .. } => EventType::ResidentUntagged,
        }
    }
}

impl ResidentTagEvent {
    pub(super) fn given(row: &row::given::Model) -> Self {
        let open = !row.sensitive;
        Self::Given {
            sensitive: row.sensitive,
            resident_id: open.then_some(row.resident_id),
            tag_id: open.then_some(row.tag_id),
            basis: row.basis,
        }
    }

    pub(super) fn ended(row: &row::given::Model, reason: TagEnd) -> Self {
        let open = !row.sensitive;
        Self::Ended { sensitive: row.sensitive, resident_id: open.then_some(row.resident_id), tag_id: open.then_some(row.tag_id), reason }
    }
}
