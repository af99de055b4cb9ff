//! Every query of admission and duty lists.

use super::{
    AdmissionState, ListAdmissionItems, ListDutyItems,
    row::{StoredState, duty, item},
};
use crate::paging::{Lies, newest, seen_from_below};
use chrono::NaiveDate;
use kernel::{
    Cx, Pager, RegionCode, Result,
    access::Reach,
    id::{AdmissionItemId, DutyItemId, OrganizationId},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

pub(super) async fn item(cx: &Cx, id: AdmissionItemId) -> Result<Option<item::Model>> {
    Ok(item::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn duty(cx: &Cx, id: DutyItemId) -> Result<Option<duty::Model>> {
    Ok(duty::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn items(cx: &Cx, reach: &Reach, query: &ListAdmissionItems, today: NaiveDate, pager: &Pager) -> Result<Vec<item::Model>> {
    use item::Column as C;
    let over = || Condition::all().add(C::State.eq(StoredState::Approved)).add(C::ValidTo.lt(today));
    let state = query.state.map(|state| match state {
        AdmissionState::Proposed => Condition::all().add(C::State.eq(StoredState::Proposed)),
        AdmissionState::Refused => Condition::all().add(C::State.eq(StoredState::Refused)),
        AdmissionState::Expired => over(),
        AdmissionState::Approved => Condition::all()
            .add(C::State.eq(StoredState::Approved))
            .add(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gte(today))),
    });
    let lies = Lies { region: C::RegionCode, organization: C::DepartmentId, id: C::Id };
    let select = item::Entity::find()
        .filter(seen_from_below(reach, query.region_code, &lies))
        .apply_if(query.department_id, |q, id| q.filter(C::DepartmentId.eq(id)))
        .apply_if(query.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(state, |q, state| q.filter(state))
        .apply_if(query.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    newest(cx, select, lies, pager).await
}

/// What is in force on a day.
fn in_force(today: NaiveDate) -> Condition {
    use duty::Column as C;
    Condition::all()
        .add(C::EndedAt.is_null())
        .add(C::ValidFrom.lte(today))
        .add(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gte(today)))
}

pub(super) async fn duties(cx: &Cx, reach: &Reach, query: &ListDutyItems, today: NaiveDate, pager: &Pager) -> Result<Vec<duty::Model>> {
    use duty::Column as C;
    let lies = Lies { region: C::RegionCode, organization: C::DepartmentId, id: C::Id };
    let select = duty::Entity::find()
        .filter(seen_from_below(reach, query.region_code, &lies))
        .apply_if(query.department_id, |q, id| q.filter(C::DepartmentId.eq(id)))
        .apply_if(query.nature, |q, nature| q.filter(C::Nature.eq(nature)))
        .apply_if(query.in_force, |q, yes| q.filter(if yes { in_force(today) } else { in_force(today).not() }))
        .apply_if(query.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    newest(cx, select, lies, pager).await
}

/// Those of these departments that have a duty in a community on a day: one range of an index a department and level.
pub(super) async fn on_duty(
    cx: &Cx,
    departments: &[OrganizationId],
    community: RegionCode,
    today: NaiveDate,
) -> Result<Vec<OrganizationId>> {
    use duty::Column as C;
    let up = std::iter::successors(Some(community), |r| r.parent());
    let select = duty::Entity::find()
        .select_only()
        .column(C::DepartmentId)
        .distinct()
        .filter(C::DepartmentId.is_in(departments.iter().copied()))
        .filter(C::RegionCode.is_in(up))
        .filter(in_force(today));
    Ok(select.into_tuple().all(cx.reader()).await?)
}
