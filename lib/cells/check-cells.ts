/** What can be known about a lesson's cells without running them. */
import type { CompiledCell } from "./compiled-cell";
import { isGlobalName } from "./globals";

export type CellProblem = {
  cell: string;
  /** Of the cell's source, counted from 1. */
  line: number;
  /** An error stops a build; a note is shown. */
  severity: "error" | "note";
  message: string;
};

/**
 * Names defined twice, names that nothing defines, cells that need each other, cells without effect.
 * @param builtinNames names that the page gives to every cell
 */
export function checkCells(cells: readonly CompiledCell[], builtinNames: Iterable<string>): CellProblem[] {
  const builtins = new Set(builtinNames);
  const owners = new Map<string, CompiledCell[]>();
  for (const cell of cells) for (const name of cell.outputs) owners.set(name, [...(owners.get(name) ?? []), cell]);

  return [
    ...repeatedIds(cells),
    ...cells.flatMap((cell) => definedTwice(cell, owners, builtins)),
    ...cells.flatMap((cell) => unknownInputs(cell, owners, builtins)),
    ...cycles(cells, owners),
    ...withoutEffect(cells),
  ];
}

/** Each name that more than one cell defines, and the ids of those cells. */
export function duplicateNames(cells: Iterable<Pick<CompiledCell, "id" | "outputs">>): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const { id, outputs } of cells) for (const name of outputs) owners.set(name, [...(owners.get(name) ?? []), id]);
  for (const [name, ids] of owners) if (ids.length < 2) owners.delete(name);
  return owners;
}

function repeatedIds(cells: readonly CompiledCell[]): CellProblem[] {
  const seen = new Set<string>();
  return cells
    .filter(({ id }) => seen.has(id) || !seen.add(id))
    .map((cell) => problem(cell, 1, `two cells have the id ${cell.id}: rename one`));
}

function definedTwice(cell: CompiledCell, owners: Map<string, CompiledCell[]>, builtins: Set<string>): CellProblem[] {
  return cell.outputs.flatMap((name) => {
    const line = cell.lines[name] ?? 1;
    if (builtins.has(name)) return [problem(cell, line, `${name} is a builtin of every cell: choose another name`)];
    const others = owners.get(name)!.filter((owner) => owner !== cell);
    if (!others.length) return [];
    return [
      problem(cell, line, `${name} is also defined in cell ${others.map(({ id }) => id).join(", ")}: rename one`),
    ];
  });
}

function unknownInputs(cell: CompiledCell, owners: Map<string, CompiledCell[]>, builtins: Set<string>): CellProblem[] {
  return cell.inputs
    .filter((name) => !builtins.has(name) && !owners.has(name) && !isGlobalName(name))
    .map((name) => {
      const near = closest(name, [...builtins, ...owners.keys()]);
      return problem(
        cell,
        cell.lines[name] ?? 1,
        `${name} is not defined by any cell or builtin${near ? `: did you mean ${near}?` : ""}`,
      );
    });
}

function cycles(cells: readonly CompiledCell[], owners: Map<string, CompiledCell[]>): CellProblem[] {
  const needs = (cell: CompiledCell) =>
    cell.inputs.flatMap((name) =>
      (owners.get(name) ?? []).filter((owner) => owner !== cell).map((owner) => ({ name, owner })),
    );
  const reaches = (from: CompiledCell, to: CompiledCell, seen = new Set<CompiledCell>()): boolean =>
    from === to || (!seen.has(from) && (seen.add(from), needs(from).some(({ owner }) => reaches(owner, to, seen))));
  return cells.flatMap((cell) => {
    const back = needs(cell).find(({ owner }) => reaches(owner, cell));
    if (!back) return [];
    const message = `${back.name} comes from cell ${back.owner.id}, which itself needs this cell: cells cannot go in a circle`;
    return [problem(cell, cell.lines[back.name] ?? 1, message)];
  });
}

function withoutEffect(cells: readonly CompiledCell[]): CellProblem[] {
  const used = new Set(cells.flatMap(({ inputs }) => inputs));
  return cells
    .filter(({ autodisplay, inputs }) => !autodisplay && !inputs.includes("display") && !inputs.includes("view"))
    .filter(({ outputs }) => outputs.length > 0 && !outputs.some((name) => used.has(name)))
    .map((cell) => problem(cell, 1, `shows nothing, and no other cell uses ${cell.outputs.join(", ")}`, "note"));
}

function problem(
  cell: CompiledCell,
  line: number,
  message: string,
  severity: CellProblem["severity"] = "error",
): CellProblem {
  return { cell: cell.id, line, severity, message };
}

/** The name that differs only in case, or by one letter. */
export function closest(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  return (
    known.find((other) => other.toLowerCase() === lower) ??
    known.find((other) => oneEditApart(lower, other.toLowerCase()))
  );
}

function oneEditApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || Math.min(a.length, b.length) < 3) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return Math.max(a.length, b.length) - start - end <= 1;
}
