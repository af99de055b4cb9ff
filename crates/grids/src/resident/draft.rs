//! What is said of a resident, checked and brought into one form, before anything is sealed.

use super::row::{self, Sealed};
use crate::region;
use chrono::{Datelike, NaiveDate};
use kernel::{
    Code, Cx, Error, Result, Time,
    id::ResidentId,
    person::{IdNumber, Sex, dialled},
};

/// The personal fields as somebody gives them; what is absent is not given.
#[derive(Clone, Copy, Default)]
pub(super) struct Given<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) phone: Option<&'a str>,
    pub(super) id_number: Option<&'a str>,
    pub(super) birth_date: Option<NaiveDate>,
    pub(super) sex: Option<Sex>,
}

/// The same in their one form.
pub(super) struct Draft {
    pub(super) name: Option<String>,
    pub(super) phone: Option<(String, String)>,
    pub(super) id_number: Option<IdNumber>,
    pub(super) birth_date: Option<NaiveDate>,
    pub(super) sex: Option<Sex>,
}

fn wrong(pointer: &str, reason: &'static str) -> Error {
    Error::field_with(pointer, Code::FieldInvalid, vec![("reason", reason.to_owned())])
}

/// Checks all that is given, and tells every field at fault.
pub(super) fn check(given: Given<'_>, now: Time) -> Result<Draft> {
    let today = region::day(now);
    let mut faults = Vec::new();
    let mut noted = |fault: Error| faults.extend(fault.fields);
    let name = given.name.map(str::trim);
    if let Some(name) = name
        && (name.is_empty() || name.chars().count() > 50 || name.chars().any(char::is_control))
    {
        noted(wrong("#/name", "a name on one line, 1 to 50 characters"));
    }
    let phone = given.phone.map(|p| p.split_whitespace().collect::<String>());
    let phone = phone.map(|p| (dialled(&p), p));
    if let Some((None, _)) = phone {
        noted(wrong("#/phone", "a mobile number, the same with +86, or a fixed line such as 0514-87654321"));
    }
    let id_number = match given.id_number.map(|n| IdNumber::parse(n, today)) {
        Some(Err(fault)) => {
            noted(Error::field_with("#/id_number", Code::IdNumberInvalid, vec![("reason", fault.as_str().to_owned())]));
            None
        }
        Some(Ok(number)) => Some(number),
        None => None,
    };
    if let Some(born) = given.birth_date
        && (born > today || born.year() < 1850)
    {
        noted(wrong("#/birth_date", "a day since 1850, not in the future"));
    }
    if let Some(number) = &id_number {
        if given.birth_date.is_some_and(|born| born != number.born()) {
            noted(wrong("#/birth_date", "it is not that of the ID number"));
        }
        if given.sex.is_some_and(|sex| sex != number.sex()) {
            noted(wrong("#/sex", "it is not that of the ID number"));
        }
    }
    if !faults.is_empty() {
        let mut error = Error::new(Code::ContentInvalid);
        error.fields = faults;
        return Err(error);
    }
    Ok(Draft {
        name: name.map(str::to_owned),
        phone: phone.and_then(|(digits, written)| digits.map(|digits| (digits, written))),
        birth_date: id_number.as_ref().map(IdNumber::born).or(given.birth_date),
        sex: id_number.as_ref().map(IdNumber::sex).or(given.sex),
        id_number,
    })
}

/// What a phone is found by.
pub(super) fn phone_index(cx: &Cx, digits: &str) -> Result<String> {
    cx.vault().blind_index(&format!("resident phone {digits}"))
}

/// What an ID number is found by.
pub(super) fn id_index(cx: &Cx, number: &IdNumber) -> Result<String> {
    cx.vault().blind_index(&format!("resident id_number {}", number.as_str()))
}

impl Draft {
    /// Seals what is given into the row.
    pub(super) fn seal_into(&self, cx: &Cx, id: ResidentId, row: &mut row::Model) -> Result<()> {
        if let Some(name) = &self.name {
            row.name = Sealed::Name.seal(cx, id, name)?;
        }
        if let Some((digits, written)) = &self.phone {
            row.phone = Some(Sealed::Phone.seal(cx, id, written)?);
            row.phone_index = Some(phone_index(cx, digits)?);
        }
        if let Some(number) = &self.id_number {
            row.id_number = Some(Sealed::IdNumber.seal(cx, id, number.as_str())?);
            row.id_index = Some(id_index(cx, number)?);
        }
        if let Some(born) = self.birth_date {
            row.birth_date = Some(Sealed::BirthDate.seal(cx, id, &born.to_string())?);
        }
        row.sex = self.sex.unwrap_or(row.sex);
        Ok(())
    }
}
