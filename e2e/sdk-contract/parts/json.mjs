// The text of a member of a JSON object, as it is written: JSON.parse would round large numbers.

export function memberText(text, member) {
  const key = JSON.stringify(member);
  for (let at = 0, depth = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') {
      const end = endOfString(text, at);
      if (depth === 1 && text.slice(at, end) === key && /^\s*:/.test(text.slice(end))) {
        const from = text.indexOf(":", end) + 1;
        return text.slice(from, endOfValue(text, from)).trim();
      }
      at = end - 1;
    } else if (sign === "{" || sign === "[") depth++;
    else if (sign === "}" || sign === "]") depth--;
  }
  throw new Error(`there is no ${member}`);
}

function endOfString(text, from) {
  for (let at = from + 1; ; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
}

function endOfValue(text, from) {
  for (let at = from, depth = 0; ; at++) {
    const sign = text[at];
    if (sign === '"') at = endOfString(text, at) - 1;
    else if (sign === "{" || sign === "[") depth++;
    else if (depth === 0 && (sign === "," || sign === "}")) return at;
    else if ((sign === "}" || sign === "]") && --depth === 0) return at + 1;
  }
}
