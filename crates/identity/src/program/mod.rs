//! Programs at the door: which application a key or a token belongs to, what it may do, and how often.
//!
//! What was read about a credential is believed for five seconds, as with sessions: a program that calls often costs one
//! query in five seconds. Suspending, revoking or changing counts at once in this process.
//!
//! A key that is wrong gets one answer, `api_key_invalid`, whatever is wrong with it. Whoever holds a *right* one that is not
//! good any more is told why, for that is what they have to repair; the log names application and credential, never the key.

mod command;
mod quota;
mod usage;
mod view;

pub use command::BuyToken;
pub use quota::Allowance;
pub use usage::{ApplicationUsage, GetUsage, Outcome, UsageLine};
pub use view::ProgramToken;

pub(crate) use usage::table;

use crate::{
    account::AccountStatus,
    application::{self, ApplicationStatus, CredentialKind, key, store},
    keys::{ACCESS_SECONDS, Keys, Pass},
};
use chrono::Duration;
use kernel::{
    Actor, Core, Cx, Time,
    access::{Permissions, Program},
    error::{Code, Error, Result},
    id::{ApplicationId, CredentialId},
};
use moka::sync::Cache;
use quota::Quotas;
use std::sync::Arc;
use usage::Usage;

/// How long what was read about a credential is believed.
const BELIEF: Duration = Duration::seconds(5);
/// Credentials remembered at once.
const REMEMBERED: u64 = 50_000;
/// How often an application may ask in a minute, unless it has a quota of its own or the setting says otherwise.
pub const REQUESTS_PER_MINUTE: u32 = 600;

/// What was read about a credential, and from when until when it is believed.
struct Known {
    kind: CredentialKind,
    digest: String,
    actor: Arc<Actor>,
    application: ApplicationId,
    /// Why it is no good.
    fault: Option<Code>,
    from: Time,
    until: Time,
}

/// The short memory of programs, their quotas and their usage. One for the whole process.
pub(crate) struct Programs {
    known: Cache<CredentialId, Arc<Known>>,
    /// When something about an application was last changed here.
    changed: Cache<ApplicationId, Time>,
    pub(crate) quotas: Quotas,
    pub(crate) usage: Usage,
}

impl Programs {
    pub(crate) fn new(requests_per_minute: u32) -> Self {
        let seconds = std::time::Duration::from_secs;
        Self {
            known: Cache::builder().max_capacity(REMEMBERED).time_to_live(seconds(5)).build(),
            changed: Cache::builder().max_capacity(REMEMBERED).time_to_live(seconds(15)).build(),
            quotas: Quotas::new(requests_per_minute),
            usage: Usage::default(),
        }
    }

    /// Forgets what is remembered about an application.
    pub(crate) fn forget(&self, cx: &Cx, application: ApplicationId) {
        self.changed.insert(application, cx.now());
    }

    async fn known(&self, core: &Core, id: CredentialId, now: Time) -> Result<Option<Arc<Known>>> {
        if let Some(known) = self.known.get(&id) {
            let fresh = known.from <= now && now < known.until && self.changed.get(&known.application).is_none_or(|at| at < known.from);
            if fresh {
                return Ok(Some(known));
            }
        }
        let Some(known) = store::held(core, id).await?.map(|held| Arc::new(know(id, held, now))) else { return Ok(None) };
        self.known.insert(id, Arc::clone(&known));
        Ok(Some(known))
    }

    /// The credential behind a secret of this kind.
    async fn by_secret(&self, core: &Core, kind: CredentialKind, secret: &str, wrong: Code) -> Result<(CredentialId, Arc<Known>)> {
        let wrong = || Error::new(wrong);
        let id = key::read(kind, secret).ok_or_else(wrong)?;
        let known = self.known(core, id, core.clock.now()).await?.ok_or_else(wrong)?;
        // Two digests are compared: how long that takes tells nothing about the secret.
        if known.kind != kind || known.digest != key::digest(secret) {
            return Err(wrong());
        }
        good(id, &known)?;
        Ok((id, known))
    }

    /// The program that sends this API key.
    ///
    /// # Errors
    /// `api_key_invalid`; of a right key `credential_revoked`, `credential_expired`, `application_suspended`,
    /// `application_revoked`.
    pub(crate) async fn by_key(&self, core: &Core, secret: &str) -> Result<Arc<Actor>> {
        let (_, known) = self.by_secret(core, CredentialKind::ApiKey, secret, Code::ApiKeyInvalid).await?;
        Ok(Arc::clone(&known.actor))
    }

    /// The program that a token was sold to.
    ///
    /// # Errors
    /// `token_invalid`; of a right token the reasons of [`Programs::by_key`].
    pub(crate) async fn by_token(&self, core: &Core, pass: Pass) -> Result<Arc<Actor>> {
        let known = self.known(core, pass.credential, core.clock.now()).await?;
        let known = known.filter(|k| k.application == pass.application).ok_or_else(|| Error::new(Code::TokenInvalid))?;
        good(pass.credential, &known)?;
        Ok(narrowed(&known.actor, pass.scopes))
    }

