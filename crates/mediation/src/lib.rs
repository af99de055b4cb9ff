//! People's mediation: cases and their flow.
