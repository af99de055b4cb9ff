//! Sessions (会话): signing in, staying in, leaving; and who a request comes from.
//!
//! A session is one sign-in on one device. Its row keeps the generation of the refresh token that is
//! good now: [`Identity::refresh`] moves it on by one, a token of the generation before is forgiven for
//! ten seconds, and an older one ends the session, because then somebody else has a copy.
//!
//! [`Identity::authenticate`] runs on every request. It remembers what it read for five seconds;
//! a change made through this process counts at once, one made through another within those five.

mod command;
pub(crate) mod event;
mod flow;
pub(crate) mod row;
mod store;
mod view;

pub use command::{Refresh, SignIn};
pub use view::Tokens;

use crate::{
    account::{self, Account, AccountStatus, UpdateAccount},
    application::{
        self, Application, ApplicationStatus, IssuedCredential, RecordAgreement, RotateCredential, StepApplication, UpdateApplication, key,
    },
    keys::{ACCESS_SECONDS, Bearer, Keys, Ticket},
    limiter::Limiter,
    oidc::{Issuer, Trust},
    password,
    program::{Allowance, ApplicationUsage, BuyToken, GetUsage, Outcome, ProgramToken, Programs, REQUESTS_PER_MINUTE},
};
use chrono::Duration;
use event::Reason;
use flow::Worth;
use kernel::{
    Actor, Core, Cx, Scope, Time, Tx,
    access::{self, Program},
    error::{Code, Error, Kind, Result},
    id::{AccountId, ApplicationId, CredentialId, SessionId},
};
use moka::sync::Cache;
use std::sync::{Arc, OnceLock};
use store::{Signed, Which};

/// How long a session lasts.
const LIFETIME: Duration = Duration::days(30);
/// How long what was read about a session is believed.
pub(crate) const BELIEF: Duration = Duration::seconds(5);
/// Sessions remembered at once.
const REMEMBERED: u64 = 100_000;
/// Wrong passwords a minute: for one name from one network, for any name from one network, for one name from anywhere. The
/// last is so much higher because with it somebody can be locked out by others.
const GUESSES: (u32, u32, u32) = (5, 30, 100);

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}

/// What was read about a session, and from when until when it is believed.
struct Known {
    actor: Arc<Actor>,
    account: AccountId,
    from: Time,
    until: Time,
}

/// Sign-in, tokens, and the short memory of who is who. One for the whole process.
pub struct Identity {
    /// The keys that tokens are made with.
    pub keys: Keys,
    known: Cache<SessionId, Arc<Known>>,
    /// When something about an account was last changed here: what was read before then is stale.
    changed: Cache<AccountId, Time>,
    by_name_here: Limiter,
    by_network: Limiter,
    by_name: Limiter,
    programs: Programs,
    /// Whose tokens are taken beside ours; nobody's unless told.
    issuer: OnceLock<Issuer>,
    /// Those who came with its tokens, by their sign-in name.
    abroad: Cache<Arc<str>, Arc<Known>>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({:?})", self.keys)
    }
}

