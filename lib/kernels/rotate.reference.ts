import type { Reference } from "../gpu";

export type RotateShape = { batch: number; heads: number; tokens: number; size: number; tables: number };

/** What `rotate` computes, in plain loops and double precision. */
export const rotateReference: Reference<RotateShape> = function* ([x, table], { batch, heads, tokens, size, tables }) {
  const y = new Float64Array(batch * heads * tokens * size);
  const half = size / 2;
  for (let row = 0; row < batch * heads * tokens; row++) {
    const b = tables === 1 ? 0 : Math.floor(row / (heads * tokens));
    const angles = (b * tokens + (row % tokens)) * size;
    for (let i = 0; i < half; i++) {
      const [cos, sin] = [table![angles + i]!, table![angles + half + i]!];
      const [first, second] = [x![row * size + i]!, x![row * size + half + i]!];
      y[row * size + i] = first * cos - second * sin;
      y[row * size + half + i] = second * cos + first * sin;
    }
    yield;
  }
  return [y];
};
