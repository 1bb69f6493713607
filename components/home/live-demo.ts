/** The front page's model at work: follows what is wanted, one look at a time. Loads everything when it first looks. */
import { sceneOf, SIZE, type Eyes, type Sight } from "./scene";

export type Wanted = { thing: string; x: number; y: number };

export type DemoState = {
  state: "static" | "loading" | "live" | "failed";
  /** More about the state, for readers. */
  note: string;
  wanted: Wanted;
  sight: Pick<Sight, "answers" | "weights">;
  /** Undefined as long as the page shows what its build saw. */
  picture?: Sight["picture"];
};

export type LiveDemo = {
  current: () => DemoState;
  subscribe: (listener: () => void) => () => void;
  want: (next: Partial<Wanted>) => void;
};

export function createLiveDemo(wanted: Wanted, sight: DemoState["sight"]): LiveDemo {
  const listeners = new Set<() => void>();
  let current: DemoState = { state: "static", note: "", wanted, sight };
  let eyes: Promise<Eyes> | undefined;
  let looking = false;

  return {
    current: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    want(next) {
      const { thing, x, y } = { ...current.wanted, ...next };
      change({ wanted: { thing, x: within(x), y: within(y) } });
      if (!looking) void look();
    },
  };

  function change(next: Partial<DemoState>): void {
    current = { ...current, ...next };
    for (const listener of [...listeners]) listener();
  }

  /** Until what is wanted has been seen: what was wanted in between is left out. */
  async function look(): Promise<void> {
    looking = true;
    try {
      const open = await (eyes ??= load());
      for (let seen: Wanted | undefined; seen !== current.wanted;) {
        seen = current.wanted;
        const { picture, ...sight } = await open.see(sceneOf(seen.thing, seen.x, seen.y));
        change({ picture, sight });
      }
    } catch (error) {
      eyes = undefined; // the next wish tries again
      change({ state: "failed", note: (error as Error).message });
    } finally {
      looking = false;
    }
  }

  async function load(): Promise<Eyes> {
    change({ state: "loading", note: "" });
    const { openEyes } = await import("./look");
    const opened = await openEyes({}, (progress) => {
      if (progress) change({ note: `${megabytes(progress.loaded)} of ${megabytes(progress.total)} MB` });
    });
    change({ state: "live", note: `${opened.executor === "webgpu" ? "WebGPU" : "CPU"}, this device` });
    return opened;
  }
}

/** A thing's centre stays in the picture, so that something of it is always to be seen. */
const within = (place: number) => Math.min(SIZE - 12, Math.max(12, place));
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
