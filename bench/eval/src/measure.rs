//! CPU time of this thread and allocations on it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use rustix::time::{ClockId, clock_gettime};

/// A system allocator that counts, the same for everyone measured.
pub struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    ALLOCATIONS.with(|count| count.set(count.get() + 1));
    BYTES.with(|held| held.set(held.get() + bytes as i64));
}

// SAFETY: every call goes to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        BYTES.with(|held| held.set(held.get() - layout.size() as i64));
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.with(|held| held.set(held.get() - layout.size() as i64));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that `make` leaves on the heap, with what it made.
pub fn held<T>(make: impl FnOnce() -> T) -> (T, f64) {
    let before = BYTES.with(Cell::get);
    let made = make();
    (made, (BYTES.with(Cell::get) - before) as f64)
}

fn cpu_ns() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Somebody who does the same work: a name and a loop of so many repetitions.
pub struct Contender<'a> {
    pub name: String,
    /// Whether this is what an SDK does for every answer.
    pub real: bool,
    pub run: Box<dyn FnMut(u32) + 'a>,
}

impl<'a> Contender<'a> {
    pub fn new(name: String, real: bool, mut once: impl FnMut(u32) + 'a) -> Self {
        Self { name, real, run: Box::new(move |times| (0..times).for_each(&mut once)) }
    }
}

/// What one contender needs for one repetition.
pub struct Measured {
    pub name: String,
    pub real: bool,
    /// Nanoseconds, or what the row's unit says.
    pub value: f64,
    pub allocations: f64,
}

/// How it is measured, in words.
pub const METHOD: &str = "thread CPU time, median of 15 alternating rounds";

const ROUNDS: usize = 15;
const ROUND_NS: f64 = 8_000_000.0;

/// Median CPU time over rounds in which everybody runs in turn.
pub fn measure(mut contenders: Vec<Contender<'_>>) -> Vec<Measured> {
    let times: Vec<u32> = contenders.iter_mut().map(calibrated).collect();
    let mut rounds = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for ((contender, times), round) in contenders.iter_mut().zip(&times).zip(&mut rounds) {
            // A while for nothing: whoever was before left caches and an allocator that has yet to clear up after them.
            (contender.run)(times.div_ceil(4));
            let before = cpu_ns();
            (contender.run)(*times);
            round.push((cpu_ns() - before) as f64 / f64::from(*times));
        }
    }
    let mut measured = Vec::new();
    for ((contender, times), mut round) in contenders.iter_mut().zip(times).zip(rounds) {
        let before = ALLOCATIONS.with(Cell::get);
        (contender.run)(times);
        let allocations = (ALLOCATIONS.with(Cell::get) - before) as f64 / f64::from(times);
        round.sort_by(f64::total_cmp);
        measured.push(Measured {
            name: contender.name.clone(),
            real: contender.real,
            value: round[ROUNDS / 2],
            allocations,
        });
    }
    measured
}

/// Repetitions that fill a round. Tried until they do: the first ones pay for what was before.
fn calibrated(contender: &mut Contender<'_>) -> u32 {
    let mut times = 1;
    (contender.run)(1);
    loop {
        let before = cpu_ns();
        (contender.run)(times);
        let taken = (cpu_ns() - before) as f64;
        if taken > ROUND_NS * 0.7 || times >= 1 << 26 {
            return times;
        }
        times = ((f64::from(times) * (ROUND_NS / taken).clamp(1.5, 10.0)) as u32).min(1 << 26);
    }
}
