/** The models of public/models that answer questions about pictures, as their files tell. Runs at build. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

export type AnsweringModel = {
  id: string;
  /** Of its weights, finished. */
  bytes: number;
  stages: { name: string; words: string }[];
  /** Names of its vision experts, if it has several. */
  experts: string[];
};

const TYPES = ["eagle", "llava", "mllama"];

/** In the order of TYPES, so that the mixture of encoders comes first. */
export function answeringModels(root: string): AnsweringModel[] {
  const folder = resolve(root, "public/models");
  const found = existsSync(folder) ? readdirSync(folder).sort() : [];
  return found
    .map((id) => ({ id, path: join(folder, id) }))
    .filter(({ path }) => existsSync(join(path, "model.safetensors")) && existsSync(join(path, "tokenizer.json")))
    .map(({ id, path }) => ({ id, path, config: read(join(path, "config.json")) as Config }))
    .filter(({ config }) => TYPES.includes(config.model_type ?? ""))
    .sort((a, b) => TYPES.indexOf(a.config.model_type!) - TYPES.indexOf(b.config.model_type!))
    .map(({ id, path, config }) => ({
      id,
      bytes: statSync(join(path, "model.safetensors")).size,
      stages: stagesIn(path),
      experts: (config.vision_configs ?? []).map(({ name }) => name),
    }));
}

type Config = { model_type?: string; vision_configs?: { name: string }[] };

function stagesIn(path: string): AnsweringModel["stages"] {
  const file = join(path, "stages.json");
  if (!existsSync(file)) return [];
  const { stages } = read(file) as { stages: { name: string; words: string }[] };
  return stages.map(({ name, words }) => ({ name, words }));
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
