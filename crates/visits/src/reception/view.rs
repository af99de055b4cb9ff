//! What goes out, and to whom how much of it.

use super::{
    AppointmentState, DayOff, ReceptionSessionState,
    row::{appointment, reception, session},
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use kernel::{
    Cx, Error, RegionCode, Result,
    access::PersonalData,
    id::{AccountId, AppointmentId, ReceptionId, ReceptionSessionId},
    mask,
};
use serde::{Deserialize, Serialize};
use services::order::Contact;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Reception days (接待日安排).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Reception {
    /// Their id.
    pub id: ReceptionId,
    /// Their version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// For whom (区划): residents of this region.
    pub region_code: RegionCode,
    /// What they are called (名称).
    pub title: String,
    /// On which days (日期规则): a recurrence rule of RFC 5545.
    #[schema(example = "FREQ=MONTHLY;BYMONTHDAY=20")]
    pub rule: String,
    /// What becomes of a day off (逢休息日).
    pub on_day_off: DayOff,
    /// The first day that counts (起始日).
    pub first_day: NaiveDate,
    /// Until when days are planned (排期至).
    pub planned_until: NaiveDate,
    /// When they open (开始时间), in China time.
    #[schema(value_type = String, example = "09:00:00")]
    pub opens: NaiveTime,
    /// When they close (结束时间).
    #[schema(value_type = String, example = "11:00:00")]
    pub closes: NaiveTime,
    /// How long a slot is, in minutes (时段长度).
    #[schema(minimum = 5)]
    pub slot_minutes: i16,
    /// How many appointments a slot takes (时段名额).
    #[schema(minimum = 1)]
    pub slot_capacity: i16,
    /// Where they are held (地点).
    pub place: String,
    /// Who receives (接待人).
    pub hosts: Vec<ReceptionHost>,
    /// When they were announced (设立时间).
    pub created_at: DateTime<Utc>,
    /// When they last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// When they ended (停止时间); absent while they are held.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed_at: Option<DateTime<Utc>>,
}

/// Who receives (接待人): in public office, so that the name is public.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReceptionHost {
    /// The account (账号).
    pub id: AccountId,
    /// The name (姓名).
    pub name: String,
}

/// One reception day (接待场次).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReceptionSession {
    /// Its id.
    pub id: ReceptionSessionId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The reception days that it is one of (接待日安排).
    pub reception_id: ReceptionId,
    /// For whom (区划).
    pub region_code: RegionCode,
    /// The day in China (日期).
    pub day: NaiveDate,
    /// When it begins (开始时间).
    pub starts_at: DateTime<Utc>,
    /// When it ends (结束时间).
    pub ends_at: DateTime<Utc>,
    /// Where it is held (地点).
    pub place: String,
    /// Who receives (接待人).
    pub hosts: Vec<ReceptionHost>,
    /// Where it stands (状态).
    pub state: ReceptionSessionState,
    /// Why it was cancelled (取消原因).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Its slots and what is left of them (时段); none when it is cancelled.
    pub slots: Vec<ReceptionSlot>,
}

/// A slot of a reception day (时段).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReceptionSlot {
    /// Its number, from 1 (序号).
    #[schema(minimum = 1)]
    pub number: i16,
    /// When it begins (开始时间).
    pub starts_at: DateTime<Utc>,
    /// When it ends (结束时间).
    pub ends_at: DateTime<Utc>,
    /// How many appointments it takes (名额).
    #[schema(minimum = 1)]
    pub capacity: i16,
    /// How many more it takes now (余号).
    #[schema(minimum = 0)]
    pub free: i16,
}

/// An appointment (接待预约).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Appointment {
    /// Its id.
    pub id: AppointmentId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The reception day (场次).
    pub session_id: ReceptionSessionId,
    /// Where (区划).
    pub region_code: RegionCode,
    /// The number of the slot (时段序号).
    #[schema(minimum = 1)]
    pub slot: i16,
    /// When the slot begins (预约时间); only where one appointment is read or changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub starts_at: Option<DateTime<Utc>>,
    /// Where it stands (状态).
    pub state: AppointmentState,
    /// For whom (预约人), if they have an account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub requester_id: Option<AccountId>,
    /// Who booked it (登记人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub booked_by: Option<AccountId>,
    /// How to reach the resident (联系方式), in full or masked; only where one appointment is read or changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<Contact>,
    /// What it is about (事由). Phone and ID numbers in it are masked like the contact.
    pub subject: String,
    /// What was said (接待记录), for those who see it in full; only where one appointment is read or changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// Whether `contact` and the numbers in `subject` are masked (已脱敏).
    pub masked: bool,
    /// When it was booked (预约登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// The names of hosts.
pub(super) struct Names(HashMap<AccountId, String>);

impl Names {
    pub(super) async fn of(cx: &Cx, lists: impl Iterator<Item = &str>) -> Result<Self> {
        let mut ids = Vec::new();
        for list in lists {
            ids.extend(hosts(list)?);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Self(identity::names(cx, &ids).await?))
    }

