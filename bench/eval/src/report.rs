//! The table for people and the JSON for machines.

use serde_json::{Map, Value, json};

use crate::goals;
use crate::measure::Measured;
use crate::peers::{Peer, Versions, yardarm::Yardarm};

/// One line: a scenario and everybody in it.
pub struct Row {
    pub name: &'static str,
    pub unit: &'static str,
    pub all: Vec<Measured>,
}

/// Whether a row is as good as it must be, and why not.
struct Verdict {
    peer: String,
    ratio: f64,
    missed: Vec<String>,
}

const US: &str = Yardarm::CRATE.0;

impl Row {
    /// What we do in an SDK: every comparison is with that.
    fn ours(&self) -> &Measured {
        self.all.iter().find(|one| one.real && one.is(US)).expect("we are in every row")
    }

    /// Against the fastest peer that does what its SDK does.
    fn verdict(&self) -> Verdict {
        let ours = self.ours();
        let peers = self.all.iter().filter(|one| one.real && !one.is(US));
        let fastest = peers.min_by(|a, b| a.value.total_cmp(&b.value)).expect("there are peers");
        let ratio = fastest.value / ours.value;
        let mut missed = Vec::new();
        if ratio < goals::TIMES {
            missed.push(format!("not {}× better", goals::TIMES));
        }
        if let Some(goal) = goals::of(self.name) {
            if ours.value > goal.at_most {
                missed.push(format!("over {} {}", goal.at_most, self.unit));
            }
            if goal.no_allocations && ours.allocations > 0.0 {
                missed.push("it allocates".to_owned());
            }
        }
        Verdict { peer: fastest.name.clone(), ratio, missed }
    }
}

impl Measured {
    fn is(&self, name: &str) -> bool {
        self.name.split(',').next() == Some(name)
    }
}

pub fn json(rows: &[Row], versions: &Versions) -> Value {
    let lines = rows.iter().flat_map(|row| {
        let ours = row.ours();
        let verdict = row.verdict();
        row.all.iter().filter(move |one| one.name != ours.name).map(move |peer| {
            json!({"row": row.name, "ours": rounded(ours.value), "unit": row.unit, "peer": peer.name,
                "peer_value": rounded(peer.value), "ratio": rounded(peer.value / ours.value), "as_sdk": peer.real,
                "fastest": peer.name == verdict.peer,
                "allocations": rounded(ours.allocations), "peer_allocations": rounded(peer.allocations)})
        })
    });
    let goals = rows.iter().map(|row| {
        let Verdict { peer, ratio, missed } = row.verdict();
        let at_most = goals::of(row.name).map(|goal| goal.at_most);
        json!({"row": row.name, "ours": rounded(row.ours().value), "at_most": at_most, "fastest_peer": peer,
            "ratio": rounded(ratio), "ratio_at_least": goals::TIMES, "missed": missed})
    });
    let versions: Map<String, Value> =
        versions.iter().map(|(name, version)| ((*name).into(), (*version).into())).collect();
    json!({"bench": "eval", "method": crate::measure::METHOD, "versions": versions,
        "rows": lines.collect::<Vec<_>>(), "goals": goals.collect::<Vec<_>>()})
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

pub fn print(rows: &[Row], versions: &Versions) {
    for row in rows {
        println!("{}", row.name);
        let ours = row.ours();
        for one in &row.all {
            let ratio = if one.is(US) { String::new() } else { format!("{:>10.1}×", one.value / ours.value) };
            let mark = if one.real { '*' } else { ' ' };
            println!(
                "{mark} {:<62}{:>14.3} {:<3}{:>10.1} alloc{ratio}",
                one.name, one.value, row.unit, one.allocations
            );
        }
        let Verdict { peer, ratio, missed } = row.verdict();
        let held =
            if missed.is_empty() { "goals hold".to_owned() } else { format!("GOAL MISSED: {}", missed.join(", ")) };
        println!("  → worst {ratio:.1}×, against {peer}; {held}\n");
    }
    println!("{}", crate::measure::METHOD);
    println!("* what an SDK does for every answer; × how many times our starred line");
    for (name, version) in versions {
        println!("{name} {version}");
    }
}
