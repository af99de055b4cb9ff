//! Who may come in, and as what: accounts, passwords, sessions, tokens and grants (账号、登录、授权).
//!
//! An **account** is somebody who can sign in. Signing in opens a **session** of thirty days and
//! gives two tokens: a short one that is checked on every request ([`Keys`]), and a long one
//! that buys the next pair and is worth something only once. What an account may do is not
//! in the token: it is the account's **grants**, each a role within a region, a grid or an
//! organization for a period, read on each request through a cache of five seconds ([`Identity`]).
//!
//! A program comes in as an **application** with a key or a token of its own, and may do what its scopes say.
//!
//! Where the settings say so, people also come in with the tokens of an outside issuer ([`Trust`]).
//!
//! There is no default password. The first start prints a one-time token, and whoever
//! holds it becomes the first administrator ([`set_up`]).

mod account;
mod application;
mod data_request;
mod grant;
mod keys;
#[cfg(test)]
mod life;
mod limiter;
mod oidc;
mod own;
mod password;
mod program;
mod session;
mod setting;
mod setup;

pub use account::{
    Account, AccountStatus, Contact, CreateAccount, ListAccounts, Me, SealedContact, UpdateAccount, actor_of, contact, create_account,
    find_by_name, get_account, has_role, holds, in_role, list_accounts, me, names, require_named, who_holds, with_phone,
};
pub use application::{
    Application, ApplicationStatus, CreateApplication, Credential, CredentialKind, DataAgreement, IssueCredential, IssuedCredential,
    ListApplications, ListCredentials, RecordAgreement, RotateCredential, StepApplication, UpdateApplication, create_application,
    get_application, issue_credential, list_applications, list_credentials,
};
pub use data_request::{
    DataRequest, DataRequestKind, DataRequestState, ListDataRequests, ListOwnDataRequests, MakeDataRequest, decidable_data_request,
    get_data_request, list_data_requests, list_own_data_requests, make_data_request, settle_data_request,
};
pub use grant::{CreateGrant, Grant, ListGrants, end_within, grant_role, grant_within, list_grants, revoke_grant};
pub use keys::{Bearer, Jwk, Jwks, Keys, Pass, Ticket};
pub use oidc::Trust;
pub use own::{OwnAccount, OwnSession, erase_account, own_account, purge_sessions};
pub use program::{Allowance, ApplicationUsage, BuyToken, GetUsage, Outcome, ProgramToken, REQUESTS_PER_MINUTE, UsageLine};
pub use session::{Identity, Refresh, SignIn, Tokens};
pub use setting::{set_setting, setting};
pub use setup::{SetUp, ensure_setup_token, set_up};

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<kernel::event::Catalogued> {
    use kernel::{EventType as T, event::catalogued};
    let mut types =
        catalogued::<account::event::AccountEvent>(&[T::AccountCreated, T::AccountUpdated, T::AccountDisabled, T::AccountErased]);
    types.extend(catalogued::<grant::event::GrantEvent>(&[T::GrantGiven, T::GrantRevoked]));
    types.extend(catalogued::<session::event::SessionEvent>(&[T::SessionOpened, T::SessionRevoked]));
    types.extend(catalogued::<application::event::ApplicationEvent>(&[
        T::ApplicationCreated,
        T::ApplicationUpdated,
        T::ApplicationSuspended,
        T::ApplicationResumed,
        T::ApplicationRevoked,
        T::ApplicationAgreed,
        T::ApplicationAgreementEnded,
    ]));
    types.extend(catalogued::<application::event::CredentialEvent>(&[T::CredentialIssued, T::CredentialRotated, T::CredentialRevoked]));
    types.extend(catalogued::<data_request::DataRequestEvent>(&[T::DataRequestMade, T::DataRequestDecided]));
    types
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    let mut tables = vec![account::table(schema), session::table(schema), grant::table(schema), setting::table(schema)];
    tables.extend(application::tables(schema));
    tables.push(program::table(schema));
    tables.push(data_request::table(schema));
    tables
}

/// The sealed columns of this crate.
#[must_use]
pub fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::SealedColumn as S;
    vec![
        S::by_id("accounts", "display_name", |key| format!("account {}", key[0])),
        S::by_id("accounts", "phone", |key| format!("account {}", key[0])),
        S::by_id("applications", "contact", |key| format!("application {} contact", key[0])),
        S::by_id("data_requests", "detail", |key| format!("data_request {} detail", key[0])),
        S::by_id("data_requests", "answer", |key| format!("data_request {} answer", key[0])),
    ]
}
