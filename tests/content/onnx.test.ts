/**
 * public/models/vit-classifier/model.onnx, by ONNX Runtime in Node: a graph without weights of its own, which reads them
 * where they lie in model.safetensors and gives what `transformers` gives. The browser's side is tests/e2e/transformers-js.
 */
import { readFileSync } from "node:fs";
import { env, InferenceSession, Tensor } from "onnxruntime-web";
import { expect, test } from "vitest";
import { distance, readBytes, readGolden } from "../models/golden";

const FOLDER = "public/models/vit-classifier";
const GOLDEN = "tests/fixtures/vit-classifier/golden.safetensors";
const [scenes, size, labels] = [2, 128, 80]; // of the eight golden scenes, the first two
env.wasm.numThreads = 1;

/** The logits of the scenes. [2, 80] */
async function logits(weights: Uint8Array): Promise<Float32Array> {
  const session = await InferenceSession.create(readFileSync(`${FOLDER}/model.onnx`), {
    executionProviders: ["wasm"],
    externalData: [{ path: "model.safetensors", data: weights }],
  });
  const area = size * size;
  const bytes = readBytes(GOLDEN, "pixels").bytes.subarray(0, scenes * area * 3); // [2, 128, 128, 3], 0 to 255
  const pixelValues = new Float32Array(bytes.length); // [2, 3, 128, 128], -1 to 1
  bytes.forEach((value, i) => {
    const [scene, place, channel] = [Math.floor(i / (3 * area)), Math.floor(i / 3) % area, i % 3];
    pixelValues[(scene * 3 + channel) * area + place] = value / 127.5 - 1;
  });
  const given = await session.run({ pixel_values: new Tensor("float32", pixelValues, [scenes, 3, size, size]) });
  await session.release();
  expect(Object.keys(given)).toEqual(["logits"]);
  expect(given.logits!.dims).toEqual([scenes, labels]);
  return given.logits!.data as Float32Array;
}

test("the graph holds no weights", () => {
  const graph = readFileSync(`${FOLDER}/model.onnx`);
  const { length } = readFileSync(`${FOLDER}/model.safetensors`);
  expect(graph.length).toBeLessThan(100e3);
  expect(length).toBeGreaterThan(20 * graph.length);
});

test("the logits are those that transformers gives", async () => {
  const golden = (await readGolden(GOLDEN)).get("logits")!.values.subarray(0, scenes * labels);
  const weights = new Uint8Array(readFileSync(`${FOLDER}/model.safetensors`));
  expect(distance(await logits(weights), golden)).toBeLessThan(1e-4);

  // Control: it reads this very file, to its last tensor.
  const others = weights.slice();
  others.fill(0, -256); // vit.layernorm.weight
  expect(distance(await logits(others), golden)).toBeGreaterThan(1);
});
