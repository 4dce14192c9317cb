//! What must hold, by the first words of a row.

/// A limit of our own figure in a row, and whether it may allocate.
pub struct Goal {
    row: &'static str,
    pub at_most: f64,
    pub no_allocations: bool,
}

const GOALS: [Goal; 9] = [
    Goal { row: "a:", at_most: 25.0, no_allocations: true },
    Goal { row: "b:", at_most: 100.0, no_allocations: true },
    Goal { row: "c:", at_most: 30.0, no_allocations: true },
    Goal { row: "d:", at_most: 40.0, no_allocations: true },
    Goal { row: "e:", at_most: 4_000.0, no_allocations: true },
    Goal { row: "f:", at_most: 400.0, no_allocations: true },
    Goal { row: "load", at_most: 50.0, no_allocations: false },
    Goal { row: "heap", at_most: 8.0, no_allocations: false },
    Goal { row: "one flag", at_most: 0.2, no_allocations: false },
];

/// How many times faster than the fastest peer, in every row.
pub const TIMES: f64 = 2.0;

/// The goal of a row.
pub fn of(row: &str) -> Option<&'static Goal> {
    GOALS.iter().find(|goal| row.starts_with(goal.row))
}
