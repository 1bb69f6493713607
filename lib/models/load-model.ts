/** Loads a checkpoint in Hugging Face layout: config.json, preprocessor_config.json, model.safetensors. */
import type { Executor } from "../tensor";
import { openFolder, safetensorsLength, type Folder } from "../weights";
import type { Checkpoint } from "./checkpoints/checkpoint";
import { loadViT } from "./checkpoints/vit";
import type { Model } from "./model";

/** `model_type` in config.json decides which architecture reads the rest: add yours here. */
const architectures: Record<string, (checkpoint: Checkpoint) => Promise<Model>> = {
  vit: loadViT,
};

export type LoadOptions = {
  executor: Executor;
  signal?: AbortSignal;
  /** Bytes of the weights so far, and in all. */
  onProgress?: (loaded: number, total: number) => void;
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
export async function loadModel(source: string, options: LoadOptions): Promise<Model> {
  const { executor, signal, onProgress } = options;
  const folder = openFolder(address(source, options));
  const config = await readJson(folder, "config.json", signal);
  const type = (config as { model_type?: unknown } | null)?.model_type;
  const load = typeof type === "string" && Object.hasOwn(architectures, type) ? architectures[type] : undefined;
  if (!load) {
    const known = Object.keys(architectures).join(", ");
    const got = JSON.stringify(type)?.slice(0, 60) ?? "none";
    throw new Error(`${folder.name}config.json: expected a model_type that is known here (${known}), got ${got}`);
  }
  return load({
    config,
    folder: folder.name,
    readJson: (file) => readJson(folder, file, signal),
    readWeights: (file) =>
      folder.read(file, {
        signal,
        onProgress,
        expectedLength: (start) => safetensorsLength(start, folder.name + file),
      }),
    executor,
    signal,
  });
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
