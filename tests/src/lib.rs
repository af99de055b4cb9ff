//! The product seen from outside, over real HTTP on real databases.
