//! Going to the people and letting them come: reception days, diaries, opinions.

mod diaries;
mod opinions;
mod receptions;
