import type { Executor } from "../../tensor";

/** What an architecture needs to load itself: its config, and a way to read the files beside it. */
export type Checkpoint = {
  /** config.json, as it is. */
  config: unknown;
  /** Where it is, ending in a slash: what errors call it. */
  folder: string;
  readJson(file: string): Promise<unknown>;
  /** A file of weights, with progress. */
  readWeights(file: string): Promise<Uint8Array>;
  executor: Executor;
  signal?: AbortSignal;
};
