/** The code of a lesson: its cells compiled, its exercises complete, every name known. */
import type { HighlighterCore } from "shiki/core";
import { checkCells, compileCell, type CellProblem, type CompiledCell } from "../cells";
import type { CellOptions } from "./fence";
import { codeHtml } from "./highlight";
import type { Code, Found, FoundCell, FoundExercise } from "./lesson-plugin";

/** What a <Cell> shows and runs. `line` is that of its fence in the lesson's file. */
export type LessonCell = Omit<CellOptions, "id"> & {
  id: string;
  source: string;
  line: number;
  compiled: CompiledCell;
  codeHtml: string;
};

export type LessonExercise = {
  id: string;
  title: string;
  anchor: string;
  line: number;
  starter: string;
  solution: string;
  check: string;
  starterHtml: string;
  solutionHtml: string;
};

type Report = (line: number, what: string) => void;

/** Compiles the cells and the exercises that were found; what is wrong goes to `report`, with a line of the file. */
export function checkCode(
  found: Found,
  builtins: readonly string[],
  shiki: HighlighterCore,
  report: Report,
): { cells: LessonCell[]; exercises: LessonExercise[] } {
  const cells = found.cells.flatMap((cell): LessonCell[] => {
    const compiled = compile(cell, cell.id, `cell ${cell.id}`, report);
    return compiled ? [{ ...cell, compiled, codeHtml: codeHtml(shiki, cell.source, "js") }] : [];
  });
  // A name of a cell that does not compile is not a second problem.
  if (cells.length === found.cells.length) {
    const fences = new Map(found.cells.map((cell) => [cell.id, cell]));
    tell(
      checkCells(
        cells.map(({ compiled }) => compiled),
        builtins,
      ),
      fences,
      "cell",
      report,
    );
  }
  const names = [...builtins, ...cells.flatMap(({ compiled }) => compiled.outputs)];
  for (const exercise of found.exercises) checkExercise(exercise, names, report);
  return { cells, exercises: found.exercises.map((exercise) => complete(exercise, shiki)) };
}

/** An exercise sees the lesson's names, and its check sees what the reader's code defines. */
function checkExercise(exercise: FoundExercise, names: readonly string[], report: Report): void {
  const parts = (["starter", "solution", "check"] as const).map((role) => ({
    role,
    code: exercise[role],
    compiled: compile(exercise[role], `${exercise.id}-${role}`, `exercise ${exercise.id}, ${role}`, report),
  }));
  const [starter, solution, check] = parts;
  if (!starter?.compiled || !solution?.compiled || !check?.compiled) return;
  for (const attempt of [starter, solution]) {
    const own = new Set(attempt.compiled!.outputs);
    const others = names.filter((name) => !own.has(name));
    const pair = [attempt, check];
    const fences = new Map(pair.map(({ compiled, code }) => [compiled!.id, code]));
    tell(
      checkCells(
        pair.map(({ compiled }) => compiled!),
        others,
      ),
      fences,
      "exercise",
      report,
    );
  }
}

function tell(problems: CellProblem[], fences: ReadonlyMap<string, Code>, kind: string, report: Report): void {
  for (const { cell, line, severity, message } of problems) {
    if (severity === "error") report((fences.get(cell)?.line ?? 0) + line, `${kind} ${cell}: ${message}`);
  }
}

function compile(code: Code | FoundCell, id: string, what: string, report: Report): CompiledCell | undefined {
  try {
    return compileCell(code.source, { id });
  } catch (error) {
    const { message, line = 1 } = error as Error & { line?: number };
    report(code.line + line, `${what}: ${message}`);
    return undefined;
  }
}

function complete(
  { id, title, anchor, line, starter, solution, check }: FoundExercise,
  shiki: HighlighterCore,
): LessonExercise {
  return {
    id,
    title,
    anchor,
    line,
    starter: starter.source,
    solution: solution.source,
    check: check.source,
    starterHtml: codeHtml(shiki, starter.source, "js"),
    solutionHtml: codeHtml(shiki, solution.source, "js"),
  };
}
