/**
 * ViT against PyTorch. tests/fixtures/vit-odd holds a checkpoint of odd sizes with random weights and what
 * `transformers` makes of it, in f32 and rounded to bf16: `python -m training fixtures`.
 */
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  attentionMap,
  classify,
  loadModel,
  rememberAttention,
  seeOnly,
  type ViTForImageClassification,
} from "../../lib/models";
import { tensor, type Executor, type Tensor } from "../../lib/tensor";
import type { Picture } from "../../lib/images";
import { distance, executorNames, openNamed, readGolden, relativeDistance, type Golden } from "./golden";

const FIXTURES = pathToFileURL("tests/fixtures").href;

/** A picture of 57 × 31 pixels, the same in every run. */
const picture: Picture = {
  width: 57,
  height: 31,
  data: Uint8ClampedArray.from({ length: 57 * 31 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7 + (i >> 5) * 13) % 256)),
};

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed(name);
  });
  afterAll(() => executor?.dispose());

  describe.each(["vit-odd", "vit-odd-bf16"])("%s", (fixture) => {
    let golden: Golden;
    let model: ViTForImageClassification;
    let pixelValues: Tensor;
    beforeAll(async () => {
      golden = await readGolden(`tests/fixtures/${fixture}/golden.safetensors`);
      model = await loadModel(fixture, { executor, modelType: "vit", baseUrl: FIXTURES });
      const { values, shape } = golden.get("pixel_values")!;
      pixelValues = tensor(values, shape, executor);
    });

    const logitsOf = async (pixelValues: Tensor) => {
      const { logits } = await model.forward({ pixelValues });
      return logits.data();
    };

    test("logits", async () => {
      const { logits } = await model.forward({ pixelValues });
      expect(logits.shape).toEqual(golden.get("logits")!.shape);
      expect(distance(await logits.data(), golden.get("logits")!.values)).toBeLessThan(1e-3);
    });

    test("every attention map, every hidden state; rows sum to 1", async () => {
      const seen = new Map<string, Tensor>();
      const { logits } = await model.forward({ pixelValues }, { probe: (name, value) => seen.set(name, value) });
      expect(distance(await logits.data(), golden.get("logits")!.values)).toBeLessThan(1e-3);
      expect(await seen.get("logits")!.data()).toEqual(await logits.data());

      for (let i = 0; i < model.config.numHiddenLayers; i++) {
        const probs = seen.get(`vit.encoder.layer.${i}.attention.attention.probs`)!;
        const wanted = golden.get(`attentions.${i}`)!;
        expect(probs.shape).toEqual(wanted.shape);
        const values = await probs.data();
        expect(distance(values, wanted.values)).toBeLessThan(1e-4);
        const T = probs.shape.at(-1)!;
        for (let row = 0; row < values.length; row += T) {
          const sum = values.subarray(row, row + T).reduce((a, b) => a + b, 0);
          expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
        }
      }
      const states = ["vit.embeddings.output", "vit.encoder.layer.0.output"];
      for (const [i, name] of states.entries()) {
        const wanted = golden.get(`hidden_states.${i}`)!;
        expect(seen.get(name)!.shape).toEqual(wanted.shape);
        expect(relativeDistance(await seen.get(name)!.data(), wanted.values)).toBeLessThan(1e-4);
      }
      const last = golden.get("last_hidden_state")!;
      expect(relativeDistance(await seen.get("vit.layernorm.output")!.data(), last.values)).toBeLessThan(1e-4);
    });

    test("a batch gives what its pictures give one by one, and they differ", async () => {
      const both = await logitsOf(pixelValues);
      const K = model.config.numLabels;
      for (const i of [0, 1]) {
        const alone = await logitsOf(pixelValues.slice([i, i + 1]));
        expect(distance(alone, both.subarray(i * K, (i + 1) * K))).toBeLessThan(1e-5);
      }
      expect(distance(both.subarray(0, K), both.subarray(K))).toBeGreaterThan(0.1);
    });

    test("a map on demand is the probe's", async () => {
      let probs!: Tensor;
      const name = "vit.encoder.layer.1.attention.attention.probs";
      const probe = seeOnly([name], (_, value) => (probs = value));
      await model.forward({ pixelValues: model.preprocess(picture) }, { probe });
      const H = model.config.numAttentionHeads;
      const all = await probs.data();
      const memory = await rememberAttention(model, picture);
      const maps = [];
      for (let head = 0; head < H; head++) {
        const map = await attentionMap(model, picture, { layer: 1, head });
        expect(map.shape).toEqual([16, 16]);
        expect(distance(map.probs, all.subarray(head * 256, (head + 1) * 256))).toBeLessThan(1e-5);
        expect(distance((await memory.map({ layer: 1, head })).probs, map.probs)).toBeLessThan(1e-6);
        maps.push(map.probs);
      }
      expect(distance((await memory.map({ layer: 0, head: 0 })).probs, maps[0]!)).toBeGreaterThan(0.01);
      expect(distance(maps[0]!, maps[1]!)).toBeGreaterThan(0.01);
      memory.dispose();
    });
  });

  describe("what makes a difference", () => {
    let model: ViTForImageClassification;
    let pixels: Float32Array;
    beforeAll(async () => {
      model = await loadModel("vit-odd", { executor, modelType: "vit", baseUrl: FIXTURES });
      pixels = await model.preprocess(picture).data();
    });
    const answer = async (values: Float32Array) => {
      const { logits } = await model.forward({ pixelValues: tensor(values, [1, 3, 24, 40], executor) });
      return logits.data();
    };

    test("control: one pixel of a picture", async () => {
      const changed = pixels.slice();
      changed[500]! += 1;
      expect(distance(await answer(changed), await answer(pixels))).toBeGreaterThan(1e-3);
    });

    test("control: where a patch is, because a position is added to it", async () => {
      expect(distance(await answer(swapFirstTwoPatches(pixels)), await answer(pixels))).toBeGreaterThan(1e-2);
    });

    test("without positions, the order of the patches makes no difference", async () => {
      const { weights } = model;
      const { shape } = weights.vit.embeddings.positionEmbeddings;
      const learned = weights.vit.embeddings.positionEmbeddings;
      weights.vit.embeddings.positionEmbeddings = tensor(new Float32Array(16 * 36), shape, executor);
      try {
        expect(distance(await answer(swapFirstTwoPatches(pixels)), await answer(pixels))).toBeLessThan(1e-4);
      } finally {
        weights.vit.embeddings.positionEmbeddings = learned;
      }
    });
  });

  test("classify: the best labels first, and all of them sum to 1", async () => {
    const model = await loadModel("vit-odd", { executor, modelType: "vit", baseUrl: FIXTURES });
    const all = await classify(model, picture, { k: 7 });
    expect(all.map(({ label }) => label).sort()).toEqual(["five", "four", "one", "seven", "six", "three", "two"]);
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    all.slice(1).forEach(({ probability }, i) => expect(probability).toBeLessThanOrEqual(all[i]!.probability));
    expect(await classify(model, picture, { k: 2 })).toEqual(all.slice(0, 2));

    const { logits } = await model.forward({ pixelValues: model.preprocess(picture) });
    const scores = [...(await logits.data())];
    expect(all[0]!.label).toBe(model.labels[scores.indexOf(Math.max(...scores))]);
  });

  test("a forward pass frees what it made, and dispose the weights", async () => {
    const own = await openNamed(name);
    const alive = () => (({ buffers, bytes }) => ({ buffers, bytes }))(own.ledger());
    const before = alive();
    const model = await loadModel("vit-odd", { executor: own, modelType: "vit", baseUrl: FIXTURES });
    const loaded = alive();
    expect(loaded.bytes).toBeGreaterThanOrEqual(before.bytes + model.parameterCount * 4);
    await classify(model, picture);
    await attentionMap(model, picture, { layer: 0, head: 0 });
    expect(alive()).toEqual(loaded);
    model.dispose();
    expect(alive()).toEqual(before);
    own.dispose();
  });

  test("abort", async () => {
    const model = await loadModel("vit-odd", { executor, modelType: "vit", baseUrl: FIXTURES });
    const signal = AbortSignal.abort(new Error("the reader left"));
    await expect(classify(model, picture, { signal })).rejects.toThrow("the reader left");
    await expect(attentionMap(model, picture, { layer: 0, head: 0, signal })).rejects.toThrow("the reader left");
    await expect(loadModel("vit-odd", { executor, modelType: "vit", baseUrl: FIXTURES, signal })).rejects.toThrow(
      "the reader left",
    );
    expect(await classify(model, picture)).toHaveLength(5);
  });

  test("pixel values of another shape, heads and layers that are not there", async () => {
    const model = await loadModel("vit-odd", { executor, modelType: "vit", baseUrl: FIXTURES });
    const square = tensor(new Float32Array(3 * 24 * 24), [1, 3, 24, 24], executor);
    await expect(model.forward({ pixelValues: square })).rejects.toThrow(
      "vit: expected pixelValues [B, 3, 24, 40], got [1, 3, 24, 24]; model.preprocess(picture) makes them",
    );
    await expect(attentionMap(model, picture, { layer: 2, head: 0 })).rejects.toThrow("a layer from 0 to 1, got 2");
    await expect(attentionMap(model, picture, { layer: 0, head: -1 })).rejects.toThrow("a head from 0 to 2, got -1");
  });
});

