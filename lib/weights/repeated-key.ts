/**
 * The first key that an object in a JSON text has twice, or undefined. JSON.parse keeps the last of them and says
 * nothing, so that two readers of one file could see two different things.
 *
 * @param json a text that JSON.parse accepts. One pass, no recursion.
 */
export function repeatedKey(json: string): string | undefined {
  const open: (Set<string> | null)[] = []; // the keys so far of each object that is open; null for a list
  let lastString: string | undefined;
  for (let i = 0; i < json.length; i++) {
    const c = json[i]!;
    if (c === '"') {
      const start = i;
      for (i += 1; json[i] !== '"'; i++) if (json[i] === "\\") i += 1;
      lastString = json.slice(start, i + 1);
    } else if (c === "{") open.push(new Set());
    else if (c === "[") open.push(null);
    else if (c === "}" || c === "]") open.pop();
    else if (c === ":") {
      const keys = open.at(-1)!;
      const key = JSON.parse(lastString!) as string; // "a" and "\u0061" are the same key
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
