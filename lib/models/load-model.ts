/** Loads a checkpoint in Hugging Face layout: config.json, preprocessor_config.json, model.safetensors. */
import { openExecutor, type Executor } from "../tensor";
import { MissingFile, openFiles, openFolder, parseJson, show, type ComputedDtype, type Folder } from "../weights";
import type { Checkpoint } from "./checkpoints/checkpoint";
import type { Model } from "./model";
import { modelAddress, type AddressOptions } from "./model-address";
import { readStage, type Stage } from "./stages";

/**
 * `model_type` in config.json decides which architecture reads the rest: add yours here. Each is imported when a
 * checkpoint asks for it, so that a page downloads only what it uses.
 */
const architectures: Record<string, () => Promise<(checkpoint: Checkpoint) => Promise<Model>>> = {
  vit: () => import("./checkpoints/vit").then((architecture) => architecture.loadViT),
  vit_model: () => import("./checkpoints/vit-model").then((architecture) => architecture.loadViTModel),
  deit: () => import("./checkpoints/deit").then((architecture) => architecture.loadDeiT),
  clip: () => import("./checkpoints/clip").then((architecture) => architecture.loadClip),
  clip_vision_model: () => import("./checkpoints/clip").then((architecture) => architecture.loadClipVision),
  clip_text_model: () => import("./checkpoints/clip").then((architecture) => architecture.loadClipText),
  siglip: () => import("./checkpoints/siglip").then((architecture) => architecture.loadSiglip),
  siglip_vision_model: () => import("./checkpoints/siglip").then((architecture) => architecture.loadSiglipVision),
  siglip_text_model: () => import("./checkpoints/siglip").then((architecture) => architecture.loadSiglipText),
  dinov2: () => import("./checkpoints/dinov2").then((architecture) => architecture.loadDinov2),
  dinov2_with_registers: () => import("./checkpoints/dinov2").then((architecture) => architecture.loadDinov2),
  convnext: () => import("./checkpoints/convnext").then((architecture) => architecture.loadConvNext),
  llama: () => import("./checkpoints/llama").then((architecture) => architecture.loadLlama),
  llava: () => import("./checkpoints/llava").then((architecture) => architecture.loadLlava),
  eagle: () => import("./checkpoints/eagle").then((architecture) => architecture.loadEagle),
  mllama: () => import("./checkpoints/mllama").then((architecture) => architecture.loadMllama),
  smolvlm: () => import("./checkpoints/smolvlm").then((architecture) => architecture.loadSmolVLM),
  idefics3: () => import("./checkpoints/smolvlm").then((architecture) => architecture.loadSmolVLM),
};

/** Models that are a part of another one's checkpoint: `modelType` asks for them, and only their weights are read. */
const towers: Record<string, readonly string[]> = {
  vit: ["vit_model"],
  clip: ["clip_vision_model", "clip_text_model"],
  siglip: ["siglip_vision_model", "siglip_text_model"],
};

export type LoadOptions<Type extends Model["modelType"] = Model["modelType"]> = AddressOptions & {
  /** A stage of its training that stages.json lists, such as "projector", instead of the finished model. */
  stage?: string;
  /** Where the weights go. Without it, an executor is opened, and closed by the model's `dispose`. */
  executor?: Executor;
  /** Which executor to open ["webgpu"]; without WebGPU the plain loops come instead, and `note` says so. */
  device?: "webgpu" | "reference";
  /** What matrices are computed in ["f32"]; sums are f32 always. */
  dtype?: ComputedDtype;
  /** The only model_type that will do: another one is refused, and the result has this model's own type. */
  modelType?: Type;
  signal?: AbortSignal;
  /** Bytes of the weights so far, and in all. */
  onProgress?: (loaded: number, total: number) => void;
  /**
   * Asked once, with the number of bytes, before weights are downloaded: false gives up, with an AbortError. Not asked
   * for what was kept on an earlier visit, and not for a local file.
   */
  confirmSize?: (bytes: number) => boolean | Promise<boolean>;
};

/** What `loadModel` gives: a model, and what a reader should know about how it was loaded. */
export type LoadedModel<Type extends Model["modelType"] = Model["modelType"]> = Extract<Model, { modelType: Type }> & {
  /** In a sentence or two: that it runs without a GPU, or that there was no room to keep it for the next visit. */
  note?: string;
  /** Which stage of its training it is, if one was asked for. */
  stage?: string;
};

/**
 * @param source "vit-classifier", a model of this site; "org/name" or "org/name@revision", a repository of the Hub; the
 *   address of a folder (`https:`, or a path); in Node also a `file:` URL or a folder of the disk; or files that the
 *   reader picked. `modelAddress` has the rules.
 * @throws one sentence that says which file is wrong, and how; the signal's reason when aborted.
 */
