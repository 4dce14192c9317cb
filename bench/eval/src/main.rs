//! Evaluation in Rust against published crates, in the same run: `make bench-eval`.
//!
//! CPU time of the thread, median of rounds in which everybody runs in turn; compare ratios, not absolutes. Every answer is
//! checked before it is timed. `--json` prints what is also written to `bench/out/eval.json`.

mod goals;
mod measure;
mod peers;
mod report;
mod scenario;

use std::hint::black_box;
use std::rc::Rc;

use growthbook_rust::growthbook::GrowthBook;
use measure::{Contender, Measured, held, measure};
use peers::eppo::Eppo;
use peers::flagd::Flagd;
use peers::flagsmith::Flagsmith;
use peers::launchdarkly::{self, Data};
use peers::yardarm::{self, Yardarm};
use peers::{Peer, Versions};
use report::Row;
use scenario::{STRANGER, Shape, WHO, Who, key, mixed, shuffled};
use unleash_yggdrasil::EngineState;

/// Does the same for everybody, ourselves first.
macro_rules! everybody {
    ($do:ident($($argument:expr),*)) => {
        vec![
            $do::<Yardarm>($($argument),*),
            $do::<EngineState>($($argument),*),
            $do::<Data>($($argument),*),
            $do::<Eppo>($($argument),*),
            $do::<GrowthBook>($($argument),*),
            $do::<Flagsmith>($($argument),*),
            $do::<Flagd>($($argument),*),
        ]
    };
}

const MANY: usize = 10_000;

/// Rows by name. `--row load` makes only those whose name begins so.
const ROWS: [(&str, fn(&'static str) -> Row); 9] = [
    ("a: on, no rules", |name| one_flag(name, Shape::On)),
    ("b: five rules, the last matches", |name| one_flag(name, Shape::Rules)),
    ("c: 50 % rollout", |name| one_flag(name, Shape::Rollout)),
    ("d: segment of 10,000 keys", |name| one_flag(name, Shape::Segment)),
    ("e: 100 flags", hundred),
    ("f: random flag of 10,000", random),
    ("load 10,000 flags from JSON", loading),
    ("heap of 10,000 flags", |name| Row { name, unit: "MB", all: everybody!(heap()) }),
    ("one flag of 10,000 changes", changing),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.iter().position(|argument| argument == "--row").and_then(|at| arguments.get(at + 1));
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| name.starts_with(wanted.as_str()));
    let rows: Vec<Row> = ROWS.into_iter().filter(|(name, _)| is_wanted(name)).map(|(name, row)| row(name)).collect();

    let versions: Versions = everybody!(version());
    let json = report::json(&rows, &versions);
    if wanted.is_none() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../out");
        std::fs::create_dir_all(&path).expect("bench/out can be made");
        std::fs::write(path.join("eval.json"), format!("{json:#}\n")).expect("bench/out can be written");
    }
    if arguments.iter().any(|argument| argument == "--json") {
        println!("{json:#}");
    } else {
        report::print(&rows, &versions);
    }
}

fn loading(name: &'static str) -> Row {
    let mut all = everybody!(load());
    all.push(load_and_keep());
    Row { name, unit: "ms", all: milliseconds(measure(all)) }
}

fn changing(name: &'static str) -> Row {
    let mut all = everybody!(change());
    all.push(insert_alone());
    Row { name, unit: "ms", all: milliseconds(measure(all)) }
}

fn version<P: Peer>() -> (&'static str, &'static str) {
    P::CRATE
}

