/**
 * JSON that somebody else wrote: how long, how deep and how many values are checked before anything is built from it.
 * A few bytes of brackets can otherwise fill the memory, and a deep nest overflows the stack of whoever walks it.
 */
import { repeatedKey } from "./repeated-key";

export type JsonLimits = {
  /** Bytes. */
  maxLength?: number;
  /** Objects and lists inside each other. */
  maxDepth?: number;
  /** Values in all. */
  maxValues?: number;
  /** Whether a key that an object has twice is an error [true]: it costs a second pass. */
  distinctKeys?: boolean;
};

/**
 * @param name what errors call the file
 * @throws one sentence when it is not JSON in UTF-8, or beyond a limit.
 */
export function parseJson(bytes: Uint8Array, name: string, limits: JsonLimits = {}): unknown {
  const { maxLength = 16 * 1024 * 1024, maxDepth = 64, maxValues = 4_000_000, distinctKeys = true } = limits;
  if (bytes.length > maxLength) {
    throw new Error(`${name}: expected a file of at most ${maxLength} bytes, got ${bytes.length}`);
  }
  const { depth, values } = extent(bytes);
  if (depth > maxDepth) throw new Error(`${name}: expected JSON at most ${maxDepth} deep, got ${depth}`);
  if (values > maxValues) throw new Error(`${name}: expected at most ${maxValues} values in JSON, got ${values}`);
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new Error(`${name}: expected JSON, got ${show(new TextDecoder().decode(bytes.subarray(0, 40)))}`);
  }
  const repeated = distinctKeys ? repeatedKey(text) : undefined;
  if (repeated !== undefined) throw new Error(`${name}: expected each name once, got ${show(repeated)} twice`);
  return value;
}

/** A value in an error message: short, whatever the file holds. */
export function show(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = "something that cannot be shown";
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [34, 92, 44, 58];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

/** How deep a text nests, and about how many values it holds. One pass over its bytes; keys count as well. */
function extent(json: Uint8Array): { depth: number; values: number } {
  let open = 0;
  let depth = 0;
  let values = 1;
  for (let i = 0; i < json.length; i++) {
    const c = json[i]!;
    if (c === QUOTE) {
      for (i += 1; i < json.length && json[i] !== QUOTE; i++) if (json[i] === BACKSLASH) i += 1;
    } else if (c === COMMA || c === COLON) values += 1;
    else if (c === OPEN_LIST || c === OPEN_OBJECT) {
      values += 1;
      open += 1;
      if (open > depth) depth = open;
    } else if (c === CLOSE_LIST || c === CLOSE_OBJECT) open -= 1;
  }
  return { depth, values };
}
