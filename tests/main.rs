//! The product seen from outside: over real HTTP, on real databases, by people who have names.
//!
//! `testkit` says how a test is written and who the people are. One module a subject; what concerns no
//! subject stands in `contract` (the document and the doors that it promises), `http` (requests that are no
//! requests), `outage` (the database goes away), `schema` (entities and migrations) and `levels` (who may depend on
//! whom).

#![expect(clippy::unwrap_used, reason = "tests")]

mod alliances;
mod attachments;
mod batches;
mod battery;
mod candidates;
mod catalogue;
mod compatibility;
mod conditional;
mod contract;
mod duties;
mod events;
mod feed;
mod grids;
mod ground;
mod hotline;
mod http;
mod idempotency;
mod identity;
mod jobs;
mod levels;
mod links;
mod mediation;
mod oidc;
mod open311;
mod orders;
mod orders_race;
mod organizations;
mod outage;
mod people;
mod programs;
mod residents;
mod schema;
mod transactions;
mod trees;
mod venues;
mod visits;
mod volunteers;
mod webhooks;
mod wechat;
mod wishes;

mod admission;
mod check_ins;
mod points;
mod whistles;
