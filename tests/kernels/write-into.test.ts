/** Tensors that change in place, such as caches. On both executors. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allocate, concat, openExecutor, range, scope, tensor, writeInto, type Executor } from "../../lib/tensor";
import { nodeGpu } from "../gpu";
import { uniform } from "./compare";

describe.each(["reference", "webgpu"] as const)("%s", (name) => {
  let executor: Executor;
  const list = (...values: number[]) => tensor(values, undefined, executor);

  beforeAll(async () => {
    const gpu = name === "webgpu" ? await nodeGpu() : undefined;
    ({ executor } = await openExecutor({ prefer: name, gpu }));
    expect(executor.name).toBe(name);
  });
  afterAll(() => executor.dispose());

  test("a cache that grows equals the rows joined", async () => {
    const [B, H, capacity, E] = [2, 3, 11, 5];
    const cache = allocate([B, H, capacity, E], { executor });
    const pieces = [4, 1, 1, 3].map((T, i) => tensor(uniform(B * H * T * E, 1, i + 1), [B, H, T, E], executor));
    let position = 0;
    for (const piece of pieces) {
      writeInto(cache, piece, 2, position);
      position += piece.shape[2]!;
    }
    expect(await cache.slice(null, null, [0, position]).data()).toEqual(await concat(pieces, 2).data());
    expect((await cache.slice(null, null, [position]).data()).every((value) => value === 0)).toBe(true);
  });

  test.each([
    [
      "the first axis",
      0,
      [
        [9, 9],
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "the last axis",
      -1,
      [
        [1, 9],
        [3, 9],
        [5, 9],
      ],
    ],
  ] as const)("along %s", async (_, axis, expected) => {
    const target = tensor([[1, 2], [3, 4], [5, 6]], undefined, executor); // prettier-ignore
    if (axis === 0) {
      writeInto(target, tensor([[1, 2], [3, 4]], undefined, executor), 0, 1); // prettier-ignore
      writeInto(target, tensor([[9, 9]], undefined, executor), 0, 0);
    } else writeInto(target, tensor([[9], [9], [9]], undefined, executor), axis, 1);
    expect(await target.array()).toEqual(expected);
  });

  test("what was asked for before keeps what it saw, whenever it is read", async () => {
    const cache = list(1, 2, 3, 4);
    const before = cache.mul(10);
    const view = cache.reshape([2, 2]);
    writeInto(cache, list(7), 0, 1);
    const between = cache.mul(10);
    writeInto(cache, list(8, 9), 0, 2);
    const after = cache.mul(10);
    expect(await after.array()).toEqual([10, 70, 80, 90]); // the latest first
    expect(await between.array()).toEqual([10, 70, 30, 40]);
    expect(await before.array()).toEqual([10, 20, 30, 40]);
    expect(await view.array()).toEqual([[1, 7], [8, 9]]); // prettier-ignore
    expect(await cache.array()).toEqual([1, 7, 8, 9]);
  });

  test("a read that is under way is not disturbed", async () => {
    const cache = range(5, executor);
    const reading = cache.data();
    const later = cache.add(0);
    writeInto(cache, list(9, 9), 0, 0);
    const again = cache.data();
    expect([...(await reading)]).toEqual([0, 1, 2, 3, 4]);
    expect([...(await later.data())]).toEqual([0, 1, 2, 3, 4]);
    expect([...(await again)]).toEqual([9, 9, 2, 3, 4]);
  });

  test("a number that is computed from what it replaces", async () => {
    const sums = list(1, 0, 0, 0, 0);
    for (let i = 1; i < 5; i++) {
      scope(executor, () => writeInto(sums, sums.slice([i - 1, i]).add(sums.slice([0, 1])), 0, i));
    }
    expect(await sums.array()).toEqual([1, 2, 3, 4, 5]);
  });

  test("an aborted read leaves the write to the next one", async () => {
    const cache = range(4, executor);
    writeInto(cache, list(5, 6), 0, 1);
    await expect(cache.data(AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
    expect([...(await cache.data())]).toEqual([0, 5, 6, 3]);
  });

  test("the source may go at once", async () => {
    const cache = range(3, executor);
    const x = list(8).mul(2);
    writeInto(cache, x, 0, 2);
    x.dispose();
    const z = list(1, 1, 1); // may take the freed memory
    expect(await cache.array()).toEqual([0, 1, 16]);
    z.dispose();
  });

  test("refuses what does not fit", () => {
    const cache = allocate([2, 4], { executor });
    const x = allocate([2, 3], { executor });
    expect(() => writeInto(cache, x, 1, 2)).toThrow("writeInto: expected 3 places from 2 on within the 4 of axis 1");
    expect(() => writeInto(cache, x, 1, -1)).toThrow("expected 3 places from -1 on");
    expect(() => writeInto(cache, x, 0, 0)).toThrow("writeInto: expected shapes that agree except on axis 0");
    expect(() => writeInto(cache, x, 2, 0)).toThrow("writeInto: expected an axis from -2 to 1, got 2");
    expect(() => writeInto(cache, cache.reshape([2, 4]), 0, 0)).toThrow("expected two tensors, got one and a view");
    const halves = allocate([2, 4], { dtype: "f16", executor });
    expect(() => writeInto(halves, cache, 0, 0)).toThrow("expected tensors of f32, got f16 and f32");
    expect(() => writeInto(cache, range(3), 0, 0)).toThrow("expected tensors of one executor");
  });
});
