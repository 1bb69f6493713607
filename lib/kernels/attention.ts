/**
 * Attention in one launch, without storing the weights:
 * q [heads, group, queries, size], k and v [heads, room, size] -> output like q, logSumExp [heads, group, queries]
 *
 *     output[t] = sum_s p[t, s] v[s],   p[t, s] = exp(z[t, s] - logSumExp[t])
 *     logSumExp[t] = log sum_s exp(z[t, s]),   z[t, s] = scale · q[t] · k[s] + mask[t, s],   s < keys, s < sees + t
 *
 * The keys come in blocks of 64. The largest score so far, the sum and the weighted average are all kept relative to
 * it, and rescaled when a larger one appears ("online softmax", https://arxiv.org/abs/1805.02867, as in
 * https://arxiv.org/abs/2205.14135). logSumExp is what `attentionProbs` needs to restore any map.
 *
 * `group` query heads share a key head, so their queries are just more rows of one matrix. One workgroup per four rows,
 * which travel together in a vec4, so that each k and v that is loaded serves four: four neighbouring queries in a
 * prefill, four heads when there is one query. In a block, a thread first is a key (it makes its four scores), then a
 * place in the head (it sums its part of v). Blocks that none of the four sees are not visited.
 *
 * A mask of -1e30 or less hides a key; smaller numbers count as that one. A query from which the mask hides every key
 * averages all `keys` alike, those that lie ahead of it too: transformers gives such rows the same.
 */
import { float32Bits, grid, type Kernel } from "../gpu";
import {
  attentionReference,
  maskedAttentionReference,
  type AttentionShape,
  type MaskedAttentionShape,
} from "./attention.reference";
import { threadBuiltins } from "./elements";
import { WORKGROUP_SIZE } from "./workgroup-reduce";

export type { AttentionShape, MaskedAttentionShape };

/** The longest head that fits: a thread keeps 4 places of it in registers. */
export const MAX_FUSED_HEAD = 256;

export const attention: Kernel<AttentionShape> = {
  name: "attention",
  params: (shape) => Uint32Array.from(attentionWords(shape)),
  workgroups: ({ heads, group, queries }) => grid(heads * Math.ceil((group * queries) / 4)),
  outputs: ({ heads, group, queries, size }) => [heads * group * queries * size, heads * group * queries],
  reference: attentionReference,
  wgsl: shader({
    inputs: "",
    firstOutput: 3,
    members: "",
    functions: "fn masked(rows: vec4u, s: u32) -> vec4f { return vec4f(0); }",
    finish: "",
  }),
};

export const maskedAttention: Kernel<MaskedAttentionShape> = {
  name: "maskedAttention",
  params: (shape) => {
    const { keyHeads, maskBatch, maskHead, maskQuery, maskKey } = shape;
    return Uint32Array.of(...attentionWords(shape), keyHeads, maskBatch, maskHead, maskQuery, maskKey);
  },
  workgroups: (shape) => attention.workgroups(shape),
  outputs: (shape) => attention.outputs(shape),
  reference: maskedAttentionReference,
  wgsl: shader({
    inputs: "@group(0) @binding(3) var<storage, read> mask: array<f32>;",
    firstOutput: 4,
    members: "keyHeads: u32, maskBatch: u32, maskHead: u32, maskQuery: u32, maskKey: u32,",
    functions: /* wgsl */ `
    var<workgroup> blind: u32;

    fn masked(rows: vec4u, s: u32) -> vec4f {
      let r = rows % (params.group * params.queries);
      let head = rows / (params.group * params.queries);
      let queryHead = head % params.keyHeads * params.group + r / params.queries;
      let at = head / params.keyHeads * params.maskBatch + queryHead * params.maskHead
        + r % params.queries * params.maskQuery + s * params.maskKey;
      return max(vec4f(mask[at.x], mask[at.y], mask[at.z], mask[at.w]), vec4f(HIDDEN));
    }`,
    finish: /* wgsl */ `
        if (first + WORKGROUP_SIZE >= end && end < params.keys) {
          if (thread == 0) { blind = select(0u, 1u, any(highest <= vec4f(HIDDEN))); }
          if (workgroupUniformLoad(&blind) != 0) { end = params.keys; } // a row that has seen nothing takes all
        }`,
  }),
};

