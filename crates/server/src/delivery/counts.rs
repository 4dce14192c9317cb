//! Evaluations counted in memory, between two flushes. A count is a few bytes in a map of small integers: no text is
//! hashed or copied on the way, except the first time a (flag, variant, reason) is seen after a flush.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use yardarm_eval::ruleset::Reason;
use yardarm_eval::{Answer, FlagRef};
use yardarm_hub::{KeyGrant, LiveEnvironment, Published};
use yardarm_store::Count;

/// Threads spread over this many maps for each environment, so that they hardly ever meet.
const SHARDS: usize = 4;
/// One hour, milliseconds.
const HOUR: i64 = 3_600_000;

/// How a client asked: the `sdk` of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    /// One flag.
    Single,
    /// All flags of a context: the client may use none of them.
    Bulk,
}

impl Asked {
    const fn word(self) -> &'static str {
        match self {
            Self::Single => "ofrep",
            Self::Bulk => "ofrep-bulk",
        }
    }
}

/// All environments that were evaluated since they were last forgotten.
pub(super) struct Counts {
    environments: ArcSwap<HashMap<usize, Arc<Environment>>>,
    most: usize,
}

struct Environment {
    // Held, so that its address names it as long as it is here.
    live: Arc<LiveEnvironment>,
    tenant_id: String,
    scope_id: String,
    key: String,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    /// The ruleset that the positions in `counted` belong to.
    of: Option<Arc<Published>>,
    counted: HashMap<u64, Entry, BuildHasherDefault<Spread>>,
    /// Counted on rulesets before that.
    earlier: Vec<Entry>,
    dropped: u64,
}

struct Entry {
    flag: Box<str>,
    variant: Box<str>,
    reason: Reason,
    asked: Asked,
    count: u64,
}

/// Adds to one shard for the length of a request.
pub(super) struct Adding<'a> {
    shard: std::sync::MutexGuard<'a, Shard>,
    asked: Asked,
    most: usize,
}

impl Adding<'_> {
    /// Counts an answer.
    pub(super) fn add(&mut self, flag: FlagRef<'_>, answer: &Answer<'_>) {
        let variant = answer.variant_index.map_or(0, |index| u64::from(index) + 1);
        let key = u64::from(flag.index) << 32
            | (variant & 0x00ff_ffff) << 8
            | (answer.reason as u64) << 1
            | self.asked as u64;
        let shard = &mut *self.shard;
        if let Some(entry) = shard.counted.get_mut(&key) {
            entry.count += 1;
            return;
        }
        if shard.counted.len() + shard.earlier.len() >= self.most {
            shard.dropped += 1;
            return;
        }
        let entry = Entry {
            flag: flag.key.into(),
            variant: answer.variant.unwrap_or_default().into(),
            reason: answer.reason,
            asked: self.asked,
            count: 1,
        };
        shard.counted.insert(key, entry);
    }
}

impl Counts {
    /// Empty; at most `most` different things are counted for each environment and shard between two flushes.
    pub(super) fn new(most: usize) -> Self {
        Self { environments: ArcSwap::default(), most: most / SHARDS }
    }

    /// Counts with `add` what was evaluated on `published`. Never waits but for another thread's additions.
    pub(super) fn adding<T>(
        &self,
        grant: &KeyGrant,
        published: &Arc<Published>,
        asked: Asked,
        add: impl FnOnce(&mut Adding<'_>) -> T,
    ) -> T {
        let environment = self.environment(grant);
        let shard = &environment.shards[shard_of_thread()];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if !shard.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, published)) {
            let earlier: Vec<_> = shard.counted.drain().map(|(_, entry)| entry).collect();
            shard.earlier.extend(earlier);
            shard.of = Some(Arc::clone(published));
        }
        add(&mut Adding { shard, asked, most: self.most })
    }

    fn environment(&self, grant: &KeyGrant) -> Arc<Environment> {
        let address = Arc::as_ptr(&grant.live).addr();
        if let Some(found) = self.environments.load().get(&address) {
            return Arc::clone(found);
        }
        let new = Arc::new(Environment {
            live: Arc::clone(&grant.live),
            tenant_id: grant.tenant_id.clone(),
            scope_id: grant.scope_id.clone(),
            key: grant.environment.clone(),
            shards: Default::default(),
        });
        self.environments.rcu(|old| {
            let mut environments = HashMap::clone(old);
            environments.entry(address).or_insert_with(|| Arc::clone(&new));
            environments
        });
        self.environments.load().get(&address).map_or(new, Arc::clone)
    }

    /// Takes everything counted so far: the counts, and how many evaluations were not counted for want of room.
    pub(super) fn take(&self, now: i64) -> (Vec<Count>, u64) {
        let hour = now - now.rem_euclid(HOUR);
        let mut sums: HashMap<(String, String, String, Reason, Asked, usize), u64> = HashMap::new();
        let mut dropped = 0;
        let environments = self.environments.load_full();
        for (number, environment) in environments.values().enumerate() {
            for shard in &environment.shards {
                let Shard { counted, earlier, dropped: lost, .. } =
                    std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner));
                dropped += lost;
                for entry in counted.into_values().chain(earlier) {
                    let key = (
                        environment.key.clone(),
                        entry.flag.into_string(),
                        entry.variant.into_string(),
                        entry.reason,
                        entry.asked,
                        number,
                    );
                    *sums.entry(key).or_default() += entry.count;
                }
            }
        }
        let owners: Vec<_> = environments.values().map(|owner| (&owner.tenant_id, &owner.scope_id)).collect();
        let mut counts: Vec<Count> = sums
            .into_iter()
            .map(|((environment, flag, variant, reason, asked, number), count)| Count {
                tenant_id: owners[number].0.clone(),
                scope_id: owners[number].1.clone(),
                environment,
                flag,
                variant,
                reason: reason.as_str().to_owned(),
                sdk: asked.word().to_owned(),
                hour,
                count,
            })
            .collect();
        counts.sort_by(|a, b| (&a.scope_id, &a.environment, &a.flag).cmp(&(&b.scope_id, &b.environment, &b.flag)));
        self.forget();
        (counts, dropped)
    }

    /// Lets go of environments that nobody else holds any more.
    fn forget(&self) {
        let gone = |environment: &Arc<Environment>| Arc::strong_count(&environment.live) == 1;
        if self.environments.load().values().any(gone) {
            self.environments.rcu(|old| {
                let kept = old.iter().filter(|(_, environment)| !gone(environment));
                kept.map(|(address, environment)| (*address, Arc::clone(environment))).collect::<HashMap<_, _>>()
            });
        }
    }
}

fn shard_of_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
    }
    MINE.with(Cell::get)
}

/// Keys are positions, not something that others choose: one multiplication spreads them well enough.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 << 8 | u64::from(*byte));
        }
    }
    fn write_u64(&mut self, value: u64) {
        let mixed = value.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
