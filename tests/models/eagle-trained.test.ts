/**
 * The shipped Eagle, public/models/eagle, against PyTorch: prompts token by token, logits, twenty answers, and its stages.
 * The goldens come with it: `python -m training eagle evaluate`.
 */
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPicture, type AnswerSet, type EvaluationSplit, type QuestionSet } from "../../lib/evaluation";
import { loadModel, modelStages, type EagleForConditionalGeneration } from "../../lib/models";
import { drawScene, loadAtlas, type Atlas } from "../../lib/scenes";
import type { Executor } from "../../lib/tensor";
import { executorNames, openNamed, readGolden, relativeDistance, type Golden } from "./golden";

const MODELS = pathToFileURL("public/models").href;
const json = <T>(file: string) => JSON.parse(readFileSync(file, "utf8")) as T;

type GoldenQuestion = { split: EvaluationSplit; scene: number; question: string };
const asked = json<GoldenQuestion[]>("tests/fixtures/eagle-trained/questions.json");
const set = json<QuestionSet>("public/evaluation/questions.json");
const answers = json<AnswerSet>("public/models/eagle/answers.json");

let golden: Golden;
let atlas: Atlas;
beforeAll(async () => {
  golden = await readGolden("tests/fixtures/eagle-trained/golden.safetensors");
  atlas = await loadAtlas((file) => Promise.resolve(readFileSync(path.join("public", "sprites", file))));
});

test("the files that an answer needs have at most 12,000,000 bytes", () => {
  const files = [
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
  ];
  const sizes = [...files, "preprocessor_config.json"].map((file) => statSync(`public/models/eagle/${file}`).size);
  expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(12_000_000);
});

/** Where a software GPU would take long, fewer questions and no stages. */
const most = { reference: { questions: 10, goldens: 4 }, webgpu: { questions: 2, goldens: 1 } };

describe.each(executorNames)("on %s", { timeout: 300_000 }, (name) => {
  let executor: Executor;
  let model: EagleForConditionalGeneration;
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await loadModel("eagle", { executor, modelType: "eagle", baseUrl: MODELS });
  });
  afterAll(() => executor?.dispose());

  test.each(asked.slice(0, most[name].goldens))(
    "$split $scene: prompt, picture and logits as in PyTorch",
    async (one) => {
      const { inputIds, seen, logits } = await look(model, one);
      const of = (what: string) => golden.get(`final.${one.split}.${one.scene}.${what}`)!.values;
      expect(inputIds).toEqual([...of("input_ids")]);
      expect(relativeDistance(seen, of("image_features"))).toBeLessThan(1e-3);
      expect(relativeDistance(logits, of("logits"))).toBeLessThan(1e-3);
    },
  );

  test.each(["training", "heldOut"] as const)("answers questions of %s as PyTorch did", async (split) => {
    let left = most[name].questions;
    for (const [i, { scene, questions }] of set.splits[split].entries()) {
      if (left <= 0) break;
      const picture = await openPicture(model, drawScene(scene, atlas));
      for (const [j, { question }] of questions.slice(0, left).entries()) {
        expect([question, await picture.answer(question)]).toEqual([question, answers[split]![i]![j]]);
      }
      picture.dispose();
      left -= questions.length;
    }
  });

  test.each(name === "reference" ? ["on this executor"] : [])("each stage gives its own logits, %s", async () => {
    const stages = await modelStages("eagle", { baseUrl: MODELS });
    expect(stages.length).toBeGreaterThan(0);
    for (const { name: stage } of stages) {
      const earlier = await loadModel("eagle", { executor, modelType: "eagle", baseUrl: MODELS, stage });
      const { logits } = await look(earlier, asked[0]!);
      const of = (which: string) => golden.get(`${which}.${asked[0]!.split}.${asked[0]!.scene}.logits`)!.values;
      expect(relativeDistance(logits, of(stage))).toBeLessThan(1e-3);
      expect(relativeDistance(logits, of("final"))).toBeGreaterThan(1e-2);
      earlier.dispose();
    }
  });

  /** One question through `prepare`, as the lessons ask. */
  async function look(asker: EagleForConditionalGeneration, { split, scene, question }: GoldenQuestion) {
    const picture = drawScene(set.splits[split][scene]!.scene, atlas);
    const text = asker.tokenizer!.applyChatTemplate([{ role: "user", content: `<|image|>${question}` }], {
      addGenerationPrompt: true,
    });
    const ids = asker.tokenizer!.encode(text, { addSpecialTokens: false });
    const { inputIds, pixelValues } = asker.prepare({ text: ids, pictures: [picture] });
    const imageFeatures = await asker.imageFeatures({ pixelValues: pixelValues! });
    const { logits } = await asker.forward({ inputIds, imageFeatures, logitsToKeep: 1 });
    return { inputIds: inputIds[0], seen: await imageFeatures.data(), logits: await logits.data() };
  }
});
