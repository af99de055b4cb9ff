//! A database for each test, a world of named people, a client.
