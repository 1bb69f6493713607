/**
 * The cells of a page, running. Each becomes one variable of the Observable runtime that holds its outputs, and one more
 * for each output; the runtime knows who depends on whom. What is added to it here: nothing blocks for ever
 * (abortable.ts), every cell has a status, and a cell can be replaced, interrupted, or made to wait for the reader.
 */
import { Runtime, type Module, type Variable } from "@observablehq/runtime";
import type { CompiledCell } from "../cells";
import { abortable, abortion } from "./abortable";
import type { LazyBuiltins } from "./cell-context";
import { startRun, type CellRun } from "./cell-run";
import { evaluate, type CellFunction } from "./evaluate";
import { describeFailure, type Origins } from "./failure";
import { inspect } from "./inspect";
import { newStatus, type CellStatus, type Failure } from "./status";

export type NotebookOptions = {
  builtins?: LazyBuiltins;
  /** A known name like an unknown one, for messages. */
  closest?: (name: string) => string | undefined;
};

export type Notebook = ReturnType<typeof createNotebook>;

type Entry = {
  id: string;
  cell: CompiledCell;
  root: HTMLElement | undefined;
  manual: boolean;
  /** The reader has asked for the run that comes next. */
  requested: boolean;
  /** The source that the reader ran does not compile. */
  broken: unknown;
  variables: Variable[];
  run: CellRun | undefined;
  /** A new one with each definition: what an old definition reports no longer counts. */
  token: object;
  hasOutput: boolean;
  status: CellStatus;
  /** `status`, with what concerns several cells: duplicates, and who waits for whom. */
  shown: CellStatus;
};

