/**
 * Whether a regular expression from somebody else's file can be run on a reader's text. JavaScript cannot stop one that
 * is running, and a few characters, (a+)+b, can keep it busy for years. So its form is looked at before it is compiled.
 *
 * A backtracking matcher tries, at each place of the text, at most
 *
 *     choices · length ^ open      choices = Π alternatives and lengths to try      open = unlimited repeats before a
 *                                                                                   part that may then fail to match
 *
 * ways. Patterns of published tokenizers have open ≤ 1 and a few dozen choices, so that is the limit here: time then
 * grows with the square of the text at worst. Repeats of repeats and of alternatives, and references back, are refused
 * whatever they do: no published tokenizer needs them.
 */

const MAX = { length: 8192, depth: 32, choices: 4096, repeats: 1000 };

/** A repeat with more lengths than this to try counts as unlimited. */
const FEW = 16;

/** Why the pattern is refused, in a few words; undefined when it may run. */
export function whyCostly(pattern: string): string | undefined {
  if (pattern.length > MAX.length) return `${pattern.length} characters`;
  try {
    const rest = readAlternatives({ pattern, at: 0, depth: 0 });
    return rest.at < pattern.length ? "a bracket that nothing opens" : undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

class Refusal extends Error {}

type Reader = { pattern: string; at: number; depth: number };

/** A part of a pattern, and what it costs a matcher. */
type Part = {
  /** Where it ends. */
  at: number;
  choices: number;
  /** Unlimited repeats in it. */
  open: number;
  /** How many of them stand before something that must match, and may not; -1 if all of it may be left out. */
  risk: number;
  repeats: boolean;
  branches: boolean;
};

/** `a|b|c`, up to a closing bracket or the end. */
function readAlternatives({ pattern, at, depth }: Reader): Part {
  if (depth > MAX.depth) throw new Refusal(`more than ${MAX.depth} brackets inside each other`);
  const parts = [readSequence({ pattern, at, depth })];
  while (pattern[parts.at(-1)!.at] === "|") parts.push(readSequence({ pattern, at: parts.at(-1)!.at + 1, depth }));
  const ways = parts.map(({ choices }) => choices);
  // At the top one alternative follows the other; inside brackets each is one more way to go on.
  const choices = depth === 0 ? Math.max(...ways) : limited(ways.reduce((sum, own) => sum + own));
  return {
    at: parts.at(-1)!.at,
    choices,
    open: Math.max(...parts.map(({ open }) => open)),
    risk: parts.some(({ risk }) => risk < 0) ? -1 : Math.max(...parts.map(({ risk }) => risk)),
    repeats: parts.some(({ repeats }) => repeats),
    branches: parts.length > 1 || parts.some(({ branches }) => branches),
  };
}

function readSequence({ pattern, at, depth }: Reader): Part {
  const all: Part = { at, choices: 1, open: 0, risk: -1, repeats: false, branches: false };
  while (all.at < pattern.length && pattern[all.at] !== "|" && pattern[all.at] !== ")") {
    const atom = readAtom({ pattern, at: all.at, depth });
    const { at: end, least, most } = readQuantifier(pattern, atom.at);
    if (most > 1 && (atom.repeats || atom.branches)) throw new Refusal("a repeat of repeats or of alternatives");
    if (most > MAX.repeats && most !== Infinity) throw new Refusal(`a repeat of ${most} times`);
    if (least > 0 && atom.risk >= 0) all.risk = Math.max(all.risk, all.open + atom.risk);
    if (all.risk > 1) throw new Refusal("two unlimited repeats, and then a part that may fail to match");
    const lengths = most - least + 1;
    all.open += atom.open + (lengths > FEW ? 1 : 0);
    all.choices = limited(all.choices * atom.choices * (lengths > FEW ? 1 : lengths));
    all.repeats ||= atom.repeats || most > 1 || lengths > 1;
    all.branches ||= atom.branches;
    all.at = end;
  }
  return all;
}

/** A character, a class of characters, or a group. */
function readAtom({ pattern, at, depth }: Reader): Part {
  const single = (end: number): Part => ({ at: end, choices: 1, open: 0, risk: 0, repeats: false, branches: false });
  const character = pattern[at]!;
  if (character === "[") return single(classEnd(pattern, at));
  if (character === "\\") return single(escapeEnd(pattern, at));
  if (character !== "(") return single(at + 1);
  const prefix = /^\((?:\?(?:<?[=!]|:|>|i:|<[A-Za-z_]\w*>))?/.exec(pattern.slice(at, at + 64))![0];
  const inner = readAlternatives({ pattern, at: at + prefix.length, depth: depth + 1 });
  if (pattern[inner.at] !== ")") throw new Refusal("a bracket that nothing closes");
  const looksAround = /^\(\?<?[=!]/.test(prefix); // (?!a*) can fail although a* cannot
  return { ...inner, at: inner.at + 1, risk: looksAround ? Math.max(inner.risk, inner.open) : inner.risk };
}

/** The end of a class, which may hold classes. */
function classEnd(pattern: string, start: number): number {
  let open = 0;
  for (let at = start; at < pattern.length; at++) {
    const first = at === start + 1 || (at === start + 2 && pattern[start + 1] === "^");
    if (pattern[at] === "\\") at++;
    else if (pattern[at] === "[") open++;
    else if (pattern[at] === "]" && !first && --open === 0) return at + 1;
  }
  throw new Refusal("a class of characters that nothing closes");
}

function escapeEnd(pattern: string, at: number): number {
  if (/[1-9kg]/.test(pattern[at + 1] ?? "")) throw new Refusal("a reference back");
  const named = /^\\(?:[pPxu]\{[^}]{0,64}\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[A-Za-z]|[^])/.exec(
    pattern.slice(at, at + 72),
  );
  if (!named) throw new Refusal("an unfinished escape");
  return at + named[0].length;
}

/** How often the part before it comes, at least and at most. `+` behind a quantifier makes it possessive, `?` lazy. */
function readQuantifier(pattern: string, at: number): { at: number; least: number; most: number } {
  const found = /^(?:[*+?][+?]?|\{(\d{1,9})?(,)?(\d{1,9})?\}\??)/.exec(pattern.slice(at, at + 24));
  if (!found || found[0] === "{}") return { at, least: 1, most: 1 };
  // Behind braces, + makes nothing possessive: in Oniguruma, whose patterns these are, it repeats the repeat.
  if (found[0].startsWith("{") && /[+*]/.test(pattern[at + found[0].length] ?? "")) {
    throw new Refusal("a repeat of repeats or of alternatives");
  }
  const [text, from = "0", comma, to] = found;
  const end = at + text.length;
  if (text[0] === "*") return { at: end, least: 0, most: Infinity };
  if (text[0] === "+") return { at: end, least: 1, most: Infinity };
  if (text[0] === "?") return { at: end, least: 0, most: 1 };
  return { at: end, least: Number(from), most: to ? Number(to) : comma ? Infinity : Number(from) };
}

function limited(choices: number): number {
  if (choices > MAX.choices) throw new Refusal(`more than ${MAX.choices} ways to match a part`);
  return choices;
}
