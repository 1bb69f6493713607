import { describe, test } from "vitest";
import { layerNorm } from "../../lib/kernels";
import {
  DIVISION_ERROR,
  expectOutside,
  expectWithin,
  folded,
  INVERSE_SQRT_ERROR,
  launch,
  loops,
  U,
  uniform,
} from "./compare";

type Shape = { rows: number; cols: number; eps: number };

/**
 * A sum over a row rounds `depth` times. From there: the mean's error goes into each deviation, those into the variance,
 * half of its relative error into the scale, and the last line rounds four times.
 */
function bound([x, weight]: Float32Array[], y: ArrayLike<number>, { rows, cols, eps }: Shape): (i: number) => number {
  const depth = Math.ceil(cols / 64) + 6;
  const perRow = Array.from({ length: rows }, (_, r) => {
    const row = x!.subarray(r * cols, (r + 1) * cols);
    const mean = row.reduce((sum, value) => sum + value, 0) / cols;
    const meanError = (depth * U + DIVISION_ERROR) * (row.reduce((sum, value) => sum + Math.abs(value), 0) / cols);
    const deviations = Array.from(row, (value) => Math.abs(value - mean));
    const average = deviations.reduce((sum, d) => sum + d, 0) / cols;
    const variance = deviations.reduce((sum, d) => sum + d * d, 0) / cols;
    const varianceError =
      2 * meanError * average +
      meanError ** 2 +
      ((depth + 4) * U + DIVISION_ERROR) * variance +
      2 * U * (variance + eps);
    const scaleError = varianceError / (2 * (variance + eps)) + INVERSE_SQRT_ERROR;
    return { mean, meanError, scale: 1 / Math.sqrt(variance + eps), scaleError };
  });
  return (i) => {
    const { mean, meanError, scale, scaleError } = perRow[Math.floor(i / cols)]!;
    const deviation = Math.abs(x![i]! - mean);
    const inner = meanError + deviation * (scaleError + 4 * U);
    return 1.01 * (Math.abs(weight![i % cols]!) * scale * inner + 2 * U * (Math.abs(y[i]!) + Math.abs(y[i]!)));
  };
}

const shapes: [name: string, rows: number, cols: number, scale: number, offset: number][] = [
  ["one number: all that is left is the bias", 1, 1, 1, 0],
  ["one column", 5, 1, 1, 0],
  ["one row, below a workgroup", 1, 5, 1, 0],
  ["exactly a workgroup", 3, 64, 1, 0],
  ["one above", 7, 65, 1, 0],
  ["the hidden size of ViT-B", 5, 768, 3, 0],
  ["a mean far from zero", 4, 128, 1, 100],
];

describe("layerNorm", () => {
  test.each(shapes)("%s: [%i, %i]", async (_, rows, cols, scale, offset) => {
    const x = uniform(rows * cols, scale).map((value) => value + offset);
    const inputs = [x, uniform(cols, 2, 2), uniform(cols, 0.5, 3)];
    const shape = { rows, cols, eps: 1e-6 };
    const expected = loops(layerNorm, inputs, shape)[0]!;
    for (const kernel of [layerNorm, folded(layerNorm)]) {
      const [y] = await launch(kernel, inputs, shape);
      expectWithin(y!, expected, bound(inputs, expected, shape));
    }
  });

  test("control: eps matters", async () => {
    const inputs = [uniform(32), uniform(16, 2, 2), uniform(16, 0.5, 3)];
    const [y] = await launch(layerNorm, inputs, { rows: 2, cols: 16, eps: 1e-6 });
    const shape = { rows: 2, cols: 16, eps: 1e-4 };
    const expected = loops(layerNorm, inputs, shape)[0]!;
    expectOutside(y!, expected, bound(inputs, expected, shape));
  });
});
