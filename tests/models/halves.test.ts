/** Matrices in f16: the models whose own test files do not ask for it. Within 2 % of the f32 of transformers, and the same first answer. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../../lib/models";
import type { Executor, Tensor } from "../../lib/tensor";
import { FIXTURES, goldenOf, goldenTensor } from "./encoders";
import { executorNames, openNamed, relativeDistance, type Golden } from "./golden";

describe.each(executorNames)("on %s", (name) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openNamed(name);
  });
  afterAll(() => executor?.dispose());

  const options = () => ({ executor, baseUrl: FIXTURES, dtype: "f16" }) as const;

  async function expectNear(
    result: Tensor | undefined,
    { values, shape }: { values: Float32Array; shape: readonly number[] },
  ) {
    const numbers = await result!.data();
    const error = relativeDistance(numbers, values);
    expect(error).toBeLessThan(2e-2);
    expect(error).toBeGreaterThan(1e-6); // halves were used
    return { numbers, wanted: values, width: shape.at(-1)! };
  }

  function expectSameFirst(
    { numbers, wanted, width }: { numbers: Float32Array; wanted: Float32Array; width: number },
    row: number,
  ) {
    const first = (x: Float32Array) => {
      const one = x.subarray(row * width, (row + 1) * width);
      return one.indexOf(Math.max(...one));
    };
    expect(first(numbers)).toBe(first(wanted));
  }

  test.each(["vit-odd", "deit-odd"] as const)("%s", async (fixture) => {
    const golden = await goldenOf(fixture);
    const modelType = fixture === "vit-odd" ? "vit" : "deit";
    const half = await loadModel(fixture, { ...options(), modelType });
    const { logits } = await half.forward({ pixelValues: goldenTensor(golden, "pixel_values", executor) });
    const result = await expectNear(logits, golden.get("logits")!);
    for (const row of [0, 1]) expectSameFirst(result, row);
    half.dispose();
  });

  test("vit-tower-odd", async () => {
    const golden = await goldenOf("vit-tower-odd");
    const half = await loadModel("vit-tower-odd", { ...options(), modelType: "vit_model" });
    const out = await half.forward({ pixelValues: goldenTensor(golden, "pixel_values", executor) });
    await expectNear(out.lastHiddenState, golden.get("last_hidden_state")!);
    await expectNear(out.poolerOutput, golden.get("pooler_output")!);
    half.dispose();
  });

  test("idefics3-odd", async () => {
    const golden: Golden = await goldenOf("idefics3-odd");
    const half = await loadModel("idefics3-odd", { ...options(), modelType: "idefics3" });
    const ids = golden.get("input_ids")!;
    const T = ids.shape.at(-1)!;
    const inputIds = Array.from({ length: ids.values.length / T }, (_, b) => [
      ...ids.values.subarray(b * T, (b + 1) * T),
    ]);
    const { logits } = await half.forward({ inputIds, pixelValues: goldenTensor(golden, "pixel_values", executor) });
    expectSameFirst(await expectNear(logits, golden.get("logits")!), T - 1);
    half.dispose();
  });
});
