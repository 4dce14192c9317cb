//! How the keys of a segment's large list are spread over documents.
//!
//! Keys are put into a binary trie by the bits of their SHA-256; a chunk is a leaf: the first node on the way down that
//! has at most [`limits::LIST_CHUNK`] keys. The layout is therefore a pure function of the set of keys (an import of an
//! export gives the same chunks), and an edit of one key moves one chunk, or, once in hundreds of edits, replaces a
//! full chunk by its halves. The document key is `segment/included/0110`, the path from the root; `segment/included/-`
//! is the root of a short list.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::limits;

/// Bits of the hash that are used; deeper chunks are not split.
const DEPTH: usize = 32;

/// Which keys a chunk has now; `None` removes the chunk.
pub type Changes = BTreeMap<String, Option<Vec<String>>>;

enum Chunk<'s> {
    Stored(&'s [String]),
    Edited(BTreeSet<String>),
}

impl Chunk<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Stored(keys) => keys.len(),
            Self::Edited(keys) => keys.len(),
        }
    }
    fn into_set(self) -> BTreeSet<String> {
        match self {
            Self::Stored(keys) => keys.iter().cloned().collect(),
            Self::Edited(keys) => keys,
        }
    }
}

/// Document key of a chunk by its path of `0` and `1`.
pub fn document_key(segment: &str, which: &str, path: &str) -> String {
    format!("{segment}/{which}/{}", if path.is_empty() { "-" } else { path })
}

/// Path of a chunk from its document key.
pub fn path(document_key: &str) -> &str {
    match document_key.rsplit('/').next() {
        Some("-") | None => "",
        Some(path) => path,
    }
}

/// Removes and adds keys; what is in both is added. `stored` are the chunks now, by path.
pub fn edit<'s>(
    stored: &BTreeMap<&'s str, &'s [String]>,
    add: impl IntoIterator<Item = String>,
    remove: impl IntoIterator<Item = String>,
) -> Changes {
    let mut live: BTreeMap<String, Chunk<'_>> =
        stored.iter().map(|(path, keys)| ((*path).to_owned(), Chunk::Stored(keys))).collect();
    let mut touched = BTreeSet::new();
    for key in remove {
        let path = leaf(&live, &key);
        if contains(&live, &path, &key) {
            open(&mut live, &path).remove(&key);
            touched.insert(path);
        }
    }
    for key in add {
        let path = leaf(&live, &key);
        if !contains(&live, &path, &key) {
            open(&mut live, &path).insert(key);
            touched.insert(path);
        }
    }
    for path in touched {
        split(&mut live, &path);
        merge(&mut live, &path);
    }
    live.retain(|_, chunk| chunk.len() > 0);
    let gone = stored.keys().filter(|path| !live.contains_key(**path)).map(|path| ((*path).to_owned(), None));
    let mut changes: Changes = gone.collect();
    for (path, chunk) in live {
        if let Chunk::Edited(keys) = chunk {
            let keys: Vec<String> = keys.into_iter().collect();
            if stored.get(path.as_str()) != Some(&keys.as_slice()) {
                changes.insert(path, Some(keys));
            }
        }
    }
    changes
}

fn bits(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().take(DEPTH / 8).fold(String::with_capacity(DEPTH), |text, byte| format!("{text}{byte:08b}"))
}

/// The chunk a key belongs to: the nearest one on its way down, or where one would begin.
fn leaf(live: &BTreeMap<String, Chunk<'_>>, key: &str) -> String {
    let bits = bits(key);
    let depth = (0..DEPTH).find(|depth| {
        let path = &bits[..*depth];
        live.contains_key(path) || below(live, path).next().is_none()
    });
    bits[..depth.unwrap_or(DEPTH)].to_owned()
}

fn below<'l>(live: &'l BTreeMap<String, Chunk<'_>>, path: &str) -> impl Iterator<Item = (&'l String, usize)> {
    let start = path.to_owned();
    live.range(start.clone()..)
        .map(|(path, chunk)| (path, chunk.len()))
        .take_while(move |(path, _)| path.starts_with(&start))
}