export async function loadModel<Type extends Model["modelType"] = Model["modelType"]>(
  source: string | Iterable<File>,
  options: LoadOptions<Type> = {},
): Promise<LoadedModel<Type>> {
  const files = typeof source === "string" ? openFolder(modelAddress(source, options)) : openFiles(source);
  const { dtype = "f32", signal, onProgress, confirmSize } = options;
  const stage = options.stage === undefined ? undefined : await readStage(files, options.stage, signal);
  const config = configOf(await readJson(files, "config.json", signal), stage);
  const modelType = wantedType(config, options.modelType, `${files.name}config.json`);
  const load = await architectures[modelType]!();

  const opened = options.executor ? undefined : await openExecutor({ prefer: options.device });
  const notes = opened?.note ? [opened.note] : [];
  const loaded: (() => void)[] = [];
  try {
    const model = await load({
      modelType,
      config,
      folder: files.name,
      files,
      delta: stage && { file: stage.file, shared: stage.shared, ownConfig: stage.config !== undefined },
      readJson: (file) => readJson(files, file, signal),
      readOptionalJson: (file) => optional(readJson(files, file, signal)),
      readOptionalText: (file) => optional(readText(files, file, signal)),
      executor: (options.executor ?? opened?.executor)!,
      dtype,
      signal,
      onProgress,
      confirmSize,
      onNote: (note) => notes.includes(note) || notes.push(note),
      onLoaded: (dispose) => loaded.push(dispose),
    });
    if (opened) closing(model, opened.executor);
    const known = { ...(stage && { stage: stage.name }), ...(notes.length > 0 && { note: notes.join(" ") }) };
    return Object.assign(model, known) as LoadedModel<Type>;
  } catch (error) {
    for (const dispose of loaded) dispose();
    opened?.executor.dispose();
    throw error;
  }
}

/** A stage's fields take the place of those of the same name. */
function configOf(config: unknown, stage: Stage | undefined): unknown {
  if (!stage?.config || typeof config !== "object" || config === null || Array.isArray(config)) return config;
  return { ...config, ...stage.config };
}

/** Which architecture reads the files. @throws when it is not known here, or not the one that is asked for. */
function wantedType(config: unknown, asked: string | undefined, name: string): string {
  const type = typeOf(config);
  const known = Object.keys(architectures);
  if (typeof type === "string" && (known.includes(type) || Object.hasOwn(towers, type))) {
    const wanted = asked ?? type;
    const offered = [type, ...(towers[type] ?? [])];
    if (known.includes(wanted) && offered.includes(wanted)) return wanted;
  }
  const expected = asked ? `model_type ${asked}` : `a model_type that is known here (${known.join(", ")})`;
  throw new Error(`${name}: expected ${expected}, got ${type === undefined ? "none" : show(type)}`);
}

/** `model_type`; a ViT that has no classifier says "vit" too, and only its class tells. */
function typeOf(config: unknown): unknown {
  const { model_type: type, architectures: classes } = (config ?? {}) as {
    model_type?: unknown;
    architectures?: unknown;
  };
  return type === "vit" && Array.isArray(classes) && classes.includes("ViTModel") ? "vit_model" : type;
}

/** Lets a model that came with its own executor close it. */
function closing(model: Model, executor: Executor): void {
  const dispose = model.dispose.bind(model);
  model.dispose = () => {
    dispose();
    executor.dispose();
  };
}

/** Bytes: a tokenizer.json is the longest, 17 MB for Llama 3 and 34 MB for SigLIP 2. */
const MAX_TEXT = 64 * 1024 * 1024;
const MAX_CONFIG = 4 * 1024 * 1024;

async function readText(folder: Folder, file: string, signal?: AbortSignal): Promise<string> {
  return new TextDecoder().decode(await folder.read(file, { signal, maxLength: MAX_TEXT }));
}

async function readJson(folder: Folder, file: string, signal?: AbortSignal): Promise<unknown> {
  const tokenizer = file.startsWith("tokenizer") || file === "vocab.json";
  const limits = tokenizer
    ? { maxLength: MAX_TEXT, maxDepth: 64, maxValues: 4_000_000, distinctKeys: false } // as its own reader sees it
    : { maxLength: MAX_CONFIG, maxDepth: 32, maxValues: 250_000 };
  const bytes = await folder.read(file, { signal, maxLength: limits.maxLength });
  return parseJson(bytes, folder.name + file, limits);
}

/** Undefined for a file that is not there; every other error stays one. */
async function optional<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof MissingFile) return undefined;
    throw error;
  }
}
