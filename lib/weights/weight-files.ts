import type { Executor } from "../tensor";
import type { Delta } from "./delta";
import type { Folder } from "./folder";

/** What the weights are computed in: matrices as f32, or as f16 (biases and norms stay f32). */
export type ComputedDtype = "f32" | "f16";

/** Whose weights, where they lie, and where they go. */
export type WeightFiles = {
  /** `model_type`: what errors call the model. */
  modelType: string;
  /** The folder with model.safetensors, or with model.safetensors.index.json and its shards. */
  files: Folder;
  /** A stage of training: weights of other files take the place of those of the same name. */
  delta?: Delta;
  executor: Executor;
  dtype: ComputedDtype;
  signal?: AbortSignal;
  /** Bytes so far, and in all. */
  onProgress?: (loaded: number, total: number) => void;
  /** Asked once, before weights are downloaded: false gives up. Not asked when nothing has to be downloaded. */
  confirmSize?: (bytes: number) => boolean | Promise<boolean>;
  /** Told, once, what a reader should know: that nothing could be kept for the next visit. */
  onNote?: (note: string) => void;
  /** Given what frees the weights once they are there, for a loader that fails after that. */
  onLoaded?: (dispose: () => void) => void;
};