fn contains(live: &BTreeMap<String, Chunk<'_>>, path: &str, key: &str) -> bool {
    match live.get(path) {
        Some(Chunk::Stored(keys)) => keys.binary_search_by(|probe| probe.as_str().cmp(key)).is_ok(),
        Some(Chunk::Edited(keys)) => keys.contains(key),
        None => false,
    }
}

fn open<'l>(live: &'l mut BTreeMap<String, Chunk<'_>>, path: &str) -> &'l mut BTreeSet<String> {
    let chunk = live.entry(path.to_owned()).or_insert(Chunk::Stored(&[]));
    if let Chunk::Stored(keys) = chunk {
        *chunk = Chunk::Edited(keys.iter().cloned().collect());
    }
    match chunk {
        Chunk::Edited(keys) => keys,
        Chunk::Stored(_) => unreachable!("it was opened just above"),
    }
}

fn split(live: &mut BTreeMap<String, Chunk<'_>>, path: &str) {
    let mut full = vec![path.to_owned()];
    while let Some(path) = full.pop() {
        if path.len() == DEPTH || live.get(&path).is_none_or(|chunk| chunk.len() <= limits::LIST_CHUNK) {
            continue;
        }
        let keys = live.remove(&path).map(Chunk::into_set).unwrap_or_default();
        let (ones, zeros): (BTreeSet<_>, BTreeSet<_>) =
            keys.into_iter().partition(|key| bits(key).as_bytes().get(path.len()) == Some(&b'1'));
        for (bit, half) in [('0', zeros), ('1', ones)] {
            if !half.is_empty() {
                live.insert(format!("{path}{bit}"), Chunk::Edited(half));
                full.push(format!("{path}{bit}"));
            }
        }
    }
}

fn merge(live: &mut BTreeMap<String, Chunk<'_>>, path: &str) {
    let mut path = path;
    while let Some((last, _)) = path.char_indices().next_back() {
        let parent = &path[..last];
        let total: usize = below(live, parent).map(|(_, len)| len).sum();
        if total > limits::LIST_CHUNK {
            return;
        }
        let paths: Vec<String> = below(live, parent).map(|(path, _)| path.clone()).collect();
        let keys = paths.iter().filter_map(|path| live.remove(path)).flat_map(Chunk::into_set).collect();
        live.insert(parent.to_owned(), Chunk::Edited(keys));
        path = parent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Stored = BTreeMap<String, Vec<String>>;

    fn apply(stored: &mut Stored, add: &[String], remove: &[String]) -> usize {
        let view = stored.iter().map(|(path, keys)| (path.as_str(), keys.as_slice())).collect();
        let changes = edit(&view, add.iter().cloned(), remove.iter().cloned());
        let moved = changes.len();
        for (path, keys) in changes {
            match keys {
                Some(keys) => stored.insert(path, keys),
                None => stored.remove(&path),
            };
        }
        moved
    }

    fn names(range: std::ops::Range<u32>) -> Vec<String> {
        range.map(|n| format!("user-{n}")).collect()
    }

    #[test]
    fn one_key_moves_one_chunk() {
        let mut stored = Stored::new();
        apply(&mut stored, &names(0..20_000), &[]);
        assert!(stored.len() >= 20 && stored.values().all(|keys| keys.len() <= limits::LIST_CHUNK));
        let mut moved = [0_usize; 4];
        for n in 20_000..20_200 {
            moved[apply(&mut stored, &names(n..n + 1), &[])] += 1;
        }
        assert_eq!((moved[0], moved[2]), (0, 0));
        assert!(moved[1] >= 195, "one chunk, or a chunk and its halves: {moved:?}");
        assert_eq!(apply(&mut stored, &names(5..6), &[]), 0, "a key that is there moves nothing");
        assert_eq!(apply(&mut stored, &[], &names(99_999..100_000)), 0);
    }

    #[test]
    fn the_layout_is_a_function_of_the_set() {
        let mut grown = Stored::new();
        for start in (0..3_000).step_by(250) {
            apply(&mut grown, &names(start..start + 250), &[]);
        }
        apply(&mut grown, &[], &names(500..2_700));
        let mut fresh = Stored::new();
        let mut left = names(0..500);
        left.extend(names(2_700..3_000));
        apply(&mut fresh, &left, &[]);
        assert_eq!(grown, fresh);
        apply(&mut fresh, &[], &left);
        assert!(fresh.is_empty());
    }
}
