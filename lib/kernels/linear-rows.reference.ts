import type { Reference } from "../gpu";
import { halfValues, roundToHalf } from "./half";

export type LinearRowsShape = { m: number; k: number; n: number; first: number; across: number };

/** What `linearRows` computes, in plain loops and double precision; halves are exact. */
export function linearRowsReference(weightType: "f32" | "f16", biased: boolean): Reference<LinearRowsShape> {
  return function* ([x, weight, bias], { m, k, n, first, across }, [target] = []) {
    const y = target ?? new Float64Array(m * across);
    const known = halfValues();
    const row = new Float64Array(k);
    const column = new Float64Array(k);
    for (let i = 0; i < m; i++) {
      for (let l = 0; l < k; l++) row[l] = weightType === "f16" ? roundToHalf(x![i * k + l]!) : x![i * k + l]!;
      for (let j = 0; j < n; j++) {
        for (let l = 0; l < k; l++) {
          const stored = weight![j * k + l]!;
          column[l] = weightType === "f16" ? known[stored]! : stored;
        }
        let sum = biased ? bias![first + j]! : 0;
        for (let l = 0; l < k; l++) sum += row[l]! * column[l]!;
        y[i * across + first + j] = sum;
        if (j % 64 === 63) yield;
      }
      yield;
    }
    return target ? [] : [y as Float64Array];
  };
}
