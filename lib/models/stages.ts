/**
 * Stages of a model's training, which ship as what differs from its finished weights. A model's folder lists them in
 * stages.json:
 *
 *     { "stages": [{ "name": "projector", "words": "Only the projector is trained.",
 *                    "file": "stages/projector.safetensors",      whole weights, by the names that model.safetensors has
 *                    "eval": "stages/projector.eval.json",
 *                    "config": { ... },                           takes the place of config.json's fields of these names
 *                    "shared": [{ "model": "llama-tiny", "prefix": "language_model." },
 *                               { "model": "clip", "from": "vision_model.", "prefix": "vision_towers.0.vision_model." }] }] }
 *
 * `shared`: weights that another model has, in the folder beside this one. Those whose names begin with `from` take part,
 * under `prefix` and the rest of their name; without either, all of them as they are called. The stage's file lies over the
 * last of these, that over the first, and that over the finished weights.
 *
 * A stage without a file is the finished weights, or those under another config.
 */
import { MissingFile, openFolder, parseJson, show, type Folder, type Shared } from "../weights";
import { modelAddress, type AddressOptions } from "./model-address";

export type Stage = {
  /** What `loadModel(id, { stage })` calls it. */
  name: string;
  /** What happened in it, in a sentence. */
  words: string;
  /** The weights that differ, in the model's folder. */
  file?: string;
  /** What it measures, in the model's folder. */
  eval?: string;
  /** Fields that take the place of config.json's. */
  config?: Record<string, unknown>;
  /** Weights that lie in another model's folder. */
  shared?: Shared[];
};

const FILE = "stages.json";
const MAX = { bytes: 1024 * 1024, stages: 256, shared: 32, name: 200 };

/** The stages of a model that is named as for `loadModel`, in the order of its training; none if it has no stages.json. */
export async function modelStages(
  source: string,
  { signal, ...options }: AddressOptions & { signal?: AbortSignal } = {},
): Promise<Stage[]> {
  const folder = openFolder(modelAddress(source, options));
  try {
    return await readStages(folder, signal);
  } catch (error) {
    if (error instanceof MissingFile) return [];
    throw error;
  }
}

/** @throws a sentence that lists the stages when there is none of this name. */
export async function readStage(folder: Folder, name: string, signal?: AbortSignal): Promise<Stage> {
  const stages = await readStages(folder, signal).catch((error: unknown) => {
    if (!(error instanceof MissingFile)) throw error;
    throw new MissingFile(`${error.message}: this model has no stages, so load it without one`);
  });
  const stage = stages.find((one) => one.name === name);
  if (stage) return stage;
  const names = stages.map((one) => one.name).join(", ") || "none";
  throw new Error(`${folder.name}${FILE}: expected one of its stages (${names}), got ${show(name)}`);
}

async function readStages(folder: Folder, signal?: AbortSignal): Promise<Stage[]> {
  const bytes = await folder.read(FILE, { signal, maxLength: MAX.bytes });
  const name = folder.name + FILE;
  const json = parseJson(bytes, name, { maxLength: MAX.bytes, maxDepth: 32 });
  const list = (json as { stages?: unknown } | null)?.stages;
  if (!Array.isArray(list) || list.length > MAX.stages) {
    throw new Error(`${name}: stages: expected a list of at most ${MAX.stages}, got ${show(list)}`);
  }
  return list.map((stage, i) => parseStage(stage, `${name}: stages[${i}]`));
}

function parseStage(json: unknown, name: string): Stage {
  if (!isObject(json)) throw new Error(`${name}: expected an object, got ${show(json)}`);
  const wrong = (field: string, expected: string): never => {
    throw new Error(`${name}: ${field}: expected ${expected}, got ${show(json[field])}`);
  };
  const { name: called, words = "", file, eval: measured, config, shared } = json;
  if (typeof called !== "string" || called === "") return wrong("name", "a name");
  if (typeof words !== "string") return wrong("words", "a sentence");
  if (file != null && !isPath(file, "safetensors")) return wrong("file", "a .safetensors file in the model's folder");
  if (measured != null && !isPath(measured, "json")) return wrong("eval", "a .json file in the model's folder");
  if (config != null && !isObject(config)) return wrong("config", "an object");
  if (shared != null && (!Array.isArray(shared) || shared.length > MAX.shared)) {
    return wrong("shared", `a list of at most ${MAX.shared}`);
  }
  return {
    name: called,
    words,
    ...(file != null && { file }),
    ...(measured != null && { eval: measured }),
    ...(config != null && { config }),
    ...(shared != null && { shared: shared.map((one, i) => parseShared(one, `${name}: shared[${i}]`)) }),
  };
}

function parseShared(json: unknown, name: string): Shared {
  if (!isObject(json)) throw new Error(`${name}: expected an object, got ${show(json)}`);
  const { model, from = "", prefix = "" } = json;
  if (typeof model !== "string" || model.length > MAX.name || !/^\w[\w.-]*$/.test(model)) {
    throw new Error(`${name}: model: expected the name of a folder beside this model's, got ${show(model)}`);
  }
  const start = (field: string, value: unknown): string => {
    if (typeof value === "string" && value.length <= MAX.name) return value;
    throw new Error(
      `${name}: ${field}: expected what names begin with, in at most ${MAX.name} letters, got ${show(value)}`,
    );
  };
  return { model, from: start("from", from), prefix: start("prefix", prefix) };
}

/** Folders and a file, never a way out of the model's folder. */
function isPath(value: unknown, ending: string): value is string {
  const isFile = typeof value === "string" && value.length <= 200 && value.endsWith(`.${ending}`);
  return isFile && /^\w[\w.-]*(\/\w[\w.-]*)*$/.test(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