test("a model says what it is", async () => {
  const executor = await openNamed("reference");
  const seen: [number, number][] = [];
  const onProgress = (...now: [number, number]) => seen.push(now);
  const model = await loadModel("vit-odd", { executor, modelType: "vit", baseUrl: FIXTURES, onProgress });
  expect(model).toMatchObject({ modelType: "vit", labels: ["one", "two", "three", "four", "five", "six", "seven"] });
  expect(model.config).toMatchObject({ hiddenSize: 36, numHiddenLayers: 2, imageSize: [24, 40], patchSize: 8 });
  expect(seen).toEqual([[model.bytes, model.bytes]]);
  const half = await loadModel("vit-odd-bf16", { executor, modelType: "vit", baseUrl: FIXTURES });
  expect(half.parameterCount).toBe(model.parameterCount);
  expect(half.bytes).toBeLessThan(model.bytes * 0.6);
});

/** Pixel values [1, 3, 24, 40] with the patches at (0, 0) and (0, 1), 8 × 8 each, exchanged. */
function swapFirstTwoPatches(pixels: Float32Array): Float32Array {
  const swapped = pixels.slice();
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < 8; y++) {
      const row = (c * 24 + y) * 40;
      swapped.set(pixels.subarray(row + 8, row + 16), row);
      swapped.set(pixels.subarray(row, row + 8), row + 8);
    }
  }
  return swapped;
}
