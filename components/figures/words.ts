/**
 * Numbers as words, for the text equivalent of a figure.
 * Everything is counted from 0, as in the code of the cells.
 */
const space = "\u00a0"; // no line break between a number and its unit

/** 0.914 -> "91 %", 0.046 -> "4.6 %", 0.0004 -> "under 0.1 %", 0.9996 -> "over 99.9 %". */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "not a number";
  const value = share * 100;
  if (value === 0) return `0${space}%`;
  if (value < 0.1) return `under 0.1${space}%`;
  if (value > 99.9 && value < 100) return `over 99.9${space}%`;
  if (value < 9.95) return `${value.toFixed(1)}${space}%`;
  if (value >= 99.5 && value < 100) return `${value.toFixed(1)}${space}%`;
  return `${Math.round(value)}${space}%`;
}

/** ["a"] -> "a", ["a", "b", "c"] -> "a, b and c". */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)!}`;
}

/** Names, each with its number, so that a name may end with one: "layer 1, 20; layer 2, 31". */
export function numbered(pairs: readonly (readonly [name: string, value: string])[]): string {
  return pairs.map(([name, value]) => `${name}, ${value}`).join("; ");
}

/** 1 -> "1 patch", 5 -> "5 patches". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** Where patch `index` lies in a grid of `columns`: "row 3, column 4". */
export function place(index: number, columns: number): string {
  return `row ${Math.floor(index / columns)}, column ${index % columns}`;
}
