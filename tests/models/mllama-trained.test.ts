/**
 * The trained mllama through the engine: its scores, its answers and the reward model's numbers are PyTorch's, and without a
 * picture it is llama-tiny, bit for bit, at every stage that is shipped. The goldens: `python -m training mllama golden`.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPicture, type AnswerSet, type QuestionSet } from "../../lib/evaluation";
import { loadModel, seeOnly } from "../../lib/models";
import type { MllamaForConditionalGeneration } from "../../lib/models/mllama-model";
import type { MllamaCrossLayer } from "../../lib/models/mllama-text";
import { drawScene, type Atlas } from "../../lib/scenes";
import { tensor, type Executor, type Tensor } from "../../lib/tensor";
import { parseSafetensors } from "../../lib/weights";
import { toFloat32 } from "../float32";
import { builtAtlas } from "../lib/scenes-atlas";
import { distance, executorNames, openNamed, readGolden, relativeDistance } from "./golden";

const MODELS = pathToFileURL("public/models").href;
const FOLDER = "tests/fixtures/mllama-trained";
const REWARD = "public/models/reward/model.safetensors";
const read = <T>(path: string) => JSON.parse(readFileSync(path, "utf8")) as T;
const set = read<QuestionSet>("public/evaluation/questions.json");
const answers = read<Required<AnswerSet>>("public/models/mllama/answers.json");
type Rated = { question: string; answer: string; reward: number };
const { rewards } = read<{ rewards: Record<"training" | "heldOut", Rated[][]> }>(`${FOLDER}/golden.json`);
const golden = await readGolden(`${FOLDER}/golden.safetensors`);
const splits = ["training", "heldOut"] as const;

let atlas: Atlas;
beforeAll(async () => {
  atlas = await builtAtlas();
});

/** The tokens of a chat of one question, with an answer if there is one. */
function tokens(model: MllamaForConditionalGeneration, question: string, answer = ""): number[] {
  const tokenizer = model.tokenizer!;
  const text = tokenizer.applyChatTemplate([{ role: "user", content: question }], { addGenerationPrompt: true });
  return tokenizer.encode(text + answer, { addSpecialTokens: false });
}

describe.each(executorNames)("on %s", { timeout: 240_000 }, (name) => {
  /** Where a software GPU would take minutes, fewer. */
  const scenes = name === "reference" ? 2 : 1;
  let executor: Executor;
  let model: MllamaForConditionalGeneration;
  const open = (stage?: string) => loadModel("mllama", { executor, modelType: "mllama", baseUrl: MODELS, stage });
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await open();
  });
  afterAll(() => executor?.dispose());

  const prepare = (of: MllamaForConditionalGeneration, split: (typeof splits)[number], scene: number, text: number[]) =>
    of.prepare({ text, pictures: [drawScene(set.splits[split][scene]!.scene, atlas)] });

  test.each([undefined, "sft"])("stage %s: the scores of an answer's first token", async (stage) => {
    const of = stage ? await open(stage) : model;
    for (const split of splits) {
      for (let scene = 0; scene < scenes; scene++) {
        const { question } = set.splits[split][scene]!.questions[0]!;
        const prompt = prepare(of, split, scene, tokens(of, `<|image|>${question}`));
        const { logits } = await of.forward({ ...prompt, logitsToKeep: 1 });
        const wanted = golden.get(`${stage ?? "dpo"}.${split}.${scene}`)!.values;
        expect(relativeDistance(await logits.data(), wanted)).toBeLessThan(1e-4);
      }
    }
  });

  test("answers to all questions about a few scenes", async () => {
    for (const split of splits) {
      for (let scene = 0; scene < scenes; scene++) {
        const { questions, scene: drawn } = set.splits[split][scene]!;
        const picture = await openPicture(model, drawScene(drawn, atlas));
        const given: string[] = [];
        for (const { question } of questions) given.push(await picture.answer(question));
        picture.dispose();
        expect(given).toEqual(answers[split][scene]);
      }
    }
  });

  test("without a picture llama-tiny, at every stage: the same floats", async () => {
    const llama = await loadModel("llama-tiny", { executor, modelType: "llama", baseUrl: MODELS });
    const inputIds = [tokens(model, "A cat and two red circles on a green ground.\nHow many circles are there?")];
    const wanted = await (await llama.forward({ inputIds })).logits.data();
    for (const stage of [undefined, "sft", "rejection"]) {
      const of = stage ? await open(stage) : model;
      const given = await (await of.forward({ inputIds })).logits.data();
      expect(distance(given, wanted), stage).toBe(0);
    }
  });

  test("with a picture it is another model: the gates are open", async () => {
    const ids = tokens(model, "<|image|>How many circles are there?");
    const seen = await model.forward({ ...prepare(model, "training", 0, ids), logitsToKeep: 1 });
    const blind = await model.forward({ inputIds: [ids.filter((id) => id !== model.config.imageTokenIndex)] });
    const last = (await blind.logits.data()).slice(-model.config.textConfig.vocabSize);
    expect(relativeDistance(await seen.logits.data(), last)).toBeGreaterThan(1e-2);
  });

  test("rewards: stage sft with the reward model's layer and head", async () => {
    const judge = await open("sft");
    const head = putReward(judge, executor);
    for (const split of splits) {
      for (let scene = 0; scene < scenes; scene++) {
        for (const { question, answer, reward } of rewards[split][scene]!) {
          const end = judge.tokenizer!.encode("<|eot_id|>", { addSpecialTokens: false });
          const ids = [...tokens(judge, `<|image|>${question}`, answer), ...end];
          let hidden: Tensor | undefined;
          const probe = seeOnly(["languageModel.model.norm.output"], (_, value) => (hidden = value));
          await judge.forward({ ...prepare(judge, split, scene, ids), logitsToKeep: 1 }, { probe });
          const last = (await hidden!.data()).slice(-head.length);
          const given = last.reduce((sum, value, i) => sum + value * head[i]!, 0);
          expect(Math.abs(given - reward), question).toBeLessThan(1e-3);
        }
      }
    }
  });
});

/** The layer takes its place among the model's weights; the head is given back. */
function putReward(model: MllamaForConditionalGeneration, executor: Executor): Float32Array {
  const file = new Uint8Array(readFileSync(REWARD));
  let head: Float32Array | undefined;
  for (const entry of parseSafetensors(file, REWARD)) {
    const values = toFloat32(file, entry);
    const path = /^language_model\.model\.layers\.(\d+)\.(.+)$/.exec(entry.name);
    if (!path) head = values;
    else
      put(
        model.weights.languageModel.model.layers[Number(path[1])] as MllamaCrossLayer,
        path[2]!,
        tensor(values, entry.shape, executor),
      );
  }
  return head!;
}

function put(layer: MllamaCrossLayer, path: string, value: Tensor): void {
  const keys = path.split(".").map((key) => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
  let at = layer as unknown as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  if (!(keys.at(-1)! in at))
    throw new Error(`tests: expected ${path} in the layer, found ${Object.keys(at).join(", ")}`);
  at[keys.at(-1)!] = value;
}
