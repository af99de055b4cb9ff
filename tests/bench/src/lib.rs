//! Linli measured against the database itself.
