import { describe, expect, test } from "vitest";
import { binary, siluGate, unary, type BinaryName, type UnaryName } from "../../lib/kernels";
import { erfc } from "../../lib/kernels/gelu.reference";
import {
  DIVISION_ERROR,
  expectOutside,
  expectWithin,
  expError,
  folded,
  INVERSE_SQRT_ERROR,
  launch,
  loops,
  SMALLEST_NORMAL,
  U,
  uniform,
} from "./compare";

const lengths: [name: string, length: number][] = [
  ["one number", 1],
  ["below a workgroup", 5],
  ["exactly a workgroup", 64],
  ["one above", 65],
  ["not a multiple", 1000],
];

/** How far off a function of x may be, given its true value y. */
const unaryBounds: Record<Exclude<UnaryName, "gelu">, (x: number, y: number) => number> = {
  exp: (x, y) => expError(x) * y,
  log: (x, y) => (x >= 0.5 && x <= 2 ? 2 ** -21 : 6 * U * Math.abs(y)), // WGSL: 2⁻²¹ near 1, else 3 ULP
  sqrt: (_, y) => 1.001 * (INVERSE_SQRT_ERROR + DIVISION_ERROR) * y, // WGSL: as 1 / inverseSqrt(x)
  neg: () => 0,
  abs: () => 0,
  relu: () => 0,
  square: (_, y) => U * y,
  tanh: (x, y) => {
    const t = Math.exp(-2 * Math.abs(x));
    const parts = t * expError(2 * x) + U; // of 1 - t and of 1 + t
    return 1.001 * (parts / (1 + t) + Math.abs(y) * (parts / (1 + t) + U + DIVISION_ERROR));
  },
  sigmoid: (x, y) => {
    const t = Math.exp(-Math.abs(x));
    return 1.001 * y * (expError(x) * (x < 0 ? 1 + t / (1 + t) : t / (1 + t)) + U + DIVISION_ERROR);
  },
  silu: (x, y) => gateBound(x, y, x, 0),
  quickGelu: (x, y) => gateBound(x, y, 1.702 * x, 2 * U), // the factor and the product are rounded
  geluTanh: (x, y) => gateBound(x, y, 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3), 8 * U), // eight roundings
};

/** x · sigmoid(z), where z is off by `inside` times itself: that moves exp(-|z|) by as much as exp's own error does. */
function gateBound(x: number, y: number, z: number, inside: number): number {
  const t = Math.exp(-Math.abs(z));
  const exp = expError(z) + inside * Math.abs(z);
  const share = exp * (z < 0 ? 1 + t / (1 + t) : t / (1 + t)) + U + DIVISION_ERROR;
  return 1.001 * Math.abs(y) * (share + U) + SMALLEST_NORMAL * (1 + Math.abs(x));
}

describe.each(Object.keys(unaryBounds) as (keyof typeof unaryBounds)[])("%s", (name) => {
  test.each(lengths)("%s: [%i]", async (_, length) => {
    const x = uniform(length, 10).map((value) => (name === "log" || name === "sqrt" ? Math.abs(value) + 0.01 : value));
    const expected = loops(unary[name], [x], { length })[0]!;
    for (const kernel of [unary[name], folded(unary[name])]) {
      const [y] = await launch(kernel, [x], { length });
      expectWithin(y!, expected, (i) => unaryBounds[name](x[i]!, expected[i]!));
    }
  });
});

test("gates survive large numbers", async () => {
  const x = Float32Array.of(-1e20, -100, 100, 1e20);
  for (const name of ["silu", "quickGelu", "geluTanh"] as const) {
    const [y] = await launch(unary[name], [x], { length: 4 });
    expectWithin(y!, [0, 0, 100, 1e20], (i) => 1e-17 + U * Math.abs(x[i]!) * (i > 1 ? 1 : 0)); // exp(-88) · 1e20
  }
});

test("control: gates are different functions", async () => {
  const x = uniform(100, 3);
  const names = ["silu", "quickGelu", "geluTanh", "gelu"] as const;
  for (const name of names.slice(0, 3)) {
    const [y] = await launch(unary[name], [x], { length: 100 });
    for (const other of names) {
      if (other !== name) expectOutside(y!, loops(unary[other], [x], { length: 100 })[0]!, () => 1e-4);
    }
  }
});