    /// Sells a token of 15 minutes (OAuth 2.0 client credentials).
    ///
    /// # Errors
    /// `grant_type_unsupported`, `client_repeated`, `client_invalid`, `scope_invalid`; of a right secret the reasons of
    /// [`Programs::by_key`].
    pub(crate) async fn sell(&self, core: &Core, keys: &Keys, command: BuyToken, basic: Option<(String, String)>) -> Result<ProgramToken> {
        if command.grant_type != "client_credentials" {
            return Err(Error::new(Code::GrantTypeUnsupported));
        }
        let wrong = || Error::new(Code::ClientInvalid);
        let (client, secret) = match (basic, command.client_id, command.client_secret) {
            (Some((client, _)), id, None) if id.as_ref().is_some_and(|id| *id != client) => return Err(Error::new(Code::ClientRepeated)),
            (Some(basic), _, None) => basic,
            (Some(_), _, Some(_)) => return Err(Error::new(Code::ClientRepeated)),
            (None, Some(id), Some(secret)) => (id, secret),
            (None, ..) => return Err(wrong()),
        };
        let client: ApplicationId = client.parse().map_err(|e| wrong().because(e))?;
        let (credential, known) = self.by_secret(core, CredentialKind::ClientSecret, &secret, Code::ClientInvalid).await?;
        if known.application != client {
            return Err(wrong());
        }
        let held = known.actor.program.as_ref().map(|p| p.scopes).unwrap_or_default();
        let scopes = match command.scope.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
            None => held,
            Some(words) => {
                let unknown = |word: &str| Error::new(Code::ScopeInvalid).with("scope", word.chars().take(40).collect::<String>());
                let asked = Permissions::read(words).map_err(unknown)?;
                if let Some(beyond) = asked.iter().find(|p| !held.contains(*p)) {
                    return Err(unknown(beyond.as_str()));
                }
                asked
            }
        };
        let account = known.actor.account()?;
        let pass = Pass { account, application: client, credential, scopes };
        let access_token = keys.issue_to_program(pass, core.clock.now())?;
        Ok(ProgramToken { access_token, token_type: "Bearer".to_owned(), expires_in: ACCESS_SECONDS, scope: scopes.to_string() })
    }
}

/// The same actor with no more than these scopes.
fn narrowed(actor: &Arc<Actor>, scopes: Permissions) -> Arc<Actor> {
    match &actor.program {
        Some(program) if program.scopes.and(scopes) != program.scopes => {
            let program = Program { scopes: program.scopes.and(scopes), ..program.clone() };
            Arc::new(Actor { program: Some(program), ..(**actor).clone() })
        }
        _ => Arc::clone(actor),
    }
}

fn good(id: CredentialId, known: &Known) -> Result<()> {
    let Some(fault) = known.fault else { return Ok(()) };
    tracing::warn!(application = %known.application, credential = %id, code = fault.as_str(), "a program with a credential that is no good");
    Err(Error::new(fault))
}

/// What a row says, and how long that can be believed: never past the moment at which something begins or ends.
fn know(id: CredentialId, held: store::Held, now: Time) -> Known {
    let fault = match (held.status, held.account_status) {
        (ApplicationStatus::Revoked, _) => Some(Code::ApplicationRevoked),
        (ApplicationStatus::Suspended, _) | (_, AccountStatus::Disabled) => Some(Code::ApplicationSuspended),
        _ if held.revoked_at.is_some() => Some(Code::CredentialRevoked),
        _ if held.expires_at.is_some_and(|at| at <= now) => Some(Code::CredentialExpired),
        _ => None,
    };
    let moments = [held.expires_at, held.agreement_from, held.agreement_to];
    let until = moments.into_iter().flatten().filter(|at| *at > now).fold(now + BELIEF, Time::min);
    let agreed = held.agreement_from.is_some_and(|from| from <= now) && held.agreement_to.is_some_and(|to| now < to);
    let personal = held.agreement_classes.filter(|_| agreed).map(|words| application::classes(&words)).unwrap_or_default();
    let all = application::scopes(&held.scopes);
    let scopes = held.narrowed.map_or(all, |words| all.and(application::scopes(&words)));
    let program = Program {
        id: held.application_id,
        credential: id,
        region: held.region_code,
        scopes,
        personal,
        requests_per_minute: held.requests_per_minute.and_then(|n| u32::try_from(n).ok()),
    };
    let actor = Actor { account: Some(held.account_id), session: None, grants: Vec::new(), program: Some(program) };
    Known { kind: held.kind, digest: held.digest, actor: Arc::new(actor), application: held.application_id, fault, from: now, until }
}
