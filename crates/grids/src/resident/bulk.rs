//! Many residents at once, as an import has them, with their households.

use super::{
    Kinship, PersonalField, PutResident,
    draft::{Draft, Given, check, id_index},
    event::ResidentEvent,
    fresh, moves,
    row::{self, Sealed, member},
    store,
};
use crate::{
    address::{
        AddressPath,
        bulk::{Tree, refused},
    },
    household, region,
};
use kernel::{
    Code, Error, Permission, Place, RegionCode, Result, Tx,
    bulk::{Existing, Put},
    id::{HouseholdId, ResidentId},
};
use std::collections::{HashMap, HashSet};

/// The residents that a chunk of rows may mean, and what has become of them so far.
#[derive(Default)]
struct Known {
    rows: HashMap<ResidentId, row::Model>,
    by_number: HashMap<(RegionCode, String), ResidentId>,
    by_name: HashMap<(HouseholdId, String), ResidentId>,
    homes: HashSet<(ResidentId, HouseholdId)>,
    new: Vec<ResidentId>,
    changed: Vec<(ResidentId, Vec<PersonalField>)>,
    members: Vec<member::Model>,
}

impl Known {
    async fn of(tx: &mut Tx<'_>, numbers: &[(RegionCode, String)], homes: Vec<HouseholdId>) -> Result<Self> {
        let mut known = Self::default();
        for row in store::by_id_index(tx.conn().await?, numbers).await? {
            known.keep(row);
        }
        let cx = tx.cx();
        for row in store::without_number(tx.conn().await?, homes).await? {
            if let Some(home) = row.household_id {
                known.by_name.insert((home, Sealed::Name.open(cx, row.id, &row.name)?), row.id);
            }
            known.keep(row);
        }
        let ids = known.rows.keys().copied().collect();
        for member in store::current(tx.conn().await?, ids).await? {
            known.homes.insert((member.resident_id, member.household_id));
        }
        Ok(known)
    }

    fn keep(&mut self, row: row::Model) {
        if let Some(digest) = &row.id_index {
            self.by_number.insert((row.region_code, digest.clone()), row.id);
        }
        self.rows.insert(row.id, row);
    }

    /// By the ID number or, for somebody without one, by name within the household.
    fn find(&self, region: RegionCode, digest: Option<&String>, home: Option<HouseholdId>, name: &str) -> Option<&row::Model> {
        let id = match digest {
            Some(digest) => self.by_number.get(&(region, digest.clone()))?,
            None => self.by_name.get(&(home?, name.to_owned()))?,
        };
        self.rows.get(id)
    }
}

/// Makes or changes residents within a change (批量维护居民), and moves them into their households, one answer for each in their
/// order. Without `write` it only says what would become of them. An import moves nobody out of a household.
///
/// # Errors
/// `database_unavailable`. What is wrong with a row is the row's answer: `permission_missing`, `region_unknown`, `region_closed`,
/// `region_not_community`, `content_invalid` with `id_number_invalid` or `field_invalid` at the fields, `household_unknown`,
/// `household_head_exists`, `resident_restricted`, `row_exists`.
pub async fn put_residents(tx: &mut Tx<'_>, rows: &[PutResident], existing: Existing, write: bool) -> Result<Vec<Put>> {
    let cx = tx.cx();
    let paths = rows.iter().filter(|r| r.household_code.is_none()).filter_map(|r| Some((r.region_code, r.path.as_ref()?)));
    let tree = Tree::of(tx, paths, std::iter::empty()).await?;
    let at = |path: &Option<AddressPath>, region| tree.find(region, path.as_ref()?).ok().flatten().map(|node| node.id);
    let codes: Vec<_> = rows.iter().filter_map(|r| Some((r.region_code, r.household_code.as_deref()?.trim()))).collect();
    let addresses: Vec<_> = rows.iter().filter(|r| r.household_code.is_none()).filter_map(|r| at(&r.path, r.region_code)).collect();
    let mut homes = household::Known::of(tx, &codes, &addresses).await?;
    let drafts: Vec<Result<(Draft, Option<String>)>> = rows
        .iter()
        .map(|r| {
            let given =
                Given { name: Some(&r.name), phone: r.phone.as_deref(), id_number: r.id_number.as_deref(), birth_date: None, sex: r.sex };
            let draft = check(given, tx.now)?;
            let digest = draft.id_number.as_ref().map(|n| id_index(cx, n)).transpose()?;
            Ok((draft, digest))
        })
        .collect();
    let numbers: Vec<_> = rows.iter().zip(&drafts).filter_map(|(r, d)| Some((r.region_code, d.as_ref().ok()?.1.clone()?))).collect();
    let home_of = |r: &PutResident, homes: &household::Known| {
        let code = r.household_code.as_deref().map(str::trim);
        homes.find(r.region_code, code, at(&r.path, r.region_code)).cloned()
    };
    let unnumbered = rows.iter().filter(|r| r.id_number.is_none()).filter_map(|r| Some(home_of(r, &homes)?.id)).collect();
    let mut known = Known::of(tx, &numbers, unnumbered).await?;
    let mut answers = Vec::with_capacity(rows.len());
    for (wanted, draft) in rows.iter().zip(drafts) {
        let done = match draft {
            Ok((draft, digest)) => {
                let home = home_of(wanted, &homes);
                put(tx, &mut known, &mut homes, Row { wanted, draft, digest, home, existing }).await
            }
            Err(error) => Err(error),
        };
        answers.push(done.or_else(refused)?);
    }
    if write {
        known.write(tx).await?;
    }
    Ok(answers)
}

struct Row<'a> {
    wanted: &'a PutResident,
    draft: Draft,
    digest: Option<String>,
    home: Option<household::Model>,
    existing: Existing,
}

