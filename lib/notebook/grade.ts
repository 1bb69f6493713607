/**
 * Grades an exercise: runs the learner's code, then the check with the names that the code defined. Both see the
 * lesson's names and the builtins; a name of the learner's own comes first, and none of them reaches the lesson.
 * The same function serves the page and the tests of content in Node.
 */
import type { CompiledCell } from "../cells";
import type { CheckTools, ExerciseResult } from "../exercises";
import { abortable, abortion } from "./abortable";
import { PerCell, type CellContext } from "./cell-context";
import { evaluate, locate } from "./evaluate";
import { isStackOverflow, nameAndMessage } from "./failure";
import { createGuard } from "./guard";

export type GradeOptions = {
  /** The value of a name of the lesson, a builtin or a global. */
  value(name: string, signal: AbortSignal): Promise<unknown>;
  /** Where the learner's code displays; without it, nowhere. */
  display?(value: unknown): void;
  signal?: AbortSignal;
  /** In milliseconds. */
  timeLimit?: number;
};

/**
 * @param code the learner's, compiled
 * @param check compiled; its outputs are not used
 * Rejects only when aborted.
 */
export async function gradeExercise(
  code: CompiledCell,
  check: CompiledCell,
  options: GradeOptions,
): Promise<ExerciseResult> {
  const { runCheck } = await import("../exercises");
  const controller = new AbortController();
  const { signal } = controller;
  const stop = () => controller.abort(options.signal?.reason);
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener("abort", stop, { once: true });
  const aborted = abortion(signal);

  const run = async (cell: CompiledCell, names: Record<string, unknown>) => {
    const inputs = await Promise.all(
      cell.inputs.map(async (name) => {
        const value = Object.hasOwn(names, name) ? names[name] : await lookUp(name);
        return value instanceof PerCell ? (value as PerCell).make(context(cell.id)) : value;
      }),
    );
    return abortable(evaluate(cell)(createGuard(signal))(...inputs), aborted);
  };
  const lookUp = (name: string) =>
    options.value(name, signal).catch((error: unknown) => {
      if (error instanceof Error && error.message === `${name} is not defined`) {
        throw new ReferenceError(`${name} is not defined. Has the name changed?`);
      }
      throw error;
    });
  const context = (id: string): CellContext => ({
    id,
    signal,
    display: (value) => {
      options.display?.(value);
      return value;
    },
    view: () => {
      throw new Error("view: an exercise has no inputs of its own; use display");
    },
    progress: () => {},
    confirm: ({ what }) =>
      Promise.reject(new Error(`${what} has not been downloaded yet: run the lesson's cell that loads it first`)),
    note: () => {},
  });
  const explain = (error: unknown) => explainTo(code, error);

  try {
    return await runCheck(
      async (tools: CheckTools) => {
        const own = { display: context(code.id).display, signal };
        const result = await run(code, { ...own, expect: tools.expect });
        if (code.autodisplay && result !== undefined) options.display?.(result);
        const defined = code.outputs.length ? (result as Record<string, unknown>) : {};
        await run(check, { ...own, ...defined, ...tools });
      },
      { signal: options.signal, timeLimit: options.timeLimit, explain },
    );
  } finally {
    options.signal?.removeEventListener("abort", stop);
    controller.abort(new DOMException("The check has ended", "AbortError"));
  }
}

function explainTo(code: CompiledCell, error: unknown): { message: string; line?: number } {
  const { name, message } = nameAndMessage(error);
  const line = locate(error, code)?.line;
  const text = isStackOverflow(name, message)
    ? "a function calls itself without end: what stops it?"
    : `${name}: ${message}`;
  const plain = name === "EndlessLoopError" || name === "Error" || name === "RuntimeError" ? message : text;
  return { message: plain, ...(line === undefined ? {} : { line }) };
}
