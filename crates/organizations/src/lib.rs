//! Organizations and their memberships.
