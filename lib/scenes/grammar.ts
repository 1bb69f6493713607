/** English for scenes: articles, plurals, numbers, lists. Names are those of things.ts, of shapes, and `sign`. */

/** Names that are plural already: `some grapes`, `the grapes are`. Their drawings are not counted. */
const alwaysPlural = new Set(["grapes", "cherries", "fries", "scissors"]);

/** Names that take no number: `some corn`. Their drawings are not counted. */
const uncounted = new Set(["corn", "cheese"]);

const irregular: Record<string, string> = { fish: "fish", snowman: "snowmen" };

export const numberWords = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight"] as const;

export const isPlural = (name: string) => alwaysPlural.has(name);
export const isCounted = (name: string) => !alwaysPlural.has(name) && !uncounted.has(name);

export function numberWord(count: number): string {
  const word = numberWords[count];
  if (!word) throw new Error(`grammar: expected a count from 0 to ${numberWords.length - 1}, got ${count}`);
  return word;
}

export function pluralOf(name: string): string {
  if (!isCounted(name)) return name;
  if (irregular[name]) return irregular[name];
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
}

export const withArticle = (words: string) => `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;

/** `a cat`, `an owl`, `some grapes`. */
export const indefinite = (name: string) => (isCounted(name) ? withArticle(name) : `some ${name}`);

/** As in a question: `a cat`, `an owl`, `any grapes`. */
export const anyOf = (name: string) => (isCounted(name) ? withArticle(name) : `any ${name}`);

/** `a cat`, `two cats`; `some corn`, however much. */
export const counted = (count: number, name: string) =>
  count === 1 || !isCounted(name) ? indefinite(name) : `${numberWord(count)} ${pluralOf(name)}`;

/** `a cat, a dog and an owl`. */
export function listed(parts: readonly string[]): string {
  if (parts.length < 2) return parts[0] ?? "nothing";
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

export const isOrAre = (name: string) => (isPlural(name) ? "are" : "is");

export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Puts words into the `{slots}` of a template and capitalises the sentence. Throws if a slot is left. */
export function fill(template: string, slots: Readonly<Record<string, string>> = {}): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, slot: string) => {
    const words = slots[slot];
    if (words === undefined) throw new Error(`grammar: expected words for {${slot}} of ${JSON.stringify(template)}`);
    return words;
  });
  return capital(filled);
}