impl Identity {
    /// With these keys, remembering nobody yet.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        let seconds = std::time::Duration::from_secs;
        Self {
            keys,
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(seconds(5)).build(),
            changed: Cache::builder().max_capacity(REMEMBERED).time_to_live(seconds(15)).build(),
            by_name_here: Limiter::new(GUESSES.0),
            by_network: Limiter::new(GUESSES.1),
            by_name: Limiter::new(GUESSES.2),
            programs: Programs::new(REQUESTS_PER_MINUTE),
            issuer: OnceLock::new(),
            abroad: Cache::builder().max_capacity(REMEMBERED).time_to_live(seconds(5)).build(),
        }
    }

    /// Takes the tokens of an outside issuer from now on. The first one stays.
    ///
    /// # Errors
    /// `internal_error` when it cannot be asked at all.
    pub fn trust(&self, trust: Trust) -> Result<()> {
        let issuer = Issuer::new(trust)?;
        self.issuer.get_or_init(|| issuer);
        Ok(())
    }

    /// The same with another quota for applications that have none of their own.
    #[must_use]
    pub fn with_quota(mut self, requests_per_minute: u32) -> Self {
        self.programs = Programs::new(requests_per_minute);
        self
    }

    /// Who a request comes from: the bearer token's account with the grants that are in force now, or the program that an
    /// API key or a token belongs to.
    ///
    /// # Errors
    /// `token_invalid` for a bad token, an ended session and a disabled account alike; `api_key_invalid` for a bad key; of a
    /// program with a right one `credential_revoked`, `credential_expired`, `application_suspended`, `application_revoked`.
    pub async fn authenticate(&self, core: &Core, bearer: &str) -> Result<Arc<Actor>> {
        let now = core.clock.now();
        if key::is_meant(bearer) {
            return self.programs.by_key(core, bearer).await;
        }
        let ticket = match (self.keys.verify(bearer, now), self.issuer.get()) {
            (Ok(Bearer::Person(ticket)), _) => ticket,
            (Ok(Bearer::Program(pass)), _) => return self.programs.by_token(core, pass).await,
            (Err(_), Some(issuer)) if issuer.is_meant(bearer) => return self.by_issuer(core, issuer, bearer).await,
            (Err(error), _) => return Err(error),
        };
        if let Some(known) = self.known.get(&ticket.session)
            && self.is_fresh(&known, now)
            && known.account == ticket.account
        {
            return Ok(Arc::clone(&known.actor));
        }
        let rows = store::signed(core, ticket.session, now).await?;
        let known = know(ticket, rows, now)?.ok_or_else(|| Error::new(Code::TokenInvalid))?;
        let actor = Arc::clone(&known.actor);
        self.known.insert(ticket.session, Arc::new(known));
        Ok(actor)
    }

    fn is_fresh(&self, known: &Known, now: Time) -> bool {
        known.from <= now && now < known.until && self.changed.get(&known.account).is_none_or(|at| at < known.from)
    }

    /// The account whose sign-in name a token of the outside issuer bears.
    async fn by_issuer(&self, core: &Core, issuer: &Issuer, bearer: &str) -> Result<Arc<Actor>> {
        let name = issuer.name(core, bearer).await?;
        let now = core.clock.now();
        if let Some(known) = self.abroad.get(&name).filter(|known| self.is_fresh(known, now)) {
            return Ok(Arc::clone(&known.actor));
        }
        let known = store::named(core, &name, now).await?.ok_or_else(|| Error::new(Code::TokenInvalid))?;
        let actor = Arc::clone(&known.actor);
        self.abroad.insert(name, Arc::new(known));
        Ok(actor)
    }

    /// Forgets what is remembered about an account, because its grants or its status have changed.
    /// The verbs of this type do it themselves; after `grant_role` and `revoke_grant` the caller does.
    pub fn forget(&self, cx: &Cx, account: AccountId) {
        self.changed.insert(account, cx.now());
    }

    /// Signs in (登录). A wrong name, a wrong password and a disabled account are the same to the caller, in
    /// words and in work. `network` is where the call comes from, if known.
    ///
    /// # Errors
    /// `credentials_wrong`; `rate_limited` after too many of those within a minute.
    pub async fn sign_in(&self, core: &Core, command: SignIn, network: Option<&str>) -> Result<Tokens> {
        let now = core.clock.now();
        let network = network.unwrap_or_default();
        let from = self.by_network.attempt(network, now).await?;
        let here = self.by_name_here.attempt(&format!("{network} {}", command.name), now).await?;
        let guess = self.by_name.attempt(&command.name, now).await?;
        let row = account::find_row_by_name(core.db.reader(), &command.name).await?;
        let hash = row.as_ref().and_then(|r| r.password_hash.clone());
        let fits = password::fits(command.password, hash).await?;
        let row = row.filter(|r| fits && r.status == AccountStatus::Active).ok_or_else(|| Error::new(Code::CredentialsWrong))?;
        from.give_back();
        here.forgive();
        guess.forgive();
        self.open(core, row.id).await
    }

    /// Signs in whom another way of signing in finds (其他方式登录): `find` says which account it is, one that is in use. A wrong proof
    /// counts as a wrong password does.
    ///
    /// # Errors
    /// Those of `find`; `rate_limited`.
    pub async fn sign_in_as(&self, core: &Core, network: Option<&str>, find: impl Future<Output = Result<AccountId>>) -> Result<Tokens> {
        let from = self.by_network.attempt(network.unwrap_or_default(), core.clock.now()).await?;
        let found = find.await;
        if found.as_ref().err().is_none_or(|e| e.code.kind() != Kind::Unauthenticated) {
            from.give_back();
        }
        self.open(core, found?).await
    }

    /// Opens a session.
    async fn open(&self, core: &Core, account: AccountId) -> Result<Tokens> {
        let cx = acting(core, account);
        let mut tx = cx.begin();
        let session = row::Model {
            id: tx.id(),
            account_id: account,
            generation: 1,
            rotated_at: tx.now,
            created_at: tx.now,
            expires_at: tx.now + LIFETIME,
            revoked_at: None,
        };
        store::insert(&mut tx, session.clone()).await?;
        let tokens = self.tokens(&session, 1, tx.now)?;
        tx.commit(()).await?;
        Ok(tokens)
    }

    /// Buys the next pair of tokens (刷新令牌).
    ///
    /// # Errors
    /// `refresh_token_invalid` for a token that is not ours, was used before, or whose session is over. A
    /// token used a second time ends its session.
    pub async fn refresh(&self, core: &Core, command: Refresh) -> Result<Tokens> {
        let invalid = || Error::new(Code::RefreshTokenInvalid);
        let (id, given) = self.keys.read_refresh_token(&command.refresh_token)?;
        // Twice, because another request may rotate between our look and our step.
        for _ in 0..2 {
            let now = core.clock.now();
            let session = store::living(core, id, now).await?.ok_or_else(invalid)?;
            let cx = acting(core, session.account_id);
            match flow::worth(given, session.generation, now - session.rotated_at) {
                Worth::Rotate if store::rotate(&cx, &session).await? => return self.tokens(&session, session.generation + 1, now),
                Worth::Rotate => {}
                Worth::Repeat => return self.tokens(&session, session.generation, now),
                Worth::Reused => {
                    tracing::warn!(session = %id, "a refresh token was used twice; the session ends");
                    self.end(&cx, session.account_id, id, Reason::TokenReused).await?;
                    return Err(invalid());
                }
                Worth::Unknown => return Err(invalid()),
            }
        }
        Err(invalid())
    }

    /// Signs out (退出登录): the session ends, and both its tokens with it.
    ///
    /// # Errors
    /// `token_missing` for the system itself.
    pub async fn sign_out(&self, cx: &Cx) -> Result<()> {
        let account = cx.actor.account()?;
        let session = cx.actor.session.ok_or_else(|| Error::new(Code::TokenMissing))?;
        self.end(cx, account, session, Reason::SignedOut).await
    }

    /// Changes an account (修改账号): name and phone by the owner or who manages it, the password by the
    /// owner with the old one, the status by who manages it.
    ///
    /// # Errors
    /// `account_not_found`, also for those who may not know of it; `permission_missing`, `grant_beyond_own`,
    /// `account_not_own`, `account_is_own`; `old_password_wrong`, `rate_limited`; `version_stale`.
    pub async fn update_account(&self, cx: &Cx, id: AccountId, command: UpdateAccount) -> Result<Account> {
        let view = account::update(cx, id, command, &self.by_name_here).await?;
        self.forget(cx, id);
        Ok(view)
    }

    /// Sells a program a token of 15 minutes (获取应用令牌); `basic` is what came by HTTP Basic.
    ///
    /// # Errors
    /// `grant_type_unsupported`, `client_repeated`, `client_invalid`, `scope_invalid`; of a right secret that is not good any
    /// more `credential_revoked`, `credential_expired`, `application_suspended`, `application_revoked`.
    pub async fn sell_token(&self, core: &Core, command: BuyToken, basic: Option<(String, String)>) -> Result<ProgramToken> {
        self.programs.sell(core, &self.keys, command, basic).await
    }

    /// Counts a request of a program against its quota.
    #[must_use]
    pub fn allowance(&self, program: &Program, now: Time) -> Allowance {
        self.programs.quotas.count(program, now)
    }

    /// Counts how a request of a program ended.
    pub fn count_usage(&self, program: &Program, operation: &'static str, outcome: Outcome, now: Time) {
        self.programs.usage.count(program, operation, outcome, now);
    }

    /// Writes down what has been counted of the usage of applications; returns how many lines.
    ///
    /// # Errors
    /// `database_unavailable`; then it is kept for the next time.
    pub async fn flush_usage(&self, core: &Core) -> Result<u64> {
        self.programs.usage.flush(core).await
    }

    /// How often an application called (应用调用统计).
    ///
    /// # Errors
    /// `application_not_found`, also for those who may not know of it; `query_parameter_invalid`.
    pub async fn application_usage(&self, cx: &Cx, id: ApplicationId, query: &GetUsage) -> Result<ApplicationUsage> {
        self.programs.usage.report(cx, id, query).await
    }

    /// Changes an application (应用变更). It counts at once.
    ///
    /// # Errors
    /// `application_not_found`, also for those who may not know of it; `permission_missing`, `scope_not_for_programs`,
    /// `scope_beyond_own`; `application_state_conflict`, `version_stale`.
    pub async fn update_application(&self, cx: &Cx, id: ApplicationId, command: UpdateApplication) -> Result<Application> {
        let view = application::update(cx, id, command).await?;
        self.programs.forget(cx, id);
        Ok(view)
    }

    /// Suspends (停用), resumes (恢复) or revokes (注销) an application. It counts at once.
    ///
    /// # Errors
    /// `application_not_found`, also for those who may not know of it; `permission_missing`; `application_state_conflict`,
    /// `version_stale`.
    pub async fn step_application(
        &self,
        cx: &Cx,
        id: ApplicationId,
        command: StepApplication,
        to: ApplicationStatus,
    ) -> Result<Application> {
        let view = application::step(cx, id, command, to).await?;
        self.programs.forget(cx, id);
        Ok(view)
    }

    /// Records an agreement on personal data (数据共享协议登记) in the place of the one before.
    ///
    /// # Errors
    /// `application_not_found`, also for those who may not know of it; `permission_missing`; `period_invalid`;
    /// `application_state_conflict`, `version_stale`.
    pub async fn record_agreement(&self, cx: &Cx, id: ApplicationId, command: RecordAgreement) -> Result<Application> {
        let view = application::agree(cx, id, command).await?;
        self.programs.forget(cx, id);
        Ok(view)
    }

    /// Ends the agreement now (数据共享协议终止). Without one in force nothing happens.
    ///
    /// # Errors
    /// `application_not_found`, also for those who may not know of it; `permission_missing`; `version_stale`.
    pub async fn end_agreement(&self, cx: &Cx, id: ApplicationId) -> Result<()> {
        application::end_agreement(cx, id).await?;
        self.programs.forget(cx, id);
        Ok(())
    }

    /// Gives a credential a successor (轮换凭据): both are good for the overlap, then the new one alone.
    ///
    /// # Errors
    /// `credential_not_found`, also for those who may not know of it; `permission_missing`; `credential_ended`,
    /// `application_state_conflict`, `credential_limit_reached`, `version_stale`.
    pub async fn rotate_credential(&self, cx: &Cx, id: CredentialId, command: RotateCredential) -> Result<IssuedCredential> {
        let issued = application::rotate_credential(cx, id, command).await?;
        self.programs.forget(cx, issued.credential.application_id);
        Ok(issued)
    }

    /// Revokes a credential (吊销凭据). It counts at once. One that is revoked already stays as it is.
    ///
    /// # Errors
    /// `credential_not_found`, also for those who may not know of it; `permission_missing`; `version_stale`.
    pub async fn revoke_credential(&self, cx: &Cx, id: CredentialId) -> Result<()> {
        let application = application::revoke_credential(cx, id).await?;
        self.programs.forget(cx, application);
        Ok(())
    }

    async fn end(&self, cx: &Cx, account: AccountId, session: SessionId, reason: Reason) -> Result<()> {
        let mut tx = cx.begin();
        store::revoke(&mut tx, account, Which::Only(session), reason).await?;
        tx.commit(()).await?;
        self.forget(cx, account);
        Ok(())
    }

    fn tokens(&self, session: &row::Model, generation: i32, now: Time) -> Result<Tokens> {
        let ticket = Ticket { account: session.account_id, session: session.id };
        Ok(Tokens {
            access_token: self.keys.issue(ticket, now)?,
            token_type: "Bearer".to_owned(),
            expires_in: ACCESS_SECONDS,
            refresh_token: self.keys.refresh_token(session.id, generation),
            refresh_expires_at: session.expires_at,
            account_id: session.account_id,
        })
    }
}