/// A way to answer, with a name: `unleash-yggdrasil, counted`. `real` is what an SDK does.
fn way<P: Peer>(what: Option<&str>, real: bool, once: impl FnMut(u32) + 'static) -> Contender<'static> {
    let name = P::CRATE.0;
    Contender::new(what.map_or_else(|| name.to_owned(), |what| format!("{name}, {what}")), real, once)
}

/// Loads flags and looks at the answers: what is on or off for sure must be; a stranger is in no segment and meets no rule;
/// half of the users are in a rollout.
fn checked<P: Peer>(flags: &[(String, Shape)]) -> P {
    let peer = P::load(&P::wire(&mut flags.iter().cloned()));
    let ask = |who: Who<'_>, asked: &[(String, Shape)]| -> Vec<bool> {
        let context = peer.context(who);
        let answers: Vec<bool> = asked.iter().map(|(key, _)| peer.is_on(key, &context)).collect();
        let as_sdk: Vec<bool> = asked.iter().map(|(key, _)| peer.is_on_as_sdk(key, &context)).collect();
        assert_eq!(answers, as_sdk, "{}: its own ways agree", P::CRATE.0);
        answers
    };
    let asked = &flags[..flags.len().min(100)];
    for (who, rules) in [(WHO, true), (STRANGER, false)] {
        for ((key, shape), on) in asked.iter().zip(ask(who, asked)) {
            let expected = match shape {
                Shape::On => true,
                Shape::Rules | Shape::Segment => rules,
                Shape::Off => false,
                Shape::Rollout => continue,
            };
            assert_eq!(on, expected, "{}: {key} for {}", P::CRATE.0, who.user);
        }
    }
    if let [(_, Shape::Rollout)] = flags {
        let on = (0..2_000).filter(|n| ask(Who { user: &format!("user-{n}"), ..WHO }, flags)[0]).count();
        assert!((900..1_100).contains(&on), "{}: {on} of 2,000 in half a rollout", P::CRATE.0);
    }
    peer
}

fn one_flag(name: &'static str, shape: Shape) -> Row {
    let flags = [(key(0), shape)];
    let mut all: Vec<Contender> = everybody!(ask_one(&flags)).into_iter().flatten().collect();
    all.extend(ours_otherwise(&flags));
    Row { name, unit: "ns", all: measure(all) }
}

fn ask_one<P: Peer + 'static>(flags: &[(String, Shape)]) -> Vec<Contender<'static>> {
    let peer = Rc::new(checked::<P>(flags));
    let ask = |_| (Rc::clone(&peer), peer.context(WHO), flags[0].0.clone());
    let (one, key) = (ask(()), flags[0].0.clone());
    let mut ways = vec![way::<P>(None, P::AS_SDK.is_none(), move |_| {
        black_box(one.0.is_on(black_box(&key), black_box(&one.1)));
    })];
    if P::AS_SDK.is_some() {
        let (peer, context, key) = ask(());
        ways.push(way::<P>(P::AS_SDK, true, move |_| {
            black_box(peer.is_on_as_sdk(black_box(&key), black_box(&context)));
        }));
    }
    ways
}

/// What else can be asked of us.
fn ours_otherwise(flags: &[(String, Shape)]) -> Vec<Contender<'static>> {
    let peer = Rc::new(checked::<Yardarm>(flags));
    let (built, key) = (Rc::clone(&peer), flags[0].0.clone());
    let context = peer.context(WHO);
    vec![
        way::<Yardarm>(Some("counted, context built each time"), false, move |_| {
            let context = yardarm::context(black_box(WHO), "user-4242@example.com");
            black_box(built.is_on_as_sdk(black_box(&key), black_box(&context)));
        }),
        way::<Yardarm>(Some("by position"), false, move |_| {
            black_box(peer.snapshot.evaluate_at(black_box(0), black_box(&context), 0));
        }),
    ]
}

fn mixed_flags(count: usize) -> Vec<(String, Shape)> {
    (0..count).map(|n| (key(n), mixed(n))).collect()
}

fn hundred(name: &'static str) -> Row {
    let flags = mixed_flags(100);
    Row { name, unit: "ns", all: measure(everybody!(ask_each(&flags)).into_iter().flatten().collect()) }
}

