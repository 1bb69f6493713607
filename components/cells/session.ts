/**
 * The notebook of one lesson page, as its components see it. Cells register while the page hydrates; when all have, the
 * notebook starts. A source that the reader edited on an earlier visit is compiled first, so that it runs in place of
 * the lesson's own.
 */
import type { CompiledCell } from "../../lib/cells";
import {
  builtinNames,
  createBuiltins,
  createNotebook,
  pageEngine,
  type CellStatus,
  type Notebook,
} from "../../lib/notebook";
import type { LessonNotebookProps } from "./props";

export type Registration = {
  compiled: CompiledCell;
  label?: string;
  manual: boolean;
  /** The source to start with: the lesson's, or the reader's. */
  source: string;
  root: HTMLElement;
};

export type Session = ReturnType<typeof createSession>;
export type SessionOptions = Pick<LessonNotebookProps, "lesson" | "builtins" | "modelsUrl" | "spritesUrl">;

export const idle: CellStatus = { state: "idle", outdated: false, waitingFor: [] };

export function createSession({ lesson, builtins, modelsUrl, spritesUrl }: SessionOptions) {
  const registrations = new Map<string, Registration>(); // in document order
  const listeners = new Set<() => void>();
  let notebook: Notebook | undefined;
  /** Counts starts, so that one which was overtaken by a stop ends. */
  let generation = 0;

  return { lesson, register, start, stop, run, interrupt, status, subscribe, label, names, value };

  function register(registration: Registration): () => void {
    const { id } = registration.compiled;
    registrations.set(id, registration);
    if (notebook) void add(notebook, registration);
    return () => {
      registrations.delete(id);
      notebook?.remove(id);
    };
  }

  async function start(): Promise<void> {
    const own = ++generation;
    const cells = [...registrations.values()];
    const sources = await Promise.all(cells.map(({ compiled, source }) => compile(compiled, source)));
    if (own !== generation) return;
    const created = createNotebook({
      builtins: createBuiltins({ engine: pageEngine(), modelsUrl, spritesUrl }, builtins),
      closest: (name) => closest(name, [...builtinNames, ...created.names()]),
    });
    created.subscribe(announce);
    cells.forEach((cell, i) => {
      if (registrations.get(cell.compiled.id) === cell) place(created, cell, sources[i]!);
    });
    notebook = created;
    created.start();
    cells.forEach((cell, i) => fail(created, cell, sources[i]!));
  }

  function stop(): void {
    generation++;
    notebook?.dispose();
    notebook = undefined;
  }

  /** Compiles if the source is not the lesson's, and runs. */
  async function run(id: string, source: string): Promise<void> {
    const cell = registrations.get(id);
    if (!cell || !notebook) return;
    cell.source = source;
    const result = await compile(cell.compiled, source);
    if (cell.source !== source) return; // another run has been asked for meanwhile
    if (result.compiled) notebook?.run(id, result.compiled);
    else notebook?.fail(id, result.error);
  }

  function interrupt(id: string): void {
    notebook?.interrupt(id);
  }

  function status(id: string): CellStatus {
    return notebook?.status(id) ?? idle;
  }

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** What a cell is called in a sentence. */
  function label(id: string): string {
    return registrations.get(id)?.label ?? id;
  }

  /** Names that the lesson's cells define, and where. */
  function names(): { name: string; cell: string }[] {
    return [...registrations].flatMap(([id, { compiled }]) =>
      compiled.outputs.map((name) => ({ name, cell: label(id) })),
    );
  }

  function value(name: string, signal: AbortSignal): Promise<unknown> {
    if (!notebook) return Promise.reject(new Error("the lesson's cells have not started yet: try again in a moment"));
    return notebook.value(name, signal);
  }

  async function add(to: Notebook, cell: Registration): Promise<void> {
    const source = await compile(cell.compiled, cell.source);
    if (notebook !== to || registrations.get(cell.compiled.id) !== cell) return;
    place(to, cell, source);
    fail(to, cell, source);
  }

  function announce(): void {
    for (const listener of [...listeners]) listener();
  }
}

type Compilation = { compiled: CompiledCell; error?: undefined } | { compiled?: undefined; error: unknown };

async function compile(own: CompiledCell, source: string): Promise<Compilation> {
  if (source === own.source) return { compiled: own };
  const { compileCell } = await import("../../lib/cells");
  try {
    return { compiled: compileCell(source, { id: own.id }) };
  } catch (error) {
    return { error };
  }
}

function place(notebook: Notebook, { compiled, root, manual }: Registration, source: Compilation): void {
  notebook.add(source.compiled ?? compiled, { root, manual });
}

function fail(notebook: Notebook, { compiled }: Registration, source: Compilation): void {
  if (!source.compiled) notebook.fail(compiled.id, source.error);
}

/** A typing mistake: another case, or the beginning of the name, or more than the name. */
function closest(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  return (
    known.find((other) => other.toLowerCase() === lower) ??
    known.find(
      (other) => Math.min(other.length, name.length) >= 3 && (other.startsWith(name) || name.startsWith(other)),
    )
  );
}