async fn put(tx: &mut Tx<'_>, known: &mut Known, homes: &mut household::Known, row: Row<'_>) -> Result<Put> {
    let Row { wanted, draft, digest, home, existing } = row;
    let cx = tx.cx();
    let region = wanted.region_code;
    let place = Place { region: Some(region), grid: home.as_ref().and_then(|h| h.grid_id), organization: None };
    cx.actor.require(Permission::ResidentManage, &place).map_err(|e| e.at("#/region_code"))?;
    region::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    if home.is_none() && (wanted.household_code.is_some() || wanted.path.is_some()) {
        let pointer = if wanted.household_code.is_some() { "#/household_code" } else { "#/room" };
        return Err(Error::new(Code::HouseholdUnknown).at(pointer));
    }
    let since = moves::past_day(cx, wanted.moved_in, "#/moved_in")?;
    let relation = wanted.relation.unwrap_or_default();
    let name = draft.name.clone().unwrap_or_default();
    let before = known.find(region, digest.as_ref(), home.as_ref().map(|h| h.id), &name).cloned();
    let (mut after, is_new) = match before.clone() {
        None => (fresh(tx, region, wanted.residence.unwrap_or_default()), true),
        Some(row) => {
            cx.actor.require(Permission::ResidentManage, &row.place()).map_err(|e| e.at("#/id_number"))?;
            if row.restricted {
                return Err(Error::new(Code::ResidentRestricted));
            }
            match existing {
                Existing::Refuse => return Err(Error::new(Code::RowExists)),
                Existing::Skip => return Ok(Put::Skipped),
                Existing::Update => (row, false),
            }
        }
    };
    let joins = home.filter(|home| is_new || !known.homes.contains(&(after.id, home.id)));
    if joins.as_ref().is_some_and(|home| relation.leads() && home.head_id.is_some()) {
        return Err(Error::new(Code::HouseholdHeadExists).at("#/relation"));
    }
    let changed = if is_new { Vec::new() } else { changes(cx, &after, &draft)? };
    if !is_new && changed.is_empty() && joins.is_none() && wanted.residence.is_none_or(|r| r == after.residence) {
        return Ok(Put::Unchanged);
    }
    if is_new || !changed.is_empty() {
        draft.seal_into(cx, after.id, &mut after)?;
    }
    after.residence = wanted.residence.unwrap_or(after.residence);
    if let Some(mut home) = joins {
        (after.household_id, after.grid_id, after.building_id) = (Some(home.id), home.grid_id, home.building_id);
        known.homes.insert((after.id, home.id));
        if relation.leads() {
            home.head_id = Some(after.id);
        }
        known.members.push(member::Model {
            id: tx.id(),
            household_id: home.id,
            resident_id: after.id,
            relation,
            valid_from: since,
            valid_to: None,
            created_at: tx.now,
        });
        if after.id_index.is_none() {
            known.by_name.insert((home.id, name), after.id);
        }
        homes.keep(home);
    }
    if is_new {
        known.new.push(after.id);
    } else if !known.new.contains(&after.id) && !known.changed.iter().any(|(id, _)| *id == after.id) {
        known.changed.push((after.id, changed));
    }
    known.keep(after);
    Ok(if is_new { Put::Created } else { Put::Updated })
}

/// The personal fields of which the draft says something else.
fn changes(cx: &kernel::Cx, row: &row::Model, draft: &Draft) -> Result<Vec<PersonalField>> {
    let open = super::view::open(cx, row)?;
    let mut changed = Vec::new();
    if draft.name.as_ref().is_some_and(|name| *name != open.name) {
        changed.push(PersonalField::Name);
    }
    if draft.phone.as_ref().is_some_and(|(_, written)| Some(written) != open.phone.as_ref()) {
        changed.push(PersonalField::Phone);
    }
    if draft.id_number.as_ref().is_some_and(|n| open.id_number.as_deref() != Some(n.as_str())) {
        changed.push(PersonalField::IdNumber);
    }
    Ok(changed)
}

impl Known {
    async fn write(mut self, tx: &mut Tx<'_>) -> Result<()> {
        let new: Vec<row::Model> = self.new.iter().filter_map(|id| self.rows.remove(id)).collect();
        let mut rows: HashMap<ResidentId, row::Model> = HashMap::new();
        for row in &new {
            tx.emit(row.subject(), &ResidentEvent::Created { residence: row.residence })?;
            rows.insert(row.id, row.clone());
        }
        store::insert(tx.conn().await?, new).await?;
        for (id, changed) in std::mem::take(&mut self.changed) {
            let Some(mut row) = self.rows.remove(&id) else { continue };
            row.version += 1;
            row.updated_at = tx.now;
            tx.emit(row.subject(), &ResidentEvent::Updated { residence: row.residence, changed })?;
            store::write(tx.conn().await?, &row).await?;
            rows.insert(row.id, row);
        }
        let mut counts: HashMap<HouseholdId, (i32, Option<Option<ResidentId>>)> = HashMap::new();
        for member in &self.members {
            if let Some(row) = rows.get(&member.resident_id) {
                let event =
                    ResidentEvent::MovedIn { household_id: member.household_id, relation: member.relation, valid_from: member.valid_from };
                tx.emit(row.subject(), &event)?;
            }
            let count = counts.entry(member.household_id).or_default();
            count.0 += 1;
            if member.relation == Kinship::Head {
                count.1 = Some(Some(member.resident_id));
            }
        }
        let now = tx.now;
        let conn = tx.conn().await?;
        store::insert_members(conn, self.members).await?;
        for (home, (by, head)) in counts {
            household::store::count(conn, home, by, head, now).await?;
        }
        Ok(())
    }
}
