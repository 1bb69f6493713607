/**
 * Eagle against PyTorch: `python -m training architectures eagle` writes tests/fixtures/eagle-*, one checkpoint for each
 * way of fusing experts, and what training/oracles makes of them.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Picture } from "../../lib/images";
import { loadModel, parseEagleConfig, seeOnly, type EagleForConditionalGeneration } from "../../lib/models";
import { eagleImageFeatures, type EagleWeights } from "../../lib/models/eagle";
import { nativeMap } from "../../lib/models/eagle-experts";
import type { LlavaHRWeights } from "../../lib/models/eagle-fusion";
import { concat, zeros, type Executor, type Tensor } from "../../lib/tensor";
import { distance, executorNames, openNamed, readBytes, relativeDistance, type Golden } from "./golden";
import { greedy, likeliest, readPrompt, scoresAt, type Prompt } from "./image-text";

const FIXTURES = pathToFileURL("tests/fixtures").href;
const fixtures = [
  "eagle-channel",
  "eagle-append",
  "eagle-hr",
  "eagle-hr-coarse",
  "eagle-mini-gemini",
  "eagle-deformable",
] as const;

const configOf = (fixture: string) =>
  JSON.parse(readFileSync(`tests/fixtures/${fixture}/config.json`, "utf8")) as Record<string, unknown>;

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed(name);
  });
  afterAll(() => executor?.dispose());

  const load = (fixture: string, dtype: "f32" | "f16" = "f32") =>
    loadModel(fixture, { executor, baseUrl: FIXTURES, modelType: "eagle", dtype });

  describe.each(fixtures)("%s", (fixture) => {
    let golden: Golden;
    let prompt: Prompt;
    let model: EagleForConditionalGeneration;
    beforeAll(async () => {
      ({ golden, prompt } = await readPrompt(fixture, executor));
      model = await load(fixture);
    });

    test("logits of three pictures in two rows, and all that was seen on the way", async () => {
      const stored = [...golden.keys()].filter((key) => key.startsWith("seen."));
      expect(stored.length).toBeGreaterThan(6); // each expert's picture and maps, the fusion's values, fused and projected tokens
      const seen = new Map<string, Tensor>();
      const names = stored.flatMap(seenAs);
      const { logits } = await model.forward(prompt, { probe: seeOnly(names, (name, value) => seen.set(name, value)) });
      expect(logits.shape).toEqual(golden.get("logits")!.shape);
      expect(relativeDistance(await logits.data(), golden.get("logits")!.values)).toBeLessThan(1e-4);
      for (const key of stored) {
        const { shape, values } = golden.get(key)!; // of the first picture
        expect(relativeDistance(await firstPicture(seen, key, shape), values), key).toBeLessThan(1e-4);
      }
    });

    test("in f16: near, and the same next token", async () => {
      const half = await load(fixture, "f16");
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

    test("without some experts", async () => {
      const key = [...golden.keys()].find((key) => key.startsWith("logits_without."))!;
      const off = key.split(".").slice(1);
      const experts = model.config.visionConfigs.map(({ name }) => name).filter((name) => !off.includes(name));
      const seen: string[] = [];
      const see = (name: string) => void seen.push(name);
      const probe = Object.assign(see, { wants: (name: string) => !name.endsWith(".probs") });
      const { logits } = await model.forward({ ...prompt, experts }, { probe });
      const values = await logits.data();
      expect(relativeDistance(values, golden.get(key)!.values)).toBeLessThan(1e-4);
      expect(relativeDistance(values, golden.get("logits")!.values)).toBeGreaterThan(1e-2);
      const index = model.config.visionConfigs.findIndex(({ name }) => name === off[0]);
      expect(seen.filter((name) => name.startsWith(`visionTowers.${index}.`) && /layer|stage/.test(name))).toEqual([]);
    });

    test("five tokens with a cache are those of the whole text without one", async () => {
      const answer = await greedy(model, prompt.inputIds[0]!, prompt.pixelValues.slice([0, 2]));
      expect(answer).toEqual([...golden.get("generated")!.values]);
    });

    // What follows from the model's text and not from an executor: everywhere on plain loops, once on the slow adapter.
    if (name === "reference" || fixture === "eagle-append")
      describe("rows and pictures", () => {
        test("a batch gives what its rows and pictures give one by one", async () => {
          const { inputIds, attentionMask, pixelValues } = prompt;
          const { logits } = await model.forward(prompt);
          const both = await logits.data();
          const padding = attentionMask[1]!.indexOf(1);
          const alone = await model.forward({
            inputIds: [inputIds[1]!.slice(padding)],
            pixelValues: pixelValues.slice([2, 3]),
          });
          const [, T, V] = logits.shape as [number, number, number];
          expect(distance(await alone.logits.data(), both.subarray((T + padding) * V))).toBeLessThan(1e-4);
        });

        test("pictures that change places change their own row alone", async () => {
          const { pixelValues } = prompt;
          const swapped = concat([pixelValues.slice([1, 2]), pixelValues.slice([0, 1]), pixelValues.slice([2, 3])], 0);
          const before = await (await model.forward(prompt)).logits.data();
          const after = await (await model.forward({ ...prompt, pixelValues: swapped })).logits.data();
          const half = before.length / 2;
          expect(distance(before.subarray(half), after.subarray(half))).toBeLessThan(1e-5);
          expect(distance(before.subarray(0, half), after.subarray(0, half))).toBeGreaterThan(0.1);
        });
      });
  });

  test("the order of experts matters through the projector's columns alone", async () => {
    const { prompt } = await readPrompt("eagle-channel", executor);
    const model = await load("eagle-channel");
    const order = [3, 0, 4, 2, 1];
    const { visionConfigs } = model.config;
    const config = { ...model.config, visionConfigs: order.map((i) => visionConfigs[i]!) };
    const widths = [24, 14, 80, 18, 18];
    const starts = widths.map((_, i) => widths.slice(0, i).reduce((a, b) => a + b, 0));
    const { visionTowers, multiModalProjectors, languageModel } = model.weights;
    const [{ linear1, linear2 }] = multiModalProjectors as [(typeof multiModalProjectors)[0]];
    const columns = (i: number) => linear1.weight.slice(null, [starts[i]!, starts[i]! + widths[i]!]);
    const weights: EagleWeights = {
      visionTowers: order.map((i) => visionTowers[i]!),
      multiModalProjectors: [{ linear1: { ...linear1, weight: concat(order.map(columns), 1) }, linear2 }],
      languageModel,
    };
    const wanted = await (await model.imageFeatures(prompt)).data();
    expect(relativeDistance(await eagleImageFeatures(prompt.pixelValues, weights, config).data(), wanted)).toBeLessThan(
      1e-5,
    );
    const mistaken = { ...weights, multiModalProjectors }; // control: the old columns
    expect(
      relativeDistance(await eagleImageFeatures(prompt.pixelValues, mistaken, config).data(), wanted),
    ).toBeGreaterThan(0.1);
  });

  test.each(name === "reference" ? ["eagle-hr", "eagle-hr-coarse"] : ["eagle-hr"])(
    "%s: adapters that start from zero leave the fast expert as it is",
    async (fixture) => {
      const { prompt } = await readPrompt(fixture, executor);
      const model = await load(fixture);
      const fusion = model.weights.fusion as LlavaHRWeights;
      const nothing = ({ weight, bias }: { weight: Tensor; bias?: Tensor }) => ({
        weight: zeros(weight.shape, executor),
        bias: zeros(bias!.shape, executor),
      });
      const adapters = fusion.adapters.map((adapter) => ({
        ...adapter,
        slowProj: nothing(adapter.slowProj),
        fastProj: nothing(adapter.fastProj),
      }));
      const fastMap = async (weights: EagleWeights) => {
        let map!: Tensor;
        const probe = seeOnly(["visionTowers.0.map"], (_, value) => (map = value));
        eagleImageFeatures(prompt.pixelValues, weights, model.config, { probe });
        return map.data();
      };
      const seen = new Map<string, Tensor>();
      await model.imageFeatures(prompt, { probe: (name, value) => seen.set(name, value) });
      const x = seen.get("visionTowers.0.pixelValues")!;
      const expert = { ...model.config.visionConfigs[0]!, classToken: "dropped" as const };
      const alone = await nativeMap(x, model.weights.visionTowers[0]!, expert).data();
      expect(distance(await fastMap({ ...model.weights, fusion: { ...fusion, adapters } }), alone)).toBeLessThan(1e-6);
      expect(distance(await fastMap(model.weights), alone)).toBeGreaterThan(0.1); // control
    },
  );

  test("the processor: a square with the mean colour around the picture, then a prompt", async () => {
    const { golden } = await readPrompt("eagle-append", executor);
    const { shape, bytes } = readBytes("tests/fixtures/eagle-append/golden.safetensors", "picture");
    const [height, width] = shape as [number, number, number];
    const data = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let i = 0; i < width * height; i++) data.set(bytes.subarray(i * 3, i * 3 + 3), i * 4);
    const picture: Picture = { width, height, data };
    const model = await load("eagle-append");
    const pixelValues = model.preprocess(picture);
    const wanted = golden.get("pixel_values_of_picture")!;
    expect(pixelValues.shape).toEqual(wanted.shape);
    const level = 1 / 255 / 0.26; // one grey level, after normalisation
    expect(distance(await pixelValues.data(), wanted.values)).toBeLessThan(1.01 * level);

    const prompt = model.prepare({ text: [1, 51, 7], pictures: [picture] });
    expect(prompt.inputIds[0]).toHaveLength(model.imageTokens + 2);
    expect(model.imageTokens).toBe(18); // two experts, nine places each
    expect((await model.forward(prompt)).logits.shape).toEqual([1, 20, 53]);
  });

  test("what cannot be looked at", async () => {
    const model = await load("eagle-hr");
    const { prompt } = await readPrompt("eagle-hr", executor);
    await expect(model.forward({ ...prompt, experts: ["clip", "sam"] })).rejects.toThrow(
      'eagle: expected experts out of clip, convnext, dense, got "sam"',
    );
    await expect(model.forward({ ...prompt, experts: ["dense"] })).rejects.toThrow(
      "eagle: expected clip among the experts, because the others speak through it (llava_hr), got dense",
    );
    await expect(model.imageFeatures({ pixelValues: prompt.pixelValues.slice(null, null, [0, 24]) })).rejects.toThrow(
      "eagle: expected pixelValues [pictures, 3, 48, 48], got [3, 3, 24, 48]; model.preprocess(picture) makes them",
    );
    await expect(model.forward({ inputIds: prompt.inputIds })).rejects.toThrow("eagle: expected pixelValues");
  });
});

describe("preprocessor_config.json", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "patchwork-eagle-"));
    for (const file of ["config.json", "model.safetensors"]) {
      copyFileSync(`tests/fixtures/eagle-append/${file}`, join(folder, file));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("without the file, what config.json says of pictures is what the file would have said", async () => {
    const executor = await openNamed("reference");
    const silent = await loadModel(folder, { executor, modelType: "eagle" });
    const said = await loadModel("eagle-append", { executor, baseUrl: FIXTURES, modelType: "eagle" });
    expect(silent.processor).toEqual(said.processor);
  });

  test("pictures of another size than config.json says", async () => {
    const executor = await openNamed("reference");
    const file = join(folder, "preprocessor_config.json");
    writeFileSync(file, JSON.stringify({ image_processor_type: "CLIPImageProcessor", crop_size: 24 }));
    await expect(loadModel(folder, { executor, modelType: "eagle" })).rejects.toThrow(
      "preprocessor_config.json: expected a size of 48 × 48 pixels, as config.json's image_size says, got 24 × 24",
    );
  });
});

describe("config.json", () => {
  test("what a file is silent about", () => {
    const config = parseEagleConfig({ vision_configs: [{ model_type: "convnext" }], text_config: {} });
    expect(config).toMatchObject({
      imageSize: [1024, 1024],
      grid: { rows: 32, columns: 32 },
      fusion: { type: "channel_concatenation" },
      imageTokenId: -200,
      normalization: { imageMean: [0.48145466, 0.4578275, 0.40821073] },
      visionConfigs: [{ name: "convnext", inputSize: [224, 224], resample: "bilinear", classToken: "kept" }],
    });
  });

  const [clip, convnext, vit] = configOf("eagle-hr").vision_configs as object[] as [object, object, object];
  test.each<[string, Record<string, unknown>, string]>([
    ["no experts", { vision_configs: [] }, "a list of 1 to 32 experts, got []"],
    ["two of a name", { vision_configs: [clip, clip] }, "a name of its own for each expert (clip, clip)"],
    [
      "an unknown tower",
      { vision_configs: [{ model_type: "sam" }] },
      "vision_configs[0]: model_type: expected clip_vision",
    ],
    ["one expert alone", { vision_configs: [clip], fusion: "mini_gemini" }, "2 experts or more"],
    ["an unknown fusion", { fusion: "average" }, "fusion: type: expected sequence_append or channel_concatenation"],
    ["adapters in a convnext", { vision_configs: [convnext, clip] }, "a CLIP or SigLIP of 4, 8, 12, ... layers"],
    ["three layers", { vision_configs: [{ ...clip, num_hidden_layers: 3 }, convnext] }, "of 4, 8, 12, ... layers"],
    [
      "a layer of the fast expert",
      { vision_configs: [{ ...clip, vision_feature_layer: -2 }, convnext] },
      "no vision_feature_layer",
    ],
    [
      "blocks that are not square",
      { fusion: "sequence_append", grid: [3, 1], vision_configs: [{ ...vit, resample: "pixel_unshuffle" }] },
      "has the same multiple down and across (it has 3 × 3)",
    ],
    [
      "blocks that do not fit",
      { fusion: "sequence_append", grid: 2, vision_configs: [{ ...vit, resample: "pixel_unshuffle" }] },
      "has the same multiple down and across (it has 3 × 3)",
    ],
    [
      "heads that do not divide",
      { fusion: { type: "deformable_attention", num_heads: 5 } },
      "num_heads that divide the first expert's 24 channels",
    ],
    [
      "a class token of a vit",
      { vision_configs: [clip, { ...vit, class_token: "dropped" }] },
      'class_token: expected "kept"',
    ],
    [
      "half a normalisation",
      { vision_configs: [clip, { ...vit, image_mean: [0, 0, 0] }] },
      "image_std: expected 3 numbers",
    ],
    [
      "a layer that is not there",
      { fusion: "sequence_append", vision_configs: [{ ...vit, vision_feature_layer: 2 }] },
      "a whole number from -2 to 1",
    ],
    ["half a token", { image_token_id: 0.5 }, "image_token_id: expected a whole number"],
    ["a picture of no size", { image_size: 0 }, "image_size: expected a whole number"],
    ["a grid of no places", { grid: [3, 0] }, "grid: expected a whole number"],
  ])("%s", (_, changes, sentence) => {
    const json = { ...configOf("eagle-hr"), ...changes };
    expect(() => parseEagleConfig(json)).toThrow(sentence);
  });

  test("control: unchanged, it is read", () => {
    expect(parseEagleConfig(configOf("eagle-hr")).visionConfigs).toHaveLength(3);
  });
});

/** The names under which a stored value is seen; sampling locations come level by level. */
function seenAs(key: string): string[] {
  const name = key.slice("seen.".length).replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return name.endsWith(".locations") ? [`${name}.0`, `${name}.1`] : [name];
}

/** What was seen of the first picture, as it is stored: locations of all levels beside each other. */
async function firstPicture(seen: Map<string, Tensor>, key: string, shape: readonly number[]): Promise<Float32Array> {
  const size = shape.reduce((a, b) => a * b, 1);
  const parts = await Promise.all(seenAs(key).map((name) => seen.get(name)!.data()));
  if (parts.length === 1) return parts[0]!.subarray(0, size);
  const [, N, M, L, P, two] = shape as [number, number, number, number, number, number];
  const all = new Float32Array(size);
  for (let i = 0; i < N * M; i++) {
    parts.forEach((level, l) => all.set(level.subarray(i * P * two, (i + 1) * P * two), (i * L + l) * P * two));
  }
  return all;
}
