/** Kernels that only move numbers: results are equal, not close. */
import { describe, expect, test } from "vitest";
import { concat, gatherRows, stridedCopy } from "../../lib/kernels";
import { folded, launch, loops, uniform } from "./compare";

describe("stridedCopy", () => {
  test.each([
    ["one number", [], [], 3],
    ["below a workgroup", [5], [1], 0],
    ["exactly a workgroup", [64], [1], 0],
    ["a transpose, not a multiple", [33, 7], [1, 33], 0],
    ["every other row from the second", [10, 5], [20, 1], 10],
    ["a number repeated", [70], [0], 9],
    ["heads split: [T, H, E] -> [H, T, E]", [3, 9, 8], [8, 24, 1], 0],
    ["patches cut: six axes", [1, 2, 3, 2, 4, 4], [0, 48, 4, 96, 12, 1], 0],
    ["eight axes", [2, 1, 2, 1, 2, 3, 2, 2], [1, 9, 2, 9, 4, 48, 8, 16], 5],
  ] as [string, number[], number[], number][])("%s: %j", async (_, shape, strides, offset) => {
    const x = uniform(300);
    const expected = Float32Array.from(loops(stridedCopy, [x], { shape, strides, offset })[0]!);
    for (const kernel of [stridedCopy, folded(stridedCopy)]) {
      expect((await launch(kernel, [x], { shape, strides, offset }))[0]).toEqual(expected);
    }
  });

  test("control: other strides, other numbers", async () => {
    const [y] = await launch(stridedCopy, [uniform(12)], { shape: [3, 4], strides: [4, 1], offset: 0 });
    expect(y).not.toEqual(
      Float32Array.from(loops(stridedCopy, [uniform(12)], { shape: [3, 4], strides: [1, 3], offset: 0 })[0]!),
    );
  });
});

describe("concat", () => {
  test.each([
    ["two numbers", 1, 1, 1],
    ["a token before the others", 2, 16, 64],
    ["exactly a workgroup", 1, 30, 34],
    ["not a multiple", 7, 3, 11],
  ])("%s: %i × (%i + %i)", async (_, outer, a, b) => {
    const inputs = [uniform(outer * a), uniform(outer * b, 1, 2)];
    const expected = Float32Array.from(loops(concat, inputs, { outer, a, b })[0]!);
    for (const kernel of [concat, folded(concat)]) {
      expect((await launch(kernel, inputs, { outer, a, b }))[0]).toEqual(expected);
    }
  });

  test("control: the order matters", async () => {
    const inputs = [uniform(4), uniform(4, 1, 2)];
    const [y] = await launch(concat, inputs, { outer: 1, a: 4, b: 4 });
    expect(y).not.toEqual(Float32Array.from(loops(concat, inputs.reverse(), { outer: 1, a: 4, b: 4 })[0]!));
  });
});

describe("gatherRows", () => {
  test.each([
    ["one row of one", 1, 1, [0]],
    ["rows repeated and out of order", 5, 3, [4, 0, 0, 2]],
    ["one column, above a workgroup", 70, 1, Array.from({ length: 70 }, (_, i) => 69 - i)],
    ["an index beyond the table takes the last row", 3, 5, [7, 1]],
  ] as [string, number, number, number[]][])("%s", async (_, rows, cols, indices) => {
    const inputs = [uniform(rows * cols), Float32Array.from(indices)];
    const shape = { rows, cols, count: indices.length };
    const expected = Float32Array.from(loops(gatherRows, inputs, shape)[0]!);
    for (const kernel of [gatherRows, folded(gatherRows)]) {
      expect((await launch(kernel, inputs, shape))[0]).toEqual(expected);
    }
  });

  test("control: another index, another row", async () => {
    const table = uniform(6);
    const [y] = await launch(gatherRows, [table, Float32Array.of(1)], { rows: 2, cols: 3, count: 1 });
    expect(y).not.toEqual(table.slice(0, 3));
    expect(y).toEqual(table.slice(3));
  });
});
