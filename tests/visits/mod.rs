//! Going to the people and letting them come: reception days, diaries, opinions.

mod campaigns;
mod diaries;
mod opinions;
mod patrols;
mod plans;
mod receptions;
mod snapshots;