/// A change by somebody who is just signing in: no grants, no key.
fn acting(core: &Core, account: AccountId) -> Cx {
    Cx::new(core.clone(), Arc::new(Actor { account: Some(account), session: None, grants: Vec::new(), program: None }))
}

/// Ends the sessions of an account, all but the one that is kept.
pub(crate) async fn end_all(tx: &mut Tx<'_>, account: AccountId, kept: Option<SessionId>) -> Result<()> {
    store::revoke(tx, account, Which::AllBut(kept), Reason::AccountChanged).await
}

/// What the rows of a living session say, and how long that can be believed: never past the moment at
/// which a grant begins or ends. Absent if the session is over, or not that of the token's account.
fn know(ticket: Ticket, rows: Vec<Signed>, now: Time) -> Result<Option<Known>> {
    let Some(first) = rows.first().filter(|r| r.account_id == ticket.account) else { return Ok(None) };
    let mut until = first.expires_at.min(now + BELIEF);
    let mut grants = Vec::new();
    for row in &rows {
        let (Some(id), Some(role), Some(from)) = (row.grant_id, row.role, row.valid_from) else { continue };
        until = row.valid_to.into_iter().chain(Some(from)).filter(|t| *t > now).fold(until, Time::min);
        if from <= now {
            let scope: Scope = crate::grant::scope_of(row.region_code, row.grid_id, row.organization_id)?;
            grants.push(access::Grant { id, role, scope, valid_to: row.valid_to });
        }
    }
    let actor = Arc::new(Actor { account: Some(ticket.account), session: Some(ticket.session), grants, program: None });
    Ok(Some(Known { actor, account: ticket.account, from: now, until }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{RegionCode, Role, id::GrantId};
    use uuid::Uuid;

    #[test]
    fn what_is_remembered_is_believed_until_a_grant_begins_or_ends() {
        let now = chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let ticket = Ticket { account: AccountId(Uuid::from_u128(1)), session: SessionId(Uuid::from_u128(2)) };
        let row = |from: i64, to: Option<i64>| Signed {
            account_id: ticket.account,
            expires_at: now + LIFETIME,
            grant_id: Some(GrantId(Uuid::nil())),
            role: Some(Role::Resident),
            region_code: Some(RegionCode::COUNTRY),
            grid_id: None,
            organization_id: None,
            valid_from: Some(now + Duration::seconds(from)),
            valid_to: to.map(|s| now + Duration::seconds(s)),
        };
        let believed = |rows| know(ticket, rows, now).unwrap().map(|k| (k.actor.grants.len(), (k.until - now).num_seconds()));
        assert_eq!(believed(vec![row(-9, None)]), Some((1, 5)));
        assert_eq!(believed(vec![row(-9, Some(2)), row(-9, Some(60))]), Some((2, 2)));
        assert_eq!(believed(vec![row(-9, None), row(3, None)]), Some((1, 3)));
        assert_eq!(believed(vec![]), None);
        let stranger = Signed { account_id: AccountId(Uuid::from_u128(9)), ..row(0, None) };
        assert_eq!(believed(vec![stranger]), None);
    }
}
