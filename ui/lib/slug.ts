// Keys as the server takes them: ^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$.

export const KEY_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** A key from a name: "Größe: neu!" → "grosse-neu". */
export function slug(name: string): string {
  return name
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replaceAll(/\p{Diacritic}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9._]+/g, "-")
    .replaceAll(/^[-._]+|[-._]+$/g, "")
    .slice(0, 128)
    .replaceAll(/[-._]+$/g, "");
}

/** What is wrong with a key, in words, or null. */
export function keyProblem(key: string): string | null {
  if (key === "") return "A key is needed.";
  if (key.length > 128) return "At most 128 characters.";
  if (!/^[A-Za-z0-9]/.test(key)) return "Start with a letter or a digit.";
  if (!KEY_PATTERN.test(key)) return "Only letters, digits, dots, underscores and hyphens.";
  return null;
}
