/** One run of one cell: from the call of its body until it is computed anew, replaced or interrupted. */
import type { CompiledCell } from "../cells";
import { abortable, abortableOutputs, abortion, isPromise } from "./abortable";
import { PerCell, PerCellLater, type CellContext } from "./cell-context";
import type { CellFunction } from "./evaluate";
import { input } from "./generators";
import { createGuard } from "./guard";
import { inspect } from "./inspect";
import type { Progress, Question } from "./status";
import { isStream, streamTo } from "./stream";
import { ownTurn } from "./turns";

export type RunHost = {
  root: HTMLElement | undefined;
  progress(progress?: Progress): void;
  /** Undefined: nothing is asked any more. */
  ask(question?: Question): void;
  note(text: string): void;
  /** The first output of this run has taken the place of the one before. */
  shown(): void;
};

export type CellRun = {
  /** What the runtime is to be given: the value or the outputs, or a promise of them; always ends on abort. */
  result: unknown;
  signal: AbortSignal;
  readonly interrupted: boolean;
  /** Whether this run has displayed anything. */
  readonly displayed: boolean;
  /** performance.now() at the call. */
  started: number;
  /** Settles when every promise among the outputs has; rejects with the first failure. */
  readonly outputsSettled: Promise<unknown> | undefined;
  interrupt(): void;
  /** Ends it, because another run follows or the cell is gone. */
  end(): void;
};

export function startRun(cell: CompiledCell, call: CellFunction, inputs: unknown[], host: RunHost): CellRun {
  const controller = new AbortController();
  const { signal } = controller;
  const aborted = abortion(signal);
  const run: { -readonly [Key in keyof CellRun]: CellRun[Key] } = {
    result: undefined,
    signal,
    interrupted: false,
    displayed: false,
    started: performance.now(),
    outputsSettled: undefined,
    interrupt() {
      run.interrupted = true;
      controller.abort(new DOMException("Interrupted", "AbortError"));
    },
    end: () => controller.abort(new DOMException("A newer run of this cell has begun", "AbortError")),
  };
  const context = contextOf();

  const outputs = (value: unknown): unknown => {
    // An expression that is text as it comes is shown as it comes; anywhere else, the runtime would keep the last piece.
    if (cell.autodisplay && isStream(value)) return abortable(streamTo(context)(value), aborted);
    if (!cell.outputs.length) return value;
    const exports = abortableOutputs(value as Record<string, unknown>, cell.outputs, aborted);
    const open = Object.values(exports).filter(isPromise);
    if (open.length) {
      run.outputsSettled = Promise.all(open);
      run.outputsSettled.catch(() => {});
    }
    return exports;
  };
  const args: unknown[] = inputs.map((value) => (value instanceof PerCell ? (value as PerCell).make(context) : value));
  const late = inputs.flatMap((value, i) => (value instanceof PerCellLater ? [i] : []));
  const arrived = Promise.all(late.map(async (i) => (args[i] = await args[i])));
  const begin = () => call(createGuard(signal))(...args);
  const waits = late.length > 0 ? arrived.then(ownTurn) : ownTurn();
  const value =
    waits?.then(() => {
      signal.throwIfAborted();
      return begin();
    }) ?? begin();
  run.result = isPromise(value)
    ? abortable(
        value.then((result) => outputs(result)),
        aborted,
      )
    : abortable(outputs(value), aborted);
  return run;

  function contextOf(): CellContext {
    const display = <Value>(value: Value): Value => {
      signal.throwIfAborted();
      const { root } = host;
      if (!root) throw new Error("display: there is no page here to display on");
      if (!run.displayed) {
        run.displayed = true;
        root.replaceChildren();
        host.shown();
      }
      root.append(inspect(value, root));
      return value;
    };
    return {
      id: cell.id,
      signal,
      display,
      view: (element) => {
        if (!(element instanceof Element)) {
          throw new TypeError(`view: expected an input element, such as Inputs.range(…), got ${typeof element}`);
        }
        return input(display(element));
      },
      progress: (progress) => {
        if (!signal.aborted) host.progress(progress);
      },
      confirm: (question, withdrawn) =>
        new Promise((resolve, reject) => {
          signal.throwIfAborted();
          const answer = (yes: boolean) => {
            if (!signal.aborted) host.ask(undefined);
            resolve(yes);
            if (!yes && !withdrawn?.aborted) run.interrupt();
          };
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
          withdrawn?.addEventListener("abort", () => answer(false), { once: true });
          host.ask({ ...question, answer });
        }),
      note: (text) => {
        if (!signal.aborted) host.note(text);
      },
    };
  }
}
