/** From an error to what a reader is told. */
import { RuntimeError } from "@observablehq/runtime";
import type { CompiledCell } from "../cells";
import { locate } from "./evaluate";
import { EndlessLoopError } from "./guard";
import type { Failure } from "./status";

/** Which cell a name comes from, and whether that cell failed because of yet another. */
export type Origins = {
  owner(name: string): string | undefined;
  causeOf(cell: string): string | undefined;
  /** A known name like this one. */
  closest?(name: string): string | undefined;
};

export function describeFailure(error: unknown, cell: CompiledCell | undefined, origins: Origins): Failure {
  if (error instanceof RuntimeError) return inputFailure(error, cell, origins);
  const { name, message } = nameAndMessage(error);
  const place = error instanceof Error && cell ? locate(error, cell) : undefined;
  if (error instanceof EndlessLoopError) return { kind: "endless", name, message, line: error.line };
  if (error instanceof SyntaxError && name === "CellSyntaxError") {
    const { line, column } = error as SyntaxError & { line: number; column: number };
    return { kind: "syntax", name: "SyntaxError", message, line, column };
  }
  if (isStackOverflow(name, message)) {
    return { kind: "endless", name, message: "a function calls itself without end: what stops it?", ...place };
  }
  return { kind: "runtime", name, message, ...place };
}

/** The cell did not run, because one of its inputs has no value. */
function inputFailure(error: RuntimeError, cell: CompiledCell | undefined, origins: Origins): Failure {
  const name = error.input ?? "";
  const line = cell?.lines[name];
  if (error.message === "circular definition") {
    const message = "this cell and another one need each other's names: cells cannot go in a circle";
    return { kind: "runtime", name: "CircularDefinition", message };
  }
  const owner = origins.owner(name);
  if (owner === undefined && error.message === `${name} is not defined`) {
    const near = origins.closest?.(name);
    const message = `${name} is not defined by any cell${near ? `: did you mean ${near}?` : ""}`;
    return { kind: "unknown name", name: "ReferenceError", message, line };
  }
  if (owner === undefined) return { kind: "runtime", name: "Error", message: `${name}: ${error.message}`, line };
  const cause = origins.causeOf(owner) ?? owner;
  return { kind: "upstream", name: "Error", message: error.message, cause };
}

export function nameAndMessage(error: unknown): { name: string; message: string } {
  if (error instanceof Error || error instanceof DOMException) {
    return { name: error.name, message: error.message || "an error without a message" };
  }
  return { name: "Error", message: `thrown: ${String(error)}` };
}

export function isStackOverflow(name: string, message: string): boolean {
  return (
    (name === "RangeError" && /call stack/i.test(message)) || (name === "InternalError" && /recursion/.test(message))
  );
}
