//! Names → stable positions. Changing one flag, segment or list leaves all positions as they are, so that nothing else
//! has to be compiled again; a name that is only referred to has a position, too, with nothing at it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::compiled::{CompiledTest, Variant};
use crate::texts::TextTable;

/// Names by position and positions by name.
#[derive(Debug)]
pub(crate) struct Names {
    by_position: Vec<Arc<str>>,
    table: TextTable,
}

impl Names {
    fn new(by_position: Vec<Arc<str>>) -> Self {
        let table = TextTable::new(by_position.iter().zip(0..).map(|(name, at)| (&**name, at)));
        Self { by_position, table }
    }

    #[inline]
    pub(crate) fn position(&self, name: &str) -> Option<u32> {
        self.table.get(name)
    }

    pub(crate) fn name(&self, at: u32) -> &str {
        self.by_position.get(at as usize).map_or("", |name| name)
    }
}

/// Things by position, in pieces that the next table shares but for those that changed.
#[derive(Debug)]
pub(crate) struct Table<T> {
    pub(crate) names: Arc<Names>,
    pieces: Vec<Arc<Piece<T>>>,
    /// Positions that hold something, in key order.
    pub(crate) order: Arc<[u32]>,
}

type Piece<T> = [Option<Arc<T>>; PIECE];
const PIECE: usize = 64;

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self { names: Arc::clone(&self.names), pieces: self.pieces.clone(), order: Arc::clone(&self.order) }
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { names: Arc::new(Names::new(Vec::new())), pieces: Vec::new(), order: Arc::from([]) }
    }
}

impl<T> Table<T> {
    #[inline]
    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        let at = at as usize;
        self.pieces.get(at / PIECE)?.get(at % PIECE)?.as_deref()
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..)
            .zip(self.pieces.iter().flat_map(|piece| &**piece))
            .filter_map(|(at, item)| item.as_deref().map(|item| (at, item)))
    }

    pub(crate) fn positions(&self) -> usize {
        self.names.by_position.len()
    }

    fn place(&mut self, at: usize) -> Option<&mut Option<Arc<T>>> {
        Arc::make_mut(self.pieces.get_mut(at / PIECE)?).get_mut(at % PIECE)
    }

    /// Puts items at their positions (`None` removes) under the new names.
    pub(crate) fn change(&mut self, positions: Positions, changes: Vec<(u32, Option<Arc<T>>)>) {
        self.names = positions.finish();
        let pieces = self.names.by_position.len().div_ceil(PIECE);
        self.pieces.resize_with(pieces, || Arc::new([const { None }; PIECE]));
        let mut added = Vec::new();
        let mut removed = false;
        for (at, item) in changes {
            let Some(place) = self.place(at as usize) else { continue };
            match (place.is_some(), item.is_some()) {
                (false, true) => added.push(at),
                (true, false) => removed = true,
                _ => {}
            }
            *place = item;
        }
        if added.is_empty() && !removed {
            return;
        }
        let mut order: Vec<u32> = self.order.iter().copied().filter(|at| self.get(*at).is_some()).collect();
        order.extend(added);
        // Already sorted but for the added ones: this sort is linear on such input.
        order.sort_by(|a, b| self.names.name(*a).cmp(self.names.name(*b)));
        self.order = order.into();
    }
}

/// Hands out positions while a ruleset or a patch is compiled.
pub(crate) struct Positions {
    names: Arc<Names>,
    added: HashMap<Arc<str>, u32, RandomState>,
    /// Positions with nothing at them that nothing refers to: a new name takes one of these first, so that a snapshot
    /// does not grow for ever while flags come and go.
    free: Vec<u32>,
    taken: BTreeMap<u32, Arc<str>>,
    next: u32,
}

impl Positions {
    pub(crate) fn new(names: &Arc<Names>, free: Vec<u32>) -> Self {
        let next = u32::try_from(names.by_position.len()).unwrap_or(u32::MAX);
        Self { names: Arc::clone(names), added: HashMap::default(), free, taken: BTreeMap::new(), next }
    }

    /// The position of a name, a new one if need be.
    pub(crate) fn position(&mut self, name: &str) -> u32 {
        if let Some(at) = self.names.position(name)
            && !self.taken.contains_key(&at)
        {
            self.free.retain(|free| *free != at);
            return at;
        }
        if let Some(at) = self.added.get(name) {
            return *at;
        }
        let name: Arc<str> = name.into();
        let at = if let Some(at) = self.free.pop() {
            self.taken.insert(at, Arc::clone(&name));
            at
        } else {
            let at = self.next;
            self.next += 1;
            at
        };
        self.added.insert(name, at);
        at
    }

    fn finish(self) -> Arc<Names> {
        if self.added.is_empty() {
            return self.names;
        }
        let mut by_position = self.names.by_position.clone();
        let nothing: Arc<str> = "".into();
        by_position.resize(self.next as usize, nothing);
        for (name, at) in self.added {
            if let Some(place) = by_position.get_mut(at as usize) {
                *place = name;
            }
        }
        Arc::new(Names::new(by_position))
    }
}

/// What equal parts of different flags are compiled to, by their text, while a ruleset or a patch is compiled.
#[derive(Default)]
pub(crate) struct Shared<'w> {
    pub(crate) tests: HashMap<&'w str, Arc<CompiledTest>, RandomState>,
    /// Inside `some`, where paths mean something else.
    pub(crate) tests_in_some: HashMap<&'w str, Arc<CompiledTest>, RandomState>,
    pub(crate) variants: HashMap<&'w str, Arc<[Variant]>, RandomState>,
}

/// Positions of everything that can be referred to.
pub(crate) struct Symbols<'w> {
    pub(crate) shared: Shared<'w>,
    pub(crate) flags: Positions,
    pub(crate) segments: Positions,
    pub(crate) lists: Positions,
}
