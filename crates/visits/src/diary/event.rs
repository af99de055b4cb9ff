//! What happened: never what was written.

use kernel::{
    Event, EventType,
    event::{Catalogued, catalogued},
    id::DiaryTemplateId,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum DiaryEvent {
    TemplateCreated {},
    TemplateUpdated {},
    Begun {
        /// The template that it follows.
        template_id: DiaryTemplateId,
        /// The version of the template.
        template_version: i32,
    },
    StepRecorded {
        /// The number of the step within the template, from 1.
        step: usize,
    },
    Closed {},
}

impl Event for DiaryEvent {
    fn kind(&self) -> EventType {
        match self {
            Self::TemplateCreated {} => EventType::DiaryTemplateCreated,
            Self::TemplateUpdated {} => EventType::DiaryTemplateUpdated,
            Self::Begun { .. } => EventType::DiaryBegun,
            Self::StepRecorded { .. } => EventType::DiaryStepRecorded,
            Self::Closed {} => EventType::DiaryClosed,
        }
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<DiaryEvent>(&[T::DiaryTemplateCreated, T::DiaryTemplateUpdated, T::DiaryBegun, T::DiaryStepRecorded, T::DiaryClosed])
}