export function createNotebook({ builtins = {}, closest }: NotebookOptions = {}) {
  const runtime = new Runtime(builtins);
  const main: Module = runtime.module();
  const entries = new Map<string, Entry>(); // in document order
  const listeners = new Set<() => void>();
  let started = false;

  const origins: Origins = {
    owner: (name) => owner(name)?.id,
    causeOf: (id) => entries.get(id)?.shown.failure?.cause,
    closest: (name) => closest?.(name),
  };

  return {
    /** A cell of the page, in document order. `root` takes its output. Runs at once if the notebook has been started. */
    add(cell: CompiledCell, { root, manual = false }: { root?: HTMLElement; manual?: boolean } = {}): void {
      const entry: Entry = {
        id: cell.id,
        cell,
        root,
        manual,
        requested: false,
        broken: undefined,
        variables: [],
        run: undefined,
        token: {},
        hasOutput: (root?.childNodes.length ?? 0) > 0,
        status: newStatus,
        shown: newStatus,
      };
      entries.set(cell.id, entry);
      if (started) define(entry);
    },
    /** Runs what has been added. The runtime takes independent variables last in, first out: hence from the end. */
    start(): void {
      if (started) return;
      started = true;
      for (const entry of [...entries.values()].reverse()) define(entry);
    },
    /** Runs a cell, with its present source or a new one. Its dependents follow. */
    run(id: string, cell?: CompiledCell): void {
      const entry = entries.get(id);
      if (!entry) return;
      if (cell) entry.cell = cell;
      if (cell) entry.broken = undefined;
      entry.requested = true;
      define(entry);
    },
    /** The reader ran a source that does not compile: the cell fails with this error, and its dependents because of it. */
    fail(id: string, error: unknown): void {
      const entry = entries.get(id);
      if (!entry) return;
      entry.broken = error;
      define(entry);
    },
    /** Ends what the cell is doing; its dependents fail because of it. */
    interrupt: (id: string): void => entries.get(id)?.run?.interrupt(),
    remove(id: string): void {
      const entry = entries.get(id);
      if (!entry) return;
      undefine(entry);
      entry.root?.replaceChildren();
      entries.delete(id);
      publish();
    },
    status: (id: string): CellStatus => entries.get(id)?.shown ?? newStatus,
    /** Names that cells define. */
    names: (): string[] => [...entries.values()].flatMap(({ cell }) => cell.outputs),
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** The present value of a cell's name, a builtin or a global. Rejects when that fails, or on abort. */
    value,
    dispose(): void {
      for (const entry of entries.values()) undefine(entry);
      entries.clear();
      listeners.clear();
      runtime.dispose();
    },
  };

  function define(entry: Entry): void {
    undefine(entry);
    const { cell, broken } = entry;
    const token = (entry.token = {});
    const mine = () => entry.token === token;
    const set = (change: Partial<CellStatus>) => {
      if (mine()) update(entry, change);
    };
    const variable = main.variable({
      pending() {
        if (!mine()) return;
        entry.run?.end(); // or the runtime would wait for it
        set({ state: "pending", progress: undefined, question: undefined, outdated: entry.hasOutput });
      },
      fulfilled(value) {
        if (mine()) fulfil(entry, value);
      },
      rejected(error) {
        if (mine()) reject(entry, error);
      },
    });
    entry.variables.push(variable);
    const name = cell.outputs.length ? `cell ${entry.id}` : null;
    let call: CellFunction | undefined;

    variable.define(name, broken === undefined ? cell.inputs : [], (...inputs: unknown[]) => {
      if (!mine()) return undefined;
      entry.run?.end();
      if (broken !== undefined) throw broken as Error;
      if (entry.manual && !entry.requested) return waitForReader(entry);
      entry.requested = false;
      set({ ...beginning, state: "running" });
      // A cell that fails before its first await leaves no run behind: an error of its own, not of the run before.
      entry.run = undefined;
      entry.run = startRun(cell, (call ??= evaluate(cell)), inputs, {
        root: entry.root,
        progress: (progress) => set({ progress }),
        ask: (question) => set({ question }),
        note: (text) => {
          const { notes = [] } = entry.status;
          if (!notes.includes(text)) set({ notes: [...notes, text] });
        },
        shown: () => {
          entry.hasOutput = true;
          set({ outdated: false });
        },
      });
      return entry.run.result;
    });
    for (const output of cell.outputs) {
      const pick = (exports: Record<string, unknown>) => exports[output];
      entry.variables.push(main.variable(true).define(output, [name!], pick));
    }
    publish();
  }

  /** Ends the run first, so that dependents which waited for it can go on. `dispose` silences late observers. */
  function undefine(entry: Entry): void {
    entry.token = {};
    entry.run?.end();
    entry.run = undefined;
    for (const variable of entry.variables) {
      variable.delete();
      variable.dispose();
    }
    entry.variables = [];
  }

  /** A cell that runs only when asked: its dependents wait with it. */
  function waitForReader(entry: Entry): unknown {
    const controller = new AbortController();
    update(entry, { state: entry.hasOutput ? "stale" : "idle", outdated: entry.hasOutput, waitingFor: [] });
    entry.run = {
      result: undefined,
      signal: controller.signal,
      interrupted: false,
      displayed: false,
      started: 0,
      outputsSettled: undefined,
      interrupt: () => {},
      end: () => controller.abort(new DOMException("The cell has changed", "AbortError")),
    };
    return abortable(new Promise(() => {}), abortion(controller.signal));
  }

  function fulfil(entry: Entry, value: unknown): void {
    const { run, root } = entry;
    if (!run) return;
    if (root && entry.cell.autodisplay && !run.displayed)
      root.replaceChildren(...(value === undefined ? [] : [inspect(value, root)]));
    else if (!run.displayed) root?.replaceChildren();
    entry.hasOutput = (root?.childNodes.length ?? 0) > 0;
    const done = () => update(entry, { ...finished, state: "fulfilled", took: performance.now() - run.started });
    if (!run.outputsSettled) return done();
    update(entry, { outdated: false }); // still running: a promise among its outputs is open
    const current = () => entry.run === run;
    run.outputsSettled.then(
      () => current() && done(),
      (error: unknown) => current() && reject(entry, error),
    );
  }

  function reject(entry: Entry, error: unknown): void {
    if (entry.run?.interrupted) return update(entry, { ...finished, state: "interrupted", outdated: entry.hasOutput });
    const failure = describeFailure(error, entry.cell, origins);
    entry.root?.replaceChildren();
    entry.hasOutput = false;
    update(entry, { ...finished, state: "rejected", failure });
  }

  function update(entry: Entry, change: Partial<CellStatus>): void {
    entry.status = { ...entry.status, ...change };
    publish();
  }

  /** Derives what depends on other cells, and tells the listeners if anything changed. */
  function publish(): void {
    let changed = false;
    for (const entry of entries.values()) {
      const duplicate = duplicateFailure(entry);
      const waitingFor = entry.status.state === "pending" ? waits(entry) : [];
      const shown: CellStatus = duplicate
        ? { ...entry.status, state: "rejected", waitingFor: [], failure: duplicate }
        : { ...entry.status, waitingFor };
      if (same(shown, entry.shown)) continue;
      entry.shown = shown;
      changed = true;
    }
    if (changed) for (const listener of [...listeners]) listener();
  }

  function waits({ cell }: Entry): string[] {
    const unsettled = cell.inputs.map(owner).filter((other) => other && unfinished.has(other.status.state));
    return [...new Set(unsettled.map((other) => other!.id))];
  }

  function duplicateFailure(entry: Entry): Failure | undefined {
    for (const name of entry.cell.outputs) {
      const other = [...entries.values()].find((other) => other !== entry && other.cell.outputs.includes(name));
      if (!other) continue;
      const message = `${name} is defined twice, here and in cell ${other.id}: rename one of them`;
      return { kind: "duplicate", name: "SyntaxError", message, line: entry.cell.lines[name], cause: undefined };
    }
    return undefined;
  }

  function owner(name: string): Entry | undefined {
    for (const entry of entries.values()) if (entry.cell.outputs.includes(name)) return entry;
    return undefined;
  }

  async function value(name: string, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    let variable: Variable | undefined;
    try {
      return await new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        variable = main.variable({ fulfilled: resolve, rejected: reject });
        variable.define(null, [name], (value: unknown) => ({ value }));
      }).then((box) => (box as { value: unknown }).value);
    } finally {
      variable?.delete();
      variable?.dispose();
    }
  }
}

const beginning = { waitingFor: [], failure: undefined, progress: undefined, question: undefined, notes: undefined };
const finished = { outdated: false, progress: undefined, question: undefined, failure: undefined, waitingFor: [] };
const unfinished = new Set<CellStatus["state"]>(["idle", "pending", "running", "stale"]);

function same(a: CellStatus, b: CellStatus): boolean {
  return (
    a.state === b.state &&
    a.outdated === b.outdated &&
    a.took === b.took &&
    a.progress === b.progress &&
    a.question === b.question &&
    a.notes === b.notes &&
    a.waitingFor.join() === b.waitingFor.join() &&
    JSON.stringify(a.failure) === JSON.stringify(b.failure)
  );
}
