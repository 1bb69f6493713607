/** Loads a checkpoint in Hugging Face layout: config.json, preprocessor_config.json, model.safetensors. */
import type { Executor } from "../tensor";
import { openFolder, type ComputedDtype, type Folder } from "../weights";
import type { Checkpoint } from "./checkpoints/checkpoint";
import type { Model } from "./model";

/**
 * `model_type` in config.json decides which architecture reads the rest: add yours here. Each is imported when a
 * checkpoint asks for it, so that a page downloads only what it uses.
 */
const architectures: Record<string, () => Promise<(checkpoint: Checkpoint) => Promise<Model>>> = {
  vit: () => import("./checkpoints/vit").then((architecture) => architecture.loadViT),
};

export type LoadOptions = {
  executor: Executor;
  /** What matrices are computed in ["f32"]; sums are f32 always. */
  dtype?: ComputedDtype;
  signal?: AbortSignal;
  /** Bytes of the weights so far, and in all. */
  onProgress?: (loaded: number, total: number) => void;
  /** Asked once, before weights are downloaded: false gives up, with an AbortError. */
  confirmSize?: (bytes: number) => boolean | Promise<boolean>;
  /** Where a model that is given by its id lies ["/models"]; in Node also a `file:` URL or a path. */
  baseUrl?: string;
  /** A step of its training, such as "step-001000", instead of the finished model. */
  checkpoint?: string;
};

/**
 * @param source the id of a model of this site ("vit-classifier"), or the address of a folder: `https:`, or, in Node,
 *   `file:` or a path that starts with `/` or `.`
 * @throws one sentence that says which file is wrong, and how; the signal's reason when aborted.
 */
export async function loadModel<Type extends Model["modelType"] = Model["modelType"]>(
  source: string,
  options: LoadOptions & {
    /** The only model_type that will do: another one is refused, and the result has this model's own type. */
    modelType?: Type;
  },
): Promise<Extract<Model, { modelType: Type }>> {
  const { executor, dtype = "f32", signal, onProgress, confirmSize } = options;
  const files = openFolder(address(source, options));
  const config = await readJson(files, "config.json", signal);
  const type = (config as { model_type?: unknown } | null)?.model_type;
  const known = options.modelType ? [options.modelType] : Object.keys(architectures);
  if (typeof type !== "string" || !Object.hasOwn(architectures, type) || !known.includes(type)) {
    const got = JSON.stringify(type)?.slice(0, 60) ?? "none";
    throw new Error(
      `${files.name}config.json: expected a model_type that is known here (${known.join(", ")}), got ${got}`,
    );
  }
  const load = await architectures[type]!();
  const model = await load({
    modelType: type,
    config,
    folder: files.name,
    files,
    readJson: (file) => readJson(files, file, signal),
    readOptionalJson: (file) => readJson(files, file, signal).catch(() => undefined),
    executor,
    dtype,
    signal,
    onProgress,
    confirmSize,
  });
  return model as Extract<Model, { modelType: Type }>;
}

function address(source: string, { baseUrl = "/models", checkpoint }: LoadOptions): string {
  const isAddress = /^(https?:|file:|[./]|[a-z]:[\\/])/i.test(source);
  if (!isAddress) checkId("model id", source);
  if (checkpoint !== undefined) checkId("checkpoint", checkpoint);
  const folder = isAddress ? source : `${baseUrl.replace(/\/$/, "")}/${source}`;
  return checkpoint === undefined ? folder : `${folder.replace(/\/$/, "")}/checkpoints/${checkpoint}`;
}

/** A name, or names with slashes between: never a way out of the folder of models. */
function checkId(what: string, id: string): void {
  if (!/^\w[\w.-]*(\/\w[\w.-]*)*$/.test(id)) {
    throw new Error(`models: expected a ${what} of letters, digits, "-", "_" and ".", got ${JSON.stringify(id)}`);
  }
}

const MAX_JSON = 16 * 1024 * 1024; // bytes

async function readJson(folder: Folder, file: string, signal?: AbortSignal): Promise<unknown> {
  const bytes = await folder.read(file, { signal, maxLength: MAX_JSON });
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`${folder.name}${file}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}`);
  }
}
