/**
 * LLaVA against PyTorch: `python -m training architectures llava` writes tests/fixtures/llava-*, checkpoints of odd sizes
 * and what `transformers` makes of them.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Picture } from "../../lib/images";
import {
  loadModel,
  parseEagleConfig,
  parseLlavaConfig,
  seeOnly,
  type LlavaForConditionalGeneration,
} from "../../lib/models";
import { eagleImageFeatures } from "../../lib/models/eagle";
import { projector } from "../../lib/models/llava-projector";
import { concat, type Executor, type Tensor } from "../../lib/tensor";
import { distance, executorNames, openNamed, relativeDistance, type Golden } from "./golden";
import { greedy, likeliest, readPrompt, scoresAt, type Prompt } from "./image-text";

const FIXTURES = pathToFileURL("tests/fixtures").href;
const IMAGE = 51;

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

  describe.each(["llava-clip", "llava-siglip"])("%s", (fixture) => {
    let golden: Golden;
    let prompt: Prompt;
    let model: LlavaForConditionalGeneration;
    const load = (dtype: "f32" | "f16" = "f32") =>
      loadModel(fixture, { executor, baseUrl: FIXTURES, modelType: "llava", dtype });
    beforeAll(async () => {
      ({ golden, prompt } = await readPrompt(fixture, executor));
      model = await load();
    });
    const logitsOf = async (inputs: Parameters<typeof model.forward>[0]) => (await model.forward(inputs)).logits.data();

    test("logits and image features: three pictures in two rows, with padding", async () => {
      const seen = new Map<string, Tensor>();
      const names = ["imageFeatures", "languageModel.logits"];
      const probe = seeOnly(names, (name, value) => seen.set(name, value));
      const { logits } = await model.forward(prompt, { probe });
      expect(logits.shape).toEqual(golden.get("logits")!.shape);
      expect(relativeDistance(await logits.data(), golden.get("logits")!.values)).toBeLessThan(1e-4);
      const features = seen.get("imageFeatures")!;
      expect(features.shape).toEqual(golden.get("image_features")!.shape);
      expect(relativeDistance(await features.data(), golden.get("image_features")!.values)).toBeLessThan(1e-4);
      expect(features.shape[1]).toBe(model.imageTokens);
      expect(await seen.get("languageModel.logits")!.data()).toEqual(await logits.data());
    });

    test("in f16: near, and the same next token", async () => {
      const half = await load("f16");
      const { logits } = await half.forward(prompt);
      const values = await logits.data();
      const wanted = golden.get("logits")!;
      expect(relativeDistance(values, wanted.values)).toBeLessThan(2e-2);
      for (const b of [0, 1]) {
        const last = logits.shape[1]! - 1;
        expect(likeliest(scoresAt(values, logits.shape, b, last))).toBe(
          likeliest(scoresAt(wanted.values, wanted.shape, b, last)),
        );
      }
      half.dispose();
    });

    test("five tokens with a cache are those that transformers generates", async () => {
      const answer = await greedy(model, prompt.inputIds[0]!, prompt.pixelValues.slice([0, 2]));
      expect(answer).toEqual([...golden.get("generated")!.values]);
    });

    // What follows from the model's text and not from an executor: everywhere on plain loops, once on the slow adapter.
    if (name === "reference" || fixture === "llava-clip")
      describe("rows and pictures", () => {
        test("a row alone gives what it gives in a batch, without its padding", async () => {
          const { inputIds, attentionMask, pixelValues } = prompt;
          const { logits } = await model.forward(prompt);
          const both = await logits.data();
          const padding = attentionMask[1]!.indexOf(1);
          const alone = await logitsOf({
            inputIds: [inputIds[1]!.slice(padding)],
            pixelValues: pixelValues.slice([2, 3]),
          });
          const [, T, V] = logits.shape as [number, number, number];
          expect(distance(alone, both.subarray((T + padding) * V))).toBeLessThan(1e-4);
        });

        test("pictures that change places change what is read after them, in their own row alone", async () => {
          const { pixelValues } = prompt;
          const swapped = concat([pixelValues.slice([1, 2]), pixelValues.slice([0, 1]), pixelValues.slice([2, 3])], 0);
          const { logits } = await model.forward(prompt);
          const before = await logits.data();
          const after = await logitsOf({ ...prompt, pixelValues: swapped });
          const half = before.length / 2;
          expect(distance(before.subarray(half), after.subarray(half))).toBeLessThan(1e-5);
          for (const t of [0, 1]) {
            expect(distance(scoresAt(before, logits.shape, 0, t), scoresAt(after, logits.shape, 0, t))).toBeLessThan(
              1e-5,
            );
          }
          expect(distance(before.subarray(0, half), after.subarray(0, half))).toBeGreaterThan(0.1);
        });

        test("in chunks that cut a picture in two, with a cache, it reads the same", async () => {
          const ids = prompt.inputIds[0]!;
          const N = model.imageTokens;
          const whole = await logitsOf({ inputIds: [ids], pixelValues: prompt.pixelValues.slice([0, 2]) });
          const features = await model.imageFeatures({ pixelValues: prompt.pixelValues.slice([0, 2]) }); // [2, N, D]
          const row = features.reshape([1, 2 * N, features.shape[2]!]);
          const cache = model.createCache({ capacity: ids.length });
          const cuts = [0, 5, N + 3, ids.length]; // in the first picture, after it
          const parts: number[] = [];
          let used = 0;
          for (const [i, start] of cuts.slice(0, -1).entries()) {
            const inputIds = [ids.slice(start, cuts[i + 1])];
            const places = inputIds[0]!.filter((id) => id === IMAGE).length;
            const imageFeatures = places > 0 ? row.slice(null, [used, (used += places)]) : undefined;
            parts.push(...(await logitsOf({ inputIds, imageFeatures, cache })));
          }
          cache.dispose();
          expect(used).toBe(2 * N);
          expect(distance(parts, whole)).toBeLessThan(1e-4);
        });

        test("the projector treats each token on its own", async () => {
          const features = model.weights.multiModalProjector;
          const C = features.linear1.weight.shape[1]!;
          const x = prompt.pixelValues
            .reshape([-1])
            .slice([0, 5 * C])
            .reshape([1, 5, C]);
          const whole = await projector(x, features, "gelu").data();
          const third = await projector(x.slice(null, [2, 3]), features, "gelu").data();
          expect(distance(whole.subarray(2 * 30, 3 * 30), third)).toBeLessThan(1e-5);
        });

        test("a prompt with pictures", async () => {
          const { inputIds, attentionMask, pixelValues } = model.prepare({
            text: [1, IMAGE, 8, IMAGE, 9],
            pictures: [picture, picture],
          });
          const N = model.imageTokens;
          const image = new Array<number>(N).fill(IMAGE);
          expect(inputIds).toEqual([[1, ...image, 8, ...image, 9]]);
          expect(attentionMask).toEqual([new Array<number>(2 * N + 3).fill(1)]);
          const side = model.config.visionConfig.imageSize;
          expect(pixelValues!.shape).toEqual([2, 3, side, side]);
          const { logits } = await model.forward({ inputIds, attentionMask, pixelValues, logitsToKeep: 1 });
          expect(logits.shape).toEqual([1, 1, 53]);
          expect(() => model.prepare({ text: [1, IMAGE, 8], pictures: [] })).toThrow(
            "llava: expected an image token (id 51) in the text for each picture, got 1 for 0 pictures",
          );
          expect(() => model.prepare({ text: "what is it?" })).toThrow("expected a tokenizer.json beside the weights");
        });

        test("places without pictures, pictures without places, an abort", async () => {
          const { inputIds, pixelValues } = prompt;
          await expect(model.forward({ inputIds })).rejects.toThrow("llava: expected pixelValues for the image tokens");
          const N = model.imageTokens;
          await expect(model.forward({ inputIds: [[1, 7]], pixelValues: pixelValues.slice([0, 1]) })).rejects.toThrow(
            `llava: expected ${N} image tokens (id 51) in inputIds, ${N} for each of 1 picture, got 0`,
          );
          await expect(model.forward({ inputIds, pixelValues: pixelValues.slice([0, 2]) })).rejects.toThrow(
            `llava: expected ${2 * N} image tokens (id 51) in inputIds, ${N} for each of 2 pictures, got ${3 * N}`,
          );
          const signal = AbortSignal.abort(new Error("the reader left"));
          await expect(model.forward(prompt, { signal })).rejects.toThrow("the reader left");
        });

        test("a forward pass frees what it made, and dispose the weights", async () => {
          const own = await openNamed(name);
          const alive = () => (({ buffers, bytes }) => ({ buffers, bytes }))(own.ledger());
          const before = alive();
          const model = await loadModel(fixture, { executor: own, baseUrl: FIXTURES, modelType: "llava" });
          const { pixelValues, ...text } = model.prepare({ text: [1, IMAGE, 8], pictures: [picture] });
          const loaded = alive();
          const { logits } = await model.forward({ ...text, pixelValues });
          await logits.data();
          logits.dispose();
          expect(alive()).toEqual(loaded);
          pixelValues!.dispose();
          model.dispose();
          expect(alive()).toEqual(before);
          own.dispose();
        });
      });
  });

  test("Eagle with one expert is LLaVA", async () => {
    const { prompt } = await readPrompt("llava-clip", executor);
    const llava = await loadModel("llava-clip", { executor, baseUrl: FIXTURES, modelType: "llava" });
    const clip = {
      model_type: "clip_vision_model",
      hidden_size: 24,
      intermediate_size: 30,
      num_hidden_layers: 3,
      num_attention_heads: 3,
      image_size: 24,
      patch_size: 8,
    };
    const eagle = (layer: number) =>
      parseEagleConfig({
        image_size: 24,
        grid: 3,
        fusion: "channel_concatenation",
        vision_configs: [{ ...clip, vision_feature_layer: layer }],
        text_config: { hidden_size: 30, num_attention_heads: 3, vocab_size: 53 },
      });
    const { visionTower, multiModalProjector, languageModel } = llava.weights;
    const weights = { visionTowers: [visionTower], multiModalProjectors: [multiModalProjector], languageModel };
    const features = await (await llava.imageFeatures({ pixelValues: prompt.pixelValues })).data();
    const same = eagleImageFeatures(prompt.pixelValues, weights, eagle(-2));
    expect(distance(await same.data(), features)).toBeLessThan(1e-6);
    const other = eagleImageFeatures(prompt.pixelValues, weights, eagle(-1)); // control
    expect(distance(await other.data(), features)).toBeGreaterThan(0.1);
  });
});

test("the names of transformers 4.52: vision_model in the middle, a last matrix of its own outside", async () => {
  const executor = await openNamed("reference");
  const folder = mkdtempSync(join(tmpdir(), "patchwork-llava-"));
  try {
    copyFileSync("tests/fixtures/llava-clip/config.json", join(folder, "config.json"));
    copyFileSync("tests/fixtures/llava-clip/preprocessor_config.json", join(folder, "preprocessor_config.json"));
    const file = renamed(readFileSync("tests/fixtures/llava-clip/model.safetensors"), (name) =>
      name === "language_model.lm_head.weight"
        ? "lm_head.weight"
        : `model.${name.replace("language_model.model.", "language_model.")}`,
    );
    writeFileSync(join(folder, "model.safetensors"), file);
    const { golden, prompt } = await readPrompt("llava-clip", executor);
    const model = await loadModel(folder, { executor, modelType: "llava" });
    const { logits } = await model.forward(prompt);
    expect(relativeDistance(await logits.data(), golden.get("logits")!.values)).toBeLessThan(1e-4);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The same safetensors file with other names in its header. */
