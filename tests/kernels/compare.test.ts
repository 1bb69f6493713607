import { describe, expect, test } from "vitest";
import { grid } from "../../lib/gpu";
import { softmax } from "../../lib/kernels";
import { compare, folded, launch, uniform } from "./compare";

describe("the comparison itself can fail", () => {
  test("a number outside its bound", () => {
    expect(compare([1, 2.1], [1, 2], () => 0.05).ratio).toBeGreaterThan(1);
    expect(compare([1, 2.1], [1, 2], () => 0.2).ratio).toBeLessThanOrEqual(1);
  });

  test.each([
    ["NaN at the end", [1, NaN]],
    ["NaN before a good number", [NaN, 2]],
    ["Infinity", [1, Infinity]],
    ["too few numbers", [1]],
  ])("%s", (_, actual) => {
    expect(compare(actual, [1, 2], () => 1000).ratio).toBeGreaterThan(1);
  });

  test("a number that the kernel does not write stays NaN", async () => {
    const half = { ...softmax, workgroups: () => [1, 1] as [number, number] }; // one row of two
    const [y] = await launch(half, [uniform(10)], { rows: 2, cols: 5 });
    expect([...y!].map(Number.isNaN)).toEqual([...Array<boolean>(5).fill(false), ...Array<boolean>(5).fill(true)]);
  });
});

describe("grid", () => {
  test.each([
    [1, [1, 1]],
    [65_535, [65_535, 1]],
    [65_536, [65_535, 2]],
    [200_000, [65_535, 4]],
  ])("%i workgroups", (count, expected) => {
    expect(grid(count)).toEqual(expected);
  });

  test("folded() covers as many workgroups", () => {
    expect(folded(softmax).workgroups({ rows: 7, cols: 2 })).toEqual([3, 3]);
  });
});
