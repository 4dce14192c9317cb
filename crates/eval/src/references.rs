//! References between flags and segments: cycles and chains that are too long are found when a ruleset is compiled, so
//! that evaluation can follow references without looking out for them.

use crate::compiled::{CompiledFlag, CompiledSegment, Reference};
use crate::limits::MAX_REFERENCE_DEPTH;
use crate::tables::Table;

/// Flags and segments that cannot be evaluated because of what they refer to. Almost always empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entangled {
    /// No chain of references is longer: the longest one, or more after patches.
    longest: u32,
    /// By position.
    pub(crate) flags: Vec<(u32, Why)>,
    /// By position.
    pub(crate) segments: Vec<(u32, Why)>,
}

/// Why something cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Why {
    /// It refers to itself, directly or through others.
    pub(crate) is_cycle: bool,
    /// In words.
    pub(crate) text: String,
}

impl Entangled {
    #[inline]
    pub(crate) fn flag(&self, at: u32) -> Option<&Why> {
        find(&self.flags, at)
    }

    #[inline]
    pub(crate) fn segment(&self, at: u32) -> Option<&Why> {
        find(&self.segments, at)
    }
}

#[inline]
fn find(sorted: &[(u32, Why)], at: u32) -> Option<&Why> {
    if sorted.is_empty() {
        return None;
    }
    let found = sorted.binary_search_by_key(&at, |(at, _)| *at).ok()?;
    sorted.get(found).map(|(_, why)| why)
}

/// Looks at everything.
fn entangled(flags: &Table<CompiledFlag>, segments: &Table<CompiledSegment>) -> Entangled {
    let mut walk = Walk::over(flags, segments);
    for (at, _) in flags.items() {
        walk.from(at as usize);
    }
    for (at, _) in segments.items() {
        walk.from(walk.first_segment + at as usize);
    }
    walk.found.flags.sort();
    walk.found.segments.sort();
    walk.found.longest = walk.nodes.iter().map(|node| node.depth).max().unwrap_or_default();
    walk.found
}

/// The flags and segments that a patch changes, by position.
pub(crate) struct Changed<'p> {
    /// Flags.
    pub(crate) flags: &'p [u32],
    /// Segments.
    pub(crate) segments: &'p [u32],
}

/// The same after a patch, looking only at what the changed items refer to, if that is enough to be sure.
///
/// A new cycle goes through a changed item, so it is reachable from one. A chain becomes longer by at most what the longest
/// chain from the first changed item on it has gained.
pub(crate) fn entangled_after(
    before: &Entangled,
    (old_flags, old_segments): (&Table<CompiledFlag>, &Table<CompiledSegment>),
    (flags, segments): (&Table<CompiledFlag>, &Table<CompiledSegment>),
    changed: &Changed<'_>,
) -> Entangled {
    let mut now = Walk::over(flags, segments);
    let depths = now.depths(changed);
    let is_clean = |found: &Entangled| found.flags.is_empty() && found.segments.is_empty();
    if is_clean(before) && is_clean(&now.found) {
        let earlier = Walk::over(old_flags, old_segments).depths(changed);
        let gained = depths.iter().zip(earlier).map(|(now, earlier)| now.saturating_sub(earlier)).max();
        let longest = before.longest.saturating_add(gained.unwrap_or_default());
        if longest <= MAX_REFERENCE_DEPTH {
            return Entangled { longest, ..Entangled::default() };
        }
    }
    entangled(flags, segments)
}

#[derive(Clone, Default)]
struct Node {
    /// Order of the visit, from 1; 0 is not visited.
    visit: u32,
    lowest: u32,
    on_stack: bool,
    /// Longest chain of references that begins here, itself included.
    depth: u32,
}

struct Walk<'t> {
    flags: &'t Table<CompiledFlag>,
    segments: &'t Table<CompiledSegment>,
    first_segment: usize,
    nodes: Vec<Node>,
    stack: Vec<usize>,
    visited: u32,
    found: Entangled,
}

impl<'t> Walk<'t> {
    fn over(flags: &'t Table<CompiledFlag>, segments: &'t Table<CompiledSegment>) -> Self {
        let first_segment = flags.positions();
        Self {
            flags,
            segments,
            first_segment,
            nodes: vec![Node::default(); first_segment + segments.positions()],
            stack: Vec::new(),
            visited: 0,
            found: Entangled::default(),
        }
    }

