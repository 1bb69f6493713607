import type { Reference } from "../gpu";
import { halfValues } from "./half";

export type GatherPartShape = { rows: number; cols: number; count: number; first: number };

/** What `gatherPart` does, in plain loops. */
export function gatherPartReference(type: "f32" | "f16"): Reference<GatherPartShape> {
  return function* ([table, indices], { rows, cols, count, first }, [target] = []) {
    const y = target ?? new Float64Array(count * cols);
    const known = halfValues();
    for (let i = 0; i < count; i++) {
      const row = indices![i]! - first;
      if (row < 0 || row >= rows) continue;
      for (let c = 0; c < cols; c++) {
        const stored = table![row * cols + c]!;
        y[i * cols + c] = type === "f16" ? known[stored]! : stored;
      }
      yield;
    }
    return target ? [] : [y as Float64Array];
  };
}
