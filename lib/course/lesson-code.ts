/** The code of a lesson: its cells compiled, its exercises complete, every name known. */
import type { HighlighterCore } from "shiki/core";
import { checkCells, compileCell, type CellProblem, type CompiledCell } from "../cells";
import { builtinNames, checkNames } from "../notebook";
import type { CellOptions } from "./fence";
import { codeHtml } from "./highlight";
import type { CellOutput } from "./outputs";
import type { Code, Found, FoundCell, FoundExercise } from "./lesson-plugin";

/** What a <Cell> shows and runs. `line` is that of its fence in the lesson's file. */
export type LessonCell = Omit<CellOptions, "id"> & {
  id: string;
  source: string;
  line: number;
  compiled: CompiledCell;
  codeHtml: string;
  /** Of a run at build time; undefined if there was none with this code. */
  output?: CellOutput;
};

export type LessonExercise = {
  id: string;
  title: string;
  anchor: string;
  line: number;
  starter: string;
  solution: string;
  compiledStarter: CompiledCell;
  compiledSolution: CompiledCell;
  check: CompiledCell;
  starterHtml: string;
  solutionHtml: string;
};

type Report = (line: number, what: string) => void;

/** Compiles the cells and the exercises that were found; what is wrong goes to `report`, with a line of the file. */
export function checkCode(
  found: Found,
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
        builtinNames,
      ),
      fences,
      "cell",
      report,
    );
  }
  repeatedLabels(found.cells, report);
  const names = [...builtinNames, ...checkNames, ...cells.flatMap(({ compiled }) => compiled.outputs)];
  const exercises = found.exercises.flatMap((exercise) => checkExercise(exercise, names, shiki, report) ?? []);
  return { cells, exercises };
}

/** A cell is called by its label, or by its id: who hears a page instead of seeing it tells cells apart by that alone. */
function repeatedLabels(cells: readonly FoundCell[], report: Report): void {
  const owners = new Map<string, string>();
  for (const { id, label, line } of cells) {
    const owner = owners.get(label ?? id);
    if (owner) report(line, `cell ${id}: is called “${label ?? id}” like cell ${owner}: give it another label`);
    else owners.set(label ?? id, id);
  }
}

/** An exercise sees the lesson's names, and its check sees what the reader's code defines. */
function checkExercise(
  exercise: FoundExercise,
  names: readonly string[],
  shiki: HighlighterCore,
  report: Report,
): LessonExercise | undefined {
  const { id, title, anchor, line, starter, solution, check } = exercise;
  const compiledStarter = compile(starter, `exercise-${id}`, `exercise ${id}, starter`, report);
  const compiledSolution = compile(solution, `exercise-${id}-solution`, `exercise ${id}, solution`, report);
  const compiledCheck = compile(check, `exercise-${id}-check`, `exercise ${id}, check`, report);
  if (!compiledStarter || !compiledSolution || !compiledCheck) return undefined;

  for (const attempt of [compiledStarter, compiledSolution]) {
    const others = names.filter((name) => !attempt.outputs.includes(name));
    const fences = new Map<string, Code>([
      [compiledStarter.id, starter],
      [compiledSolution.id, solution],
      [compiledCheck.id, check],
    ]);
    tell(checkCells([attempt, compiledCheck], others), fences, "exercise", report);
  }
  return {
    id,
    title,
    anchor,
    line,
    starter: starter.source,
    solution: solution.source,
    compiledStarter,
    compiledSolution,
    check: compiledCheck,
    starterHtml: codeHtml(shiki, starter.source, "js"),
    solutionHtml: codeHtml(shiki, solution.source, "js"),
  };
}

function tell(problems: CellProblem[], fences: ReadonlyMap<string, Code>, kind: string, report: Report): void {
  for (const { cell, line, severity, message } of problems) {
    if (severity === "error")
      report((fences.get(cell)?.line ?? 0) + line, `${kind} ${cell.replace(/^exercise-/, "")}: ${message}`);
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
