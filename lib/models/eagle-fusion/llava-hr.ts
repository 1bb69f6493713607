/**
 * LLaVA-HR's mixture-of-resolution adapter: a fast encoder of few tokens is told, while it works, what a slow encoder sees
 * in a larger picture. https://arxiv.org/abs/2403.03003, `multipath_encoder_wapper.py` (luogen1996/LLaVA-HR).
 *
 *     s = slowProj(gelu(slowConv(slow)))                     brought to the fast grid
 *     f = f + fastProj(gelu(fastConv(f)))                    7 × 7, each channel by itself
 *     f = f + tanh(gate(mean of [f; s] over places)) · s     one gate per picture
 *
 * after each quarter of the fast encoder's layers but the last, and at its end  V = fastProj(f) + slowProj(slow).
 * Both projections of an adapter start from zero: the fast encoder then does what it did before.
 *
 * The first expert is the fast one (CLIP or SigLIP, its class token dropped before its layers). LLaVA-HR has one slow
 * encoder; with several, the slow map is theirs on the finest of their grids (see `detailMap`), which is our choice.
 *
 * Shapes:  I pictures   d channels of the fast expert   c channels of the slow map   N places of the fast grid
 */
import { conv2d, gelu, linear, type Conv2d, type Linear } from "../../nn";
import { concat, type Tensor } from "../../tensor";
import type { Shapes } from "../../weights";
import { stretch } from "../eagle-experts";
import type { PatchGrid } from "../patch-grid";
import { under, type Probe } from "../probe";
import { linearShape, repeated } from "../shapes";
import type { Experts, Widths } from "./fusion";
import { detailMap, mapOf, tokensOf } from "./maps";

export type LlavaHRWeights = {
  adapters: Adapter[]; // three
  fastProj: Linear; // weight [d, d]
  slowProj: Linear; // weight [d, c]
};

export type Adapter = {
  slowConv: Conv2d; // weight [c, c, 1, 1]
  slowProj: Conv2d; // weight [d, c, 1, 1]
  fastConv: Conv2d; // weight [d, 1, 7, 7]
  fastProj: Conv2d; // weight [d, d, 1, 1]
  /** Two matrices with GELU between them: weights [d / 2, 2 d] and [1, d / 2] */
  gate: { 0: Linear; 2: Linear };
};

/** -> one [I, N', d] on the common grid */
export function llavaHR(experts: Experts, w: LlavaHRWeights, grid: PatchGrid, probe?: Probe): Tensor[] {
  const slow = detailMap(experts); // [I, c, h, w]
  probe?.("detail", slow);
  const fast = experts.map(0, (f, { done, all, grid: own }) => {
    const quarters = done / (all / 4);
    if (!Number.isInteger(quarters) || done === all) return f;
    return adapt(f, slow, w.adapters[quarters - 1]!, own, under(`adapters.${quarters - 1}`, probe));
  }); // [I, d, rows, columns]

  const own = { rows: fast.shape[2]!, columns: fast.shape[3]! };
  const x = linear(tokensOf(fast), w.fastProj).add(linear(tokensOf(fit(slow, own)), w.slowProj)); // [I, N, d]
  return [tokensOf(stretch(mapOf(x, own), grid))];
}

/** f [I, N, d], slow [I, c, h, w] -> [I, N, d] */
function adapt(f: Tensor, slow: Tensor, w: Adapter, grid: PatchGrid, probe?: Probe): Tensor {
  const s = tokensOf(fit(conv2d(gelu(conv2d(slow, w.slowConv)), w.slowProj), grid)); // [I, N, d]
  const map = mapOf(f, grid);
  const d = f.shape[2]!;
  f = tokensOf(map.add(conv2d(gelu(conv2d(map, w.fastConv, { padding: 3, groups: d })), w.fastProj)));

  const both = concat([f, s], 2).mean(1); // [I, 2 d]: the picture as a whole
  const gate = linear(gelu(linear(both, w.gate[0])), w.gate[2]).tanh(); // [I, 1]
  probe?.("gate", gate);
  const output = f.add(s.mul(gate.reshape([f.shape[0]!, 1, 1])));
  probe?.("output", output);
  return output;
}

/** A finer map by the mean of whole blocks, any other by bilinear interpolation. [I, C, h, w] -> [I, C, rows, columns] */
function fit(map: Tensor, grid: PatchGrid): Tensor {
  const [I, C, h, w] = map.shape as [number, number, number, number];
  const { rows, columns } = grid;
  if (h % rows !== 0 || w % columns !== 0) return stretch(map, grid);
  return map
    .reshape([I, C, rows, h / rows, columns, w / columns])
    .mean(5)
    .mean(3);
}

/** Numbers per token. */
export function llavaHRWidths({ native }: Widths): number[] {
  return [native[0]!];
}

export function llavaHRShapes({ native }: Widths): Shapes<LlavaHRWeights> {
  const [d, ...others] = native as [number, ...number[]];
  const c = others.reduce((sum, width) => sum + width, 0);
  const half = Math.floor(d / 2);
  const convolution = (inputs: number, outputs: number, side = 1) => ({
    weight: [outputs, inputs, side, side],
    bias: [outputs],
  });
  return {
    adapters: repeated(3, () => ({
      slowConv: convolution(c, c),
      slowProj: convolution(c, d),
      fastConv: convolution(1, d, 7),
      fastProj: convolution(d, d),
      gate: { 0: linearShape(2 * d, half), 2: linearShape(half, 1) },
    })),
    fastProj: linearShape(d, d),
    slowProj: linearShape(c, d),
  };
}
