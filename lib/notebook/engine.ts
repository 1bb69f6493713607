/**
 * The engine of a page: one executor, opened once, and opened anew when its device is lost.
 *
 * `?executor=reference` in the page's address leaves the GPU alone: to see the plain loops at work, to compare, or on a
 * machine whose GPU misbehaves.
 */
import type { Executor, openExecutor } from "../tensor";
import { observe } from "./generators";

export type EngineStatus = {
  /** Undefined until it is open. */
  executor?: "webgpu" | "reference";
  /** For readers: which device computes. */
  description?: string;
  /** For readers, in a sentence: why it is not the GPU, or what became of it. */
  note?: string;
};

export type Engine = {
  /** Opens it if need be. */
  executor(): Promise<Executor>;
  status(): EngineStatus;
  subscribe(listener: () => void): () => void;
  /** A builtin of what `make` gives for the executor; again, when that is replaced: the cells that use it run anew. */
  builtin(make: (executor: Executor) => unknown): () => AsyncGenerator<unknown, undefined>;
};

export type EngineOptions = {
  prefer?: "webgpu" | "reference";
  /** For tests: what opens an executor. */
  open?: typeof openExecutor;
};

export function createEngine({ prefer, open }: EngineOptions = {}): Engine {
  const listeners = new Set<() => void>();
  let opening: Promise<Executor> | undefined;
  let status: EngineStatus = {};
  let losses = 0;

  return { executor, status: () => status, subscribe, builtin };

  function executor(): Promise<Executor> {
    return (opening ??= start(prefer));
  }

  async function start(preferred?: "webgpu" | "reference", because?: string): Promise<Executor> {
    prepareCanvases();
    const tensors = await import("../tensor");
    const { executor, note } = await (open ?? tensors.openExecutor)({ prefer: preferred, onLost: lost });
    tensors.useExecutor(executor);
    const words = [because, note].filter(Boolean).join(" ");
    status = { executor: executor.name, description: executor.description, ...(words ? { note: words } : {}) };
    announce();
    return executor;
  }

  /** Once may be an accident (a laptop that slept, a driver that was updated). Twice is a machine without a GPU. */
  function lost(): void {
    losses++;
    opening =
      losses === 1
        ? start(prefer, "The GPU was lost and has been opened again. The cells that use it run anew.")
        : start(
            "reference",
            "The GPU was lost twice. The cells go on without it, more slowly; reload the page to try it again.",
          );
    opening.catch(() => {}); // those who use it hear of it
    announce();
  }

  function announce(): void {
    for (const listener of [...listeners]) listener();
  }

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  function builtin(make: (executor: Executor) => unknown) {
    return () =>
      observe<unknown>((notify) => {
        let last: Promise<Executor> | undefined;
        const follow = () => {
          const current = executor();
          if (current === last) return;
          last = current;
          // The promise itself is the value: the runtime awaits it, and reports a rejection where it is used.
          notify(current.then((executor) => make(executor)));
        };
        follow();
        return subscribe(follow);
      });
  }
}

/**
 * A page's first canvas makes the browser set up drawing, in one call that waits for the GPU's process. Once kernels run
 * there, it would wait for them, and the page with it; so it is made before.
 */
function prepareCanvases(): void {
  if (typeof document === "undefined" || typeof ImageData === "undefined") return;
  const canvas = document.createElement("canvas");
  canvas.getContext("2d")?.putImageData(new ImageData(1, 1), 0, 0);
}

let page: Engine | undefined;

/** The engine of this page. */
export function pageEngine(): Engine {
  const wanted = typeof location === "undefined" ? null : new URLSearchParams(location.search).get("executor");
  return (page ??= createEngine({ prefer: wanted === "reference" ? "reference" : undefined }));
}
