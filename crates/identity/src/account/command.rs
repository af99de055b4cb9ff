//! What comes in about accounts.

use super::row::AccountStatus;
use crate::grant::CreateGrant;
use kernel::{
    RegionCode, Role,
    error::{Code, Error, FieldError, Result},
    person::dialled,
};
use serde::Deserialize;
use std::borrow::Cow;
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// Opens an account (开立账号).
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateAccount {
    /// The name to sign in with (账号名), unique: a–z, 0–9, `_`, `.`, `-`.
    #[validate(length(min = 3, max = 64), custom(function = "login_name"))]
    #[schema(min_length = 3, max_length = 64, pattern = "^[a-z0-9_.-]+$")]
    pub name: String,
    /// The first password (初始密码).
    #[validate(length(min = 10, max = 128))]
    #[schema(min_length = 10, max_length = 128, format = Password)]
    pub password: String,
    /// What the person is called (姓名).
    #[validate(length(min = 1, max = 32), custom(function = "not_blank"))]
    #[schema(min_length = 1, max_length = 32)]
    pub display_name: String,
    /// A mobile number, the same with +86, or a fixed line (电话).
    #[validate(custom(function = "phone_number"))]
    #[schema(pattern = "^(1[3-9][0-9]{9}|\\+86[1-9][0-9]{8,10}|0[0-9]{2,3}-?[0-9]{7,8})$")]
    pub phone: Option<String>,
    /// What the account may do from the start (授权); may be empty.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub grants: Vec<CreateGrant>,
}

/// Changes an account (修改账号). What is absent stays as it is.
#[derive(Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateAccount {
    /// The version that was read; refused if the account has changed since.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
    /// What the person is called (姓名).
    #[validate(length(min = 1, max = 32), custom(function = "not_blank"))]
    #[schema(min_length = 1, max_length = 32)]
    pub display_name: Option<String>,
    /// A mobile number, the same with +86, or a fixed line (电话).
    #[validate(custom(function = "phone_number"))]
    #[schema(pattern = "^(1[3-9][0-9]{9}|\\+86[1-9][0-9]{8,10}|0[0-9]{2,3}-?[0-9]{7,8})$")]
    pub phone: Option<String>,
    /// A new password (新密码): by the owner alone, with `old_password`. Ends every other session.
    #[validate(length(min = 10, max = 128))]
    #[schema(min_length = 10, max_length = 128, format = Password)]
    pub password: Option<String>,
    /// The password until now (原密码).
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, format = Password)]
    pub old_password: Option<String>,
    /// Disables the account or enables it again (停用、启用): by somebody who manages it, never by the owner.
    pub status: Option<AccountStatus>,
}

/// Which accounts to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAccounts {
    /// Only those with a grant in this region or beneath it (区划), or in a grid or an organization there.
    pub region_code: Option<RegionCode>,
    /// Only those with this role (角色), in that region if one is named.
    pub role: Option<Role>,
    /// Only those of this status (状态).
    pub status: Option<AccountStatus>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Keeps the limits for callers who do not come through HTTP. The validator's own error is dropped, not
/// kept for the log: it holds the value at fault, which may be a password.
pub(crate) fn keep_limits(command: &impl Validate) -> Result<()> {
    let Err(errors) = command.validate() else { return Ok(()) };
    let mut names: Vec<_> = errors.errors().keys().map(AsRef::as_ref).collect();
    names.sort_unstable();
    let mut refusal = Error::new(Code::ContentInvalid);
    refusal.fields = names.into_iter().map(|name: &str| outside_limits(name)).collect();
    Err(refusal)
}

fn outside_limits(name: &str) -> FieldError {
    FieldError { pointer: format!("#/{name}"), code: Code::FieldInvalid, params: vec![("reason", "outside its limits".to_owned())] }
}

fn refuse(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(Cow::Borrowed(message))
}

/// A name that can be read over the phone and never mistaken for another.
pub(crate) fn login_name(name: &str) -> Result<(), ValidationError> {
    let fine = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-'));
    if fine { Ok(()) } else { Err(refuse("login_name", "only a-z, 0-9, _ . and -")) }
}

/// A name that is more than white space, and one line.
pub(crate) fn not_blank(text: &str) -> Result<(), ValidationError> {
    let fine = !text.trim().is_empty() && !text.chars().any(char::is_control);
    if fine { Ok(()) } else { Err(refuse("display_name", "a name on one line, not blank")) }
}

/// A number that can be dialled.
pub(crate) fn phone_number(phone: &str) -> Result<(), ValidationError> {
    if dialled(phone).is_some() {
        Ok(())
    } else {
        Err(refuse("phone", "a mobile number, the same with +86, or a fixed line such as 0514-87654321"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_their_letters() {
        assert!(login_name("wang.li_01-x").is_ok());
        for bad in ["Wang", "王丽", "a b", "a\n", "a/b"] {
            assert!(login_name(bad).is_err(), "{bad}");
        }
        assert!(not_blank("  ").is_err() && not_blank("王\n丽").is_err() && not_blank("王丽").is_ok());
    }
}
