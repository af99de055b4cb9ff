//! Whose account it is (微信登录、绑定).

use super::{
    client::{Fault, Wechat},
    command::{BindWechat, SignInByWechat},
    event::{BoundBy, WechatEvent},
    row::binding,
    store,
    view::WechatBinding,
};
use identity::{Identity, Tokens};
use kernel::{Actor, Code, Core, Cx, Error, Permission, RegionCode, Result, Subject, Tx, id::AccountId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Somebody as WeChat knows them. The `session_key` that comes along is of no use here, so nothing holds it.
#[derive(Deserialize)]
struct User {
    openid: String,
    unionid: Option<String>,
}

#[derive(Deserialize)]
struct PhoneAnswer {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    pure_phone_number: String,
    /// A number or a text.
    #[serde(default)]
    country_code: Value,
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
}

impl PhoneInfo {
    fn number(&self) -> String {
        let country = match &self.country_code {
            Value::String(text) => text.trim_start_matches('+').to_owned(),
            Value::Number(number) => number.to_string(),
            _ => "86".to_owned(),
        };
        if country == "86" { self.pure_phone_number.clone() } else { format!("+{country}{}", self.pure_phone_number) }
    }
}

impl Wechat {
    /// Who has opened the mini-program (code2Session). Asked once more when WeChat is busy.
    async fn user(&self, code: &str) -> Result<User> {
        let query = [
            ("appid", self.setup.appid.as_str()),
            ("secret", self.setup.secret.as_str()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        let mut answer = self.get("/sns/jscode2session", &query).await;
        if matches!(&answer, Err(fault) if fault.errcode() == Some(-1)) {
            answer = self.get("/sns/jscode2session", &query).await;
        }
        answer.map_err(|fault: Fault| pointed(fault.problem(), "#/code"))
    }

    /// The phone number that WeChat vouches for (getPhoneNumber).
    async fn phone(&self, core: &Core, code: &str) -> Result<String> {
        let body = json!({ "code": code });
        let answer: Result<PhoneAnswer, Fault> = self.call(core, "/wxa/business/getuserphonenumber", &body).await;
        let info = answer.map_err(|fault| pointed(fault.problem(), "#/phone_code"))?.phone_info;
        // A number that was given to another mini-program says nothing here.
        if info.watermark.appid == self.setup.appid {
            Ok(info.number())
        } else {
            Err(pointed(Error::new(Code::WechatCodeInvalid), "#/phone_code"))
        }
    }

    /// What a WeChat user is found by.
    fn index(&self, cx: &Cx, openid: &str) -> Result<String> {
        cx.vault().blind_index(&format!("wechat {} {openid}", self.setup.appid))
    }

    fn binding(&self, tx: &Tx<'_>, account: AccountId, user: &User) -> Result<binding::Model> {
        let vault = tx.cx().vault();
        Ok(binding::Model {
            account_id: account,
            openid: vault.seal(&owner(account), &user.openid)?,
            openid_index: self.index(tx.cx(), &user.openid)?,
            unionid: user.unionid.as_deref().map(|unionid| vault.seal(&owner(account), unionid)).transpose()?,
            bound_at: tx.now,
            seen_at: tx.now,
        })
    }
}

/// Says which code is wrong.
fn pointed(error: Error, pointer: &str) -> Error {
    if error.code == Code::WechatCodeInvalid { error.at(pointer) } else { error }
}

/// What the sealed columns are bound to.
fn owner(account: AccountId) -> String {
    format!("wechat binding {account}")
}

impl binding::Model {
    /// Who it is at WeChat, to be sent there and nowhere else.
    pub(super) fn openid(&self, cx: &Cx) -> Result<String> {
        cx.vault().open(&owner(self.account_id), &self.openid)
    }
}

const fn subject(account: AccountId) -> Subject {
    Subject { id: account.0, version: 1, region: RegionCode::COUNTRY }
}

/// Somebody who is just signing in: no grants, no key.
fn acting(core: &Core, account: AccountId) -> Cx {
    Cx::new(core.clone(), Arc::new(Actor { account: Some(account), session: None, grants: Vec::new(), program: None }))
}

/// Signs in from a mini-program (微信登录): whoever the account is bound to, the first time by phone number. `network` is where the
/// call comes from, if known.
///
/// # Errors
/// `wechat_code_invalid`, `wechat_user_blocked`, `wechat_busy`, `wechat_unavailable`, `wechat_refused`; `wechat_unbound` without a
/// phone code; `wechat_phone_unknown`, `wechat_phone_shared`, `wechat_password_needed`, `wechat_account_bound` with one; `rate_limited`.
pub async fn sign_in(core: &Core, identity: &Identity, wechat: &Wechat, command: SignInByWechat, network: Option<&str>) -> Result<Tokens> {
    identity.sign_in_as(core, network, found(core, wechat, command)).await
}

async fn found(core: &Core, wechat: &Wechat, command: SignInByWechat) -> Result<AccountId> {
    let cx = Cx::system(core.clone());
    let user = wechat.user(&command.code).await?;
    let bound = store::bound_to(&cx, &wechat.index(&cx, &user.openid)?).await?;
    if let Some(row) = &bound
        && identity::actor_of(&cx, row.account_id).await?.is_some()
    {
        let mut tx = cx.begin();
        store::seen(&mut tx, row.account_id).await?;
        tx.commit(()).await?;
        return Ok(row.account_id);
    }
    let phone_code = command.phone_code.ok_or_else(|| Error::new(Code::WechatUnbound))?;
    let phone = wechat.phone(core, &phone_code).await?;
    let account = match identity::with_phone(&cx, &phone).await?.as_slice() {
        [] => return Err(Error::new(Code::WechatPhoneUnknown)),
        [account] => *account,
        _ => return Err(Error::new(Code::WechatPhoneShared)),
    };
    // The phone of an account can be changed by who manages it; that must not be a way into an account that manages others.
    let actor = identity::actor_of(&cx, account).await?.ok_or_else(|| Error::new(Code::WechatPhoneUnknown))?;
    if !actor.reach(Permission::AccountManage).is_empty() {
        return Err(Error::new(Code::WechatPasswordNeeded));
    }
    if store::binding_of(&cx, account).await?.is_some() {
        return Err(Error::new(Code::WechatAccountBound));
    }
    let cx = acting(core, account);
    let mut tx = cx.begin();
    // What the user was bound to before is not in use any more.
    if let Some(row) = bound {
        store::unbind(&mut tx, row.account_id).await?;
    }
    let row = wechat.binding(&tx, account, &user)?;
    store::bind(&mut tx, row).await.map_err(taken)?;
    tx.emit(subject(account), &WechatEvent::Bound { by: BoundBy::Phone })?;
    tx.commit(account).await
}

fn taken(error: Error) -> Error {
    match error.code {
        Code::ValueTaken if error.breaks("openid_index") => Error::new(Code::WechatUserTaken).because(error),
        Code::ValueTaken => Error::new(Code::WechatAccountBound).because(error),
        _ => error,
    }
}

/// Binds the caller's account to the WeChat user of the mini-program (绑定微信). Who was bound to either before is not any more: that
/// they hold both, they have shown.
///
/// # Errors
/// `wechat_code_invalid`, `wechat_user_blocked`, `wechat_busy`, `wechat_unavailable`, `wechat_refused`.
pub async fn bind(cx: &Cx, wechat: &Wechat, command: BindWechat) -> Result<WechatBinding> {
    let account = cx.actor.account()?;
    let user = wechat.user(&command.code).await?;
    let bound = store::bound_to(cx, &wechat.index(cx, &user.openid)?).await?;
    let mut tx = cx.begin();
    if let Some(row) = bound.as_ref().filter(|row| row.account_id == account) {
        store::seen(&mut tx, account).await?;
        return tx.commit(WechatBinding { account_id: account, bound_at: row.bound_at }).await;
    }
    if let Some(row) = bound {
        store::unbind(&mut tx, row.account_id).await?;
        tx.emit(subject(row.account_id), &WechatEvent::Unbound {})?;
    }
    // What another WeChat user agreed to, this one did not.
    store::unbind(&mut tx, account).await?;
    let row = wechat.binding(&tx, account, &user)?;
    let view = WechatBinding { account_id: account, bound_at: row.bound_at };
    store::bind(&mut tx, row).await.map_err(taken)?;
    tx.emit(subject(account), &WechatEvent::Bound { by: BoundBy::SignedIn })?;
    tx.commit(view).await
}

/// Takes the caller's binding away (解绑微信); without one nothing happens.
///
/// # Errors
/// `database_unavailable`.
pub async fn unbind(cx: &Cx) -> Result<()> {
    let account = cx.actor.account()?;
    let mut tx = cx.begin();
    if store::unbind(&mut tx, account).await? {
        tx.emit(subject(account), &WechatEvent::Unbound {})?;
    }
    tx.commit(()).await
}

/// The account that is bound to a WeChat user.
pub(super) async fn account_of(cx: &Cx, wechat: &Wechat, openid: &str) -> Result<Option<AccountId>> {
    Ok(store::bound_to(cx, &wechat.index(cx, openid)?).await?.map(|row| row.account_id))
}

/// Takes the binding of an account away that is deleted.
///
/// # Errors
/// `database_unavailable`.
pub async fn erase(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    if store::unbind(tx, account).await? {
        tx.emit(subject(account), &WechatEvent::Unbound {})?;
    }
    Ok(())
}

/// When an account was bound to a WeChat user; absent if it is bound to none.
///
/// # Errors
/// `database_unavailable`.
pub async fn bound_since(cx: &Cx, account: AccountId) -> Result<Option<WechatBinding>> {
    Ok(store::binding_of(cx, account).await?.map(|row| WechatBinding { account_id: account, bound_at: row.bound_at }))
}
