/**
 * Deformable attention: each token of the first expert looks at a few points of the other experts' maps, and says itself
 * where they are. https://arxiv.org/abs/2010.04159, equation 3.
 *
 *     v = valueProj(map)
 *     offsets = samplingOffsets(q), in places of each map          A = softmax over levels and points of attentionWeights(q)
 *     at = middle of the token's place + offsets / (width, height), from 0 to 1; outside, a map is zero
 *     output = outputProj(Σ over levels and points of A · bilinear(v, at))
 *
 * The operation is the public one of Deformable DETR. How Eagle wired it is not published; here every other expert is a
 * level, brought to d channels by a matrix of its own, and each layer adds to the tokens:  x = x + attention(LN(x)).
 *
 * Shapes:  I pictures   N tokens   d channels   M heads   E = d / M   L levels   P points of a level
 */
import { gridSample, layerNorm, linear, type LayerNorm, type Linear } from "../../nn";
import { concat, tensor, type Tensor } from "../../tensor";
import type { Shapes } from "../../weights";
import type { PatchGrid } from "../patch-grid";
import { under, type Probe } from "../probe";
import { linearShape, normShape, repeated } from "../shapes";
import type { Experts, FusionConfig, Widths } from "./fusion";
import { mapOf, tokensOf } from "./maps";

type DeformableConfig = Extract<FusionConfig, { type: "deformable_attention" }>;

export type DeformableWeights = {
  inputs: Linear[]; // per level: weight [d, c]
  layers: { norm: LayerNorm; attention: DeformableAttention }[];
};

export type DeformableAttention = {
  samplingOffsets: Linear; // weight [M · L · P · 2, d]
  attentionWeights: Linear; // weight [M · L · P, d]
  valueProj: Linear; // weight [d, d]
  outputProj: Linear; // weight [d, d]
};

const EPS = 1e-5; // of the norms

/** -> one [I, N, d] */
export function deformable(
  experts: Experts,
  w: DeformableWeights,
  config: DeformableConfig,
  grid: PatchGrid,
  probe?: Probe,
): Tensor[] {
  let x = tokensOf(experts.aligned(0)); // [I, N, d]
  const levels = w.inputs.map((matrix, i) => {
    const map = experts.map(i + 1); // [I, c, h, w]
    return mapOf(linear(tokensOf(map), matrix), { rows: map.shape[2]!, columns: map.shape[3]! }); // [I, d, h, w]
  });
  const middles = middlesOf(grid, x);
  w.layers.forEach((layer, i) => {
    const seen = under(`layers.${i}`, probe);
    const q = layerNorm(x, layer.norm, EPS);
    x = x.add(deformableAttention(q, middles, levels, layer.attention, config, under("attention", seen)));
    seen?.("output", x);
  });
  return [x];
}

/** Queries [I, N, d], where each of them is [N, 1, 1, 2], maps [I, d, h, w] -> [I, N, d] */
export function deformableAttention(
  queries: Tensor,
  middles: Tensor,
  levels: readonly Tensor[],
  w: DeformableAttention,
  { numHeads: M, numPoints: P }: Pick<DeformableConfig, "numHeads" | "numPoints">,
  probe?: Probe,
): Tensor {
  const [I, N, d] = queries.shape as [number, number, number];
  const [L, E] = [levels.length, d / M];
  const offsets = linear(queries, w.samplingOffsets).reshape([I, N, M, L, P, 2]);
  const weights = linear(queries, w.attentionWeights)
    .reshape([I, N, M, L * P])
    .softmax();
  probe?.("weights", weights.reshape([I, N, M, L, P]));

  const sampled = levels.map((map, level) => {
    const [, , h, wide] = map.shape as [number, number, number, number];
    const places = tensor([1 / wide, 1 / h], [2], queries.executor);
    const at = offsets.slice(null, null, null, level).mul(places).add(middles); // [I, N, M, P, 2], x and y from 0 to 1
    probe?.(`locations.${level}`, at);
    const values = mapOf(linear(tokensOf(map), w.valueProj), { rows: h, columns: wide }).reshape([I * M, E, h, wide]);
    const points = at
      .mul(2)
      .sub(1) // from -1 to 1
      .transpose([0, 2, 1, 3, 4]) // [I, M, N, P, 2]
      .reshape([I * M, N, P, 2]);
    return gridSample(values, points); // [I · M, E, N, P]
  });
  const perHead = weights.transpose([0, 2, 1, 3]).reshape([I * M, 1, N, L * P]);
  const looked = concat(sampled, 3).mul(perHead).sum(3); // [I · M, E, N]
  return linear(looked.reshape([I, d, N]).transpose(), w.outputProj);
}

/** Where the middle of each place is, x and y from 0 to 1: [N, 1, 1, 2] */
function middlesOf({ rows, columns }: PatchGrid, { executor }: Tensor): Tensor {
  const values = Array.from({ length: rows * columns }, (_, i) => [
    ((i % columns) + 0.5) / columns,
    (Math.floor(i / columns) + 0.5) / rows,
  ]);
  return tensor(values.flat(), [rows * columns, 1, 1, 2], executor);
}

/** Numbers per token. */
export function deformableWidths({ aligned }: Widths): number[] {
  return [aligned[0]!];
}

export function deformableShapes({ native, aligned }: Widths, config: DeformableConfig): Shapes<DeformableWeights> {
  const d = aligned[0]!;
  const { numHeads: M, numPoints: P, numLayers } = config;
  const L = native.length - 1;
  return {
    inputs: native.slice(1).map((c) => linearShape(c, d)),
    layers: repeated(numLayers, () => ({
      norm: normShape(d),
      attention: {
        samplingOffsets: linearShape(d, M * L * P * 2),
        attentionWeights: linearShape(d, M * L * P),
        valueProj: linearShape(d, d),
        outputProj: linearShape(d, d),
      },
    })),
  };
}
