/**
 * CLIP against transformers: both towers, each alone, their similarity. Fixtures: `python -m training architectures vision`.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  attentionMap,
  featureMap,
  imageEmbedding,
  loadModel,
  parseClipConfig,
  zeroShot,
  type ClipModel,
  type ClipVisionModel,
} from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import type { Tokenizer } from "../../lib/tokenizers";
import { comparer, FIXTURES, goldenOf, goldenRows, goldenTensor, picture, sameMaps, seeAll } from "./encoders";
import { distance, executorNames, openNamed, relativeDistance } from "./golden";

const golden = await goldenOf("clip-odd");
const inputIds = goldenRows(golden, "input_ids");
const attentionMask = goldenRows(golden, "attention_mask");

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  let model: ClipModel;
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await loadModel("clip-odd", { executor, baseUrl: FIXTURES, modelType: "clip" });
  });
  afterAll(() => {
    model?.dispose();
    executor?.dispose();
  });

  test("both towers, every layer, every attention map, every pair", async () => {
    const pixelValues = goldenTensor(golden, "pixel_values", executor);
    const { seen, probe } = seeAll();
    const out = await model.forward({ pixelValues, inputIds, attentionMask, outputHiddenStates: true }, { probe });
    const compare = comparer(golden);
    await compare.same(out.logitsPerImage, "logits_per_image");
    await compare.same(out.logitsPerText, "logits_per_text");
    await compare.same(out.imageEmbeds, "image_embeds");
    await compare.same(out.textEmbeds, "text_embeds");
    const { visionModelOutput: vision, textModelOutput: text } = out;
    await compare.same(vision!.lastHiddenState, "vision.last_hidden_state");
    await compare.same(vision!.poolerOutput, "vision.pooler_output");
    await compare.layers(seen, vision!.hiddenStates, "vision.", "visionModel.encoder.layers");
    await compare.same(text!.lastHiddenState, "text.last_hidden_state");
    await compare.same(text!.poolerOutput, "text.pooler_output");
    await compare.layers(seen, text!.hiddenStates, "text.", "textModel.encoder.layers");
    compare.report(`clip on ${name}`);
  });

  test("a text without a mask: padding after the end changes nothing before it", async () => {
    const { textEmbeds } = await model.forward({ inputIds });
    await comparer(golden).same(textEmbeds, "without_mask.text_embeds");
    const values = await textEmbeds!.data();
    const alone = await model.forward({ inputIds: [inputIds[2]!.slice(0, 3)] });
    expect(distance(await alone.textEmbeds!.data(), values.subarray(28))).toBeLessThan(1e-5);
  });

  test("places of tokens may be given; a text that is too long is refused", async () => {
    const embeds = async (positionIds?: number[][]) => {
      const { textEmbeds } = await model.forward({ inputIds, positionIds });
      return textEmbeds!.data();
    };
    const count = [...Array(8).keys()];
    const usual = await embeds();
    expect(distance(await embeds([count]), usual)).toBe(0);
    expect(distance(await embeds([count, count, count]), usual)).toBe(0);
    expect(distance(await embeds([count.map((place) => place + 1)]), usual)).toBeGreaterThan(0.01);
    const long = [...Array<number>(12).keys()];
    await expect(model.forward({ inputIds: [long] })).rejects.toThrow(/of 1 to 11 tokens, got 1 of length 12/);
    await expect(model.forward({ inputIds: [[1, 2], [1]] })).rejects.toThrow(/got 2 of length 2, 1; pad the short/);
  });

  test("a picture of another size, when it is allowed", async () => {
    const pixelValues = goldenTensor(golden, "other.pixel_values", executor);
    await expect(model.forward({ pixelValues })).rejects.toThrow(
      /clip: expected pixelValues \[B, 3, 18, 18\], got \[2, 3, 30, 24\]; .*interpolatePosEncoding allows other sizes/,
    );
    const { seen, probe } = seeAll();
    const options = { interpolatePosEncoding: true, outputHiddenStates: true };
    const { visionModelOutput } = await model.forward({ pixelValues, ...options }, { probe });
    const compare = comparer(golden);
    await compare.same(visionModelOutput!.lastHiddenState, "other.last_hidden_state");
    await compare.layers(seen, visionModelOutput!.hiddenStates, "other.", "visionModel.encoder.layers");
  });

  test("the tower for pictures alone, out of a whole CLIP: fewer weights, the same answer", async () => {
    const tower = await loadModel("clip-odd", { executor, baseUrl: FIXTURES, modelType: "clip_vision_model" });
    expect(tower.modelType).toBe("clip_vision_model");
    expect(tower.parameterCount).toBeLessThan(0.85 * model.parameterCount);
    expect(tower.bytes).toBeLessThan(0.85 * model.bytes); // what is not needed is not read
    expect("textModel" in tower.weights).toBe(false);
    const out = await tower.forward({ pixelValues: goldenTensor(golden, "pixel_values", executor) });
    const compare = comparer(golden);
    await compare.same(out.lastHiddenState, "vision.last_hidden_state");
    const unit = out.imageEmbeds!.div(out.imageEmbeds!.square().sum(-1, { keepDims: true }).sqrt());
    await compare.same(unit, "image_embeds");
    tower.dispose();
  });

  test("the tower for text alone", async () => {
    const tower = await loadModel("clip-odd", { executor, baseUrl: FIXTURES, modelType: "clip_text_model" });
    const out = await tower.forward({ inputIds, attentionMask });
    await comparer(golden).same(out.lastHiddenState, "text.last_hidden_state");
    expect(out.textEmbeds!.shape).toEqual([3, 14]);
    tower.dispose();
  });

  test.each(["clip-vision-odd", "clip-projection-odd"])("%s: a file of the tower alone", async (fixture) => {
    const golden = await goldenOf(fixture);
    const tower: ClipVisionModel = await loadModel(fixture, {
      executor,
      baseUrl: FIXTURES,
      modelType: "clip_vision_model",
    });
    const { seen, probe } = seeAll();
    const pixelValues = goldenTensor(golden, "pixel_values", executor);
    const out = await tower.forward({ pixelValues, outputHiddenStates: true }, { probe });
    const compare = comparer(golden);
    await compare.layers(seen, out.hiddenStates, "", "visionModel.encoder.layers");
    if (fixture === "clip-projection-odd") await compare.same(out.imageEmbeds, "image_embeds");
    else {
      expect(out.imageEmbeds).toBeUndefined();
      await compare.same(out.lastHiddenState, "last_hidden_state");
      await compare.same(out.poolerOutput, "pooler_output");
    }
    tower.dispose();
  });

  test("a batch gives what its pictures and texts give one by one", async () => {
    const pixelValues = goldenTensor(golden, "pixel_values", executor);
    const both = await (await model.forward({ pixelValues, inputIds })).logitsPerImage!.data(); // [2, 3]
    const one = await model.forward({ pixelValues: pixelValues.slice([1, 2]), inputIds: [inputIds[1]!] });
    expect(distance(await one.logitsPerImage!.data(), both.subarray(4, 5))).toBeLessThan(1e-4);
  });

  test("which text fits a picture: probabilities sum to 1", async () => {
    const answers = await zeroShot(model, picture, { labels: ["a", "b", "c"], inputIds, attentionMask });
    expect(answers.map(({ label }) => label).sort()).toEqual(["a", "b", "c"]);
    expect(answers.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(answers[0]!.probability).toBeGreaterThan(answers[2]!.probability);
    await expect(zeroShot(model, picture, { labels: ["a"] })).rejects.toThrow(/tokenizer.json .* give inputIds/);
    const read: unknown[] = [];
    const encodeBatch = (texts: readonly string[], options: object) => {
      read.push([texts, options]);
      return { inputIds, attentionMask };
    };
    const reader = { ...model, tokenizer: { encodeBatch } as unknown as Tokenizer };
    expect(await zeroShot(reader, picture, { labels: ["a", "b", "c"] })).toEqual(answers);
    expect(await zeroShot(reader, picture, { labels: ["a", "b", "c"], prompt: (label) => label, k: 1 })).toHaveLength(
      1,
    );
    const texts = ["a", "b", "c"].map((label) => `This is a photo of ${label}.`);
    expect(read).toEqual([
      [texts, { paddingSide: "right" }],
      [["a", "b", "c"], { paddingSide: "right" }],
    ]);
    await expect(zeroShot(model, picture, { labels: ["a"], inputIds })).rejects.toThrow(
      /one text for each of 1 labels/,
    );
  });

  test("where it looks, what each place is, what the whole is", async () => {
    expect(await sameMaps(model, "visionModel.encoder.layers")).toEqual([10, 10]);
    const map = await attentionMap(model, picture, { layer: 1, head: 2 });
    expect(map.shape).toEqual([10, 10]);
    for (let row = 0; row < 10; row++) {
      expect(map.probs.subarray(row * 10, row * 10 + 10).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    const features = await featureMap(model, picture);
    expect(features.shape).toEqual([3, 3, 36]);
    const embedding = await imageEmbedding(model, picture);
    expect(embedding).toHaveLength(14);
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  });

  test("in f16: the same first answer, within 2%", async () => {
    const half = await loadModel("clip-odd", { executor, baseUrl: FIXTURES, modelType: "clip", dtype: "f16" });
    const pixelValues = goldenTensor(golden, "pixel_values", executor);
    const { logitsPerImage } = await half.forward({ pixelValues, inputIds, attentionMask });
    const [values, wanted] = [await logitsPerImage!.data(), golden.get("logits_per_image")!.values];
    const error = relativeDistance(values, wanted);
    expect(error).toBeLessThan(2e-2);
    expect(error).toBeGreaterThan(1e-6); // control: it is not f32
    for (const row of [0, 3]) {
      const first = (x: Float32Array) => x.subarray(row, row + 3).indexOf(Math.max(...x.subarray(row, row + 3)));
      expect(first(values)).toBe(first(wanted));
    }
    half.dispose();
  });
});

test("the end of a text in files whose end token is 2", async () => {
  const executor = await openNamed("reference");
  const model = await loadModel("clip-odd", { executor, baseUrl: FIXTURES, modelType: "clip" });
  const { eosTokenId } = model.config.textConfig;
  expect(eosTokenId).toBe(58);
  model.config.textConfig.eosTokenId = 2;
  const { textEmbeds } = await model.forward({ inputIds, attentionMask });
  await comparer(golden).same(textEmbeds, "legacy.text_embeds");
  const differs = golden.get("text_embeds")!.values;
  expect(distance(await textEmbeds!.data(), differs)).toBeGreaterThan(0.1); // control: the rules disagree
});

describe("config.json", () => {
  test("an empty one means the defaults", () => {
    expect(parseClipConfig({})).toEqual({
      projectionDim: 512,
      visionConfig: {
        hiddenSize: 768,
        intermediateSize: 3072,
        numHiddenLayers: 12,
        numAttentionHeads: 12,
        hiddenAct: "quick_gelu",
        layerNormEps: 1e-5,
        imageSize: 224,
        patchSize: 32,
        numChannels: 3,
      },
      textConfig: {
        hiddenSize: 512,
        intermediateSize: 2048,
        numHiddenLayers: 12,
        numAttentionHeads: 8,
        hiddenAct: "quick_gelu",
        layerNormEps: 1e-5,
        vocabSize: 49408,
        maxPositionEmbeddings: 77,
        eosTokenId: 49407,
      },
    });
  });

  test("of a part that is said twice the one called _dict counts", () => {
    const json = { vision_config: { hidden_size: 24 }, vision_config_dict: { hidden_size: 36 } };
    expect(parseClipConfig(json).visionConfig.hiddenSize).toBe(36);
    expect(parseClipConfig({ ...json, vision_config_dict: null }).visionConfig.hiddenSize).toBe(24);
  });

  test.each<[string, unknown, RegExp]>([
    ["text", "clip", /expected an object/],
    [
      "heads that do not divide",
      { vision_config: { hidden_size: 30 } },
      /vision_config: num_attention_heads: .* \(30\)/,
    ],
    ["a picture without a patch", { vision_config: { image_size: 8 } }, /image_size: expected 1 to 65536 patches/],
    ["an enormous vocabulary", { text_config: { vocab_size: 1e12 } }, /text_config: vocab_size: expected/],
    ["an unknown activation", { text_config: { hidden_act: "constructor" } }, /hidden_act: expected gelu or/],
    ["a part of text", { text_config: "large" }, /text_config: expected an object, got "large"/],
  ])("%s is refused in a sentence", (_, json, sentence) => {
    expect(() => parseClipConfig(json)).toThrow(sentence);
  });
});
