/** What the page knows of this browser's adapter and of the test that runs on it. Everything heavy is loaded when asked for. */
import type { AdapterReport, openExecutor, SelfTestResult } from "../../lib/tensor";

export type EngineState = {
  adapter:
    | { state: "unknown" }
    | { state: "found"; report: AdapterReport }
    /** `because`, for readers, completes "There is no WebGPU here:". */
    | { state: "none"; because: string };
  /** `lost`: the device went away meanwhile. `failed`: the test itself could not go on. */
  test: "ready" | "opening" | "running" | "stopped" | "done" | "lost" | "failed";
  results: readonly SelfTestResult[];
  /** What computes beside the plain loops; nothing on `reference`. */
  executor?: "webgpu" | "reference";
  /** Whose clock measures the launches: the GPU's own, or the page's, with the way back of the numbers. */
  clock?: "gpu" | "page";
  /** More about the test's state, in a sentence. */
  note?: string;
};

export type EngineStore = {
  current: () => EngineState;
  subscribe: (listener: () => void) => () => void;
  /** Asks the browser for its adapter. */
  look: () => Promise<void>;
  /** Begins the test, from the first kernel. */
  start: () => Promise<void>;
  stop: () => void;
};

export type EngineStoreOptions = {
  /** "reference": the plain loops alone, whatever there is. */
  prefer?: "reference";
  /** For tests: what opens an executor. */
  open?: typeof openExecutor;
  /** Whether to measure times [true]. */
  measure?: boolean;
};

export const unknownEngine: EngineState = { adapter: { state: "unknown" }, test: "ready", results: [] };

export function createEngineStore({ prefer, open, measure = true }: EngineStoreOptions = {}): EngineStore {
  const listeners = new Set<() => void>();
  let state = unknownEngine;
  let running: AbortController | undefined;

  return {
    current: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    look,
    start,
    stop: () => running?.abort(),
  };

  function change(next: Partial<EngineState>): void {
    state = { ...state, ...next };
    for (const listener of [...listeners]) listener();
  }

  async function look(): Promise<void> {
    try {
      const { inspectAdapter } = await import("../../lib/tensor");
      change({ adapter: { state: "found", report: await inspectAdapter() } });
    } catch (error) {
      change({ adapter: { state: "none", because: sentenceOf(error) } });
    }
  }

  async function start(): Promise<void> {
    if (running) return;
    const own = (running = new AbortController());
    change({ test: "opening", results: [], executor: undefined, clock: undefined, note: undefined });
    let lost: string | undefined;
    try {
      const tensors = await import("../../lib/tensor");
      const { executor, note } = await (open ?? tensors.openExecutor)({
        prefer,
        untested: true, // a GPU that computes wrong is what we are looking for
        onLost(message) {
          lost = message;
          own.abort();
        },
      });
      try {
        own.signal.throwIfAborted();
        const clock = executor.time ? "gpu" : "page";
        change({ test: "running", executor: executor.name, clock, note });
        for await (const result of tensors.selfTestKernels(executor, { signal: own.signal, measure })) {
          own.signal.throwIfAborted();
          change({ results: [...state.results, result] });
        }
        change({ test: "done" });
      } finally {
        executor.dispose();
      }
    } catch (error) {
      if (lost) change({ test: "lost", note: lost });
      else if (own.signal.aborted) change({ test: "stopped" });
      else change({ test: "failed", note: sentenceOf(error) });
    } finally {
      running = undefined;
    }
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
