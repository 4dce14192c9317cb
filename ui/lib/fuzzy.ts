// Matching of typed text with keys and names: parts in order, better at word starts.

/** Higher is better, 0 is no match: "chk" and "new check" both find "new-checkout". */
export function score(text: string, query: string): number {
  const wanted = query.toLowerCase().trim();
  if (wanted === "") return 1;
  const have = text.toLowerCase();
  if (have === wanted) return 1000;
  const at = have.indexOf(wanted);
  if (at >= 0)
    return 500 - Math.min(at, 100) + (at === 0 || /[-_. /]/.test(have[at - 1] ?? "") ? 200 : 0) - have.length / 100;
  let total = 0;
  let position = 0;
  for (const letter of wanted.replaceAll(/\s+/g, "")) {
    const found = have.indexOf(letter, position);
    if (found < 0) return 0;
    total += found === 0 || /[-_. /]/.test(have[found - 1] ?? "") ? 10 : found === position ? 6 : 1;
    position = found + 1;
  }
  return total - have.length / 100;
}

export function ranked<T>(items: readonly T[], query: string, text: (item: T) => string[], limit: number): T[] {
  return items
    .map((item) => ({ item, score: Math.max(...text(item).map((part) => score(part, query))) }))
    .filter((entry) => entry.score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map((entry) => entry.item);
}
