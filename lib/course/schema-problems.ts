import type { z } from "zod";
import { list } from "./problem";

/** What a zod schema found, as sentences about keys; `lineOf` finds a key's line. */
export function keyProblems(
  error: z.ZodError,
  known: readonly string[],
  lineOf: (key: string) => number,
): { line: number; what: string }[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ line: lineOf(key), what: unknownName("key", key, known) }));
    }
    const key = String(issue.path[0] ?? "");
    const missing = issue.code === "invalid_type" && /undefined/.test(issue.message);
    return [
      {
        line: missing ? 1 : lineOf(key),
        what: missing
          ? `${key} is missing: expected ${issue.expected}`
          : `${issue.path.join(".")}: ${said(issue.message)}`,
      },
    ];
  });
}

/** "unknown key “minute”: did you mean “minutes”?" */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const near = known.find((candidate) => distance(name, candidate) <= Math.max(1, Math.floor(name.length / 3)));
  return `unknown ${kind} “${name}”: ${near ? `did you mean “${near}”?` : `expected ${list(known, "or")}`}`;
}

/** Zod's messages begin with a capital and say "received"; ours do not. */
function said(message: string): string {
  const text = message.replace(/^Invalid input: /, "").replace(", received ", ", got ");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** How many letters to add, drop, change or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity;
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1), swap);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
