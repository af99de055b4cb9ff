//! What goes out about accounts, masked by who asks.

use super::row::{self, AccountStatus};
use crate::grant::Grant;
use chrono::{DateTime, Utc};
use kernel::{Actor, Cx, access::PersonalData, column::maybe, error::Result, id::AccountId, mask};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ExprTrait, JoinType, QueryResult, QuerySelect, Select, sea_query::Expr};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account (账号): somebody who can sign in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The name to sign in with (账号名).
    #[schema(example = "wang.li")]
    pub name: String,
    /// What the person is called (姓名); masked for those who may not read accounts here.
    #[schema(example = "王丽")]
    pub display_name: String,
    /// The phone (电话), masked for everybody but the owner; absent if none is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = "138****1234")]
    pub phone: Option<String>,
    /// Whether it may sign in (状态).
    pub status: AccountStatus,
    /// Counts the changes (版本), from 1.
    #[schema(minimum = 1)]
    pub version: i32,
    /// When it was opened (开立时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (修改时间).
    pub updated_at: DateTime<Utc>,
}

/// Who I am and what I may do (当前账号).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The account, in full.
    pub account: Account,
    /// Its grants that are in force (有效授权).
    pub grants: Vec<Grant>,
    /// What it may do in at least one place (权限): the words of `x-permission`.
    #[schema(example = json!(["order.place", "order.evaluate"]))]
    pub permissions: Vec<String>,
}

/// How to reach somebody, unmasked: for the work of other crates, never for an answer as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// What the person is called.
    pub name: String,
    /// The phone; absent if none is known.
    pub phone: Option<String>,
}

/// How much of an account somebody may see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sight {
    /// One's own: everything.
    Own,
    /// That of somebody within one's reach: the name, but not the phone.
    Reach,
    /// That of somebody one has just made and has no grant to see yet, or to a program without an agreement: masked.
    Outline,
}

impl Sight {
    /// What somebody sees of an account within their reach.
    pub(crate) fn of(actor: &Actor) -> Self {
        if actor.sees(PersonalData::Staff) { Self::Reach } else { Self::Outline }
    }
}

/// What the sealed fields of an account are bound to.
pub(crate) fn owner(id: AccountId) -> String {
    format!("account {id}")
}

/// Opens the sealed fields.
pub(crate) fn unseal(cx: &Cx, row: &row::Model) -> Result<Contact> {
    open(cx, row.id, &row.display_name, row.phone.as_deref())
}

pub(crate) fn open(cx: &Cx, id: AccountId, name: &str, phone: Option<&str>) -> Result<Contact> {
    let owner = owner(id);
    let name = cx.vault().open(&owner, name)?;
    let phone = phone.map(|p| cx.vault().open(&owner, p)).transpose()?;
    Ok(Contact { name, phone })
}

/// A contact as it is stored, for a crate that reads it in the same query as something of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedContact {
    id: AccountId,
    name: String,
    phone: Option<String>,
}

impl SealedContact {
    /// The same query with the contact of the account that this column names, in two columns behind its own.
    #[must_use]
    pub fn join<E: EntityTrait, C: ColumnTrait>(query: Select<E>, account: C) -> Select<E> {
        use row::Column as A;
        let columns = [A::DisplayName, A::Phone].map(|column| (row::Entity, column));
        let mut query = query;
        let of_account = Expr::col((row::Entity, A::Id)).equals(account.as_column_ref());
        QuerySelect::query(&mut query).join(JoinType::LeftJoin, row::Entity, of_account).columns(columns);
        query
    }

    /// The contact of this account in the two columns at this position; absent if there is no such account.
    ///
    /// # Errors
    /// When something else is there.
    pub fn read(row: &QueryResult, position: usize, account: Option<AccountId>) -> Result<Option<Self>, DbErr> {
        let (name, phone) = (maybe(row, position)?, maybe(row, position + 1)?);
        Ok(account.zip(name).map(|(id, name)| Self { id, name, phone }))
    }

    /// Unmasked, for the work of other crates.
    ///
    /// # Errors
    /// `internal_error` if it was sealed with a key that is not there.
    pub fn open(&self, cx: &Cx) -> Result<Contact> {
        open(cx, self.id, &self.name, self.phone.as_deref())
    }
}

pub(crate) fn show(cx: &Cx, row: row::Model, sight: Sight) -> Result<Account> {
    let Contact { name, phone } = unseal(cx, &row)?;
    Ok(Account {
        id: row.id,
        name: row.name,
        display_name: if sight == Sight::Outline { mask::name(&name) } else { name },
        phone: phone.map(|p| if sight == Sight::Own { p } else { mask::phone(&p) }),
        status: row.status,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
