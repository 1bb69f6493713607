/**
 * Attention in one launch, without storing the weights:
 * q [heads, queries, size], k and v [heads, keys, size] -> output [heads, queries, size], logSumExp [heads, queries]
 *
 *     output[t] = sum_s p[t, s] v[s],   p[t, s] = exp(z[t, s] - logSumExp[t])
 *     logSumExp[t] = log sum_s exp(z[t, s]),   z[t, s] = scale · q[t] · k[s]
 *
 * The keys come in blocks of 64. The largest score so far, the sum and the weighted average are all kept relative to
 * it, and rescaled when a larger one appears ("online softmax", https://arxiv.org/abs/1805.02867, as in
 * https://arxiv.org/abs/2205.14135). logSumExp is what `attentionProbs` needs to restore any map.
 *
 * One workgroup per four queries, which travel together in a vec4, so that each k and v that is loaded serves four. In a
 * block, a thread first is a key (it makes its four scores), then a place in the head (it sums its part of v).
 */
import { float32Bits, grid, type Kernel } from "../gpu";
import { attentionReference, type AttentionShape } from "./attention.reference";
import { threadBuiltins } from "./elements";
import { WORKGROUP_SIZE } from "./workgroup-reduce";

export type { AttentionShape };

/** The longest head that fits: a thread keeps 4 places of it in registers. */
export const MAX_FUSED_HEAD = 256;

export const attention: Kernel<AttentionShape> = {
  name: "attention",
  params: ({ heads, queries, keys, size, scale }) => Uint32Array.of(heads, queries, keys, size, float32Bits(scale)),
  workgroups: ({ heads, queries }) => grid(heads * Math.ceil(queries / 4)),
  outputs: ({ heads, queries, size }) => [heads * queries * size, heads * queries],
  reference: attentionReference,
  wgsl: /* wgsl */ `
    const WORKGROUP_SIZE = ${WORKGROUP_SIZE}u;
    struct Params { heads: u32, queries: u32, keys: u32, size: u32, scale: f32 }

    @group(0) @binding(0) var<storage, read> q: array<f32>;
    @group(0) @binding(1) var<storage, read> k: array<f32>;
    @group(0) @binding(2) var<storage, read> v: array<f32>;
    @group(0) @binding(3) var<storage, read_write> output: array<f32>;
    @group(0) @binding(4) var<storage, read_write> logSumExp: array<f32>;
    @group(0) @binding(5) var<uniform> params: Params;

    const PLACES = 4u; // of the head, per thread
    const LOWEST = -1e30; // below any score, and far enough from the lowest f32 to subtract from
    var<workgroup> query: array<vec4f, PLACES * WORKGROUP_SIZE>; // [place in the head], four queries each
    var<workgroup> scores: array<vec4f, WORKGROUP_SIZE>; // [key of the block]
    var<workgroup> weights: array<vec4f, WORKGROUP_SIZE>; // [key of the block]

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let quads = (params.queries + 3) / 4;
      let quad = group.y * groups.x + group.x;
      if (quad >= params.heads * quads) { return; } // the whole workgroup leaves together
      let head = quad / quads;
      let last = params.queries - 1;
      let rows = head * params.queries + min(quad % quads * 4 + vec4u(0, 1, 2, 3), vec4u(last)); // the last may repeat
      let keyOrigin = head * params.keys * params.size;

      for (var e = thread; e < params.size; e += WORKGROUP_SIZE) {
        let at = rows * params.size + e;
        query[e] = vec4f(q[at.x], q[at.y], q[at.z], q[at.w]) * params.scale;
      }
      workgroupBarrier();

      var best = vec4f(LOWEST);
      var total = vec4f(0);
      var sums: array<vec4f, PLACES>;
      for (var first = 0u; first < params.keys; first += WORKGROUP_SIZE) {
        let count = min(WORKGROUP_SIZE, params.keys - first);
        var score = vec4f(LOWEST);
        if (thread < count) {
          score = vec4f(0);
          let key = keyOrigin + (first + thread) * params.size;
          for (var e = 0u; e < params.size; e++) { score += query[e] * k[key + e]; }
          scores[thread] = score;
        }
        workgroupBarrier(); // and all have finished with the last block's weights

        // Each thread finds the maximum and the sum by itself: 64 steps, but no further barriers.
        var highest = best;
        for (var i = 0u; i < count; i++) { highest = max(highest, scores[i]); }
        weights[thread] = exp(score - highest);
        workgroupBarrier();

        let shrink = exp(best - highest); // 1 unless a larger score has appeared
        total *= shrink;
        for (var i = 0u; i < count; i++) { total += weights[i]; }
        for (var place = 0u; place < PLACES; place++) {
          let e = place * WORKGROUP_SIZE + thread;
          if (e < params.size) {
            var sum = sums[place] * shrink;
            for (var i = 0u; i < count; i++) { sum += weights[i] * v[keyOrigin + (first + i) * params.size + e]; }
            sums[place] = sum;
          }
        }
        best = highest;
      }

      let first = quad % quads * 4;
      for (var r = 0u; r < 4; r++) {
        if (first + r > last) { break; }
        for (var place = 0u; place < PLACES; place++) {
          let e = place * WORKGROUP_SIZE + thread;
          if (e < params.size) { output[rows[r] * params.size + e] = sums[place][r] / total[r]; }
        }
        if (thread == 0) { logSumExp[rows[r]] = best[r] + log(total[r]); }
      }
    }
  `,
};