function renamed(file: Buffer, rename: (name: string) => string): Buffer {
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, start).toString()) as Record<string, unknown>;
  const entries = Object.entries(header).map(([name, entry]) => [name === "__metadata__" ? name : rename(name), entry]);
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, file.subarray(start)]);
}

describe("config.json", () => {
  const vision = { model_type: "clip_vision_model", image_size: 24, patch_size: 8, num_hidden_layers: 3 };

  test("what a file is silent about", () => {
    const config = parseLlavaConfig({ text_config: { vocab_size: 32_064 } });
    expect(config).toMatchObject({
      visionConfig: { modelType: "clip_vision_model", hiddenSize: 1024, numHiddenLayers: 24, imageSize: 336 },
      textConfig: { vocabSize: 32_064, hiddenSize: 4096 },
      imageTokenId: 32_000,
      visionFeatureLayer: -2,
      visionFeatureSelectStrategy: "default",
      projectorHiddenAct: "gelu",
      multimodalProjectorBias: true,
    });
    expect(parseLlavaConfig({ image_token_id: 7, tie_word_embeddings: true })).toMatchObject({
      imageTokenId: 7,
      textConfig: { tieWordEmbeddings: true },
    });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["a layer that is not there", { vision_config: vision, vision_feature_layer: 4 }, "a layer from -4 to 3"],
    ["one of several", { vision_config: vision, vision_feature_layer: [-2, -5] }, "a layer from -4 to 3"],
    ["no layers", { vision_config: vision, vision_feature_layer: [] }, "or a list of them, got []"],
    ["another encoder", { vision_config: { model_type: "sam" } }, "clip_vision_model or siglip_vision_model"],
    ["another language model", { text_config: { model_type: "mistral" } }, "a llama (other language models"],
    ["another strategy", { vision_feature_select_strategy: "cls" }, "default or full"],
    ["an act that is none", { projector_hidden_act: "swiglu" }, "projector_hidden_act: expected gelu or"],
    ["no config at all", [] as never, "expected an object, got []"],
  ])("%s", (_, json, sentence) => {
    expect(() => parseLlavaConfig(json)).toThrow(sentence);
  });
});