    fn hosts(&self, list: &str) -> Result<Vec<ReceptionHost>> {
        Ok(hosts(list)?.into_iter().filter_map(|id| self.0.get(&id).map(|name| ReceptionHost { id, name: name.clone() })).collect())
    }
}

/// The accounts of a stored list.
pub(super) fn hosts(list: &str) -> Result<Vec<AccountId>> {
    serde_json::from_str(list).map_err(Error::internal)
}

pub(super) fn reception(names: &Names, row: reception::Model) -> Result<Reception> {
    let time = |minutes: i16| NaiveTime::MIN + TimeDelta::minutes(i64::from(minutes));
    Ok(Reception {
        hosts: names.hosts(&row.host_ids)?,
        id: row.id,
        version: row.version,
        region_code: row.region_code,
        title: row.title,
        rule: row.rule,
        on_day_off: row.on_day_off,
        first_day: row.first_day,
        planned_until: row.planned_until,
        opens: time(row.opens),
        closes: time(row.closes),
        slot_minutes: row.slot_minutes,
        slot_capacity: row.slot_capacity,
        place: row.place,
        created_at: row.created_at,
        updated_at: row.updated_at,
        closed_at: row.closed_at,
    })
}

/// A reception day with how many places of its slots are taken.
pub(super) fn session(names: &Names, row: session::Model, taken: &HashMap<i16, i16>) -> Result<ReceptionSession> {
    let slot = |number| {
        let starts_at = slot_start(&row, number);
        let ends_at = starts_at + TimeDelta::minutes(i64::from(row.slot_minutes));
        let free = (row.slot_capacity - taken.get(&number).copied().unwrap_or_default()).max(0);
        ReceptionSlot { number, starts_at, ends_at, capacity: row.slot_capacity, free }
    };
    let slots = if row.state == ReceptionSessionState::Planned { (1..=row.slots).map(slot).collect() } else { Vec::new() };
    Ok(ReceptionSession {
        hosts: names.hosts(&row.host_ids)?,
        slots,
        id: row.id,
        version: row.version,
        reception_id: row.reception_id,
        region_code: row.region_code,
        day: row.day,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        place: row.place,
        state: row.state,
        reason: row.reason,
    })
}

/// When a slot of the day begins.
pub(super) fn slot_start(session: &session::Model, number: i16) -> DateTime<Utc> {
    session.starts_at + TimeDelta::minutes(i64::from(number - 1) * i64::from(session.slot_minutes))
}

/// The sealed columns of an appointment. Each is bound to its row and to itself.
#[derive(Clone, Copy)]
pub(super) enum Sealed {
    Subject,
    Contact,
    Note,
}

impl Sealed {
    fn owner(self, id: AppointmentId) -> String {
        let column = match self {
            Self::Subject => "subject",
            Self::Contact => "contact",
            Self::Note => "note",
        };
        format!("appointment {id} {column}")
    }

    pub(super) fn seal(self, cx: &Cx, id: AppointmentId, text: &str) -> Result<String> {
        cx.vault().seal(&self.owner(id), text)
    }

    pub(super) fn open(self, cx: &Cx, id: AppointmentId, sealed: &str) -> Result<String> {
        cx.vault().open(&self.owner(id), sealed)
    }
}

/// The contact that was given with an appointment, or that of the requester's account.
pub(super) async fn contact(cx: &Cx, row: &appointment::Model) -> Result<Option<Contact>> {
    if let Some(sealed) = &row.contact {
        return serde_json::from_str(&Sealed::Contact.open(cx, row.id, sealed)?).map(Some).map_err(Error::internal);
    }
    let Some(account) = row.requester_id else { return Ok(None) };
    Ok(identity::contact(cx, account).await?.map(|c| Contact { name: Some(c.name), phone: c.phone, address: None }))
}

/// The appointment by itself.
pub(super) async fn alone(cx: &Cx, session: &session::Model, row: &appointment::Model, full: bool) -> Result<Appointment> {
    let full = full && cx.actor.sees(PersonalData::Visits);
    let contact = contact(cx, row).await?;
    let contact = contact.map(|c| if full { c } else { services::order::masked_contact(c) });
    let note = row.note.as_ref().filter(|_| full).map(|note| Sealed::Note.open(cx, row.id, note)).transpose()?;
    Ok(Appointment { contact, note, starts_at: Some(slot_start(session, row.slot)), ..in_list(cx, row, full)? })
}

/// The appointment in a list.
pub(super) fn in_list(cx: &Cx, row: &appointment::Model, full: bool) -> Result<Appointment> {
    let full = full && cx.actor.sees(PersonalData::Visits);
    let subject = Sealed::Subject.open(cx, row.id, &row.subject)?;
    Ok(Appointment {
        id: row.id,
        version: row.version,
        session_id: row.session_id,
        region_code: row.region_code,
        slot: row.slot,
        starts_at: None,
        state: row.state,
        requester_id: row.requester_id,
        booked_by: row.booked_by,
        contact: None,
        subject: if full { subject } else { mask::text(&subject) },
        note: None,
        masked: !full,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
