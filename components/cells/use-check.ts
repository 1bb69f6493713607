"use client";
/** Runs the check of an exercise on the reader's code, one at a time, until it ends or the reader stops it. */
import { useEffect, useRef, useState, type RefObject } from "react";
import type { CompiledCell } from "../../lib/cells";
import type { ExerciseResult } from "../../lib/exercises";
import type { Session } from "./session";

type Options = {
  session: Session;
  /** The starter; its id is that of the reader's code. */
  compiledStarter: CompiledCell;
  check: CompiledCell;
  /** Where the reader's code displays. */
  output: RefObject<HTMLElement | null>;
  onResult: (result: ExerciseResult, source: string) => void;
};

export function useCheck({ session, compiledStarter, check, output, onResult }: Options) {
  const [checking, setChecking] = useState(false);
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);

  const start = (source: string) => {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    setChecking(true);
    output.current?.replaceChildren();
    grade(source, controller.signal)
      .then((result) => {
        if (current.current === controller) onResult(result, source);
      })
      .catch((error: unknown) => {
        if (current.current !== controller) return;
        const message = controller.signal.aborted ? "You interrupted the check." : String(error);
        onResult({ status: "error", tests: [{ name: "The check did not end", status: "error", message }] }, source);
      })
      .finally(() => {
        if (current.current === controller) setChecking(false);
      });
  };

  const grade = async (source: string, signal: AbortSignal): Promise<ExerciseResult> => {
    const { gradeExercise, inspect } = await import("../../lib/notebook");
    let code = compiledStarter;
    if (source !== code.source) {
      const { CellSyntaxError, compileCell } = await import("../../lib/cells");
      try {
        code = compileCell(source, { id: code.id });
      } catch (error) {
        if (!(error instanceof CellSyntaxError)) throw error;
        const { message, line } = error;
        return { status: "error", tests: [{ name: "Your code can be read", status: "error", message, line }] };
      }
    }
    const display = (value: unknown) => output.current?.append(inspect(value, output.current));
    return gradeExercise(code, check, { value: session.value, display, signal });
  };

  return { checking, start, stop: () => current.current?.abort(new DOMException("Interrupted", "AbortError")) };
}
