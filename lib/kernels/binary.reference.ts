import type { Reference } from "../gpu";

export type BinaryName = "add" | "sub" | "mul" | "div" | "maximum" | "minimum";
export type BinaryShape = { shape: number[]; aStrides: number[]; bStrides: number[] };

const functions: Record<BinaryName, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
};

/** What the kernel of that name computes, in plain loops and double precision. */
export function binaryReference(name: BinaryName): Reference<BinaryShape> {
  const f = functions[name];
  return function* ([a, b], { shape, aStrides, bStrides }) {
    const y = new Float64Array(shape.reduce((size, length) => size * length, 1));
    for (let i = 0; i < y.length; i++) {
      let [rest, aAt, bAt] = [i, 0, 0];
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const index = rest % shape[axis]!;
        aAt += index * aStrides[axis]!;
        bAt += index * bStrides[axis]!;
        rest = (rest - index) / shape[axis]!;
      }
      y[i] = f(a![aAt]!, b![bAt]!);
      if (i % 4096 === 4095) yield;
    }
    return [y];
  };
}
