/** What `npm run evaluate` and `npm run ask` have in common: a model that answers, on an executor, and the drawings. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { isAnswering, type Answering, type QuestionSet } from "../../lib/evaluation";
import { loadModel } from "../../lib/models";
import { loadAtlas, type Atlas } from "../../lib/scenes";
import { openExecutor, type Executor } from "../../lib/tensor";
import { nodeGpu } from "../../tests/gpu";
import { buildAtlas } from "../build-atlas";

export type ModelChoice = {
  /** A folder of public/models, or the path of one elsewhere. */
  model: string;
  stage?: string;
  /** "webgpu" or "reference" */
  executor: string;
};

/** @throws a sentence when there is no such model, it does not answer questions, or the executor is not to be had. */
export async function openModel({
  model: id,
  stage,
  executor: name,
}: ModelChoice): Promise<{ model: Answering; executor: Executor }> {
  if (name !== "webgpu" && name !== "reference") {
    throw new Error(`expected --executor to be webgpu or reference, got ${JSON.stringify(name)}`);
  }
  const folder = folderOf(id);
  const { executor, note } = await openExecutor({ prefer: name, gpu: name === "webgpu" ? await nodeGpu() : undefined });
  if (executor.name !== name) throw new Error(`expected the ${name} executor, got ${executor.name}: ${note}`);
  const model = await loadModel(pathToFileURL(folder).href, { executor, stage });
  if (!isAnswering(model)) {
    throw new Error(
      `${id}: expected a model that answers questions about pictures, got one of type ${model.modelType}`,
    );
  }
  return { model, executor };
}

/** Where a model lies. @throws a sentence when it lies nowhere. */
export function folderOf(id: string): string {
  const shipped = path.resolve("public/models", id);
  const folder = existsSync(path.join(shipped, "config.json")) ? shipped : path.resolve(id);
  if (existsSync(path.join(folder, "config.json"))) return folder;
  throw new Error(
    `expected --model to be a folder of public/models, or the path of a model's folder, got ${JSON.stringify(id)}`,
  );
}

/** "eagle", or "eagle, projector" */
export function titleOf({ model, stage }: Pick<ModelChoice, "model" | "stage">): string {
  return stage ? `${path.basename(model)}, ${stage}` : path.basename(model);
}

export async function readQuestions(): Promise<QuestionSet> {
  return JSON.parse(await readFile("public/evaluation/questions.json", "utf8")) as QuestionSet;
}

export async function openAtlas(): Promise<Atlas> {
  await buildAtlas({ log: console.error });
  return loadAtlas((file) => readFile(path.join("public", "sprites", file)));
}