function attentionWords({ heads, group, queries, keys, room, size, scale, sees }: AttentionShape): number[] {
  return [heads, group, queries, keys, room, size, float32Bits(scale), sees];
}

type Parts = { inputs: string; firstOutput: number; members: string; functions: string; finish: string };

function shader({ inputs, firstOutput, members, functions, finish }: Parts): string {
  return /* wgsl */ `
    const WORKGROUP_SIZE = ${WORKGROUP_SIZE}u;
    struct Params {
      heads: u32, group: u32, queries: u32, keys: u32, room: u32, size: u32, scale: f32, sees: u32, ${members}
    }

    @group(0) @binding(0) var<storage, read> q: array<f32>;
    @group(0) @binding(1) var<storage, read> k: array<f32>;
    @group(0) @binding(2) var<storage, read> v: array<f32>;
    ${inputs}
    @group(0) @binding(${firstOutput}) var<storage, read_write> output: array<f32>;
    @group(0) @binding(${firstOutput + 1}) var<storage, read_write> logSumExp: array<f32>;
    @group(0) @binding(${firstOutput + 2}) var<uniform> params: Params;

    const PLACES = 4u; // of the head, per thread
    const HIDDEN = -1e30; // below any score, and far enough from the lowest f32 to subtract from
    var<workgroup> query: array<vec4f, PLACES * WORKGROUP_SIZE>; // [place in the head], four rows each
    var<workgroup> scores: array<vec4f, WORKGROUP_SIZE>; // [key of the block]
    var<workgroup> weights: array<vec4f, WORKGROUP_SIZE>; // [key of the block]
    ${functions}

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let rowsPerHead = params.group * params.queries;
      let quads = (rowsPerHead + 3) / 4;
      let quad = group.y * groups.x + group.x;
      if (quad >= params.heads * quads) { return; } // the whole workgroup leaves together
      let head = quad / quads;
      let last = rowsPerHead - 1;
      let local = min(quad % quads * 4 + vec4u(0, 1, 2, 3), vec4u(last)); // the last may repeat
      let rows = head * rowsPerHead + local;
      let sees = params.sees + local % params.queries; // so many keys each
      let origin = head * params.room * params.size;

      for (var e = thread; e < params.size; e += WORKGROUP_SIZE) {
        let at = rows * params.size + e;
        query[e] = vec4f(q[at.x], q[at.y], q[at.z], q[at.w]) * params.scale;
      }
      workgroupBarrier();

      var best = vec4f(HIDDEN);
      var total = vec4f(0);
      var sums: array<vec4f, PLACES>;
      var end = min(params.keys, max(max(sees.x, sees.y), max(sees.z, sees.w)));
      for (var first = 0u; first < end; first += WORKGROUP_SIZE) {
        let count = min(WORKGROUP_SIZE, params.keys - first);
        var score = vec4f(HIDDEN);
        if (thread < count) {
          let s = first + thread;
          score = vec4f(0);
          let key = origin + s * params.size;
          for (var e = 0u; e < params.size; e++) { score += query[e] * k[key + e]; }
          score = select(vec4f(HIDDEN), score + masked(rows, s), vec4u(s) < sees);
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
            for (var i = 0u; i < count; i++) { sum += weights[i] * v[origin + (first + i) * params.size + e]; }
            sums[place] = sum;
          }
        }
        best = highest;${finish}
      }

      let firstRow = quad % quads * 4;
      for (var r = 0u; r < 4; r++) {
        if (firstRow + r > last) { break; }
        for (var place = 0u; place < PLACES; place++) {
          let e = place * WORKGROUP_SIZE + thread;
          if (e < params.size) { output[rows[r] * params.size + e] = sums[place][r] / total[r]; }
        }
        if (thread == 0) { logSumExp[rows[r]] = best[r] + log(total[r]); }
      }
    }
  `;
}
