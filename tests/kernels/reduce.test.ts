import { describe, expect, test } from "vitest";
import { reductions } from "../../lib/kernels";
import { DIVISION_ERROR, expectOutside, expectWithin, folded, launch, loops, U, uniform } from "./compare";

const shapes: [name: string, outer: number, size: number, inner: number][] = [
  ["one number", 1, 1, 1],
  ["one row, below a workgroup", 1, 5, 1],
  ["exactly a workgroup", 3, 64, 1],
  ["one above", 4, 65, 1],
  ["down the columns", 1, 70, 9],
  ["the middle axis", 3, 33, 5],
  ["one long row", 1, 4097, 1],
];

describe.each(["sum", "mean"] as const)("%s", (name) => {
  test.each(shapes)("%s: [%i, %i, %i]", async (_, outer, size, inner) => {
    const x = uniform(outer * size * inner, 3);
    const shape = { outer, size, inner };
    const expected = loops(reductions[name], [x], shape)[0]!;
    const magnitude = loops(reductions[name], [x.map(Math.abs)], shape)[0]!;
    const depth = Math.ceil(size / 64) + 6; // roundings on the way of one number: its thread's sum, then the tree
    for (const kernel of [reductions[name], folded(reductions[name])]) {
      const [y] = await launch(kernel, [x], shape);
      expectWithin(y!, expected, (i) => 1.001 * (depth * U + (name === "mean" ? DIVISION_ERROR : 0)) * magnitude[i]!);
    }
  });
});

describe.each(["max", "min", "argmax"] as const)("%s is exact", (name) => {
  test.each(shapes)("%s: [%i, %i, %i]", async (_, outer, size, inner) => {
    const x = uniform(outer * size * inner, 3).map((value) => value - 5); // all negative: 0 would be a wrong start
    const shape = { outer, size, inner };
    const expected = Float32Array.from(loops(reductions[name], [x], shape)[0]!);
    for (const kernel of [reductions[name], folded(reductions[name])]) {
      expect((await launch(kernel, [x], shape))[0]).toEqual(expected);
    }
  });
});

test("argmax takes the first of equals, in every order of threads", async () => {
  const size = 200;
  const x = new Float32Array(3 * size).fill(1);
  x[130] = x[70] = 2; // two different threads
  x[size + 10] = x[size + 74] = 2; // one thread, twice
  const [y] = await launch(reductions.argmax, [x], { outer: 3, size, inner: 1 });
  expect([...y!]).toEqual([70, 10, 0]);
});

test("control: another axis, another sum", async () => {
  const x = uniform(36);
  const [y] = await launch(reductions.sum, [x], { outer: 1, size: 6, inner: 6 });
  expectOutside(y!, loops(reductions.sum, [x], { outer: 6, size: 6, inner: 1 })[0]!, () => 1e-4);
});
