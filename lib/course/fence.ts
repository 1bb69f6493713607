/** The words after a fence's language: ```js live id=scene label="Your picture" height=300 hide */
import { unknownName } from "./schema-problems";

export const roles = ["live", "starter", "solution", "check"] as const;
export type Role = (typeof roles)[number];

export type CellOptions = { id?: string; label?: string; hide?: boolean; height?: number; run?: "manual" };
export type Fence = { role?: Role; options: CellOptions };

const optionNames = ["id", "label", "hide", "height", "run"];
const CELL_ID = /^[A-Za-z][\w-]*$/;

/** @throws Error with one sentence about what is wrong */
export function parseFence(lang: string | null | undefined, meta: string | null | undefined): Fence {
  const words = [...(meta ?? "").matchAll(/([^\s=]+)(?:=("[^"]*"|\S*))?/g)];
  const first = words[0]?.[1];
  if (first === undefined) return { options: {} };
  if (!isRole(first)) throw new Error(`fence: ${unknownName("word", first, roles)}`);
  if (lang !== "js") throw new Error(`fence: expected js ${first}, got ${lang ?? "no language"} ${first}`);
  const given = words.slice(1);
  if (first !== "live" && given.length > 0) {
    throw new Error(`fence: expected no options after ${first}, got ${given[0]![0]}`);
  }
  const options: CellOptions = {};
  for (const [, name, value] of given) {
    if (name! in options) throw new Error(`fence: ${name} is there twice`);
    setOption(options, name!, value?.replace(/^"|"$/g, ""));
  }
  return { role: first, options };
}

function setOption(options: CellOptions, name: string, value: string | undefined): void {
  if (!optionNames.includes(name)) throw new Error(`fence: ${unknownName("option", name, optionNames)}`);
  if (name === "hide") {
    if (value !== undefined && value !== "true") throw new Error(`fence: expected hide alone, got hide=${value}`);
    options.hide = true;
    return;
  }
  if (!value) throw new Error(`fence: expected ${name}=…, got nothing after it`);
  if (name === "id") {
    if (!CELL_ID.test(value)) throw new Error(`fence: expected id to be letters, digits and dashes, got “${value}”`);
    options.id = value;
  } else if (name === "label") {
    options.label = value;
  } else if (name === "height") {
    const height = Number(value);
    if (!Number.isInteger(height) || height <= 0) throw new Error(`fence: expected height in pixels, got “${value}”`);
    options.height = height;
  } else {
    if (value !== "manual") throw new Error(`fence: expected run=manual, got run=${value}`);
    options.run = value;
  }
}

const isRole = (word: string): word is Role => (roles as readonly string[]).includes(word);
