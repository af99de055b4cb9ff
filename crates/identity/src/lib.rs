//! Accounts, credentials, sessions, tokens and grants.
