/**
 * DINOv2 against transformers: with and without registers, gated MLP, pictures of any size. Fixtures:
 * `python -m training architectures vision`.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  classify,
  dinov2Model,
  featureMap,
  imageEmbedding,
  loadModel,
  parseDinov2Config,
  type Dinov2Model,
} from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import { comparer, FIXTURES, goldenOf, goldenTensor, picture, sameMaps, seeAll } from "./encoders";
import { distance, executorNames, openNamed, relativeDistance } from "./golden";

const fixtures = ["dinov2-odd", "dinov2-swiglu-odd", "dinov2-registers-odd"] as const;

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed(name);
  });
  afterAll(() => executor?.dispose());

  describe.each(fixtures)("%s", (fixture) => {
    let model: Dinov2Model;
    beforeAll(async () => {
      model = await loadModel(fixture, { executor, baseUrl: FIXTURES });
    });
    afterAll(() => model?.dispose());

    // The other size has more patches one way and fewer the other: the models disagree about how to stretch positions.
    test.each(["", "other."])("%s every layer, every attention map, logits", async (prefix) => {
      const golden = await goldenOf(fixture);
      const pixelValues = goldenTensor(golden, `${prefix}pixel_values`, executor);
      const { seen, probe } = seeAll();
      const out = await model.forward({ pixelValues, outputHiddenStates: true }, { probe });
      const compare = comparer(golden);
      await compare.layers(seen, out.hiddenStates, prefix, "encoder.layer");
      if (fixture === "dinov2-swiglu-odd") {
        await compare.same(out.lastHiddenState, `${prefix}last_hidden_state`);
        await compare.same(out.poolerOutput, `${prefix}pooler_output`);
        expect(out.logits).toBeUndefined();
      } else {
        await compare.same(out.logits, `${prefix}logits`);
        expect(model.labels).toEqual([0, 1, 2, 3, 4].map((i) => `label ${i}`));
      }
      compare.report(`${fixture} ${prefix}on ${name}`);
    });

    test("a batch gives what its pictures give one by one", async () => {
      const pixelValues = goldenTensor(await goldenOf(fixture), "pixel_values", executor);
      const both = await (await model.forward({ pixelValues })).poolerOutput!.data();
      const one = await (await model.forward({ pixelValues: pixelValues.slice([1, 2]) })).poolerOutput!.data();
      expect(distance(one, both.subarray(one.length))).toBeLessThan(1e-4);
      expect(distance(one, both.subarray(0, one.length))).toBeGreaterThan(0.1);
    });
  });

  test("questions: what is it, where does it look, what is each place, what is the whole", async () => {
    const model = await loadModel("dinov2-registers-odd", {
      executor,
      baseUrl: FIXTURES,
      modelType: "dinov2_with_registers",
    });
    const answers = await classify(model, picture);
    expect(answers.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(await sameMaps(model, "encoder.layer")).toEqual([40, 40]); // a class token, 3 registers, 6 × 6 patches
    expect((await featureMap(model, picture)).shape).toEqual([6, 6, 24]);
    expect(Math.hypot(...(await imageEmbedding(model, picture)))).toBeCloseTo(1, 5);
    model.dispose();
  });

  test("in f16: the same first answer, within 2%", async () => {
    const half = (await loadModel("dinov2-odd", { executor, baseUrl: FIXTURES, dtype: "f16" })) as Dinov2Model;
    const golden = await goldenOf("dinov2-odd");
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

test("the first layers alone", async () => {
  const executor = await openNamed("reference");
  const golden = await goldenOf("dinov2-registers-odd");
  const model = (await loadModel("dinov2-registers-odd", { executor, baseUrl: FIXTURES })) as Dinov2Model;
  const pixelValues = goldenTensor(golden, "pixel_values", executor);
  for (const layers of [0, 1, 2]) {
    const out = dinov2Model(pixelValues, model.weights, model.config, undefined, { layers });
    await comparer(golden).same(out.lastHiddenState, `hidden_states.${layers}`);
    expect(out.hiddenStates).toHaveLength(layers + 1);
    expect(out.poolerOutput).toBeUndefined();
  }
});

test("a feature map is what the model makes of each place", async () => {
  const executor = await openNamed("reference");
  const model = (await loadModel("dinov2-registers-odd", { executor, baseUrl: FIXTURES })) as Dinov2Model;
  const features = await featureMap(model, picture);
  const { lastHiddenState } = await model.forward({ pixelValues: model.preprocess(picture) });
  const [row, column] = [4, 1];
  const patch = await lastHiddenState.slice(0, 1 + 3 + row * 6 + column).data();
  expect(await features.slice(row, column).data()).toEqual(patch);
});

describe("config.json", () => {
  test("an empty one means the defaults, which differ with registers", () => {
    expect(parseDinov2Config({}).config).toEqual({
      hiddenSize: 768,
      numHiddenLayers: 12,
      numAttentionHeads: 12,
      mlpRatio: 4,
      hiddenAct: "gelu",
      layerNormEps: 1e-6,
      imageSize: 224,
      patchSize: 14,
      numChannels: 3,
      qkvBias: true,
      useSwigluFfn: false,
      numRegisterTokens: 0,
      antialiasPositions: false,
    });
    const registers = parseDinov2Config({ model_type: "dinov2_with_registers" }).config;
    expect(registers).toMatchObject({ patchSize: 16, numRegisterTokens: 4, antialiasPositions: true });
  });

  test.each<[string, unknown, RegExp]>([
    ["nothing", null, /expected an object/],
    ["heads that do not divide", { num_attention_heads: 5 }, /num_attention_heads: expected .* \(768\), got 5/],
    ["a patch of two sides", { patch_size: [14, 7] }, /patch_size: expected one number, for a square/],
    ["too many patches", { image_size: 8000, patch_size: 2 }, /image_size: expected 1 to 65536 patches/],
    ["a ratio of text", { mlp_ratio: "4" }, /mlp_ratio: expected a number/],
  ])("%s is refused in a sentence", (_, json, sentence) => {
    expect(() => parseDinov2Config(json)).toThrow(sentence);
  });
});
