//! The product seen from outside: over real HTTP, on real databases, by people who have names.
//!
//! `testkit` says how a test is written and who the people are. One module a subject; what concerns no
//! subject stands in `contract` (the document and the doors that it promises), `http` (requests that are no
//! requests), `schema` (entities and migrations) and `levels` (who may depend on whom).

mod contract;
mod http;
mod levels;
mod schema;
