import type { Reference } from "../gpu";

/** What `gatherRows` does, in plain loops. */
export const gatherRowsReference: Reference<{ rows: number; cols: number; count: number }> = function* (
  [table, indices],
  { rows, cols, count },
) {
  const y = new Float64Array(count * cols);
  for (let i = 0; i < count; i++) {
    const row = Math.min(indices![i]!, rows - 1);
    for (let c = 0; c < cols; c++) y[i * cols + c] = table![row * cols + c]!;
    yield;
  }
  return [y];
};
