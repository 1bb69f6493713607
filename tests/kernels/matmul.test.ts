import { describe, test } from "vitest";
import { linear, matmul, matmulTransposed } from "../../lib/kernels";
import { expectOutside, expectWithin, folded, gamma, launch, loops, uniform } from "./compare";

const sizes: [name: string, m: number, k: number, n: number][] = [
  ["one number", 1, 1, 1],
  ["one row", 1, 40, 33],
  ["one column", 33, 40, 1],
  ["below a tile", 5, 7, 3],
  ["exactly a tile", 32, 16, 32],
  ["one above a tile", 33, 17, 33],
  ["several tiles, none full", 70, 50, 45],
  ["the tokens of a small transformer", 65, 128, 128],
];

/** The same sums over absolute values: what rounding errors are relative to. */
const absolute = (inputs: Float32Array[]) => inputs.map((values) => values.map(Math.abs));

describe("matmul", () => {
  test.each(sizes)("%s: [%i, %i] × [.., %i]", async (_, m, k, n) => {
    const shape = { batch: 1, m, k, n, aStep: 0, bStep: 0 };
    const inputs = [uniform(m * k, 2, 1), uniform(k * n, 2, 2)];
    const [magnitude] = loops(matmul, absolute(inputs), shape);
    const [c] = await launch(matmul, inputs, shape);
    expectWithin(c!, loops(matmul, inputs, shape)[0]!, (i) => gamma(k + 1) * magnitude![i]!);
  });

  test.each([
    ["both batched", 3, 33 * 9, 9 * 35],
    ["one b for all", 3, 33 * 9, 0],
    ["one a for all", 3, 0, 9 * 35],
  ])("batch, %s", async (_, batch, aStep, bStep) => {
    const shape = { batch, m: 33, k: 9, n: 35, aStep, bStep };
    const inputs = [uniform(aStep ? batch * aStep : 33 * 9), uniform(bStep ? batch * bStep : 9 * 35, 1, 2)];
    const [magnitude] = loops(matmul, absolute(inputs), shape);
    for (const kernel of [matmul, folded(matmul)]) {
      const [c] = await launch(kernel, inputs, shape);
      expectWithin(c!, loops(matmul, inputs, shape)[0]!, (i) => gamma(10) * magnitude![i]!);
    }
  });

  test("control: b the other way round is another product", async () => {
    const shape = { batch: 1, m: 5, k: 5, n: 5, aStep: 0, bStep: 0 };
    const inputs = [uniform(25), uniform(25, 1, 2)];
    const [magnitude] = loops(matmul, absolute(inputs), shape);
    const [c] = await launch(matmul, inputs, shape);
    const other = loops(matmulTransposed, inputs, { m: 5, k: 5, n: 5 })[0]!;
    expectOutside(c!, other, (i) => gamma(6) * magnitude![i]!);
  });
});

describe("matmulTransposed", () => {
  test.each(sizes)("%s: [%i, %i] × [%i, ..]ᵀ", async (_, m, k, n) => {
    const inputs = [uniform(m * k, 2, 1), uniform(n * k, 2, 2)];
    const [magnitude] = loops(matmulTransposed, absolute(inputs), { m, k, n });
    const expected = loops(matmulTransposed, inputs, { m, k, n })[0]!;
    for (const kernel of [matmulTransposed, folded(matmulTransposed)]) {
      const [c] = await launch(kernel, inputs, { m, k, n });
      expectWithin(c!, expected, (i) => gamma(k + 1) * magnitude![i]!);
    }
  });
});

describe("linear", () => {
  test.each(sizes)("%s: [%i, %i] -> [.., %i]", async (_, m, k, n) => {
    const inputs = [uniform(m * k, 2, 1), uniform(n * k, 2, 2), uniform(n, 3, 3)];
    const [magnitude] = loops(linear, absolute(inputs), { m, k, n });
    const expected = loops(linear, inputs, { m, k, n })[0]!;
    for (const kernel of [linear, folded(linear)]) {
      const [y] = await launch(kernel, inputs, { m, k, n });
      expectWithin(y!, expected, (i) => gamma(k + 2) * magnitude![i]!);
    }
  });

  test("control: without the bias the result differs", async () => {
    const inputs = [uniform(6), uniform(6, 1, 2), uniform(3, 1, 3)];
    const [y] = await launch(linear, inputs, { m: 2, k: 3, n: 2 });
    expectOutside(y!, loops(matmulTransposed, inputs, { m: 2, k: 3, n: 2 })[0]!, () => 1e-5);
  });
});
