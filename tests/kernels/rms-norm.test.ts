import { describe, test } from "vitest";
import { rmsNorm } from "../../lib/kernels";
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

/**
 * The mean of squares rounds each square, `depth` times on the way to the sum, and in a division; then eps is added. Half
 * of that reaches the scale, which has an error of its own; the last line rounds twice.
 */
function bound(y: ArrayLike<number>, cols: number): (i: number) => number {
  const square = (Math.ceil(cols / 64) + 6 + 1) * U + DIVISION_ERROR + 2 * U;
  return (i) => 1.01 * Math.abs(y[i]!) * (square / 2 + INVERSE_SQRT_ERROR + 2 * U);
}

const shapes: [name: string, rows: number, cols: number, scale: number][] = [
  ["one number", 1, 1, 1],
  ["one column", 5, 1, 1],
  ["one row, below a workgroup", 1, 5, 1],
  ["exactly a workgroup", 3, 64, 1],
  ["one above", 7, 65, 1],
  ["the hidden size of Llama 3.2 1B", 3, 2048, 3],
  ["numbers as large as activations get", 2, 100, 1e4],
];

describe("rmsNorm", () => {
  test.each(shapes)("%s: [%i, %i]", async (_, rows, cols, scale) => {
    const inputs = [uniform(rows * cols, scale), uniform(cols, 2, 2)];
    const shape = { rows, cols, eps: 1e-5 };
    const expected = loops(rmsNorm, inputs, shape)[0]!;
    for (const kernel of [rmsNorm, folded(rmsNorm)]) {
      const [y] = await launch(kernel, inputs, shape);
      expectWithin(y!, expected, bound(expected, cols));
    }
  });

  test("control: eps matters", async () => {
    const inputs = [uniform(32), uniform(16, 2, 2)];
    const [y] = await launch(rmsNorm, inputs, { rows: 2, cols: 16, eps: 1e-5 });
    const expected = loops(rmsNorm, inputs, { rows: 2, cols: 16, eps: 1e-4 })[0]!;
    expectOutside(y!, expected, bound(expected, 16));
  });
});
