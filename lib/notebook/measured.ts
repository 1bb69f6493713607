/** A measured value by its path, for prose and for cells: no number of ours is typed by hand. */

/**
 * The value at a path such as "splits.training.accuracy"; "splits." may be left out. A key that has dots or slashes in it
 * is written as it is: "splits.training.kinds.facts/choice.accuracy".
 * @param name what errors call the file. @throws a sentence that says which part is not there, and what is.
 */
export function measured(json: unknown, path: string, name: string): unknown {
  const whole = lookUp(json, path);
  if (whole.found) return whole.value;
  const inSplits = lookUp((json as { splits?: unknown } | null)?.splits, path);
  if (inSplits.found) return inSplits.value;
  const { missing, among } = whole.depth >= inSplits.depth ? whole : inSplits;
  const keys = among.length > 12 ? [...among.slice(0, 12), `… ${among.length - 12} more`] : among;
  throw new Error(
    `${name}: expected ${path}, got no ${missing}; ` +
      (keys.length > 0 ? `there is ${keys.join(", ")}` : "there is nothing below it"),
  );
}

type Found =
  { found: true; value: unknown; depth: number } | { found: false; missing: string; among: string[]; depth: number };

/** The longest key first, so that a dot may be part of one. */
function lookUp(value: unknown, path: string, depth = 0): Found {
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const object = value as Record<string, unknown>;
  if (keys.includes(path)) return { found: true, value: object[path], depth: depth + 1 };
  const fitting = keys.filter((key) => path.startsWith(`${key}.`)).sort((a, b) => b.length - a.length);
  let best: Found = { found: false, missing: path.split(".")[0]!, among: keys, depth };
  for (const key of fitting) {
    const below = lookUp(object[key], path.slice(key.length + 1), depth + 1);
    if (below.found) return below;
    if (below.depth > best.depth) best = below;
  }
  return best;
}