    /// Longest chains that begin at these; 0 for what is not there.
    fn depths(&mut self, changed: &Changed<'_>) -> Vec<u32> {
        let within = |at: u32, end: usize| Some(at as usize).filter(|at| *at < end);
        let (first_segment, end) = (self.first_segment, self.nodes.len());
        let flags = changed.flags.iter().map(|at| within(*at, first_segment));
        let segments = changed.segments.iter().map(|at| within(*at, end - first_segment).map(|at| first_segment + at));
        let all: Vec<Option<usize>> = flags.chain(segments).collect();
        all.into_iter()
            .map(|at| {
                let Some(at) = at else { return 0 };
                self.from(at);
                self.node(at).depth
            })
            .collect()
    }

    /// Tarjan's strongly connected components, without recursion: the input may be a chain of any length.
    fn from(&mut self, start: usize) {
        if self.node(start).visit != 0 {
            return;
        }
        self.enter(start);
        let mut path = vec![(start, self.references(start).iter())];
        while let Some((at, references)) = path.last_mut() {
            let at = *at;
            if let Some(reference) = references.next() {
                let Some(to) = self.target(*reference) else { continue };
                if self.node(to).visit == 0 {
                    self.enter(to);
                    path.push((to, self.references(to).iter()));
                } else if self.node(to).on_stack {
                    let visit = self.node(to).visit;
                    self.node(at).lowest = self.node(at).lowest.min(visit);
                } else {
                    let depth = self.node(to).depth + 1;
                    self.node(at).depth = self.node(at).depth.max(depth);
                }
            } else {
                path.pop();
                self.leave(at);
                if let Some((above, _)) = path.last() {
                    let Node { lowest, depth, .. } = *self.node(at);
                    let above = self.node(*above);
                    above.lowest = above.lowest.min(lowest);
                    above.depth = above.depth.max(depth + 1);
                }
            }
        }
    }

    fn enter(&mut self, at: usize) {
        self.visited += 1;
        let visit = self.visited;
        *self.node(at) = Node { visit, lowest: visit, on_stack: true, depth: 1 };
        self.stack.push(at);
    }

    fn leave(&mut self, at: usize) {
        let Node { visit, lowest, depth, .. } = *self.node(at);
        if visit != lowest {
            return;
        }
        let from = self.stack.iter().rposition(|on_stack| *on_stack == at).unwrap_or_default();
        let component = self.stack.split_off(from);
        let cyclic = component.len() > 1 || self.references(at).iter().any(|one| self.target(*one) == Some(at));
        let text = if cyclic {
            let names: Vec<&str> = component.iter().take(10).map(|member| self.name(*member)).collect();
            Some(format!("refers to itself: {}", names.join(", ")))
        } else if depth > MAX_REFERENCE_DEPTH {
            Some(format!("needs a chain of more than {MAX_REFERENCE_DEPTH} flags and segments"))
        } else {
            None
        };
        for member in component {
            let first_segment = self.first_segment;
            let node = self.node(member);
            node.on_stack = false;
            // A cycle is not followed, so what refers to it does not get deeper through it.
            node.depth = if cyclic { 1 } else { depth.min(MAX_REFERENCE_DEPTH + 1) };
            if let Some(text) = &text {
                let why = Why { is_cycle: cyclic, text: text.clone() };
                let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                match member.checked_sub(first_segment) {
                    None => self.found.flags.push((position(member), why)),
                    Some(segment) => self.found.segments.push((position(segment), why)),
                }
            }
        }
    }

    #[expect(clippy::indexing_slicing, reason = "positions come from the tables that sized the nodes")]
    fn node(&mut self, at: usize) -> &mut Node {
        &mut self.nodes[at]
    }

    fn references(&self, at: usize) -> &'t [Reference] {
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        match at.checked_sub(self.first_segment) {
            None => self.flags.get(position(at)).map_or(&[], |flag| &flag.references),
            Some(segment) => self.segments.get(position(segment)).map_or(&[], |segment| &segment.references),
        }
    }

    fn target(&self, reference: Reference) -> Option<usize> {
        match reference {
            Reference::Flag(at) => Some(at as usize),
            Reference::Segment(at) => Some(self.first_segment + at as usize),
            Reference::List(_) => None,
        }
    }

    fn name(&self, at: usize) -> &str {
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        match at.checked_sub(self.first_segment) {
            None => self.flags.names.name(position(at)),
            Some(segment) => self.segments.names.name(position(segment)),
        }
    }
}
