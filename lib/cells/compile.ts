/**
 * From a cell's text to its inputs, outputs and body. The parser and its analysis are notebook-kit's, so a cell means
 * what it means in an Observable notebook: top-level names are visible to other cells, `await` is allowed, and an
 * expression displays itself. Different here: no imports (libraries are builtins), loop guards, and a body in which
 * every line of the reader keeps its number.
 */
import { parseJavaScript, type JavaScriptCell } from "@observablehq/notebook-kit";
import type { Identifier } from "acorn";
import { simple } from "acorn-walk";
import type { CompiledCell } from "./compiled-cell";
import { GUARD, guardInsertions, type Insertion } from "./guards";
import { CellSyntaxError, fromParser } from "./syntax-error";

/** @throws CellSyntaxError with a message, a line and a column. */
export function compileCell(source: string, { id }: { id: string }): CompiledCell {
  const text = new Text(source);
  const cell = parse(source);
  refuse(source, cell, text);

  const inputs = names(cell.references);
  const outputs = names(cell.declarations ?? []);
  const lines: Record<string, number> = {};
  for (const { name, start } of [...(cell.declarations ?? []), ...cell.references]) lines[name] ??= text.line(start);

  const insertions = guardInsertions(cell.body, (offset) => text.line(offset));
  const head = `${cell.async ? "async " : ""}(${inputs.join(", ")}) => {"use strict";`;
  const guarded = insert(source, insertions);
  const body = cell.expression
    ? `${head} return (\n${guarded}\n)}`
    : `${head}\n${guarded}\n${outputs.length ? `return {${outputs.join(", ")}};` : ""}}`;

  const shows = ["display", "view", "stream"].some((name) => inputs.includes(name));
  return {
    id,
    source,
    body,
    inputs,
    outputs,
    autodisplay: cell.expression && !shows,
    lines,
    added: text.places(insertions),
  };
}

function parse(source: string): JavaScriptCell {
  try {
    return parseJavaScript(source);
  } catch (error) {
    throw fromParser(error);
  }
}

function refuse(source: string, cell: JavaScriptCell, text: Text): void {
  const fail = (offset: number, message: string) => {
    throw new CellSyntaxError(message, text.line(offset), text.column(offset) + 1);
  };
  const imports =
    "import does not work in a cell: use the builtins (type a letter to see their names) or another cell's names";
  const guard = source.indexOf(GUARD);
  if (guard >= 0) fail(guard, `${GUARD} is a name of the page: choose another`);
  simple(cell.body, {
    ImportDeclaration: (node) => fail(node.start, imports),
    ImportExpression: (node) => fail(node.start, imports),
  });
}

const names = (nodes: readonly Identifier[]) => [...new Set(nodes.map((node) => node.name))];

function insert(source: string, insertions: Insertion[]): string {
  let result = "";
  let from = 0;
  for (const { at, text } of insertions) {
    result += source.slice(from, at) + text;
    from = at;
  }
  return result + source.slice(from);
}

/** Lines and columns of offsets. */
class Text {
  #starts = [0];
  constructor(source: string) {
    for (const match of source.matchAll(/\r\n?|[\n\u2028\u2029]/g)) this.#starts.push(match.index + match[0].length);
  }
  /** Counted from 1. */
  line(offset: number): number {
    let line = this.#starts.length;
    while (this.#starts[line - 1]! > offset) line--;
    return line;
  }
  /** Counted from 0. */
  column(offset: number): number {
    return offset - this.#starts[this.line(offset) - 1]!;
  }
  /** Where insertions ended up: their columns count what was inserted before them in the line. */
  places(insertions: Insertion[]): CompiledCell["added"] {
    let line = -1;
    let shift = 0;
    return insertions.map(({ at, text }) => {
      const own = this.line(at) - 1;
      if (own !== line) [line, shift] = [own, 0];
      const column = this.column(at) + shift;
      shift += text.length;
      return [own, column, text.length];
    });
  }
}