fn ask_each<P: Peer + 'static>(flags: &[(String, Shape)]) -> Vec<Contender<'static>> {
    let peer = Rc::new(checked::<P>(flags));
    let context = Rc::new(peer.context(WHO));
    let keys: Rc<[String]> = flags.iter().map(|(key, _)| key.clone()).collect();
    let on = keys.iter().filter(|key| peer.is_on(key, &context)).count();
    let mut ways = Vec::new();
    if P::ALL_AT_ONCE.is_some() || P::ALWAYS_ALL {
        assert_eq!(peer.all_on(&context), on, "{}: at once and one by one", P::CRATE.0);
        let (peer, context) = (Rc::clone(&peer), Rc::clone(&context));
        let real = P::ALWAYS_ALL || P::CRATE == Yardarm::CRATE;
        ways.push(way::<P>(P::ALL_AT_ONCE, real, move |_| {
            black_box(peer.all_on(black_box(&context)));
        }));
    }
    if P::ALWAYS_ALL {
        return ways;
    }
    let (one, whom, all) = (Rc::clone(&peer), Rc::clone(&context), Rc::clone(&keys));
    ways.push(way::<P>(None, P::AS_SDK.is_none(), move |_| {
        for key in &*all {
            black_box(one.is_on(black_box(key), black_box(&whom)));
        }
    }));
    if P::AS_SDK.is_some() {
        let real = P::CRATE != Yardarm::CRATE;
        ways.push(way::<P>(P::AS_SDK, real, move |_| {
            for key in &*keys {
                black_box(peer.is_on_as_sdk(black_box(key), black_box(&context)));
            }
        }));
    }
    ways
}

fn random(name: &'static str) -> Row {
    let flags = mixed_flags(MANY);
    Row { name, unit: "ns", all: measure(everybody!(ask_any(&flags)).into_iter().flatten().collect()) }
}

fn ask_any<P: Peer + 'static>(flags: &[(String, Shape)]) -> Vec<Contender<'static>> {
    let peer = Rc::new(if P::ALWAYS_ALL { P::load(&P::wire(&mut flags.iter().cloned())) } else { checked::<P>(flags) });
    let context = Rc::new(peer.context(WHO));
    let keys: Rc<[String]> = shuffled(flags.len()).into_iter().map(key).collect();
    let (one, whom, all, mut at) = (Rc::clone(&peer), Rc::clone(&context), Rc::clone(&keys), 0);
    let mut ways = vec![way::<P>(None, P::AS_SDK.is_none(), move |_| {
        at = (at + 1) % all.len();
        black_box(one.is_on(&all[at], black_box(&whom)));
    })];
    if P::AS_SDK.is_some() {
        let mut at = MANY / 2;
        ways.push(way::<P>(P::AS_SDK, true, move |_| {
            at = (at + 1) % keys.len();
            black_box(peer.is_on_as_sdk(&keys[at], black_box(&context)));
        }));
    }
    ways
}

fn wire_of_many<P: Peer>() -> String {
    P::wire(&mut mixed_flags(MANY).into_iter())
}

fn load<P: Peer>() -> Contender<'static> {
    let wire = wire_of_many::<P>();
    way::<P>(None, true, move |_| drop(black_box(P::load(black_box(&wire)))))
}

/// What an SDK with a cache file does: the ruleset stays beside what is compiled from it.
fn load_and_keep() -> Contender<'static> {
    let wire = wire_of_many::<Yardarm>();
    way::<Yardarm>(Some("with the ruleset kept"), false, move |_| drop(black_box(yardarm::load_and_keep(black_box(&wire)))))
}

fn heap<P: Peer>() -> Measured {
    let wire = wire_of_many::<P>();
    let (peer, bytes) = held(|| P::load(&wire));
    drop(peer);
    Measured { name: P::CRATE.0.to_owned(), real: true, value: bytes / 1e6, allocations: 0.0 }
}

fn change<P: Peer + 'static>() -> Contender<'static> {
    let mut flags = mixed_flags(MANY);
    let mut peer = P::load(&P::wire(&mut flags.iter().cloned()));
    let changed = key(MANY / 2);
    flags[MANY / 2].1 = Shape::Rules;
    let wire = P::change_wire(&changed, Shape::Rules, P::wire(&mut flags.into_iter()));
    way::<P>(Some(P::CHANGE), true, move |_| peer.change(&changed, black_box(&wire)))
}

/// What LaunchDarkly's crate would need if its SDK knew that a flag comes.
fn insert_alone() -> Contender<'static> {
    let mut peer = Data::load(&wire_of_many::<Data>());
    let changed = key(MANY / 2);
    let wire = launchdarkly::flag_alone(&changed, Shape::Rules);
    way::<Data>(Some("the flag alone, put into a map"), false, move |_| peer.insert(&changed, black_box(&wire)))
}

fn milliseconds(all: Vec<Measured>) -> Vec<Measured> {
    all.into_iter().map(|one| Measured { value: one.value / 1e6, ..one }).collect()
}
