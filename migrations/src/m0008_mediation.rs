//! People's mediation cases.
super::migration! {"
"}
