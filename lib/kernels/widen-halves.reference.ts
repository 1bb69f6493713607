import type { Reference } from "../gpu";
import { halfValues } from "./half";

/** What `widenHalves` does, in plain loops. */
export const widenHalvesReference: Reference<{ length: number }> = function* ([x], { length }) {
  const y = new Float64Array(length);
  const known = halfValues();
  for (let i = 0; i < length; i++) {
    y[i] = known[x![i]!]!;
    if (i % 4096 === 4095) yield;
  }
  return [y];
};
