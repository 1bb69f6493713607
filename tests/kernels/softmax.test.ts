import { describe, test } from "vitest";
import { softmax } from "../../lib/kernels";
import {
  DIVISION_ERROR,
  expectOutside,
  expectWithin,
  expError,
  folded,
  launch,
  loops,
  SMALLEST_NORMAL,
  U,
  uniform,
} from "./compare";

/**
 * exp(d) of a rounded difference d is off by U |d| from the rounding and by expError(d) from exp. The sum inherits the
 * average of these, and adds one rounding per column that a thread takes and 6 for the tree of 64. Then a division.
 */
function bound(x: Float32Array, y: ArrayLike<number>, cols: number): (i: number) => number {
  const rows = x.length / cols;
  const inTerm = x.map((value, i) => {
    const d = value - Math.max(...x.subarray(i - (i % cols), i - (i % cols) + cols));
    return U * Math.abs(d) + expError(d);
  });
  const inSum = Array.from({ length: rows }, (_, r) => {
    let average = 0;
    for (let c = 0; c < cols; c++) average += y[r * cols + c]! * inTerm[r * cols + c]!;
    return average + (Math.ceil(cols / 64) + 6) * U;
  });
  return (i) => 1.001 * (inTerm[i]! + inSum[Math.floor(i / cols)]! + DIVISION_ERROR) * y[i]! + SMALLEST_NORMAL;
}

describe("softmax", () => {
  test.each([
    ["one number", 1, 1, 1],
    ["one column", 5, 1, 1],
    ["one row, fewer columns than threads", 1, 5, 1],
    ["exactly a workgroup", 3, 64, 1],
    ["one column more", 7, 65, 1],
    ["attention of ViT-B/16", 12, 197, 10],
    ["scores that would overflow exp()", 4, 1000, 1e4],
    ["many columns", 2, 4097, 50],
  ])("%s: [%i, %i]", async (_, rows, cols, scale) => {
    const x = uniform(rows * cols, scale);
    const expected = loops(softmax, [x], { rows, cols })[0]!;
    for (const kernel of [softmax, folded(softmax)]) {
      const [y] = await launch(kernel, [x], { rows, cols });
      expectWithin(y!, expected, bound(x, expected, cols));
    }
  });

  test("control: another input gives another result", async () => {
    const [y] = await launch(softmax, [Float32Array.of(1, 2, 3, 4)], { rows: 1, cols: 4 });
    const other = Float32Array.of(1, 2, 3, 4.0001);
    const expected = loops(softmax, [other], { rows: 1, cols: 4 })[0]!;
    expectOutside(y!, expected, bound(other, expected, 4));
  });
});
