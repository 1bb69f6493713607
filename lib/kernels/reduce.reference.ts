import type { Reference } from "../gpu";

export type ReductionName = "sum" | "mean" | "max" | "min" | "argmax";
export type ReductionShape = { outer: number; size: number; inner: number };

/** From the numbers of one line to its result. */
const functions: Record<ReductionName, (line: Float64Array) => number> = {
  sum: (line) => line.reduce((sum, value) => sum + value, 0),
  mean: (line) => line.reduce((sum, value) => sum + value, 0) / line.length,
  max: (line) => line.reduce((a, b) => Math.max(a, b)),
  min: (line) => line.reduce((a, b) => Math.min(a, b)),
  argmax: (line) => line.reduce((best, value, s) => (value > line[best]! ? s : best), 0),
};

/** What the kernel of that name computes, in plain loops and double precision. */
export function reduceReference(name: ReductionName): Reference<ReductionShape> {
  return function* ([x], { outer, size, inner }) {
    const y = new Float64Array(outer * inner);
    const line = new Float64Array(size);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        for (let s = 0; s < size; s++) line[s] = x![(o * size + s) * inner + i]!;
        y[o * inner + i] = functions[name](line);
        yield;
      }
    }
    return [y];
  };
}
