/**
 * The shipped model, public/models/vit-classifier, against `transformers`: eight scenes, half of them in the style that
 * it never trained on. The goldens come with it: `python -m training vit-classifier golden`.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Picture } from "../../lib/images";
import { attentionMap, classify, loadModel, type ViTForImageClassification } from "../../lib/models";
import { concat, type Executor, type Tensor } from "../../lib/tensor";
import { distance, executorNames, openNamed, readBytes, readGolden, relativeDistance, type Golden } from "./golden";

const MODELS = pathToFileURL("public/models").href;
const GOLDEN = "tests/fixtures/vit-classifier/golden.safetensors";

type GoldenScene = { truth: string; style: string; answer: string };
const scenes = () => JSON.parse(readFileSync("tests/fixtures/vit-classifier/scenes.json", "utf8")) as GoldenScene[];

let golden: Golden;
let pictures: Picture[];
beforeAll(async () => {
  golden = await readGolden(GOLDEN);
  const { shape, bytes } = readBytes(GOLDEN, "pixels");
  const [count, height, width] = shape as [number, number, number];
  pictures = Array.from({ length: count }, (_, i) => {
    const data = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let p = 0; p < width * height; p++) {
      data.set(bytes.subarray((i * width * height + p) * 3, (i * width * height + p) * 3 + 3), p * 4);
    }
    return { width, height, data };
  });
});

/** Where a software GPU would take a minute for all eight, one scene of each half: training style, held-out style. */
const chosen = { reference: [0, 1, 2, 3, 4, 5, 6, 7], webgpu: [0, 4] };

describe.each(executorNames)("on %s", { timeout: 240_000 }, (name) => {
  const indices = chosen[name];
  /** The golden numbers of the chosen scenes. */
  const rows = (path: string) => {
    const { shape, values } = golden.get(path)!;
    const size = values.length / shape[0]!;
    return indices.flatMap((i) => [...values.subarray(i * size, (i + 1) * size)]);
  };
  let executor: Executor;
  let model: ViTForImageClassification;
  beforeAll(async () => {
    executor = await openNamed(name);
    model = await loadModel("vit-classifier", { executor, modelType: "vit", baseUrl: MODELS });
  });
  afterAll(() => executor?.dispose());

  test("pixel values of a scene: exactly", async () => {
    const values = await model.preprocess(pictures[0]!).data();
    expect(distance(values, golden.get("pixel_values")!.values)).toBeLessThan(1e-6);
  });

  test("logits of the scenes in one batch, and each map of each layer", async () => {
    const maps = new Map<string, Tensor>();
    const pixelValues = concat(indices.map((i) => model.preprocess(pictures[i]!)));
    const { logits } = await model.forward({ pixelValues }, { probe: (path, value) => maps.set(path, value) });
    expect(distance(await logits.data(), rows("logits"))).toBeLessThan(1e-3);
    for (let i = 0; i < model.config.numHiddenLayers; i++) {
      const probs = maps.get(`vit.encoder.layer.${i}.attention.attention.probs`)!;
      expect(probs.shape).toEqual([indices.length, ...golden.get(`attentions.${i}`)!.shape.slice(1)]);
      expect(distance(await probs.data(), rows(`attentions.${i}`))).toBeLessThan(1e-4);
    }
  });

  test("hidden states of the first scene, layer by layer", async () => {
    const states = new Map<string, Tensor>();
    const pixelValues = model.preprocess(pictures[0]!);
    await model.forward({ pixelValues }, { probe: (path, value) => states.set(path, value) });
    const L = model.config.numHiddenLayers;
    const paths = ["vit.embeddings.output", ...Array.from({ length: L }, (_, i) => `vit.encoder.layer.${i}.output`)];
    for (const [i, path] of paths.entries()) {
      const wanted = golden.get(`hidden_states.${i}`)!.values;
      expect(relativeDistance(await states.get(path)!.data(), wanted), path).toBeLessThan(1e-4);
    }
    const last = golden.get("last_hidden_state")!.values;
    expect(relativeDistance(await states.get("vit.layernorm.output")!.data(), last)).toBeLessThan(1e-4);
  });

  test("the best answer for each scene, one by one, is the golden one", async () => {
    for (const i of indices) {
      const [best] = await classify(model, pictures[i]!, { k: 1 });
      expect(best!.label).toBe(scenes()[i]!.answer);
    }
  });

  test("one map on demand is the golden's", async () => {
    const { shape, values } = golden.get("attentions.1")!;
    const [, H, T] = shape as [number, number, number];
    const map = await attentionMap(model, pictures[4]!, { layer: 1, head: H - 1 });
    expect(map.shape).toEqual([T, T]);
    const start = (4 * H + H - 1) * T * T;
    expect(distance(map.probs, values.subarray(start, start + T * T))).toBeLessThan(1e-4);
  });
});

test("every checkpoint of its training loads and has the same labels", async () => {
  const executor = await openNamed("reference");
  const model = await loadModel("vit-classifier", { executor, modelType: "vit", baseUrl: MODELS });
  const steps = JSON.parse(readFileSync("public/models/vit-classifier/checkpoints.json", "utf8")) as { id: string }[];
  expect(steps).toHaveLength(4);
  for (const { id } of steps) {
    const checkpoint = await loadModel("vit-classifier", {
      executor,
      modelType: "vit",
      baseUrl: MODELS,
      checkpoint: id,
    });
    expect(checkpoint.labels).toEqual(model.labels);
    expect(checkpoint.parameterCount).toBe(model.parameterCount);
    checkpoint.dispose();
  }
});
