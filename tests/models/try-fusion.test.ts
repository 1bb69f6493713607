/** A fusion tried on a picture: the trained one is the model's own, others keep their promises about shapes, zeros and prices. */
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Picture } from "../../lib/images";
import { fuseExperts, loadModel, type EagleForConditionalGeneration } from "../../lib/models";
import { openExecutor, type Executor, type Tensor } from "../../lib/tensor";

const baseUrl = pathToFileURL("tests/fixtures").href;
const picture: Picture = {
  width: 40,
  height: 40,
  data: Uint8ClampedArray.from({ length: 6400 }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) % 251)),
};
let executor: Executor;
beforeAll(async () => {
  ({ executor } = await openExecutor({ prefer: "reference" }));
});
afterAll(() => executor.dispose());
const load = (fixture: string) => loadModel(fixture, { executor, baseUrl, modelType: "eagle", dtype: "f32" });

describe.each(["eagle-channel", "eagle-append", "eagle-hr", "eagle-mini-gemini", "eagle-deformable"])(
  "%s",
  (fixture) => {
    test("its own fusion gives what the model gives", async () => {
      const eagle = await load(fixture);
      const fused = fuseExperts(eagle, picture);
      const features = await eagle.imageFeatures({ pixelValues: eagle.preprocess(picture) });
      expect(fused.trained).toBe(true);
      expect(fused.features.shape).toEqual(features.shape);
      expect(await fused.features.sub(features).abs().max().item()).toBe(0);
    });
  },
);

describe("others", () => {
  let eagle: EagleForConditionalGeneration;
  beforeAll(async () => {
    eagle = await load("eagle-channel");
  });

  test("channel concatenation: weights and operations of the projector, counted by hand", () => {
    const { sequences, parameters, operations } = fuseExperts(eagle, picture);
    const [, N, C] = sequences[0]!.shape as [number, number, number];
    const D = eagle.config.textConfig.hiddenSize;
    expect(parameters).toEqual({ fusion: 0, projectors: C * D + D + D * D + D });
    expect(operations.projectors).toBe(N * (C * D + D * D));
  });

  test("sequence append has a sequence for each expert", () => {
    const { sequences, features, trained } = fuseExperts(eagle, picture, { type: "sequence_append" });
    const experts = eagle.config.visionConfigs.length;
    expect(trained).toBe(false);
    expect(sequences).toHaveLength(experts);
    expect(features.shape[1]).toBe(eagle.imageTokens * experts);
  });

  test("deformable attention looks at points around the middle at first, by a probe", async () => {
    const seen = new Map<string, Tensor>();
    const probe = (name: string, value: Tensor) => void seen.set(name, value);
    const { operations, parameters } = fuseExperts(eagle, picture, { type: "deformable_attention", probe });
    const [weights, at] = ["layers.0.attention.weights", "layers.0.attention.locations.0"].map((name) =>
      seen.get(name)!,
    );
    expect(new Set((await weights!.data()).map((x) => Math.round(1e6 * x))).size).toBe(1);
    const middle = await at!
      .slice(0, 0)
      .reshape([8 * 4, 2])
      .mean(0)
      .data(); // eight directions cancel out
    const { rows, columns } = eagle.config.grid;
    expect(middle[0]).toBeCloseTo(0.5 / columns, 5);
    expect(middle[1]).toBeCloseTo(0.5 / rows, 5);
    expect(operations.fusion).toBeGreaterThan(0);
    expect(parameters.fusion).toBeGreaterThan(0);
  });

  test("after it, the executor counts no more", () => {
    const { run } = executor;
    fuseExperts(eagle, picture, { type: "mini_gemini" });
    expect(executor.run).toBe(run);
  });

  test("another kind of model is refused", () => {
    const other = { modelType: "llava" } as unknown as EagleForConditionalGeneration;
    expect(() => fuseExperts(other, picture)).toThrow("expected an eagle, got a llava");
  });
});
