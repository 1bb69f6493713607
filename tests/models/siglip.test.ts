/**
 * SigLIP against transformers: both towers, the head that sums a picture up, each pair on its own. Fixtures:
 * `python -m training architectures vision`.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { featureMap, imageEmbedding, loadModel, parseSiglipConfig, zeroShot, type SiglipModel } from "../../lib/models";
import type { Executor } from "../../lib/tensor";
import type { Tokenizer } from "../../lib/tokenizers";
import { comparer, FIXTURES, goldenOf, goldenRows, goldenTensor, picture, sameMaps, seeAll } from "./encoders";
import { distance, executorNames, openNamed, relativeDistance } from "./golden";

const golden = await goldenOf("siglip-odd");
const inputIds = goldenRows(golden, "input_ids");
const attentionMask = goldenRows(golden, "attention_mask");

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  let model: SiglipModel;
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await loadModel("siglip-odd", { executor, baseUrl: FIXTURES, modelType: "siglip" });
  });
  afterAll(() => {
    model?.dispose();
    executor?.dispose();
  });

  test("both towers, every layer, every attention map, every pair", async () => {
    const pixelValues = goldenTensor(golden, "pixel_values", executor); // 23 pixels: three of them fill no patch
    const { seen, probe } = seeAll();
    const out = await model.forward({ pixelValues, inputIds, outputHiddenStates: true }, { probe });
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
    compare.report(`siglip on ${name}`);

    const probs = seen.get("visionModel.head.attention.probs")!; // the learnt query's
    expect(probs.shape).toEqual([2, 3, 1, 16]);
    for (const sum of await probs.sum(-1).data()) expect(sum).toBeCloseTo(1, 5);
  });

  test("a mask hides padding from every token, and changes the answer", async () => {
    const { textEmbeds } = await model.forward({ inputIds, attentionMask });
    await comparer(golden).same(textEmbeds, "with_mask.text_embeds");
    expect(distance(await textEmbeds!.data(), golden.get("text_embeds")!.values)).toBeGreaterThan(1e-2);
  });

  test("a picture of another size, when it is allowed", async () => {
    const pixelValues = goldenTensor(golden, "other.pixel_values", executor);
    await expect(model.forward({ pixelValues })).rejects.toThrow(/siglip: expected pixelValues \[B, 3, 23, 23\]/);
    const { seen, probe } = seeAll();
    const options = { interpolatePosEncoding: true, outputHiddenStates: true };
    const { visionModelOutput } = await model.forward({ pixelValues, ...options }, { probe });
    const compare = comparer(golden);
    await compare.same(visionModelOutput!.poolerOutput, "other.pooler_output");
    await compare.layers(seen, visionModelOutput!.hiddenStates, "other.", "visionModel.encoder.layers");
  });

  test("one tower alone, out of a whole SigLIP", async () => {
    const options = { executor, baseUrl: FIXTURES };
    const vision = await loadModel("siglip-odd", { ...options, modelType: "siglip_vision_model" });
    const text = await loadModel("siglip-odd", { ...options, modelType: "siglip_text_model" });
    expect(vision.parameterCount + text.parameterCount + 2).toBe(model.parameterCount);
    const compare = comparer(golden);
    const pixelValues = goldenTensor(golden, "pixel_values", executor);
    await compare.same((await vision.forward({ pixelValues })).poolerOutput, "vision.pooler_output");
    await compare.same((await text.forward({ inputIds })).poolerOutput, "text.pooler_output");
    vision.dispose();
    text.dispose();
  });

  test("a file of the tower for pictures, without the head", async () => {
    const golden = await goldenOf("siglip-vision-odd");
    const tower = await loadModel("siglip-vision-odd", {
      executor,
      baseUrl: FIXTURES,
      modelType: "siglip_vision_model",
    });
    const { seen, probe } = seeAll();
    const pixelValues = goldenTensor(golden, "pixel_values", executor);
    const out = await tower.forward({ pixelValues, outputHiddenStates: true }, { probe });
    const compare = comparer(golden);
    await compare.same(out.lastHiddenState, "last_hidden_state");
    await compare.layers(seen, out.hiddenStates, "", "visionModel.encoder.layers");
    expect(out.poolerOutput).toBeUndefined();
    tower.dispose();
  });

  test("which text fits a picture: each on its own", async () => {
    const answers = await zeroShot(model, picture, { labels: ["a", "b", "c"], inputIds });
    const alone = await zeroShot(model, picture, { labels: ["b"], inputIds: [inputIds[1]!] });
    expect(alone[0]!.probability).toBeCloseTo(answers.find(({ label }) => label === "b")!.probability, 4);
    const lengths: unknown[] = [];
    const encodeBatch = (_: unknown, { length }: { length?: number }) => {
      lengths.push(length);
      return { inputIds, attentionMask }; // whose mask must not count
    };
    const reader = { ...model, tokenizer: { encodeBatch } as unknown as Tokenizer };
    expect(await zeroShot(reader, picture, { labels: ["a", "b", "c"] })).toEqual(answers);
    expect(lengths).toEqual([9]);
    expect(Math.abs(answers.reduce((sum, { probability }) => sum + probability, 0) - 1)).toBeGreaterThan(1e-3);
  });

  test("where it looks, what each place is, what the whole is", async () => {
    expect(await sameMaps(model, "visionModel.encoder.layers")).toEqual([16, 16]); // no class token
    expect((await featureMap(model, picture)).shape).toEqual([4, 4, 36]);
    expect(Math.hypot(...(await imageEmbedding(model, picture)))).toBeCloseTo(1, 5);
  });

  test("in f16: within 2%", async () => {
    const half = await loadModel("siglip-odd", { executor, baseUrl: FIXTURES, modelType: "siglip", dtype: "f16" });
    const pixelValues = goldenTensor(golden, "pixel_values", executor);
    const { logitsPerImage } = await half.forward({ pixelValues, inputIds });
    const [values, wanted] = [await logitsPerImage!.data(), golden.get("logits_per_image")!.values];
    expect(relativeDistance(values, wanted)).toBeLessThan(2e-2);
    for (const row of [0, 3]) {
      const first = (x: Float32Array) => x.subarray(row, row + 3).indexOf(Math.max(...x.subarray(row, row + 3)));
      expect(first(values)).toBe(first(wanted));
    }
    half.dispose();
  });
});

describe("config.json", () => {
  test("an empty one means the defaults, which are not CLIP's", () => {
    const { visionConfig, textConfig } = parseSiglipConfig({});
    expect(visionConfig).toMatchObject({
      patchSize: 16,
      hiddenAct: "gelu_pytorch_tanh",
      layerNormEps: 1e-6,
      visionUseHead: true,
    });
    expect(textConfig).toMatchObject({
      hiddenSize: 768,
      vocabSize: 32_000,
      maxPositionEmbeddings: 64,
      projectionSize: 768,
    });
  });

  test("towers that cannot meet are refused", () => {
    const json = { text_config: { hidden_size: 384 } };
    expect(() => parseSiglipConfig(json)).toThrow(/text_config: expected a projection_size as large as .* \(768\)/);
  });
});
