/** SHA-256 (FIPS 180-4) of a short text, as hex. The platforms' own are asynchronous. */
export function sha256(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x2000_0000));
  view.setUint32(padded.length - 4, bytes.length << 3);
  const { roots, cubes } = constants();
  const state = Int32Array.from(roots);
  const words = new Int32Array(64);
  const turn = (word: number, by: number) => (word >>> by) | (word << (32 - by));
  const at = (list: Int32Array, index: number) => list[index] ?? 0;
  for (let block = 0; block < padded.length; block += 64) {
    for (let t = 0; t < 64; t++) {
      if (t < 16) words[t] = view.getInt32(block + t * 4);
      else {
        const [a, b] = [at(words, t - 15), at(words, t - 2)];
        const low = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
        const high = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
        words[t] = low + high + at(words, t - 7) + at(words, t - 16);
      }
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
    for (let t = 0; t < 64; t++) {
      const choice = (e & f) ^ (~e & g);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + at(cubes, t) + at(words, t)) | 0;
      const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, index) => {
      state[index] = at(state, index) + word;
    });
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

let known: { roots: Int32Array; cubes: Int32Array } | undefined;

/** Fractions of the roots of the first primes. */
function constants(): { roots: Int32Array; cubes: Int32Array } {
  if (known) return known;
  const [roots, cubes] = [new Int32Array(8), new Int32Array(64)];
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) {
    if (primes.some((prime) => n % prime === 0)) continue;
    if (primes.length < 8) roots[primes.length] = (n ** (1 / 2) % 1) * 2 ** 32;
    cubes[primes.length] = (n ** (1 / 3) % 1) * 2 ** 32;
    primes.push(n);
  }
  known = { roots, cubes };
  return known;
}
