/** ConvNeXt against transformers: logits, and the map after each stage. `python -m training architectures vision`. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  attentionMap,
  classify,
  featureMap,
  imageEmbedding,
  loadModel,
  parseConvNextConfig,
  type ConvNextModel,
} from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import { comparer, FIXTURES, goldenOf, goldenTensor, picture, seeAll } from "./encoders";
import { distance, executorNames, openNamed, relativeDistance } from "./golden";

const golden = await goldenOf("convnext-odd");

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  let model: ConvNextModel;
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await loadModel("convnext-odd", { executor, baseUrl: FIXTURES, modelType: "convnext" });
  });
  afterAll(() => {
    model?.dispose();
    executor?.dispose();
  });

  test("the map after each stage, its mean, logits", async () => {
    const pixelValues = goldenTensor(golden, "pixel_values", executor); // 35 × 40: not square, with pixels to spare
    const { seen, probe } = seeAll();
    const out = await model.forward({ pixelValues, outputHiddenStates: true }, { probe });
    const compare = comparer(golden);
    await compare.same(out.logits, "logits");
    await compare.same(out.lastHiddenState, "last_hidden_state");
    await compare.same(out.poolerOutput, "pooler_output");
    await compare.layers(seen, out.hiddenStates, "", "none");
    compare.report(`convnext on ${name}`);
    expect(seen.get("encoder.stages.2.output")!.shape).toEqual(golden.get("hidden_states.3")!.shape);
  });

  test("a batch gives what its pictures give one by one", async () => {
    const pixelValues = goldenTensor(golden, "pixel_values", executor);
    const one = await (await model.forward({ pixelValues: pixelValues.slice([1, 2]) })).logits!.data();
    const both = golden.get("logits")!.values;
    expect(relativeDistance(one, both.subarray(5))).toBeLessThan(1e-4);
    expect(distance(one, both.subarray(0, 5))).toBeGreaterThan(0.05);
  });

  test("questions: what is it, what is each place; it has no attention to ask about", async () => {
    const answers = await classify(model, picture, { k: 2 });
    expect(answers).toHaveLength(2);
    expect(answers[0]!.probability).toBeGreaterThan(answers[1]!.probability);
    expect((await featureMap(model, picture)).shape).toEqual([3, 3, 20]);
    expect(await imageEmbedding(model, picture)).toHaveLength(20);
    await expect(attentionMap(model, picture, { layer: 0, head: 0 })).rejects.toThrow(/got a convnext/);
  });

  test("in f16: the same first answer, within 2%", async () => {
    const half = await loadModel("convnext-odd", { executor, baseUrl: FIXTURES, modelType: "convnext", dtype: "f16" });
    const { logits } = await half.forward({ pixelValues: goldenTensor(golden, "pixel_values", executor) });
    const [values, wanted] = [await logits!.data(), golden.get("logits")!.values];
    expect(relativeDistance(values, wanted)).toBeLessThan(2e-2);
    for (const row of [0, 5]) {
      const first = (x: Float32Array) => x.subarray(row, row + 5).indexOf(Math.max(...x.subarray(row, row + 5)));
      expect(first(values)).toBe(first(wanted));
    }
    half.dispose();
  });
});

describe("config.json", () => {
  test("an empty one means the defaults", () => {
    expect(parseConvNextConfig({}).config).toEqual({
      numChannels: 3,
      patchSize: 4,
      hiddenSizes: [96, 192, 384, 768],
      depths: [3, 3, 9, 3],
      hiddenAct: "gelu",
      layerNormEps: 1e-12,
      layerScaleInitValue: 1e-6,
      imageSize: 224,
    });
  });

  test.each<[string, unknown, RegExp]>([
    ["stages that do not agree", { depths: [1, 2] }, /depths: expected 4 numbers, as hidden_sizes has/],
    ["sizes of text", { hidden_sizes: ["a"] }, /hidden_sizes: expected 1 to 16 whole numbers/],
    ["a million stages", { hidden_sizes: new Array(1e6).fill(1) }, /hidden_sizes: expected 1 to 16/],
    ["a number of stages that does not agree", { num_stages: 5 }, /num_stages: expected 4/],
  ])("%s is refused in a sentence", (_, json, sentence) => {
    expect(() => parseConvNextConfig(json)).toThrow(sentence);
  });
});
