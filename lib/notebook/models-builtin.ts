/** `models` in a cell: checkpoints by their id, loaded once per page, with progress where they are asked for. */
import type { Picture } from "../images";
import type { AttentionMap, AttentionMemory, Model, rememberAttention } from "../models";
import type { Executor } from "../tensor";
import { perCell, type CellContext, type PerCell } from "./cell-context";
import type { Progress } from "./status";

export type ModelsBuiltin = {
  /** A model of this site by its id, or a checkpoint of its training. Loaded once; later calls give the same one. */
  load(id: string, options?: { checkpoint?: string; signal?: AbortSignal }): Promise<Model>;
  /** A JSON file that lies beside a model, such as "eval.json". */
  file(id: string, name: string): Promise<unknown>;
  /** The likeliest labels, best first. */
  classify(
    model: Model,
    picture: Picture,
    options?: { k?: number; signal?: AbortSignal },
  ): Promise<{ label: string; probability: number }[]>;
  /** Where the tokens of a picture look, in one head of one layer, both counted from 0. [T, T] */
  attentionMap(
    model: Model,
    picture: Picture,
    options: { layer: number; head: number; signal?: AbortSignal },
  ): Promise<AttentionMap>;
};

export async function modelsBuiltin(executor: Executor, baseUrl: string): Promise<PerCell<ModelsBuiltin>> {
  const models = await import("../models");
  const { openFolder } = await import("../weights");
  const loads = new Map<string, SharedLoad>();
  const files = new Map<string, Promise<unknown>>();
  const memory = attentionMemories(models.rememberAttention);

  return perCell((context: CellContext): ModelsBuiltin => {
    const { signal } = context;
    const either = (own?: AbortSignal) => (own && own !== signal ? AbortSignal.any([own, signal]) : signal);
    return {
      load(id, options = {}) {
        const key = `${id} ${options.checkpoint ?? ""}`;
        let load = loads.get(key);
        if (!load) {
          const { checkpoint } = options;
          load = shareLoad((signal, onProgress) =>
            models.loadModel(id, { executor, signal, onProgress, baseUrl, checkpoint }),
          );
          loads.set(key, load);
          load.model.catch(() => loads.delete(key)); // the next cell may try again
        }
        const what = options.checkpoint ? `${id}, ${options.checkpoint}` : id;
        return load
          .join(either(options.signal), (loaded, total) => context.progress({ what, loaded, total }))
          .finally(() => context.progress());
      },
      file(id, name) {
        const folder = `${baseUrl.replace(/\/$/, "")}/${id}`;
        const key = `${folder}/${name}`;
        const read = async () => JSON.parse(new TextDecoder().decode(await openFolder(folder).read(name))) as unknown;
        if (!files.has(key)) {
          const file = read();
          file.catch(() => files.delete(key));
          files.set(key, file);
        }
        return files.get(key)!;
      },
      classify: (model, picture, options = {}) =>
        models.classify(model, picture, { ...options, signal: either(options.signal) }),
      attentionMap: (model, picture, options) => memory(model, picture, { ...options, signal: either(options.signal) }),
    };
  });
}

type SharedLoad = {
  model: Promise<Model>;
  join(signal: AbortSignal, onProgress: (loaded: number, total: number) => void): Promise<Model>;
};

/** One download for all cells that wait for it: it is given up only when every one of them has been. */
function shareLoad(
  start: (signal: AbortSignal, onProgress: (loaded: number, total: number) => void) => Promise<Model>,
): SharedLoad {
  const controller = new AbortController();
  const listeners = new Set<(loaded: number, total: number) => void>();
  let last: Pick<Progress, "loaded" | "total"> | undefined;
  let waiting = 0;
  let settled = false;
  const model = start(controller.signal, (loaded, total) => {
    last = { loaded, total };
    for (const listener of listeners) listener(loaded, total);
  }).finally(() => (settled = true));

  return {
    model,
    async join(signal, onProgress) {
      signal.throwIfAborted();
      waiting++;
      listeners.add(onProgress);
      if (last && !settled) onProgress(last.loaded, last.total);
      let leave!: () => void;
      const left = new Promise<never>((_, reject) => {
        leave = () => reject(signal.reason as Error);
        signal.addEventListener("abort", leave, { once: true });
      });
      try {
        return await Promise.race([model, left]);
      } finally {
        signal.removeEventListener("abort", leave);
        listeners.delete(onProgress);
        // A cell that runs anew aborts and asks again at once: give it the time to.
        if (--waiting === 0 && !settled)
          setTimeout(() => waiting === 0 && !settled && controller.abort(signal.reason), 50);
      }
    },
  };
}

/** The heads of one picture are often looked at together: what they need is computed once, for the last few pictures. */
function attentionMemories(remember: typeof rememberAttention) {
  const MOST = 3;
  const kept: {
    model: Model;
    picture: Picture;
    memory: Promise<AttentionMemory>;
    readers: number;
    evicted: boolean;
  }[] = [];
  const free = (entry: (typeof kept)[number]) => {
    if (entry.evicted && entry.readers === 0)
      entry.memory.then(
        (memory) => memory.dispose(),
        () => {},
      );
  };

  return async (
    model: Model,
    picture: Picture,
    options: { layer: number; head: number; signal: AbortSignal },
  ): Promise<AttentionMap> => {
    options.signal.throwIfAborted();
    let entry = kept.find((other) => other.model === model && other.picture === picture);
    if (!entry) {
      entry = { model, picture, memory: remember(model, picture), readers: 0, evicted: false };
      const own = entry;
      const forget = () => {
        if (kept.includes(own)) kept.splice(kept.indexOf(own), 1);
        own.evicted = true;
        free(own);
      };
      entry.memory.catch(forget);
      kept.push(entry);
      if (kept.length > MOST) {
        const [oldest] = kept.splice(0, 1);
        oldest!.evicted = true;
        free(oldest!);
      }
    }
    entry.readers++;
    try {
      return await (await entry.memory).map(options);
    } finally {
      entry.readers--;
      free(entry);
    }
  };
}
