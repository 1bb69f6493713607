import type { Reference } from "../gpu";

/** What `concat` does, in plain loops. */
export const concatReference: Reference<{ outer: number; a: number; b: number }> = function* (
  [first, second],
  { outer, a, b },
) {
  const y = new Float64Array(outer * (a + b));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < a; i++) y[o * (a + b) + i] = first![o * a + i]!;
    for (let i = 0; i < b; i++) y[o * (a + b) + a + i] = second![o * b + i]!;
    yield;
  }
  return [y];
};