describe("siluGate", () => {
  test.each(lengths)("%s: [%i]", async (_, length) => {
    const [a, b] = [uniform(length, 10), uniform(length, 2, 2)];
    const expected = loops(siluGate, [a, b], { length })[0]!;
    for (const kernel of [siluGate, folded(siluGate)]) {
      const [y] = await launch(kernel, [a, b], { length });
      expectWithin(y!, expected, (i) => gateBound(a[i]!, expected[i]!, a[i]!, U));
    }
  });

  test("control: the other one is the gate", async () => {
    const [a, b] = [uniform(50, 3), uniform(50, 3, 2)];
    const [y] = await launch(siluGate, [a, b], { length: 50 });
    expectOutside(y!, loops(siluGate, [b, a], { length: 50 })[0]!, () => 1e-3);
  });
});

test("tanh and sigmoid survive large numbers", async () => {
  const x = Float32Array.of(-1e4, -100, 100, 1e4);
  expect([...(await launch(unary.tanh, [x], { length: 4 }))[0]!]).toEqual([-1, -1, 1, 1]);
  const [sigmoid] = await launch(unary.sigmoid, [x], { length: 4 });
  expectWithin(sigmoid!, [0, 0, 1, 1], () => 1e-38);
});

describe("gelu", () => {
  /** What gelu.ts promises. Beyond |x| = 8 only the rounding of x itself is left. */
  const promise = (x: number) => Math.max(5e-7, 2 * U * Math.abs(x));

  test.each([...lengths, ["all of [-8, 8], densely", 16_001] as [string, number]])("%s: [%i]", async (_, length) => {
    const x = Float32Array.from({ length }, (_, i) => (length === 1 ? 1 : -8 + (16 * i) / (length - 1)));
    const expected = loops(unary.gelu, [x], { length })[0]!;
    for (const kernel of [unary.gelu, folded(unary.gelu)]) {
      const [y] = await launch(kernel, [x], { length });
      expectWithin(y!, expected, (i) => promise(x[i]!));
    }
  });

  test("large numbers", async () => {
    const x = Float32Array.of(-1e20, -100, -9, 9, 100, 1e20);
    const [y] = await launch(unary.gelu, [x], { length: 6 });
    expectWithin(y!, loops(unary.gelu, [x], { length: 6 })[0]!, (i) => promise(x[i]!));
  });

  test("control: the tanh approximation of gelu is another function", async () => {
    const x = uniform(100, 3);
    const [y] = await launch(unary.gelu, [x], { length: 100 });
    const approximation = x.map((v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))));
    expectOutside(y!, approximation, (i) => promise(x[i]!));
  });

  test.each([
    [0, 1],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [2, 0.004677734981047266],
    [2.5, 4.0695201744495886e-4],
    [3, 2.2090496998585438e-5],
    [5, 1.537459794428035e-12],
  ])("its loops know erfc(%d)", (z, expected) => {
    expect(Math.abs(erfc(z) / expected - 1)).toBeLessThan(1e-12);
  });
});

const binaryBounds: Record<BinaryName, number> = {
  add: U,
  sub: U,
  mul: U,
  div: DIVISION_ERROR,
  maximum: 0,
  minimum: 0,
};

/** Shapes as callers pass them: axes already merged, 0 where a number repeats. */
const broadcasts: [name: string, shape: number[], aStrides: number[], bStrides: number[]][] = [
  ["one number", [], [], []],
  ["two vectors, one above a workgroup", [65], [1], [1]],
  ["a number for all", [130], [1], [0]],
  ["a row for each", [7, 33], [33, 1], [0, 1]],
  ["a column for each", [7, 33], [33, 1], [1, 0]],
  ["a column and a row", [9, 8], [1, 0], [0, 1]],
  ["eight axes", [2, 1, 2, 3, 2, 1, 2, 2], [48, 48, 24, 8, 4, 4, 2, 1], [0, 1, 1, 0, 2, 1, 0, 4]],
];

describe.each(Object.entries(binaryBounds) as [BinaryName, number][])("%s", (name, relative) => {
  test.each(broadcasts)("%s: %j", async (_, shape, aStrides, bStrides) => {
    const inputs = [uniform(300, 4), uniform(300, 4, 2).map((value) => (Math.abs(value) < 0.1 ? 1 : value))];
    const kernelShape = { shape, aStrides, bStrides };
    const expected = loops(binary[name], inputs, kernelShape)[0]!;
    for (const kernel of [binary[name], folded(binary[name])]) {
      const [y] = await launch(kernel, inputs, kernelShape);
      expectWithin(y!, expected, (i) => relative * Math.abs(expected[i]!));
    }
  });
});

test("control: a and b are not interchangeable", async () => {
  const shape = { shape: [10], aStrides: [1], bStrides: [1] };
  const [a, b] = [uniform(10), uniform(10, 1, 2)];
  const [y] = await launch(binary.sub, [a, b], shape);
  expectOutside(y!, loops(binary.sub, [b, a], shape)[0]!, () => 1e-3);
});
