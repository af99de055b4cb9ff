//! The flow of an order as `docs/order-flow.md` prints it.

use std::collections::HashMap;

const PAGE: &str = include_str!("../../../../docs/order-flow.md");

/// The actions and the events that they leave.
pub(crate) const ACTIONS: [(&str, &str); 17] = [
    ("place", "order.placed"),
    ("triage", "order.triaged"),
    ("reject", "order.rejected"),
    ("dispatch", "order.dispatched"),
    ("accept", "order.accepted"),
    ("decline", "order.declined"),
    ("hand_back", "order.handed_back"),
    ("start", "order.started"),
    ("record_progress", "order.progressed"),
    ("complete", "order.completed"),
    ("evaluate", "order.evaluated"),
    ("rework", "order.reworked"),
    ("close", "order.closed"),
    ("cancel", "order.cancelled"),
    ("suspend", "order.suspended"),
    ("resume", "order.resumed"),
    ("merge", "order.merged"),
];

/// Where a step leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    To(String),
    Stay,
    Back,
}

/// The table: a state and an action, and where that leads.
pub(crate) struct Flow(HashMap<(String, String), Step>);

impl Flow {
    /// Reads the table of the page.
    pub(crate) fn documented() -> Self {
        let mut table = PAGE.lines().skip_while(|line| !line.starts_with("| from")).take_while(|line| line.starts_with('|'));
        let cells = |line: &str| line.trim_matches('|').split('|').map(|c| c.trim().trim_matches('*').to_owned()).collect::<Vec<_>>();
        let head = table.next().map(cells).unwrap_or_default();
        let steps = table.skip(1).map(cells).flat_map(|row| {
            let head = head.clone();
            let from = row[0].clone();
            row.into_iter().zip(head).skip(1).filter(|(cell, _)| !cell.is_empty()).map(move |(cell, action)| {
                let step = match cell.as_str() {
                    "(stays)" => Step::Stay,
                    "(back)" => Step::Back,
                    _ => Step::To(cell),
                };
                ((from.clone(), action), step)
            })
        });
        Self(steps.collect())
    }

    /// Where an action leads, if it is allowed.
    pub(crate) fn next(&self, state: &str, action: &str) -> Option<&Step> {
        self.0.get(&(state.to_owned(), action.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_of_the_page_leaves_an_event_that_we_know() {
        let flow = Flow::documented();
        let documented: std::collections::BTreeSet<&str> = flow.0.keys().map(|(_, action)| action.as_str()).collect();
        let known: std::collections::BTreeSet<&str> = ACTIONS.iter().map(|(action, _)| *action).filter(|a| *a != "place").collect();
        assert_eq!(documented, known);
        assert_eq!(flow.next("dispatched", "accept"), Some(&Step::To("accepted".to_owned())));
        assert_eq!(flow.next("suspended", "resume"), Some(&Step::Back));
        assert_eq!(flow.next("in_progress", "record_progress"), Some(&Step::Stay));
        assert_eq!(flow.next("closed", "cancel"), None);
    }
}
