/** From a compiled cell to a function, and from an error back to the line that the reader wrote. */
import type { CompiledCell } from "../cells";
import type { Guard } from "./guard";

export type CellFunction = (guard: Guard) => (...inputs: unknown[]) => unknown;

/** Named in stacks and in the browser's developer tools. */
const fileOf = (id: string) => `cell-${id}.js`;

/** Needs a page that allows `eval`: cells are the reader's own code. */
export function evaluate(cell: CompiledCell): CellFunction {
  const run = (0, eval)(`(__guard) => ${cell.body}\n//# sourceURL=${fileOf(cell.id)}`) as CellFunction;
  return run;
}

/** A place in a cell's source, both counted from 1. */
export type Place = { line: number; column?: number };

/**
 * Where in this cell an error came from: the innermost place of its stack that is in the cell, or undefined. Reads the
 * stacks of Chromium (`at f (cell-a.js:3:5)`), Firefox and Safari (`f@cell-a.js:3:5`).
 */
export function locate(error: unknown, cell: CompiledCell): Place | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("line" in error && typeof error.line === "number") return { line: error.line };
  const file = fileOf(cell.id).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const at = new RegExp(`(?:^|[\\s(@/])${file}:(\\d+)(?::(\\d+))?`, "m").exec(error.stack ?? "");
  if (!at) return undefined;
  const last = cell.source.split(/\r\n?|\n/).length;
  const line = Math.min(Math.max(Number(at[1]) - 1, 1), last); // line 1 of the body is its head
  return at[2] === undefined ? { line } : { line, column: columnOf(Number(at[2]), line, cell) };
}

/** Without what the guards added before it. */
function columnOf(column: number, line: number, cell: CompiledCell): number {
  let removed = 0;
  for (const [row, start, length] of cell.added) {
    if (row === line - 1 && start + length < column) removed += length;
  }
  return Math.max(1, column - removed);
}
