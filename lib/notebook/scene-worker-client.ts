/** Scenes, drawn by a worker: the same service as in scene-service.ts, on another thread. */
import type { SceneService } from "./scene-service";

export type SceneRequest = { id: number; spritesUrl: string; method: keyof SceneService; values: unknown[] };
export type SceneAnswer = { id: number; value?: unknown; problem?: string };

type Waiting = { resolve: (value: unknown) => void; reject: (reason: Error) => void };

/** @param spritesUrl where public/sprites is served, absolute or on this site */
export function remoteSceneService(spritesUrl: string): SceneService {
  const absolute = new URL(spritesUrl, location.href).href;
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let last = 0;

  function start(): Worker {
    const started = new Worker(new URL("./scene-worker.ts", import.meta.url), { type: "module" });
    started.onmessage = ({ data: { id, value, problem } }: MessageEvent<SceneAnswer>) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (problem === undefined) asked?.resolve(value);
      else asked?.reject(new Error(problem));
    };
    // It could not be loaded, or died. Whoever waits hears of it, and the next request starts another one.
    started.onerror = ({ message }) => {
      worker = undefined;
      started.terminate();
      const asked = [...waiting.values()];
      waiting.clear();
      const why = new Error(
        `scenes: the worker that draws them stopped (${message || "it could not be loaded"}); try again`,
      );
      for (const { reject } of asked) reject(why);
    };
    return started;
  }

  const ask = <Value>(method: keyof SceneService, ...values: unknown[]) =>
    new Promise<Value>((resolve, reject) => {
      worker ??= start();
      const id = ++last;
      waiting.set(id, { resolve: (value) => resolve(value as Value), reject });
      try {
        worker.postMessage({ id, spritesUrl: absolute, method, values } satisfies SceneRequest);
      } catch {
        waiting.delete(id);
        reject(new TypeError(`scenes: expected plain data for scenes.${method}, got something with functions in it`));
      }
    });

  return {
    random: (seed, options) => ask("random", seed, options),
    draw: (scene) => ask("draw", scene),
    truth: (scene, options) => ask("truth", scene, options),
    questions: (scene, options) => ask("questions", scene, options),
    has: (thing, style) => ask("has", thing, style),
  };
}
