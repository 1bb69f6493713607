/**
 * Mini-Gemini's patch info mining: each token of the first expert looks at the places of a finer map that lie under it, and
 * at no others. https://arxiv.org/abs/2403.18814, `mgm/model/mgm_arch.py` (dvlab-research/MGM).
 *
 *     q = Linear(LN(xᵢ)),  k, v = Linear(LN(window i)),  output: xᵢ + softmax(q kᵀ / √d) v
 *
 * The finer map is that of all other experts (see `detailMap`). Where it does not divide into N whole windows, it is
 * stretched to the next size that does, which is our choice.
 *
 * Shapes:  I pictures   N = rows · columns tokens   S = high · wide places of a window   d, c channels
 */
import { attention, layerNorm, linear, type LayerNorm, type Linear } from "../../nn";
import type { Tensor } from "../../tensor";
import type { Shapes } from "../../weights";
import { stretch } from "../eagle-experts";
import type { PatchGrid } from "../patch-grid";
import { wanted, type Probe } from "../probe";
import { linearShape, normShape } from "../shapes";
import type { Experts, Widths } from "./fusion";
import { detailMap, tokensOf } from "./maps";

export type MiniGeminiWeights = {
  query: [LayerNorm, Linear]; // weight [d, d]
  key: [LayerNorm, Linear]; // weight [d, c]
  value: [LayerNorm, Linear]; // weight [d, c]
};

const EPS = 1e-5; // of the norms

/** -> one [I, N, d] */
export function miniGemini(experts: Experts, w: MiniGeminiWeights, grid: PatchGrid, probe?: Probe): Tensor[] {
  const { rows, columns } = grid;
  const x = tokensOf(experts.aligned(0)); // [I, N, d]
  const detail = detailMap(experts);
  const high = Math.ceil(detail.shape[2]! / rows);
  const wide = Math.ceil(detail.shape[3]! / columns);
  const fitted = stretch(detail, { rows: rows * high, columns: columns * wide });
  probe?.("detail", fitted);

  const places = windows(fitted, grid); // [I, N, S, c]
  const [I, N, d] = x.shape as [number, number, number];
  const normed = (values: Tensor, [norm, matrix]: [LayerNorm, Linear]) => linear(layerNorm(values, norm, EPS), matrix);
  const q = normed(x, w.query).reshape([I, N, 1, d]); // a window is to attention what a head is: each on its own
  const k = normed(places, w.key); // [I, N, S, d]
  const v = normed(places, w.value);
  probe?.("query", q);
  probe?.("key", k);
  probe?.("value", v);
  const mined = attention(q, k, v, { probe: wanted(probe, "probs") }); // [I, N, 1, d]; probs [I, N, 1, S]
  return [x.add(mined.reshape([I, N, d]))];
}

/** The part of a map that lies under each token, left to right, then down. [I, c, rows · high, columns · wide] -> [I, N, S, c] */
function windows(map: Tensor, { rows, columns }: PatchGrid): Tensor {
  const [I, c, H, W] = map.shape as [number, number, number, number];
  const [high, wide] = [H / rows, W / columns];
  return map
    .reshape([I, c, rows, high, columns, wide])
    .transpose([0, 2, 4, 3, 5, 1]) // [I, rows, columns, high, wide, c]
    .reshape([I, rows * columns, high * wide, c]);
}

/** Numbers per token. */
export function miniGeminiWidths({ aligned }: Widths): number[] {
  return [aligned[0]!];
}

export function miniGeminiShapes({ native, aligned }: Widths): Shapes<MiniGeminiWeights> {
  const d = aligned[0]!;
  const c = native.slice(1).reduce((sum, width) => sum + width, 0);
  return {
    query: [normShape(d), linearShape(d, d)],
    key: [normShape(c), linearShape(c, d)],
    value: [normShape(c), linearShape(c, d)],
  };
}
